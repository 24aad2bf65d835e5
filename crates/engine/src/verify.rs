//! `verify`: how good the labels are, and which deserve another look.
//!
//! Figures come from fair samples only: gold, an audit, or random answers.
//! Items that a query strategy chose are harder than the rest and would
//! mislead. This module gathers the evidence; [`annota_core::metric`] judges.

use std::collections::HashMap;

use annota_core::{
    agree::cohen_kappa,
    item::ItemId,
    label::{ClassId, Label, Purpose},
    matrix::Probabilities,
    metric::{
        interval::Estimate,
        summary::{Doubted, Evidence, Verification, verify as judge},
    },
    model::{Predictions, TaskModel},
    pool::Row,
};

use crate::{
    Error,
    annotate::AnnotatorKind,
    auto_label::{frozen_predictions, version_of},
    project::Project,
    store::AnnotatorId,
    train::untrainable,
    working_set::{Fact, WorkingSet},
};

/// What the figures about the model rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The last audit: a uniform sample, answered blind, of what the frozen
    /// model had not seen.
    Audit,
    /// Items drawn at random on the way, predicted out of fold.
    RandomAnswers,
}

/// A label that its own model doubts.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspectItem {
    /// The item.
    pub item: ItemId,
    /// What it is called.
    pub name: String,
    /// What was answered.
    pub given: ClassId,
    /// What the model would say.
    pub likely: ClassId,
    /// Probability of the answer, out of fold, in `[0, 1]`: low is doubtful.
    pub self_confidence: f32,
}

/// How far two annotators agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Their names.
    pub annotators: (String, String),
    /// Items both answered.
    pub n: usize,
    /// Cohen's kappa.
    pub kappa: Option<Estimate>,
}

/// What is known about the labels.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Final labels against gold, where gold is known.
    pub labels: Option<Verification>,
    /// The model against a fair sample, and on what that rests.
    pub model: Option<(Basis, Verification)>,
    /// Answers to look at again, worst first.
    pub suspects: Vec<SuspectItem>,
    /// Every pair of annotators with items in common.
    pub agreement: Vec<Agreement>,
}

/// Gathers what is known and judges it, intervals at `confidence`.
///
/// # Errors
///
/// [`Error::Input`] if nothing is answered yet.
pub fn verify(
    project: &Project,
    set: &WorkingSet,
    confidence: f64,
    rng_seed: u64,
) -> Result<Verified, Error> {
    let mut model = set.model();
    let lessons = set.lessons();
    model.fit_predict(&lessons, rng_seed).map_err(untrainable)?;
    let (rows, out_of_fold) = model.out_of_fold().expect("the model was just fitted");

    let on_random = || on_random_answers(set, rows, out_of_fold, confidence);
    let judged = match on_audit(project, set, confidence)? {
        Some(verification) => Some((Basis::Audit, verification)),
        None => on_random().map(|it| (Basis::RandomAnswers, it)),
    };
    Ok(Verified {
        labels: on_gold(project, set, confidence)?,
        model: judged,
        suspects: suspects(project, set, &lessons, (rows, out_of_fold))?,
        agreement: agreement(project, set, confidence)?,
    })
}

/// Final labels (answers and auto labels) against gold.
fn on_gold(
    project: &Project,
    set: &WorkingSet,
    confidence: f64,
) -> Result<Option<Verification>, Error> {
    let gold = set.labels_by(AnnotatorKind::Gold, set.last_fact());
    let gold: Vec<(Row, ClassId)> =
        gold.iter().filter_map(|it| Some((*it.0, it.1.class()?))).collect();
    if gold.is_empty() {
        return Ok(None);
    }
    let auto = project.store().auto_labels()?;
    let auto = auto.iter().filter_map(|it| Some((set.row(it.item)?, it.label.class()?)));
    let mut labels: Vec<(Row, ClassId)> = auto.collect();
    // The last word counts, and people have it.
    labels.extend(classes(set.answers()));
    let evidence = evidence(set, &labels, &gold, None);
    Ok(Some(judge(&evidence, confidence)))
}

/// The frozen model of the last audit against the audit; `None` if the pool is
/// not what it was frozen on.
fn on_audit(
    project: &Project,
    set: &WorkingSet,
    confidence: f64,
) -> Result<Option<Verification>, Error> {
    let Some(audit) = project.store().audits()?.pop() else { return Ok(None) };
    let answers = classes(set.audit_answers(&audit));
    if answers.is_empty() {
        return Ok(None);
    }
    let version = version_of(project, &audit)?;
    let Some(frozen) = frozen_predictions(set, &audit, &version, &mut set.model())? else {
        return Ok(None);
    };
    let labels = predicted(&answers, &frozen);
    let evidence = evidence(set, &labels, &answers, frozen.probabilities.as_ref());
    Ok(Some(judge(&evidence, confidence)))
}

