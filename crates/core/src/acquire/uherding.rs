//! UHerding: uncertainty x coverage.

use std::{cmp::Reverse, collections::BinaryHeap};

use rayon::prelude::*;

use crate::{
    linalg::product_abt,
    matrix::Embeddings,
    model::Predictions,
    pool::{Pool, Row},
};

/// Rows that stand for the pool in the objective.
const REFERENCES: usize = 2_000;
/// Candidates at least; twice the batch if that is more.
const CANDIDATES: usize = 2_000;
/// Rows whose neighbour distance gives the bandwidth.
const BANDWIDTH_ROWS: usize = 200;
/// Rows among which those neighbours are sought.
const BANDWIDTH_POOL: usize = 5_000;
/// Rows whose products are computed together: every product lays out the other
/// side anew, which few rows would not pay for.
const BLOCK: usize = 200;

/// UHerding: the rows that cover most of what the model is unsure about.
///
/// Greedily maximises `Σ u(i) max over s of exp(-d²(i, s) / h)`, where `i` runs
/// over 2,000 random unlabelled rows, `s` over labelled and chosen rows, `u` is
/// the model's uncertainty (1 before any labels) and `d` the Euclidean distance
/// of unit embeddings. `h` is the median squared distance to neighbour number
/// `pool / (2 · labels after the batch)`, so that kernels shrink as labels
/// accumulate. `predictions` holds one entry per pool row. Candidates are
/// `max(2,000, 2 n)` random unlabelled rows. Returns `min(n, unlabelled)` rows in
/// the order chosen, ties to the lower row.
///
/// The default policy's main strategy: without labels it covers the pool like a
/// clustering, and goes over to uncertainty by itself. Lazy greedy: equal to plain greedy, because
/// gains only fall. Cost `(labelled + candidates) · 2,000 · dim`, whatever the
/// pool's size.
///
/// Bae, Noh, Lee, Sutherland (2025), *Uncertainty Herding: One Active Learning
/// Method for All Label Budgets*, ICLR, arXiv 2412.20644; the bandwidth is ours.
pub fn uherding(
    pool: &Pool,
    embeddings: &Embeddings,
    predictions: Option<&Predictions>,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    if n == 0 {
        return Vec::new();
    }
    let references = super::working_set(pool.unlabelled(), REFERENCES, rng);
    let candidates = super::working_set(pool.unlabelled(), CANDIDATES.max(2 * n), rng);
    let bandwidth = bandwidth(pool, embeddings, n, rng);
    let weights: Vec<f32> = match predictions {
        Some(it) => references.iter().map(|row| it.uncertainty[row.index()]).collect(),
        None => vec![1.0; references.len()],
    };
    let references = embeddings.gather(&references);
    let objective = Objective {
        kernels: kernels(&candidates, &references, embeddings, bandwidth),
        covered: coverage(pool.labelled(), &references, embeddings, bandwidth),
        weights,
    };
    let chosen = lazy_greedy(objective, n);
    chosen.into_iter().map(|it| candidates[it]).collect()
}

/// The median over a sample of rows of the squared distance to neighbour number
/// `pool / (2 · labels after the batch)`; never below 1e-6.
fn bandwidth(pool: &Pool, embeddings: &Embeddings, n: usize, rng: &mut fastrand::Rng) -> f32 {
    let rows = [pool.labelled(), pool.unlabelled()].concat();
    let others = super::working_set(&rows, BANDWIDTH_POOL, rng);
    let sample = super::working_set(&others, BANDWIDTH_ROWS, rng);
    let n_labels = pool.labelled().len() + n;
    let rank = (others.len() / (2 * n_labels)).clamp(1, others.len().saturating_sub(1).max(1));
    let others = embeddings.gather(&others);
    let n_others = others.len() / embeddings.dim();
    let mut distances: Vec<f32> = sample
        .par_chunks(BANDWIDTH_ROWS / 4)
        .flat_map_iter(|rows| {
            let mut products = vec![0.0; rows.len() * n_others];
            product_abt(&embeddings.gather(rows), &others, embeddings.dim(), &mut products);
            // The row itself is its own neighbour number 0.
            let to_neighbour = |cosines: &mut [f32]| {
                let rank = rank.min(cosines.len() - 1);
                2.0 - 2.0 * *cosines.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
            };
            products.chunks_exact_mut(n_others).map(to_neighbour).collect::<Vec<f32>>()
        })
        .collect();
    distances.sort_by(f32::total_cmp);
    distances[distances.len() / 2].max(1e-6)
}

/// `exp(-d² / h)` of each of `rows` to each reference, shape `[rows, references]`.
fn kernels(rows: &[Row], references: &[f32], embeddings: &Embeddings, h: f32) -> Vec<f32> {
    let n_references = references.len() / embeddings.dim();
    let mut kernels = vec![0.0; rows.len() * n_references];
    kernels.par_chunks_mut(BLOCK * n_references).zip(rows.par_chunks(BLOCK)).for_each(
        |(kernels, rows)| {
            product_abt(&embeddings.gather(rows), references, embeddings.dim(), kernels);
            for it in kernels {
                *it = ((2.0 * *it - 2.0).min(0.0) / h).exp();
            }
        },
    );
    kernels
}

