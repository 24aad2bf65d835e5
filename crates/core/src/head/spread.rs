//! Labels spread on a pool's graph, from all answers and, for the answered
//! rows, from those of other folds.
//!
//! Spreading is linear, so what each answered row spreads is computed once, kept,
//! and only added up anew: one answer more costs one row more.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::{answers::Answers, graph::Graph};
use crate::pool::Row;

/// Values kept at most (256 MiB); beyond, classes and folds are spread anew.
const MOST_KEPT: usize = 1 << 26;
/// Rows turned at once from one vector a class into one row a row.
const TURNED_ROWS: usize = 1_024;

/// Labels spread on the graph: per row and class the mean of what the answers
/// of this class spread there.
#[derive(Debug)]
pub(crate) struct Spread {
    /// From all answers, shape `[rows, present]`.
    pub(crate) pool: Vec<f32>,
    /// At the answered rows, from the answers of other folds only, shape
    /// `[answered, present]`.
    pub(crate) out_of_fold: Vec<f32>,
}

/// Spreads labels, and keeps what it can use again. What it gives depends on
/// the answers alone, not on what was kept.
#[derive(Debug, Default)]
pub(crate) struct Spreader {
    /// What a row of value 1 spreads over the pool.
    kept: HashMap<Row, Vec<f32>>,
}

impl Spreader {
    pub(crate) fn spread(&mut self, graph: &Graph, answers: &Answers) -> Spread {
        if MOST_KEPT < answers.rows.len() * graph.n_rows() {
            self.kept = HashMap::new();
            return spread_by_fold(graph, answers);
        }
        self.keep(graph, &answers.rows);
        let reached: Vec<&[f32]> = answers.rows.iter().map(|it| &self.kept[it][..]).collect();
        let of_class = |class: usize| of_class(&reached, answers, class, graph.n_rows());
        let by_class: Vec<Vec<f32>> =
            (0..answers.present.len()).into_par_iter().map(of_class).collect();
        Spread {
            pool: turned(&by_class, graph.n_rows()),
            out_of_fold: out_of_fold(&reached, answers),
        }
    }

    /// Keeps what exactly `rows` spread.
    fn keep(&mut self, graph: &Graph, rows: &[Row]) {
        let wanted: BTreeSet<Row> = rows.iter().copied().collect();
        self.kept.retain(|row, _| wanted.contains(row));
        let missing: Vec<Row> =
            wanted.into_iter().filter(|it| !self.kept.contains_key(it)).collect();
        let sources: Vec<Vec<(u32, f32)>> = missing.iter().map(|it| vec![(it.0, 1.0)]).collect();
        let spread = graph.spread(&sources);
        let columns = spread.chunks_exact(graph.n_rows().max(1)).map(<[f32]>::to_vec);
        self.kept.extend(missing.into_iter().zip(columns));
    }
}

/// What the answers of `class` spread over the pool; `reached` by answered row.
fn of_class(reached: &[&[f32]], answers: &Answers, class: usize, n_rows: usize) -> Vec<f32> {
    let (mut sum, mut count) = (vec![0.0_f32; n_rows], 0.0);
    for (position, reached) in reached.iter().enumerate() {
        let share = answers.share(position, class);
        if 0.0 < share {
            count += share;
            sum.iter_mut().zip(*reached).for_each(|(sum, it)| *sum += share * it);
        }
    }
    sum.iter_mut().for_each(|it| *it = mean(*it, count));
    sum
}

fn out_of_fold(reached: &[&[f32]], answers: &Answers) -> Vec<f32> {
    let n = answers.present.len();
    let of_row = |(own, row): (usize, &Row)| {
        let (mut sums, mut counts) = (vec![0.0_f32; n], vec![0.0_f32; n]);
        for (position, reached) in reached.iter().enumerate() {
            if answers.folds[position] == answers.folds[own] {
                continue;
            }
            for (class, share) in answers.shares(position).iter().enumerate() {
                counts[class] += share;
                sums[class] += share * reached[row.index()];
            }
        }
        sums.iter().zip(&counts).map(|(sum, count)| mean(*sum, *count)).collect::<Vec<f32>>()
    };
    let rows: Vec<Vec<f32>> = answers.rows.par_iter().enumerate().map(of_row).collect();
    rows.concat()
}

/// Chebyshev's polynomial may dip below zero far from every label.
fn mean(sum: f32, count: f32) -> f32 {
    if 0.0 < count { f32::max(sum / count, 0.0) } else { 0.0 }
}

