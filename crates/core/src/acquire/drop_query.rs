//! DropQuery.

use rayon::prelude::*;

use super::{k_means::centroids_nearest, ridge::ridge};
use crate::{
    label::ClassId,
    linalg::product_abt,
    matrix::Embeddings,
    model::Predictions,
    pool::{Pool, Row},
};

/// Unlabelled rows looked at; beyond, a uniform sample stands for the pool.
const WORKING_SET: usize = 100_000;
/// Changing rows that are clustered at most; beyond, a uniform sample of them.
const CLUSTERED: usize = 10_000;
/// Rows on which the linear stand-in for the model is fitted.
const FIT_ROWS: usize = 4_000;
/// Dropout masks.
const N_MASKS: usize = 3;
/// Probability that a coordinate is dropped.
const DROP: f64 = 0.75;
/// Rows whose masks are drawn together.
const BLOCK: usize = 512;
/// Penalty of the stand-in per row.
const PENALTY: f64 = 1e-3;

/// DropQuery: a spread of the rows whose prediction changes under dropout.
///
/// Under each of three masks that drop 75 % of the coordinates, a row's class is
/// predicted again; rows whose class changes under more than half of the masks
/// are clustered into `n` clusters, and the row nearest each centroid is chosen,
/// largest cluster first. `predictions` holds one entry per pool row. Returns
/// `min(n, unlabelled)` rows, filled up at random where too few rows change.
/// Pools above 100,000 unlabelled rows are represented by a uniform sample of
/// that size, and so are more than 10,000 changing rows (or 20 for each of `n`).
///
/// The paper drops coordinates before a linear classifier. Our task models need
/// not be linear, so a ridge regression from embeddings to the predicted
/// probabilities (one-hot labels where there are none), fitted on 4,000 rows,
/// stands in for them. Cost `rows · dim · (classes + n)` and `4,000 · dim²`.
///
/// Gupte, Aklilu, Nirschl, Yeung-Levy (2024), *Revisiting Active Learning in the
/// Era of Vision Foundation Models*, TMLR, arXiv 2401.14555; scikit-activeml
/// 1.0.1 takes five masks.
pub fn drop_query(
    pool: &Pool,
    embeddings: &Embeddings,
    predictions: &Predictions,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    if n == 0 {
        return Vec::new();
    }
    let rows = super::working_set(pool.unlabelled(), WORKING_SET, rng);
    let weights = stand_in(&rows, embeddings, predictions, rng);
    let changes = count_changes(&rows, embeddings, &weights, rng.u64(..));
    let unstable: Vec<Row> =
        rows.iter().zip(changes).filter(|(_, it)| N_MASKS < 2 * it).map(|(row, _)| *row).collect();
    let batch = if unstable.len() <= n {
        unstable
    } else {
        let clustered = super::working_set(&unstable, CLUSTERED.max(20 * n), rng);
        centroids_nearest(&clustered, embeddings, n, rng)
    };
    super::fill_up(batch, pool, n, rng)
}

/// Weights `[classes, dim]` of the linear stand-in for the model.
fn stand_in(
    rows: &[Row],
    embeddings: &Embeddings,
    predictions: &Predictions,
    rng: &mut fastrand::Rng,
) -> Vec<f32> {
    let rows = super::working_set(rows, FIT_ROWS, rng);
    let x = embeddings.gather(&rows);
    let y: Vec<f32> = match &predictions.probabilities {
        Some(proba) => rows.iter().flat_map(|&it| proba.row(it)).copied().collect(),
        None => one_hot(&rows, predictions),
    };
    ridge(&x, &y, rows.len(), PENALTY)
}

fn one_hot(rows: &[Row], predictions: &Predictions) -> Vec<f32> {
    let classes: Vec<usize> = rows
        .iter()
        .map(|it| predictions.labels[it.index()].class().map_or(0, ClassId::index))
        .collect();
    let n_classes = classes.iter().max().expect("rows are not empty") + 1;
    let mut y = vec![0.0; rows.len() * n_classes];
    for (row, class) in classes.into_iter().enumerate() {
        y[row * n_classes + class] = 1.0;
    }
    y
}

/// [`n_changes`] of every row, under masks drawn for each block of rows from a
/// generator of its own, so that threads do not matter.
fn count_changes(
    rows: &[Row],
    embeddings: &Embeddings,
    weights: &[f32],
    rng_seed: u64,
) -> Vec<usize> {
    let block_changes = |(block, rows): (usize, &[Row])| {
        let mut rng = fastrand::Rng::with_seed(rng_seed.wrapping_add(block as u64));
        let values = embeddings.gather(rows);
        let mut mask = || values.iter().map(|_| rng.f64() < DROP).collect::<Vec<bool>>();
        let masks: Vec<Vec<bool>> = (0..N_MASKS).map(|_| mask()).collect();
        n_changes(&values, embeddings.dim(), weights, &masks)
    };
    rows.par_chunks(BLOCK).enumerate().flat_map_iter(block_changes).collect()
}

/// Under how many of `masks`, each of shape `[rows, dim]` and `true` where a
/// coordinate is dropped, the class of each row of `values` differs from its
/// class without dropout, for a linear classifier with `weights` of shape
/// `[classes, dim]`.
pub(super) fn n_changes(
    values: &[f32],
    dim: usize,
    weights: &[f32],
    masks: &[Vec<bool>],
) -> Vec<usize> {
    let n_classes = weights.len() / dim;
    let classes = |values: &[f32]| {
        let mut products = vec![0.0; values.len() / dim * n_classes];
        product_abt(values, weights, dim, &mut products);
        products.chunks_exact(n_classes).map(argmax).collect::<Vec<usize>>()
    };
    let plain = classes(values);
    let mut counts = vec![0; plain.len()];
    for mask in masks {
        let keep = |(value, dropped): (&f32, &bool)| if *dropped { 0.0 } else { *value };
        let masked: Vec<f32> = values.iter().zip(mask).map(keep).collect();
        for ((count, class), plain) in counts.iter_mut().zip(classes(&masked)).zip(&plain) {
            *count += usize::from(class != *plain);
        }
    }
    counts
}

fn argmax(values: &[f32]) -> usize {
    (0..values.len())
        .reduce(|best, it| if values[best] < values[it] { it } else { best })
        .expect("at least one class")
}

#[cfg(test)]
mod tests {
    use super::n_changes;

    #[test]
    fn a_row_changes_when_what_decided_it_is_dropped() {
        let values = [1.0, 0.2, 0.1, 1.0];
        let weights = [1.0, 0.0, 0.0, 1.0];
        let masks = [vec![true, false, true, false], vec![false; 4]];
        assert_eq!(n_changes(&values, 2, &weights, &masks), [1, 0]);
    }
}
