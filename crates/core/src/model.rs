//! What the engine asks of a model.
//!
//! Two traits, implemented by the model crate (backbones) and by
//! [`crate::head`] (task models), and by toys in tests.

use crate::{diagnostic::Diagnostic, item::Media, label::Label, matrix::Probabilities, pool::Row};

/// The content of one item, as an embedder reads it.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Encoded bytes of a picture.
    Image(&'a [u8]),
    /// A text.
    Text(&'a str),
}

/// A pretrained network that turns items into vectors.
pub trait Embedder: Send + Sync {
    /// Name and hash of the weights and of everything that changes the result
    /// (input size, pooling): equal ids, equal embeddings.
    fn id(&self) -> &str;

    /// What the network reads.
    fn media(&self) -> Media;

    /// Length of one embedding.
    fn dim(&self) -> usize;

    /// How many inputs a call should be given to keep all cores busy.
    fn batch_len(&self) -> usize;

    /// One entry per input, in order: its embedding, of length `dim`, not
    /// necessarily scaled, or why it has none. Inputs do not influence each
    /// other's result.
    fn embed(&self, inputs: &[Input<'_>]) -> Vec<Result<Vec<f32>, Diagnostic>>;

    /// How many inputs were longer than the network reads, so far: of those the
    /// beginning decides.
    fn n_cut(&self) -> u64 {
        0
    }
}

/// What a task model says about every row of the pool.
#[derive(Clone, Debug)]
pub struct Predictions {
    /// The most likely label, by row.
    pub labels: Vec<Label>,
    /// How unsure the model is, by row, in `[0, 1]`: grows with uncertainty.
    /// For classes `1 - (p1 - p2)`.
    pub uncertainty: Vec<f32>,
    /// Probability of every class, for tasks whose label is one class.
    pub probabilities: Option<Probabilities>,
    /// What the error ranker may learn from, shape `[rows, n_signals]`.
    pub signals: Vec<f32>,
    /// Number of signals per row.
    pub n_signals: usize,
}

/// A model that learns from answers and predicts every row of its pool.
///
/// It is made for one pool (its embeddings and neighbour graph are built once)
/// and refitted after every batch of answers.
pub trait TaskModel: Send {
    /// Forgets what it knew, learns from `answers` and predicts every row.
    ///
    /// Equal answers (in any order) and equal `rng_seed` give equal
    /// predictions. A row may be answered more than once.
    ///
    /// # Errors
    ///
    /// [`Untrainable`] if the answers do not determine a model.
    fn fit_predict(
        &mut self,
        answers: &[(Row, Label)],
        rng_seed: u64,
    ) -> Result<Predictions, Untrainable>;

    /// Predictions for the answered rows by models that have not seen them
    /// (k-fold), same order as the rows of the last fit, ascending.
    fn out_of_fold(&self) -> Option<(&[Row], &Predictions)>;
}

/// Why a task model cannot be fitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrainable {
    /// There is no answer yet.
    #[error("there are no annotations to train on")]
    NoAnswers,
    /// A row on which the network's values were not finite.
    #[error("the model's output for row {} is not finite", .0.0)]
    NotFinite(Row),
}
