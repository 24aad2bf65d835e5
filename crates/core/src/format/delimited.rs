//! CSV, TSV and their relatives: fields between commas, tabs or semicolons,
//! quoted as in RFC 4180, with or without a line of names.
//!
//! The splitter is our own because it must recover: a quote that is never
//! closed costs the line it is on, where the usual readers lose everything
//! behind it. It agrees with the `csv` crate on whatever that crate writes.

use std::{
    collections::{HashSet, VecDeque},
    io::Read,
};

use super::{
    Fields, Peeked, Record, TextConfig, TextRecord, checked_text,
    field::{self, joined},
    lines::{LineReader, unread, without_end},
    some_label, utf8,
};
use crate::diagnostic::Diagnostic;

/// Records looked at before deciding how a file is laid out.
const N_SAMPLE: usize = 200;

/// The records of `input`, which begins with what was peeked at.
pub(super) fn read<R: Read>(
    input: R,
    peeked: &Peeked,
    extension_delimiter: u8,
    config: &TextConfig,
) -> Result<(Fields, Delimited<R>), Diagnostic> {
    let delimiter =
        config.delimiter.unwrap_or_else(|| likely_delimiter(peeked, extension_delimiter));
    let sample = sample_records(peeked, delimiter);
    let Some(first) = sample.first() else {
        return Err(Diagnostic::new("start", "no record in the file").help("is it the right file?"));
    };
    let has_header = config.has_header.unwrap_or_else(|| looks_like_header(&sample));
    let rows = if has_header { &sample[1..] } else { &sample[..] };
    let columns: Vec<Column> = (0..first.len()).map(|it| Column::of(rows, it)).collect();
    let names: Vec<String> = if has_header {
        first.iter().map(|it| it.trim().to_owned()).collect()
    } else {
        (1..=first.len()).map(|it| it.to_string()).collect()
    };
    let fields = fields(&names, &columns, has_header, config)?;
    let position = |name: &String| {
        names.iter().position(|it| it == name).expect("fields were chosen among the names")
    };
    let reader = Delimited {
        records: Records::new(input, delimiter, names.len(), config),
        n_fields: names.len(),
        skips_header: has_header,
        text: fields.text.iter().map(position).collect(),
        label: fields.label.as_ref().map(position),
        id: fields.id.as_ref().map(position),
        config: config.clone(),
    };
    Ok((fields, reader))
}

/// The records of `table`, which is UTF-8 with `0xFF` for what was malformed:
/// the line on which each begins, and its fields, as many as the first record
/// that can be read has. For tables that hold no texts and fit in memory.
pub fn records(
    table: &[u8],
    delimiter: u8,
) -> impl Iterator<Item = (u64, Result<Vec<Vec<u8>>, Diagnostic>)> {
    let config = TextConfig::detect();
    let first = Records::new(table, delimiter, 0, &config).find_map(|it| it.1.ok());
    let n_fields = first.map_or(0, |it| it.len());
    Records::new(table, delimiter, n_fields, &config).map(move |(line, values)| {
        (line, values.and_then(|it| with_fields(&format!("line {line}"), it, n_fields)))
    })
}

/// Whether a file of lines is in truth a table between tabs.
pub(super) fn is_tabular(peeked: &Peeked, config: &TextConfig) -> bool {
    if !config.text_fields.is_empty() || config.delimiter.is_some() {
        return true;
    }
    let sample = sample_records(peeked, b'\t');
    let n_fields = sample.first().map_or(0, Vec::len);
    2 <= n_fields && 2 <= sample.len() && sample.iter().all(|it| it.len() == n_fields)
}

