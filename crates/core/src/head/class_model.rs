//! The task model for items of exactly one class.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    answers::Answers,
    graph,
    logistic::{self, Logistic, Problem, Training},
    prepared::{GRAPH_NEIGHBOURS, Prepared},
    signals::{self, Evidence, Known},
    softmax::log_softmax_in_place,
    spread::Spreader,
    stack::{Members, Mixture},
};
use crate::{
    label::{ClassId, Label},
    matrix::{Embeddings, Probabilities},
    model::{Predictions, TaskModel, Untrainable},
    neighbours,
    pool::Row,
};

const TOLERANCE: f64 = 1e-4;
/// Keeps rows out of reach of every label at equal probabilities.
const SPREAD_FLOOR: f32 = 1e-3;

/// A logistic regression stacked with label propagation on the pool's graph,
/// mixed and calibrated by out-of-fold likelihood.
///
/// A refit reads the pool prepared before; with 1,000 answers, 10 classes and
/// 6,000 rows it takes about .15 seconds of one core. The head is transductive:
/// it knows the pool it labels; for other items see [`ClassModel::predict`] and
/// [`distil`](super::distil::distil).
#[derive(Debug)]
pub struct ClassModel {
    prepared: Arc<Prepared>,
    n_classes: usize,
    fitted: Option<Fitted>,
    out_of_fold: Option<Predictions>,
    spreader: Spreader,
}

/// What the last fit learned.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Classes with an answer, ascending: what the members' columns mean.
    pub present: Vec<ClassId>,
    /// The regression, on the pool's principal coordinates.
    pub regression: Logistic,
    /// How the members are mixed: the regression, then propagation.
    pub mixture: Mixture,
    /// Each member on the pool.
    pub members: Members,
    /// Each member on the answered rows, by models that had not seen them.
    pub members_out_of_fold: Members,
    /// Position in `present` of the class answered, for each answered row.
    pub classes: Vec<usize>,
    /// Answered rows, ascending.
    pub rows: Vec<Row>,
    /// Spread labels, shape `[rows, present]`, before normalisation.
    spread: Vec<f32>,
    /// The same at the answered rows, shape `[answered, present]`.
    spread_out_of_fold: Vec<f32>,
}

impl ClassModel {
    /// A model for the pool `embeddings` and a schema of `n_classes` classes.
    /// Compares all pairs of rows, see [`Prepared::new`].
    ///
    /// # Panics
    ///
    /// If there are fewer than two classes.
    pub fn new(embeddings: &Embeddings, n_classes: usize) -> ClassModel {
        ClassModel::on(Arc::new(Prepared::new(embeddings)), n_classes)
    }

    /// A model on a pool prepared before, which other models may share.
    ///
    /// # Panics
    ///
    /// If there are fewer than two classes.
    pub fn on(prepared: Arc<Prepared>, n_classes: usize) -> ClassModel {
        assert!(2 <= n_classes, "a schema has two classes or more");
        let spreader = Spreader::default();
        ClassModel { prepared, n_classes, fitted: None, out_of_fold: None, spreader }
    }

    /// What the last fit learned, if there was one.
    pub fn fitted(&self) -> Option<&Fitted> {
        self.fitted.as_ref()
    }

    /// The pool this model is for.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// Members on items that are not in the pool, with columns as in
    /// [`Fitted::present`]; `None` before the first fit.
    ///
    /// `pool` is what the model was made from. Propagation reaches an item
    /// through its 20 nearest rows. Cost `O(items · rows · dim)`.
    pub fn members_of(&self, pool: &Embeddings, items: &Embeddings) -> Option<Members> {
        let fitted = self.fitted.as_ref()?;
        let map = self.prepared.map();
        let (features, items) = (map.features(pool), map.features(items));
        let coordinates = self.prepared.principal().project(items.values());
        let all: Vec<Row> = (0..features.n_rows()).map(Row).collect();
        let found = neighbours::nearest(&features, items.values(), &all, GRAPH_NEIGHBOURS);
        let (own, scales) = (graph::scales(&found), self.prepared.scales());
        let n = fitted.present.len();
        let mut reached = vec![0.0; found.n_queries() * n];
        for (item, reached) in reached.chunks_exact_mut(n).enumerate() {
            for (row, similarity) in found.rows(item).iter().zip(found.similarities(item)) {
                let weight = graph::edge_weight(*similarity, own[item], scales[row.index()]);
                let spread = &fitted.spread[row.index() * n..][..n];
                reached.iter_mut().zip(spread).for_each(|(sum, it)| *sum += weight * it);
            }
        }
        Some(Members {
            n_classes: n,
            log_probabilities: member_matrices(&fitted.regression, &coordinates, &reached),
        })
    }

