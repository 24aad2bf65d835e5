//! The error ranker: which predictions are likely to be wrong.
//!
//! A model of the model's errors, learned from answers whose frozen label is
//! known to be right or wrong. It only ranks; its probabilities are not
//! calibrated, and nothing here decides what may be learned from (see
//! [`crate::certify::Walk`]).

/// An L2 logistic model of "this label is wrong".
#[derive(Clone, Debug)]
pub struct ErrorRanker {
    // Invariant: as many centres, scales and weights as signals.
    centre: Vec<f64>,
    scale: Vec<f64>,
    weights: Vec<f64>,
    intercept: f64,
}

/// Signals of every item, shape `[rows, n_signals]`.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    n_signals: usize,
    values: &'a [f32],
}

impl<'a> Signals<'a> {
    /// `values` of shape `[rows, n_signals]`.
    ///
    /// # Panics
    ///
    /// If `n_signals` is 0 or does not divide the number of values.
    pub fn new(n_signals: usize, values: &'a [f32]) -> Signals<'a> {
        assert!(0 < n_signals && values.len().is_multiple_of(n_signals), "not rows of signals");
        Signals { n_signals, values }
    }

    /// The signals of one row, by its position.
    pub fn row(self, position: usize) -> &'a [f32] {
        &self.values[position * self.n_signals..][..self.n_signals]
    }
}

impl ErrorRanker {
    /// Learns from `answers`, pairs of a position in `signals` and whether the
    /// label there was wrong; `None` unless there is at least one of either.
    ///
    /// Signals are centred and scaled to unit variance over the answered rows;
    /// one that is constant there is not used. The weights minimise the summed
    /// logistic loss plus `penalty / 2` times their squared length, the
    /// intercept is free: scikit-learn's `LogisticRegression(C=1/penalty)` on
    /// standardised signals. Newton's method with halved steps; cost per step
    /// `answers * n_signals^2 + n_signals^3`.
    ///
    /// # Panics
    ///
    /// If `penalty` is not positive or a signal of an answered row not finite.
    pub fn fit(
        signals: Signals<'_>,
        answers: &[(usize, bool)],
        penalty: f64,
    ) -> Option<ErrorRanker> {
        assert!(0.0 < penalty, "without a penalty the weights may be infinite");
        let n_wrong = answers.iter().filter(|it| it.1).count();
        if n_wrong == 0 || n_wrong == answers.len() {
            return None;
        }
        let (centre, scale) = moments(signals, answers);
        let design: Vec<f64> = answers
            .iter()
            .flat_map(|it| standardised(signals.row(it.0), &centre, &scale).chain([1.0]))
            .collect();
        assert!(design.iter().all(|it| it.is_finite()), "a signal that is not finite");
        let wrong: Vec<f64> = answers.iter().map(|it| f64::from(u8::from(it.1))).collect();
        let mut weights = minimise(&design, &wrong, signals.n_signals + 1, penalty);
        let intercept = weights.pop().expect("the last is the intercept");
        Some(ErrorRanker { centre, scale, weights, intercept })
    }

    /// Risk that the label of an item with these signals is wrong, in `[0, 1]`.
    ///
    /// # Panics
    ///
    /// If there are not as many signals as were learned from.
    pub fn risk(&self, signals: &[f32]) -> f64 {
        assert!(signals.len() == self.weights.len(), "other signals than were learned from");
        let standardised = standardised(signals, &self.centre, &self.scale);
        let logit: f64 = standardised.zip(&self.weights).map(|(x, weight)| x * weight).sum();
        sigmoid(logit + self.intercept)
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn standardised<'a>(
    signals: &'a [f32],
    centre: &'a [f64],
    scale: &'a [f64],
) -> impl Iterator<Item = f64> + 'a {
    signals
        .iter()
        .zip(centre)
        .zip(scale)
        .map(|((x, centre), scale)| (f64::from(*x) - centre) * scale)
}

fn moments(signals: Signals<'_>, answers: &[(usize, bool)]) -> (Vec<f64>, Vec<f64>) {
    let n = answers.len() as f64;
    let mut centre = vec![0.0; signals.n_signals];
    for (position, _) in answers {
        for (centre, x) in centre.iter_mut().zip(signals.row(*position)) {
            *centre += f64::from(*x) / n;
        }
    }
    let mut variance = vec![0.0; signals.n_signals];
    for (position, _) in answers {
        for ((variance, x), centre) in variance.iter_mut().zip(signals.row(*position)).zip(&centre)
        {
            *variance += (f64::from(*x) - centre).powi(2) / n;
        }
    }
    let scale = variance.into_iter().map(|it| if 1e-12 < it { 1.0 / it.sqrt() } else { 0.0 });
    (centre, scale.collect())
}

/// Penalised logistic loss; the last column is the intercept, not penalised.
fn loss(design: &[f64], wrong: &[f64], weights: &[f64], penalty: f64) -> f64 {
    let dim = weights.len();
    let fit: f64 = design
        .chunks_exact(dim)
        .zip(wrong)
        .map(|(row, wrong)| {
            let logit: f64 = row.iter().zip(weights).map(|(x, weight)| x * weight).sum();
            logit.max(0.0) + (-logit.abs()).exp().ln_1p() - wrong * logit
        })
        .sum();
    fit + 0.5 * penalty * weights[..dim - 1].iter().map(|it| it * it).sum::<f64>()
}

