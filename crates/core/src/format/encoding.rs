//! Which encoding a file of texts has, and the file as UTF-8.
//!
//! Whatever the encoding, what comes out is UTF-8 in which malformed input is
//! the byte `0xFF`, which no valid UTF-8 holds: the reader behind finds the
//! one record that is broken and keeps the others. Never replaces silently.

use std::{
    io::{self, Read},
    sync::{Arc, OnceLock},
};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use super::unreadable;
use crate::diagnostic::Diagnostic;

/// How sure the encoding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The user named it.
    Named,
    /// The file begins with a byte order mark.
    Mark,
    /// Nothing but ASCII so far, or valid UTF-8 throughout the sample.
    Valid,
    /// The likeliest by its letter frequencies; worth telling the user.
    Guessed,
}

/// The encoding of a file that is being read.
#[derive(Clone, Debug)]
pub struct Encoding {
    settled: Arc<OnceLock<(&'static encoding_rs::Encoding, Evidence)>>,
}

impl Encoding {
    /// UTF-8 by definition of the format.
    pub(super) fn utf8() -> Encoding {
        Encoding { settled: Arc::new(OnceLock::from((UTF_8, Evidence::Valid))) }
    }

    /// Its name on the web: `UTF-8`, `gb18030`. `UTF-8` while only ASCII was seen.
    pub fn name(&self) -> &'static str {
        self.settled.get().map_or("UTF-8", |it| it.0.name())
    }

    /// How sure it is.
    pub fn evidence(&self) -> Evidence {
        self.settled.get().map_or(Evidence::Valid, |it| it.1)
    }
}

/// Bytes that the guess is made from, beginning with the first that is not ASCII.
const SAMPLE_LEN: usize = 1 << 16;

/// A reader of UTF-8 with `0xFF` for what is malformed, byte order mark removed.
pub struct Utf8Reader<R> {
    inner: R,
    state: State,
    raw: Vec<u8>,
    out: Vec<u8>,
    out_at: usize,
    encoding: Encoding,
}

enum State {
    Start,
    Ascii,
    Utf8,
    Other(Box<Decoder>),
    End,
}

impl<R: Read> Utf8Reader<R> {
    /// The text of `inner`, whose encoding is `name` or else found out.
    ///
    /// # Errors
    ///
    /// If no encoding is called `name`.
    pub fn new(inner: R, name: Option<&str>) -> Result<Utf8Reader<R>, Diagnostic> {
        let encoding = Encoding { settled: Arc::default() };
        if let Some(name) = name {
            let known = encoding_rs::Encoding::for_label(name.trim().as_bytes());
            let known = known.ok_or_else(|| {
                Diagnostic::new("start", format!("unknown encoding: `{name}`"))
                    .help("common ones are utf-8, gb18030, big5, utf-16le, windows-1252")
            })?;
            encoding.settled.get_or_init(|| (known, Evidence::Named));
        }
        let (raw, out) = (Vec::new(), Vec::new());
        Ok(Utf8Reader { inner, state: State::Start, raw, out, out_at: 0, encoding })
    }

    /// A handle on the encoding, which keeps up with the reading.
    pub fn encoding(&self) -> Encoding {
        self.encoding.clone()
    }

    /// Reads into `raw` until it holds `len` bytes or the input ends.
    fn fill(&mut self, len: usize) -> io::Result<bool> {
        let missing = len.saturating_sub(self.raw.len()) as u64;
        self.inner.by_ref().take(missing).read_to_end(&mut self.raw)?;
        Ok(self.raw.len() < len)
    }

    fn settle(&mut self, found: &'static encoding_rs::Encoding, evidence: Evidence) {
        let (encoding, _) = *self.encoding.settled.get_or_init(|| (found, evidence));
        self.state = if encoding == UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()))
        };
    }

    fn start(&mut self) -> io::Result<()> {
        let is_whole = self.fill(SAMPLE_LEN)?;
        let mark = encoding_rs::Encoding::for_bom(&self.raw);
        let named = self.encoding.settled.get().map(|it| it.0);
        match (named, mark) {
            (Some(named), Some((marked, len))) if named == marked => {
                self.raw.drain(..len);
                self.settle(named, Evidence::Named);
            }
            (Some(named), _) => self.settle(named, Evidence::Named),
            (None, Some((marked, len))) => {
                self.raw.drain(..len);
                self.settle(marked, Evidence::Mark);
            }
            (None, None) => match utf16_without_mark(&self.raw) {
                Some(encoding) => self.settle(encoding, Evidence::Guessed),
                None => self.state = State::Ascii,
            },
        }
        debug_assert!(is_whole || SAMPLE_LEN <= self.raw.len() + 3);
        Ok(())
    }

    /// Passes ASCII on; the first other byte settles the encoding.
    fn ascii(&mut self) -> io::Result<()> {
        if self.raw.is_empty() && self.fill(SAMPLE_LEN)? && self.raw.is_empty() {
            self.state = State::End;
            return Ok(());
        }
        let n_ascii = self.raw.iter().position(|it| !it.is_ascii()).unwrap_or(self.raw.len());
        self.out.extend(self.raw.drain(..n_ascii));
        if !self.raw.is_empty() {
            let is_whole = self.fill(SAMPLE_LEN)?;
            let (encoding, evidence) = detect(&self.raw, is_whole);
            self.settle(encoding, evidence);
        }
        Ok(())
    }

    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.out_at = 0;
        match self.state {
            State::Start => self.start(),
            State::Ascii => self.ascii(),
            State::Utf8 => {
                if self.raw.is_empty() && self.fill(SAMPLE_LEN)? && self.raw.is_empty() {
                    self.state = State::End;
                }
                std::mem::swap(&mut self.raw, &mut self.out);
                Ok(())
            }
            State::Other(_) => {
                let is_last = self.fill(SAMPLE_LEN)?;
                let State::Other(decoder) = &mut self.state else { return Ok(()) };
                decode(decoder, &self.raw, is_last, &mut self.out);
                self.raw.clear();
                if is_last {
                    self.state = State::End;
                }
                Ok(())
            }
            State::End => Ok(()),
        }
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.out_at == self.out.len() {
            if matches!(self.state, State::End) {
                return Ok(0);
            }
            self.refill()?;
        }
        let n = buffer.len().min(self.out.len() - self.out_at);
        buffer[..n].copy_from_slice(&self.out[self.out_at..][..n]);
        self.out_at += n;
        Ok(n)
    }
}

