//! The walk from doubtful to sure that ends where the audit vouches for the
//! rest. It hides the audit's answers until their items are excluded, because
//! the proof needs exactly that. It does not rank; callers do.

use crate::{certify::largest_allowed_errors, pool::Row};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Excluded,
    Region,
}

/// Excludes items, most doubtful first, until the audited errors among the
/// rest are few enough to label the rest automatically.
///
/// Along a fixed order this is the procedure of [`largest_allowed_errors`] seen
/// from its other end: what is left is everything before the `(c* + 1)`-th
/// audited error. The order need not be fixed. The next items to exclude may be
/// chosen from everything known about the excluded ones, the audited among them
/// included ([`Walk::revealed`]) and people's answers to them as well, but not
/// from which remaining items were audited, nor from their answers; the walk
/// keeps those to itself. So a ranker learned from the excluded costs no part
/// of the audit.
///
/// Why it stays exact: whatever was revealed, the audited among the remaining
/// are still a uniform draw, so of the `A + U` errors that remain (`A` audited,
/// `U` not) the next to be excluded is an audited one with probability
/// `A / (A + U)`, whichever error the order takes. The path of `(A, U)` is
/// therefore that of an urn, the same for every order, and so is the
/// probability that `A` first falls to `c*` while `U` is still
/// `first_forbidden` or more, which is bounded for a fixed order. Excluding
/// several items at once only makes `U` smaller.
///
/// Source for the fixed order: Candès, Ilyas, Zrnic (2025), *Probably
/// Approximately Correct Labels*, arXiv 2506.10908, state the problem; the
/// exact finite-population test and the adaptive order, in the spirit of Lei
/// and Fithian (2018), *`AdaPT`*, JRSS B, are ours.
#[derive(Clone, Debug)]
pub struct Walk {
    // Invariant: `wrong` holds an answer for audited rows only;
    // `region_errors` counts those `Some(true)` whose place is `Region`.
    places: Vec<Place>,
    wrong: Vec<Option<bool>>,
    population: u32,
    n_audited: u32,
    audit_errors: u32,
    region_errors: u32,
    region_len: u32,
    allowed_errors: Option<u32>,
    revealed: Vec<(Row, bool)>,
}

impl Walk {
    /// Before the first exclusion: `population` are the rows the audit was
    /// drawn from, `audit` the drawn rows and whether the frozen label was
    /// wrong, the rest as in [`largest_allowed_errors`].
    ///
    /// # Panics
    ///
    /// If a row is listed twice, or audited but not of the population.
    pub fn new(
        population: &[Row],
        audit: &[(Row, bool)],
        first_forbidden: u32,
        alpha: f64,
    ) -> Walk {
        let n_rows = population.iter().map(|row| row.index() + 1).max().unwrap_or(0);
        let mut places = vec![Place::Outside; n_rows];
        for row in population {
            assert!(places[row.index()] == Place::Outside, "row listed twice");
            places[row.index()] = Place::Region;
        }
        let mut wrong = vec![None; n_rows];
        for &(row, is_wrong) in audit {
            let is_open = places.get(row.index()) == Some(&Place::Region);
            assert!(is_open && wrong[row.index()].is_none(), "audited twice or from outside");
            wrong[row.index()] = Some(is_wrong);
        }
        let [n_population, n_audited, n_errors] =
            [population.len(), audit.len(), audit.iter().filter(|it| it.1).count()]
                .map(|it| u32::try_from(it).expect("pools fit in u32"));
        Walk {
            places,
            wrong,
            population: n_population,
            n_audited,
            audit_errors: n_errors,
            region_errors: n_errors,
            region_len: n_population,
            allowed_errors: largest_allowed_errors(n_population, n_audited, first_forbidden, alpha),
            revealed: Vec::new(),
        }
    }

    /// Whether the audit vouches for what remains, or nothing remains.
    pub fn is_over(&self) -> bool {
        self.region_len == 0
            || self.allowed_errors.is_some_and(|allowed| self.region_errors <= allowed)
    }

    /// Excludes `rows` one after the other until the walk is over. Rows that
    /// are excluded already, or were never open, are passed over. Returns how
    /// many rows of the slice were looked at.
    pub fn exclude(&mut self, rows: &[Row]) -> usize {
        for (looked_at, row) in rows.iter().enumerate() {
            if self.is_over() {
                return looked_at;
            }
            if self.places.get(row.index()) != Some(&Place::Region) {
                continue;
            }
            self.places[row.index()] = Place::Excluded;
            self.region_len -= 1;
            if let Some(is_wrong) = self.wrong[row.index()] {
                self.region_errors -= u32::from(is_wrong);
                self.revealed.push((*row, is_wrong));
            }
        }
        rows.len()
    }

