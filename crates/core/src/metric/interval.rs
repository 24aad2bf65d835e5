//! Intervals for shares and for F1, and when there are too few trials for one.

use statrs::function::{beta::beta_reg, erf::erfc_inv};

/// A value measured on a sample, with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value on the sample.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of trials behind the value (for a precision, the items given
    /// that label), not necessarily the number of items in the sample.
    pub n: usize,
}

/// An estimate, or the admission that there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// There were enough trials.
    Estimate(Estimate),
    /// There were `n` trials and `needed` are, see [`trials_needed`].
    NotEnough {
        /// Trials there were.
        n: usize,
        /// Trials from which on a figure is given.
        needed: usize,
    },
}

impl Measured {
    /// The estimate, if there were enough trials.
    pub fn estimate(self) -> Option<Estimate> {
        match self {
            Measured::Estimate(estimate) => Some(estimate),
            Measured::NotEnough { .. } => None,
        }
    }
}

/// An interval wider than this is not worth a figure, see [`trials_needed`].
pub const WIDEST: f64 = 0.4;

/// The number of trials from which on a share is reported: the least at which
/// a Wilson interval is at most [`WIDEST`] wide whatever the share. 21 at
/// 95 % confidence, 35 at 99 %.
///
/// The rule looks at the number of trials only, never at their outcome, so
/// that leaving figures out does not bias those that are shown.
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn trials_needed(confidence: f64) -> usize {
    let z = two_sided_z(confidence);
    ((z / WIDEST).powi(2) - z * z).ceil().max(1.0) as usize
}

/// The share of successes with its Wilson interval, or [`Measured::NotEnough`]
/// below [`trials_needed`] trials.
///
/// The trials must be independent draws of what the share is about. Drawn
/// without replacement from a finite pool, as the audit is, the interval is a
/// little too wide, never too narrow.
///
/// # Panics
///
/// If there are more successes than trials or `confidence` is not inside
/// `(0, 1)`.
pub fn share(successes: usize, n: usize, confidence: f64) -> Measured {
    let needed = trials_needed(confidence);
    if n < needed {
        return Measured::NotEnough { n, needed };
    }
    let (low, high) = wilson(successes, n, confidence);
    Measured::Estimate(Estimate { value: successes as f64 / n as f64, low, high, n })
}

/// F1 with its interval, or [`Measured::NotEnough`] below [`trials_needed`]
/// items that were given the class, are of it, or both.
///
/// `J = TP / (TP + FP + FN)` is a share of `TP + FP + FN` trials and
/// `F1 = 2J / (1 + J)` grows with it, so the Wilson interval of `J` maps to one
/// of F1. For one class of items that have one label each; not for an F1
/// pooled over classes, where every error would count twice.
///
/// Real coverage of the nominal 95 % is .948 to .953 over the twelve settings
/// of the test below, from balanced classes to a prevalence of 2 %.
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn f1(
    true_positives: usize,
    false_positives: usize,
    false_negatives: usize,
    confidence: f64,
) -> Measured {
    match share(true_positives, true_positives + false_positives + false_negatives, confidence) {
        Measured::Estimate(j) => Measured::Estimate(Estimate {
            value: f1_of_jaccard(j.value),
            low: f1_of_jaccard(j.low),
            high: f1_of_jaccard(j.high),
            n: j.n,
        }),
        not_enough @ Measured::NotEnough { .. } => not_enough,
    }
}

/// `2J / (1 + J)`: the F1 of a class whose Jaccard index is `jaccard`.
pub fn f1_of_jaccard(jaccard: f64) -> f64 {
    2.0 * jaccard / (1.0 + jaccard)
}

