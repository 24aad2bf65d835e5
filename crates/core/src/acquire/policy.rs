//! The default policy: which strategy when, and which share at random.
//!
//! How many to ask about and when to end is [`crate::steer`]'s.

use super::{Chosen, Reason, SelectInput, Strategy, draw, select};
use crate::{pool::Pool, pool::Row};

/// From this many labels per class on, margin takes over.
const LABELS_PER_CLASS: usize = 10;
/// And from this share of the pool on.
const POOL_SHARE: f64 = 0.05;
/// Pools below this size never go over to margin.
const SMALL_POOL: usize = 1_000;
/// Share of the answers after the first batch that is drawn at random.
const RANDOM_SHARE: f64 = 0.1;

/// The strategy for the next batch, with `n_labelled` of `n_pool` rows labelled.
///
/// With nothing labelled [`Strategy::KMeans`]: the items in the middle of as many
/// clusters as are asked about. Then [`Strategy::Uherding`], which weighs coverage
/// by the model's uncertainty. From `max(10 classes, 5 %
/// of the pool)` labels on [`Strategy::Margin`], except in pools below 1,000.
pub fn strategy(n_classes: usize, n_pool: usize, n_labelled: usize) -> Strategy {
    if n_labelled == 0 {
        return Strategy::KMeans;
    }
    let share = (POOL_SHARE * n_pool as f64) as usize;
    let enough = (LABELS_PER_CLASS * n_classes).max(share);
    if enough <= n_labelled && SMALL_POOL <= n_pool { Strategy::Margin } else { Strategy::Uherding }
}

/// How many of the next `n` rows are drawn at random, so that a tenth of all
/// answers after the first batch, of one per class, is.
pub fn n_random(n_classes: usize, n_labelled: usize, n: usize) -> usize {
    let due =
        |n_labelled: usize| (RANDOM_SHARE * n_labelled.saturating_sub(n_classes) as f64) as usize;
    due(n_labelled + n) - due(n_labelled)
}

/// The next `n` rows by the default policy, best first.
///
/// The random share ([`n_random`]) is drawn uniformly from all unlabelled rows
/// before anything else is chosen and stands last in the batch with
/// [`Reason::Random`]; the rest comes from [`strategy`], which counts the random
/// rows as labelled. Returns `min(n, unlabelled)` distinct rows.
pub fn propose(input: &SelectInput<'_>, n: usize, rng_seed: u64) -> Vec<Chosen> {
    let (n_labelled, n_open) = (input.pool.labelled().len(), input.pool.unlabelled().len());
    let n = n.min(n_open);
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    let n_random = n_random(input.n_classes, n_labelled, n);
    let random = draw(input.pool.unlabelled(), n_random, &mut rng);
    let pool = with_labelled(input.pool, &random);
    let rest = SelectInput { pool: &pool, ..*input };
    let strategy = strategy(input.n_classes, n_labelled + n_open, n_labelled);
    let mut batch = select(strategy, &rest, n - random.len(), rng.u64(..));
    batch.extend(random.into_iter().map(|row| Chosen { row, reason: Reason::Random }));
    batch
}

fn with_labelled(pool: &Pool, more: &[Row]) -> Pool {
    let labelled = [pool.labelled(), more].concat();
    let n_rows = labelled.len() + pool.held_out().len() + pool.unlabelled().len() - more.len();
    Pool::new(u32::try_from(n_rows).expect("pools fit in u32"), &labelled, pool.held_out())
}

#[cfg(test)]
mod tests {
    use super::{n_random, propose, strategy};
    use crate::{
        acquire::{Reason, SelectInput, Strategy, fixture},
        pool::{Pool, Row},
    };

    #[test]
    fn clusters_come_first_and_margin_takes_over_in_large_pools_only() {
        let at = |n_labelled, n_pool| strategy(4, n_pool, n_labelled);
        assert_eq!(at(0, 8_000), Strategy::KMeans);
        assert_eq!(at(1, 8_000), Strategy::Uherding);
        assert_eq!(at(399, 8_000), Strategy::Uherding);
        assert_eq!(at(400, 8_000), Strategy::Margin);
        assert_eq!(at(900, 999), Strategy::Uherding);
        assert_eq!(at(50, 1_000), Strategy::Margin);
        assert_eq!(at(39, 1_000), Strategy::Uherding);
    }

    #[test]
    fn a_tenth_is_random_whatever_the_batches() {
        let total: usize = (4..204).step_by(5).map(|n_labelled| n_random(4, n_labelled, 5)).sum();
        assert_eq!(total, 20);
        assert_eq!(n_random(4, 0, 4), 0);
    }

    #[test]
    fn a_proposal_is_distinct_rows_with_the_random_share_last() {
        let (embeddings, predictions) = fixture::random_world(300, 8, 4, 2);
        let labelled: Vec<Row> = (40..80).map(Row).collect();
        let pool = Pool::new(300, &labelled, &[Row(0)]);
        let input = SelectInput {
            pool: &pool,
            embeddings: &embeddings,
            predictions: Some(&predictions),
            n_classes: 4,
        };
        let batch = propose(&input, 30, 7);
        let mut rows: Vec<Row> = batch.iter().map(|it| it.row).collect();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), 30);
        assert!(rows.iter().all(|it| pool.unlabelled().contains(it)));
        let reasons: Vec<Reason> = batch.iter().map(|it| it.reason).collect();
        assert_eq!(reasons[..27], [Reason::UncertainRegion; 27]);
        assert_eq!(reasons[27..], [Reason::Random; 3]);
        assert_eq!(propose(&input, 30, 7), batch);
    }
}
