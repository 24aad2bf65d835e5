//! TypiClust.

use rayon::prelude::*;

use crate::{
    cluster,
    linalg::product_abt,
    matrix::Embeddings,
    pool::{Pool, Row},
};

/// Unlabelled rows clustered at most; beyond, a uniform sample stands for them.
const WORKING_SET: usize = 100_000;
/// Clusters at most.
const MAX_CLUSTERS: usize = 500;
/// Neighbours whose mean distance says how typical a row is.
const N_NEIGHBOURS: usize = 20;
/// Smaller clusters are asked about last.
const MIN_CLUSTER: usize = 5;
/// Rows of one cluster whose typicality is computed; beyond, a uniform sample.
const MAX_MEMBERS: usize = 2_000;

/// TypiClust: the most typical row of each cluster without a label.
///
/// Labelled and unlabelled rows are clustered into `labelled + n` clusters, at
/// most 500. Again and again the cluster with the fewest labelled or chosen
/// rows, the largest among those, gives its most typical row: the one with the
/// highest `1 / mean distance to its 20 nearest neighbours` within the cluster.
/// Clusters of fewer than five rows come last. Returns `min(n, unlabelled)` rows
/// in that order, ties to the lower row. Pools above 100,000 unlabelled rows are
/// represented by a uniform sample of that size, clusters above 2,000 rows
/// likewise.
///
/// Strong below five labels per class, where uncertainty means nothing; weaker
/// than [`margin`](super::margin()) later. Cost `rows · clusters · dim`.
///
/// Hacohen, Dekel, Weinshall (2022), *Active Learning on a Budget: Opposite
/// Strategies Suit High and Low Budgets*, ICML, arXiv 2202.02794; scikit-activeml
/// 1.0.1 takes five neighbours.
pub fn typiclust(
    pool: &Pool,
    embeddings: &Embeddings,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    if n == 0 {
        return Vec::new();
    }
    let unlabelled = super::working_set(pool.unlabelled(), WORKING_SET.max(20 * n), rng);
    let n_unlabelled = unlabelled.len();
    let rows = [unlabelled, pool.labelled().to_vec()].concat();
    let n_clusters = (pool.labelled().len() + n).min(MAX_CLUSTERS);
    let dim = embeddings.dim();
    let clustering = cluster::cluster(&embeddings.gather(&rows), dim, n_clusters, rng);
    let clusters = clustering.members(clustering.centroids.len() / dim);
    let mut queues: Vec<Queue> = clusters
        .into_iter()
        .map(|members| {
            let (free, labelled): (Vec<u32>, Vec<u32>) =
                members.into_iter().partition(|&it| (it as usize) < n_unlabelled);
            let size = free.len() + labelled.len();
            let free = free.into_iter().map(|it| rows[it as usize]).collect();
            Queue { free, size, n_covered: labelled.len(), ranked: false }
        })
        .collect();
    let mut batch = Vec::new();
    while batch.len() < n
        && let Some(queue) = next_queue(&mut queues)
    {
        batch.push(queue.take(embeddings, rng));
    }
    super::fill_up(batch, pool, n, rng)
}

/// What is left of a cluster.
struct Queue {
    free: Vec<Row>,
    size: usize,
    n_covered: usize,
    /// Whether `free` is sorted by typicality, the most typical row last.
    ranked: bool,
}

impl Queue {
    fn take(&mut self, embeddings: &Embeddings, rng: &mut fastrand::Rng) -> Row {
        if !self.ranked {
            self.free = super::working_set(&self.free, MAX_MEMBERS, rng);
            let scores = typicality(&embeddings.gather(&self.free), embeddings.dim(), N_NEIGHBOURS);
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(b.cmp(&a)));
            self.free = order.into_iter().map(|it| self.free[it]).collect();
            self.ranked = true;
        }
        self.n_covered += 1;
        self.free.pop().expect("`next_queue` gives no empty queue")
    }
}

fn next_queue(queues: &mut [Queue]) -> Option<&mut Queue> {
    let urgency = |it: &Queue| (it.size < MIN_CLUSTER, it.n_covered, std::cmp::Reverse(it.size));
    queues.iter_mut().filter(|it| !it.free.is_empty()).min_by_key(|it| urgency(it))
}

/// How typical each row of `values`, shape `[rows, dim]` and unit length, is
/// among them: `1 / mean distance` to its `n_neighbours` nearest other rows, or
/// to all if there are fewer. A single row, and one that equals all its
/// neighbours, is infinitely typical.
pub(super) fn typicality(values: &[f32], dim: usize, n_neighbours: usize) -> Vec<f32> {
    let n_rows = values.len() / dim;
    let k = n_neighbours.min(n_rows - 1);
    values
        .par_chunks(64 * dim)
        .zip((0..n_rows).into_par_iter().step_by(64))
        .flat_map_iter(|(rows, first)| {
            let mut products = vec![0.0; rows.len() / dim * n_rows];
            product_abt(rows, values, dim, &mut products);
            let mut scores = Vec::with_capacity(rows.len() / dim);
            for (i, cosines) in products.chunks_exact_mut(n_rows).enumerate() {
                cosines.swap(first + i, n_rows - 1);
                let others = &mut cosines[..n_rows - 1];
                if k < others.len() {
                    others.select_nth_unstable_by(k, |a, b| b.total_cmp(a));
                }
                let nearest = &mut others[..k];
                // A fixed order of summation, whatever the partition left.
                nearest.sort_unstable_by(|a, b| b.total_cmp(a));
                let distance = |cosine: &f32| (2.0 - 2.0 * cosine).max(0.0).sqrt();
                let sum: f32 = nearest.iter().map(distance).sum();
                scores.push(k as f32 / sum);
            }
            scores.into_iter().map(|it| if it.is_nan() { f32::INFINITY } else { it })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{typicality, typiclust};
    use crate::acquire::fixture;

    #[test]
    fn the_middle_of_the_cluster_without_a_label_comes_first() {
        let (pool, embeddings) = fixture::points(
            "
            *  1    0
               1    0.1
               1   -0.1
               1    0.2
               1   -0.2
               0    1
               0.1  1
              -0.1  1
               0.2  1
              -0.3  1",
        );
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(fixture::show(&typiclust(&pool, &embeddings, 1, &mut rng)), "5");
    }

    #[test]
    fn equal_rows_are_infinitely_typical() {
        assert_eq!(typicality(&[1.0, 0.0, 1.0, 0.0], 2, 20), [f32::INFINITY; 2]);
        assert_eq!(typicality(&[1.0, 0.0], 2, 20), [f32::INFINITY]);
    }
}
