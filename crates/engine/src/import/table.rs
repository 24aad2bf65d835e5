//! Files of texts: CSV, TSV, JSONL, Parquet, one text a line.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    path::Path,
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{TextConfig, TextFormat, TextReader, TextRecord, parquet, read_text},
    item::{ContentHash, Media},
};

use super::{
    MAX_FOUND_CLASSES, Sink,
    batch::{self, BATCH_LEN, BATCH_SIZE, Outcome},
    folder::unreadable,
};
use crate::{
    Error, Watch,
    store::{NewItem, Source},
};

/// Longest label or id, in bytes: they are indexed.
const MAX_NAME_SIZE: usize = 1_000;
/// The way out where a file does not say more.
const WHICH_FILE: &str = "is it the right file?";

/// Why nothing more is imported.
enum Failure {
    /// The file as a whole cannot be read.
    File(Diagnostic),
    /// No file can be imported now.
    Import(Error),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Failure {
        Failure::File(diagnostic)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Import(error)
    }
}

/// Imports the file at `path`, called `name` in the project.
pub(super) fn import(
    sink: &mut Sink<'_>,
    path: &Path,
    name: &str,
    watch: &dyn Watch,
) -> Result<(), Error> {
    read(sink, path, name, watch).map_err(|failure| match failure {
        Failure::File(diagnostic) => cannot_read(name, &diagnostic),
        Failure::Import(error) => error,
    })
}

/// The same for one file of many: if it cannot be read, it alone is left out.
pub(super) fn import_among_others(
    sink: &mut Sink<'_>,
    path: &Path,
    name: &str,
    watch: &dyn Watch,
) -> Result<(), Error> {
    match read(sink, path, name, watch) {
        Err(Failure::File(diagnostic)) => {
            let place = match diagnostic.place.as_str() {
                "start" => name.to_owned(),
                other => place(name, other),
            };
            let help = diagnostic.help.unwrap_or_else(|| WHICH_FILE.to_owned());
            sink.leave_out(Diagnostic::new(place, diagnostic.message).help(help))
        }
        Err(Failure::Import(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

fn read(sink: &mut Sink<'_>, path: &Path, name: &str, watch: &dyn Watch) -> Result<(), Failure> {
    let config = sink.config.text.clone();
    let mut reader = open(path, name, &config)?;
    if sink.finds_classes() {
        let classes = sink.new_classes(labels(path, name, &config)?)?;
        sink.keep_classes(classes)?;
    }
    let (fields, encoding) = (reader.fields().clone(), reader.encoding().clone());
    batch::stream(sink, None, watch, move |hand| {
        let mut occurrences: HashMap<ContentHash, u32> = HashMap::new();
        let (mut outcomes, mut size) = (Vec::new(), 0);
        while !watch.interrupted() {
            let record = reader.next();
            let is_end = record.is_none();
            if let Some(record) = record {
                size += record.as_ref().map_or(0, |it| it.text.len());
                outcomes.push(outcome(record, name, &mut occurrences));
            }
            let is_full = outcomes.len() == BATCH_LEN || BATCH_SIZE <= size;
            if is_end || is_full {
                size = 0;
                if !hand(std::mem::take(&mut outcomes)) || is_end {
                    break;
                }
            }
        }
        Ok(())
    })?;
    if watch.interrupted() {
        return Err(Error::Interrupted.into());
    }
    sink.report.fields.push((name.to_owned(), fields, encoding.name()));
    Ok(())
}

/// All labels in the file, so that classes have an order that does not depend
/// on the order of the lines.
fn labels(path: &Path, name: &str, config: &TextConfig) -> Result<Vec<String>, Diagnostic> {
    let mut found = BTreeSet::new();
    let records = open(path, name, config)?.flatten();
    for record in records.filter(|it| unusable(name, it).is_none()) {
        found.extend(record.label);
        if MAX_FOUND_CLASSES < found.len() {
            break;
        }
    }
    Ok(found.into_iter().collect())
}

fn open<'a>(path: &Path, name: &str, config: &TextConfig) -> Result<TextReader<'a>, Diagnostic> {
    let file = File::open(path).map_err(|it| unreadable("start", &it))?;
    match TextFormat::of(name) {
        Some(TextFormat::Parquet) => parquet::read(file, config),
        _ => read_text(name, file, config),
    }
}

/// What keeps a whole file from being read.
pub(super) fn cannot_read(name: &str, diagnostic: &Diagnostic) -> Error {
    let message = match diagnostic.place.as_str() {
        "start" => format!("cannot import `{name}`: {}", diagnostic.message),
        place => format!("cannot import `{name}`: {} in {place}", diagnostic.message),
    };
    let help = diagnostic.help.clone().unwrap_or_else(|| WHICH_FILE.to_owned());
    Error::input(message, help)
}

fn outcome(
    record: Result<TextRecord, Diagnostic>,
    name: &str,
    occurrences: &mut HashMap<ContentHash, u32>,
) -> Outcome {
    let record = match record {
        Ok(record) => record,
        Err(it) => return Outcome::LeftOut(Diagnostic { place: place(name, &it.place), ..it }),
    };
    let place = place(name, &record.place);
    if let Some(diagnostic) = unusable(&place, &record) {
        return Outcome::LeftOut(diagnostic);
    }
    let content_hash = ContentHash::of(record.text.as_bytes());
    // Without an id, the first, second, ... text of this content in this file:
    // that stays the same when lines are inserted before it.
    let occurrence = occurrences.entry(content_hash).or_default();
    let identity = match &record.id {
        Some(id) => format!("id:{id}"),
        None => format!("{name}#{occurrence}"),
    };
    *occurrence += 1;
    let item = NewItem {
        content_hash,
        identity,
        media: Media::Text,
        name: place,
        external_id: record.id,
        source: Source::Inline(record.text),
        size: None,
    };
    Outcome::Ready { item: Box::new(item), label: record.label, warning: None }
}

/// Why a record with a text cannot be an item after all.
fn unusable(place: &str, record: &TextRecord) -> Option<Diagnostic> {
    let values = [("label", &record.label), ("id", &record.id)];
    let mut values = values.into_iter().filter_map(|(kind, it)| Some((kind, it.as_ref()?)));
    values.find_map(|(kind, value)| {
        let help = format!("is it the right field (`--{kind}-field`)?");
        if MAX_NAME_SIZE < value.len() {
            let message = format!("{kind} of {} bytes, the limit is {MAX_NAME_SIZE}", value.len());
            return Some(Diagnostic::new(place, message).help(help));
        }
        let nul = value.contains('\0');
        nul.then(|| Diagnostic::new(place, format!("NUL byte in the {kind}")).help(help))
    })
}

/// `line 87` of `reviews.csv` as `reviews.csv:87`.
pub(super) fn place(name: &str, place: &str) -> String {
    match place.strip_prefix("line ").or_else(|| place.strip_prefix("row ")) {
        Some(number) => format!("{name}:{number}"),
        None => format!("{name}, {place}"),
    }
}
