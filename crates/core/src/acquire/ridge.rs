//! Ridge regression, the small linear model some strategies fit on the way.

use crate::linalg::product_atb;

/// Weights `[n_targets, dim]` that minimise `|x wᵀ - y|² + penalty · rows · |w|²`,
/// for `x` of shape `[rows, dim]` and `y` of shape `[rows, n_targets]`.
///
/// By Cholesky factors of the normal equations in `f64`. Cost
/// `rows · dim² + dim³ / 3`.
pub(super) fn ridge(x: &[f32], y: &[f32], n_rows: usize, penalty: f64) -> Vec<f32> {
    let (dim, n_targets) = (x.len() / n_rows, y.len() / n_rows);
    let mut gram = vec![0.0; dim * dim];
    product_atb(x, x, n_rows, &mut gram);
    let mut factor: Vec<f64> = gram.into_iter().map(f64::from).collect();
    for i in 0..dim {
        factor[i * dim + i] += penalty * n_rows as f64;
    }
    cholesky(&mut factor, dim);
    let mut moments = vec![0.0; n_targets * dim];
    product_atb(y, x, n_rows, &mut moments);
    for weights in moments.chunks_exact_mut(dim) {
        solve(&factor, dim, weights);
    }
    moments
}

/// Replaces the lower triangle of a positive definite matrix by its Cholesky
/// factor.
fn cholesky(matrix: &mut [f64], dim: usize) {
    for i in 0..dim {
        let (above, rest) = matrix.split_at_mut(i * dim);
        let row = &mut rest[..dim];
        for j in 0..i {
            let other = &above[j * dim..][..dim];
            row[j] = (row[j] - inner(&row[..j], &other[..j])) / other[j];
        }
        row[i] = (row[i] - inner(&row[..i], &row[..i])).sqrt();
    }
}

/// Solves `L Lᵀ x = b` in place.
fn solve(factor: &[f64], dim: usize, b: &mut [f32]) {
    let mut x: Vec<f64> = b.iter().copied().map(f64::from).collect();
    for i in 0..dim {
        let row = &factor[i * dim..][..dim];
        x[i] = (x[i] - inner(&row[..i], &x[..i])) / row[i];
    }
    for i in (0..dim).rev() {
        x[i] /= factor[i * dim + i];
        for j in 0..i {
            x[j] -= factor[i * dim + j] * x[i];
        }
    }
    b.iter_mut().zip(x).for_each(|(b, x)| *b = x as f32);
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 4];
    let (a_chunks, b_chunks) = (a.chunks_exact(4), b.chunks_exact(4));
    let tail: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + tail
}

#[cfg(test)]
mod tests {
    use super::ridge;

    // x = (1 0; 0 2; 1 1), y = (1; 2; 3), penalty 1/3 a row, so 1 in all:
    // (3 1; 1 6) w = (4; 7), solved by hand.
    #[test]
    fn weights_match_the_normal_equations_by_hand() {
        let weights = ridge(&[1.0, 0.0, 0.0, 2.0, 1.0, 1.0], &[1.0, 2.0, 3.0], 3, 1.0 / 3.0);
        assert!((weights[0] - 1.0).abs() < 1e-6 && (weights[1] - 1.0).abs() < 1e-6);
    }
}
