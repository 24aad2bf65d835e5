//! Matrices with one row per pool item: embeddings and probabilities.

use rayon::prelude::*;

use crate::{label::ClassId, pool::Row};

/// One embedding per pool row, shape `[rows, dim]`, each of unit length.
#[derive(Clone, Debug)]
pub struct Embeddings {
    // Invariant: `values.len()` is a multiple of `dim`; every row has length 1
    // or is all zero.
    dim: usize,
    values: Vec<f32>,
}

impl Embeddings {
    /// Takes `values` of shape `[rows, dim]` in row-major order and scales
    /// every row to unit length; a zero row stays zero.
    ///
    /// # Panics
    ///
    /// If `dim` is 0, does not divide the number of values, or makes more rows
    /// than [`Row`] can name.
    pub fn new(dim: usize, mut values: Vec<f32>) -> Embeddings {
        assert!(
            0 < dim && values.len().is_multiple_of(dim),
            "values do not form rows of length {dim}"
        );
        assert!(u32::try_from(values.len() / dim).is_ok(), "pools fit in u32");
        values.par_chunks_exact_mut(dim).for_each(scale_to_unit_length);
        Embeddings { dim, values }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> u32 {
        u32::try_from(self.values.len() / self.dim).expect("checked in `new`")
    }

    /// Length of one embedding.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The embedding of `row`, length `dim`.
    pub fn row(&self, row: Row) -> &[f32] {
        &self.values[row.index() * self.dim..][..self.dim]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// A copy of `rows`, in that order, shape `[rows.len(), dim]`.
    pub fn gather(&self, rows: &[Row]) -> Vec<f32> {
        let mut gathered = Vec::with_capacity(rows.len() * self.dim);
        for &row in rows {
            gathered.extend_from_slice(self.row(row));
        }
        gathered
    }
}

/// Scales `vector` to unit Euclidean length; a zero vector stays zero.
pub fn scale_to_unit_length(vector: &mut [f32]) {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if 0.0 < norm {
        for x in vector {
            *x /= norm;
        }
    }
}

/// Class probabilities, shape `[rows, classes]`: non-negative, each row
/// summing to 1, at least two classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    // Invariant: as the type says; in particular every value is finite.
    n_classes: usize,
    values: Vec<f32>,
}

impl Probabilities {
    /// The softmax of each row of `logits`, shape `[rows, classes]`, or the
    /// first row with a logit that is not finite.
    ///
    /// A model that emits NaN must not look confident, so there is no fallback
    /// value: the caller reports which item failed.
    ///
    /// # Panics
    ///
    /// If there are fewer than two classes or they do not divide the values.
    pub fn softmax(n_classes: usize, mut logits: Vec<f32>) -> Result<Probabilities, Row> {
        assert!(2 <= n_classes && logits.len().is_multiple_of(n_classes), "not a matrix of logits");
        for (row, logits) in (0..).map(Row).zip(logits.chunks_exact_mut(n_classes)) {
            if !logits.iter().all(|it| it.is_finite()) {
                return Err(row);
            }
            let max = logits.iter().copied().fold(f32::MIN, f32::max);
            logits.iter_mut().for_each(|it| *it = (*it - max).exp());
            let sum: f32 = logits.iter().sum();
            logits.iter_mut().for_each(|it| *it /= sum);
        }
        Ok(Probabilities { n_classes, values: logits })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> u32 {
        u32::try_from(self.values.len() / self.n_classes).expect("pools fit in u32")
    }

    /// Number of classes, at least two.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Probability of each class for `row`, by [`ClassId`].
    pub fn row(&self, row: Row) -> &[f32] {
        &self.values[row.index() * self.n_classes..][..self.n_classes]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The likeliest class of `row` and its probability; ties to the lower class.
    pub fn likeliest(&self, row: Row) -> (ClassId, f32) {
        let (class, p) = (0..)
            .zip(self.row(row).iter().copied())
            .reduce(|best, it| if best.1 < it.1 { it } else { best })
            .expect("at least two classes");
        (ClassId(class), p)
    }

    /// Largest and second largest probability of `row`.
    pub fn top_two(&self, row: Row) -> (f32, f32) {
        let (mut first, mut second) = (0.0_f32, 0.0_f32);
        for &p in self.row(row) {
            if first < p {
                (first, second) = (p, first);
            } else if second < p {
                second = p;
            }
        }
        (first, second)
    }
}

#[cfg(test)]
mod tests {
    use super::{Embeddings, Probabilities};
    use crate::{label::ClassId, pool::Row};

    #[test]
    fn rows_are_scaled_to_unit_length_and_zero_stays_zero() {
        let embeddings = Embeddings::new(2, vec![3.0, 4.0, 0.0, 0.0]);
        assert_eq!(embeddings.row(Row(0)), [0.6, 0.8]);
        assert_eq!(embeddings.row(Row(1)), [0.0, 0.0]);
    }

    #[test]
    fn softmax_survives_large_logits_and_names_the_row_with_nan() {
        let proba = Probabilities::softmax(2, vec![1e30, 0.0, 1.0, 1.0]).expect("finite");
        assert_eq!(proba.row(Row(0)), [1.0, 0.0]);
        assert_eq!(proba.likeliest(Row(1)), (ClassId(0), 0.5));
        assert_eq!(Probabilities::softmax(2, vec![0.0, 0.0, f32::NAN, 0.0]), Err(Row(1)));
    }
}