    /// Probabilities for items that are not in the pool; see
    /// [`ClassModel::members_of`].
    ///
    /// # Panics
    ///
    /// If the items' embeddings are not finite.
    pub fn predict(&self, pool: &Embeddings, items: &Embeddings) -> Option<Probabilities> {
        let members = self.members_of(pool, items)?;
        let fitted = self.fitted.as_ref()?;
        Some(self.probabilities(fitted, &members).expect("items are finite"))
    }

    fn fit(&mut self, answers: &Answers) -> Fitted {
        let n = answers.present.len();
        let dim = self.prepared.principal().n_directions();
        let coordinates = self.prepared.coordinates();
        let rows = answers.rows.iter().flat_map(|it| &coordinates[it.index() * dim..][..dim]);
        let features: Vec<f32> = rows.copied().collect();
        let training =
            Training { features: &features, dim, targets: &answers.targets, n_classes: n };

        let ridge = self.prepared.ridge(power(self.n_classes));
        let problem = Problem { held_out: &[], ridge: &ridge, start: None };
        let regression = logistic::fit(training, &[problem], TOLERANCE).remove(0);
        let spread = self.spreader.spread(self.prepared.graph(), answers);
        let members = Members {
            n_classes: n,
            log_probabilities: member_matrices(&regression, coordinates, &spread.pool),
        };

        let folds = fit_folds(training, answers, &ridge, &regression);
        let out_of_fold = vec![log_softmax_rows(folds, n), log_of_spread(&spread.out_of_fold, n)];
        let members_out_of_fold = Members { n_classes: n, log_probabilities: out_of_fold };
        let mixture = Mixture::choose(&members, &members_out_of_fold, &answers.classes);
        Fitted {
            present: answers.present.clone(),
            regression,
            mixture,
            members,
            members_out_of_fold,
            classes: answers.classes.clone(),
            rows: answers.rows.clone(),
            spread: spread.pool,
            spread_out_of_fold: spread.out_of_fold,
        }
    }

    /// Predictions for the pool and, out of fold, for the answered rows.
    fn predictions(&self, fitted: &Fitted) -> Result<(Predictions, Predictions), Untrainable> {
        let n_rows = self.prepared.n_rows() as u32;
        let all: Vec<Row> = (0..n_rows).map(Row).collect();
        let probabilities =
            self.probabilities(fitted, &fitted.members).map_err(Untrainable::NotFinite)?;
        let out_of_fold = self
            .probabilities(fitted, &fitted.members_out_of_fold)
            .map_err(|position| Untrainable::NotFinite(fitted.rows[position.index()]))?;
        let predicted: Vec<usize> =
            all.iter().map(|it| probabilities.likeliest(*it).0.index()).collect();
        let mut is_answered = vec![false; all.len()];
        fitted.rows.iter().for_each(|it| is_answered[it.index()] = true);
        let evidence = Evidence {
            graph: self.prepared.graph(),
            mixture: &fitted.mixture,
            predicted: &predicted,
            is_answered: &is_answered,
        };
        let signals =
            |rows: &[Row], probabilities: &Probabilities, members: &Members, spread: &[f32]| {
                evidence.signals(&Known { rows, probabilities, members, spread })
            };
        let of_pool = signals(&all, &probabilities, &fitted.members, &fitted.spread);
        let of_answered = signals(
            &fitted.rows,
            &out_of_fold,
            &fitted.members_out_of_fold,
            &fitted.spread_out_of_fold,
        );
        Ok((as_predictions(probabilities, of_pool), as_predictions(out_of_fold, of_answered)))
    }

