//! Mixing the members of a head by how well they predict unseen answers.
//!
//! Members are matrices of log-probabilities over the same rows and classes.
//! Each is sharpened or softened to one common confidence over the pool, then
//! they are mixed log-linearly with the weights, and divided by the
//! temperature, that out-of-fold likelihood prefers.

use rayon::prelude::*;

use super::softmax::{largest_probability, log_softmax_in_place, softmax_in_place};

/// Mean largest probability that every member is scaled to.
const CONFIDENCE: f32 = 0.8;
/// Rows read to find a member's scale.
const SCALE_SAMPLE: usize = 1_000;
/// Shares of propagation to try.
const SHARES: [f32; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
/// Log-likelihood lost at a share of propagation 1 away from the usual.
const PRIOR: f64 = 160.0;
/// Bounds what one surprising answer can say about a mixture.
const LEAST: f32 = -14.0;

/// Log-probabilities of several members for the same rows, each of shape
/// `[rows, n_classes]`.
#[derive(Clone, Debug)]
pub struct Members {
    /// Number of classes.
    pub n_classes: usize,
    /// One matrix per member.
    pub log_probabilities: Vec<Vec<f32>>,
}

/// How members are mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// Factor per member that brings its confidence over the pool to .8.
    pub scales: Vec<f32>,
    /// Share of each member, non-negative, summing to 1.
    pub shares: Vec<f32>,
    /// What the mixed log-probabilities are divided by.
    pub temperature: f32,
}

impl Members {
    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.log_probabilities.first().map_or(0, |it| it.len() / self.n_classes)
    }

    /// The mixture's logits, shape `[rows, n_classes]`, divided by its
    /// temperature, not normalised.
    pub fn mix(&self, mixture: &Mixture) -> Vec<f32> {
        let mut logits = vec![0.0; self.n_rows() * self.n_classes];
        for (values, factor) in self.log_probabilities.iter().zip(mixture.factors()) {
            let factor = factor / mixture.temperature;
            if factor != 0.0 {
                let pairs = logits.par_iter_mut().zip(values).with_min_len(65_536);
                pairs.for_each(|(logit, value)| *logit += factor * value);
            }
        }
        logits
    }

    /// The mixture's probabilities, shape `[rows, n_classes]`.
    pub fn probabilities(&self, mixture: &Mixture) -> Vec<f32> {
        let mut values = self.mix(mixture);
        values.par_chunks_exact_mut(self.n_classes).with_min_len(1_024).for_each(|row| {
            softmax_in_place(row);
        });
        values
    }

    /// Per member the factor on its log-probabilities that makes the mean
    /// largest probability .8, on at most 1,000 rows spread over all; 1 where
    /// there is only one class.
    pub fn scales(&self) -> Vec<f32> {
        let stride = self.n_rows().div_ceil(SCALE_SAMPLE).max(1);
        let scale = |values: &Vec<f32>| {
            let rows: Vec<&[f32]> = values.chunks_exact(self.n_classes).step_by(stride).collect();
            scale_to_confidence(&rows)
        };
        self.log_probabilities.par_iter().map(scale).collect()
    }
}

