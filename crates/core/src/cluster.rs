//! k-means on unit vectors: exact, mini-batch, two-level.
//!
//! What query strategies and approximate neighbours are built on. Distances
//! come from dense products; rows are split into fixed chunks and sums taken in
//! row order, so the result does not depend on the number of threads. Finding
//! the number of clusters is deliberately left to the caller.

use rayon::prelude::*;

use crate::linalg::product_abt;

/// Rows per unit of parallel work. Fixed, so that sums are always taken in the
/// same order.
const CHUNK_ROWS: usize = 512;

/// A partition of rows into clusters.
#[derive(Clone, Debug)]
pub struct Clustering {
    /// Mean of each cluster's rows, shape `[clusters, dim]`; not of unit length.
    pub centroids: Vec<f32>,
    /// Cluster of each row.
    pub assignment: Vec<u32>,
    /// Squared distance of each row to its centroid.
    pub squared_distances: Vec<f32>,
}

impl Clustering {
    /// Sum of the squared distances, the quantity k-means lowers.
    pub fn inertia(&self) -> f64 {
        self.squared_distances.iter().copied().map(f64::from).sum()
    }

    /// Positions of the rows of each cluster, ascending. `n_clusters` is the
    /// number of centroids.
    pub fn members(&self, n_clusters: usize) -> Vec<Vec<u32>> {
        members(&self.assignment, n_clusters)
    }
}

/// How hard k-means tries.
#[derive(Clone, Copy, Debug)]
pub struct KMeansConfig {
    /// Number of clusters.
    pub n_clusters: usize,
    /// Steps of Lloyd's algorithm after each seeding; it ends sooner when no
    /// row changes its cluster.
    pub n_iterations: usize,
    /// Seedings, of which the one with the lowest inertia is kept.
    pub n_restarts: usize,
}

/// Clusters `values`, shape `[rows, dim]`, by the method its size calls for.
///
/// Ten steps and three restarts of [`k_means`] up to 5 million row-centroid
/// pairs (10,000 rows in 500 clusters); beyond, [`mini_batch_k_means`]; from
/// 2,000 clusters on, [`two_level_k_means`]. May return fewer clusters than
/// asked for where rows repeat.
pub fn cluster(
    values: &[f32],
    dim: usize,
    n_clusters: usize,
    rng: &mut fastrand::Rng,
) -> Clustering {
    let config = KMeansConfig { n_clusters, n_iterations: 10, n_restarts: 3 };
    let n_rows = values.len() / dim;
    if n_rows * n_clusters <= 5_000_000 {
        k_means(values, dim, config, rng)
    } else if n_clusters < 2_000 {
        mini_batch_k_means(values, dim, config, rng)
    } else {
        two_level_k_means(values, dim, config, rng)
    }
}

/// Exact k-means: greedy k-means++ seeding, then Lloyd's algorithm.
///
/// `values` has shape `[rows, dim]`. A cluster that runs empty is moved to the
/// row farthest from its centroid. Returns fewer clusters than asked for where
/// there are fewer distinct rows. Cost
/// `restarts · iterations · rows · clusters · dim`.
///
/// # Panics
///
/// If there is no row, no cluster or no restart is asked for, or `dim` does not
/// divide the values.
///
/// Lloyd (1982), *Least Squares Quantization in PCM*, IEEE Transactions on
/// Information Theory; Arthur and Vassilvitskii (2007), *k-means++: The
/// Advantages of Careful Seeding*, SODA, with the greedy trials of scikit-learn.
pub fn k_means(
    values: &[f32],
    dim: usize,
    config: KMeansConfig,
    rng: &mut fastrand::Rng,
) -> Clustering {
    assert!(0 < dim && !values.is_empty() && values.len().is_multiple_of(dim), "not rows");
    assert!(0 < config.n_clusters && 0 < config.n_restarts, "no clusters asked for");
    (0..config.n_restarts)
        .map(|_| {
            let seeds = seed(values, dim, config.n_clusters, rng);
            lloyd(values, dim, seeds, config.n_iterations)
        })
        .reduce(|best, it| if it.inertia() < best.inertia() { it } else { best })
        .expect("at least one restart")
}

