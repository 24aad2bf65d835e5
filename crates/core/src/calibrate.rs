//! Calibration: whether a probability of .8 is right four times in five.
//!
//! Measures how far probabilities are from the truth (reliability bins, ECE,
//! Brier score, log loss) and finds the one temperature that mends most of it.
//! It deliberately says nothing about a target: how sure the labels are is
//! shown by [`crate::certify`], whatever the calibration.
//!
//! `answers` are pairs of a row of the probabilities and the class a person
//! gave it. They must be of items the model was not trained on, or of
//! out-of-fold probabilities; a row may occur more than once.

use crate::{label::ClassId, matrix::Probabilities, pool::Row};

/// Number of bins of a reliability diagram, as in Guo et al. (2017).
pub const N_BINS: usize = 15;

/// The range of temperatures that [`fit_temperature`] considers.
pub const TEMPERATURES: (f32, f32) = (0.05, 20.0);

/// Predictions of about equal confidence, and how many of them are right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Confidences in the bin are above this.
    pub low: f64,
    /// Confidences in the bin are at most this.
    pub high: f64,
    /// Number of predictions in the bin, at least 1.
    pub n: usize,
    /// Mean confidence of the bin.
    pub confidence: f64,
    /// Share of the bin that is right.
    pub accuracy: f64,
}

/// The reliability diagram: [`N_BINS`] bins of equal width by the largest
/// probability, ascending, empty bins left out.
///
/// Guo, Pleiss, Sun, Weinberger (2017), *On Calibration of Modern Neural
/// Networks*, ICML, arXiv:1706.04599.
pub fn reliability(
    probabilities: &Probabilities,
    answers: &[(Row, ClassId)],
) -> Vec<ReliabilityBin> {
    let mut sums = [(0_usize, 0.0_f64, 0_usize); N_BINS];
    for &(row, answer) in answers {
        let (class, confidence) = probabilities.likeliest(row);
        let confidence = f64::from(confidence);
        let bin = ((confidence * N_BINS as f64).ceil() as usize).clamp(1, N_BINS) - 1;
        let (n, confidences, right) = &mut sums[bin];
        *n += 1;
        *confidences += confidence;
        *right += usize::from(class == answer);
    }
    let edge = |bin: usize| bin as f64 / N_BINS as f64;
    sums.iter()
        .enumerate()
        .filter(|(_, (n, ..))| 0 < *n)
        .map(|(bin, &(n, confidences, right))| ReliabilityBin {
            low: edge(bin),
            high: edge(bin + 1),
            n,
            confidence: confidences / n as f64,
            accuracy: right as f64 / n as f64,
        })
        .collect()
}

/// Expected calibration error: the mean of |accuracy - confidence| over the
/// bins of [`reliability`], weighted by their size, in `[0, 1]`.
///
/// `None` without bins. It is biased upwards on few items: with 15 bins and
/// 100 items a perfectly calibrated model shows an error of several percent.
///
/// Guo et al. (2017), as in [`reliability`], equation 3.
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let n: usize = bins.iter().map(|it| it.n).sum();
    let gaps = bins.iter().map(|it| it.n as f64 * (it.accuracy - it.confidence).abs());
    (0 < n).then(|| gaps.sum::<f64>() / n as f64)
}

/// Brier score: mean squared distance between the probabilities and the
/// one-hot answer, summed over the classes, in `[0, 2]`, 0 is perfect.
///
/// `None` without answers.
///
/// Brier (1950), *Verification of Forecasts Expressed in Terms of
/// Probability*, Monthly Weather Review 78. The two-class form that counts
/// only one class is half of this.
pub fn brier(probabilities: &Probabilities, answers: &[(Row, ClassId)]) -> Option<f64> {
    mean(answers, |row, answer| {
        let off = |(class, &p): (usize, &f32)| {
            (f64::from(p) - f64::from(u8::from(class == answer.index()))).powi(2)
        };
        probabilities.row(row).iter().enumerate().map(off).sum()
    })
}

/// Log loss: mean of `-ln p` of the answered class, in nats, 0 is perfect.
///
/// `None` without answers. Probabilities are raised to `f32::EPSILON`, so that
/// one answer held impossible costs 15.9 nats, not infinitely many; the same
/// rule as scikit-learn's for single precision.
pub fn log_loss(probabilities: &Probabilities, answers: &[(Row, ClassId)]) -> Option<f64> {
    mean(answers, |row, answer| {
        -f64::from(probabilities.row(row)[answer.index()].clamp(f32::EPSILON, 1.0)).ln()
    })
}

fn mean(answers: &[(Row, ClassId)], loss: impl Fn(Row, ClassId) -> f64) -> Option<f64> {
    let sum: f64 = answers.iter().map(|&(row, answer)| loss(row, answer)).sum();
    (!answers.is_empty()).then(|| sum / answers.len() as f64)
}

