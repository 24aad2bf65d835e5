//! ProbCover.

use rayon::prelude::*;

use crate::{
    cluster,
    linalg::product_abt,
    matrix::Embeddings,
    pool::{Pool, Row},
};

/// Unlabelled rows looked at; beyond, a uniform sample stands for the pool.
const WORKING_SET: usize = 20_000;
/// Rows on which the radius is chosen.
const RADIUS_SAMPLE: usize = 5_000;
/// Share of balls that hold rows of one cluster only.
const PURITY: f64 = 0.95;
/// Rows whose neighbours are found together.
const BLOCK: usize = 128;

/// ProbCover: the rows whose neighbourhoods cover most of the pool.
///
/// Two rows cover each other within distance δ; greedily the row that covers
/// most of what no labelled or chosen row covers. δ is the largest radius at
/// which 95 % of the balls hold rows of one cluster only, for k-means with
/// `n_classes` clusters: the 5 % quantile of the distance to the nearest row of
/// another cluster, which is what the paper's bisection converges to. Returns
/// `min(n, unlabelled)` rows in the order chosen, ties to the lower row, filled
/// up at random once all is covered. Pools above 20,000 unlabelled rows are
/// represented by a uniform sample of that size.
///
/// For the first labels only: it knows no uncertainty. Cost `rows² · dim` time
/// and `rows² / 8` bytes on at most 20,000 rows.
///
/// Yehuda, Dekel, Hacohen, Weinshall (2022), *Active Learning Through a Covering
/// Lens*, NeurIPS, arXiv 2205.11320.
pub fn prob_cover(
    pool: &Pool,
    embeddings: &Embeddings,
    n_classes: usize,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    if n == 0 {
        return Vec::new();
    }
    let rows = super::working_set(pool.unlabelled(), WORKING_SET, rng);
    let squared_radius = squared_radius(&rows, embeddings, n_classes, rng);
    let balls = within(&rows, &rows, embeddings, squared_radius);
    let mut uncovered = vec![u64::MAX; rows.len().div_ceil(64)];
    for ball in within(pool.labelled(), &rows, embeddings, squared_radius) {
        cover(&mut uncovered, &ball);
    }
    let mut batch = Vec::new();
    while batch.len() < n {
        let gains: Vec<u32> = balls.par_iter().map(|it| gain(it, &uncovered)).collect();
        let best = (0..gains.len()).reduce(|a, b| if gains[a] < gains[b] { b } else { a });
        let Some(best) = best.filter(|&it| 0 < gains[it]) else { break };
        batch.push(rows[best]);
        cover(&mut uncovered, &balls[best]);
    }
    super::fill_up(batch, pool, n, rng)
}

fn gain(ball: &[u64], uncovered: &[u64]) -> u32 {
    ball.iter().zip(uncovered).map(|(ball, free)| (ball & free).count_ones()).sum()
}

fn cover(uncovered: &mut [u64], ball: &[u64]) {
    uncovered.iter_mut().zip(ball).for_each(|(free, ball)| *free &= !ball);
}

/// For each of `centers`, which of `rows` lie within the radius, as bits.
fn within(
    centers: &[Row],
    rows: &[Row],
    embeddings: &Embeddings,
    squared_radius: f32,
) -> Vec<Vec<u64>> {
    let values = embeddings.gather(rows);
    centers
        .par_chunks(BLOCK)
        .flat_map_iter(|centers| {
            let mut products = vec![0.0; centers.len() * rows.len()];
            let gathered = embeddings.gather(centers);
            product_abt(&gathered, &values, embeddings.dim(), &mut products);
            let ball = |cosines: &[f32]| {
                let mut bits = vec![0_u64; rows.len().div_ceil(64)];
                for (i, cosine) in cosines.iter().enumerate() {
                    bits[i / 64] |= u64::from(2.0 - 2.0 * cosine <= squared_radius) << (i % 64);
                }
                bits
            };
            products.chunks_exact(rows.len()).map(ball).collect::<Vec<_>>()
        })
        .collect()
}

/// The squared radius at which 95 % of the balls are pure; 0 where k-means finds
/// one cluster only.
fn squared_radius(
    rows: &[Row],
    embeddings: &Embeddings,
    n_clusters: usize,
    rng: &mut fastrand::Rng,
) -> f32 {
    let rows = super::working_set(rows, RADIUS_SAMPLE, rng);
    let (dim, values) = (embeddings.dim(), embeddings.gather(&rows));
    let clusters = cluster::cluster(&values, dim, n_clusters, rng).assignment;
    let mut to_other: Vec<f32> = values
        .par_chunks(BLOCK * dim)
        .zip(clusters.par_chunks(BLOCK))
        .flat_map_iter(|(block, own)| {
            let mut products = vec![0.0; own.len() * rows.len()];
            product_abt(block, &values, dim, &mut products);
            let nearest_other = |(cosines, own): (&[f32], &u32)| {
                let others = cosines.iter().zip(&clusters).filter(|(_, it)| *it != own);
                others.map(|(cosine, _)| 2.0 - 2.0 * cosine).fold(f32::INFINITY, f32::min)
            };
            products.chunks_exact(rows.len()).zip(own).map(nearest_other).collect::<Vec<_>>()
        })
        .filter(|it| it.is_finite())
        .collect();
    to_other.sort_by(f32::total_cmp);
    let quantile = ((1.0 - PURITY) * to_other.len() as f64) as usize;
    // Just below: the row of the other cluster itself must stay outside.
    to_other.get(quantile).map_or(0.0, |it| it.max(0.0).next_down().max(0.0))
}

#[cfg(test)]
mod tests {
    use super::prob_cover;
    use crate::acquire::fixture;

    #[test]
    fn the_middle_of_the_largest_uncovered_group_comes_first() {
        let (pool, embeddings) = fixture::points(
            "
            *  1    0
               1    0.1
               1   -0.1
               1    0.15
              -1    0
              -1    0.1
               0    1
               0.1  1
              -0.1  1",
        );
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(fixture::show(&prob_cover(&pool, &embeddings, 3, 2, &mut rng)), "6 4");
    }
}
