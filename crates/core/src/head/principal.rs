//! Leading principal directions of a pool, and the pool in their coordinates.
//!
//! Heads learn in a few hundred of these coordinates: it is several times
//! cheaper than in the network's own, and the variances say which directions
//! the pool itself makes much of, which a head with few answers does well to
//! prefer.

use rayon::prelude::*;

use crate::{linalg, matrix::Embeddings};

/// Rows read to find the directions; more do not change them noticeably.
const MAX_SAMPLE: usize = 20_000;
/// Directions carried along beyond those wanted, for faster convergence.
const OVERSAMPLING: usize = 16;
const ITERATIONS: usize = 8;

/// Orthonormal directions of largest second moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Length of a feature.
    pub dim: usize,
    /// Directions, shape `[n_directions, dim]`, each of unit length, or zero
    /// where the pool spans fewer.
    pub directions: Vec<f32>,
    /// Mean square of the features' coordinate on each direction, descending.
    pub variances: Vec<f32>,
}

impl Principal {
    /// The `n_directions` leading directions of `features` (of all there are,
    /// if fewer), found from at most 20,000 rows spread evenly over the pool.
    ///
    /// Second moments about zero: features already are centred. Cost
    /// `O(rows · dim² + dim² · n_directions)`.
    ///
    /// Subspace iteration with Rayleigh-Ritz: Halko, Martinsson, Tropp (2011),
    /// *Finding structure with randomness*, SIAM Review; the random start is
    /// fixed.
    pub fn fit(features: &Embeddings, n_directions: usize) -> Principal {
        let dim = features.dim();
        let n_directions = n_directions.min(dim);
        let moment = second_moment(features);
        let carried = (n_directions + OVERSAMPLING).min(dim);
        let mut rng = fastrand::Rng::with_seed(1);
        let mut basis: Vec<f32> = (0..carried * dim).map(|_| rng.f32() - 0.5).collect();
        orthonormalise(&mut basis, carried);
        for _ in 0..ITERATIONS {
            basis = times_symmetric(&basis, &moment, dim);
            orthonormalise(&mut basis, carried);
        }
        let image = times_symmetric(&basis, &moment, dim);
        let mut projected = vec![0.0; carried * carried];
        linalg::product_abt(&basis, &image, dim, &mut projected);
        let (values, vectors) = symmetric_eigen(&projected, carried);
        // Rows of `vectors` are eigenvectors in coordinates of the basis.
        let transposed = transpose(&vectors, carried, carried);
        let mut directions = vec![0.0; carried * dim];
        linalg::product_atb(&transposed, &basis, carried, &mut directions);
        directions.truncate(n_directions * dim);
        let variances = values.iter().take(n_directions).map(|it| it.max(0.0)).collect();
        Principal { dim, directions, variances }
    }

    /// The rows that [`Principal::fit`] reads, in order: its directions depend
    /// on nothing else.
    pub fn sample(features: &Embeddings) -> impl Iterator<Item = &[f32]> {
        let stride = (features.n_rows() as usize).div_ceil(MAX_SAMPLE).max(1);
        features.values().chunks_exact(features.dim()).step_by(stride)
    }

    /// Number of directions.
    pub fn n_directions(&self) -> usize {
        self.variances.len()
    }

    /// Coordinates of `features`, shape `[rows, dim]`, on the directions, shape
    /// `[rows, n_directions]`.
    pub fn project(&self, features: &[f32]) -> Vec<f32> {
        let n = self.n_directions();
        let mut coordinates = vec![0.0; features.len() / self.dim * n];
        let blocks = coordinates.par_chunks_mut(256 * n).zip(features.par_chunks(256 * self.dim));
        blocks.for_each(|(out, rows)| linalg::product_abt(rows, &self.directions, self.dim, out));
        coordinates
    }

    /// Weights on the coordinates, shape `[rows, n_directions]`, as weights on
    /// the features, shape `[rows, dim]`.
    pub fn lift(&self, weights: &[f32]) -> Vec<f32> {
        let n = self.n_directions();
        let rows = weights.len() / n;
        let mut lifted = vec![0.0; rows * self.dim];
        let transposed = transpose(weights, rows, n);
        linalg::product_atb(&transposed, &self.directions, n, &mut lifted);
        lifted
    }
}

/// `xᵀx / rows`, shape `[dim, dim]`.
fn second_moment(features: &Embeddings) -> Vec<f32> {
    let dim = features.dim();
    let sample: Vec<f32> = Principal::sample(features).flatten().copied().collect();
    let mut moment = vec![0.0; dim * dim];
    if sample.is_empty() {
        return moment;
    }
    let n_sampled = sample.len() / dim;
    let transposed = transpose(&sample, n_sampled, dim);
    let blocks = moment.par_chunks_mut(64 * dim).zip(transposed.par_chunks(64 * n_sampled));
    blocks.for_each(|(out, rows)| linalg::product_abt(rows, &transposed, n_sampled, out));
    let scale = 1.0 / n_sampled as f32;
    for it in &mut *moment {
        *it *= scale;
    }
    moment
}

/// `a · m` for symmetric `m` of shape `[dim, dim]`.
fn times_symmetric(a: &[f32], m: &[f32], dim: usize) -> Vec<f32> {
    let mut out = vec![0.0; a.len()];
    let blocks = out.par_chunks_mut(32 * dim).zip(a.par_chunks(32 * dim));
    blocks.for_each(|(out, rows)| linalg::product_abt(rows, m, dim, out));
    out
}

fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows * columns];
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (column, value) in values.iter().enumerate() {
            out[column * rows + row] = *value;
        }
    }
    out
}

