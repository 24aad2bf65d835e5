//! The neighbour graph of a pool, and labels spreading on it.

use rayon::prelude::*;

use crate::neighbours::Neighbours;

/// Share of its neighbours' labels that a row takes over in every step.
const SPREAD: f32 = 0.9;
/// Steps of the accelerated iteration; it takes 20 plain ones to come as close.
const STEPS: usize = 6;
/// Columns spread together at most: one block of a 10,000-row pool fits in cache.
const BLOCK: usize = 32;
/// Which neighbour's distance is a row's own scale.
const SCALE_NEIGHBOUR: usize = 10;

/// A symmetric weighted graph over the pool, normalised by degrees:
/// `S = D^-1/2 W D^-1/2`, in compressed rows.
#[derive(Clone, Debug)]
pub struct Graph {
    // Invariant: `starts` has one entry more than there are rows and ascends;
    // columns ascend within a row; the matrix is symmetric, its diagonal empty.
    starts: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

/// Weight of an edge: `exp(-d² / (s_i s_j))` with squared distance `d²` between
/// unit vectors of this cosine similarity, and each end's own scale.
///
/// Zelnik-Manor, Perona (2004), *Self-tuning spectral clustering*, NIPS.
pub fn edge_weight(similarity: f32, scale: f32, other_scale: f32) -> f32 {
    let squared = (2.0 - 2.0 * similarity).max(0.0);
    (-squared / (scale * other_scale).max(1e-6)).exp()
}

/// Distance to the tenth neighbour (the last, if there are fewer), by row.
pub fn scales(neighbours: &Neighbours) -> Vec<f32> {
    let scale = |row| {
        let similarities: &[f32] = neighbours.similarities(row);
        let at = similarities.len().min(SCALE_NEIGHBOUR).checked_sub(1);
        at.map_or(1.0, |at| (2.0 - 2.0 * similarities[at]).max(0.0).sqrt())
    };
    (0..neighbours.n_queries()).map(scale).collect()
}

impl Graph {
    /// The graph whose edges join every row with its `neighbours`.
    pub fn new(neighbours: &Neighbours) -> Graph {
        let n_rows = neighbours.n_queries();
        let scales = scales(neighbours);
        let mut edges: Vec<(u32, u32, f32)> = Vec::with_capacity(2 * n_rows * neighbours.k());
        for row in 0..n_rows {
            let pairs = neighbours.rows(row).iter().zip(neighbours.similarities(row));
            for (other, similarity) in pairs {
                let weight = edge_weight(*similarity, scales[row], scales[other.index()]);
                edges.push((row as u32, other.0, weight));
                edges.push((other.0, row as u32, weight));
            }
        }
        // The two directions of a mutual edge may differ by rounding: the larger counts.
        edges.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        edges.dedup_by_key(|it| (it.0, it.1));
        Graph::from_edges(n_rows, &edges)
    }

    fn from_edges(n_rows: usize, edges: &[(u32, u32, f32)]) -> Graph {
        let mut starts = vec![0; n_rows + 1];
        let mut degrees = vec![0.0_f32; n_rows];
        for (row, _, weight) in edges {
            starts[*row as usize + 1] += 1;
            degrees[*row as usize] += weight;
        }
        (0..n_rows).for_each(|row| starts[row + 1] += starts[row]);
        let normalised = |(row, column, weight): &(u32, u32, f32)| {
            let product = degrees[*row as usize] * degrees[*column as usize];
            if 0.0 < product { weight / product.sqrt() } else { 0.0 }
        };
        Graph {
            starts,
            columns: edges.iter().map(|it| it.1).collect(),
            weights: edges.iter().map(normalised).collect(),
        }
    }

    /// Number of rows of the pool.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Rows joined with `row`, ascending, and their normalised weights.
    pub fn edges(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let range = self.starts[row]..self.starts[row + 1];
        let columns = self.columns[range.clone()].iter().map(|it| *it as usize);
        columns.zip(self.weights[range].iter().copied())
    }

    /// `0.1 (I - 0.9 S)⁻¹ b` for every source vector `b`, to within 8 %: what
    /// repeated `f <- 0.9 S f + 0.1 b` tends to.
    ///
    /// `sources` lists, per vector, its rows and values. The result has one
    /// vector of pool length per source, concatenated, and is linear in the
    /// sources: labels of several folds can be spread apart and added up. Cost
    /// `O(edges · sources)` per step, six steps, on all cores.
    ///
    /// Zhou et al. (2003), *Learning with local and global consistency*, NIPS;
    /// iterated by Chebyshev's method (Golub, Varga 1961), which needs fewer
    /// steps for a symmetric `S` with eigenvalues in `[-1, 1]`.
    pub fn spread(&self, sources: &[Vec<(u32, f32)>]) -> Vec<f32> {
        // Blocks of equal width: a wide and a narrow one would keep one core waiting.
        let width = sources.len().div_ceil(sources.len().div_ceil(BLOCK).max(1)).max(1);
        let blocks: Vec<Vec<f32>> =
            sources.par_chunks(width).map(|sources| self.spread_block(sources)).collect();
        blocks.concat()
    }

