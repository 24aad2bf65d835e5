//! Dense products on row-major matrices.
//!
//! The one place that calls the `gemm` crate. Every product is computed on one
//! thread, so that the order of summation, and with it the result, does not
//! depend on the number of cores; callers split the rows with rayon.

/// `a · bᵀ`, shape `[m, n]`, for `a` of shape `[m, dim]` and `b` of `[n, dim]`.
///
/// On unit rows these are cosine similarities. Cost `m · n · dim`.
///
/// # Panics
///
/// If `dim` is 0 or does not divide both lengths, or `out` is not `m · n` long.
pub fn product_abt(a: &[f32], b: &[f32], dim: usize, out: &mut [f32]) {
    assert!(0 < dim && a.len().is_multiple_of(dim) && b.len().is_multiple_of(dim), "not rows");
    let (m, n) = (a.len() / dim, b.len() / dim);
    let a = View { values: a, row_stride: dim, column_stride: 1 };
    let b_transposed = View { values: b, row_stride: 1, column_stride: dim };
    product(m, dim, n, a, b_transposed, out);
}

/// `aᵀ · b`, shape `[m, n]`, for `a` of shape `[rows, m]` and `b` of `[rows, n]`.
///
/// # Panics
///
/// If the lengths do not fit each other.
pub fn product_atb(a: &[f32], b: &[f32], rows: usize, out: &mut [f32]) {
    assert!(0 < rows && a.len().is_multiple_of(rows) && b.len().is_multiple_of(rows), "not rows");
    let (m, n) = (a.len() / rows, b.len() / rows);
    let a_transposed = View { values: a, row_stride: 1, column_stride: m };
    let b = View { values: b, row_stride: n, column_stride: 1 };
    product(m, rows, n, a_transposed, b, out);
}

#[derive(Clone, Copy)]
struct View<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl View<'_> {
    fn covers(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

#[allow(unsafe_code)]
fn product(m: usize, k: usize, n: usize, a: View<'_>, b: View<'_>, out: &mut [f32]) {
    assert!(a.covers(m, k) && b.covers(k, n) && out.len() == m * n, "shapes do not fit");
    // SAFETY: the assertion above shows that every element read lies inside
    // `a` or `b` and every element written inside `out`; `out` is borrowed
    // mutably, so it overlaps neither.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n.cast_signed(),
            false,
            a.values.as_ptr(),
            a.column_stride.cast_signed(),
            a.row_stride.cast_signed(),
            b.values.as_ptr(),
            b.column_stride.cast_signed(),
            b.row_stride.cast_signed(),
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `a · b` for two vectors of equal length, summed in eight interleaved parts.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::{dot, product_abt, product_atb};

    // [1 2 3; 4 5 6] with [1 0 2; 0 1 1], by hand.
    #[test]
    fn products_match_hand_computed_values() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let b = [1.0, 0.0, 2.0, 0.0, 1.0, 1.0];
        let mut abt = [0.0; 4];
        product_abt(&a, &b, 3, &mut abt);
        assert_eq!(abt, [7.0, 5.0, 16.0, 11.0]);
        let mut atb = [0.0; 9];
        product_atb(&a, &b, 2, &mut atb);
        assert_eq!(atb, [1.0, 4.0, 6.0, 2.0, 5.0, 9.0, 3.0, 6.0, 12.0]);
    }

    #[test]
    fn dot_adds_the_tail() {
        let a: Vec<f32> = (0..11_u8).map(f32::from).collect();
        assert_eq!(dot(&a, &a), 385.0);
    }
}