/// How well `labelled` covers each reference, in `[0, 1]`.
fn coverage(labelled: &[Row], references: &[f32], embeddings: &Embeddings, h: f32) -> Vec<f32> {
    let n_references = references.len() / embeddings.dim();
    let mut nearest = vec![f32::NEG_INFINITY; n_references];
    nearest.par_chunks_mut(BLOCK).zip(references.par_chunks(BLOCK * embeddings.dim())).for_each(
        |(nearest, references)| {
            for rows in labelled.chunks(512) {
                let mut products = vec![0.0; nearest.len() * rows.len()];
                product_abt(references, &embeddings.gather(rows), embeddings.dim(), &mut products);
                for (nearest, products) in nearest.iter_mut().zip(products.chunks_exact(rows.len()))
                {
                    *nearest = products.iter().copied().fold(*nearest, f32::max);
                }
            }
        },
    );
    nearest.iter().map(|it| ((2.0 * it - 2.0).min(0.0) / h).exp()).collect()
}

/// What is maximised: weighted coverage of the references.
#[derive(Clone)]
struct Objective {
    /// Shape `[candidates, references]`.
    kernels: Vec<f32>,
    /// Of each reference by what is labelled or chosen.
    covered: Vec<f32>,
    /// Of each reference.
    weights: Vec<f32>,
}

impl Objective {
    fn n_candidates(&self) -> usize {
        self.kernels.len() / self.covered.len()
    }

    fn kernels(&self, candidate: usize) -> &[f32] {
        &self.kernels[candidate * self.covered.len()..][..self.covered.len()]
    }

    /// How much the candidate would add. Always summed in the same order, each
    /// term falling as coverage grows, so it falls in floating point too.
    fn gain(&self, candidate: usize) -> f32 {
        let mut sums = [0.0_f32; 8];
        for ((kernels, covered), weights) in self
            .kernels(candidate)
            .chunks(8)
            .zip(self.covered.chunks(8))
            .zip(self.weights.chunks(8))
        {
            for (sum, ((kernel, covered), weight)) in
                sums.iter_mut().zip(kernels.iter().zip(covered).zip(weights))
            {
                *sum += weight * (kernel - covered).max(0.0);
            }
        }
        sums.iter().sum()
    }

    fn choose(&mut self, candidate: usize) {
        let n = self.covered.len();
        let kernels = &self.kernels[candidate * n..][..n];
        self.covered.iter_mut().zip(kernels).for_each(|(it, kernel)| *it = it.max(*kernel));
    }
}

/// Positions of `n` candidates, each of the greatest gain after those before it,
/// ties to the lower position.
fn lazy_greedy(mut objective: Objective, n: usize) -> Vec<usize> {
    let gains: Vec<f32> =
        (0..objective.n_candidates()).into_par_iter().map(|it| objective.gain(it)).collect();
    let mut heap: BinaryHeap<Offer> = gains
        .into_iter()
        .enumerate()
        .map(|(position, gain)| Offer { gain, position: Reverse(position), n_seen: 0 })
        .collect();
    let mut chosen = Vec::new();
    while chosen.len() < n
        && let Some(mut top) = heap.pop()
    {
        if top.n_seen == chosen.len() {
            objective.choose(top.position.0);
            chosen.push(top.position.0);
        } else {
            top.gain = objective.gain(top.position.0);
            top.n_seen = chosen.len();
            heap.push(top);
        }
    }
    chosen
}

/// The gain of a candidate after the first `n_seen` choices, an upper bound of
/// its gain after more.
struct Offer {
    gain: f32,
    position: Reverse<usize>,
    n_seen: usize,
}

impl Ord for Offer {
    fn cmp(&self, other: &Offer) -> std::cmp::Ordering {
        self.gain.total_cmp(&other.gain).then(self.position.cmp(&other.position))
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Offer) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Offer) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Offer {}

#[cfg(test)]
mod tests {
    use super::{Objective, lazy_greedy, uherding};
    use crate::acquire::fixture;

    #[test]
    fn it_asks_in_the_middle_of_the_largest_uncovered_unsure_group() {
        let (pool, embeddings) = fixture::points(
            "
            *  1    0
               1    0.1
               1   -0.1
              -1    0
               0    1
               0.1  1
              -0.1  1",
        );
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(fixture::show(&uherding(&pool, &embeddings, None, 2, &mut rng)), "4 3");

        let mut predictions = fixture::from_logits(2, vec![0.0; 14]);
        predictions.uncertainty = vec![1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let batch = uherding(&pool, &embeddings, Some(&predictions), 1, &mut rng);
        assert_eq!(fixture::show(&batch), "3");
    }

    #[test]
    fn lazy_greedy_equals_plain_greedy() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..20 {
            let mut values = |n: usize| (0..n).map(|_| rng.f32()).collect::<Vec<f32>>();
            let objective =
                Objective { kernels: values(60 * 37), covered: values(37), weights: values(37) };
            let mut plain = objective.clone();
            let mut expected: Vec<usize> = Vec::new();
            for _ in 0..30 {
                let free = (0..60).filter(|it| !expected.contains(it));
                let best = free.reduce(|a, b| if plain.gain(a) < plain.gain(b) { b } else { a });
                let best = best.expect("more candidates than choices");
                plain.choose(best);
                expected.push(best);
            }
            assert_eq!(lazy_greedy(objective, 30), expected);
        }
    }
}