/// The Wilson score interval `(low, high)` for a share, two-sided; `(0, 1)`
/// without trials.
///
/// Its coverage is near the nominal level on average over shares, and may be
/// below it for some; where a guarantee is wanted, use [`clopper_pearson`].
///
/// Wilson (1927), *Probable Inference, the Law of Succession, and Statistical
/// Inference*, JASA 22.
///
/// # Panics
///
/// If there are more successes than trials or `confidence` is not inside
/// `(0, 1)`.
pub fn wilson(successes: usize, n: usize, confidence: f64) -> (f64, f64) {
    assert!(successes <= n, "{successes} successes of {n} trials");
    if n == 0 {
        return (0.0, 1.0);
    }
    let (z, trials) = (two_sided_z(confidence), n as f64);
    let share = successes as f64 / trials;
    let shrink = 1.0 + z * z / trials;
    let centre = (share + z * z / (2.0 * trials)) / shrink;
    let spread = share * (1.0 - share) / trials + (z / (2.0 * trials)).powi(2);
    let half = z * spread.sqrt() / shrink;
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == n { 1.0 } else { centre + half };
    (low, high)
}

/// The Clopper-Pearson interval `(low, high)` for a share, two-sided; `(0, 1)`
/// without trials. It never covers less than `confidence`.
///
/// Clopper, Pearson (1934), *The Use of Confidence or Fiducial Limits
/// Illustrated in the Case of the Binomial*, Biometrika 26.
///
/// # Panics
///
/// If there are more successes than trials or `confidence` is not inside
/// `(0, 1)`.
pub fn clopper_pearson(successes: usize, n: usize, confidence: f64) -> (f64, f64) {
    assert!(successes <= n, "{successes} successes of {n} trials");
    assert!(0.0 < confidence && confidence < 1.0, "confidence must be inside (0, 1)");
    let tail = (1.0 - confidence) / 2.0;
    let (right, wrong) = (successes as f64, (n - successes) as f64);
    let low = if successes == 0 { 0.0 } else { beta_quantile(right, wrong + 1.0, tail) };
    let high = if successes == n { 1.0 } else { beta_quantile(right + 1.0, wrong, 1.0 - tail) };
    (low, high)
}

/// By bisection: the cdf is monotone, and 60 halvings are below the last bit.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beta_reg(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The `z` for which a standard normal lies in `[-z, z]` with `confidence`.
///
/// # Panics
///
/// If `confidence` is not inside `(0, 1)`.
pub fn two_sided_z(confidence: f64) -> f64 {
    assert!(0.0 < confidence && confidence < 1.0, "confidence must be inside (0, 1)");
    std::f64::consts::SQRT_2 * erfc_inv(1.0 - confidence)
}

#[cfg(test)]
mod tests {
    use super::{
        Measured, WIDEST, clopper_pearson, f1, f1_of_jaccard, share, trials_needed, wilson,
    };

    #[derive(serde::Deserialize)]
    struct Case {
        successes: usize,
        n: usize,
        confidence: f64,
        wilson: (f64, f64),
        clopper_pearson: (f64, f64),
    }

    #[derive(serde::Deserialize)]
    struct Reference {
        intervals: Vec<Case>,
    }

    #[test]
    fn intervals_match_statsmodels() {
        let json = include_str!("../../reference/metric.json");
        let reference: Reference = serde_json::from_str(json).expect("written by metric.py");
        for case in reference.intervals {
            let close = |got: (f64, f64), expected: (f64, f64)| {
                let off = (got.0 - expected.0).abs().max((got.1 - expected.1).abs());
                assert!(off < 1e-9, "{got:?} is not {expected:?}");
            };
            close(wilson(case.successes, case.n, case.confidence), case.wilson);
            close(clopper_pearson(case.successes, case.n, case.confidence), case.clopper_pearson);
        }
    }

    #[test]
    fn trials_needed_is_the_least_that_bounds_the_width() {
        assert_eq!((trials_needed(0.95), trials_needed(0.99)), (21, 35));
        for confidence in [0.8, 0.9, 0.95, 0.99] {
            let widest = |n: usize| {
                let width = |k| {
                    let (low, high) = wilson(k, n, confidence);
                    high - low
                };
                (0..=n).map(width).fold(0.0, f64::max)
            };
            let needed = trials_needed(confidence);
            assert!(widest(needed) <= WIDEST, "{needed} trials are too few at {confidence}");
            // At an odd number no share is exactly one half, so the width may
            // be just below the bound one or two trials earlier.
            assert!(WIDEST < widest(needed - 3), "{needed} trials are too many at {confidence}");
        }
    }

