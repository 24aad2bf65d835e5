//! What the tests of the engine share: databases to run on, and small facts.

#![allow(dead_code, reason = "every test file uses a part of this")]

pub(crate) mod clouds;
pub(crate) mod scratch;

use annota_core::{
    item::{ContentHash, ItemId, Media},
    label::{ClassId, Label, Purpose},
};
use annota_engine::{
    annotate::{Annotator, AnnotatorKind},
    store::{AnnotatorId, NewAnnotation, NewItem, Source, Store},
};
use jiff::Timestamp;

/// A fixed moment.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

/// A text with itself as identity.
pub(crate) fn text(content: &str) -> NewItem {
    NewItem {
        content_hash: ContentHash::of(content.as_bytes()),
        identity: content.to_owned(),
        media: Media::Text,
        name: format!("texts.txt:{content}"),
        external_id: None,
        source: Source::Inline(content.to_owned()),
        size: None,
    }
}

/// Stores `n` texts; their ids.
pub(crate) fn insert_texts(store: &Store, n: usize) -> Vec<ItemId> {
    let items: Vec<NewItem> = (0..n).map(|it| text(&it.to_string())).collect();
    let report = store.insert_items(&items, NOW).expect("stored");
    report.items.iter().map(|it| it.id()).collect()
}

pub(crate) fn annotator(store: &Store, name: &str) -> AnnotatorId {
    let annotator = Annotator { name: name.to_owned(), kind: AnnotatorKind::Person };
    store.annotator(&annotator).expect("stored")
}

/// `annotator` said `class`, or skipped.
pub(crate) fn answer(item: ItemId, annotator: AnnotatorId, class: Option<u16>) -> NewAnnotation {
    NewAnnotation {
        item,
        annotator,
        label: class.map(|it| Label::Class(ClassId(it))),
        purpose: Purpose::Training,
        asked_at: None,
        answered_at: NOW,
        took: None,
        suggestion: None,
        undoes: None,
    }
}

/// Two classes.
pub(crate) fn classes() -> Vec<String> {
    vec!["cat".to_owned(), "dog".to_owned()]
}
