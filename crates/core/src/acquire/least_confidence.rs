//! Least confidence.

use crate::{model::Predictions, pool::Pool, pool::Row};

/// Least confidence: the rows whose likeliest class is least likely.
///
/// The score is `1 - p1`, in `[0, 1 - 1 / classes]`. `predictions` holds one
/// entry per pool row, labelled rows included; where it has no probabilities,
/// its uncertainty is the score. Returns `min(n, unlabelled)` rows, most
/// uncertain first, ties to the lower row.
///
/// Lewis and Gale (1994), *A Sequential Algorithm for Training Text
/// Classifiers*, SIGIR.
pub fn least_confidence(pool: &Pool, predictions: &Predictions, n: usize) -> Vec<Row> {
    let score = |row: Row| match &predictions.probabilities {
        Some(proba) => 1.0 - proba.likeliest(row).1,
        None => predictions.uncertainty[row.index()],
    };
    super::top(pool.unlabelled(), score, n)
}

#[cfg(test)]
mod tests {
    use super::least_confidence;
    use crate::acquire::fixture;

    #[test]
    fn a_race_of_three_beats_a_race_of_two() {
        let (pool, predictions) = fixture::predictions(
            "
              3 3 0
              1 1 1
            * 0 0 0
              5 0 0",
        );
        assert_eq!(fixture::show(&least_confidence(&pool, &predictions, 2)), "1 0");
    }
}
