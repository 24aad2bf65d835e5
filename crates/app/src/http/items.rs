//! `/api/projects/{p}/items`: items as people look for them, one by one, and
//! what is written about them.

use std::sync::Arc;

use annota_core::{item::ItemId, label::ClassId};
use annota_engine::{
    Error, live,
    live::{ItemSort, Live},
    store::RemarkId,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    App, convert,
    error::ApiError,
    guard::Caller,
    open, select,
    wire::{Annotation, Content, Neighbour, Origin, Page, Remark, Suggestion},
};

/// Items in a page, at most.
const MOST_LISTED: usize = 200;
/// Neighbours, at most.
const MOST_NEIGHBOURS: usize = 100;
/// Characters of a text that is searched for, at most.
const MOST_SEARCHED: usize = 1_000;
/// Characters of a remark, at most.
const MOST_REMARK: usize = 10_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortBy {
    #[default]
    Id,
    Name,
    Confidence,
    Uncertainty,
    AnsweredAt,
}

/// Which items; every condition that is set must hold.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ItemQuery {
    ids: Option<Vec<i64>>,
    /// In the name or the text.
    text: Option<String>,
    /// The label, or else the prediction.
    class: Option<u16>,
    origin: Option<Vec<Origin>>,
    annotator: Option<String>,
    is_flagged: Option<bool>,
    min_confidence: Option<f32>,
    max_confidence: Option<f32>,
    sort: Option<SortBy>,
    is_descending: Option<bool>,
    /// How many, at most 200.
    #[schema(default = 50)]
    limit: Option<usize>,
    cursor: Option<String>,
}

/// An item in a list; a text is cut at 500 characters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ItemRow {
    item: i64,
    name: String,
    content: Content,
    class: Option<u16>,
    origin: Origin,
    confidence: Option<f32>,
    /// Who has answered it.
    annotators: Vec<String>,
    is_flagged: bool,
    answered_at: Option<String>,
}

/// An item with all that is known.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ItemDetail {
    #[serde(flatten)]
    row: ItemRow,
    full: Content,
    /// `null` while the item waits in an audit.
    prediction: Option<Suggestion>,
    annotations: Vec<Annotation>,
    remarks: Vec<Remark>,
    /// Items with the same bytes.
    duplicates: Vec<i64>,
    /// What vouches for its label.
    certificate: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NeighboursQuery {
    #[param(default = 8)]
    n: Option<usize>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRemark {
    /// Made by the client: the same key again is the same remark.
    key: String,
    /// May be empty in a flag.
    text: String,
    is_flag: bool,
}

/// The items that fit, a page of them.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/items/query",
    responses((status = OK, body = Page<ItemRow>))
)]
pub(crate) async fn query(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    Json(wanted): Json<ItemQuery>,
) -> Result<Json<Page<ItemRow>>, ApiError> {
    let query = engine_query(wanted)?;
    let page = open::with(&app, &p, move |live| Ok(convert::page(live.items(&query)?, row)));
    Ok(Json(page.await?))
}

/// One item with all that is known.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/items/{id}",
    responses((status = OK, body = ItemDetail))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
) -> Result<Json<ItemDetail>, ApiError> {
    let detail = open::with(&app, &p, move |live| {
        let detail = live.item(ItemId(id)).map_err(|it| unknown(id, it))?;
        Ok(detail_of(live, &detail))
    });
    Ok(Json(detail.await?))
}

/// The items that look most like this one, most similar first.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/items/{id}/neighbours",
    params(NeighboursQuery),
    responses((status = OK, body = Vec<Neighbour>))
)]
pub(crate) async fn neighbours(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
    Query(query): Query<NeighboursQuery>,
) -> Result<Json<Vec<Neighbour>>, ApiError> {
    let n = query.n.unwrap_or(8).min(MOST_NEIGHBOURS);
    let neighbours = open::with(&app, &p, move |live| {
        let found = live.neighbours(ItemId(id), n)?;
        Ok(found.iter().map(convert::neighbour).collect())
    });
    Ok(Json(neighbours.await?))
}

