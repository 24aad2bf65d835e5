//! `train`: learn from the answers, and predict the whole pool.
//!
//! A model version records what it was trained on (the last fact it could
//! know) and its seed, which is all that is needed to train it again: weights
//! are not kept, because equal facts and seed give equal models.

use std::collections::HashMap;

use annota_core::{
    head::class_model::ClassModel,
    item::ContentHash,
    label::Label,
    model::{Predictions, TaskModel, Untrainable},
    pool::Row,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Error,
    project::Project,
    store::{ModelVersionId, NewModelVersion},
    working_set::WorkingSet,
};

/// A trained model and what it says.
pub struct Trained {
    /// Under which it is recorded.
    pub version: ModelVersionId,
    /// Hash of its predictions: equal facts and seed, equal hash.
    pub hash: ContentHash,
    /// Number of answered rows it learned from.
    pub n_labelled: usize,
    /// Share of answered rows that it predicts rightly from the others
    /// (k-fold); `None` where that could not be tried.
    pub out_of_fold_accuracy: Option<f64>,
    /// What it says about every row.
    pub predictions: Predictions,
    /// The model itself.
    pub model: ClassModel,
}

#[derive(Serialize)]
struct Parameters<'a> {
    head: &'a str,
    classes: &'a [String],
}

#[derive(Serialize)]
struct Metrics {
    n_labelled: usize,
    out_of_fold_accuracy: Option<f64>,
}

/// Trains on `lessons` and records the version.
///
/// # Errors
///
/// [`Error::Input`] if there is no answer yet.
pub fn train(
    project: &Project,
    set: &WorkingSet,
    lessons: &[(Row, Label)],
    rng_seed: u64,
) -> Result<Trained, Error> {
    let mut model = set.model();
    let predictions = model.fit_predict(lessons, rng_seed).map_err(untrainable)?;
    let n_labelled = model.out_of_fold().map_or(lessons.len(), |it| it.0.len());
    let out_of_fold_accuracy = model.out_of_fold().map(|it| accuracy(it, lessons));
    let hash = hash_of(&predictions);
    let version = NewModelVersion {
        backbone: set.embedder.clone(),
        parameters: to_json(&Parameters { head: "stack", classes: set.schema.classes() }),
        metrics: to_json(&Metrics { n_labelled, out_of_fold_accuracy }),
        hash: hash.to_string(),
        rng_seed,
        trained_through: set.last_fact(),
    };
    let version = project.store().save_model_version(&version, Timestamp::now())?;
    Ok(Trained { version, hash, n_labelled, out_of_fold_accuracy, predictions, model })
}

/// What to tell the user when a model cannot be trained.
pub(crate) fn untrainable(error: Untrainable) -> Error {
    let help = match error {
        Untrainable::NoAnswers => "answer some questions first, with `annota annotate`",
        Untrainable::NotFinite(_) => "embed again with another `--model`",
    };
    Error::input(error.to_string(), help)
}

fn accuracy((rows, predictions): (&[Row], &Predictions), lessons: &[(Row, Label)]) -> f64 {
    let answers: HashMap<Row, &Label> = lessons.iter().map(|(row, label)| (*row, label)).collect();
    let said = rows.iter().zip(&predictions.labels);
    let n_right = said.filter(|(row, label)| answers[row].agrees(label)).count();
    n_right as f64 / rows.len().max(1) as f64
}

/// Hash of labels and uncertainties, row by row.
pub(crate) fn hash_of(predictions: &Predictions) -> ContentHash {
    let mut bytes = Vec::with_capacity(predictions.labels.len() * 6);
    for (label, uncertainty) in predictions.labels.iter().zip(&predictions.uncertainty) {
        let Label::Class(class) = label;
        bytes.extend_from_slice(&class.0.to_le_bytes());
        bytes.extend_from_slice(&uncertainty.to_le_bytes());
    }
    ContentHash::of(&bytes)
}

pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain values are JSON")
}
