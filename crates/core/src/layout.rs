//! A pool as points in the plane, near each other where items look alike: for
//! people to look at. Nothing is decided from it; distances between groups mean
//! little.

use rayon::prelude::*;

use crate::head::graph::Graph;

/// Edges pulled in one pass over the graph, in passes.
const EPOCHS: usize = 200;
/// The same for pools so large that a pass takes long.
const EPOCHS_OF_LARGE: usize = 60;
const LARGE: usize = 50_000;
/// Points pushed away for every edge that pulls.
const NEGATIVES: usize = 5;
/// The curve `1 / (1 + a d^(2b))` for a least distance of .1.
const A: f32 = 1.577;
const B: f32 = 0.895;
/// No force moves a point further than this at once.
const STEP: f32 = 4.0;
/// Half the extent at the start.
const EXTENT: f32 = 10.0;

/// One point `(x, y)` per row of `graph`, in `[-1, 1]`, by attraction along its
/// edges and repulsion between random pairs, from where the first two principal
/// coordinates put them.
///
/// `coordinates` have shape `[rows, n_directions]`. Equal arguments give equal
/// points. Cost `O(edges)` a pass, 60 to 200 passes: about 3 seconds for 10,000
/// rows of 20 neighbours on one core.
///
/// McInnes, Healy, Melville (2018), *UMAP: Uniform Manifold Approximation and
/// Projection*, arXiv 1802.03426: its optimisation with the weights of the
/// pool's graph, sampled by edge weight.
///
/// # Panics
///
/// If there are not as many coordinates as rows.
pub fn layout(
    graph: &Graph,
    coordinates: &[f32],
    n_directions: usize,
    rng_seed: u64,
) -> Vec<(f32, f32)> {
    let n = graph.n_rows();
    assert!(coordinates.len() == n * n_directions, "one row of coordinates per point");
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    let mut points = start(coordinates, n_directions, &mut rng);
    let edges = edges(graph);
    let n_epochs = if LARGE < n { EPOCHS_OF_LARGE } else { EPOCHS };
    for epoch in 0..n_epochs {
        let rate = 1.0 - epoch as f32 / n_epochs as f32;
        for &(from, to, weight) in &edges {
            if rng.f32() < weight {
                pull(&mut points, from as usize, to as usize, rate);
                for _ in 0..NEGATIVES {
                    push(&mut points, from as usize, rng.usize(..n), rate);
                }
            }
        }
    }
    into_unit_square(points)
}

/// The first two coordinates, scaled, with a little noise so that equal items
/// can part.
fn start(coordinates: &[f32], n_directions: usize, rng: &mut fastrand::Rng) -> Vec<(f32, f32)> {
    let at = |row: &[f32], axis: usize| row.get(axis).copied().unwrap_or(0.0);
    let rows = coordinates.chunks_exact(n_directions.max(1));
    let largest = coordinates
        .par_chunks_exact(n_directions.max(1))
        .map(|row| at(row, 0).abs().max(at(row, 1).abs()))
        .reduce(|| 0.0, f32::max);
    let scale = if 0.0 < largest { EXTENT / largest } else { 0.0 };
    rows.map(|row| {
        let noise = |rng: &mut fastrand::Rng| 0.02 * (rng.f32() - 0.5);
        (at(row, 0) * scale + noise(rng), at(row, 1) * scale + noise(rng))
    })
    .collect()
}

/// Every edge once, with its weight relative to the heaviest of its row.
fn edges(graph: &Graph) -> Vec<(u32, u32, f32)> {
    let mut edges = Vec::new();
    for row in 0..graph.n_rows() {
        let heaviest = graph.edges(row).map(|it| it.1).fold(0.0, f32::max);
        if 0.0 < heaviest {
            let own =
                graph.edges(row).map(|(to, weight)| (row as u32, to as u32, weight / heaviest));
            edges.extend(own);
        }
    }
    edges
}

fn pull(points: &mut [(f32, f32)], from: usize, to: usize, rate: f32) {
    let (dx, dy) = difference(points, from, to);
    let squared = dx * dx + dy * dy;
    if squared <= 0.0 {
        return;
    }
    let force = -2.0 * A * B * squared.powf(B - 1.0) / (1.0 + A * squared.powf(B));
    let (x, y) = (bounded(force * dx) * rate, bounded(force * dy) * rate);
    points[from].0 += x;
    points[from].1 += y;
    points[to].0 -= x;
    points[to].1 -= y;
}

fn push(points: &mut [(f32, f32)], from: usize, other: usize, rate: f32) {
    if from == other {
        return;
    }
    let (dx, dy) = difference(points, from, other);
    let squared = dx * dx + dy * dy;
    let force = 2.0 * B / ((0.001 + squared) * (1.0 + A * squared.powf(B)));
    points[from].0 += bounded(force * dx) * rate;
    points[from].1 += bounded(force * dy) * rate;
}

fn difference(points: &[(f32, f32)], from: usize, to: usize) -> (f32, f32) {
    (points[from].0 - points[to].0, points[from].1 - points[to].1)
}

fn bounded(force: f32) -> f32 {
    force.clamp(-STEP, STEP)
}

fn into_unit_square(mut points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    let bounds = |axis: fn(&(f32, f32)) -> f32| {
        points.iter().map(axis).fold((f32::MAX, f32::MIN), |it, x| (it.0.min(x), it.1.max(x)))
    };
    let (x, y) = (bounds(|it| it.0), bounds(|it| it.1));
    let half = 0.5 * (x.1 - x.0).max(y.1 - y.0).max(f32::MIN_POSITIVE);
    let centre = (0.5 * (x.0 + x.1), 0.5 * (y.0 + y.1));
    for point in &mut points {
        *point = ((point.0 - centre.0) / half, (point.1 - centre.1) / half);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::layout;
    use crate::{head::prepared::Prepared, matrix::Embeddings};

    /// Three clouds of 60 items.
    fn clouds() -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(5);
        let values = (0..180).flat_map(|row| {
            let own = row / 60;
            (0..8)
                .map(|axis| f32::from(u8::from(axis == own)) * 3.0 + rng.f32() - 0.5)
                .collect::<Vec<f32>>()
        });
        Embeddings::new(8, values.collect())
    }

    fn points(embeddings: &Embeddings) -> Vec<(f32, f32)> {
        let prepared = Prepared::new(embeddings);
        let n_directions = prepared.principal().n_directions();
        layout(prepared.graph(), prepared.coordinates(), n_directions, 1)
    }

    #[test]
    fn what_looks_alike_lies_together() {
        let points = points(&clouds());
        let distance =
            |a: usize, b: usize| (points[a].0 - points[b].0).hypot(points[a].1 - points[b].1);
        let nearest_is_own = |a: &usize| {
            let others = (0..180).filter(|b| b != a);
            let nearest = others.min_by(|b, c| distance(*a, *b).total_cmp(&distance(*a, *c)));
            nearest.expect("there are others") / 60 == a / 60
        };
        assert!(170 <= (0..180).filter(nearest_is_own).count());
        assert!(points.iter().all(|it| it.0.abs() <= 1.0001 && it.1.abs() <= 1.0001));
    }

    #[test]
    fn equal_pools_give_equal_maps_and_equal_items_are_no_trouble() {
        assert_eq!(points(&clouds()), points(&clouds()));
        let equal = Embeddings::new(2, vec![1.0; 60]);
        assert!(points(&equal).iter().all(|it| it.0.is_finite() && it.1.is_finite()));
    }
}