fn minimise(design: &[f64], wrong: &[f64], dim: usize, penalty: f64) -> Vec<f64> {
    let mut weights = vec![0.0; dim];
    let mut best = loss(design, wrong, &weights, penalty);
    for _ in 0..50 {
        let (gradient, curvature) = derivatives(design, wrong, &weights, penalty);
        let step = solve(curvature, gradient);
        let mut length = 1.0;
        loop {
            let moved: Vec<f64> =
                weights.iter().zip(&step).map(|(weight, step)| weight - length * step).collect();
            let moved_loss = loss(design, wrong, &moved, penalty);
            if moved_loss < best {
                let gain = best - moved_loss;
                (weights, best) = (moved, moved_loss);
                if gain < 1e-10 * (1.0 + best) {
                    return weights;
                }
                break;
            }
            length *= 0.5;
            if length < 1e-4 {
                return weights;
            }
        }
    }
    weights
}

fn derivatives(
    design: &[f64],
    wrong: &[f64],
    weights: &[f64],
    penalty: f64,
) -> (Vec<f64>, Vec<f64>) {
    let dim = weights.len();
    let (mut gradient, mut curvature) = (vec![0.0; dim], vec![0.0; dim * dim]);
    for (row, wrong) in design.chunks_exact(dim).zip(wrong) {
        let p = sigmoid(row.iter().zip(weights).map(|(x, weight)| x * weight).sum());
        let weight = p * (1.0 - p);
        for (i, x) in row.iter().enumerate().filter(|it| *it.1 != 0.0) {
            gradient[i] += (p - wrong) * x;
            let scaled = weight * x;
            for (entry, y) in curvature[i * dim..][..=i].iter_mut().zip(row) {
                *entry += scaled * y;
            }
        }
    }
    for i in 0..dim - 1 {
        gradient[i] += penalty * weights[i];
        curvature[i * dim + i] += penalty;
    }
    // A ridge too small to matter keeps the free intercept solvable.
    curvature[dim * dim - 1] += 1e-9;
    (gradient, curvature)
}

/// Solves `matrix x = vector` by Cholesky; only the lower half of the
/// positive-definite `matrix` is read.
fn solve(mut matrix: Vec<f64>, mut vector: Vec<f64>) -> Vec<f64> {
    let dim = vector.len();
    for i in 0..dim {
        for j in 0..=i {
            let (before, from_i) = matrix.split_at(i * dim);
            let row_j = if j < i { &before[j * dim..][..j] } else { &from_i[..j] };
            let sum: f64 = from_i[..j].iter().zip(row_j).map(|(a, b)| a * b).sum();
            let rest = matrix[i * dim + j] - sum;
            matrix[i * dim + j] =
                if i == j { rest.max(1e-300).sqrt() } else { rest / matrix[j * dim + j] };
        }
    }
    for i in 0..dim {
        let sum: f64 = matrix[i * dim..][..i].iter().zip(&vector).map(|(a, b)| a * b).sum();
        vector[i] = (vector[i] - sum) / matrix[i * dim + i];
    }
    for i in (0..dim).rev() {
        let sum: f64 = (i + 1..dim).map(|j| matrix[j * dim + i] * vector[j]).sum();
        vector[i] = (vector[i] - sum) / matrix[i * dim + i];
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::{ErrorRanker, Signals};

    #[derive(serde::Deserialize)]
    struct Reference {
        n_signals: usize,
        signals: Vec<f32>,
        wrong: Vec<bool>,
        penalty: f64,
        risks: Vec<f64>,
    }

    #[test]
    fn risks_are_those_of_scikit_learn() {
        let text = include_str!("../reference/rank.json");
        let cases: Vec<Reference> = serde_json::from_str(text).expect("our own file");
        for case in cases {
            let signals = Signals::new(case.n_signals, &case.signals);
            let answers: Vec<(usize, bool)> = case.wrong.iter().copied().enumerate().collect();
            let ranker = ErrorRanker::fit(signals, &answers, case.penalty).expect("both kinds");
            for (position, expected) in case.risks.iter().enumerate() {
                let risk = ranker.risk(signals.row(position));
                assert!((risk - expected).abs() < 2e-4, "{position}: {risk}, not {expected}");
            }
        }
    }

    #[test]
    fn one_kind_of_answer_teaches_nothing() {
        let signals = Signals::new(1, &[0.1, 0.2, 0.3]);
        assert!(ErrorRanker::fit(signals, &[], 1.0).is_none());
        assert!(ErrorRanker::fit(signals, &[(0, true), (2, true)], 1.0).is_none());
    }

    #[test]
    fn separable_answers_and_constant_signals_do_no_harm() {
        let signals = Signals::new(2, &[0.0, 5.0, 1.0, 5.0, 2.0, 5.0, 3.0, 5.0]);
        let answers = [(0, false), (1, false), (2, true), (3, true)];
        let ranker = ErrorRanker::fit(signals, &answers, 1e-3).expect("both kinds");
        let risks: Vec<f64> = (0..4).map(|it| ranker.risk(signals.row(it))).collect();
        assert!(risks.windows(2).all(|pair| pair[0] < pair[1]), "{risks:?}");
        assert!(risks[0] < 0.1 && 0.9 < risks[3], "{risks:?}");
    }
}