fn fields(
    names: &[String],
    columns: &[Column],
    has_header: bool,
    config: &TextConfig,
) -> Result<Fields, Diagnostic> {
    let longest =
        (0..columns.len()).max_by(|a, b| columns[*a].mean_len.total_cmp(&columns[*b].mean_len));
    let likeliest = longest.map(|it| names[it].as_str());
    let guessed = guessed_columns(columns);
    if has_header || !config.text_fields.is_empty() {
        let mut fields = field::choose(names, "line 1", config, likeliest)?;
        if !has_header && config.label_field.is_none() {
            let label = guessed.label.map(|it| names[it].clone());
            fields.label = label.filter(|it| !fields.text.contains(it));
        }
        return Ok(fields);
    }
    let nothing_stands_out =
        guessed.text.is_empty() || (1 < guessed.text.len() && guessed.label.is_none());
    if nothing_stands_out && config.label_field.is_none() {
        return field::choose(names, "line 1", config, likeliest);
    }
    let text = TextConfig {
        text_fields: guessed.text.iter().map(|it| names[*it].clone()).collect(),
        ..config.clone()
    };
    let mut fields = field::choose(names, "line 1", &text, likeliest)?;
    if config.label_field.is_none() {
        fields.label = guessed.label.map(|it| names[it].clone());
    }
    fields.text.retain(|it| Some(it) != fields.label.as_ref() && Some(it) != fields.id.as_ref());
    Ok(fields)
}

/// An iterator over the texts of a table.
pub struct Delimited<R> {
    records: Records<R>,
    n_fields: usize,
    skips_header: bool,
    text: Vec<usize>,
    label: Option<usize>,
    id: Option<usize>,
    config: TextConfig,
}

impl<R: Read> Iterator for Delimited<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let (mut line, mut values) = self.records.next()?;
        if self.skips_header && values.is_ok() {
            self.skips_header = false;
            (line, values) = self.records.next()?;
        }
        Some(values.and_then(|values| self.record(format!("line {line}"), values)))
    }
}

impl<R> Delimited<R> {
    fn record(&self, place: String, values: Vec<Vec<u8>>) -> Record {
        let values = with_fields(&place, values, self.n_fields)?;
        let value = |it: usize| utf8(&place, values[it].clone());
        let parts: Result<Vec<String>, _> = self.text.iter().map(|it| value(*it)).collect();
        let parts = parts?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let text = checked_text(&place, joined(&parts), &self.config)?;
        let label = self.label.map(value).transpose()?;
        let id = self.id.map(value).transpose()?.filter(|it| !it.is_empty());
        Ok(TextRecord { text, label: label.as_deref().and_then(some_label), id, place })
    }
}

/// `values` if there are `n_fields`, empty ones behind those aside.
fn with_fields(
    place: &str,
    mut values: Vec<Vec<u8>>,
    n_fields: usize,
) -> Result<Vec<Vec<u8>>, Diagnostic> {
    while n_fields < values.len() && values.last().is_some_and(Vec::is_empty) {
        values.pop();
    }
    if values.len() == n_fields {
        return Ok(values);
    }
    let message = format!("found {} of {n_fields} fields", values.len());
    let help = "quote a field that holds the delimiter or a line end";
    Err(Diagnostic::new(place, message).help(help))
}

/// Splits lines into records and recovers from broken quotes.
struct Records<R> {
    lines: LineReader<R>,
    /// Lines read while looking for the end of a quote, to be read again.
    pending: VecDeque<(u64, Vec<u8>)>,
    delimiter: u8,
    n_fields: usize,
    max_len: usize,
    config: TextConfig,
}

impl<R: Read> Records<R> {
    fn new(input: R, delimiter: u8, n_fields: usize, config: &TextConfig) -> Records<R> {
        let max_len = config.max_record_len();
        let lines = LineReader::new(input, max_len);
        let config = config.clone();
        Records { lines, pending: VecDeque::new(), delimiter, n_fields, max_len, config }
    }

    fn line(&mut self) -> Option<(u64, Result<Vec<u8>, Diagnostic>)> {
        if let Some((number, line)) = self.pending.pop_front() {
            return Some((number, Ok(line)));
        }
        let (number, place) = (self.lines.number(), self.lines.place());
        let line = self.lines.next()?;
        Some((number, unread(&place, line, &self.config)))
    }

