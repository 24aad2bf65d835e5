//! k-means centroids.

use crate::{cluster, matrix::Embeddings, pool::Pool, pool::Row};

/// Rows clustered at most; beyond, a uniform sample stands for the pool.
const WORKING_SET: usize = 100_000;

/// k-means: the rows nearest the centroids of the unlabelled rows.
///
/// The unlabelled rows are clustered into `n` clusters (ten steps of Lloyd's
/// algorithm after greedy k-means++, three restarts; mini-batches where that
/// would be long), largest cluster first, ties to the lower row. Returns
/// `min(n, unlabelled)` rows; where rows repeat and so make fewer clusters, the
/// batch is filled up at random. Pools above 100,000 unlabelled rows are
/// represented by a uniform sample of that size.
///
/// A cold start that needs no model. It ignores what is labelled: use
/// [`typiclust`](super::typiclust()) or [`uherding`](super::uherding()) later.
/// Cost `rows · n · dim`.
///
/// Zhu, Wang, Yao, Tsou (2008), *Active Learning with Sampling by Uncertainty
/// and Density for Word Sense Disambiguation and Text Classification*, COLING;
/// seeding as in [`cluster::k_means`].
pub fn k_means(
    pool: &Pool,
    embeddings: &Embeddings,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let rows = super::working_set(pool.unlabelled(), WORKING_SET.max(20 * n), rng);
    let n = n.min(pool.unlabelled().len());
    if n == 0 {
        return Vec::new();
    }
    let batch = centroids_nearest(&rows, embeddings, n, rng);
    super::fill_up(batch, pool, n, rng)
}

/// The row of `rows` nearest to each of `n` centroids of them, largest cluster
/// first.
pub(super) fn centroids_nearest(
    rows: &[Row],
    embeddings: &Embeddings,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let dim = embeddings.dim();
    let clustering = cluster::cluster(&embeddings.gather(rows), dim, n, rng);
    let mut clusters = clustering.members(clustering.centroids.len() / dim);
    clusters.retain(|it| !it.is_empty());
    clusters.sort_by_key(|it| std::cmp::Reverse(it.len()));
    let nearest = |members: &Vec<u32>| {
        let distance = |it: u32| clustering.squared_distances[it as usize];
        let best =
            members.iter().copied().reduce(|a, b| if distance(b) < distance(a) { b } else { a });
        rows[best.expect("no empty cluster") as usize]
    };
    clusters.iter().map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::k_means;
    use crate::acquire::fixture;

    #[test]
    fn each_group_gives_its_middle_row_the_larger_group_first() {
        let (pool, embeddings) = fixture::points(
            "
               1    0
               0    1
               0.1  1
              -0.1  1
              -0.2  1
               0.2  1
               1    0.1
               1   -0.1",
        );
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(fixture::show(&k_means(&pool, &embeddings, 2, &mut rng)), "1 0");
    }
}
