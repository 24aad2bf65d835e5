//! `select`: which items to ask about next.
//!
//! Choosing is [`annota_core::acquire`]'s; this module tells it what is known.
//! It asks nobody.

use annota_core::{
    acquire::{self, Chosen, SelectInput, Strategy, policy},
    model::Predictions,
    pool::{Pool, Row},
};

use crate::working_set::WorkingSet;

/// The next `n` rows by `strategy`, or by the default policy, best first; fewer
/// if fewer are unanswered.
///
/// `predictions` are those of the last model, if there is one.
pub fn select(
    set: &WorkingSet,
    strategy: Option<Strategy>,
    predictions: Option<&Predictions>,
    n: usize,
    rng_seed: u64,
) -> Vec<Chosen> {
    let mut answered: Vec<Row> = set.answers().map(|it| it.row).collect();
    answered.sort_unstable();
    answered.dedup();
    let pool = Pool::new(set.n_rows(), &answered, &[]);
    let n_classes = set.schema.n_classes();
    let input = SelectInput { pool: &pool, embeddings: &set.embeddings, predictions, n_classes };
    match strategy {
        Some(strategy) => acquire::select(strategy, &input, n, rng_seed),
        None => policy::propose(&input, n, rng_seed),
    }
}