/// The temperature `T` for which softmax(log-probabilities / T) has the least
/// log loss on `labels`, within [`TEMPERATURES`].
///
/// `log_probabilities` has shape `[labels.len(), classes]`; logits do as well,
/// since softmax ignores a constant per row. They must be of a model that has
/// not seen these labels (out-of-fold), otherwise `T` comes out too small. A
/// probability that was rounded to 0 (its logarithm is infinite) is read as
/// the smallest positive `f32`. If every label is the likeliest class, the
/// least temperature is the answer, since nothing speaks against certainty;
/// if the labels do not follow the model at all, it is the largest.
///
/// The loss is convex in `1 / T`: Newton's method on its derivative, with
/// bisection where a step would leave the bracket. Cost a few dozen passes.
///
/// Guo et al. (2017), as in [`reliability`], section 4.2.
///
/// # Panics
///
/// If there is no label, the shapes do not fit, or a value is NaN.
pub fn fit_temperature(log_probabilities: &[f32], labels: &[ClassId]) -> f32 {
    assert!(
        !labels.is_empty() && log_probabilities.len().is_multiple_of(labels.len()),
        "log-probabilities and labels do not fit"
    );
    let n_classes = log_probabilities.len() / labels.len();
    let floor = f32::MIN_POSITIVE.ln();
    let rows: Vec<f64> = log_probabilities
        .iter()
        .map(|&it| {
            assert!(!it.is_nan() && it < f32::INFINITY, "a log-probability is not a number");
            f64::from(if it == f32::NEG_INFINITY { floor } else { it })
        })
        .collect();

    let (mut low, mut high) = (1.0 / f64::from(TEMPERATURES.1), 1.0 / f64::from(TEMPERATURES.0));
    if 0.0 <= slope_and_curvature(&rows, n_classes, labels, low).0 {
        return TEMPERATURES.1;
    }
    if slope_and_curvature(&rows, n_classes, labels, high).0 <= 0.0 {
        return TEMPERATURES.0;
    }
    let mut inverse = 1.0;
    for _ in 0..100 {
        let (slope, curvature) = slope_and_curvature(&rows, n_classes, labels, inverse);
        if slope < 0.0 {
            low = inverse;
        } else {
            high = inverse;
        }
        let newton = inverse - slope / curvature;
        let next = if low < newton && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - inverse).abs() <= 1e-9 * inverse {
            break;
        }
        inverse = next;
    }
    (1.0 / inverse) as f32
}

/// First and second derivative of the summed log loss by `inverse = 1 / T`:
/// the expected score minus the label's score, and the variance of the score.
fn slope_and_curvature(
    rows: &[f64],
    n_classes: usize,
    labels: &[ClassId],
    inverse: f64,
) -> (f64, f64) {
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (row, label) in rows.chunks_exact(n_classes).zip(labels) {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for &score in row {
            let score = score - max;
            let weight = (inverse * score).exp();
            total += weight;
            first += weight * score;
            second += weight * score * score;
        }
        let mean = first / total;
        slope += mean - (row[label.index()] - max);
        curvature += second / total - mean * mean;
    }
    (slope, curvature)
}

#[cfg(test)]
mod tests {
    use super::{
        TEMPERATURES, brier, expected_calibration_error, fit_temperature, log_loss, reliability,
    };
    use crate::{label::ClassId, matrix::Probabilities, pool::Row};

    #[derive(serde::Deserialize)]
    struct Case {
        n_classes: usize,
        logits: Vec<f32>,
        labels: Vec<u16>,
        bins: Vec<(usize, f64, f64)>,
        ece: f64,
        brier: f64,
        log_loss: f64,
        temperature: f32,
    }

    fn cases() -> Vec<Case> {
        let json = include_str!("../reference/calibrate.json");
        serde_json::from_str(json).expect("written by calibrate.py")
    }

    fn answers(labels: &[u16]) -> Vec<(Row, ClassId)> {
        (0..).map(Row).zip(labels.iter().copied().map(ClassId)).collect()
    }

    #[test]
    fn scores_match_scikit_learn() {
        for case in cases() {
            let proba = Probabilities::softmax(case.n_classes, case.logits).expect("finite");
            let answers = answers(&case.labels);
            let bins = reliability(&proba, &answers);
            assert_eq!(bins.len(), case.bins.len());
            for (bin, &(n, confidence, accuracy)) in bins.iter().zip(&case.bins) {
                assert_eq!(bin.n, n);
                assert!(bin.low < bin.confidence && bin.confidence <= bin.high);
                assert!((bin.confidence - confidence).abs() < 1e-6);
                assert!((bin.accuracy - accuracy).abs() < 1e-9);
            }
            let close = |got: Option<f64>, expected: f64| {
                let got = got.expect("there are answers");
                assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
            };
            close(expected_calibration_error(&bins), case.ece);
            close(brier(&proba, &answers), case.brier);
            close(log_loss(&proba, &answers), case.log_loss);
        }
    }

    #[test]
    fn temperature_matches_scipy_and_ignores_a_constant_per_row() {
        for case in cases() {
            let labels: Vec<ClassId> = case.labels.iter().copied().map(ClassId).collect();
            let fitted = fit_temperature(&case.logits, &labels);
            assert!((fitted / case.temperature - 1.0).abs() < 1e-4, "{fitted}");
            let shifted: Vec<f32> = case.logits.iter().map(|it| it + 3.0).collect();
            assert!((fit_temperature(&shifted, &labels) / fitted - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn temperature_stays_in_its_range() {
        let certain = [0.0, f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY];
        let undecided = [-0.7, -0.7, -0.7, -0.7];
        let fitted = (
            fit_temperature(&certain, &[ClassId(0), ClassId(0)]),
            fit_temperature(&certain, &[ClassId(1), ClassId(1)]),
            fit_temperature(&undecided, &[ClassId(0), ClassId(1)]),
        );
        assert_eq!(fitted, (TEMPERATURES.0, TEMPERATURES.1, TEMPERATURES.1));
        let mixed = fit_temperature(&certain, &[ClassId(0), ClassId(1)]);
        assert!(mixed.is_finite() && mixed <= TEMPERATURES.1);
    }

    #[test]
    fn without_answers_there_is_no_score() {
        let proba = Probabilities::softmax(2, vec![1.0, 0.0]).expect("finite");
        assert_eq!(expected_calibration_error(&reliability(&proba, &[])), None);
        assert_eq!(brier(&proba, &[]), None);
        assert_eq!(log_loss(&proba, &[]), None);
    }
}
