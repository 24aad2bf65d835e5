//! `/api/projects/{p}/import`: what was uploaded, or lies on the server's disk,
//! becomes items.

use std::{path::PathBuf, sync::Arc};

use annota_core::format::TextConfig;
use annota_engine::{
    annotate::{Annotator, AnnotatorKind},
    live::{self, Live},
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, error::ApiError, guard::Caller, open, uploads};
use crate::cli::shared::annotator;

/// Problems that are sent; all are in the project's `import.log`.
const MOST_PROBLEMS: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportRequest {
    /// Id of an upload; this or `path`.
    upload: Option<String>,
    /// A file or folder on the server's disk.
    path: Option<String>,
    /// Field that holds the text; found out by itself if `null`.
    text_field: Option<String>,
    label_field: Option<String>,
    id_field: Option<String>,
    /// Whose labels come with the data: `gold:NAME`, `crowd:NAME`, `model:NAME`, `person:NAME`.
    labels_as: Option<String>,
}

/// Which part of an import is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportStage {
    Import,
    Embed,
    Compare,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportProblem {
    item: String,
    message: String,
    help: Option<String>,
}

/// Where an import stands, or how the last one ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportState {
    is_running: bool,
    stage: Option<ImportStage>,
    done: u64,
    total: Option<u64>,
    /// Items a second.
    rate: Option<f64>,
    eta_s: Option<f64>,
    n_added: u64,
    n_duplicates: u64,
    n_near_duplicates: u64,
    n_labels: u64,
    /// The first 200.
    problems: Vec<ImportProblem>,
    n_problems: u64,
    /// Why the whole import failed.
    error: Option<String>,
}

/// Where the import stands, or how the last one ended.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/import",
    responses((status = OK, body = ImportState))
)]
pub(crate) async fn state(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<ImportState>, ApiError> {
    let state = open::with(&app, &p, |live| Ok(state_of(live))).await?;
    Ok(Json(state))
}

/// Starts an import; it goes on in the background.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/import",
    responses((status = ACCEPTED, body = ImportState))
)]
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(wanted): Json<ImportRequest>,
) -> Result<(StatusCode, Json<ImportState>), ApiError> {
    let work = Arc::clone(&app);
    let state = open::with(&app, &p, move |live| {
        if live.import_state().is_running {
            return Err(ApiError::conflict("an import is going on").help("wait until it has ended"));
        }
        let request = live::ImportRequest {
            source: source(&work, live, &wanted)?,
            labels_as: labels_as(&work, &caller, &wanted)?,
            text: TextConfig {
                text_fields: wanted.text_field.into_iter().collect(),
                label_field: wanted.label_field,
                id_field: wanted.id_field,
                ..TextConfig::detect()
            },
        };
        live.import(request)?;
        Ok(state_of(live))
    });
    Ok((StatusCode::ACCEPTED, Json(state.await?)))
}

fn source(app: &App, live: &Live, wanted: &ImportRequest) -> Result<PathBuf, ApiError> {
    match (&wanted.upload, &wanted.path) {
        (Some(upload), None) => {
            Ok(uploads::source(uploads::folder(live.project().folder(), upload)?)?)
        }
        (None, Some(path)) => on_disk(app, path),
        _ => Err(ApiError::invalid("an import takes either an upload or a path")
            .help("send `upload` or `path`")),
    }
}

/// A path that the caller may read: any, if they sit at this machine alone;
/// otherwise one in the folder that is served.
fn on_disk(app: &App, path: &str) -> Result<PathBuf, ApiError> {
    let path = match path.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((rest, home)) if !app.is_login_required()? => home.join(rest),
        _ => PathBuf::from(path),
    };
    if app.is_login_required()? && !app.home.holds(&path) {
        return Err(ApiError::forbidden("only files in the folder that is served can be imported")
            .help("upload the files, or put them there"));
    }
    if !path.exists() {
        return Err(ApiError::invalid(format!("cannot find `{}`", path.display()))
            .help("check the path; it is one of the server's disk"));
    }
    Ok(path)
}

/// Whose labels come with the data. Somebody who answers here is a person, and
/// could answer no more under the name of anything else.
fn labels_as(
    app: &App,
    caller: &Caller,
    wanted: &ImportRequest,
) -> Result<Option<Annotator>, ApiError> {
    let whose = wanted.labels_as.as_deref().map(annotator).transpose();
    let whose =
        whose.map_err(|reason| ApiError::invalid(format!("whose are the labels? {reason}")))?;
    if let Some(Annotator { name, kind }) = &whose
        && *kind != AnnotatorKind::Person
        && (*name == caller.name || app.accounts.users()?.iter().any(|it| it.name == *name))
    {
        return Err(ApiError::invalid(format!("`{name}` is a person who answers here"))
            .help("give the labels another name, such as `gold`, `crowd` or the model's"));
    }
    Ok(whose)
}

pub(crate) fn state_of(live: &Live) -> ImportState {
    let state = live.import_state();
    let elapsed = state.stage_began.map(|it| it.duration_until(Timestamp::now()).as_secs_f64());
    // The first second says little.
    let rate = elapsed.filter(|it| 1.0 < *it && state.is_running).map(|it| state.done as f64 / it);
    let left = state.total.map(|it| it.saturating_sub(state.done) as f64);
    let problems = state.problems.iter().take(MOST_PROBLEMS).map(|it| ImportProblem {
        item: it.place.clone(),
        message: it.message.clone(),
        help: it.help.clone(),
    });
    ImportState {
        is_running: state.is_running,
        stage: match state.stage {
            Some("embed") => Some(ImportStage::Embed),
            Some("compare") => Some(ImportStage::Compare),
            Some(_) => Some(ImportStage::Import),
            None => None,
        },
        done: state.done,
        total: state.total,
        eta_s: left.zip(rate).filter(|it| 0.0 < it.1).map(|(left, rate)| left / rate),
        rate,
        n_added: state.n_added,
        n_duplicates: state.n_duplicates,
        n_near_duplicates: state.n_near_duplicates,
        n_labels: state.n_labels,
        problems: problems.collect(),
        n_problems: state.n_problems,
        error: state.error,
    }
}