/// Appends `raw` as UTF-8 to `out`, `0xFF` for every malformed sequence.
fn decode(decoder: &mut Decoder, raw: &[u8], is_last: bool, out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let left = &raw[at..];
        let room = decoder
            .max_utf8_buffer_length_without_replacement(left.len())
            .expect("a chunk of 64 KiB decodes to far less than the address space");
        let start = out.len();
        out.resize(start + room, 0);
        let (result, n_read, n_written) =
            decoder.decode_to_utf8_without_replacement(left, &mut out[start..], is_last);
        out.truncate(start + n_written);
        at += n_read;
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::Malformed(..) => out.push(0xFF),
            DecoderResult::OutputFull => {}
        }
    }
}

/// The encoding of `sample`, which is not all ASCII and begins on a character.
///
/// UTF-8 if at most one sequence in nine is malformed, so that one bad record
/// does not turn the file into gibberish. Otherwise the guess of Firefox's
/// detector; a one-byte encoding, in which any bytes are text, is believed
/// only if they look like words.
fn detect(sample: &[u8], is_whole: bool) -> (&'static encoding_rs::Encoding, Evidence) {
    let (n_valid, n_invalid) = utf8_sequences(sample, is_whole);
    if n_invalid * 8 <= n_valid {
        return (UTF_8, Evidence::Valid);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, is_whole);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let is_believed =
        if guess.is_single_byte() { looks_like_words(sample) } else { decodes(guess, sample) };
    if !is_believed {
        return (UTF_8, Evidence::Valid);
    }
    let guess = if guess == encoding_rs::GBK { encoding_rs::GB18030 } else { guess };
    (guess, Evidence::Guessed)
}

fn utf8_sequences(sample: &[u8], is_whole: bool) -> (usize, usize) {
    let (mut n_valid, mut n_invalid, mut at) = (0, 0, 0);
    for chunk in sample.utf8_chunks() {
        at += chunk.valid().len() + chunk.invalid().len();
        n_valid += chunk.valid().chars().filter(|it| !it.is_ascii()).count();
        let is_cut = at == sample.len() && !is_whole;
        n_invalid += usize::from(!chunk.invalid().is_empty() && !is_cut);
    }
    (n_valid, n_invalid)
}

/// At most one character in fifty is malformed.
fn decodes(encoding: &'static encoding_rs::Encoding, sample: &[u8]) -> bool {
    let (text, _) = encoding.decode_without_bom_handling(sample);
    let n_malformed = text.chars().filter(|it| *it == char::REPLACEMENT_CHARACTER).count();
    let n_other = text.chars().filter(|it| !it.is_ascii()).count();
    n_malformed * 50 <= n_other
}

/// At least four runs of high bytes, four in five of them inside words.
fn looks_like_words(sample: &[u8]) -> bool {
    let (mut n_runs, mut n_words) = (0_usize, 0_usize);
    let mut at = 0;
    while at < sample.len() {
        if sample[at].is_ascii() {
            at += 1;
            continue;
        }
        let len = sample[at..].iter().take_while(|it| !it.is_ascii()).count();
        let touches_letter = (0 < at && sample[at - 1].is_ascii_alphabetic())
            || sample.get(at + len).is_some_and(u8::is_ascii_alphabetic);
        n_runs += 1;
        n_words += usize::from(touches_letter || 4 <= len);
        at += len;
    }
    4 <= n_runs && n_runs * 4 <= n_words * 5
}

/// Text in UTF-16 has a zero in every second byte of its ASCII characters, and
/// none in the others.
fn utf16_without_mark(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = &sample[..sample.len().min(4096)];
    let zeros =
        |parity: usize| sample.iter().skip(parity).step_by(2).filter(|it| **it == 0).count();
    let enough = sample.len() / 20 + 1;
    match (zeros(0), zeros(1)) {
        (0, odd) if enough <= odd => Some(UTF_16LE),
        (even, 0) if enough <= even => Some(UTF_16BE),
        _ => None,
    }
}

/// All of `bytes` as text, for formats that are read at once.
///
/// # Errors
///
/// If the bytes are malformed in the encoding they appear to have.
pub fn decoded(bytes: &[u8], name: Option<&str>) -> Result<String, Diagnostic> {
    let mut reader = Utf8Reader::new(bytes, name)?;
    let mut utf8 = Vec::new();
    reader.read_to_end(&mut utf8).map_err(|error| unreadable("start", &error))?;
    super::utf8("start", utf8)
}
