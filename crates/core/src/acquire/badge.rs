//! BADGE.

use rayon::prelude::*;

use crate::{
    cluster::draw_by_weight,
    linalg::dot,
    matrix::{Embeddings, Probabilities},
    model::Predictions,
    pool::{Pool, Row},
};

/// Unlabelled rows looked at; beyond, a uniform sample stands for the pool.
const WORKING_SET: usize = 100_000;

/// BADGE: rows whose gradients would be large and unlike each other.
///
/// The gradient of the last layer's loss at the predicted class is
/// `(p - one-hot(argmax p)) ⊗ x`; rows are drawn by k-means++ on these: the
/// longest first, then with probability proportional to the squared distance to
/// the nearest drawn. `predictions` holds one entry per pool row; where it has
/// no probabilities, the gradient is `uncertainty · x`. Returns
/// `min(n, unlabelled)` rows in the order drawn, filled up at random once all
/// gradients are covered. Pools above 100,000 unlabelled rows are represented by
/// a uniform sample of that size.
///
/// A sound mixture of uncertainty and diversity once the model is better than
/// the majority class. Gradients are never formed: distances come from the two
/// factors. Cost `n · rows · (dim + classes)`.
///
/// Ash, Zhang, Krishnamurthy, Langford, Agarwal (2020), *Deep Batch Active
/// Learning by Diverse, Uncertain Gradient Lower Bounds*, ICLR, arXiv 1906.03671.
pub fn badge(
    pool: &Pool,
    embeddings: &Embeddings,
    predictions: &Predictions,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    let rows = super::working_set(pool.unlabelled(), WORKING_SET.max(20 * n), rng);
    let gradients = Gradients::new(&rows, embeddings, predictions);
    let mut nearest = gradients.squared_norms();
    let mut batch = Vec::new();
    while batch.len() < n {
        let drawn = if batch.is_empty() {
            longest(&nearest)
        } else {
            draw_by_weight(&nearest, 1, rng).first().map(|&it| it as usize)
        };
        let Some(drawn) = drawn else { break };
        batch.push(rows[drawn]);
        gradients.lower_to(drawn, &mut nearest);
    }
    super::fill_up(batch, pool, n, rng)
}

/// The longest gradient, the first if there are several; `None` if all are zero.
fn longest(squared_norms: &[f32]) -> Option<usize> {
    (0..squared_norms.len())
        .filter(|&it| 0.0 < squared_norms[it])
        .reduce(|best, it| if squared_norms[best] < squared_norms[it] { it } else { best })
}

/// Gradient embeddings as their two factors: per row the residual of length
/// `classes` and the embedding of length `dim`.
pub(super) struct Gradients<'a> {
    rows: &'a [Row],
    embeddings: &'a Embeddings,
    n_residuals: usize,
    residuals: Vec<f32>,
}

impl<'a> Gradients<'a> {
    pub(super) fn new(
        rows: &'a [Row],
        embeddings: &'a Embeddings,
        predictions: &Predictions,
    ) -> Gradients<'a> {
        let mut residuals = Vec::new();
        let n_residuals = predictions.probabilities.as_ref().map_or(1, Probabilities::n_classes);
        for &row in rows {
            match &predictions.probabilities {
                Some(proba) => {
                    residuals.extend_from_slice(proba.row(row));
                    let first = residuals.len() - n_residuals;
                    residuals[first + proba.likeliest(row).0.index()] -= 1.0;
                }
                None => residuals.push(predictions.uncertainty[row.index()]),
            }
        }
        Gradients { rows, embeddings, n_residuals, residuals }
    }

    pub(super) fn squared_norms(&self) -> Vec<f32> {
        (0..self.rows.len()).map(|it| self.product(it, it)).collect()
    }

    /// Lowers `nearest` to the squared distance to row `center` where that is
    /// less; exactly zero at rows that equal it.
    pub(super) fn lower_to(&self, center: usize, nearest: &mut [f32]) {
        let norm = self.product(center, center);
        nearest.par_iter_mut().with_min_len(256).enumerate().for_each(|(it, nearest)| {
            if 0.0 < *nearest {
                let own = self.product(it, it);
                let distance = own + norm - 2.0 * self.product(it, center);
                let rounding = 1e-6 * (own + norm);
                *nearest = nearest.min(if distance <= rounding { 0.0 } else { distance });
            }
        });
    }

    /// Inner product of two gradients.
    fn product(&self, a: usize, b: usize) -> f32 {
        let residual = |it: usize| &self.residuals[it * self.n_residuals..][..self.n_residuals];
        let embedding = |it: usize| self.embeddings.row(self.rows[it]);
        dot(residual(a), residual(b)) * dot(embedding(a), embedding(b))
    }
}

#[cfg(test)]
mod tests {
    use super::{Gradients, badge};
    use crate::{acquire::fixture, pool::Pool, pool::Row};

    #[test]
    fn the_longest_gradient_comes_first_and_sure_rows_only_to_fill_up() {
        let (embeddings, mut predictions) = fixture::random_world(6, 3, 2, 4);
        let logits = vec![90.0, 0.0, 1.0, 0.0, 0.0, 0.0, 90.0, 0.0, 0.0, 90.0, 2.0, 0.0];
        predictions = fixture::from_logits(2, {
            let _ = predictions;
            logits
        });
        let pool = Pool::new(6, &[Row(0)], &[]);
        for seed in 0..10 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let batch = badge(&pool, &embeddings, &predictions, 5, &mut rng);
            assert_eq!(batch[0], Row(2));
            assert!(batch[..3].contains(&Row(1)) && batch[..3].contains(&Row(5)), "{batch:?}");
        }
    }

    #[test]
    fn factored_distances_equal_those_of_the_whole_gradients() {
        let (embeddings, predictions) = fixture::random_world(20, 5, 3, 8);
        let rows: Vec<Row> = (0..20).map(Row).collect();
        let gradients = Gradients::new(&rows, &embeddings, &predictions);
        let whole = |row: Row| {
            let proba = predictions.probabilities.as_ref().expect("given");
            let mut residual = proba.row(row).to_vec();
            residual[proba.likeliest(row).0.index()] -= 1.0;
            let products =
                residual.iter().flat_map(|p| embeddings.row(row).iter().map(move |x| p * x));
            products.collect::<Vec<f32>>()
        };
        let mut nearest = vec![f32::INFINITY; 20];
        gradients.lower_to(4, &mut nearest);
        for &row in &rows {
            let expected: f32 =
                whole(row).iter().zip(whole(Row(4))).map(|(a, b)| (a - b) * (a - b)).sum();
            assert!((nearest[row.index()] - expected).abs() < 1e-5);
        }
    }
}