/// k-means on random batches of rows, for pools too large for [`k_means`].
///
/// Centroids are seeded on a sample of 16 rows per cluster, then moved to the
/// running mean of what `10 · n_iterations` batches of `max(1,024, 4 · clusters)`
/// rows assign to them; restarts are not used. One pass over all rows ends it.
/// Cost `(rows + batches · batch) · clusters · dim`.
///
/// Sculley (2010), *Web-Scale K-Means Clustering*, WWW.
pub fn mini_batch_k_means(
    values: &[f32],
    dim: usize,
    config: KMeansConfig,
    rng: &mut fastrand::Rng,
) -> Clustering {
    let n_rows = values.len() / dim;
    let batch_len = n_rows.min((4 * config.n_clusters).max(1_024));
    let sample = draw(values, dim, n_rows.min(16 * config.n_clusters), rng);
    let mut centroids = seed(&sample, dim, config.n_clusters, rng);
    let mut counts = vec![0.0_f32; centroids.len() / dim];
    for _ in 0..10 * config.n_iterations {
        let batch = draw(values, dim, batch_len, rng);
        let (assignment, _) = assign(&batch, dim, &centroids);
        let members = members(&assignment, counts.len());
        centroids.par_chunks_exact_mut(dim).zip(&mut counts).zip(&members).for_each(
            |((centroid, count), members)| {
                for &member in members {
                    *count += 1.0;
                    let row = &batch[member as usize * dim..][..dim];
                    for (c, x) in centroid.iter_mut().zip(row) {
                        *c += (x - *c) / *count;
                    }
                }
            },
        );
    }
    let (assignment, squared_distances) = assign(values, dim, &centroids);
    Clustering { centroids, assignment, squared_distances }
}

/// k-means within the clusters of a coarse k-means, for thousands of clusters.
///
/// About the square root of `n_clusters` coarse clusters are found by
/// [`mini_batch_k_means`], and each is split into its share of `n_clusters` by
/// its number of rows, at least one. Every row belongs to a cluster within its
/// coarse cluster, which need not be the nearest of all. Cost
/// `rows · √clusters · dim` for each step of either level.
pub fn two_level_k_means(
    values: &[f32],
    dim: usize,
    config: KMeansConfig,
    rng: &mut fastrand::Rng,
) -> Clustering {
    let n_rows = values.len() / dim;
    let n_coarse = ((config.n_clusters as f64).sqrt().round() as usize).max(1);
    let coarse =
        mini_batch_k_means(values, dim, KMeansConfig { n_clusters: n_coarse, ..config }, rng);
    let members = coarse.members(coarse.centroids.len() / dim);
    let mut fine = Clustering {
        centroids: Vec::new(),
        assignment: vec![0; n_rows],
        squared_distances: vec![0.0; n_rows],
    };
    let (mut rows_left, mut clusters_left) = (n_rows, config.n_clusters);
    for members in members.iter().filter(|it| !it.is_empty()) {
        let share = clusters_left as f64 * members.len() as f64 / rows_left as f64;
        let n_clusters = (share.round() as usize).max(1);
        let gathered = gather(values, dim, members);
        let split = KMeansConfig { n_clusters, n_restarts: 1, ..config };
        let part = k_means(&gathered, dim, split, rng);
        let first = (fine.centroids.len() / dim) as u32;
        for (i, &member) in members.iter().enumerate() {
            fine.assignment[member as usize] = first + part.assignment[i];
            fine.squared_distances[member as usize] = part.squared_distances[i];
        }
        fine.centroids.extend(part.centroids);
        rows_left -= members.len();
        clusters_left = clusters_left.saturating_sub(n_clusters);
    }
    fine
}