/// Random answers against models that have not seen them.
fn on_random_answers(
    set: &WorkingSet,
    rows: &[Row],
    out_of_fold: &Predictions,
    confidence: f64,
) -> Option<Verification> {
    // Out-of-fold predictions have a row per answered item, not per item.
    let position: HashMap<Row, Row> = rows.iter().copied().zip((0..).map(Row)).collect();
    let random = classes(set.answers().filter(|it| it.purpose == Purpose::Random));
    let random: Vec<(Row, ClassId)> =
        random.iter().filter_map(|it| Some((*position.get(&it.0)?, it.1))).collect();
    if random.is_empty() {
        return None;
    }
    let labels = predicted(&random, out_of_fold);
    let evidence = evidence(set, &labels, &random, out_of_fold.probabilities.as_ref());
    Some(judge(&evidence, confidence))
}

fn evidence<'a>(
    set: &'a WorkingSet,
    labels: &'a [(Row, ClassId)],
    answers: &'a [(Row, ClassId)],
    probabilities: Option<&'a Probabilities>,
) -> Evidence<'a> {
    Evidence { schema: &set.schema, labels, answers, probabilities, doubted: None }
}

fn classes<'a>(facts: impl Iterator<Item = &'a Fact>) -> Vec<(Row, ClassId)> {
    facts.filter_map(|it| Some((it.row, it.label.as_ref()?.class()?))).collect()
}

fn predicted(answers: &[(Row, ClassId)], predictions: &Predictions) -> Vec<(Row, ClassId)> {
    let label = |row: Row| predictions.labels[row.index()].class();
    answers.iter().filter_map(|(row, _)| Some((*row, label(*row)?))).collect()
}

fn suspects(
    project: &Project,
    set: &WorkingSet,
    lessons: &[(Row, Label)],
    (rows, out_of_fold): (&[Row], &Predictions),
) -> Result<Vec<SuspectItem>, Error> {
    let Some(probabilities) = &out_of_fold.probabilities else { return Ok(Vec::new()) };
    let annotations: Vec<(Row, ClassId)> =
        lessons.iter().filter_map(|(row, label)| Some((*row, label.class()?))).collect();
    assert!(annotations.iter().map(|it| &it.0).eq(rows), "one lesson per answered row");
    let nothing = evidence(set, &[], &[], None);
    let doubted = Doubted { annotations: &annotations, out_of_fold: probabilities };
    let doubts = judge(&Evidence { doubted: Some(doubted), ..nothing }, 0.95).doubts;
    let found = doubts.map_or(Vec::new(), |it| it.suspects);
    let ids: Vec<ItemId> = found.iter().map(|it| set.item(it.row)).collect();
    let items = project.store().items_by_id(&ids)?;
    let suspects = found.iter().zip(items).map(|(suspect, item)| SuspectItem {
        item: item.id,
        name: item.name,
        given: suspect.given,
        likely: suspect.likelier,
        self_confidence: suspect.quality.self_confidence,
    });
    Ok(suspects.collect())
}

fn agreement(
    project: &Project,
    set: &WorkingSet,
    confidence: f64,
) -> Result<Vec<Agreement>, Error> {
    let mut annotators = project.store().annotators()?;
    annotators.retain(|it| it.1.kind != AnnotatorKind::Gold);
    let said = |id: AnnotatorId| -> std::collections::BTreeMap<Row, ClassId> {
        classes(set.facts().iter().filter(|it| it.annotator == id)).into_iter().collect()
    };
    let said: Vec<_> = annotators.iter().map(|it| said(it.0)).collect();
    let mut found = Vec::new();
    for first in 0..said.len() {
        for second in first + 1..said.len() {
            let both: Vec<(ClassId, ClassId)> = said[first]
                .iter()
                .filter_map(|(row, class)| Some((*class, *said[second].get(row)?)))
                .collect();
            if !both.is_empty() {
                found.push(Agreement {
                    annotators: (
                        annotators[first].1.name.clone(),
                        annotators[second].1.name.clone(),
                    ),
                    n: both.len(),
                    kappa: cohen_kappa(set.schema.n_classes(), &both, confidence),
                });
            }
        }
    }
    Ok(found)
}