/// Makes the `n` rows orthonormal, in order; a row that depends on those before
/// it becomes zero. Cholesky on the Gram matrix, twice, as rounding demands.
fn orthonormalise(rows: &mut Vec<f32>, n: usize) {
    let dim = rows.len() / n;
    for _ in 0..2 {
        rows.par_chunks_exact_mut(dim).for_each(crate::matrix::scale_to_unit_length);
        let mut gram = vec![0.0; n * n];
        linalg::product_abt(rows, rows, dim, &mut gram);
        let inverse_transposed = inverse_cholesky_transposed(&gram, n);
        let mut out = vec![0.0; rows.len()];
        linalg::product_atb(&inverse_transposed, rows, n, &mut out);
        *rows = out;
    }
}

/// `L⁻ᵀ` for `gram = L Lᵀ`; where a pivot vanishes the row of `L⁻¹` is zero.
fn inverse_cholesky_transposed(gram: &[f32], n: usize) -> Vec<f32> {
    let mut lower = vec![0.0_f64; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (&lower[i * n..][..j], &lower[j * n..][..j]);
            let sum: f64 = row_i.iter().zip(row_j).map(|(a, b)| a * b).sum();
            let rest = f64::from(gram[i * n + j]) - sum;
            let pivot = lower[j * n + j];
            lower[i * n + j] = match () {
                () if i == j => {
                    if 1e-6 < rest {
                        rest.sqrt()
                    } else {
                        0.0
                    }
                }
                () if 0.0 < pivot => rest / pivot,
                () => 0.0,
            };
        }
    }
    // Column by column of the inverse, which is row by row of its transpose.
    let mut inverse_transposed = vec![0.0_f64; n * n];
    for j in 0..n {
        for i in j..n {
            let row = &lower[i * n..][..=i];
            if row[i] == 0.0 || lower[j * n + j] == 0.0 {
                continue;
            }
            let known = &inverse_transposed[j * n + j..j * n + i];
            let sum: f64 = row[j..i].iter().zip(known).map(|(a, b)| a * b).sum();
            let unit = f64::from(u8::from(i == j));
            inverse_transposed[j * n + i] = (unit - sum) / row[i];
        }
    }
    inverse_transposed.iter().map(|it| *it as f32).collect()
}

/// Eigenvalues, descending, and eigenvectors as rows, of a symmetric matrix, by
/// Jacobi's cyclic rotations.
fn symmetric_eigen(matrix: &[f32], n: usize) -> (Vec<f32>, Vec<f32>) {
    let mut a: Vec<f64> = (0..n * n)
        .map(|it| f64::midpoint(f64::from(matrix[it]), f64::from(matrix[it % n * n + it / n])))
        .collect();
    let mut vectors = vec![0.0_f64; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let trace: f64 = (0..n).map(|i| a[i * n + i].abs()).sum();
    let negligible = 1e-7 * trace / n.max(1) as f64;
    for _ in 0..20 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                if negligible < a[p * n + q].abs() {
                    rotate(&mut a, &mut vectors, n, (p, q));
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j * n + j].total_cmp(&a[i * n + i]).then(i.cmp(&j)));
    let values = order.iter().map(|&i| a[i * n + i] as f32).collect();
    let vectors = order.iter().flat_map(|&i| vectors[i * n..][..n].iter().map(|it| *it as f32));
    (values, vectors.collect())
}

/// One Jacobi rotation that makes `a[p, q]` zero.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, (p, q): (usize, usize)) {
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = cosine * x - sine * y;
        a[k * n + q] = sine * x + cosine * y;
    }
    for matrix in [a, vectors] {
        let (head, tail) = matrix.split_at_mut(q * n);
        for (x, y) in head[p * n..][..n].iter_mut().zip(&mut tail[..n]) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Principal;
    use crate::{linalg, matrix::Embeddings};

    fn features(rows: usize) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut values = Vec::new();
        for _ in 0..rows {
            values.extend((1..=40_u8).map(|j| (rng.f32() - 0.5) / f32::from(j)));
        }
        Embeddings::new(40, values)
    }

    #[test]
    fn directions_are_orthonormal_and_variances_are_their_moments() {
        let features = features(500);
        let principal = Principal::fit(&features, 6);
        for i in 0..6 {
            for j in 0..6 {
                let (a, b) =
                    (&principal.directions[i * 40..][..40], &principal.directions[j * 40..][..40]);
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((linalg::dot(a, b) - expected).abs() < 1e-5);
            }
            let coordinates = principal.project(features.values());
            let moment =
                coordinates.iter().skip(i).step_by(6).map(|it| it * it).sum::<f32>() / 500.0;
            assert!((moment - principal.variances[i]).abs() < 1e-5);
        }
        assert!(principal.variances.windows(2).all(|it| it[1] <= it[0]));
    }

    #[test]
    fn all_directions_keep_every_product() {
        let features = features(60);
        let principal = Principal::fit(&features, 40);
        let coordinates = principal.project(features.values());
        let norm: f32 = coordinates[..40].iter().map(|it| it * it).sum();
        assert!((norm - 1.0).abs() < 1e-5);
        let lifted = principal.lift(&coordinates[..80]);
        assert!(lifted.iter().zip(features.values()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn a_pool_of_one_distinct_item_has_one_direction() {
        let principal = Principal::fit(&Embeddings::new(3, [1.0, 2.0, 2.0].repeat(5)), 3);
        assert!((principal.variances[0] - 1.0).abs() < 1e-5);
        assert!(principal.variances[1..].iter().all(|it| *it < 1e-6));
        assert!(principal.directions.iter().all(|it| it.is_finite()));
    }
}