    /// The whole walk along a fixed `order`, surest first.
    pub fn exclude_along(&mut self, order: &[Row]) {
        let doubtful_first: Vec<Row> = order.iter().rev().copied().collect();
        self.exclude(&doubtful_first);
    }

    /// The whole walk along an order learned on the way: again and again ranks
    /// what remains by `risk` (of the revealed answers and the remaining rows,
    /// one number per row; large = doubtful; ties to the higher row first) and
    /// excludes the `batch_len` riskiest.
    ///
    /// # Panics
    ///
    /// If `batch_len` is 0, or `risk` returns another number of values or one
    /// that is not a number.
    pub fn exclude_adaptively(
        &mut self,
        batch_len: usize,
        mut risk: impl FnMut(&[(Row, bool)], &[Row]) -> Vec<f64>,
    ) {
        assert!(0 < batch_len, "batches without items");
        while !self.is_over() {
            let region = self.region();
            let risks = risk(&self.revealed, &region);
            assert!(risks.len() == region.len(), "one risk per remaining row");
            assert!(risks.iter().all(|it| !it.is_nan()), "a risk that is not a number");
            let mut ranked: Vec<(f64, Row)> = risks.into_iter().zip(region).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
            let batch: Vec<Row> = ranked.iter().take(batch_len).map(|it| it.1).collect();
            self.exclude(&batch);
        }
    }

    /// Audited rows excluded so far and whether their label was wrong, in the
    /// order of exclusion: all that an order may be learned from.
    pub fn revealed(&self) -> &[(Row, bool)] {
        &self.revealed
    }

    /// Rows not excluded, audited or not, ascending.
    pub fn region(&self) -> Vec<Row> {
        self.rows_at(|place, _| place == Place::Region)
    }

    /// Unaudited rows, ascending: those the audit vouches for (none before the
    /// walk is over), and those people must answer.
    pub fn unaudited(&self) -> (Vec<Row>, Vec<Row>) {
        let vouched = |place| place == Place::Region && self.is_over();
        let auto_labelled = self.rows_at(|place, wrong| vouched(place) && wrong.is_none());
        let left = self
            .rows_at(|place, wrong| place != Place::Outside && !vouched(place) && wrong.is_none());
        (auto_labelled, left)
    }

    /// Rows the audit was drawn from.
    pub fn population(&self) -> u32 {
        self.population
    }

    /// Audited rows.
    pub fn n_audited(&self) -> u32 {
        self.n_audited
    }

    /// Audited rows whose label was wrong.
    pub fn audit_errors(&self) -> u32 {
        self.audit_errors
    }

    /// Audited rows not excluded whose label was wrong.
    pub fn region_errors(&self) -> u32 {
        self.region_errors
    }

    /// The most that may be when the walk ends, `c*`.
    pub fn allowed_errors(&self) -> Option<u32> {
        self.allowed_errors
    }

