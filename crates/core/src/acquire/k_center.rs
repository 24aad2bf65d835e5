//! k-center greedy, also known as coreset selection.

use std::{cmp::Reverse, collections::BinaryHeap};

use rayon::prelude::*;

use crate::{
    linalg::{dot, product_abt},
    matrix::Embeddings,
    pool::{Pool, Row},
};

/// k-center greedy: repeatedly the row farthest from every label.
///
/// Distance is Euclidean between unit embeddings, to the nearest of the labelled
/// and the chosen rows. With nothing labelled, the first choice is the lowest
/// unlabelled row. Returns `min(n, unlabelled)` rows in the order chosen, ties to
/// the lower row; their covering radius is at most twice the best possible
/// (Gonzalez 1985).
///
/// Covers the pool, and so finds rare kinds of items, but also every outlier;
/// needs no model. Exact at any size: a row's distance is brought up to date
/// only when it could be the farthest, since distances only fall. Time
/// `labelled · unlabelled · dim` and at worst `n · unlabelled · dim` for the
/// batch, memory `unlabelled`; no pairwise matrix.
///
/// Sener, Savarese (2018), *Active Learning for Convolutional Neural Networks:
/// A Core-Set Approach*, ICLR, arXiv 1708.00489, algorithm 1.
pub fn k_center(pool: &Pool, embeddings: &Embeddings, n: usize) -> Vec<Row> {
    let candidates = pool.unlabelled();
    let nearest = nearest_squared(candidates, pool.labelled(), embeddings);
    let mut heap: BinaryHeap<Candidate> = (0..)
        .zip(&nearest)
        .map(|(position, &bound)| Candidate { bound, position: Reverse(position), n_seen: 0 })
        .collect();
    let mut batch: Vec<Row> = Vec::new();
    while batch.len() < n
        && let Some(farthest) = pop_farthest(&mut heap, &batch, candidates, embeddings)
    {
        batch.push(candidates[farthest.position.0 as usize]);
    }
    batch
}

/// Candidates whose distance is brought up to date together.
const BLOCK: usize = 256;

/// A candidate and the squared distance to its nearest centre, counting the
/// labelled rows and the first `n_seen` of the batch.
struct Candidate {
    bound: f32,
    position: Reverse<u32>,
    n_seen: usize,
}

/// The farthest candidate, with its distance to the whole batch.
///
/// A distance that has not seen all of the batch is an upper bound, so a
/// candidate on top of the heap that has seen all of it is the farthest.
fn pop_farthest(
    heap: &mut BinaryHeap<Candidate>,
    batch: &[Row],
    candidates: &[Row],
    embeddings: &Embeddings,
) -> Option<Candidate> {
    loop {
        let top = heap.pop()?;
        if top.n_seen == batch.len() {
            return Some(top);
        }
        let mut stale = vec![top];
        while stale.len() < BLOCK
            && let Some(next) = heap.peek()
            && next.n_seen < batch.len()
        {
            stale.extend(heap.pop());
        }
        stale.par_iter_mut().with_min_len(16).for_each(|it| {
            let row = embeddings.row(candidates[it.position.0 as usize]);
            for &center in &batch[it.n_seen..] {
                it.bound = it.bound.min(squared_distance(row, embeddings.row(center)));
            }
            it.n_seen = batch.len();
        });
        heap.extend(stale);
    }
}

/// Squared distance of each candidate to the nearest of `centers`, infinite
/// without centres.
fn nearest_squared(candidates: &[Row], centers: &[Row], embeddings: &Embeddings) -> Vec<f32> {
    let dim = embeddings.dim();
    let centers = embeddings.gather(centers);
    let center_norms: Vec<f32> = centers.chunks_exact(dim).map(|it| dot(it, it)).collect();
    let mut nearest = vec![f32::INFINITY; candidates.len()];
    if centers.is_empty() {
        return nearest;
    }
    candidates.par_chunks(BLOCK).zip(nearest.par_chunks_mut(BLOCK)).for_each(|(rows, nearest)| {
        let gathered = embeddings.gather(rows);
        let mut products = vec![0.0; rows.len() * center_norms.len()];
        product_abt(&gathered, &centers, dim, &mut products);
        let products = products.chunks_exact(center_norms.len());
        for ((row, products), nearest) in gathered.chunks_exact(dim).zip(products).zip(nearest) {
            let least = products
                .iter()
                .zip(&center_norms)
                .map(|(product, norm)| norm - 2.0 * product)
                .fold(f32::INFINITY, f32::min);
            *nearest = (least + dot(row, row)).max(0.0);
        }
    });
    nearest
}

