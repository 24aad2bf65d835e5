//! Types on the wire that more than one route sends or takes.
//!
//! Absent values are `null`, never missing. Classes travel as their position in
//! the project's settings, times as ISO 8601 in UTC, shares in `[0, 1]`.

use annota_core::{item::Media, label::Purpose as CorePurpose, metric::interval};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Media)]
pub(crate) enum MediaName {
    Image,
    Text,
}

impl From<Media> for MediaName {
    fn from(media: Media) -> MediaName {
        match media {
            Media::Image => MediaName::Image,
            Media::Text => MediaName::Text,
        }
    }
}

/// Why somebody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Training,
    Random,
    Audit,
    Remainder,
    Review,
    Imported,
}

impl From<CorePurpose> for Purpose {
    fn from(purpose: CorePurpose) -> Purpose {
        match purpose {
            CorePurpose::Training => Purpose::Training,
            CorePurpose::Random => Purpose::Random,
            CorePurpose::Audit => Purpose::Audit,
            CorePurpose::Remainder => Purpose::Remainder,
            CorePurpose::Imported => Purpose::Imported,
            CorePurpose::Review => Purpose::Review,
        }
    }
}

/// What a project waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Opening,
    Empty,
    Importing,
    Embedding,
    NeedsClasses,
    Training,
    Audit,
    Rest,
    Certified,
    AllAnswered,
    BudgetSpent,
    Failed,
}

/// Where a label comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    None,
    Person,
    Auto,
    Imported,
    Predicted,
}

/// A class, with the key and the colour it has on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) key: String,
    /// `#rrggbb`
    pub(crate) colour: String,
}

/// What the labels are to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goal {
    /// Share of all labels that may be wrong.
    pub(crate) max_error: f64,
    /// Probability that the certificate holds.
    pub(crate) confidence: f64,
}

/// A measured value with its 95 % interval; `null` where there are not enough data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Measured {
    value: f64,
    low: f64,
    high: f64,
    /// Number of trials.
    n: u64,
}

/// What an item shows. Pictures are fetched by their own route.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Content {
    Text {
        text: String,
    },
    Image {
        width: Option<u32>,
        height: Option<u32>,
        /// Of the file's bytes; as `?v=` of a picture's address it makes it last.
        hash: String,
    },
}

/// A class with the model's confidence in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RankedClass {
    pub(crate) class: u16,
    pub(crate) confidence: f32,
}

/// What the model thinks of an item.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Suggestion {
    pub(crate) class: u16,
    pub(crate) confidence: f32,
    pub(crate) model_version: Option<i64>,
    /// The likeliest classes, at most five.
    pub(crate) ranked: Vec<RankedClass>,
}

/// An item that is similar to another one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Neighbour {
    pub(crate) item: i64,
    pub(crate) name: String,
    pub(crate) content: Content,
    /// Cosine, from -1 to 1.
    pub(crate) similarity: f32,
    pub(crate) class: Option<u16>,
    pub(crate) origin: Origin,
}

/// What somebody answered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Annotation {
    pub(crate) id: i64,
    pub(crate) item: i64,
    pub(crate) name: String,
    pub(crate) content: Content,
    /// `null`: skipped.
    pub(crate) class: Option<u16>,
    pub(crate) annotator: String,
    pub(crate) purpose: Purpose,
    pub(crate) answered_at: String,
    pub(crate) took_ms: Option<u64>,
}

/// A comment on an item, or a flag.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Remark {
    pub(crate) id: i64,
    pub(crate) item: i64,
    pub(crate) annotator: String,
    pub(crate) text: String,
    pub(crate) is_flag: bool,
    pub(crate) at: String,
    pub(crate) is_resolved: bool,
}

/// A part of a list, and where the next part begins.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) total: Option<u64>,
}

/// A measured value, where there are enough data for one.
pub(crate) fn measured(measured: interval::Measured) -> Option<Measured> {
    let it = measured.estimate()?;
    Some(Measured { value: it.value, low: it.low, high: it.high, n: it.n as u64 })
}
