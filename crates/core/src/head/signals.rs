//! What may tell a right prediction from a wrong one.
//!
//! Inputs of the error ranker, one row of them per item: how the stack, its
//! members and the item's surroundings on the graph see the predicted class.

use rayon::prelude::*;

use super::{
    graph::Graph,
    softmax::softmax_in_place,
    stack::{Members, Mixture},
};
use crate::{matrix::Probabilities, pool::Row};

/// Signals before the one-hot code of the predicted class, see [`Evidence`].
const N_SCALARS: usize = 11;

/// What signals are computed from.
///
/// In order: logit of the confidence; margin; entropy as a share of its
/// maximum; share of the item's edges that lead to rows of the same predicted
/// class; logarithm of that class's share of the pool; logits of the class for
/// the plain regression and for propagation; whether those two disagree; the
/// total variation between them; logarithm of how much of all labels reaches
/// the item; share of its edges that lead to answered rows; then the predicted
/// class, one-hot.
pub(crate) struct Evidence<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) mixture: &'a Mixture,
    /// By pool row.
    pub(crate) predicted: &'a [usize],
    /// By pool row.
    pub(crate) is_answered: &'a [bool],
}

/// What is known about some rows of the pool: matrices with one row for each.
pub(crate) struct Known<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) probabilities: &'a Probabilities,
    pub(crate) members: &'a Members,
    /// Spread labels, shape `[rows, present]`.
    pub(crate) spread: &'a [f32],
}

/// Number of signals per row for a schema of `n_classes`.
pub(crate) fn n_signals(n_classes: usize) -> usize {
    N_SCALARS + n_classes
}

impl Evidence<'_> {
    /// Signals of the known rows, shape `[known.rows, n_signals]`.
    pub(crate) fn signals(&self, known: &Known<'_>) -> Vec<f32> {
        let n_classes = known.probabilities.n_classes();
        let mut counts = vec![0.0_f32; n_classes];
        self.predicted.iter().for_each(|it| counts[*it] += 1.0);
        let shares: Vec<f32> = counts
            .iter()
            .map(|it| ((it + 1.0) / (self.predicted.len() + n_classes) as f32).ln())
            .collect();
        let width = n_signals(n_classes);
        let mut signals = vec![0.0; known.rows.len() * width];
        signals.par_chunks_exact_mut(width).with_min_len(256).enumerate().for_each(|(at, out)| {
            let class = self.scalars(known, at, out);
            out[4] = shares[class];
            out[N_SCALARS + class] = 1.0;
        });
        signals
    }

    /// Fills in all scalars but the class's share; returns the predicted class.
    fn scalars(&self, known: &Known<'_>, at: usize, out: &mut [f32]) -> usize {
        let position = Row(at as u32);
        let (class, confidence) = known.probabilities.likeliest(position);
        let (class, (first, second)) = (class.index(), known.probabilities.top_two(position));
        let p = known.probabilities.row(position);
        let entropy: f32 = p.iter().filter(|it| 0.0 < **it).map(|it| -it * it.ln()).sum();
        let (same, answered) = self.surroundings(known.rows[at].index(), class);

        let n = known.members.n_classes;
        let scaled = |member: usize| {
            let logs = &known.members.log_probabilities[member][at * n..][..n];
            let mut p: Vec<f32> = logs.iter().map(|it| it * self.mixture.scales[member]).collect();
            softmax_in_place(&mut p);
            p
        };
        let regression = scaled(0);
        let propagation = scaled(known.members.log_probabilities.len() - 1);
        let variation: f32 =
            regression.iter().zip(&propagation).map(|(a, b)| (a - b).abs()).sum::<f32>() / 2.0;
        let likeliest = super::answers::position_of_largest;
        let favourite = likeliest(&known.members.mix_row(self.mixture, at));
        let reach: f32 = known.spread[at * n..][..n].iter().sum();

        let scalars = [
            logit(confidence),
            first - second,
            entropy / (p.len() as f32).ln(),
            same,
            0.0,
            logit(regression[favourite]),
            logit(propagation[favourite]),
            f32::from(u8::from(likeliest(&regression) != likeliest(&propagation))),
            variation,
            (reach + 1e-9).ln(),
            answered,
        ];
        out[..N_SCALARS].copy_from_slice(&scalars);
        class
    }

    /// Shares of the row's edge weight that lead to rows predicted as `class`
    /// and to answered rows.
    fn surroundings(&self, row: usize, class: usize) -> (f32, f32) {
        let (mut total, mut same, mut answered) = (1e-12_f32, 0.0, 0.0);
        for (other, weight) in self.graph.edges(row) {
            total += weight;
            same += if self.predicted[other] == class { weight } else { 0.0 };
            answered += if self.is_answered[other] { weight } else { 0.0 };
        }
        (same / total, answered / total)
    }
}

fn logit(p: f32) -> f32 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}