/// Nearest centroid of each row, and the squared distance to it.
///
/// Ties go to the lower centroid. Cost `rows · centroids · dim`.
pub fn assign(values: &[f32], dim: usize, centroids: &[f32]) -> (Vec<u32>, Vec<f32>) {
    let n_clusters = centroids.len() / dim;
    let norms: Vec<f32> = centroids.chunks_exact(dim).map(squared_norm).collect();
    let mut assignment = vec![0; values.len() / dim];
    let mut squared_distances = vec![0.0; values.len() / dim];
    values
        .par_chunks(CHUNK_ROWS * dim)
        .zip(assignment.par_chunks_mut(CHUNK_ROWS))
        .zip(squared_distances.par_chunks_mut(CHUNK_ROWS))
        .for_each_init(Vec::new, |products, ((rows, assignment), distances)| {
            products.resize(assignment.len() * n_clusters, 0.0);
            product_abt(rows, centroids, dim, products);
            for (i, products) in products.chunks_exact(n_clusters).enumerate() {
                let (mut nearest, mut least) = (0, f32::INFINITY);
                for (cluster, (product, norm)) in products.iter().zip(&norms).enumerate() {
                    let distance = norm - 2.0 * product;
                    if distance < least {
                        (nearest, least) = (cluster, distance);
                    }
                }
                assignment[i] = nearest as u32;
                distances[i] = (least + squared_norm(&rows[i * dim..][..dim])).max(0.0);
            }
        });
    (assignment, squared_distances)
}

/// Lloyd's algorithm from given centroids, shape `[clusters, dim]`.
///
/// At most `n_iterations` steps; the assignment returned is to the centroids
/// returned.
pub fn lloyd(
    values: &[f32],
    dim: usize,
    mut centroids: Vec<f32>,
    n_iterations: usize,
) -> Clustering {
    let (mut assignment, mut squared_distances) = assign(values, dim, &centroids);
    for _ in 0..n_iterations {
        let moved = means(values, dim, &assignment, &squared_distances, centroids.len() / dim);
        if moved == centroids {
            break;
        }
        centroids = moved;
        (assignment, squared_distances) = assign(values, dim, &centroids);
    }
    Clustering { centroids, assignment, squared_distances }
}

