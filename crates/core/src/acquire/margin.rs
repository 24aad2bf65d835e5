//! Margin sampling.

use crate::{model::Predictions, pool::Pool, pool::Row};

/// Margin sampling: the rows whose two likeliest classes are closest.
///
/// The score is `1 - (p1 - p2)`, in `[0, 1]`. `predictions` holds one entry per
/// pool row, labelled rows included; where it has no probabilities, its
/// uncertainty is the score. Returns `min(n, unlabelled)` rows, most uncertain
/// first, ties to the lower row.
///
/// Reads only the top two classes, so it keeps its meaning with hundreds of
/// classes, where entropy is dominated by the tail. Uninformative on a cold
/// start: use [`uherding`](super::uherding()) until each class has about ten
/// labels.
///
/// Scheffer, Decomain, Wrobel (2001), *Active Hidden Markov Models for
/// Information Extraction*, IDA.
pub fn margin(pool: &Pool, predictions: &Predictions, n: usize) -> Vec<Row> {
    let score = |row: Row| match &predictions.probabilities {
        Some(proba) => {
            let (first, second) = proba.top_two(row);
            1.0 - (first - second)
        }
        None => predictions.uncertainty[row.index()],
    };
    super::top(pool.unlabelled(), score, n)
}

#[cfg(test)]
mod tests {
    use super::margin;
    use crate::acquire::fixture;

    #[test]
    fn the_closest_race_comes_first() {
        let (pool, predictions) = fixture::predictions(
            "
              4 0 0
              2 1 0
            * 1 1 1
              3 3 0
              0 0 9",
        );
        assert_eq!(fixture::show(&margin(&pool, &predictions, 2)), "3 1");
    }

    #[test]
    fn ties_go_to_the_lower_row_and_the_pool_may_end() {
        let (pool, predictions) = fixture::predictions(
            "
              1 1
            * 1 1
              1 1",
        );
        assert_eq!(fixture::show(&margin(&pool, &predictions, 9)), "0 2");
    }
}
