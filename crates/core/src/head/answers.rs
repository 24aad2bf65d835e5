//! Answers as the members of a head see them: one row each, dealt to folds.

use std::collections::BTreeMap;

use crate::{
    label::{ClassId, Label},
    pool::Row,
};

/// The answers as the members see them.
#[derive(Debug)]
pub(crate) struct Answers {
    /// Ascending, each once.
    pub(crate) rows: Vec<Row>,
    /// Classes with an answer, ascending.
    pub(crate) present: Vec<ClassId>,
    /// Shares of the answers, shape `[rows, present]`.
    pub(crate) targets: Vec<f32>,
    /// The most frequent answer, ties to the lower class.
    pub(crate) classes: Vec<usize>,
    pub(crate) folds: Vec<usize>,
    pub(crate) n_folds: usize,
}

impl Answers {
    pub(crate) fn new(answers: &[(Row, Label)], rng_seed: u64) -> Answers {
        let mut counts: BTreeMap<Row, BTreeMap<ClassId, f32>> = BTreeMap::new();
        for (row, label) in answers {
            let class = label.class().expect("class models are asked about classes");
            *counts.entry(*row).or_default().entry(class).or_default() += 1.0;
        }
        let mut present: Vec<ClassId> = counts.values().flat_map(|it| it.keys()).copied().collect();
        present.sort_unstable();
        present.dedup();
        let mut targets = Vec::with_capacity(counts.len() * present.len());
        let mut classes = Vec::with_capacity(counts.len());
        for votes in counts.values() {
            let n_votes: f32 = votes.values().sum();
            let share = |class| votes.get(class).map_or(0.0, |it| it / n_votes);
            let shares: Vec<f32> = present.iter().map(share).collect();
            classes.push(position_of_largest(&shares));
            targets.extend(shares);
        }
        let n_folds = match counts.len() {
            0..200 if present.len() <= 20 => 10,
            0..1_500 => 5,
            _ => 3,
        };
        let folds = stratified_folds(&classes, n_folds, rng_seed);
        Answers { rows: counts.into_keys().collect(), present, targets, classes, folds, n_folds }
    }
}

impl Answers {
    /// The share of each present class in the answers of a row.
    pub(crate) fn shares(&self, position: usize) -> &[f32] {
        let n = self.present.len();
        &self.targets[position * n..][..n]
    }

    pub(crate) fn share(&self, position: usize, class: usize) -> f32 {
        self.targets[position * self.present.len() + class]
    }
}

/// Deals rows to folds, class by class in random order, so that every fold has
/// its share of every class and all are of almost equal size.
fn stratified_folds(classes: &[usize], n_folds: usize, rng_seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    fastrand::Rng::with_seed(rng_seed).shuffle(&mut order);
    order.sort_by_key(|it| classes[*it]);
    let mut folds = vec![0; classes.len()];
    for (turn, position) in order.into_iter().enumerate() {
        folds[position] = turn % n_folds;
    }
    folds
}

pub(crate) fn position_of_largest(values: &[f32]) -> usize {
    (0..values.len())
        .reduce(|best, it| if values[best] < values[it] { it } else { best })
        .unwrap_or(0)
}
