//! Random sampling.

use crate::pool::{Pool, Row};

/// Random sampling: rows drawn uniformly.
///
/// Returns `min(n, unlabelled)` rows in random order, each set of that size
/// equally likely. The baseline that every strategy must beat, and the only one
/// whose answers are a fair sample of what is not labelled.
///
/// Settles (2009), *Active Learning Literature Survey*, University of
/// Wisconsin-Madison, as the passive learner that strategies are held against.
pub fn random(pool: &Pool, n: usize, rng: &mut fastrand::Rng) -> Vec<Row> {
    super::draw(pool.unlabelled(), n, rng)
}

#[cfg(test)]
mod tests {
    use super::random;
    use crate::pool::{Pool, Row};

    #[test]
    fn every_unlabelled_row_is_drawn_equally_often() {
        let pool = Pool::new(5, &[Row(1)], &[]);
        let mut rng = fastrand::Rng::with_seed(1);
        let mut counts = [0; 5];
        for _ in 0..4_000 {
            for row in random(&pool, 2, &mut rng) {
                counts[row.index()] += 1;
            }
        }
        assert_eq!(counts[1], 0);
        let fair = [0, 2, 3, 4].iter().all(|&it| (1_850..2_150).contains(&counts[it]));
        assert!(fair, "{counts:?}, expected 2,000 each");
    }
}