/// One vector a class as one row a row.
fn turned(by_class: &[Vec<f32>], n_rows: usize) -> Vec<f32> {
    let n = by_class.len();
    let mut rows = vec![0.0; n_rows * n];
    rows.par_chunks_mut(TURNED_ROWS * n).enumerate().for_each(|(block, rows)| {
        let first = block * TURNED_ROWS;
        for (class, values) in by_class.iter().enumerate() {
            let values = &values[first..];
            rows.iter_mut().skip(class).step_by(n).zip(values).for_each(|(out, it)| *out = *it);
        }
    });
    rows
}

/// Spreads every class of every fold apart, and adds them up with and without a
/// fold.
fn spread_by_fold(graph: &Graph, answers: &Answers) -> Spread {
    let (n, n_folds) = (answers.present.len(), answers.n_folds);
    let mut sources = vec![Vec::new(); n * n_folds];
    let mut counts = vec![0.0_f32; n * n_folds];
    for (position, row) in answers.rows.iter().enumerate() {
        for (class, share) in answers.shares(position).iter().enumerate() {
            let at = class * n_folds + answers.folds[position];
            if 0.0 < *share {
                sources[at].push((row.0, *share));
                counts[at] += share;
            }
        }
    }
    let spread = graph.spread(&sources);
    let n_rows = graph.n_rows();
    let at =
        |class: usize, fold: usize, row: usize| spread[(class * n_folds + fold) * n_rows + row];
    let mean_of = |class: usize, row: usize, left_out: usize| {
        let folds = (0..n_folds).filter(|it| *it != left_out);
        let (sum, count) = folds.fold((0.0, 0.0), |(sum, count), fold| {
            (sum + at(class, fold, row), count + counts[class * n_folds + fold])
        });
        mean(sum, count)
    };
    let mut pool = vec![0.0; n_rows * n];
    pool.par_chunks_exact_mut(n).enumerate().for_each(|(row, out)| {
        out.iter_mut().enumerate().for_each(|(class, it)| *it = mean_of(class, row, n_folds));
    });
    let folds = answers.rows.iter().zip(&answers.folds);
    let out_of_fold =
        folds.flat_map(|(row, fold)| (0..n).map(|it| mean_of(it, row.index(), *fold)));
    Spread { out_of_fold: out_of_fold.collect(), pool }
}

#[cfg(test)]
mod tests {
    use super::{Spread, Spreader, spread_by_fold};
    use crate::{
        head::{answers::Answers, graph::Graph},
        label::{ClassId, Label},
        matrix::Embeddings,
        neighbours::Neighbours,
        pool::Row,
    };

    fn graph(n_rows: usize) -> Graph {
        let mut rng = fastrand::Rng::with_seed(8);
        let values = (0..n_rows * 6).map(|_| rng.f32() - 0.5).collect();
        Graph::new(&Neighbours::exact(&Embeddings::new(6, values), 10))
    }

    /// Rows `0, 3, 6, …`, some of them answered by two people who disagree.
    fn answers(n: u32) -> Answers {
        let answer = |it: u32, class: u32| (Row(3 * it), Label::Class(ClassId(class as u16)));
        let first = (0..n).map(|it| answer(it, it % 4));
        let second = (0..n).step_by(5).map(|it| answer(it, (it + 1) % 4));
        Answers::new(&first.chain(second).collect::<Vec<_>>(), 2)
    }

    fn is_close(ours: &Spread, expected: &Spread) -> bool {
        let close = |a: &[f32], b: &[f32]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6 + 1e-4 * b)
        };
        close(&ours.pool, &expected.pool) && close(&ours.out_of_fold, &expected.out_of_fold)
    }

    #[test]
    fn adding_up_rows_is_spreading_folds() {
        let graph = graph(700);
        for n in [3, 40, 230] {
            let answers = answers(n);
            let ours = Spreader::default().spread(&graph, &answers);
            assert!(is_close(&ours, &spread_by_fold(&graph, &answers)), "{n} answers");
        }
    }

    #[test]
    fn what_was_kept_changes_nothing() {
        let graph = graph(300);
        let mut spreader = Spreader::default();
        for n in [20, 21, 90, 35] {
            let ours = spreader.spread(&graph, &answers(n));
            let afresh = Spreader::default().spread(&graph, &answers(n));
            assert_eq!((ours.pool, ours.out_of_fold), (afresh.pool, afresh.out_of_fold));
            assert_eq!(spreader.kept.len(), n as usize);
        }
    }
}
