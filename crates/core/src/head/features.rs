//! From embeddings to the features that heads learn on.
//!
//! Square root where the network's features are counts of activation, unit
//! length, minus the pool's mean, unit length. The map is kept, because a head
//! is exported together with it.

use rayon::prelude::*;

use crate::matrix::{Embeddings, scale_to_unit_length};

/// How a feature is made from an embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMap {
    /// Whether the square root of every value is taken first.
    pub square_root: bool,
    /// What is subtracted after scaling to unit length.
    pub mean: Vec<f32>,
}

impl FeatureMap {
    /// The map for the pool `embeddings`: square root if no value is negative
    /// (networks that end in a rectifier), mean over all rows.
    ///
    /// The square root is that of Hellinger's distance, as in Arandjelović,
    /// Zisserman (2012), *Three things everyone should know to improve object
    /// retrieval*, CVPR.
    pub fn fit(embeddings: &Embeddings) -> FeatureMap {
        let square_root = embeddings.values().par_iter().all(|it| 0.0 <= *it);
        let dim = embeddings.dim();
        let centred = FeatureMap { square_root, mean: vec![0.0; dim] };
        let mut sums = vec![0.0_f64; dim];
        // Blocks are summed in order, so the mean does not depend on threads.
        for block in embeddings.values().chunks(65_536 * dim) {
            let parts: Vec<Vec<f64>> = block
                .par_chunks(1_024 * dim)
                .map(|rows| {
                    let mut sums = vec![0.0_f64; dim];
                    for row in rows.chunks_exact(dim) {
                        let mut row = row.to_vec();
                        centred.apply(&mut row);
                        sums.iter_mut().zip(&row).for_each(|(sum, it)| *sum += f64::from(*it));
                    }
                    sums
                })
                .collect();
            for part in parts {
                sums.iter_mut().zip(part).for_each(|(sum, it)| *sum += it);
            }
        }
        let n_rows = f64::from(embeddings.n_rows().max(1));
        FeatureMap { square_root, mean: sums.iter().map(|it| (it / n_rows) as f32).collect() }
    }

    /// Replaces one embedding, of any length but zero, by its feature.
    ///
    /// A negative value under a square root counts as 0: the pool had none.
    pub fn apply(&self, embedding: &mut [f32]) {
        if self.square_root {
            for it in &mut *embedding {
                *it = it.max(0.0).sqrt();
            }
        }
        scale_to_unit_length(embedding);
        embedding.iter_mut().zip(&self.mean).for_each(|(it, mean)| *it -= mean);
        scale_to_unit_length(embedding);
    }

    /// The features of all rows, same order.
    ///
    /// # Panics
    ///
    /// If the embeddings have another length than those of [`FeatureMap::fit`].
    pub fn features(&self, embeddings: &Embeddings) -> Embeddings {
        let dim = embeddings.dim();
        assert!(dim == self.mean.len(), "embeddings of another network");
        let mut values = embeddings.values().to_vec();
        values.par_chunks_exact_mut(dim).for_each(|row| self.apply(row));
        Embeddings::new(dim, values)
    }
}

#[cfg(test)]
mod tests {
    use super::FeatureMap;
    use crate::{matrix::Embeddings, pool::Row};

    #[test]
    fn counts_are_square_rooted_and_the_mean_is_gone() {
        let embeddings = Embeddings::new(2, vec![9.0, 16.0, 16.0, 9.0, 1.0, 0.0]);
        let map = FeatureMap::fit(&embeddings);
        assert!(map.square_root);
        // Rows after the root and scaling: (.6, .8), (.8, .6), (1, 0).
        assert!((map.mean[0] - 0.8).abs() < 1e-6 && (map.mean[1] - 1.4 / 3.0).abs() < 1e-6);
        let features = map.features(&embeddings);
        let (x, y) = (-0.2_f32, 0.8_f32 - 1.4 / 3.0);
        let length = x.hypot(y);
        assert!((features.row(Row(0))[0] - x / length).abs() < 1e-6);
        assert!((features.row(Row(0))[1] - y / length).abs() < 1e-6);
    }

    #[test]
    fn one_negative_value_keeps_the_sign() {
        let map = FeatureMap::fit(&Embeddings::new(2, vec![3.0, 4.0, 3.0, -4.0]));
        assert!(!map.square_root);
        assert!((map.mean[0] - 0.6).abs() < 1e-6 && map.mean[1].abs() < 1e-6);
    }
}