/// Mean of each cluster's rows; an empty cluster gets the row farthest from its
/// centroid that no other empty cluster got.
fn means(
    values: &[f32],
    dim: usize,
    assignment: &[u32],
    squared_distances: &[f32],
    n_clusters: usize,
) -> Vec<f32> {
    let members = members(assignment, n_clusters);
    let mut means = vec![0.0_f32; n_clusters * dim];
    means.par_chunks_exact_mut(dim).zip(&members).for_each(|(mean, members)| {
        let mut sums = vec![0.0_f64; dim];
        for &member in members {
            let row = &values[member as usize * dim..][..dim];
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        let count = members.len().max(1) as f64;
        mean.iter_mut().zip(&sums).for_each(|(mean, sum)| *mean = (sum / count) as f32);
    });
    let empty: Vec<usize> = (0..n_clusters).filter(|&it| members[it].is_empty()).collect();
    if !empty.is_empty() {
        let mut by_distance: Vec<usize> = (0..assignment.len()).collect();
        by_distance.sort_by(|&a, &b| squared_distances[b].total_cmp(&squared_distances[a]));
        for (cluster, far) in empty.into_iter().zip(by_distance) {
            means[cluster * dim..][..dim].copy_from_slice(&values[far * dim..][..dim]);
        }
    }
    means
}

/// Greedy k-means++ seeding: each centre is the best of a few rows drawn with
/// probability proportional to the squared distance to the centres so far.
fn seed(values: &[f32], dim: usize, n_clusters: usize, rng: &mut fastrand::Rng) -> Vec<f32> {
    let n_rows = values.len() / dim;
    let n_trials = 2 + (n_clusters as f64).ln() as usize;
    let norms: Vec<f32> = values.par_chunks_exact(dim).map(squared_norm).collect();
    let first = [u32::try_from(rng.usize(..n_rows)).expect("pools fit in u32")];
    let mut nearest = vec![f32::INFINITY; n_rows];
    let mut seeds = gather(values, dim, &first);
    nearest = distances_to_trials(values, dim, &norms, &nearest, &seeds).swap_remove(0);
    for _ in 1..n_clusters {
        let trials = draw_by_weight(&nearest, n_trials, rng);
        if trials.is_empty() {
            break;
        }
        let trials = gather(values, dim, &trials);
        let outcomes = distances_to_trials(values, dim, &norms, &nearest, &trials);
        let sums: Vec<f64> = outcomes.iter().map(|it| sum_in_chunks(it)).collect();
        let best = (0..sums.len()).reduce(|a, b| if sums[b] < sums[a] { b } else { a });
        let best = best.expect("at least one trial");
        seeds.extend_from_slice(&trials[best * dim..][..dim]);
        nearest = outcomes.into_iter().nth(best).expect("one outcome per trial");
    }
    seeds
}

/// For each trial centre, the squared distance of every row to its nearest
/// centre if the trial were added.
fn distances_to_trials(
    values: &[f32],
    dim: usize,
    norms: &[f32],
    nearest: &[f32],
    trials: &[f32],
) -> Vec<Vec<f32>> {
    let n_trials = trials.len() / dim;
    let trial_norms: Vec<f32> = trials.chunks_exact(dim).map(squared_norm).collect();
    let chunks: Vec<Vec<f32>> = values
        .par_chunks(CHUNK_ROWS * dim)
        .map(|rows| {
            let mut products = vec![0.0; rows.len() / dim * n_trials];
            product_abt(trials, rows, dim, &mut products);
            products
        })
        .collect();
    (0..n_trials)
        .into_par_iter()
        .map(|trial| {
            let mut outcome = Vec::with_capacity(norms.len());
            for products in &chunks {
                let n_rows = products.len() / n_trials;
                outcome.extend_from_slice(&products[trial * n_rows..][..n_rows]);
            }
            for ((it, norm), nearest) in outcome.iter_mut().zip(norms).zip(nearest) {
                let distance = norm + trial_norms[trial] - 2.0 * *it;
                // Rounding leaves about 1e-7 where a row equals the trial.
                *it = if distance < 1e-6 { 0.0 } else { distance.min(*nearest) };
            }
            outcome
        })
        .collect()
}

/// `n` positions drawn with probability proportional to `weights`, with
/// repeats; none if no weight is positive.
pub(crate) fn draw_by_weight(weights: &[f32], n: usize, rng: &mut fastrand::Rng) -> Vec<u32> {
    let sums: Vec<f64> = weights.par_chunks(CHUNK_ROWS).map(sum_in_chunks).collect();
    let total: f64 = sums.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let draw = |_| {
        let mut left = rng.f64() * total;
        let mut chunk = 0;
        while chunk + 1 < sums.len() && sums[chunk] <= left {
            left -= sums[chunk];
            chunk += 1;
        }
        let mut last_positive = None;
        for (i, &weight) in weights.iter().enumerate().skip(chunk * CHUNK_ROWS) {
            if 0.0 < weight {
                last_positive = Some(i);
                left -= f64::from(weight);
                if left < 0.0 {
                    break;
                }
            }
        }
        let position = last_positive
            .or_else(|| weights.iter().rposition(|&it| 0.0 < it))
            .expect("the total is positive");
        u32::try_from(position).expect("pools fit in u32")
    };
    (0..n).map(draw).collect()
}

fn sum_in_chunks(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum()
}

fn squared_norm(row: &[f32]) -> f32 {
    crate::linalg::dot(row, row)
}

/// `n` rows of `values` drawn with repeats, or all in order if `n` is their
/// number.
fn draw(values: &[f32], dim: usize, n: usize, rng: &mut fastrand::Rng) -> Vec<f32> {
    let n_rows = values.len() / dim;
    if n == n_rows {
        return values.to_vec();
    }
    let n_rows = u32::try_from(n_rows).expect("pools fit in u32");
    let rows: Vec<u32> = std::iter::repeat_with(|| rng.u32(..n_rows)).take(n).collect();
    gather(values, dim, &rows)
}

fn gather(values: &[f32], dim: usize, rows: &[u32]) -> Vec<f32> {
    let mut gathered = Vec::with_capacity(rows.len() * dim);
    for &row in rows {
        gathered.extend_from_slice(&values[row as usize * dim..][..dim]);
    }
    gathered
}

fn members(assignment: &[u32], n_clusters: usize) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); n_clusters];
    for (row, &cluster) in (0..).zip(assignment) {
        members[cluster as usize].push(row);
    }
    members
}

