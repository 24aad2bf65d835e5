//! `annotate`: put questions to whoever answers, and keep every answer.
//!
//! An answer is stored, durably, before the next question is asked: whoever
//! pulls the plug loses nothing that was acknowledged. This module does not
//! choose the questions (`select`, `auto_label`) and learns nothing from the
//! answers (`train`).

use std::{path::PathBuf, time::Duration};

use annota_core::{
    acquire::{Chosen, Reason},
    item::ItemId,
    label::{Label, Purpose},
    matrix::Probabilities,
    pool::Row,
};
use jiff::Timestamp;

use crate::{
    Error, Watch,
    project::Project,
    store::{
        Annotation, AnnotationId, AnnotatorId, Item, ModelVersionId, NewAnnotation,
        ShownSuggestion, Source, without_undone,
    },
    working_set::WorkingSet,
};

/// What an item shows to the person who labels it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text(String),
    /// The file of a picture.
    ImageFile(PathBuf),
}

/// A model's prediction shown with a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The likeliest label.
    pub label: Label,
    /// Its probability, in `[0, 1]`.
    pub confidence: f32,
}

/// One item to be answered.
#[derive(Clone, Debug)]
pub struct Question {
    /// The item.
    pub item: ItemId,
    /// What people call it: file name, or `reviews.csv:87`.
    pub name: String,
    /// What is to be looked at.
    pub content: Content,
    /// What the answer is for.
    pub purpose: Purpose,
    /// What the model thinks; always `None` in an audit, which is blind.
    pub suggestion: Option<Suggestion>,
    /// Why this item and no other, for people: `most uncertain`, `random audit`.
    pub reason: &'static str,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The label, or `None` if the annotator abstains, and how long it took.
    Answer {
        /// The answer; `None` abstains.
        label: Option<Label>,
        /// Time from showing to answering.
        took: Duration,
    },
    /// Take back the answer before this one and ask again.
    Undo,
    /// Stop here; what was answered is kept.
    Quit,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotatorKind {
    /// Somebody who looked.
    Person,
    /// Labels treated as truth.
    Gold,
    /// Labels of many people, somewhere else.
    Crowd,
    /// A model outside this project.
    Model,
}

/// A named source of annotations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Annotator {
    /// Unique in its project.
    pub name: String,
    /// What stands behind the name.
    pub kind: AnnotatorKind,
}

/// Whoever answers questions: a person at a terminal or in a browser, a file
/// of gold labels, a test.
pub trait Oracle {
    /// Under whose name the answers are kept.
    fn annotator(&self) -> Annotator;

    /// The answer to `question`, which is number `position` (from 0) of `batch_len`.
    fn answer(
        &mut self,
        question: &Question,
        position: usize,
        batch_len: usize,
    ) -> Result<Reply, Error>;
}

/// A row to be asked about, and why.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The row.
    pub row: Row,
    /// What the answer is for.
    pub purpose: Purpose,
    /// Why this row and no other, for people.
    pub reason: &'static str,
}

impl From<Chosen> for Ask {
    fn from(chosen: Chosen) -> Ask {
        let purpose = match chosen.reason {
            Reason::Random => Purpose::Random,
            _ => Purpose::Training,
        };
        Ask { row: chosen.row, purpose, reason: chosen.reason.words() }
    }
}

/// What the model says, to be shown with questions that are not blind.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Probabilities of every row.
    pub probabilities: &'a Probabilities,
    /// Whose they are, where that is recorded.
    pub version: Option<ModelVersionId>,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every question was answered or skipped.
    Finished,
    /// The annotator stopped before the end.
    Quit,
}

