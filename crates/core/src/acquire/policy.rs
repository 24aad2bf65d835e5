//! The default policy: which strategy when, how many rows, and when to stop.
//!
//! Pure functions of what has happened so far ([`Progress`]); [`propose`] puts
//! them together. The policy measures nothing by itself: what a round brought is
//! told to it by the caller.

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
/// Rounds in succession in which the policy may fall behind random.
const PATIENCE: usize = 2;
/// Rounds in succession with predictions that no longer change.
const STABLE_ROUNDS: usize = 3;
/// Agreement from which on successive predictions count as unchanged.
const STABLE_KAPPA: f64 = 0.99;

/// Where a project stands.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Number of classes of the schema.
    pub n_classes: usize,
    /// Rows that are labelled or may be.
    pub n_pool: usize,
    /// Rows labelled so far.
    pub n_labelled: usize,
    /// Labels to end with, if the user set a number.
    pub budget: Option<usize>,
    /// What each round after the first model brought, oldest first.
    pub rounds: &'a [Round],
}

/// What a round brought, as far as the caller measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Round {
    /// Answers given in this round.
    pub n_answers: usize,
    /// Cohen's kappa between the labels predicted for the whole pool before and
    /// after this round.
    pub kappa: Option<f64>,
    /// Items that could be labelled automatically after this round and not before.
    pub n_newly_sure: Option<usize>,
    /// Accuracy on random answers that neither model saw, of a model trained on
    /// chosen answers and of one trained on as many random answers.
    pub chosen_and_random_accuracy: Option<(f64, f64)>,
}

/// Why to stop asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The budget is spent.
    BudgetSpent,
    /// Every row is labelled.
    NothingLeft,
    /// Predictions agreed with kappa of at least .99 in three rounds in succession.
    PredictionsStable,
    /// The last round made fewer items automatically labellable than it asked about.
    GainBelowCost,
}

/// The strategy for the next batch.
///
/// With nothing labelled [`Strategy::KMeans`]: the items in the middle of as many
/// clusters as are asked about. Then [`Strategy::Uherding`], which weighs coverage
/// by the model's uncertainty. From `max(10 classes, 5 %
/// of the pool)` labels on [`Strategy::Margin`], except in pools below 1,000.
/// Where chosen answers taught less than as many random ones in two rounds in
/// succession, [`Strategy::Badge`] from then on.
pub fn strategy(progress: &Progress<'_>) -> Strategy {
    if has_fallen_behind(progress.rounds) {
        return Strategy::Badge;
    }
    if progress.n_labelled == 0 {
        return Strategy::KMeans;
    }
    let share = (POOL_SHARE * progress.n_pool as f64) as usize;
    let enough = (LABELS_PER_CLASS * progress.n_classes).max(share);
    if enough <= progress.n_labelled && SMALL_POOL <= progress.n_pool {
        Strategy::Margin
    } else {
        Strategy::Uherding
    }
}

fn has_fallen_behind(rounds: &[Round]) -> bool {
    let is_behind =
        |it: &Round| it.chosen_and_random_accuracy.is_some_and(|(own, random)| own < random);
    rounds.windows(PATIENCE).any(|it| it.iter().all(is_behind))
}

/// Number of rows to ask about next: one per class first, then
/// `max(classes, 2 % of the budget)`, without a budget `max(classes, 10 % of the
/// labels so far)`; never more than the budget or the pool has left.
pub fn batch_len(progress: &Progress<'_>) -> usize {
    let wish = match (progress.n_labelled, progress.budget) {
        (0, _) => 0,
        (_, Some(budget)) => budget / 50,
        (n_labelled, None) => n_labelled / 10,
    };
    let left = progress.budget.unwrap_or(usize::MAX).min(progress.n_pool);
    wish.max(progress.n_classes).min(left.saturating_sub(progress.n_labelled))
}

/// How many of the next `n` rows are drawn at random, so that a tenth of all
/// answers after the first batch is.
pub fn n_random(progress: &Progress<'_>, n: usize) -> usize {
    let due = |n_labelled: usize| {
        (RANDOM_SHARE * n_labelled.saturating_sub(progress.n_classes) as f64) as usize
    };
    due(progress.n_labelled + n) - due(progress.n_labelled)
}

/// Why to stop now, if there is a reason.
pub fn stop(progress: &Progress<'_>) -> Option<Stop> {
    if progress.n_pool <= progress.n_labelled {
        return Some(Stop::NothingLeft);
    }
    if progress.budget.is_some_and(|it| it <= progress.n_labelled) {
        return Some(Stop::BudgetSpent);
    }
    let is_stable = |it: &Round| it.kappa.is_some_and(|kappa| STABLE_KAPPA <= kappa);
    let last = progress.rounds.len().checked_sub(STABLE_ROUNDS).map(|it| &progress.rounds[it..]);
    if last.is_some_and(|it| it.iter().all(is_stable)) {
        return Some(Stop::PredictionsStable);
    }
    let last = progress.rounds.last()?;
    last.n_newly_sure.is_some_and(|it| it < last.n_answers).then_some(Stop::GainBelowCost)
}