    /// The record that begins on `line`.
    fn record(&mut self, number: u64, line: Vec<u8>) -> Result<Vec<Vec<u8>>, Diagnostic> {
        let mut splitter = Splitter::new(self.delimiter);
        let mut len = line.len();
        let mut state = splitter.feed(&line);
        let mut read = vec![(number, line)];
        while state == State::Open && len <= self.max_len {
            let Some((number, Ok(line))) = self.line() else { break };
            len += line.len();
            state = splitter.feed(&line);
            read.push((number, line));
        }
        let is_table_of_lines =
            1 < read.len() && self.delimiter == b'\t' && read.iter().all(|it| self.is_full(&it.1));
        if state == State::Done && !is_table_of_lines {
            return Ok(splitter.fields);
        }
        let mut read = read.into_iter();
        let (_, line) = read.next().expect("the line it began on was put there");
        for line in read.rev() {
            self.pending.push_front(line);
        }
        if self.delimiter == b'\t' {
            return Ok(literal(&line, b'\t'));
        }
        let message = match state {
            State::Stray => "text behind the closing quote of a field",
            State::Open | State::Done => "a quote is opened and never closed",
        };
        Err(Diagnostic::new(format!("line {number}"), message)
            .help("write quotes inside a quoted field twice: `\"\"`"))
    }

    /// Whether `line` by itself, quotes taken literally, has all fields.
    fn is_full(&self, line: &[u8]) -> bool {
        literal(line, self.delimiter).len() == self.n_fields
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = (u64, Result<Vec<Vec<u8>>, Diagnostic>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.line()? {
                (number, Err(diagnostic)) => return Some((number, Err(diagnostic))),
                (_, Ok(line)) if without_end(&line).is_empty() => {}
                (number, Ok(line)) => return Some((number, self.record(number, line))),
            }
        }
    }
}

/// The fields of `line` where a quote is a character like others.
fn literal(line: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    without_end(line).split(|it| *it == delimiter).map(<[u8]>::to_vec).collect()
}

/// Where a record stands after a line of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Complete.
    Done,
    /// Goes on in the next line, inside a quoted field.
    Open,
    /// Broken: something stands between a closing quote and the delimiter.
    Stray,
}

/// Where the splitter is in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Bare,
    Quoted,
    Quote,
}

/// Splits one record into fields, line by line.
struct Splitter {
    delimiter: u8,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    place: Place,
}

impl Splitter {
    fn new(delimiter: u8) -> Splitter {
        Splitter { delimiter, fields: Vec::new(), field: Vec::new(), place: Place::Start }
    }

    fn feed(&mut self, line: &[u8]) -> State {
        let content = without_end(line);
        for byte in content {
            self.place = match (self.place, *byte) {
                (Place::Start, b'"') => Place::Quoted,
                (Place::Quoted, b'"') => Place::Quote,
                (Place::Start | Place::Bare | Place::Quote, byte) if byte == self.delimiter => {
                    self.fields.push(std::mem::take(&mut self.field));
                    Place::Start
                }
                (Place::Quote, byte) if byte != b'"' => return State::Stray,
                (place, byte) => {
                    self.field.push(byte);
                    if matches!(place, Place::Quoted | Place::Quote) {
                        Place::Quoted
                    } else {
                        Place::Bare
                    }
                }
            };
        }
        if self.place == Place::Quoted {
            self.field.extend_from_slice(&line[content.len()..]);
            return State::Open;
        }
        self.fields.push(std::mem::take(&mut self.field));
        State::Done
    }
}

