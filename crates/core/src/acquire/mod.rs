//! Query strategies: which rows to ask the oracle about next.
//!
//! A strategy is a pure function from what is known (pool, embeddings,
//! predictions) to an ordered batch of rows, best first, one file each; the
//! [`Strategy`] catalogue names them and [`select`] runs one by name. Every
//! score grows with how much we want the label, so strategies can be compared
//! and mixed; none of them is a cost. Ties go to the lower row, and what
//! randomness there is comes from the seed passed in: equal inputs give equal
//! batches. Which strategy to use when, how many rows to ask for and when to
//! stop is in [`policy`]. Nothing here trains a task model or asks anybody.

use crate::{matrix::Embeddings, model::Predictions, pool::Pool, pool::Row};

pub mod policy;

mod badge;
mod catalogue;
mod discriminative;
mod drop_query;
mod entropy;
mod k_center;
mod k_means;
mod least_confidence;
mod margin;
mod prob_cover;
mod random;
mod ridge;
mod typiclust;
mod uherding;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod reference;

pub use badge::badge;
pub use catalogue::Strategy;
pub use discriminative::discriminative;
pub use drop_query::drop_query;
pub use entropy::entropy;
pub use k_center::k_center;
pub use k_means::k_means;
pub use least_confidence::least_confidence;
pub use margin::margin;
pub use prob_cover::prob_cover;
pub use random::random;
pub use typiclust::typiclust;
pub use uherding::uherding;

/// What a query strategy may look at.
#[derive(Clone, Copy, Debug)]
pub struct SelectInput<'a> {
    /// Which rows are labelled, and which may be chosen.
    pub pool: &'a Pool,
    /// One unit vector per pool row.
    pub embeddings: &'a Embeddings,
    /// What the task model says about every pool row; `None` before the first
    /// answers.
    pub predictions: Option<&'a Predictions>,
    /// Number of classes of the schema.
    pub n_classes: usize,
}

/// One row of a batch, and why it is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The row to ask about.
    pub row: Row,
    /// Why.
    pub reason: Reason,
}

/// Why a row was chosen, as told to the annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Drawn uniformly: a fair sample of what is not labelled.
    Random,
    /// The model is unsure about it.
    Uncertain,
    /// It stands for many items like it.
    Typical,
    /// It is unlike everything labelled so far.
    Diverse,
    /// It stands for many items that the model is unsure about.
    UncertainRegion,
    /// The model is unsure about it, and it differs from the rest of the batch.
    UncertainAndDiverse,
}

impl Reason {
    /// The reason in a few words, lower case, for the annotation page.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Random => "drawn at random",
            Reason::Uncertain => "the model is unsure",
            Reason::Typical => "typical of many items",
            Reason::Diverse => "unlike what is labelled",
            Reason::UncertainRegion => "typical of items the model is unsure about",
            Reason::UncertainAndDiverse => "the model is unsure, and it is unlike the others",
        }
    }
}

/// The next `n` rows to ask about by `strategy`, best first.
///
/// Returns `min(n, unlabelled)` distinct unlabelled rows. Strategies that ask
/// only for the model's uncertainty ([`Strategy::needs_predictions`]) draw at
/// random while there are no predictions, and say so in the reason. The result
/// depends on the set of labelled rows, not on the order in which they were
/// labelled.
///
/// # Panics
///
/// If pool, embeddings and predictions differ in their number of rows.
pub fn select(strategy: Strategy, input: &SelectInput<'_>, n: usize, rng_seed: u64) -> Vec<Chosen> {
    check(input);
    let rng = &mut fastrand::Rng::with_seed(rng_seed);
    let (rows, reason) = match input.predictions {
        None if strategy.needs_predictions() => (random(input.pool, n, rng), Reason::Random),
        predictions => run(strategy, input, predictions, n, rng),
    };
    rows.into_iter().map(|row| Chosen { row, reason }).collect()
}

fn run(
    strategy: Strategy,
    input: &SelectInput<'_>,
    predictions: Option<&Predictions>,
    n: usize,
    rng: &mut fastrand::Rng,
) -> (Vec<Row>, Reason) {
    let SelectInput { pool, embeddings, n_classes, .. } = *input;
    let known = || predictions.expect("`select` draws at random without predictions");
    match strategy {
        Strategy::Random => (random(pool, n, rng), Reason::Random),
        Strategy::Entropy => (entropy(pool, known(), n), Reason::Uncertain),
        Strategy::Margin => (margin(pool, known(), n), Reason::Uncertain),
        Strategy::LeastConfidence => (least_confidence(pool, known(), n), Reason::Uncertain),
        Strategy::KMeans => (k_means(pool, embeddings, n, rng), Reason::Typical),
        Strategy::TypiClust => (typiclust(pool, embeddings, n, rng), Reason::Typical),
        Strategy::KCenter => (k_center(pool, embeddings, n), Reason::Diverse),
        Strategy::Badge => (badge(pool, embeddings, known(), n, rng), Reason::UncertainAndDiverse),
        Strategy::ProbCover => (prob_cover(pool, embeddings, n_classes, n, rng), Reason::Typical),
        Strategy::DropQuery => {
            (drop_query(pool, embeddings, known(), n, rng), Reason::UncertainAndDiverse)
        }
        Strategy::Uherding => {
            let reason =
                if predictions.is_some() { Reason::UncertainRegion } else { Reason::Typical };
            (uherding(pool, embeddings, predictions, n, rng), reason)
        }
        Strategy::Discriminative => (discriminative(pool, embeddings, n, rng), Reason::Diverse),
    }
}

