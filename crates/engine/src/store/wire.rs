//! How values of the engine are written in the database: wire types beside
//! the store, so that no type of `core` is serialised.

use std::collections::HashMap;

use annota_core::{
    item::{ContentHash, Media},
    label::{ClassId, Label, Purpose, Schema},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, annotate::AnnotatorKind};

/// A label on disk, as `{"class":"cat"}`: by name, so that facts can be read
/// without the schema.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LabelJson {
    Class(String),
}

/// The classes of a project, both ways.
#[derive(Clone, Debug, Default)]
pub(crate) struct Classes {
    names: Vec<String>,
    by_name: HashMap<String, ClassId>,
}

impl Classes {
    pub(crate) fn new(names: Vec<String>) -> Classes {
        let ids = (0..=u16::MAX).map(ClassId);
        let by_name = names.iter().cloned().zip(ids).collect();
        Classes { names, by_name }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn id(&self, name: &str) -> Option<ClassId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn schema(&self) -> Result<Schema, Error> {
        Schema::new(self.names.clone()).map_err(|it| {
            Error::input(it, "name the classes, with `--classes a,b,c` or in `annota.toml`")
        })
    }

    /// # Panics
    ///
    /// If the label is of another schema: a bug in the caller.
    pub(crate) fn write(&self, label: &Label) -> String {
        let Label::Class(class) = label;
        let json = LabelJson::Class(self.names[class.index()].clone());
        serde_json::to_string(&json).expect("a string in an enum")
    }

    pub(crate) fn read(&self, label: &str) -> Result<Label, Error> {
        let json: LabelJson =
            serde_json::from_str(label).map_err(|it| damaged("label", label, &it.to_string()))?;
        let LabelJson::Class(name) = json;
        match self.id(&name) {
            Some(class) => Ok(Label::Class(class)),
            None => Err(damaged("label", label, "not a class of this project")),
        }
    }
}

/// A value in the database that this version cannot read.
pub(crate) fn damaged(column: &str, value: &str, reason: &str) -> Error {
    Error::Damaged {
        what: format!("`{value}` in column `{column}`"),
        reason: reason.to_owned(),
        help: "was the database edited, or written by a later version?".to_owned(),
    }
}

const PURPOSES: [(Purpose, &str); 6] = [
    (Purpose::Training, "training"),
    (Purpose::Random, "random"),
    (Purpose::Audit, "audit"),
    (Purpose::Remainder, "remainder"),
    (Purpose::Imported, "imported"),
    (Purpose::Review, "review"),
];

const KINDS: [(AnnotatorKind, &str); 4] = [
    (AnnotatorKind::Person, "person"),
    (AnnotatorKind::Gold, "gold"),
    (AnnotatorKind::Crowd, "crowd"),
    (AnnotatorKind::Model, "model"),
];

const MEDIA: [(Media, &str); 2] = [(Media::Image, "image"), (Media::Text, "text")];

fn word<T: PartialEq>(table: &[(T, &'static str)], value: &T) -> &'static str {
    table.iter().find(|it| it.0 == *value).expect("every value has its word").1
}

fn value<T: Copy>(table: &[(T, &str)], column: &str, word: &str) -> Result<T, Error> {
    let found = table.iter().find(|it| it.1 == word);
    found.map(|it| it.0).ok_or_else(|| damaged(column, word, "not a word of this version"))
}

pub(crate) fn write_purpose(purpose: Purpose) -> String {
    word(&PURPOSES, &purpose).to_owned()
}

pub(crate) fn read_purpose(purpose: &str) -> Result<Purpose, Error> {
    value(&PURPOSES, "purpose", purpose)
}

pub(crate) fn write_kind(kind: AnnotatorKind) -> String {
    word(&KINDS, &kind).to_owned()
}

pub(crate) fn read_kind(kind: &str) -> Result<AnnotatorKind, Error> {
    value(&KINDS, "kind", kind)
}

pub(crate) fn write_media(media: Media) -> String {
    word(&MEDIA, &media).to_owned()
}

pub(crate) fn read_media(media: &str) -> Result<Media, Error> {
    value(&MEDIA, "media", media)
}

pub(crate) fn read_hash(hash: &[u8]) -> Result<ContentHash, Error> {
    let bytes = <[u8; 32]>::try_from(hash);
    bytes
        .map(ContentHash)
        .map_err(|_| damaged("content_hash", &format!("{hash:?}"), "not 32 bytes"))
}

/// Times are milliseconds since 1970 in UTC.
pub(crate) fn write_time(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(crate) fn read_time(at: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(at).map_err(|it| damaged("time", &at.to_string(), &it.to_string()))
}

#[cfg(test)]
mod tests {
    use annota_core::label::{ClassId, Label, Purpose};

    use super::{Classes, KINDS, PURPOSES, read_purpose, write_purpose};

    #[test]
    fn labels_are_written_by_name() {
        let classes = Classes::new(vec!["cat".to_owned(), "\"dog\"".to_owned()]);
        let text = classes.write(&Label::Class(ClassId(1)));
        assert_eq!(text, r#"{"class":"\"dog\""}"#);
        assert_eq!(classes.read(&text).expect("known"), Label::Class(ClassId(1)));
        assert!(classes.read(r#"{"class":"cow"}"#).is_err());
        assert!(classes.read("cat").is_err());
    }

    #[test]
    fn words_and_values_are_inverse() {
        for (purpose, word) in PURPOSES {
            assert_eq!(write_purpose(purpose), word);
            assert_eq!(read_purpose(word).expect("known"), purpose);
        }
        assert_eq!(write_purpose(Purpose::Audit), "audit");
        assert!(read_purpose("Audit").is_err());
        assert_eq!(KINDS.len(), 4);
    }
}
