//! Nearest neighbours by cosine similarity.
//!
//! [`Neighbours::exact`] compares every row with every other in blocks, so
//! memory stays linear in the rows; [`nearest`] compares given vectors with
//! chosen rows; [`Neighbours::approximate`] is for pools where comparing all
//! pairs takes too long. None of them keeps an index.

use rayon::prelude::*;

use crate::{linalg, matrix::Embeddings, pool::Row};

mod approximate;

/// Queries compared at once: one task of the thread pool.
const QUERY_BLOCK: usize = 128;
/// Rows compared at once: their similarities to a block of queries fit in cache.
const ROW_BLOCK: usize = 1_024;

/// Is told from time to time how many queries more are done, and says whether to
/// go on; from several threads at once.
pub type GoOn<'a> = &'a (dyn Fn(usize) -> bool + Sync);

/// For every query the `k` most similar rows, most similar first.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    // Invariant: both are `[queries, k]`; similarities descend within a query,
    // equal ones by ascending row; no row twice in one query.
    k: usize,
    n_queries: usize,
    rows: Vec<Row>,
    similarities: Vec<f32>,
}

impl Neighbours {
    /// Neighbours found elsewhere: per query `k` pairs of a row and its cosine
    /// similarity, in any order; they are sorted here by descending similarity,
    /// ties to the lower row.
    ///
    /// # Panics
    ///
    /// If a query has not exactly `k` pairs, or one row twice.
    pub fn new(k: usize, found: Vec<Vec<(Row, f32)>>) -> Neighbours {
        let n_queries = found.len();
        let mut rows = Vec::with_capacity(n_queries * k);
        let mut similarities = Vec::with_capacity(n_queries * k);
        for mut pairs in found {
            assert!(pairs.len() == k, "{} neighbours where {k} were asked for", pairs.len());
            pairs.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            assert!(pairs.windows(2).all(|it| it[0].0 != it[1].0), "a neighbour listed twice");
            rows.extend(pairs.iter().map(|it| it.0));
            similarities.extend(pairs.iter().map(|it| it.1));
        }
        Neighbours { k, n_queries, rows, similarities }
    }

    /// Neighbours of every row of a pool as [`Neighbours::parts`] gave them;
    /// `None` if these cannot be that.
    pub fn from_parts(k: usize, rows: Vec<Row>, similarities: Vec<f32>) -> Option<Neighbours> {
        if k == 0 || !rows.len().is_multiple_of(k) || rows.len() != similarities.len() {
            return None;
        }
        let n_queries = rows.len() / k;
        let is_row = |it: &Row| it.index() < n_queries;
        let is_similarity = |it: &f32| it.is_finite();
        let is_whole = rows.iter().all(is_row) && similarities.iter().all(is_similarity);
        is_whole.then_some(Neighbours { k, n_queries, rows, similarities })
    }

    /// All rows and all similarities, query after query, `k` each.
    pub fn parts(&self) -> (&[Row], &[f32]) {
        (&self.rows, &self.similarities)
    }

    /// For every row its `k` nearest other rows by cosine similarity, all rows
    /// compared; `rows - 1` if there are fewer.
    ///
    /// Time `O(rows² · dim)` on all cores, memory `O(rows · k)`.
    ///
    /// # Panics
    ///
    /// If an embedding is not finite.
    pub fn exact(embeddings: &Embeddings, k: usize) -> Neighbours {
        Neighbours::exact_while(embeddings, k, &|_| true).expect("nobody stopped it")
    }

    fn exact_while(embeddings: &Embeddings, k: usize, go_on: GoOn<'_>) -> Option<Neighbours> {
        let all: Vec<Row> = (0..embeddings.n_rows()).map(Row).collect();
        let k = k.min(all.len().saturating_sub(1));
        let view = Candidates { values: embeddings.values(), dim: embeddings.dim(), rows: &all };
        view.nearest(embeddings.values(), k, true, go_on)
    }

    /// Neighbours per query.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Number of queries; for [`Neighbours::exact`] the number of rows.
    pub fn n_queries(&self) -> usize {
        self.n_queries
    }

    /// The neighbours of the query at `position`, most similar first; for
    /// [`Neighbours::exact`] the position is the row.
    pub fn rows(&self, position: usize) -> &[Row] {
        &self.rows[position * self.k..][..self.k]
    }

    /// Cosine similarities to [`Neighbours::rows`], same order, in `[-1, 1]`.
    pub fn similarities(&self, position: usize) -> &[f32] {
        &self.similarities[position * self.k..][..self.k]
    }
}

/// For every query the `k` rows of `among` most similar to it; all of them if
/// there are fewer.
///
/// `queries` has shape `[queries, dim]`, rows of unit length, and `among` lists
/// no row twice; a query that is itself in `among` finds itself. Results are in
/// the order of `queries`, ties go to the lower row. Cost
/// `O(queries · among · dim)` on all cores.
///
/// # Panics
///
/// If a value is not finite or `dim` does not divide the queries.
pub fn nearest(embeddings: &Embeddings, queries: &[f32], among: &[Row], k: usize) -> Neighbours {
    let dim = embeddings.dim();
    assert!(queries.len().is_multiple_of(dim), "queries do not form rows of length {dim}");
    let mut among = among.to_vec();
    among.sort_unstable();
    let values = embeddings.gather(&among);
    let k = k.min(among.len());
    let candidates = Candidates { values: &values, dim, rows: &among };
    candidates.nearest(queries, k, false, &|_| true).expect("nobody stopped it")
}

/// What one query has found, most similar first.
type Best = Vec<(Row, f32)>;

