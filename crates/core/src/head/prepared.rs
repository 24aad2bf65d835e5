//! What every head on one pool shares, computed once.

use super::{
    features::FeatureMap,
    graph::{self, Graph},
    principal::Principal,
};
use crate::{matrix::Embeddings, neighbours::Neighbours};

/// Neighbours per row in the graph.
pub const GRAPH_NEIGHBOURS: usize = 20;
/// Principal directions that the regressions see.
pub const DIRECTIONS: usize = 256;
/// scikit-learn's `C`: weight of the summed loss against the ridge.
const INVERSE_RIDGE: f32 = 10.0;

/// What is computed once for a pool, whatever is answered later: features,
/// their leading directions, the neighbour graph. Shared by all models on it.
#[derive(Debug)]
pub struct Prepared {
    map: FeatureMap,
    principal: Principal,
    /// Shape `[rows, directions]`.
    coordinates: Vec<f32>,
    scales: Vec<f32>,
    graph: Graph,
}

impl Prepared {
    /// Prepares `embeddings` with exact neighbours: `O(rows² · dim)`.
    pub fn new(embeddings: &Embeddings) -> Prepared {
        let map = FeatureMap::fit(embeddings);
        let features = map.features(embeddings);
        let principal = Principal::fit(&features, DIRECTIONS);
        let neighbours = Neighbours::exact(&features, GRAPH_NEIGHBOURS);
        Prepared::from_parts(map, &features, principal, &neighbours)
    }

    /// Prepares a pool of which the `features` by `map` are there already, their
    /// principal directions, and the neighbours of every row among them: 256 and
    /// 20 for the recipe.
    pub fn from_parts(
        map: FeatureMap,
        features: &Embeddings,
        principal: Principal,
        neighbours: &Neighbours,
    ) -> Prepared {
        let coordinates = principal.project(features.values());
        let scales = graph::scales(neighbours);
        Prepared { map, principal, coordinates, scales, graph: Graph::new(neighbours) }
    }

    /// Number of rows of the pool.
    pub fn n_rows(&self) -> usize {
        self.graph.n_rows()
    }

    /// How features are made from embeddings.
    pub fn map(&self) -> &FeatureMap {
        &self.map
    }

    /// The directions in which regressions learn.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The pool on those directions, shape `[rows, directions]`.
    pub fn coordinates(&self) -> &[f32] {
        &self.coordinates
    }

    /// Distance to the tenth neighbour, by row.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// The neighbour graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Ridge per coordinate for a regression of this power: as if coordinates
    /// were multiplied by `variance^power`, scaled back to the same mean
    /// length, and fitted with scikit-learn's `C = 10`.
    pub fn ridge(&self, power: f32) -> Vec<f32> {
        let variances = &self.principal.variances;
        let least = 1e-6 * variances.first().copied().unwrap_or(1.0).max(1e-12);
        let variances: Vec<f32> = variances.iter().map(|it| it.max(least)).collect();
        let length: f32 = variances.iter().map(|it| it.powf(1.0 + 2.0 * power)).sum();
        variances.iter().map(|it| length * it.powf(-2.0 * power) / INVERSE_RIDGE).collect()
    }
}
