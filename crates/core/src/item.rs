//! Items: the things to be labelled, and what identifies them.

use std::fmt;

/// Identity of an item in its project, given by the store.
///
/// An id outlives every round; a [`Row`](crate::pool::Row) does not. The two do
/// not convert into each other, so an id never indexes a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub i64);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What kind of thing an item is, and so which backbones can embed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Media {
    /// A picture, as encoded bytes in one of the usual formats.
    Image,
    /// A text, as UTF-8.
    Text,
}

impl Media {
    /// `images` or `texts`.
    pub fn plural(self) -> &'static str {
        match self {
            Media::Image => "images",
            Media::Text => "texts",
        }
    }
}

/// BLAKE3 hash of an item's bytes: equal content, equal hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> ContentHash {
        ContentHash(*blake3::hash(bytes).as_bytes())
    }

    /// The hash written as 64 hexadecimal digits, or `None` if `text` is not.
    pub fn from_hex(text: &str) -> Option<ContentHash> {
        blake3::Hash::from_hex(text).ok().map(|it| ContentHash(*it.as_bytes()))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", blake3::Hash::from(self.0).to_hex())
    }
}
