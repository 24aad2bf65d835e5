//! JSON: one value a line, one array of values, or values one after the other.

use std::{
    collections::VecDeque,
    io::{self, BufReader, Read},
};

use serde_json::Value;

use super::{
    Fields, Peeked, Record, TextConfig, TextRecord, checked_text,
    field::{self, joined},
    lines::{LineReader, unread},
    some_label, too_long, unreadable,
};
use crate::diagnostic::Diagnostic;

/// Values looked at for the first from which the fields can be chosen.
const N_SAMPLE: usize = 100;

/// The records of `input`, which begins with what was peeked at; `has_lines`
/// if the extension promises a value a line.
pub(super) fn read<'a, R: Read + Send + 'a>(
    input: R,
    peeked: &Peeked,
    has_lines: bool,
    config: &TextConfig,
) -> Result<(Fields, Json<'a>), Diagnostic> {
    let start = peeked.sample.trim_ascii_start();
    let first_line = start.split(|it| *it == b'\n').next().unwrap_or_default();
    let is_value = serde_json::from_slice::<Value>(first_line).is_ok();
    let mut values: Box<dyn Iterator<Item = Parsed> + Send + 'a> =
        if !start.starts_with(b"[") && (has_lines || is_value) {
            Box::new(by_line(input, config.clone()))
        } else {
            let values = Values::new(input, config.clone());
            Box::new(values.map(|(line, bytes)| (line, bytes.and_then(|it| parsed(line, &it)))))
        };
    let mut pending = VecDeque::new();
    let mut fields = Ok(Fields::default());
    for (line, value) in values.by_ref().take(N_SAMPLE) {
        let found = value.as_ref().ok().and_then(names);
        pending.push_back((line, value));
        if let Some((found, longest)) = found {
            fields = field::choose(&found, &format!("line {line}"), config, longest.as_deref());
            break;
        }
    }
    let fields = fields?;
    Ok((fields.clone(), Json { pending, values, fields, config: config.clone() }))
}

/// A value and the line it begins on.
type Parsed = (u64, Result<Value, Diagnostic>);

fn parsed(line: u64, bytes: &[u8]) -> Result<Value, Diagnostic> {
    let place = format!("line {line}");
    if std::str::from_utf8(bytes).is_err() {
        return super::utf8(&place, bytes.to_vec()).map(|_| Value::Null);
    }
    serde_json::from_slice(bytes.trim_ascii_end()).map_err(|error| {
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or_default();
        let message = format!("not JSON at column {}: {reason}", error.column());
        Diagnostic::new(place, message).help("mend the line, or leave it out")
    })
}

fn by_line<R: Read>(input: R, config: TextConfig) -> impl Iterator<Item = Parsed> {
    let mut lines = LineReader::new(input, config.max_record_len());
    std::iter::from_fn(move || {
        loop {
            let (number, place) = (lines.number(), lines.place());
            match unread(&place, lines.next()?, &config) {
                Ok(bytes) if bytes.trim_ascii().is_empty() => {}
                bytes => return Some((number, bytes.and_then(|it| parsed(number, &it)))),
            }
        }
    })
}

/// The names of an object's fields, those inside objects with dots, and which
/// holds the longest string. Nothing for other values.
fn names(value: &Value) -> Option<(Vec<String>, Option<String>)> {
    let object = value.as_object()?;
    let mut names = Vec::new();
    let mut longest: Option<(usize, String)> = None;
    for (name, value) in object {
        let inner = value.as_object().into_iter().flatten();
        let dotted = inner.map(|(it, value)| (format!("{name}.{it}"), value));
        for (name, value) in std::iter::once((name.clone(), value)).chain(dotted) {
            let len = value.as_str().map_or(0, str::len);
            if longest.as_ref().is_none_or(|it| it.0 < len) && 0 < len {
                longest = Some((len, name.clone()));
            }
            if !value.is_object() {
                names.push(name);
            }
        }
    }
    Some((names, longest.map(|it| it.1)))
}

/// An iterator over the texts of a JSON file.
pub struct Json<'a> {
    pending: VecDeque<Parsed>,
    values: Box<dyn Iterator<Item = Parsed> + Send + 'a>,
    fields: Fields,
    config: TextConfig,
}

impl Iterator for Json<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let (line, value) = self.pending.pop_front().or_else(|| self.values.next())?;
        Some(value.and_then(|value| self.record(format!("line {line}"), &value)))
    }
}

