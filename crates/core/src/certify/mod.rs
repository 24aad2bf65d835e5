//! The certificate: how many of the final labels can be wrong.
//!
//! The order is always the same. [`freeze`] the score, store its hash, draw the
//! audit with [`Frozen::draw_audit`], have it answered blind, and hand the
//! answers to a [`Walk`], which leaves to people what the audit does not vouch
//! for; [`Certificate`] says what was shown. Everything here is a function of
//! its arguments; asking, storing and hashing to disk are the engine's.
//! Certificates are relative to the annotator: how often people contradict each
//! other on audited items is counted by the engine and stands on them.

mod hypergeometric;
mod precision;
mod walk;

pub use self::{
    hypergeometric::{
        flawless_answers, hypergeometric_cdf, largest_allowed_errors, smallest_audit,
    },
    precision::{PrecisionCertificate, certify_precision},
    walk::Walk,
};
use crate::{item::ContentHash, pool::Row};

/// What is to be shown: with probability at least `confidence` over the draw of
/// the audit, at most a share `max_error` of the labels is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    // Invariant: both inside (0, 1).
    max_error: f64,
    confidence: f64,
}

impl Goal {
    /// The goal, or `None` if an argument is not inside `(0, 1)`.
    pub fn new(max_error: f64, confidence: f64) -> Option<Goal> {
        let is_share = |it: f64| 0.0 < it && it < 1.0;
        (is_share(max_error) && is_share(confidence)).then_some(Goal { max_error, confidence })
    }

    /// Largest share of wrong labels, `eps`.
    pub fn max_error(self) -> f64 {
        self.max_error
    }

    /// Probability with which the certificate holds, `1 - alpha`.
    pub fn confidence(self) -> f64 {
        self.confidence
    }

    /// Probability with which it may fail.
    pub fn alpha(self) -> f64 {
        1.0 - self.confidence
    }

    /// The first number of wrong labels among `n_items` that must not happen,
    /// `floor(eps n) + 1`.
    pub fn first_forbidden(self, n_items: u32) -> u32 {
        // A product like .05 * 20 must not fall below the whole number it means.
        (self.max_error * f64::from(n_items) + 1e-9).floor() as u32 + 1
    }
}

/// The open items in the order of a score that no longer changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    // Invariant: no row twice.
    order: Vec<Row>,
    hash: ContentHash,
}

/// Freezes `uncertainty`, given for every item not yet answered (small = sure;
/// any finite score will do): the order of the walk, ties broken at random from
/// `rng_seed`.
///
/// The hash covers rows, scores and the order; stored before the audit is
/// drawn, it shows that the score was not chosen after it.
///
/// # Panics
///
/// If a row is listed twice or a score is not a number.
pub fn freeze(uncertainty: &[(Row, f32)], rng_seed: u64) -> Frozen {
    let mut scored = uncertainty.to_vec();
    scored.sort_unstable_by_key(|it| it.0);
    assert!(scored.windows(2).all(|pair| pair[0].0 < pair[1].0), "row listed twice");
    assert!(scored.iter().all(|it| !it.1.is_nan()), "a score that is not a number");
    fastrand::Rng::with_seed(rng_seed).shuffle(&mut scored);
    scored.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut hasher = blake3::Hasher::new();
    for (row, score) in &scored {
        hasher.update(&row.0.to_le_bytes());
        hasher.update(&score.to_le_bytes());
    }
    Frozen {
        order: scored.into_iter().map(|it| it.0).collect(),
        hash: ContentHash(*hasher.finalize().as_bytes()),
    }
}

impl Frozen {
    /// The items, surest first.
    pub fn order(&self) -> &[Row] {
        &self.order
    }

    /// Hash of rows, scores and order.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// How many items the audit is drawn from, `N`.
    pub fn population(&self) -> u32 {
        u32::try_from(self.order.len()).expect("pools fit in u32")
    }

    /// `n_draws` items drawn uniformly without replacement, in the order of
    /// drawing: its beginning is itself a uniform draw, and so is what remains
    /// after a beginning, among the items that remain.
    ///
    /// # Panics
    ///
    /// If more is drawn than there is.
    pub fn draw_audit(&self, n_draws: u32, rng_seed: u64) -> Vec<Row> {
        assert!(n_draws <= self.population(), "the audit is larger than the population");
        let mut rng = fastrand::Rng::with_seed(rng_seed);
        let mut rows = self.order.clone();
        rows.sort_unstable();
        for drawn in 0..n_draws as usize {
            let other = rng.usize(drawn..rows.len());
            rows.swap(drawn, other);
        }
        rows.truncate(n_draws as usize);
        rows
    }
}

/// What an audit has shown about the final labels of all items.
///
/// Stated so: with probability `goal.confidence` over the draw of the audit,
/// fewer than `first_forbidden` of the `n_items` final labels differ from what
/// the annotator would have answered. With `allowed_errors` `None` nothing was
/// shown and nothing is auto-labelled; `smallest_audit` draws would be the
/// least that can show anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// What was to be shown.
    pub goal: Goal,
    /// All items whose final label counts.
    pub n_items: u32,
    /// Items the audit was drawn from.
    pub population: u32,
    /// Audited items.
    pub n_audited: u32,
    /// Audited items whose label was wrong, wherever they lie.
    pub audit_errors: u32,
    /// Audited items whose label was wrong, in the region that is auto-labelled.
    pub region_errors: u32,
    /// The most that may be, `c*`; `None` if the audit is too small.
    pub allowed_errors: Option<u32>,
    /// First number of wrong labels that must not happen, `m`.
    pub first_forbidden: u32,
    /// The least audit that could show anything.
    pub smallest_audit: u32,
    /// Items that keep the model's label, unaudited, ascending.
    pub auto_labelled: Vec<Row>,
    /// Items that people must answer, unaudited, ascending.
    pub left_to_people: Vec<Row>,
}

