//! File formats: bytes in, values and diagnostics out, and back.
//!
//! Readers take anything that can be read and give one record at a time, so a
//! file larger than memory passes through. What cannot be used costs one
//! record, never the file, and is told with its place. This module opens no
//! file and decides nothing about classes: a label is the string it was.

pub mod card;
pub mod delimited;
pub mod encoding;
pub mod export;
pub mod field;
pub mod idx;
pub mod jsonl;
pub mod label_studio;
pub mod lines;
pub mod npz;
pub mod parquet;

use std::io::{self, Cursor, Read, Write};

use crate::{
    diagnostic::Diagnostic,
    label::{ClassId, Schema},
};
pub use encoding::Encoding;
pub use field::Fields;

/// One text read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRecord {
    /// The text, never blank, without NUL, within the limit of the [`TextConfig`].
    pub text: String,
    /// The label that came with it, trimmed and never empty.
    pub label: Option<String>,
    /// What the file calls it.
    pub id: Option<String>,
    /// Where in the file: `line 87`, `row 12`.
    pub place: String,
}

/// A text, or why there is none at this place.
pub type Record = Result<TextRecord, Diagnostic>;

/// One picture read from an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRecord {
    /// Unique within the file: `train/00017`.
    pub name: String,
    /// The pixels.
    pub pixels: Pixels,
    /// The label that came with it; class numbers stay numbers.
    pub label: Option<String>,
    /// Where in the file: `train_images[17]`.
    pub place: String,
}

/// Uncompressed pixels, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// 1 (grey), 3 (RGB) or 4 (RGBA).
    pub channels: u8,
    /// Shape `[height, width, channels]`.
    pub values: Vec<u8>,
}

impl Pixels {
    /// The picture as a PNG file, which every decoder reads.
    ///
    /// # Panics
    ///
    /// If the number of values is not `height * width * channels`.
    pub fn png(&self) -> Vec<u8> {
        let row_len = self.width as usize * usize::from(self.channels);
        assert_eq!(self.values.len(), row_len * self.height as usize, "pixels fill the picture");
        let color_type = match self.channels {
            1 => 0,
            3 => 2,
            _ => 6,
        };
        let mut head = Vec::new();
        head.extend(self.width.to_be_bytes());
        head.extend(self.height.to_be_bytes());
        head.extend([8, color_type, 0, 0, 0]);
        let mut body = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        let rows = self.values.chunks_exact(row_len);
        let written = rows.map(|row| body.write_all(&[0]).and_then(|()| body.write_all(row)));
        written.collect::<io::Result<()>>().expect("writing to memory does not fail");
        let body = body.finish().expect("writing to memory does not fail");
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in [(b"IHDR", &head), (b"IDAT", &body), (b"IEND", &Vec::new())] {
            let len = u32::try_from(data.len()).expect("a picture has less than 4 GiB");
            let mut crc = flate2::Crc::new();
            crc.update(name);
            crc.update(data);
            png.extend(len.to_be_bytes());
            png.extend(name);
            png.extend(data);
            png.extend(crc.sum().to_be_bytes());
        }
        png
    }
}

/// How a file of texts is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextConfig {
    /// Names, or 1-based positions, of the fields that make up the text, in
    /// their order; empty: found out from the file.
    pub text_fields: Vec<String>,
    /// The field with the label; `None`: found out from the file.
    pub label_field: Option<String>,
    /// The field with the id; `None`: found out from the file.
    pub id_field: Option<String>,
    /// Whether the first line of a CSV or TSV names the fields; `None`: found out.
    pub has_header: Option<bool>,
    /// What separates fields; `None`: found out.
    pub delimiter: Option<u8>,
    /// Name of the encoding, as the web knows it (`gb18030`, `windows-1252`);
    /// `None`: found out.
    pub encoding: Option<String>,
    /// Longest text taken, in bytes of UTF-8.
    pub max_text_len: usize,
}

impl TextConfig {
    /// Nothing named: everything is found out from the file, texts up to 1 MiB.
    pub fn detect() -> TextConfig {
        TextConfig {
            text_fields: Vec::new(),
            label_field: None,
            id_field: None,
            has_header: None,
            delimiter: None,
            encoding: None,
            max_text_len: 1 << 20,
        }
    }

    /// Longest line, record or JSON value kept in memory, in bytes.
    fn max_record_len(&self) -> usize {
        self.max_text_len.saturating_mul(16).saturating_add(1 << 16)
    }
}

/// The records of one file, in its order.
pub struct TextReader<'a> {
    records: Box<dyn Iterator<Item = Record> + Send + 'a>,
    fields: Fields,
    encoding: Encoding,
}

impl TextReader<'_> {
    /// Which fields were taken for what.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The encoding; settled for good once all records were read, because a
    /// file may begin with any amount of plain ASCII.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }
}

impl Iterator for TextReader<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.records.next()
    }
}

/// How a file of texts is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Fields between commas, tabs or semicolons.
    Delimited,
    /// JSON values, one a line or in one array.
    Json,
    /// One text a line, or tab-separated fields if every line has them.
    Lines,
    /// Apache Parquet; read with [`parquet::read`], which needs random access.
    Parquet,
}

impl TextFormat {
    /// The format of the file `name`, by its extension (`.gz` aside), or
    /// `None` if it is no file of texts.
    pub fn of(name: &str) -> Option<TextFormat> {
        let name = name.to_ascii_lowercase();
        match extension(&name) {
            "csv" | "tsv" | "tab" => Some(TextFormat::Delimited),
            "json" | "jsonl" | "ndjson" => Some(TextFormat::Json),
            "txt" | "text" => Some(TextFormat::Lines),
            "parquet" | "pq" => Some(TextFormat::Parquet),
            _ => None,
        }
    }
}