impl Json<'_> {
    fn record(&self, place: String, value: &Value) -> Record {
        if let Value::String(text) = value {
            let text = checked_text(&place, text.clone(), &self.config)?;
            return Ok(TextRecord { text, label: None, id: None, place });
        }
        if !value.is_object() {
            let message = format!("expected an object, found {}", kind(value));
            return Err(Diagnostic::new(place, message).help("write `{\"text\": \"…\"}`"));
        }
        let mut parts = Vec::new();
        for name in &self.fields.text {
            match at(value, name) {
                Some(Value::String(part)) => parts.push(part.as_str()),
                Some(other) => {
                    let message = format!("field `{name}` is {}, not a text", kind(other));
                    return Err(Diagnostic::new(place, message).help(ANOTHER_FIELD));
                }
                None => {
                    let missing = Diagnostic::new(place, format!("no field `{name}`"));
                    return Err(missing.help(ANOTHER_FIELD));
                }
            }
        }
        let text = checked_text(&place, joined(&parts), &self.config)?;
        let label = self.fields.label.as_ref().and_then(|it| at(value, it));
        let label = label.map_or(Ok(None), |it| label_of(it, &place))?;
        let id = self.fields.id.as_ref().and_then(|it| at(value, it)).and_then(scalar);
        Ok(TextRecord { text, label, id, place })
    }
}

const ANOTHER_FIELD: &str = "put a text there, or name another field, with `--text-field`";

/// The value of the field called `name`, whose dots may lead into objects.
fn at<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let exact = value.get(name);
    exact.or_else(|| name.split_once('.').and_then(|(outer, inner)| at(value.get(outer)?, inner)))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn label_of(value: &Value, place: &str) -> Result<Option<String>, Diagnostic> {
    match value {
        Value::Null => Ok(None),
        Value::Array(several) if several.len() == 1 => label_of(&several[0], place),
        Value::Array(several) if several.is_empty() => Ok(None),
        Value::Array(several) => {
            let message = format!("{} labels, expected one", several.len());
            Err(Diagnostic::new(place, message).help("keep one of them"))
        }
        Value::Object(_) => Err(Diagnostic::new(place, "the label is an object, not a name")
            .help("name the field inside: `--label-field OUTER.INNER`")),
        _ => Ok(scalar(value).as_deref().and_then(some_label)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Cuts a stream into JSON values by their brackets, without parsing them: the
/// elements of the array it is, or values one after the other.
struct Values<R: Read> {
    bytes: io::Bytes<BufReader<R>>,
    line: u64,
    in_array: bool,
    is_first: bool,
    config: TextConfig,
}

/// How deep in a value, and whether inside one of its strings.
#[derive(Default)]
struct Nesting {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Nesting {
    fn pass(&mut self, byte: u8) {
        if self.in_string {
            self.in_string = byte != b'"' || self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_string
    }
}

impl<R: Read> Values<R> {
    fn new(input: R, config: TextConfig) -> Values<R> {
        let bytes = BufReader::with_capacity(1 << 16, input).bytes();
        Values { bytes, line: 1, in_array: false, is_first: true, config }
    }

    fn byte(&mut self) -> Option<io::Result<u8>> {
        let byte = self.bytes.next()?;
        self.line += u64::from(matches!(byte, Ok(b'\n')));
        Some(byte)
    }

    /// The first byte of the next value.
    fn start(&mut self) -> Option<io::Result<u8>> {
        loop {
            match self.byte()? {
                Ok(b'[') if self.is_first => {
                    self.in_array = true;
                    self.is_first = false;
                }
                Ok(byte) if byte.is_ascii_whitespace() => {}
                Ok(b',' | b']') if self.in_array => {}
                byte => return Some(byte),
            }
        }
    }

    /// The value that begins with `first`, or its length if it is too long.
    fn rest(&mut self, first: u8) -> io::Result<Result<Vec<u8>, u64>> {
        let mut nesting = Nesting::default();
        let (mut value, mut len) = (Vec::new(), 0_u64);
        let mut next = Some(first);
        while let Some(byte) = next {
            if nesting.is_outside()
                && 0 < len
                && (byte.is_ascii_whitespace() || b",]".contains(&byte))
            {
                break;
            }
            nesting.pass(byte);
            len += 1;
            if value.len() < self.config.max_record_len() {
                value.push(byte);
            }
            if nesting.is_outside() && b"}]\"".contains(&byte) {
                break;
            }
            next = self.byte().transpose()?;
        }
        Ok(if value.len() as u64 == len { Ok(value) } else { Err(len) })
    }
}

impl<R: Read> Iterator for Values<R> {
    type Item = (u64, Result<Vec<u8>, Diagnostic>);

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.start()?;
        self.is_first = false;
        let line = self.line;
        let place = format!("line {line}");
        let value = first.and_then(|it| self.rest(it));
        Some((
            line,
            match value {
                Err(error) => Err(unreadable(&place, &error)),
                Ok(Err(len)) => Err(too_long(&place, len, &self.config)),
                Ok(Ok(value)) => Ok(value),
            },
        ))
    }
}
