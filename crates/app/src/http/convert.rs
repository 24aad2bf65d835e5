//! From what the engine says to what is sent: one place for the values that
//! more than one route tells.

use annota_core::label::Label;
use annota_engine::{
    annotate, live,
    live::{Live, Said},
    store::{self, Item, Source},
};

use super::wire::{
    Annotation, Content, Neighbour, Origin, Page, Phase, RankedClass, Remark, Suggestion,
};

/// Characters of a text in a list.
pub(crate) const MOST_LISTED: usize = 500;

/// What an item shows; a text in full.
pub(crate) fn content(item: &Item) -> Content {
    match &item.source {
        Source::Inline(text) => Content::Text { text: text.clone() },
        Source::File(_) => Content::Image {
            width: item.size.map(|it| it.0),
            height: item.size.map(|it| it.1),
            hash: item.content_hash.to_string(),
        },
    }
}

/// What an item shows in a list: the beginning of a text.
pub(crate) fn listed_content(item: &Item) -> Content {
    match content(item) {
        Content::Text { text } => Content::Text { text: text.chars().take(MOST_LISTED).collect() },
        image @ Content::Image { .. } => image,
    }
}

pub(crate) fn class(label: Option<&Label>) -> Option<u16> {
    label.and_then(Label::class).map(|it| it.0)
}

/// The likeliest class and those after it; `None` where there is none.
pub(crate) fn suggestion(
    ranked: &[annotate::Suggestion],
    model_version: Option<i64>,
) -> Option<Suggestion> {
    let ranked: Vec<RankedClass> = ranked
        .iter()
        .filter_map(|it| {
            let class = it.label.class()?.0;
            Some(RankedClass { class, confidence: it.confidence })
        })
        .collect();
    let first = *ranked.first()?;
    let (class, confidence) = (first.class, first.confidence);
    Some(Suggestion { class, confidence, model_version, ranked })
}

pub(crate) fn annotation(said: &Said) -> Annotation {
    let fact = &said.annotation.fact;
    Annotation {
        id: said.annotation.id.0,
        item: fact.item.0,
        name: said.item.name.clone(),
        content: listed_content(&said.item),
        class: class(fact.label.as_ref()),
        annotator: said.annotator.clone(),
        purpose: fact.purpose.into(),
        answered_at: fact.answered_at.to_string(),
        took_ms: fact.took.and_then(|it| u64::try_from(it.as_millis()).ok()),
    }
}

pub(crate) fn remark(live: &Live, remark: &store::Remark) -> Remark {
    Remark {
        id: remark.id.0,
        item: remark.remark.item.0,
        annotator: live.author(remark),
        text: remark.remark.text.clone(),
        is_flag: remark.remark.is_flag,
        at: remark.remark.at.to_string(),
        is_resolved: remark.resolved.is_some(),
    }
}

pub(crate) fn neighbour(neighbour: &live::Neighbour) -> Neighbour {
    Neighbour {
        item: neighbour.item.id.0,
        name: neighbour.item.name.clone(),
        content: listed_content(&neighbour.item),
        similarity: neighbour.similarity,
        class: class(neighbour.label.as_ref()),
        origin: neighbour.origin.into(),
    }
}

/// A page of the engine, its items converted.
pub(crate) fn page<T, U, N: ToString>(
    page: live::Page<T, N>,
    convert: impl FnMut(&T) -> U,
) -> Page<U> {
    Page {
        items: page.items.iter().map(convert).collect(),
        next_cursor: page.next.map(|it| it.to_string()),
        total: page.total.map(|it| it as u64),
    }
}

impl From<live::Origin> for Origin {
    fn from(origin: live::Origin) -> Origin {
        match origin {
            live::Origin::None => Origin::None,
            live::Origin::Person => Origin::Person,
            live::Origin::Auto => Origin::Auto,
            live::Origin::Imported => Origin::Imported,
            live::Origin::Predicted => Origin::Predicted,
        }
    }
}

impl From<Origin> for live::Origin {
    fn from(origin: Origin) -> live::Origin {
        match origin {
            Origin::None => live::Origin::None,
            Origin::Person => live::Origin::Person,
            Origin::Auto => live::Origin::Auto,
            Origin::Imported => live::Origin::Imported,
            Origin::Predicted => live::Origin::Predicted,
        }
    }
}

impl From<live::Phase> for Phase {
    fn from(phase: live::Phase) -> Phase {
        match phase {
            live::Phase::Empty => Phase::Empty,
            live::Phase::Importing => Phase::Importing,
            live::Phase::Opening => Phase::Opening,
            live::Phase::Embedding => Phase::Embedding,
            live::Phase::NeedsClasses => Phase::NeedsClasses,
            live::Phase::Training => Phase::Training,
            live::Phase::Audit => Phase::Audit,
            live::Phase::Rest => Phase::Rest,
            live::Phase::Certified => Phase::Certified,
            live::Phase::AllAnswered => Phase::AllAnswered,
            live::Phase::BudgetSpent => Phase::BudgetSpent,
            live::Phase::Failed => Phase::Failed,
        }
    }
}