/// The next `n` rows by the default policy, best first.
///
/// The random share ([`n_random`]) is drawn uniformly from all unlabelled rows
/// before anything else is chosen and stands last in the batch with
/// [`Reason::Random`]; the rest comes from [`strategy`], which counts the random
/// rows as labelled. Returns `min(n, unlabelled)` distinct rows.
pub fn propose(
    input: &SelectInput<'_>,
    progress: &Progress<'_>,
    n: usize,
    rng_seed: u64,
) -> Vec<Chosen> {
    let n = n.min(input.pool.unlabelled().len());
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    let random = draw(input.pool.unlabelled(), n_random(progress, n), &mut rng);
    let pool = with_labelled(input.pool, &random);
    let rest = SelectInput { pool: &pool, ..*input };
    let mut batch = select(strategy(progress), &rest, n - random.len(), rng.u64(..));
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
    use super::{Progress, Round, Stop, batch_len, n_random, propose, stop, strategy};
    use crate::{
        acquire::{Reason, SelectInput, Strategy, fixture},
        pool::{Pool, Row},
    };

    const START: Progress<'_> =
        Progress { n_classes: 4, n_pool: 8_000, n_labelled: 0, budget: Some(600), rounds: &[] };

    #[test]
    fn clusters_come_first_and_margin_takes_over_in_large_pools_only() {
        let at = |n_labelled, n_pool| strategy(&Progress { n_pool, n_labelled, ..START });
        assert_eq!(at(0, 8_000), Strategy::KMeans);
        assert_eq!(at(1, 8_000), Strategy::Uherding);
        assert_eq!(at(399, 8_000), Strategy::Uherding);
        assert_eq!(at(400, 8_000), Strategy::Margin);
        assert_eq!(at(900, 999), Strategy::Uherding);
        assert_eq!(at(50, 1_000), Strategy::Margin);
        assert_eq!(at(39, 1_000), Strategy::Uherding);
    }

    #[test]
    fn two_bad_rounds_in_succession_hand_over_to_badge_for_good() {
        let round = |own, random| Round {
            chosen_and_random_accuracy: Some((own, random)),
            ..Round::default()
        };
        let (good, bad) = (round(0.8, 0.7), round(0.6, 0.7));
        let after = |rounds: &[Round]| strategy(&Progress { n_labelled: 8, rounds, ..START });
        assert_eq!(after(&[bad, good, bad]), Strategy::Uherding);
        assert_eq!(after(&[bad, Round::default(), bad]), Strategy::Uherding);
        assert_eq!(after(&[bad, bad, good]), Strategy::Badge);
    }

    #[test]
    fn the_first_batch_has_one_row_per_class_and_the_last_ends_the_budget() {
        let at = |n_labelled, budget| batch_len(&Progress { n_labelled, budget, ..START });
        assert_eq!(at(0, Some(600)), 4);
        assert_eq!(at(4, Some(600)), 12);
        assert_eq!(at(595, Some(600)), 5);
        assert_eq!(at(4, None), 4);
        assert_eq!(at(100, None), 10);
        assert_eq!(at(7_998, None), 2);
    }

    #[test]
    fn a_tenth_is_random_whatever_the_batches() {
        let total: usize = (4..204)
            .step_by(5)
            .map(|n_labelled| n_random(&Progress { n_labelled, ..START }, 5))
            .sum();
        assert_eq!(total, 20);
        assert_eq!(n_random(&START, 4), 0);
    }

    #[test]
    fn each_reason_to_stop_is_found() {
        let at = |n_labelled, rounds: &[Round]| stop(&Progress { n_labelled, rounds, ..START });
        let stable = Round { kappa: Some(0.995), n_answers: 12, ..Round::default() };
        let moving = Round { kappa: Some(0.9), ..stable };
        let poor = Round { n_newly_sure: Some(11), ..moving };
        assert_eq!(at(100, &[moving, stable, stable]), None);
        assert_eq!(at(100, &[stable, stable, stable]), Some(Stop::PredictionsStable));
        assert_eq!(at(100, &[stable, moving, stable]), None);
        assert_eq!(at(600, &[]), Some(Stop::BudgetSpent));
        assert_eq!(at(8_000, &[]), Some(Stop::NothingLeft));
        assert_eq!(at(100, &[poor]), Some(Stop::GainBelowCost));
        assert_eq!(at(100, &[poor, moving]), None);
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
        let progress = Progress { n_labelled: 40, n_pool: 299, ..START };
        let batch = propose(&input, &progress, 30, 7);
        let mut rows: Vec<Row> = batch.iter().map(|it| it.row).collect();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), 30);
        assert!(rows.iter().all(|it| pool.unlabelled().contains(it)));
        let reasons: Vec<Reason> = batch.iter().map(|it| it.reason).collect();
        assert_eq!(reasons[..27], [Reason::UncertainRegion; 27]);
        assert_eq!(reasons[27..], [Reason::Random; 3]);
        assert_eq!(propose(&input, &progress, 30, 7), batch);
    }
}