/// Bytes looked at before deciding how a file is laid out.
const SAMPLE_LEN: usize = 1 << 16;

/// Reads the texts of `input`, laid out as the extension of `name` says, gzip
/// undone where `name` ends in `.gz`.
///
/// # Errors
///
/// What keeps the whole file from being read: no such field, an unknown
/// encoding, a format that is none of [`TextFormat`] or needs random access
/// (Parquet: [`parquet::read`]).
pub fn read_text<'a, R: Read + Send + 'a>(
    name: &str,
    input: R,
    config: &TextConfig,
) -> Result<TextReader<'a>, Diagnostic> {
    let lower = name.to_ascii_lowercase();
    let (lower, input): (&str, Box<dyn Read + Send + 'a>) = match lower.strip_suffix(".gz") {
        Some(lower) => (lower, Box::new(flate2::read::MultiGzDecoder::new(input))),
        None => (&lower, Box::new(input)),
    };
    let mut input = encoding::Utf8Reader::new(input, config.encoding.as_deref())?;
    let encoding = input.encoding();
    let sample = sample(&mut input).map_err(|error| unreadable("start", &error))?;
    if sample.is_empty() {
        return Err(Diagnostic::new("start", "the file is empty").help("is it the right file?"));
    }
    let is_whole = sample.len() < SAMPLE_LEN;
    let peeked = Peeked { is_whole, sample: sample.clone() };
    let input = Cursor::new(sample).chain(input);
    let (fields, records): (Fields, Box<dyn Iterator<Item = Record> + Send + 'a>) =
        match TextFormat::of(lower) {
            Some(TextFormat::Delimited) => {
                let extension_delimiter = if extension(lower) == "csv" { b',' } else { b'\t' };
                boxed(delimited::read(input, &peeked, extension_delimiter, config)?)
            }
            Some(TextFormat::Lines) if delimited::is_tabular(&peeked, config) => {
                boxed(delimited::read(input, &peeked, b'\t', config)?)
            }
            Some(TextFormat::Lines) => boxed(lines::read(input, config)),
            Some(TextFormat::Json) => {
                boxed(jsonl::read(input, &peeked, extension(lower) != "json", config)?)
            }
            Some(TextFormat::Parquet) | None => {
                let message = "not a file of texts that can be read as a stream";
                let help = "convert it to CSV, TSV, JSONL or one text a line (.txt)";
                return Err(Diagnostic::new("start", message).help(help));
            }
        };
    Ok(TextReader { records, fields, encoding })
}

fn boxed<'a, I: Iterator<Item = Record> + Send + 'a>(
    (fields, records): (Fields, I),
) -> (Fields, Box<dyn Iterator<Item = Record> + Send + 'a>) {
    (fields, Box::new(records))
}

/// What follows the last dot of a file's name, `.gz` aside; empty without one.
fn extension(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.rsplit_once('.').map_or("", |it| it.1)
}

/// The start of a file, as UTF-8 where valid.
struct Peeked {
    sample: Vec<u8>,
    is_whole: bool,
}

fn sample(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut sample = Vec::new();
    input.take(SAMPLE_LEN as u64).read_to_end(&mut sample)?;
    Ok(sample)
}

/// The class of `schema` called `label`.
///
/// # Errors
///
/// A diagnostic at `place` that names the class that was probably meant, or
/// those there are.
pub fn class_named(schema: &Schema, label: &str, place: &str) -> Result<ClassId, Diagnostic> {
    if let Some(class) = schema.class(label) {
        return Ok(class);
    }
    let folded = label.to_lowercase();
    let distance = |it: &String| edit_distance(&it.to_lowercase(), &folded);
    let nearest = schema.classes().iter().min_by_key(|it| distance(it));
    let help = match nearest {
        Some(class) if distance(class) <= label.chars().count() / 4 => {
            format!("did you mean `{class}`?")
        }
        _ => {
            let shown: Vec<&str> = schema.classes().iter().take(10).map(String::as_str).collect();
            let more = schema.n_classes().saturating_sub(shown.len());
            let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("the classes are: {}{rest}", shown.join(", "))
        }
    };
    Err(Diagnostic::new(place, format!("unknown class: `{}`", shortened(label))).help(help))
}

/// Insertions, deletions and replacements that turn `a` into `b`; stops
/// counting for names longer than 100 characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(100).collect();
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The bytes as text, or what is wrong with them.
fn utf8(place: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("invalid bytes for the file's encoding, at byte {at} of the field");
        Diagnostic::new(place, message)
            .help("if the file has another encoding, name it, with `--encoding`")
    })
}

/// `text` if it can be an item.
fn checked_text(place: &str, text: String, config: &TextConfig) -> Result<String, Diagnostic> {
    if text.trim().is_empty() {
        return Err(
            Diagnostic::new(place, "empty text").help("write something there, or leave it out")
        );
    }
    if let Some(at) = text.find('\0') {
        return Err(Diagnostic::new(place, format!("NUL byte at byte {at} of the text"))
            .help("remove it; texts hold no binary data"));
    }
    if config.max_text_len < text.len() {
        return Err(too_long(place, text.len() as u64, config));
    }
    Ok(text)
}

fn too_long(place: &str, len: u64, config: &TextConfig) -> Diagnostic {
    let limit = thousands(config.max_text_len as u64);
    let message = format!("text of {} bytes, the limit is {limit}", thousands(len));
    Diagnostic::new(place, message).help("split it into parts that can be labelled one by one")
}

fn unreadable(place: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(place, format!("cannot be read on: {error}"))
}

/// A label as it is kept: trimmed, nothing if blank.
fn some_label(label: &str) -> Option<String> {
    let label = label.trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// `12408` as `12,408`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if 0 < i && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// At most 60 characters of `text`, for messages.
pub fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod tests;
