//! From a text to the token ids that a network reads.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
};

use tokenizers::{Tokenizer, TruncationParams};

use crate::{Error, catalogue::TextPreparation};

/// Bytes of a text that are looked at for each token that is read: words are
/// shorter than this, and a text of megabytes costs no more than a page.
const BYTES_PER_TOKEN: usize = 64;

/// A tokenizer with what goes before every text and where texts are cut.
pub struct Reader {
    tokenizer: Tokenizer,
    prefix: String,
    max_tokens: usize,
    padding: i64,
    n_cut: AtomicU64,
}

impl Reader {
    /// The tokenizer in `json`, a `tokenizer.json`; `model` names it in errors.
    ///
    /// # Errors
    ///
    /// [`Error::Tokenizer`] if it cannot be read.
    pub fn new(model: &str, json: &[u8], entry: &TextPreparation) -> Result<Reader, Error> {
        let failed = |e: tokenizers::Error| Error::Tokenizer {
            model: model.to_owned(),
            reason: e.to_string(),
        };
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(failed)?;
        tokenizer.with_padding(None);
        let truncation =
            TruncationParams { max_length: entry.max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        let padding = ["[PAD]", "<pad>"].iter().find_map(|it| tokenizer.token_to_id(it));
        Ok(Reader {
            tokenizer,
            prefix: entry.prefix.clone(),
            max_tokens: entry.max_tokens,
            padding: i64::from(padding.unwrap_or(0)),
            n_cut: AtomicU64::new(0),
        })
    }

    /// Token ids of `text` with the model's special tokens, at most
    /// `max_tokens` of them; the rest of a longer text is not read, and counted.
    ///
    /// # Errors
    ///
    /// What the tokenizer says, as a sentence.
    pub fn read(&self, text: &str) -> Result<Vec<i64>, String> {
        let beginning = &text[..text.floor_char_boundary(BYTES_PER_TOKEN * self.max_tokens)];
        let is_long = beginning.len() < text.len();
        let text: Cow<'_, str> = match self.prefix.as_str() {
            "" => beginning.into(),
            prefix => format!("{prefix}{beginning}").into(),
        };
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|e| e.to_string())?;
        if is_long || !encoding.get_overflowing().is_empty() {
            self.n_cut.fetch_add(1, Ordering::Relaxed);
        }
        Ok(encoding.get_ids().iter().map(|&it| i64::from(it)).collect())
    }

    /// Texts that were longer than what was read of them.
    pub fn n_cut(&self) -> u64 {
        self.n_cut.load(Ordering::Relaxed)
    }

    /// The id that fills up shorter texts of a batch.
    pub fn padding(&self) -> i64 {
        self.padding
    }
}