    fn probabilities(&self, fitted: &Fitted, members: &Members) -> Result<Probabilities, Row> {
        let logits = members.mix(&fitted.mixture);
        let logits = self.all_classes(&fitted.present, fitted.rows.len(), logits);
        Probabilities::softmax(self.n_classes, logits)
    }

    /// Logits of the present classes as logits of all. A class nobody has
    /// answered yet gets probability `1 / 10 (answers + classes)`.
    fn all_classes(&self, present: &[ClassId], n_answers: usize, logits: Vec<f32>) -> Vec<f32> {
        if present.len() == self.n_classes {
            return logits;
        }
        let absent = 0.1 / (n_answers + self.n_classes) as f32;
        let rest = (1.0 - absent * (self.n_classes - present.len()) as f32).ln();
        let mut all = vec![absent.ln(); logits.len() / present.len() * self.n_classes];
        let rows =
            all.par_chunks_exact_mut(self.n_classes).zip(logits.par_chunks_exact(present.len()));
        rows.for_each(|(all, logits)| {
            let mut logits = logits.to_vec();
            log_softmax_in_place(&mut logits);
            for (class, logit) in present.iter().zip(logits) {
                all[class.index()] = logit + rest;
            }
        });
        all
    }
}

impl TaskModel for ClassModel {
    fn fit_predict(
        &mut self,
        answers: &[(Row, Label)],
        rng_seed: u64,
    ) -> Result<Predictions, Untrainable> {
        self.fitted = None;
        self.out_of_fold = None;
        if answers.is_empty() {
            return Err(Untrainable::NoAnswers);
        }
        let fitted = self.fit(&Answers::new(answers, rng_seed));
        let (predictions, out_of_fold) = self.predictions(&fitted)?;
        self.fitted = Some(fitted);
        self.out_of_fold = Some(out_of_fold);
        Ok(predictions)
    }

    fn out_of_fold(&self) -> Option<(&[Row], &Predictions)> {
        Some((&self.fitted.as_ref()?.rows, self.out_of_fold.as_ref()?))
    }
}

fn as_predictions(probabilities: Probabilities, signals: Vec<f32>) -> Predictions {
    let n_signals = signals::n_signals(probabilities.n_classes());
    let rows = (0..probabilities.n_rows()).map(Row);
    let (labels, uncertainty) = rows
        .map(|row| {
            let (first, second) = probabilities.top_two(row);
            (Label::Class(probabilities.likeliest(row).0), 1.0 - (first - second))
        })
        .unzip();
    Predictions { labels, uncertainty, probabilities: Some(probabilities), signals, n_signals }
}

/// How strongly the regression prefers directions in which the pool varies,
/// see [`Prepared::ridge`].
///
/// With equal ridge (power 0) few answers cannot tell directions that matter
/// from noise: preferring the pool's own is worth 2 to 19 points at four
/// answers per class. Many classes need many directions, so the preference
/// fades from six classes on.
fn power(n_classes: usize) -> f32 {
    (1.25 / (n_classes as f32).sqrt()).min(0.5)
}

/// Log-probabilities of the regression and of propagation, each `[rows, n]`.
fn member_matrices(regression: &Logistic, coordinates: &[f32], spread: &[f32]) -> Vec<Vec<f32>> {
    let n = regression.intercept.len();
    vec![log_softmax_rows(regression.logits(coordinates), n), log_of_spread(spread, n)]
}

fn log_softmax_rows(mut logits: Vec<f32>, n: usize) -> Vec<f32> {
    logits.par_chunks_exact_mut(n).with_min_len(1_024).for_each(log_softmax_in_place);
    logits
}

/// Logarithms of spread labels, normalised by row.
fn log_of_spread(spread: &[f32], n: usize) -> Vec<f32> {
    let mut logs = spread.to_vec();
    logs.par_chunks_exact_mut(n).with_min_len(1_024).for_each(|row| {
        let sum: f32 = row.iter().sum();
        let scale = if 0.0 < sum { 1.0 / sum } else { 0.0 };
        let total = if 0.0 < sum { 1.0 } else { 0.0 } + SPREAD_FLOOR * n as f32;
        for it in &mut *row {
            *it = ((*it * scale + SPREAD_FLOOR) / total).ln();
        }
    });
    logs
}

