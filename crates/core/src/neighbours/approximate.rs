//! Approximate neighbours of every row, for pools too large to compare all pairs.
//!
//! An inverted file: rows are clustered, and a row looks for neighbours in its
//! own and the nearest other clusters only. Built for the whole pool at once;
//! there is deliberately no index to keep or to add to.

use rayon::prelude::*;

use super::{GoOn, Neighbours, nearest};
use crate::{
    cluster::{self, Clustering, KMeansConfig},
    linalg::{dot, product_abt},
    matrix::Embeddings,
    pool::Row,
};

/// Rows up to which [`Neighbours::of_all`] compares all pairs.
const EXACT_ROWS: u32 = 50_000;
/// Rows per cluster, about.
const CLUSTER_ROWS: usize = 400;
/// Clusters searched for each row, its own included.
const N_PROBES: usize = 16;

impl Neighbours {
    /// For every row its `k` nearest other rows: exact up to 50,000 rows,
    /// [`Neighbours::approximate`] beyond; `None` if `go_on` said no.
    pub fn of_all(
        embeddings: &Embeddings,
        k: usize,
        rng_seed: u64,
        go_on: GoOn<'_>,
    ) -> Option<Neighbours> {
        if embeddings.n_rows() <= EXACT_ROWS {
            Neighbours::exact_while(embeddings, k, go_on)
        } else {
            Neighbours::approximate_while(embeddings, k, rng_seed, go_on)
        }
    }

    /// For every row `k` other rows that are nearly its nearest by cosine
    /// similarity; `rows - 1` if there are fewer.
    ///
    /// Rows are clustered by k-means into groups of about 400; a row is compared
    /// with all rows of its own and the 15 nearest other clusters, so a
    /// neighbour beyond those is missed. Similarities are exact; equal seeds
    /// give equal neighbours on any number of threads. Time
    /// `O(rows · 6,400 · dim)`, memory `O(rows · k)`.
    ///
    /// # Panics
    ///
    /// If an embedding is not finite.
    ///
    /// Jégou, Douze, Schmid (2011), *Product Quantization for Nearest Neighbor
    /// Search*, IEEE TPAMI (its inverted file, without quantization); clusters
    /// are searched per cluster of queries rather than per query.
    pub fn approximate(embeddings: &Embeddings, k: usize, rng_seed: u64) -> Neighbours {
        Neighbours::approximate_while(embeddings, k, rng_seed, &|_| true)
            .expect("nobody stopped it")
    }

    fn approximate_while(
        embeddings: &Embeddings,
        k: usize,
        rng_seed: u64,
        go_on: GoOn<'_>,
    ) -> Option<Neighbours> {
        let n_rows = embeddings.n_rows() as usize;
        let n_clusters = n_rows / CLUSTER_ROWS;
        if n_clusters <= N_PROBES {
            return Neighbours::exact_while(embeddings, k, go_on);
        }
        let k = k.min(n_rows - 1);
        let clustering = clusters(embeddings, n_clusters, rng_seed);
        let members = clustering.members(clustering.centroids.len() / embeddings.dim());
        let probes = probes(&clustering, &members, embeddings.dim(), k + 1);
        let found: Option<Vec<Vec<Found>>> = members
            .par_iter()
            .zip(&probes)
            .map(|(own, probed)| {
                let own: Vec<Row> = own.iter().copied().map(Row).collect();
                let among = probed.iter().flat_map(|&it| &members[it]).copied().map(Row);
                let found = search(embeddings, &own, &among.collect::<Vec<Row>>(), k);
                go_on(own.len()).then_some(found)
            })
            .collect();
        let mut by_row = vec![Vec::new(); n_rows];
        for (row, pairs) in found?.into_iter().flatten() {
            by_row[row.index()] = pairs;
        }
        Some(Neighbours::new(k, by_row))
    }
}

/// A row and its neighbours with their similarities.
type Found = (Row, Vec<(Row, f32)>);

fn clusters(embeddings: &Embeddings, n_clusters: usize, rng_seed: u64) -> Clustering {
    let config = KMeansConfig { n_clusters, n_iterations: 4, n_restarts: 1 };
    let rng = &mut fastrand::Rng::with_seed(rng_seed);
    cluster::two_level_k_means(embeddings.values(), embeddings.dim(), config, rng)
}