fn check(input: &SelectInput<'_>) {
    let SelectInput { pool, embeddings, predictions, n_classes } = *input;
    let n_rows = pool.labelled().len() + pool.held_out().len() + pool.unlabelled().len();
    assert!(embeddings.n_rows() as usize == n_rows, "one embedding per pool row");
    assert!(2 <= n_classes, "a schema has two classes or more");
    if let Some(predictions) = predictions {
        assert!(predictions.uncertainty.len() == n_rows, "one prediction per pool row");
    }
}

/// The `n` rows of highest score, best first, ties to the lower row.
fn top(rows: &[Row], score: impl Fn(Row) -> f32, n: usize) -> Vec<Row> {
    let mut scored: Vec<(f32, Row)> = rows.iter().map(|&row| (score(row), row)).collect();
    let order = |a: &(f32, Row), b: &(f32, Row)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if n < scored.len() {
        scored.select_nth_unstable_by(n, order);
        scored.truncate(n);
    }
    scored.sort_unstable_by(order);
    scored.into_iter().map(|(_, row)| row).collect()
}

/// At most `limit` of `rows`, drawn uniformly, in ascending order.
fn working_set(rows: &[Row], limit: usize, rng: &mut fastrand::Rng) -> Vec<Row> {
    if rows.len() <= limit {
        return rows.to_vec();
    }
    let mut sample = draw(rows, limit, rng);
    sample.sort_unstable();
    sample
}

/// `n` of `rows` without repeats, in random order; all if there are fewer.
fn draw(rows: &[Row], n: usize, rng: &mut fastrand::Rng) -> Vec<Row> {
    let mut rows = rows.to_vec();
    let n = n.min(rows.len());
    for i in 0..n {
        let other = rng.usize(i..rows.len());
        rows.swap(i, other);
    }
    rows.truncate(n);
    rows
}

/// Extends `batch` to `min(n, unlabelled)` rows by rows drawn at random.
fn fill_up(mut batch: Vec<Row>, pool: &Pool, n: usize, rng: &mut fastrand::Rng) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    if batch.len() < n {
        let mut taken = batch.clone();
        taken.sort_unstable();
        let rest: Vec<Row> = pool
            .unlabelled()
            .iter()
            .copied()
            .filter(|it| taken.binary_search(it).is_err())
            .collect();
        let more = n - batch.len();
        batch.extend(draw(&rest, more, rng));
    }
    batch
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SelectInput, Strategy, fixture, select};
    use crate::{pool::Pool, pool::Row};

    /// A batch has no repeats, holds only unlabelled rows, has the length asked
    /// for where there are enough, and does not depend on the order of labelling.
    fn check_laws(strategy: Strategy, n_rows: u32, n_labelled: usize, n: usize, seed: u64) {
        let (embeddings, predictions) = fixture::random_world(n_rows, 6, 3, seed);
        let rows: Vec<Row> = (0..n_rows).map(Row).collect();
        let mut labelled = super::draw(&rows, n_labelled, &mut fastrand::Rng::with_seed(seed));
        let held_out: Vec<Row> = labelled.drain(labelled.len() / 2..).collect();
        let batch = |labelled: &[Row], with_predictions: bool| {
            let pool = Pool::new(n_rows, labelled, &held_out);
            let predictions = with_predictions.then_some(&predictions);
            let input =
                SelectInput { pool: &pool, embeddings: &embeddings, predictions, n_classes: 3 };
            select(strategy, &input, n, seed).iter().map(|it| it.row).collect::<Vec<Row>>()
        };
        for with_predictions in [false, true] {
            let chosen = batch(&labelled, with_predictions);
            let mut sorted = chosen.clone();
            sorted.sort_unstable();
            assert!(sorted.windows(2).all(|it| it[0] < it[1]), "{strategy:?} repeats a row");
            let known = [labelled.clone(), held_out.clone()].concat();
            assert!(chosen.iter().all(|it| !known.contains(it)), "{strategy:?} asks twice");
            assert_eq!(chosen.len(), n.min(n_rows as usize - known.len()), "{strategy:?}");
            let reversed: Vec<Row> = labelled.iter().rev().copied().collect();
            assert_eq!(batch(&reversed, with_predictions), chosen, "{strategy:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn laws_of_a_batch(
            n_rows in 1_u32..60, n_labelled in 0_usize..40, n in 0_usize..20, seed in 0_u64..1_000,
        ) {
            for strategy in Strategy::all() {
                check_laws(strategy, n_rows, n_labelled.min(n_rows as usize), n, seed);
            }
        }
    }

    #[test]
    fn without_probabilities_the_uncertainty_is_enough() {
        let (embeddings, mut predictions) = fixture::random_world(30, 4, 3, 1);
        predictions.probabilities = None;
        let pool = Pool::new(30, &[Row(3)], &[]);
        let input = SelectInput {
            pool: &pool,
            embeddings: &embeddings,
            predictions: Some(&predictions),
            n_classes: 3,
        };
        for strategy in Strategy::all() {
            assert_eq!(select(strategy, &input, 5, 0).len(), 5, "{strategy:?}");
        }
    }
}
