//! `/api/projects/{p}/annotate`: answers, durable when they are acknowledged;
//! undo, redo, and the caller's own history.

use std::{sync::Arc, time::Duration};

use annota_core::{
    item::ItemId,
    label::{ClassId, Label},
};
use annota_engine::{
    live::{Answer, Live, Refused},
    store::{AnnotationId, ModelVersionId, ShownSuggestion},
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    App, convert,
    error::ApiError,
    guard::Caller,
    open, select,
    select::Question,
    wire::{Annotation, Page},
};
use crate::accounts::Role;

/// Answers in one request, at most.
const MOST_ANSWERS: usize = 1_000;
/// Answers in a page of the history, at most.
const MOST_HISTORY: usize = 200;

/// What an answer is for that no question was put for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerPurpose {
    Training,
    Review,
}

/// What the caller was shown.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestionShown {
    class: u16,
    confidence: f32,
    model_version: Option<i64>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnotation {
    /// Made by the client, such as a UUID: the same key again is the same answer.
    key: String,
    item: i64,
    /// `null` skips.
    class: Option<u16>,
    /// As it came with the question.
    lease: Option<String>,
    /// Used without a lease only.
    purpose: AnswerPurpose,
    /// When the question was shown, ISO 8601.
    #[schema(value_type = Option<String>)]
    asked_at: Option<Timestamp>,
    took_ms: Option<u64>,
    suggestion: Option<SuggestionShown>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnotations {
    annotations: Vec<NewAnnotation>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedAnnotation {
    key: String,
    annotation: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedAnnotation {
    key: String,
    code: &'static str,
    message: String,
}

/// What became of every answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Acknowledged {
    accepted: Vec<AcceptedAnnotation>,
    refused: Vec<RefusedAnnotation>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Made by the client: the same key again takes nothing further back.
    key: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Undone {
    undone: Annotation,
    /// The question, put once more.
    question: Question,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Redone {
    redone: Annotation,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// How many, at most 200.
    #[param(default = 50)]
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Stores answers. An unknown item or class refuses that answer alone.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/annotate",
    responses((status = OK, body = Acknowledged))
)]
pub(crate) async fn annotate(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(new): Json<NewAnnotations>,
) -> Result<Json<Acknowledged>, ApiError> {
    if MOST_ANSWERS < new.annotations.len() {
        return Err(ApiError::too_large(format!("{} answers at once", new.annotations.len()))
            .help(format!("send at most {MOST_ANSWERS}")));
    }
    let settles = new.annotations.iter().any(|it| it.purpose == AnswerPurpose::Review);
    if settles && caller.role < Role::Reviewer {
        return Err(ApiError::forbidden("settling a review takes a reviewer").help("ask an owner"));
    }
    let keys: Vec<String> = new.annotations.iter().map(|it| it.key.clone()).collect();
    let answers: Vec<Answer> = new.annotations.into_iter().map(answer).collect();
    let verdicts = open::with(&app, &p, move |live| {
        Ok(live.answer(&caller.name, answers, Timestamp::now())?)
    });
    let verdicts = verdicts.await?;
    let mut acknowledged = Acknowledged { accepted: Vec::new(), refused: Vec::new() };
    for (key, verdict) in keys.into_iter().zip(verdicts) {
        match verdict {
            Ok(id) => {
                acknowledged.accepted.push(AcceptedAnnotation { key, annotation: id.0 });
            }
            Err(refused) => acknowledged.refused.push(refusal(key, &refused)),
        }
    }
    app.observed.answers.inc_by(acknowledged.accepted.len() as u64);
    Ok(Json(acknowledged))
}

/// Takes back the caller's last answer that stands, and asks again.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/annotate/undo",
    responses((status = OK, body = Undone))
)]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(key): Json<Key>,
) -> Result<Json<Undone>, ApiError> {
    let undone = open::with(&app, &p, move |live| {
        let undone = live.undo(&caller.name, key.key, Timestamp::now())?;
        let (annotation, handed) =
            undone.ok_or_else(|| ApiError::conflict("there is no answer to take back"))?;
        let previous = convert::class(annotation.fact.label.as_ref());
        let question = select::question(live, handed, previous)?;
        let undone = said(live, &caller, annotation)?;
        Ok(Undone { undone, question })
    });
    Ok(Json(undone.await?))
}

/// Restores the answer that the caller took back last.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/annotate/redo",
    responses((status = OK, body = Redone))
)]
pub(crate) async fn redo(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(key): Json<Key>,
) -> Result<Json<Redone>, ApiError> {
    let redone = open::with(&app, &p, move |live| {
        let redone = live.redo(&caller.name, key.key, Timestamp::now())?;
        let annotation = redone.ok_or_else(|| ApiError::conflict("there is nothing to restore"))?;
        Ok(Redone { redone: said(live, &caller, annotation)? })
    });
    Ok(Json(redone.await?))
}

/// What the caller has answered and not taken back, newest first.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/annotate",
    params(HistoryQuery),
    responses((status = OK, body = Page<Annotation>))
)]
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Page<Annotation>>, ApiError> {
    let before = query.cursor.as_deref().map(open::cursor).transpose()?.map(AnnotationId);
    let limit = query.limit.unwrap_or(50).clamp(1, MOST_HISTORY);
    let page = open::with(&app, &p, move |live| {
        let said = live.history(&caller.name, before, limit)?;
        Ok(convert::page(said, convert::annotation))
    });
    Ok(Json(page.await?))
}

fn answer(new: NewAnnotation) -> Answer {
    Answer {
        key: new.key,
        item: ItemId(new.item),
        class: new.class.map(ClassId),
        lease: new.lease,
        is_review: new.purpose == AnswerPurpose::Review,
        asked_at: new.asked_at,
        took: new.took_ms.map(Duration::from_millis),
        suggestion: new.suggestion.map(|it| ShownSuggestion {
            label: Label::Class(ClassId(it.class)),
            confidence: it.confidence,
            model_version: it.model_version.map(ModelVersionId),
        }),
    }
}

fn refusal(key: String, refused: &Refused) -> RefusedAnnotation {
    let (code, message) = match refused {
        Refused::UnknownItem => ("not_found", "there is no such item"),
        Refused::UnknownClass => ("invalid", "there is no such class"),
        Refused::BadKey => ("invalid", "a key has 1 to 64 bytes"),
    };
    RefusedAnnotation { key, code, message: message.to_owned() }
}

/// An annotation of the caller with the name of what it is about.
fn said(
    live: &Live,
    caller: &Caller,
    annotation: annota_engine::store::Annotation,
) -> Result<Annotation, ApiError> {
    let item = live.project().store().items_by_id(&[annotation.fact.item])?.remove(0);
    let said = annota_engine::live::Said { annotation, annotator: caller.name.clone(), item };
    Ok(convert::annotation(&said))
}
