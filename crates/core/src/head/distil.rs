//! A fitted head as plain numbers that need no pool.
//!
//! Where propagation has no share the head already is linear in the features
//! and is written down exactly; otherwise a logistic regression learns the
//! stack's probabilities over the whole pool.

use super::{
    class_model::ClassModel,
    logistic::{self, Logistic, Problem, Training},
};
use crate::{label::ClassId, matrix::Probabilities, model::Predictions, pool::Row};

const TOLERANCE: f64 = 1e-5;
/// Ridge of the distilled regression, light: the pool's rows are many and their
/// targets smooth.
const RIDGE: f32 = 0.01;

/// A head that predicts from one embedding alone: square root (if
/// `square_root`), unit length, minus `mean`, unit length, then
/// `softmax(weights · x + intercept)`.
#[derive(Clone, Debug, PartialEq)]
pub struct InductiveHead {
    /// Whether the square root of every value is taken first.
    pub square_root: bool,
    /// What is subtracted after scaling to unit length.
    pub mean: Vec<f32>,
    /// Shape `[classes, dim]`.
    pub weights: Vec<f32>,
    /// One per class.
    pub intercept: Vec<f32>,
    /// Share of the pool's rows on which its label is the stack's.
    pub agreement: f64,
}

impl InductiveHead {
    /// Probabilities for one embedding of the pool's network, of any length.
    pub fn predict(&self, embedding: &[f32]) -> Vec<f32> {
        let map =
            super::features::FeatureMap { square_root: self.square_root, mean: self.mean.clone() };
        let mut feature = embedding.to_vec();
        map.apply(&mut feature);
        let weights = self.weights.chunks_exact(feature.len());
        let mut logits: Vec<f32> = weights
            .zip(&self.intercept)
            .map(|(weights, shift)| crate::linalg::dot(weights, &feature) + shift)
            .collect();
        super::softmax::softmax_in_place(&mut logits);
        logits
    }
}

/// The inductive head nearest to the last fit of `model`, whose predictions for
/// the pool are `predictions`; `None` before the first fit.
///
/// Distillation takes about as long as a fit with every row of the pool
/// answered.
///
/// # Panics
///
/// If `predictions` are not those of a class model on the same pool.
pub fn distil(model: &ClassModel, predictions: &Predictions) -> Option<InductiveHead> {
    let fitted = model.fitted()?;
    let probabilities = predictions.probabilities.as_ref().expect("a class model's predictions");
    let prepared = model.prepared();
    assert!(probabilities.n_rows() as usize == prepared.n_rows(), "predictions of another pool");
    let [.., propagation] = fitted.mixture.shares.as_slice() else { return None };
    let regression = if *propagation == 0.0 && fitted.present.len() == probabilities.n_classes() {
        blend(model)?
    } else {
        learn(model, probabilities)
    };
    let logits = regression.logits(prepared.coordinates());
    let agreement = agreement(&logits, probabilities);
    Some(InductiveHead {
        square_root: prepared.map().square_root,
        mean: prepared.map().mean.clone(),
        weights: prepared.principal().lift(&regression.weights),
        intercept: regression.intercept,
        agreement,
    })
}

/// The mixture when propagation has no share in it.
fn blend(model: &ClassModel) -> Option<Logistic> {
    let fitted = model.fitted()?;
    let factor = fitted.mixture.scales[0] / fitted.mixture.temperature;
    let mut blend = fitted.regression.clone();
    for value in blend.weights.iter_mut().chain(&mut blend.intercept) {
        *value *= factor;
    }
    Some(blend)
}

fn learn(model: &ClassModel, probabilities: &Probabilities) -> Logistic {
    let prepared = model.prepared();
    let dim = prepared.principal().n_directions();
    let training = Training {
        features: prepared.coordinates(),
        dim,
        targets: probabilities.values(),
        n_classes: probabilities.n_classes(),
    };
    let ridge = vec![RIDGE; dim];
    let problem = Problem { held_out: &[], ridge: &ridge, start: None };
    logistic::fit(training, &[problem], TOLERANCE).remove(0)
}

fn agreement(logits: &[f32], probabilities: &Probabilities) -> f64 {
    let n_rows = probabilities.n_rows();
    let rows = logits.chunks_exact(probabilities.n_classes()).zip((0..n_rows).map(Row));
    let same = rows.filter(|(logits, row)| {
        let own = super::answers::position_of_largest(logits);
        probabilities.likeliest(*row).0 == ClassId(own as u16)
    });
    same.count() as f64 / f64::from(n_rows.max(1))
}
