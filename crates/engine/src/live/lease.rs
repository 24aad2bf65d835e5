//! The token that goes out with a question and comes back with its answer.
//!
//! It proves what the question was for, to whom it was put and when, even after
//! a restart, so that nobody can pass off a chosen answer as a random one. It
//! does not say whether the item is still kept for its bearer.

use annota_core::{item::ItemId, label::Purpose};
use jiff::Timestamp;

use crate::store::AnnotatorId;

/// Words in tokens; they are not stored.
const WORDS: [(Purpose, &str); 5] = [
    (Purpose::Training, "t"),
    (Purpose::Random, "r"),
    (Purpose::Audit, "a"),
    (Purpose::Remainder, "m"),
    (Purpose::Review, "v"),
];

/// Makes and reads the tokens of one project.
pub(super) struct Seal {
    key: [u8; 32],
}

impl Seal {
    /// The seal of the project with this secret.
    pub(super) fn new(secret: &str) -> Seal {
        Seal { key: blake3::derive_key("annota 2026-11 leases", secret.as_bytes()) }
    }

    /// The token for a question put to `annotator` at `at`.
    pub(super) fn write(
        &self,
        item: ItemId,
        annotator: AnnotatorId,
        purpose: Purpose,
        at: Timestamp,
    ) -> String {
        let word = WORDS.iter().find(|it| it.0 == purpose).map_or("t", |it| it.1);
        let millis = at.as_millisecond();
        format!("{word}.{millis}.{}", self.mac(item, annotator, word, millis))
    }

    /// Purpose and time of asking, if the token is ours and about this question.
    pub(super) fn read(
        &self,
        token: &str,
        item: ItemId,
        annotator: AnnotatorId,
    ) -> Option<(Purpose, Timestamp)> {
        let mut parts = token.splitn(3, '.');
        let (word, millis, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let purpose = WORDS.iter().find(|it| it.1 == word)?.0;
        let millis: i64 = millis.parse().ok()?;
        let given = blake3::Hash::from_hex(mac).ok()?;
        // Comparing hashes takes the same time whatever they are.
        let is_ours = given == self.hash(item, annotator, word, millis);
        if is_ours { Some((purpose, Timestamp::from_millisecond(millis).ok()?)) } else { None }
    }

    fn mac(&self, item: ItemId, annotator: AnnotatorId, word: &str, millis: i64) -> String {
        self.hash(item, annotator, word, millis).to_hex().to_string()
    }

    fn hash(&self, item: ItemId, annotator: AnnotatorId, word: &str, millis: i64) -> blake3::Hash {
        let text = format!("{}.{}.{word}.{millis}", item.0, annotator.0);
        blake3::keyed_hash(&self.key, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use annota_core::{item::ItemId, label::Purpose};
    use jiff::Timestamp;

    use super::Seal;
    use crate::store::AnnotatorId;

    #[test]
    fn a_token_is_good_for_its_question_alone() {
        let seal = Seal::new("secret");
        let at = Timestamp::constant(1_700_000_000, 0);
        let (item, ann) = (ItemId(7), AnnotatorId(1));
        let token = seal.write(item, ann, Purpose::Random, at);
        assert_eq!(seal.read(&token, item, ann), Some((Purpose::Random, at)));
        assert_eq!(Seal::new("secret").read(&token, item, ann), Some((Purpose::Random, at)));

        assert_eq!(seal.read(&token, ItemId(8), ann), None);
        assert_eq!(seal.read(&token, item, AnnotatorId(2)), None);
        assert_eq!(Seal::new("other").read(&token, item, ann), None);
        assert_eq!(seal.read(&token.replacen('r', "a", 1), item, ann), None);
        assert_eq!(seal.read(&token.replacen("17", "18", 1), item, ann), None);
        for wrong in ["", "r", "r.1", "r.1.x", "x.1.00"] {
            assert_eq!(seal.read(wrong, item, ann), None, "{wrong}");
        }
    }
}