    #[test]
    fn too_few_trials_give_no_figure() {
        assert_eq!(share(20, 20, 0.95), Measured::NotEnough { n: 20, needed: 21 });
        assert!(share(21, 21, 0.95).estimate().is_some());
        assert_eq!(f1(10, 5, 5, 0.95), Measured::NotEnough { n: 20, needed: 21 });
        let f1 = f1(11, 5, 5, 0.95).estimate().expect("21 trials");
        assert!((f1.value - 22.0 / 32.0).abs() < 1e-12);
        assert!(f1.low < f1.value && f1.value < f1.high && f1.n == 21);
    }

    #[test]
    fn no_trials_leave_everything_open() {
        assert_eq!(wilson(0, 0, 0.95), (0.0, 1.0));
        assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
    }

    /// Share of simulated samples whose interval covers the true F1, among
    /// those with enough trials. One class among others, at `prevalence`,
    /// found with `recall` and `precision`, in samples of `n` items.
    fn f1_coverage(prevalence: f64, recall: f64, precision: f64, n: usize) -> f64 {
        let found = prevalence * recall;
        let false_alarm = found * (1.0 - precision) / precision;
        let truth = f1_of_jaccard(found / (prevalence + false_alarm));
        let mut rng = fastrand::Rng::with_seed(31);
        let (mut covered, mut shown) = (0, 0);
        while shown < 20_000 {
            let mut counts = [0_usize; 3];
            for _ in 0..n {
                let u = rng.f64();
                if u < found {
                    counts[0] += 1;
                } else if u < prevalence {
                    counts[1] += 1;
                } else if u < prevalence + false_alarm {
                    counts[2] += 1;
                }
            }
            if let Some(it) = f1(counts[0], counts[2], counts[1], 0.95).estimate() {
                shown += 1;
                covered += u32::from(it.low <= truth && truth <= it.high);
            }
        }
        f64::from(covered) / f64::from(shown)
    }

    #[test]
    fn f1_intervals_cover_as_promised() {
        let settings = [
            (0.5, 0.9, 0.9, 100),
            (0.5, 0.7, 0.8, 100),
            (0.5, 0.97, 0.99, 200),
            (0.3, 0.6, 0.9, 150),
            (0.2, 0.9, 0.7, 200),
            (0.1, 0.9, 0.9, 300),
            (0.1, 0.5, 0.5, 300),
            (0.1, 0.8, 0.95, 1_000),
            (0.05, 0.9, 0.9, 500),
            (0.05, 0.5, 0.8, 500),
            (0.02, 0.8, 0.8, 1_500),
            (0.02, 0.95, 0.5, 1_500),
        ];
        for (prevalence, recall, precision, n) in settings {
            let coverage = f1_coverage(prevalence, recall, precision, n);
            println!("{prevalence} {recall} {precision} {n}: {coverage:.4}");
            assert!(
                (0.94..=0.98).contains(&coverage),
                "coverage {coverage} at prevalence {prevalence}, recall {recall}, \
                 precision {precision}, n {n}"
            );
        }
    }

    /// Exact, by summing the binomial: the guarantee of the doc comment.
    #[test]
    fn clopper_pearson_never_covers_less() {
        for n in [5_usize, 21, 60] {
            let bounds: Vec<(f64, f64)> = (0..=n).map(|k| clopper_pearson(k, n, 0.9)).collect();
            for step in 1..200_u32 {
                let p = f64::from(step) / 200.0;
                let mut term = (1.0 - p).powi(i32::try_from(n).expect("small"));
                let mut coverage = 0.0;
                for (k, &(low, high)) in bounds.iter().enumerate() {
                    coverage += if low <= p && p <= high { term } else { 0.0 };
                    term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
                }
                assert!(0.9 - 1e-9 <= coverage, "{coverage} at n {n}, p {p}");
            }
        }
    }
}