#[cfg(test)]
mod tests {
    use super::{KMeansConfig, assign, draw_by_weight, k_means, mini_batch_k_means};
    use super::{lloyd, two_level_k_means};

    const CONFIG: KMeansConfig = KMeansConfig { n_clusters: 3, n_iterations: 10, n_restarts: 3 };

    /// `per_cluster` rows around each of `n` well separated directions.
    fn blobs(n: usize, per_cluster: usize, rng: &mut fastrand::Rng) -> Vec<f32> {
        let mut values = Vec::new();
        for i in 0..n * per_cluster {
            let angle = (i % n) as f32 / n as f32 * std::f32::consts::TAU + 0.02 * rng.f32();
            values.extend([angle.cos(), angle.sin()]);
        }
        values
    }

    #[test]
    fn every_method_finds_separated_clusters() {
        let mut rng = fastrand::Rng::with_seed(1);
        let values = blobs(3, 400, &mut rng);
        for method in [k_means, mini_batch_k_means, two_level_k_means] {
            let clustering = method(&values, 2, CONFIG, &mut rng);
            assert!(clustering.inertia() < 0.2, "inertia {}", clustering.inertia());
            let sizes: Vec<usize> =
                clustering.members(clustering.centroids.len() / 2).iter().map(Vec::len).collect();
            assert_eq!(sizes, [400, 400, 400]);
        }
    }

    #[test]
    fn lloyd_reaches_a_fixed_point_by_hand() {
        let values = [0.0, 1.0, 4.0, 5.0];
        let clustering = lloyd(&values, 1, vec![0.0, 1.0], 10);
        assert_eq!(clustering.centroids, [0.5, 4.5]);
        assert_eq!(clustering.assignment, [0, 0, 1, 1]);
        assert!((clustering.inertia() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn an_empty_cluster_moves_to_the_farthest_row() {
        let values = [0.0, 1.0, 9.0];
        let clustering = lloyd(&values, 1, vec![0.0, 100.0], 10);
        assert_eq!(clustering.centroids, [0.5, 9.0]);
    }

    #[test]
    fn repeated_rows_make_fewer_clusters() {
        let mut rng = fastrand::Rng::with_seed(1);
        let values = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let clustering = k_means(&values, 2, CONFIG, &mut rng);
        assert_eq!(clustering.centroids.len() / 2, 2);
    }

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads() {
        let run = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
            pool.expect("threads").install(|| {
                let mut rng = fastrand::Rng::with_seed(4);
                let values: Vec<f32> = (0..6_000).map(|_| rng.f32() - 0.5).collect();
                k_means(&values, 3, KMeansConfig { n_clusters: 40, ..CONFIG }, &mut rng).centroids
            })
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn ties_go_to_the_lower_centroid() {
        assert_eq!(assign(&[0.0], 1, &[1.0, -1.0]).0, [0]);
    }

    #[test]
    fn draws_follow_the_weights() {
        let mut rng = fastrand::Rng::with_seed(2);
        let mut weights = vec![0.0; 2_000];
        (weights[3], weights[1_700]) = (1.0, 3.0);
        let draws = draw_by_weight(&weights, 10_000, &mut rng);
        let late = draws.iter().filter(|&&it| it == 1_700).count();
        assert!(draws.iter().all(|&it| it == 3 || it == 1_700));
        assert!((7_300..7_700).contains(&late), "{late} of 10,000, expected 7,500");
        assert!(draw_by_weight(&[0.0; 5], 1, &mut rng).is_empty());
    }
}
