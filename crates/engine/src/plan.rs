//! `plan`: how many more answers finish the job.
//!
//! Replays the answers given so far, in their order, to see how the expected
//! error fell, and lets [`annota_core::forecast`] carry the curve on. Asks
//! nobody and stores nothing.

use std::collections::{HashMap, HashSet};

use annota_core::{
    certify::Goal,
    forecast::{CurvePoint, Forecast, ForecastConfig, forecast},
    label::{Label, Purpose},
    metric::interval::{Measured, share},
    model::{Predictions, TaskModel},
    pool::Row,
    steer::{self, Situation},
};

use crate::{Error, train::untrainable, working_set::WorkingSet};

/// Points of the learning curve.
const N_POINTS: usize = 8;
/// Answers below which a curve says nothing.
const LEAST_ANSWERS: usize = 20;
/// Of the intervals of the curve.
const CONFIDENCE: f64 = 0.95;

/// A point of the learning curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningPoint {
    /// Answers that the model learned from.
    pub n_answers: u32,
    /// Error expected on the items not answered, by the model's own account.
    pub error: f64,
    /// Accuracy on those of the answers that were drawn at random, by models
    /// that had not seen them, with a 95 % interval.
    pub accuracy: Measured,
}

/// What is known about the rest of the work.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Items in the pool.
    pub n_items: u32,
    /// Items answered so far.
    pub n_answered: u32,
    /// Wrong labels to be expected among the others, if they were labelled now.
    pub expected_errors: f64,
    /// Wrong labels that the goal allows.
    pub allowed_errors: u32,
    /// Median time that an answer took, where people were timed, in seconds.
    pub seconds_per_answer: Option<f64>,
    /// By number of answers.
    pub curve: Vec<LearningPoint>,
    /// Answers in all, from the beginning; `None` while the curve is too short.
    pub forecast: Option<Forecast>,
}

/// Forecasts the answers that `goal` takes.
///
/// # Errors
///
/// [`Error::Input`] below 20 answered items.
pub fn plan(
    set: &WorkingSet,
    goal: Goal,
    seconds_per_answer: Option<f64>,
    rng_seed: u64,
) -> Result<Plan, Error> {
    let facts = learned_in_order(set);
    if facts.len() < LEAST_ANSWERS {
        return Err(Error::input(
            format!("{} answers are too few to see a trend", facts.len()),
            format!(
                "answer {LEAST_ANSWERS} or more first, with `annota label` or `annota annotate`"
            ),
        ));
    }
    let mut curve = Vec::new();
    let mut risks = Vec::new();
    for n_answers in lengths(facts.len()) {
        let accuracy;
        (risks, accuracy) = learned_from(set, goal, &facts[..n_answers], rng_seed)?;
        let error = risks.iter().sum::<f64>() / risks.len().max(1) as f64;
        curve.push(LearningPoint { n_answers: n_answers as u32, error, accuracy });
    }
    let expected: Vec<CurvePoint> =
        curve.iter().map(|it| CurvePoint { n_answers: it.n_answers, error: it.error }).collect();
    let config = ForecastConfig {
        goal,
        n_items: set.n_rows(),
        n_answered: facts.len() as u32,
        curve: &expected,
        risks: &risks,
    };
    Ok(Plan {
        n_items: set.n_rows(),
        n_answered: facts.len() as u32,
        expected_errors: risks.iter().sum(),
        allowed_errors: goal.first_forbidden(set.n_rows()) - 1,
        seconds_per_answer,
        forecast: forecast(&config, rng_seed),
        curve,
    })
}

/// What people answered, each item once, in the order of first answers.
fn learned_in_order(set: &WorkingSet) -> Vec<steer::Fact> {
    let last = set.last_answers();
    let mut seen = HashSet::new();
    let first = set.answers().filter(|it| seen.insert(it.row));
    let learned = first.filter_map(|it| {
        let purpose = match it.purpose {
            Purpose::Audit => Purpose::Random,
            purpose => purpose,
        };
        Some(steer::Fact { row: it.row, label: last.get(&it.row)?.clone()?, purpose })
    });
    learned.collect()
}

/// Numbers of answers at which the curve is measured: halves of halves, up to
/// all.
fn lengths(n_answers: usize) -> Vec<usize> {
    let shares = (0..N_POINTS).map(|it| 0.7_f64.powi((N_POINTS - 1 - it) as i32));
    let mut lengths: Vec<usize> =
        shares.map(|it| (it * n_answers as f64).round() as usize).filter(|it| 10 <= *it).collect();
    lengths.dedup();
    lengths
}

/// What a model of `facts` would expect of every open item, and how accurate it
/// is on the random ones among them.
fn learned_from(
    set: &WorkingSet,
    goal: Goal,
    facts: &[steer::Fact],
    rng_seed: u64,
) -> Result<(Vec<f64>, Measured), Error> {
    let mut model = set.model();
    let predictions = model.fit_predict(&steer::learnable(facts), rng_seed).map_err(untrainable)?;
    let situation = Situation {
        goal,
        budget: None,
        n_classes: set.schema.n_classes(),
        embeddings: &set.embeddings,
        facts,
        predictions: Some(&predictions),
        out_of_fold: model.out_of_fold(),
        frozen_labels: None,
        least_batch: 0,
        rng_seed,
    };
    let mut is_open = vec![true; set.n_rows() as usize];
    facts.iter().for_each(|it| is_open[it.row.index()] = false);
    let open: Vec<Row> = (0..set.n_rows()).map(Row).filter(|it| is_open[it.index()]).collect();
    let random: HashMap<Row, &Label> = facts
        .iter()
        .filter(|it| it.purpose == Purpose::Random)
        .map(|it| (it.row, &it.label))
        .collect();
    let accuracy = measured_out_of_fold(&random, model.out_of_fold());
    Ok((steer::risks(&situation, &open), accuracy))
}

/// Accuracy on the `random` answers, by models that had not seen them, with a
/// 95 % interval.
pub(crate) fn measured_out_of_fold(
    random: &HashMap<Row, &Label>,
    out_of_fold: Option<(&[Row], &Predictions)>,
) -> Measured {
    let judged: Vec<bool> = out_of_fold.map_or(Vec::new(), |(rows, said)| {
        let pairs = rows.iter().zip(&said.labels);
        pairs.filter_map(|(row, label)| Some(random.get(row)?.agrees(label))).collect()
    });
    share(judged.iter().filter(|it| **it).count(), judged.len(), CONFIDENCE)
}