/// Logits, shape `[answers, n]`, of every answered row by the regression that
/// had not seen its fold.
fn fit_folds(
    training: Training<'_>,
    answers: &Answers,
    ridge: &[f32],
    full: &Logistic,
) -> Vec<f32> {
    let n = training.n_classes;
    let held_out: Vec<Vec<bool>> = (0..answers.n_folds)
        .map(|fold| answers.folds.iter().map(|it| *it == fold).collect::<Vec<bool>>())
        .filter(|it| it.contains(&true) && it.contains(&false))
        .collect();
    let problem = |held_out| Problem { held_out, ridge, start: Some(full) };
    let problems: Vec<Problem<'_>> = held_out.iter().map(|it| problem(it)).collect();
    let fitted = logistic::fit(training, &problems, TOLERANCE);
    let mut logits = vec![0.0; answers.rows.len() * n];
    for (regression, held_out) in fitted.iter().zip(&held_out) {
        let all = regression.logits(training.features);
        for position in (0..held_out.len()).filter(|it| held_out[*it]) {
            logits[position * n..][..n].copy_from_slice(&all[position * n..][..n]);
        }
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::ClassModel;
    use crate::{
        head::distil::distil,
        label::{ClassId, Label},
        matrix::Embeddings,
        model::{Predictions, TaskModel, Untrainable},
        pool::Row,
    };

    const DIM: usize = 12;

    /// Clouds around one corner per class; row `i` is of class `i % n_classes`.
    fn clouds(rows: usize, n_classes: usize, noise: f32) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut values = Vec::new();
        for row in 0..rows {
            values.extend((0..DIM).map(|it| {
                let centre = if it == row % n_classes { 1.0 } else { 0.0 };
                centre + noise * (rng.f32() - 0.5)
            }));
        }
        Embeddings::new(DIM, values)
    }

    fn answers(rows: &[u32], n_classes: u32) -> Vec<(Row, Label)> {
        let label = |row: &u32| Label::Class(ClassId((row % n_classes) as u16));
        rows.iter().map(|row| (Row(*row), label(row))).collect()
    }

    fn accuracy(predictions: &Predictions, n_classes: usize) -> f64 {
        let right = |(row, label): &(usize, &Label)| {
            label.class().expect("a class").index() == row % n_classes
        };
        predictions.labels.iter().enumerate().filter(right).count() as f64
            / predictions.labels.len() as f64
    }

    #[test]
    fn two_answers_per_class_label_clear_clouds() {
        let embeddings = clouds(400, 4, 0.8);
        let mut model = ClassModel::new(&embeddings, 4);
        let predictions =
            model.fit_predict(&answers(&[0, 1, 2, 3, 4, 5, 6, 7], 4), 1).expect("a fit");
        assert!(0.95 < accuracy(&predictions, 4), "{}", accuracy(&predictions, 4));
        assert!(predictions.uncertainty.iter().all(|it| (0.0..=1.0).contains(it)));
        assert_eq!(predictions.signals.len(), 400 * predictions.n_signals);
        assert!(predictions.signals.iter().all(|it| it.is_finite()));

        let items = clouds(40, 4, 0.8);
        let new = model.predict(&embeddings, &items).expect("fitted");
        let right = (0..40).filter(|row| new.likeliest(Row(*row)).0.index() == *row as usize % 4);
        assert!(38 <= right.count());
    }

    #[test]
    fn nothing_depends_on_order_threads_or_history() {
        let embeddings = clouds(300, 3, 3.0);
        let mut given = answers(&[3, 50, 7, 111, 9, 20, 31, 100, 200, 77], 3);
        given.push((Row(50), Label::Class(ClassId(0))));
        let mut model = ClassModel::new(&embeddings, 3);
        let first = model.fit_predict(&given, 5).expect("a fit");
        let first_out_of_fold = model.out_of_fold().expect("fitted").1.probabilities.clone();
        model.fit_predict(&given[..4], 9).expect("a fit");
        given.reverse();
        let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let again = single.install(|| model.fit_predict(&given, 5)).expect("a fit");
        assert_eq!(first.probabilities, again.probabilities);
        assert_eq!(first.signals, again.signals);
        let (rows, out_of_fold) = model.out_of_fold().expect("fitted");
        assert_eq!(first_out_of_fold, out_of_fold.probabilities);
        assert_eq!(
            rows.iter().map(|it| it.0).collect::<Vec<_>>(),
            [3, 7, 9, 20, 31, 50, 77, 100, 111, 200]
        );
    }

    /// Out of fold, a row's own answer must not matter: flip it and see.
    #[test]
    fn out_of_fold_predictions_have_not_seen_their_row() {
        let embeddings = clouds(200, 2, 6.0);
        let rows: Vec<u32> = (0..60).collect();
        let mut given = answers(&rows, 2);
        for (position, (_, label)) in given.iter_mut().enumerate() {
            if position % 3 == 0 {
                *label = Label::Class(ClassId(((position + 1) % 2) as u16));
            }
        }
        let mut model = ClassModel::new(&embeddings, 2);
        let fitted = model.fit_predict(&given, 1).expect("a fit");
        let (_, out_of_fold) = model.out_of_fold().expect("fitted");
        let agreed = |predictions: &Predictions| {
            let flipped = given.iter().enumerate().filter(|it| it.0 % 3 == 0);
            flipped.filter(|(row, it)| predictions.labels[*row] == it.1).count()
        };
        assert!(agreed(out_of_fold) < 8, "{}", agreed(out_of_fold));
        assert!(agreed(out_of_fold) <= agreed(&fitted));
    }

    #[test]
    fn classes_without_an_answer_stay_possible() {
        let mut model = ClassModel::new(&clouds(90, 3, 2.0), 5);
        let predictions = model.fit_predict(&answers(&[0, 1, 3, 4], 3), 0).expect("a fit");
        let probabilities = predictions.probabilities.expect("classes");
        for row in (0..90).map(Row) {
            let p = probabilities.row(row);
            assert!(p.iter().all(|it| 0.0 < *it && it.is_finite()));
            assert!(p[2] < 0.02 && (p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn one_answer_or_one_class_is_enough_and_none_is_said() {
        let mut model = ClassModel::new(&clouds(30, 3, 2.0), 3);
        assert_eq!(model.fit_predict(&[], 0).err(), Some(Untrainable::NoAnswers));
        for rows in [vec![1], vec![1, 4, 7]] {
            let predictions = model.fit_predict(&answers(&rows, 3), 0).expect("a fit");
            assert!(predictions.labels.iter().all(|it| *it == Label::Class(ClassId(1))));
            assert!(predictions.uncertainty.iter().all(|it| it.is_finite()));
            assert!(predictions.signals.iter().all(|it| it.is_finite()));
            assert!(model.out_of_fold().is_some());
        }
    }

    #[test]
    fn the_distilled_head_says_what_the_stack_says() {
        let embeddings = clouds(400, 4, 1.5);
        let mut model = ClassModel::new(&embeddings, 4);
        assert!(distil(&model, &model_predictions(&embeddings)).is_none());
        let rows: Vec<u32> = (0..40).collect();
        let predictions = model.fit_predict(&answers(&rows, 4), 1).expect("a fit");
        let head = distil(&model, &predictions).expect("fitted");
        assert!(0.95 < head.agreement, "{}", head.agreement);
        let same = (0..400).filter(|row| {
            let p = head.predict(embeddings.row(Row(*row)));
            let best = super::super::answers::position_of_largest(&p);
            predictions.labels[*row as usize] == Label::Class(ClassId(best as u16))
        });
        assert!((same.count() as f64 / 400.0 - head.agreement).abs() < 0.011);
    }

    fn model_predictions(embeddings: &Embeddings) -> Predictions {
        ClassModel::new(embeddings, 4).fit_predict(&answers(&[0, 1], 4), 0).expect("a fit")
    }
}