    fn spread_block(&self, sources: &[Vec<(u32, f32)>]) -> Vec<f32> {
        let (n_rows, width) = (self.n_rows(), sources.len());
        let mut start = vec![0.0; n_rows * width];
        for (column, source) in sources.iter().enumerate() {
            for (row, value) in source {
                start[*row as usize * width + column] += (1.0 - SPREAD) * value;
            }
        }
        // x_{t+1} = w (0.9 S x_t + b - x_{t-1}) + x_{t-1}, w from Chebyshev's
        // recurrence for a spectral radius of 0.9.
        let (mut before, mut now) = (vec![0.0; n_rows * width], start.clone());
        let mut relaxation = 2.0;
        for _ in 0..STEPS {
            relaxation = 1.0 / (1.0 - SPREAD * SPREAD / 4.0 * relaxation);
            self.step(&start, &now, &mut before, relaxation);
            std::mem::swap(&mut before, &mut now);
        }
        let mut out = vec![0.0; n_rows * width];
        for (row, values) in now.chunks_exact(width.max(1)).enumerate() {
            for (column, value) in values.iter().enumerate() {
                out[column * n_rows + row] = *value;
            }
        }
        out
    }

    /// Replaces `before` by the iterate after `now`.
    fn step(&self, start: &[f32], now: &[f32], before: &mut [f32], relaxation: f32) {
        let width = start.len() / self.n_rows().max(1);
        let mut sum = vec![0.0; width];
        for (row, before) in before.chunks_exact_mut(width.max(1)).enumerate() {
            sum.copy_from_slice(&start[row * width..][..width]);
            for (other, weight) in self.edges(row) {
                let weight = SPREAD * weight;
                let values = &now[other * width..][..width];
                sum.iter_mut().zip(values).for_each(|(sum, it)| *sum += weight * it);
            }
            for (before, sum) in before.iter_mut().zip(&sum) {
                *before += relaxation * (sum - *before);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use crate::{matrix::Embeddings, neighbours::Neighbours};

    #[derive(serde::Deserialize)]
    struct Reference {
        propagation: Case,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        k: usize,
        points: Vec<f32>,
        fixed_point: Vec<f32>,
    }

    fn case() -> (Case, Graph) {
        let text = include_str!("../../reference/head.json");
        let case =
            serde_json::from_str::<Reference>(text).expect("reference/head.json").propagation;
        let embeddings = Embeddings::new(3, case.points.clone());
        let graph = Graph::new(&Neighbours::exact(&embeddings, case.k));
        (case, graph)
    }

    /// A dense solve in numpy; regenerate with `reference/head.py`.
    #[test]
    fn spreading_comes_within_eight_percent_of_the_fixed_point() {
        let (case, graph) = case();
        let spread = graph.spread(&[vec![(0, 0.5), (5, 0.5)], vec![(3, 1.0)]]);
        let norm = |values: &[f32]| values.iter().map(|it| it * it).sum::<f32>().sqrt();
        for (ours, exact) in spread.chunks_exact(60).zip(case.fixed_point.chunks_exact(60)) {
            let error: Vec<f32> = ours.iter().zip(exact).map(|(a, b)| a - b).collect();
            assert!(norm(&error) < 0.08 * norm(exact), "{}", norm(&error) / norm(exact));
        }
    }

    #[test]
    fn spreading_is_linear_and_blocks_do_not_matter() {
        let (_, graph) = case();
        let many: Vec<Vec<(u32, f32)>> = (0..50).map(|it| vec![(it, 1.0)]).collect();
        let apart = graph.spread(&many);
        let together = graph.spread(&[many.concat()]);
        for row in 0..60 {
            let sum: f32 = (0..50).map(|it| apart[it * 60 + row]).sum();
            assert!((sum - together[row]).abs() < 1e-5);
        }
    }

    #[test]
    fn the_matrix_is_symmetric_with_an_empty_diagonal() {
        let (_, graph) = case();
        for row in 0..60 {
            for (other, weight) in graph.edges(row) {
                assert!(other != row && 0.0 < weight && weight <= 1.0);
                let back = graph.edges(other).find(|it| it.0 == row).expect("symmetric").1;
                assert!((back - weight).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_pool_of_one_row_or_of_duplicates_spreads_finitely() {
        for rows in [1, 5] {
            let embeddings = Embeddings::new(2, [1.0, 0.0].repeat(rows));
            let graph = Graph::new(&Neighbours::exact(&embeddings, 20));
            let spread = graph.spread(&[vec![(0, 1.0)]]);
            assert!(spread.len() == rows && spread.iter().all(|it| it.is_finite() && 0.0 <= *it));
        }
    }
}