/// Summed in eight interleaved parts, so that it runs at the speed of memory.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let tail: f32 = tail.map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += (a - b) * (a - b);
        }
    }
    sums.iter().sum::<f32>() + tail
}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> std::cmp::Ordering {
        self.bound.total_cmp(&other.bound).then(self.position.cmp(&other.position))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

#[cfg(test)]
mod tests {
    use super::{k_center, squared_distance};
    use crate::{
        acquire::fixture,
        matrix::Embeddings,
        pool::{Pool, Row},
    };

    #[test]
    fn it_starts_opposite_what_is_labelled() {
        let (pool, embeddings) = fixture::points(
            "
            *  1  0
               1  0.1
              -1  0
               0  1
              -1  0.1",
        );
        assert_eq!(fixture::show(&k_center(&pool, &embeddings, 3)), "2 3 4");
    }

    #[test]
    fn a_cold_start_takes_each_row_once() {
        let (pool, embeddings) = fixture::points(
            "
              1 0
              1 0
              0 1",
        );
        assert_eq!(fixture::show(&k_center(&pool, &embeddings, 5)), "0 2 1");
    }

    /// The greedy rule, every distance computed at every step.
    fn plain(pool: &Pool, embeddings: &Embeddings, n: usize) -> Vec<Row> {
        let mut centers = pool.labelled().to_vec();
        let mut batch = Vec::new();
        let mut rest = pool.unlabelled().to_vec();
        while batch.len() < n && !rest.is_empty() {
            let distance = |row: Row| {
                let to = |it: &Row| squared_distance(embeddings.row(row), embeddings.row(*it));
                centers.iter().map(to).fold(f32::INFINITY, f32::min)
            };
            let better =
                |a: usize, b: usize| if distance(rest[a]) < distance(rest[b]) { b } else { a };
            let farthest = rest.remove((0..rest.len()).reduce(better).expect("not empty"));
            centers.push(farthest);
            batch.push(farthest);
        }
        batch
    }

    #[test]
    fn lazy_distances_choose_what_plain_greedy_chooses() {
        for seed in 0..20 {
            let (embeddings, _) = fixture::random_world(700, 12, 2, seed);
            let pool = Pool::new(700, &[Row(5), Row(600)], &[Row(7)]);
            assert_eq!(k_center(&pool, &embeddings, 40), plain(&pool, &embeddings, 40));
            let pool = Pool::new(700, &[], &[]);
            assert_eq!(k_center(&pool, &embeddings, 40), plain(&pool, &embeddings, 40));
        }
    }

    /// The guarantee in the doc comment, against the best cover found by trying
    /// every pair of centers.
    #[test]
    fn it_covers_within_twice_the_optimum() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..50 {
            let points: Vec<f32> = (0..36).map(|_| rng.f32() - 0.5).collect();
            let embeddings = Embeddings::new(3, points);
            let pool = Pool::new(12, &[], &[]);
            let radius = |centers: &[Row]| {
                let distance = |row, center: &Row| {
                    squared_distance(embeddings.row(row), embeddings.row(*center)).sqrt()
                };
                let nearest = |row| centers.iter().map(|it| distance(row, it)).fold(9.0, f32::min);
                (0..12).map(|row| nearest(Row(row))).fold(0.0, f32::max)
            };
            let pairs = (0..12).flat_map(|a| (0..a).map(move |b| [Row(a), Row(b)]));
            let best = pairs.map(|it| radius(&it)).fold(9.0, f32::min);
            assert!(radius(&k_center(&pool, &embeddings, 2)) <= 2.0 * best + 1e-6);
        }
    }
}