/// For each cluster the clusters to search, nearest first: itself, then at least
/// 15 others, more until they hold `least` rows.
fn probes(
    clustering: &Clustering,
    members: &[Vec<u32>],
    dim: usize,
    least: usize,
) -> Vec<Vec<usize>> {
    let centroids = &clustering.centroids;
    let norms: Vec<f32> = centroids.chunks_exact(dim).map(|it| dot(it, it)).collect();
    (0..norms.len())
        .into_par_iter()
        .map(|own| {
            let mut products = vec![0.0; norms.len()];
            product_abt(&centroids[own * dim..][..dim], centroids, dim, &mut products);
            let distance = |it: usize| norms[it] - 2.0 * products[it];
            let mut order: Vec<usize> = (0..norms.len()).filter(|it| *it != own).collect();
            order.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
            order.insert(0, own);
            let mut n_rows = 0;
            let needed = order.iter().take_while(|it| {
                let missing = n_rows < least;
                n_rows += members[**it].len();
                missing
            });
            let n_probes = needed.count().max(N_PROBES).min(order.len());
            order.truncate(n_probes);
            order
        })
        .collect()
}

/// The `k` rows of `among` nearest to each of `own`, itself left out.
fn search(embeddings: &Embeddings, own: &[Row], among: &[Row], k: usize) -> Vec<Found> {
    let found = nearest(embeddings, &embeddings.gather(own), among, k + 1);
    own.iter()
        .enumerate()
        .map(|(position, &row)| {
            let pairs = found.rows(position).iter().copied();
            let pairs = pairs.zip(found.similarities(position).iter().copied());
            // A row equal to `k` others may not find itself among `k + 1`.
            (row, pairs.filter(|it| it.0 != row).take(k).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Neighbours;
    use crate::matrix::Embeddings;

    /// Rows around 60 directions, as embeddings of real data are.
    fn clustered(n_rows: usize, dim: usize) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(11);
        let mut normal = || (0..12).map(|_| rng.f32()).sum::<f32>() - 6.0;
        let centers: Vec<f32> = (0..60 * dim).map(|_| normal()).collect();
        let values = (0..n_rows * dim).map(|i| {
            let (row, column) = (i / dim, i % dim);
            centers[row % 60 * dim + column] + 0.8 * normal()
        });
        Embeddings::new(dim, values.collect())
    }

    #[test]
    fn nine_in_ten_of_the_true_neighbours_are_found() {
        let embeddings = clustered(12_000, 24);
        let (exact, near) =
            (Neighbours::exact(&embeddings, 10), Neighbours::approximate(&embeddings, 10, 1));
        let hits: usize = (0..12_000)
            .map(|it| near.rows(it).iter().filter(|row| exact.rows(it).contains(row)).count())
            .sum();
        let recall = hits as f64 / 120_000.0;
        assert!(0.9 < recall && recall < 1.0, "recall {recall}");
    }

    #[test]
    fn small_pools_are_exact() {
        let embeddings = clustered(300, 6);
        assert_eq!(Neighbours::approximate(&embeddings, 5, 1), Neighbours::exact(&embeddings, 5));
        let all = Neighbours::of_all(&embeddings, 5, 1, &|_| true);
        assert_eq!(all, Some(Neighbours::exact(&embeddings, 5)));
    }

    #[test]
    fn every_row_is_counted_and_who_is_stopped_gives_nothing() {
        let embeddings = clustered(8_000, 6);
        let n_done = AtomicUsize::new(0);
        let count = |n| n_done.fetch_add(n, Ordering::Relaxed) < usize::MAX;
        for find in [Neighbours::of_all, Neighbours::approximate_while] {
            n_done.store(0, Ordering::Relaxed);
            assert!(find(&embeddings, 5, 1, &count).is_some());
            assert_eq!(n_done.load(Ordering::Relaxed), 8_000);
            assert!(find(&embeddings, 5, 1, &|_| false).is_none());
        }
    }

    #[test]
    fn equal_rows_do_not_name_themselves() {
        let embeddings = Embeddings::new(2, [1.0, 0.0].repeat(8_000));
        let near = Neighbours::approximate(&embeddings, 5, 1);
        assert!((0..8_000).all(|it| near.rows(it).iter().all(|row| row.index() != it)));
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let embeddings = clustered(8_000, 8);
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        assert_eq!(
            single.install(|| Neighbours::approximate(&embeddings, 4, 2)),
            Neighbours::approximate(&embeddings, 4, 2)
        );
    }
}