/// Keeps a comment or a flag.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/items/{id}/remarks",
    responses((status = CREATED, body = Remark))
)]
pub(crate) async fn remark(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
    caller: Caller,
    Json(new): Json<NewRemark>,
) -> Result<(StatusCode, Json<Remark>), ApiError> {
    let length = new.text.chars().count();
    if MOST_REMARK < length {
        return Err(ApiError::too_large(format!("a remark of {length} characters"))
            .help(format!("use at most {MOST_REMARK}")));
    }
    if new.text.trim().is_empty() && !new.is_flag {
        return Err(ApiError::invalid("a comment without words").help("write something"));
    }
    let remark = open::with(&app, &p, move |live| {
        known(live, id)?;
        let remark = live.remark(&caller.name, new.key, ItemId(id), new.text, new.is_flag)?;
        Ok(convert::remark(live, &remark))
    });
    Ok((StatusCode::CREATED, Json(remark.await?)))
}

/// Says that a remark is dealt with.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/items/{id}/remarks/{rid}/resolve",
    responses((status = NO_CONTENT))
)]
pub(crate) async fn resolve(
    State(app): State<Arc<App>>,
    Path((p, id, remark)): Path<(String, i64, i64)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    open::with(&app, &p, move |live| {
        if !live.remarks(ItemId(id)).iter().any(|it| it.id.0 == remark) {
            return Err(ApiError::not_found(format!("item {id} has no remark {remark}")));
        }
        Ok(live.resolve_remark(&caller.name, RemarkId(remark))?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn engine_query(wanted: ItemQuery) -> Result<live::ItemQuery, ApiError> {
    if let Some(text) = &wanted.text
        && MOST_SEARCHED < text.chars().count()
    {
        return Err(ApiError::too_large("the text to search for is too long")
            .help(format!("use at most {MOST_SEARCHED} characters")));
    }
    let ids = wanted.ids.as_deref().map(select::ids).transpose()?;
    Ok(live::ItemQuery {
        ids,
        text: wanted.text.filter(|it| !it.is_empty()),
        class: wanted.class.map(ClassId),
        origins: wanted.origin.unwrap_or_default().into_iter().map(Into::into).collect(),
        annotator: wanted.annotator,
        is_flagged: wanted.is_flagged,
        min_confidence: wanted.min_confidence,
        max_confidence: wanted.max_confidence,
        sort: match wanted.sort.unwrap_or_default() {
            SortBy::Id => ItemSort::Id,
            SortBy::Name => ItemSort::Name,
            SortBy::Confidence => ItemSort::Confidence,
            SortBy::Uncertainty => ItemSort::Uncertainty,
            SortBy::AnsweredAt => ItemSort::AnsweredAt,
        },
        is_descending: wanted.is_descending.unwrap_or(false),
        limit: wanted.limit.unwrap_or(50).clamp(1, MOST_LISTED),
        after: wanted.cursor.as_deref().map(open::cursor).transpose()?,
    })
}

fn row(row: &live::ItemRow) -> ItemRow {
    ItemRow {
        item: row.item.id.0,
        name: row.item.name.clone(),
        content: convert::listed_content(&row.item),
        class: convert::class(row.label.as_ref()),
        origin: row.origin.into(),
        confidence: row.confidence,
        annotators: row.annotators.clone(),
        is_flagged: row.is_flagged,
        answered_at: row.answered_at.map(|it| it.to_string()),
    }
}

fn detail_of(live: &Live, detail: &live::ItemDetail) -> ItemDetail {
    ItemDetail {
        row: row(&detail.row),
        full: convert::content(&detail.row.item),
        prediction: convert::suggestion(&detail.ranked, None),
        annotations: detail.said.iter().map(convert::annotation).collect(),
        remarks: detail.remarks.iter().map(|it| convert::remark(live, it)).collect(),
        duplicates: detail.duplicates.iter().map(|it| it.0).collect(),
        certificate: detail.certificate.map(|it| it.0),
    }
}

/// An item of the project.
pub(crate) fn known(live: &Live, id: i64) -> Result<annota_engine::store::Item, ApiError> {
    let found = live.project().store().items_by_id(&[ItemId(id)]);
    Ok(found.map_err(|error| unknown(id, error))?.remove(0))
}

/// The engine takes an unknown item for bad input; here it is an address.
fn unknown(id: i64, error: Error) -> ApiError {
    match error {
        Error::Input { .. } => ApiError::not_found(format!("there is no item {id}")),
        other => other.into(),
    }
}