/// The rows among which neighbours are sought, ascending.
struct Candidates<'a> {
    values: &'a [f32],
    dim: usize,
    rows: &'a [Row],
}

impl Candidates<'_> {
    fn nearest(
        &self,
        queries: &[f32],
        k: usize,
        exclude_self: bool,
        go_on: GoOn<'_>,
    ) -> Option<Neighbours> {
        let blocks = queries.par_chunks(QUERY_BLOCK * self.dim).enumerate();
        let found: Option<Vec<Vec<Best>>> = blocks
            .map(|(block, queries)| {
                let first = exclude_self.then_some(block * QUERY_BLOCK);
                let found = self.nearest_of_block(queries, k, first);
                go_on(found.len()).then_some(found)
            })
            .collect();
        Some(Neighbours::new(k, found?.into_iter().flatten().collect()))
    }

    /// `first` is the row of the first query where queries are rows and must
    /// not find themselves.
    fn nearest_of_block(&self, queries: &[f32], k: usize, first: Option<usize>) -> Vec<Best> {
        let mut best = vec![Vec::with_capacity(k + 1); queries.len() / self.dim];
        let mut products = vec![0.0; best.len() * ROW_BLOCK];
        let blocks = self.values.chunks(ROW_BLOCK * self.dim).zip(self.rows.chunks(ROW_BLOCK));
        for (values, rows) in blocks {
            let products = &mut products[..best.len() * rows.len()];
            linalg::product_abt(queries, values, self.dim, products);
            let per_query = best.iter_mut().zip(products.chunks_exact(rows.len()));
            for (position, (best, similarities)) in per_query.enumerate() {
                let own = first.map(|first| Row((first + position) as u32));
                keep_largest(best, rows, similarities, k, own);
            }
        }
        best
    }
}

/// Merges `rows` into `best`, the at most `k` most similar so far, descending.
/// Rows come ascending, so an equal similarity never displaces.
fn keep_largest(best: &mut Best, rows: &[Row], similarities: &[f32], k: usize, own: Option<Row>) {
    let mut least = if best.len() < k { f32::NEG_INFINITY } else { last_similarity(best) };
    for (&row, &similarity) in rows.iter().zip(similarities) {
        assert!(!similarity.is_nan(), "embeddings are finite");
        if least < similarity && Some(row) != own {
            let place = best.partition_point(|it| similarity <= it.1);
            best.insert(place, (row, similarity));
            best.truncate(k);
            if best.len() == k {
                least = last_similarity(best);
            }
        }
    }
}

fn last_similarity(best: &[(Row, f32)]) -> f32 {
    best.last().map_or(f32::INFINITY, |it| it.1)
}

#[cfg(test)]
mod tests {
    use super::{Neighbours, nearest};
    use crate::{linalg, matrix::Embeddings, pool::Row};

    fn random(rows: usize, dim: usize, seed: u64) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(seed);
        Embeddings::new(dim, (0..rows * dim).map(|_| rng.f32() - 0.4).collect())
    }

    /// The obvious way, one pair at a time.
    fn brute_force(embeddings: &Embeddings, query: Row, k: usize) -> Vec<Row> {
        let others = (0..embeddings.n_rows()).map(Row).filter(|it| *it != query);
        let similarity = |it| linalg::dot(embeddings.row(it), embeddings.row(query));
        let mut others: Vec<(f32, Row)> = others.map(|it| (similarity(it), it)).collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        others.into_iter().take(k).map(|it| it.1).collect()
    }

    #[test]
    fn exact_neighbours_match_brute_force_across_blocks() {
        let embeddings = random(2_500, 7, 1);
        let neighbours = Neighbours::exact(&embeddings, 9);
        assert_eq!((neighbours.k(), neighbours.n_queries()), (9, 2_500));
        for row in (0..2_500).step_by(97).map(Row) {
            assert_eq!(neighbours.rows(row.index()), brute_force(&embeddings, row, 9));
            let similarities = neighbours.similarities(row.index());
            assert!(similarities.windows(2).all(|it| it[1] <= it[0]));
        }
    }

    #[test]
    fn ties_go_to_the_lower_row_and_k_is_bounded_by_the_rows() {
        let embeddings = Embeddings::new(2, [1.0, 0.0].repeat(4));
        let neighbours = Neighbours::exact(&embeddings, 2);
        assert_eq!(neighbours.rows(0), [Row(1), Row(2)]);
        assert_eq!(neighbours.rows(3), [Row(0), Row(1)]);
        assert_eq!(Neighbours::exact(&embeddings, 9).k(), 3);
        assert_eq!(Neighbours::exact(&Embeddings::new(2, vec![1.0, 0.0]), 9).k(), 0);
    }

    #[test]
    fn queries_find_only_chosen_rows_whatever_their_order() {
        let embeddings = random(300, 5, 2);
        let among: Vec<Row> = (0..300).rev().step_by(7).map(Row).collect();
        let found = nearest(&embeddings, embeddings.row(Row(3)), &among, 4);
        let all = brute_force(&embeddings, Row(3), 299);
        let expected: Vec<Row> = all.into_iter().filter(|it| among.contains(it)).take(4).collect();
        assert_eq!(found.rows(0), expected);
        assert_eq!(nearest(&embeddings, embeddings.row(among[1]), &among, 1).rows(0), [among[1]]);
        assert_eq!(nearest(&embeddings, embeddings.row(Row(3)), &[], 4).k(), 0);
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let embeddings = random(700, 33, 3);
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        assert_eq!(
            single.install(|| Neighbours::exact(&embeddings, 5)),
            Neighbours::exact(&embeddings, 5)
        );
    }
}