    fn rows_at(&self, is_wanted: impl Fn(Place, Option<bool>) -> bool) -> Vec<Row> {
        (0..)
            .map(Row)
            .zip(self.places.iter().zip(&self.wrong))
            .filter(|(_, (place, wrong))| is_wanted(**place, **wrong))
            .map(|it| it.0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Walk;
    use crate::{certify::hypergeometric_cdf, pool::Row};

    /// All `k`-subsets of `0..n`, as bit masks.
    fn subsets(n: u32, k: u32) -> impl Iterator<Item = u32> {
        (0_u32..1 << n).filter(move |it| it.count_ones() == k)
    }

    /// Share of all audits after which `first_forbidden` errors or more stay.
    fn violations(
        n: u32,
        k: u32,
        errors: u32,
        first_forbidden: u32,
        walk_through: impl Fn(&mut Walk, u32),
    ) -> (f64, Option<u32>) {
        let population: Vec<Row> = (0..n).map(Row).collect();
        let is_wrong = |row: Row| errors >> row.0 & 1 == 1;
        let (mut violated, mut n_audits, mut allowed) = (0, 0, None);
        for audited in subsets(n, k) {
            let audit: Vec<(Row, bool)> = population
                .iter()
                .filter(|row| audited >> row.0 & 1 == 1)
                .map(|&row| (row, is_wrong(row)))
                .collect();
            let mut walk = Walk::new(&population, &audit, first_forbidden, 0.2);
            walk_through(&mut walk, errors);
            let wrong = walk.unaudited().0.into_iter().filter(|&row| is_wrong(row)).count();
            violated += u32::from(first_forbidden as usize <= wrong);
            n_audits += 1;
            allowed = walk.allowed_errors();
        }
        (f64::from(violated) / f64::from(n_audits), allowed)
    }

    #[test]
    fn no_set_of_errors_breaks_the_fixed_walk_and_the_worst_one_reaches_its_bound() {
        for (n, k, first_forbidden) in [(9, 4, 2), (9, 5, 1), (10, 6, 2), (10, 3, 3)] {
            let order: Vec<Row> = (0..n).map(Row).collect();
            let mut worst = 0.0_f64;
            let mut allowed = None;
            for errors in 0..1 << n {
                let (share, it) =
                    violations(n, k, errors, first_forbidden, |walk, _| walk.exclude_along(&order));
                worst = worst.max(share);
                allowed = it;
            }
            let theory = allowed.map_or(0.0, |c| hypergeometric_cdf(n, first_forbidden + c, k, c));
            assert!(theory <= 0.2);
            assert!((worst - theory).abs() < 1e-12, "{n} {k}: {worst} instead of {theory}");
        }
    }

    #[test]
    fn no_order_learned_from_the_revealed_breaks_the_walk() {
        // An adversary who knows all errors and reacts to every revealed
        // answer: sure rows first as long as errors came up, else errors first.
        for (n, k, first_forbidden) in [(9, 5, 2), (9, 7, 1)] {
            for errors in (0..1_u32 << n).filter(|it| it.count_ones() <= 7) {
                for spite in 0..3 {
                    let (share, allowed) =
                        violations(n, k, errors, first_forbidden, |walk, errors| {
                            walk.exclude_adaptively(1, |revealed, region| {
                                let found = revealed.iter().filter(|it| it.1).count();
                                let sign = if (found + spite) % 3 < 2 { -1.0 } else { 1.0 };
                                let wrong = |row: &Row| f64::from(errors >> row.0 & 1);
                                region.iter().map(|row| sign * wrong(row)).collect()
                            });
                        });
                    let theory =
                        allowed.map_or(0.0, |c| hypergeometric_cdf(n, first_forbidden + c, k, c));
                    assert!(share <= theory + 1e-12, "{errors:b}: {share} above {theory}");
                }
            }
        }
    }

    #[test]
    fn the_guarantee_holds_and_is_not_wasteful_by_monte_carlo() {
        let (n, k, first_forbidden, n_runs) = (2_000_u32, 400_u32, 101_u32, 4_000_u64);
        let population: Vec<Row> = (0..n).map(Row).collect();
        let is_wrong =
            |row: Row| 1_500 <= row.0 && row.0.is_multiple_of(2) || row.0.is_multiple_of(40);
        let mut violated = 0;
        for seed in 0..n_runs {
            let mut rng = fastrand::Rng::with_seed(seed);
            let drawn = rng.choose_multiple(population.iter().copied(), k as usize);
            let audit: Vec<(Row, bool)> =
                drawn.into_iter().map(|row| (row, is_wrong(row))).collect();
            let mut walk = Walk::new(&population, &audit, first_forbidden, 0.05);
            walk.exclude_adaptively(200, |revealed, region| {
                let is_class_bad = |even| {
                    revealed.iter().filter(|it| it.0.0.is_multiple_of(2) == even && it.1).count()
                };
                let bad = [is_class_bad(false) as f64, is_class_bad(true) as f64];
                let risk = |row: &Row| f64::from(row.0) + bad[usize::from(row.0.is_multiple_of(2))];
                region.iter().map(risk).collect()
            });
            let wrong = walk.unaudited().0.into_iter().filter(|&row| is_wrong(row)).count();
            violated += u32::from(first_forbidden as usize <= wrong);
        }
        let share = f64::from(violated) / n_runs as f64;
        assert!(
            (0.03..=0.05 + 2.0 * (0.05_f64 * 0.95 / n_runs as f64).sqrt()).contains(&share),
            "{share}"
        );
    }
}