/// Bisection on the logarithm of the factor, between 1/100 and 100.
fn scale_to_confidence(rows: &[&[f32]]) -> f32 {
    if rows.iter().all(|it| it.len() < 2) {
        return 1.0;
    }
    let target = CONFIDENCE * rows.len() as f32;
    let (mut low, mut high) = (-4.6_f32, 4.6_f32);
    for _ in 0..12 {
        let middle = f32::midpoint(low, high);
        let scale = middle.exp();
        let sum: f32 = rows.iter().map(|row| largest_probability(row, scale)).sum();
        if sum < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    f32::midpoint(low, high).exp()
}

/// Mean of `log p` over rows, `p` the probability of the row's class
/// under softmax of `logits / temperature`.
fn mean_log_score(logits: &[f32], classes: &[usize], temperature: f32) -> f64 {
    let n_classes = logits.len() / classes.len();
    let mut row_of_logs = vec![0.0; n_classes];
    let mut sum = 0.0;
    for (logits, class) in logits.chunks_exact(n_classes).zip(classes) {
        row_of_logs.iter_mut().zip(logits).for_each(|(out, it)| *out = it / temperature);
        log_softmax_in_place(&mut row_of_logs);
        sum += f64::from(row_of_logs[*class].max(LEAST));
    }
    sum / classes.len() as f64
}

impl Members {
    /// One row of [`Members::mix`].
    pub(crate) fn mix_row(&self, mixture: &Mixture, row: usize) -> Vec<f32> {
        let mut logits = vec![0.0; self.n_classes];
        for (values, factor) in self.log_probabilities.iter().zip(mixture.factors()) {
            let values = &values[row * self.n_classes..][..self.n_classes];
            logits.iter_mut().zip(values).for_each(|(it, value)| *it += factor * value);
        }
        logits
    }
}

impl Mixture {
    /// Factor on each member's log-probabilities, before the temperature.
    fn factors(&self) -> impl Iterator<Item = f32> {
        self.scales.iter().zip(&self.shares).map(|(scale, share)| scale * share)
    }

    /// The mixture of a regression and a propagation, in that order, for
    /// `pool`, given what models that had not seen the answers, `classes`, said
    /// of them, `out_of_fold`.
    ///
    /// Two things speak on the share of propagation. The members' own sureness
    /// over the pool: where labels meet on the graph without agreeing, or the
    /// regression has become sure, propagation deserves less; this needs no
    /// answer, so it does not scatter. And the log-likelihood of the answers,
    /// each share at its own best temperature; it takes over as answers grow.
    ///
    /// # Panics
    ///
    /// If there are not two members, or no answers.
    pub fn choose(pool: &Members, out_of_fold: &Members, classes: &[usize]) -> Mixture {
        let scales = pool.scales();
        assert!(scales.len() == 2 && !classes.is_empty(), "two members and answers");
        let usual = usual_share(&scales, classes.len() as f32 / pool.n_classes as f32);
        let tried: Vec<(f64, Mixture)> = SHARES
            .par_iter()
            .map(|share| {
                let shares = vec![1.0 - share, *share];
                let mixture = Mixture { scales: scales.clone(), shares, temperature: 1.0 };
                let (temperature, loss) = temperature(&out_of_fold.mix(&mixture), classes);
                let penalty = PRIOR * f64::from(share - usual).powi(2);
                (loss + penalty, Mixture { temperature, ..mixture })
            })
            .collect();
        let best = tried.into_iter().reduce(|best, it| if it.0 < best.0 { it } else { best });
        best.expect("the grid is not empty").1
    }
}

/// Share of propagation to expect before the answers are asked.
///
/// The less sure a member is of the pool by itself, the more it has to be
/// scaled up. Fitted by eye to the best shares on six data sets at 4 to 64
/// answers per class, which lie within .1 or .2 of it; below 2.5 per class
/// propagation was best on all.
fn usual_share(scales: &[f32], per_class: f32) -> f32 {
    let even = if per_class < 6.0 { 3.0 } else { 2.2_f32 };
    let excess = (scales[1] / (even * scales[0])).ln() / 0.3;
    let share = 1.0 / (1.0 + excess.exp());
    if per_class < 2.5 { share.max(0.9) } else { share }
}

/// The temperature of largest likelihood for `logits` of the answered rows,
/// between 1/5 and 5, with the weight of ten answers on 1; and the loss there.
fn temperature(logits: &[f32], classes: &[usize]) -> (f32, f64) {
    let loss = |log_temperature: f32| {
        let score = mean_log_score(logits, classes, log_temperature.exp());
        let prior = 10.0 * f64::from(log_temperature * log_temperature) / 2.0;
        prior - classes.len() as f64 * score
    };
    // Golden section: the loss has one valley in the inverse temperature.
    let ratio = 0.618_034_f32;
    let (mut low, mut high) = (-1.61_f32, 1.61_f32);
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut losses = inner.map(loss);
    for _ in 0..8 {
        if losses[0] < losses[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            losses = [loss(inner[0]), losses[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            losses = [losses[1], loss(inner[1])];
        }
    }
    (inner[0].exp(), losses[0])
}