impl Certificate {
    /// What `walk` has shown about a pool of `n_items`.
    ///
    /// Nothing is auto-labelled unless the walk has come to its end.
    pub fn new(goal: Goal, n_items: u32, walk: &Walk) -> Certificate {
        let first_forbidden = goal.first_forbidden(n_items);
        let (auto_labelled, left_to_people) = walk.unaudited();
        Certificate {
            goal,
            n_items,
            population: walk.population(),
            n_audited: walk.n_audited(),
            audit_errors: walk.audit_errors(),
            region_errors: walk.region_errors(),
            allowed_errors: walk.allowed_errors(),
            first_forbidden,
            smallest_audit: smallest_audit(walk.population(), first_forbidden, goal.alpha()),
            auto_labelled,
            left_to_people,
        }
    }

    /// Share of all items that keep the model's label without a look, in `[0, 1]`.
    pub fn coverage(&self) -> f64 {
        self.auto_labelled.len() as f64 / f64::from(self.n_items.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Certificate, Goal, Walk, freeze};
    use crate::pool::Row;

    fn goal() -> Goal {
        Goal::new(0.05, 0.95).expect("shares")
    }

    #[test]
    fn goals_are_shares_and_whole_products_stay_whole() {
        assert_eq!(Goal::new(0.0, 0.95), None);
        assert_eq!(Goal::new(0.05, 1.0), None);
        assert_eq!(goal().first_forbidden(1_923), 97);
        assert_eq!(goal().first_forbidden(20), 2);
        assert_eq!(Goal::new(0.29, 0.95).expect("shares").first_forbidden(100), 30);
    }

    #[test]
    fn ties_are_broken_by_the_seed_and_the_hash_sees_every_score() {
        let scores: Vec<(Row, f32)> = (0..100).map(|it| (Row(it), 0.5)).collect();
        let frozen = freeze(&scores, 1);
        let mut reversed = scores.clone();
        reversed.reverse();
        assert_eq!(frozen, freeze(&reversed, 1));
        assert_ne!(frozen.order(), freeze(&scores, 2).order());
        let mut changed = scores;
        changed[99].1 = 0.500_000_1;
        assert_ne!(frozen.hash(), freeze(&changed, 1).hash());
    }

    #[test]
    fn every_item_is_drawn_equally_often() {
        let scores: Vec<(Row, f32)> = (0..10).map(|it| (Row(it), it as f32)).collect();
        let frozen = freeze(&scores, 0);
        let mut counts = [0_u32; 10];
        for seed in 0..10_000 {
            for row in frozen.draw_audit(3, seed) {
                counts[row.index()] += 1;
            }
        }
        assert!(counts.iter().all(|it| (2_820..=3_180).contains(it)), "{counts:?}");
    }

    #[test]
    fn an_audit_too_small_is_refused_and_says_what_would_do() {
        let scores: Vec<(Row, f32)> = (0..1_000).map(|it| (Row(it), it as f32)).collect();
        let frozen = freeze(&scores, 0);
        let audit: Vec<(Row, bool)> =
            frozen.draw_audit(40, 0).into_iter().map(|row| (row, false)).collect();
        let mut walk = Walk::new(frozen.order(), &audit, goal().first_forbidden(1_000), 0.05);
        walk.exclude_along(frozen.order());
        let certificate = Certificate::new(goal(), 1_000, &walk);
        assert_eq!(certificate.allowed_errors, None);
        assert_eq!(certificate.auto_labelled, []);
        assert_eq!(certificate.left_to_people.len(), 960);
        assert_eq!(certificate.smallest_audit, 56);
    }

    #[test]
    fn the_fixed_walk_stops_just_before_one_audited_error_too_many() {
        let scores: Vec<(Row, f32)> = (0..1_000).map(|it| (Row(it), it as f32)).collect();
        let frozen = freeze(&scores, 0);
        let audited: Vec<Row> = (0..1_000).step_by(10).map(Row).collect();
        let audit: Vec<(Row, bool)> = audited.iter().map(|&row| (row, 600 <= row.0)).collect();
        let mut walk = Walk::new(frozen.order(), &audit, goal().first_forbidden(1_000), 0.05);
        walk.exclude_along(frozen.order());
        let allowed = walk.allowed_errors().expect("a hundred draws are enough");
        assert_eq!(allowed, 1);
        let certificate = Certificate::new(goal(), 1_000, &walk);
        assert_eq!(certificate.region_errors, 1);
        assert_eq!(certificate.auto_labelled.last(), Some(&Row(609)));
        assert_eq!(certificate.left_to_people.first(), Some(&Row(611)));
        assert_eq!(certificate.coverage(), 0.549);
    }
}
