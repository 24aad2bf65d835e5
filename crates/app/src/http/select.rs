//! `/api/projects/{p}/select`: the next questions for the caller.

use std::sync::Arc;

use annota_core::{acquire::Reason as Core, item::ItemId};
use annota_engine::live::{self, Handed, Live};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    App, convert,
    error::ApiError,
    guard::Caller,
    open,
    wire::{Content, Neighbour, Phase, Purpose, Remark, Suggestion},
};

/// Neighbours shown with a question.
const N_NEIGHBOURS: usize = 4;
/// Items named in one request, at most.
pub(crate) const MOST_ITEMS: usize = 10_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Select {
    /// How many questions, at most.
    n: usize,
    /// Exactly these items, whatever the queue says.
    items: Option<Vec<i64>>,
    /// What the caller has on the page.
    #[serde(default)]
    have: Vec<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    items: Vec<i64>,
}

/// Why this item and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Uncertain,
    Typical,
    Coverage,
    Random,
    Audit,
    Doubtful,
    Asked,
    Review,
    Diverse,
}

/// One item to be answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Question {
    item: i64,
    name: String,
    content: Content,
    purpose: Purpose,
    /// `null` in an audit, and before there is a model.
    suggestion: Option<Suggestion>,
    reason: Reason,
    /// The most similar items, at most four; none in an audit.
    neighbours: Vec<Neighbour>,
    /// To be sent back with the answer.
    lease: String,
    /// Until when nobody else gets the item.
    expires_at: String,
    remarks: Vec<Remark>,
    /// The caller's own last answer, after an undo.
    previous: Option<u16>,
}

/// Questions for the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct Batch {
    questions: Vec<Question>,
    phase: Phase,
    /// Still to answer, in an audit or in the rest.
    n_left: Option<u64>,
    /// Items drawn for the audit.
    n_audit: Option<u64>,
    /// What the caller has on the page and is no longer kept for them.
    gone: Vec<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Queued {
    queued: u64,
}

/// Leases up to `n` items for the caller, own unanswered ones first.
#[utoipa::path(post, path = "/api/projects/{p}/select", responses((status = OK, body = Batch)))]
pub(crate) async fn select(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(wanted): Json<Select>,
) -> Result<Json<Batch>, ApiError> {
    let batch = open::with(&app, &p, move |live| {
        let now = Timestamp::now();
        let batch = match &wanted.items {
            Some(items) => live.next_of(&caller.name, &ids(items)?, now)?,
            None => live.next(&caller.name, wanted.n, now)?,
        };
        let gone = live.not_in_hand(&caller.name, &ids(&wanted.have)?)?;
        batch_of(live, batch, &gone)
    });
    Ok(Json(batch.await?))
}

/// Puts items at the front of everybody's queue.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/select/queue",
    responses((status = OK, body = Queued))
)]
pub(crate) async fn queue(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    Json(wanted): Json<Items>,
) -> Result<Json<Queued>, ApiError> {
    let queued = open::with(&app, &p, move |live| {
        let items = ids(&wanted.items)?;
        live.ask_first(&items)?;
        Ok(Queued { queued: items.len() as u64 })
    });
    Ok(Json(queued.await?))
}

/// Gives leases back, so that others get the items.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/select/release",
    responses((status = NO_CONTENT))
)]
pub(crate) async fn release(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    caller: Caller,
    Json(wanted): Json<Items>,
) -> Result<StatusCode, ApiError> {
    open::with(&app, &p, move |live| Ok(live.release(&caller.name, &ids(&wanted.items)?)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn ids(items: &[i64]) -> Result<Vec<ItemId>, ApiError> {
    if MOST_ITEMS < items.len() {
        return Err(ApiError::too_large(format!("{} items at once", items.len()))
            .help(format!("send at most {MOST_ITEMS}")));
    }
    Ok(items.iter().copied().map(ItemId).collect())
}

fn batch_of(live: &Live, batch: live::Batch, gone: &[ItemId]) -> Result<Batch, ApiError> {
    let questions = batch.handed.into_iter().map(|it| question(live, it, None));
    Ok(Batch {
        questions: questions.collect::<Result<_, _>>()?,
        phase: batch.phase.into(),
        n_left: batch.n_left.map(|it| it as u64),
        n_audit: batch.n_audit.map(|it| it as u64),
        gone: gone.iter().map(|it| it.0).collect(),
    })
}

/// A question with what is shown beside it; an audit is blind.
pub(crate) fn question(
    live: &Live,
    handed: Handed,
    previous: Option<u16>,
) -> Result<Question, ApiError> {
    let purpose = Purpose::from(handed.purpose);
    let neighbours = match purpose {
        Purpose::Audit => Vec::new(),
        _ => live.neighbours(handed.item.id, N_NEIGHBOURS)?,
    };
    let remarks = live.remarks(handed.item.id);
    Ok(Question {
        item: handed.item.id.0,
        name: handed.item.name.clone(),
        content: convert::content(&handed.item),
        purpose,
        suggestion: convert::suggestion(&handed.ranked, None),
        reason: reason(purpose, &handed.reason),
        neighbours: neighbours.iter().map(convert::neighbour).collect(),
        lease: handed.lease,
        expires_at: handed.until.to_string(),
        remarks: remarks.iter().map(|it| convert::remark(live, it)).collect(),
        previous,
    })
}

/// The reason in one word that the page translates, from the words that the
/// terminal shows.
fn reason(purpose: Purpose, words: &str) -> Reason {
    match purpose {
        Purpose::Audit => return Reason::Audit,
        Purpose::Remainder => return Reason::Doubtful,
        Purpose::Random => return Reason::Random,
        Purpose::Review => return Reason::Review,
        Purpose::Training | Purpose::Imported => {}
    }
    let of = |reason: Core| reason.words() == words;
    match words {
        _ if of(Core::Uncertain) || of(Core::UncertainAndDiverse) => Reason::Uncertain,
        _ if of(Core::UncertainRegion) => Reason::Coverage,
        _ if of(Core::Typical) => Reason::Typical,
        _ if of(Core::Diverse) => Reason::Diverse,
        _ if of(Core::Random) => Reason::Random,
        _ => Reason::Asked,
    }
}

#[cfg(test)]
mod tests {
    use super::{Core, Purpose, Reason, reason};

    #[test]
    fn every_reason_of_the_engine_has_its_word() {
        let expected = [
            (Core::Random, Reason::Random),
            (Core::Uncertain, Reason::Uncertain),
            (Core::Typical, Reason::Typical),
            (Core::Diverse, Reason::Diverse),
            (Core::UncertainRegion, Reason::Coverage),
            (Core::UncertainAndDiverse, Reason::Uncertain),
        ];
        for (core, word) in expected {
            assert_eq!(reason(Purpose::Training, core.words()), word);
        }
        assert_eq!(reason(Purpose::Training, "asked for"), Reason::Asked);
        assert_eq!(reason(Purpose::Audit, "the model is unsure"), Reason::Audit);
    }
}
