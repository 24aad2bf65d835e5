//! Discriminative active learning.

use rayon::prelude::*;

use super::ridge::ridge;
use crate::{linalg::dot, matrix::Embeddings, pool::Pool, pool::Row};

/// Unlabelled rows the classifier is fitted on.
const FIT_ROWS: usize = 4_000;
/// Parts of a batch; the classifier is fitted anew before each.
const N_PARTS: usize = 10;
/// Penalty of the classifier per row.
const PENALTY: f64 = 1e-3;

/// Discriminative: the rows most easily told apart from the labelled ones.
///
/// A linear classifier learns labelled against unlabelled; the rows that look
/// most unlabelled are chosen, in ten parts, the earlier parts counting as
/// labelled. Returns `min(n, unlabelled)` rows, ties to the lower row. With
/// nothing labelled, the first row is drawn at random.
///
/// Like [`k_center`](super::k_center()) it makes the labelled rows resemble the
/// pool, and like it, it knows no uncertainty. The paper trains a network; here
/// it is a ridge regression with both sides weighted equally, fitted on the
/// labelled and 4,000 unlabelled rows. Cost `parts · (4,000 · dim² + rows · dim)`.
///
/// Gissin, Shalev-Shwartz (2019), *Discriminative Active Learning*, arXiv
/// 1907.06347.
pub fn discriminative(
    pool: &Pool,
    embeddings: &Embeddings,
    n: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Row> {
    let n = n.min(pool.unlabelled().len());
    let mut labelled = pool.labelled().to_vec();
    let mut unlabelled = pool.unlabelled().to_vec();
    let mut batch = Vec::new();
    if labelled.is_empty() && 0 < n {
        batch.push(unlabelled.remove(rng.usize(..unlabelled.len())));
        labelled.extend(&batch);
    }
    let part_len = n.div_ceil(N_PARTS);
    while batch.len() < n {
        let fit_rows = super::working_set(&unlabelled, FIT_ROWS, rng);
        let weights = unlabelled_direction(&labelled, &fit_rows, embeddings);
        let mut scores = vec![0.0; embeddings.n_rows() as usize];
        let scored: Vec<f32> =
            unlabelled.par_iter().map(|it| dot(embeddings.row(*it), &weights)).collect();
        unlabelled.iter().zip(scored).for_each(|(row, score)| scores[row.index()] = score);
        let part_len = part_len.min(n - batch.len());
        let mut part = super::top(&unlabelled, |row| scores[row.index()], part_len);
        batch.extend(&part);
        labelled.extend(&part);
        part.sort_unstable();
        unlabelled.retain(|it| part.binary_search(it).is_err());
    }
    batch
}

/// The direction in which unlabelled rows lie from labelled ones.
fn unlabelled_direction(labelled: &[Row], unlabelled: &[Row], embeddings: &Embeddings) -> Vec<f32> {
    let mut x = Vec::new();
    let mut y = Vec::new();
    for (rows, target) in [(labelled, -1.0_f32), (unlabelled, 1.0)] {
        // Rows scaled by the root of their weight, so that either side counts half.
        let weight = (0.5 / rows.len() as f32).sqrt();
        x.extend(embeddings.gather(rows).iter().map(|it| it * weight));
        y.extend(std::iter::repeat_n(target * weight, rows.len()));
    }
    let n_rows = y.len();
    ridge(&x, &y, n_rows, PENALTY / n_rows as f64)
}

#[cfg(test)]
mod tests {
    use super::discriminative;
    use crate::acquire::fixture;

    #[test]
    fn the_side_without_labels_comes_first() {
        let (pool, embeddings) = fixture::points(
            "
            *  1    0.1
               1    0
               1   -0.1
            *  1    0.2
               0.1  1
               0.8  0.6",
        );
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(fixture::show(&discriminative(&pool, &embeddings, 2, &mut rng)), "4 2");
    }
}
