//! `GET /api/projects/{p}/train`: the present model.

use std::sync::Arc;

use annota_engine::live::ModelReport;
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    App,
    error::ApiError,
    open,
    wire::{Measured, measured},
};

/// The present model, and what could be done with it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Model {
    /// Items it learned from.
    n_labelled: u64,
    trained_at: String,
    /// From the last answer to the new queue.
    fit_ms: u64,
    /// On random answers, by models that had not seen them.
    out_of_fold_accuracy: Option<Measured>,
    /// Wrong labels to be expected among items nobody has answered.
    expected_errors: f64,
    /// Wrong labels that the goal allows.
    allowed_errors: u32,
    /// Items that could be labelled automatically now.
    n_sure: u64,
}

pub(crate) fn model(report: &ModelReport) -> Model {
    Model {
        n_labelled: report.n_labelled as u64,
        trained_at: report.trained_at.to_string(),
        fit_ms: report.fit_ms,
        out_of_fold_accuracy: measured(report.accuracy),
        expected_errors: report.expected_errors,
        allowed_errors: report.allowed_errors,
        n_sure: report.n_sure as u64,
    }
}

/// The present model; `null` before anything was learned.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/train",
    responses((status = OK, body = Option<Model>))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<Option<Model>>, ApiError> {
    let model = open::with(&app, &p, |live| Ok(live.model().as_ref().map(model))).await?;
    Ok(Json(model))
}