/// The first records of the file, malformed ones left out, bad bytes replaced.
fn sample_records(peeked: &Peeked, delimiter: u8) -> Vec<Vec<String>> {
    let sample = &peeked.sample[..];
    let last_end = sample.iter().rposition(|it| *it == b'\n');
    let whole = match last_end {
        Some(at) if !peeked.is_whole => &sample[..=at],
        _ => sample,
    };
    let records = Records::new(whole, delimiter, 0, &TextConfig::detect());
    let good = records.filter_map(|(_, values)| values.ok()).take(N_SAMPLE);
    let lossy = |it: &Vec<u8>| String::from_utf8_lossy(it).into_owned();
    good.map(|values| values.iter().map(lossy).collect()).collect()
}

/// The delimiter of the extension, unless it splits nothing and another splits
/// nine records in ten alike.
fn likely_delimiter(peeked: &Peeked, of_extension: u8) -> u8 {
    let splits = |delimiter: u8| {
        let sample = sample_records(peeked, delimiter);
        let n_fields = sample.first().map_or(0, Vec::len);
        let n_alike = sample.iter().filter(|it| it.len() == n_fields).count();
        2 <= n_fields && sample.len() * 9 <= n_alike * 10
    };
    if 2 <= sample_records(peeked, of_extension).first().map_or(0, Vec::len) {
        return of_extension;
    }
    let others = [b',', b'\t', b';', b'|'];
    others.into_iter().find(|it| splits(*it)).unwrap_or(of_extension)
}

/// Whether the first record names the fields: one of them has a name this
/// module knows; or all are short words, and somewhere a column of numbers or
/// much longer texts follows.
fn looks_like_header(sample: &[Vec<String>]) -> bool {
    let (first, rest) = (&sample[0], &sample[1..]);
    if first.iter().any(|it| field::is_known(it)) && first.iter().all(|it| it.len() < 64) {
        return true;
    }
    let is_word = |it: &String| {
        !it.trim().is_empty() && it.chars().count() <= 40 && it.split_whitespace().count() <= 3
    };
    let distinct: HashSet<&String> = first.iter().collect();
    let are_names = first.iter().all(|it| is_word(it) && it.parse::<f64>().is_err());
    if !are_names || distinct.len() < first.len() || rest.is_empty() {
        return false;
    }
    (0..first.len()).any(|it| {
        let column = Column::of(rest, it);
        column.is_numeric || first[it].chars().count() as f64 * 3.0 < column.mean_len
    }) && !rest.iter().any(|row| row.iter().zip(first).any(|(a, b)| a == b))
}

/// What the values of a column look like.
struct Column {
    n: usize,
    n_distinct: usize,
    mean_len: f64,
    is_numeric: bool,
}

impl Column {
    fn of(rows: &[Vec<String>], column: usize) -> Column {
        let values: Vec<&str> =
            rows.iter().filter_map(|it| it.get(column)).map(|it| it.trim()).collect();
        let total: usize = values.iter().map(|it| it.chars().count()).sum();
        Column {
            n: values.len(),
            n_distinct: values.iter().collect::<HashSet<_>>().len(),
            mean_len: total as f64 / values.len().max(1) as f64,
            is_numeric: !values.is_empty() && values.iter().all(|it| it.parse::<f64>().is_ok()),
        }
    }
}

/// Columns taken for text and label by their values alone.
struct Guessed {
    text: Vec<usize>,
    label: Option<usize>,
}

/// The label repeats itself and is short; everything else that is not a number
/// is text.
fn guessed_columns(columns: &[Column]) -> Guessed {
    let longest = columns.iter().map(|it| it.mean_len).fold(0.0, f64::max);
    let is_label = |it: &Column| {
        let repeats = it.n_distinct < it.n || it.is_numeric;
        repeats && it.mean_len <= 32.0 && it.mean_len * 2.0 <= longest
    };
    let candidates = (0..columns.len()).filter(|it| is_label(&columns[*it]));
    let label = candidates.min_by_key(|it| columns[*it].n_distinct);
    let is_text = |it: &usize| Some(*it) != label && !columns[*it].is_numeric;
    Guessed { text: (0..columns.len()).filter(is_text).collect(), label }
}
