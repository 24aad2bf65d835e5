//! `GET /api/projects/{p}/review`: what deserves a second look. Settling it is an
//! answer with the purpose `review`.

use std::sync::Arc;

use annota_engine::live::{self, Live, ReviewCounts as EngineCounts};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    App, convert,
    error::ApiError,
    open,
    wire::{Annotation, Content, Remark, Suggestion},
};

/// Items in a page, at most.
const MOST_LISTED: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReviewKind {
    Suspect,
    Disagreement,
    Flagged,
    LowConfidence,
}

impl From<ReviewKind> for live::ReviewKind {
    fn from(kind: ReviewKind) -> live::ReviewKind {
        match kind {
            ReviewKind::Suspect => live::ReviewKind::Suspect,
            ReviewKind::Disagreement => live::ReviewKind::Disagreement,
            ReviewKind::Flagged => live::ReviewKind::Flagged,
            ReviewKind::LowConfidence => live::ReviewKind::LowConfidence,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    kind: ReviewKind,
    /// How many, at most 100.
    #[param(default = 20)]
    limit: Option<usize>,
    cursor: Option<String>,
}

/// An item to look at again.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReviewItem {
    item: i64,
    name: String,
    content: Content,
    kind: ReviewKind,
    /// Who said what.
    said: Vec<Annotation>,
    prediction: Option<Suggestion>,
    /// Probability of the label by a model that had not seen it.
    self_confidence: Option<f32>,
    remarks: Vec<Remark>,
}

/// How many there are of every kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ReviewCounts {
    suspect: u64,
    disagreement: u64,
    flagged: u64,
    low_confidence: u64,
}

impl From<EngineCounts> for ReviewCounts {
    fn from(it: EngineCounts) -> ReviewCounts {
        ReviewCounts {
            suspect: it.n_suspect as u64,
            disagreement: it.n_disagreement as u64,
            flagged: it.n_flagged as u64,
            low_confidence: it.n_low_confidence as u64,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReviewPage {
    items: Vec<ReviewItem>,
    next_cursor: Option<String>,
    total: Option<u64>,
    counts: ReviewCounts,
}

/// Items of one kind, those to look at first in front.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/review",
    params(ReviewQuery),
    responses((status = OK, body = ReviewPage))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    Query(query): Query<ReviewQuery>,
) -> Result<Json<ReviewPage>, ApiError> {
    let offset: usize = query.cursor.as_deref().map(open::cursor).transpose()?.unwrap_or(0);
    let limit = query.limit.unwrap_or(20).clamp(1, MOST_LISTED);
    let page = open::with(&app, &p, move |live| {
        let (page, counts) = live.review(query.kind.into(), offset, limit)?;
        let page = convert::page(page, |it| review_item(live, query.kind, it));
        let (items, next_cursor, total) = (page.items, page.next_cursor, page.total);
        Ok(ReviewPage { items, next_cursor, total, counts: counts.into() })
    });
    Ok(Json(page.await?))
}

fn review_item(live: &Live, kind: ReviewKind, item: &live::ReviewItem) -> ReviewItem {
    ReviewItem {
        item: item.item.id.0,
        name: item.item.name.clone(),
        content: convert::content(&item.item),
        kind,
        said: item.said.iter().map(convert::annotation).collect(),
        prediction: convert::suggestion(&item.ranked, None),
        self_confidence: item.self_confidence,
        remarks: item.remarks.iter().map(|it| convert::remark(live, it)).collect(),
    }
}