/// Puts `asks` to the oracle one by one; every answer is durable before the
/// next question is shown. An undo takes back the answer before, of this batch or
/// an earlier one, and asks again.
///
/// # Errors
///
/// [`Error::Interrupted`] when told to stop between two questions.
pub fn annotate(
    project: &Project,
    set: &WorkingSet,
    asks: &[Ask],
    shown: Option<Shown<'_>>,
    oracle: &mut dyn Oracle,
    watch: &dyn Watch,
) -> Result<Ended, Error> {
    let annotator = project.store().annotator(&oracle.annotator())?;
    let mut asks = asks.to_vec();
    let mut kept: Vec<AnnotationId> = Vec::with_capacity(asks.len());
    while kept.len() < asks.len() {
        if watch.interrupted() {
            return Err(Error::Interrupted);
        }
        let position = kept.len();
        let ask = &asks[position];
        let item = project.store().items_by_id(&[set.item(ask.row)])?.remove(0);
        let suggestion = shown.filter(|_| ask.purpose != Purpose::Audit).map(|it| suggest(it, ask));
        let question = question(project, item, ask, suggestion);
        let asked_at = Timestamp::now();
        let fact = match oracle.answer(&question, position, asks.len())? {
            Reply::Quit => return Ok(Ended::Quit),
            Reply::Undo => {
                match kept.pop() {
                    Some(last) => {
                        let before = &asks[position - 1];
                        take_back(project, annotator, set.item(before.row), before.purpose, last)?;
                    }
                    None => drop(asks.splice(..0, take_back_earlier(project, set, annotator)?)),
                }
                continue;
            }
            Reply::Answer { label, took } => NewAnnotation {
                item: question.item,
                annotator,
                label,
                purpose: ask.purpose,
                asked_at: Some(asked_at),
                answered_at: Timestamp::now(),
                took: Some(took),
                suggestion: question.suggestion.map(|it| ShownSuggestion {
                    label: it.label,
                    confidence: it.confidence,
                    model_version: shown.and_then(|it| it.version),
                }),
                undoes: None,
            },
        };
        kept.extend(project.store().append(&[fact])?);
        watch.progress("annotate", kept.len() as u64, Some(asks.len() as u64));
    }
    Ok(Ended::Finished)
}

fn suggest(shown: Shown<'_>, ask: &Ask) -> Suggestion {
    let (class, confidence) = shown.probabilities.likeliest(ask.row);
    Suggestion { label: Label::Class(class), confidence }
}

fn question(project: &Project, item: Item, ask: &Ask, suggestion: Option<Suggestion>) -> Question {
    let path = project.item_path(&item);
    let content = match (item.source, path) {
        (Source::Inline(text), _) => Content::Text(text),
        (Source::File(_), Some(path)) => Content::ImageFile(path),
        (Source::File(path), None) => Content::ImageFile(path),
    };
    Question {
        item: item.id,
        name: item.name,
        content,
        purpose: ask.purpose,
        suggestion,
        reason: ask.reason,
    }
}

/// Takes back what `annotator` last answered, before this batch; what is to be
/// asked again, if there is anything.
fn take_back_earlier(
    project: &Project,
    set: &WorkingSet,
    annotator: AnnotatorId,
) -> Result<Option<Ask>, Error> {
    let standing = without_undone(project.store().annotations(None)?);
    let was_asked = |it: &&Annotation| it.fact.annotator == annotator && it.fact.asked_at.is_some();
    let last = standing.iter().rev().find(was_asked);
    let Some((last, row)) = last.and_then(|it| Some((it, set.row(it.fact.item)?))) else {
        return Ok(None);
    };
    take_back(project, annotator, last.fact.item, last.fact.purpose, last.id)?;
    Ok(Some(Ask { row, purpose: last.fact.purpose, reason: "" }))
}

fn take_back(
    project: &Project,
    annotator: AnnotatorId,
    item: ItemId,
    purpose: Purpose,
    undoes: AnnotationId,
) -> Result<(), Error> {
    let undo = NewAnnotation {
        item,
        annotator,
        label: None,
        purpose,
        asked_at: None,
        answered_at: Timestamp::now(),
        took: None,
        suggestion: None,
        undoes: Some(undoes),
    };
    project.store().append(&[undo]).map(drop)
}
