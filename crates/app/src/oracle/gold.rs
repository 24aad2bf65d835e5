//! An oracle that knows: answers come from a file, from the folders that items
//! lie in, or from labels imported as gold.
//!
//! Noise and abstention are drawn per item from the seed, so that the same item
//! gets the same answer whenever it is asked about, as from one person, and a
//! run that was stopped goes on as if it had not been.

use std::{collections::HashMap, fs::File, io::Read, path::Path, time::Duration};

use annota_core::{
    diagnostic::Diagnostic,
    format::{class_named, delimited, encoding::Utf8Reader, shortened},
    item::ItemId,
    label::{ClassId, Label, Schema},
};
use annota_engine::{
    Error,
    annotate::{Annotator, AnnotatorKind, Oracle, Question, Reply},
};
use anyhow::Context;

use crate::problem::Problem;

/// One line of a gold file that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedLabel {
    /// Where it stands: 1 is the first line.
    pub(crate) line: u64,
    /// The item's name or its owner's id.
    pub(crate) name: String,
    /// The name of its class.
    pub(crate) label: String,
}

/// The lines of a gold file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Those with a name and a label, in their order.
    pub(crate) labels: Vec<NamedLabel>,
    /// How many leave the label blank.
    n_unanswered: u64,
    /// Those that cannot be read, and why.
    unreadable: Vec<(u64, Diagnostic)>,
}

impl Lines {
    fn take(&mut self, line: u64, read: Result<(String, String), Diagnostic>) {
        match read {
            Ok((_, label)) if label.is_empty() => self.n_unanswered += 1,
            Ok((name, label)) if name.is_empty() => {
                let message = format!("`{}` is said of no item", shortened(&label));
                let help = "name the item, or leave the line out";
                self.unreadable.push((line, Diagnostic::new("", message).help(help)));
            }
            Ok((name, label)) => self.labels.push(NamedLabel { line, name, label }),
            Err(diagnostic) => self.unreadable.push((line, diagnostic)),
        }
    }
}

/// Fields of a gold file; guessed where not named.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    /// Names the item.
    pub(crate) name: Option<&'a str>,
    /// Holds the label.
    pub(crate) label: Option<&'a str>,
}

/// Fields that usually name the item, best first.
const NAME_FIELDS: [&str; 9] =
    ["name", "id", "item", "file_name", "filename", "file", "path", "image", "text"];
/// Fields that usually hold the label, best first.
const LABEL_FIELDS: [&str; 6] = ["label", "class", "category", "gold", "answer", "target"];

/// Reads a gold file, whose encoding is found out: JSONL by its extension, else
/// a table with commas or tabs.
///
/// A table of two columns whose first line names neither field has no head. A
/// line that cannot be read costs itself alone.
pub(crate) fn read(path: &Path, fields: Fields<'_>) -> anyhow::Result<Lines> {
    let reading = || format!("cannot read the answers in `{}`", path.display());
    let file = File::open(path).with_context(reading)?;
    let mut text = Vec::new();
    Utf8Reader::new(file, None)
        .expect("only an encoding that was named can be unknown")
        .read_to_end(&mut text)
        .with_context(reading)?;
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase).unwrap_or_default();
    if extension == "jsonl" || extension == "ndjson" {
        return Ok(read_jsonl(&text, fields));
    }
    let tabs = extension == "tsv" || extension == "tab";
    let lines = read_table(&text, if tabs { b'\t' } else { b',' }, fields);
    lines.map_err(anyhow::Error::from).with_context(reading)
}

fn read_table(table: &[u8], delimiter: u8, fields: Fields<'_>) -> Result<Lines, Problem> {
    let (mut lines, mut records) = (Lines::default(), Vec::new());
    for (line, record) in delimited::records(table, delimiter) {
        match record {
            Ok(cells) => records.push((line, cells)),
            Err(diagnostic) => lines.unreadable.push((line, diagnostic)),
        }
    }
    let Some((line, head)) = records.first() else {
        let empty = Problem::new("the file is empty").help("write one `name,label` a line");
        return if lines.unreadable.is_empty() { Err(empty) } else { Ok(lines) };
    };
    let head: Vec<String> =
        head.iter().map(|it| String::from_utf8_lossy(it).trim().to_owned()).collect();
    let guessing = fields.name.is_none() && fields.label.is_none();
    let is_usual = |it: &String| LABEL_FIELDS.iter().any(|usual| usual.eq_ignore_ascii_case(it));
    let headless = guessing && head.len() == 2 && !head.iter().any(is_usual);
    let (name, label) = if headless {
        (0, 1)
    } else {
        columns(&head, fields).map_err(|it| it.problem(&head, *line))?
    };
    for (line, cells) in &records[usize::from(!headless)..] {
        let pair = cell(&cells[name]).and_then(|name| Ok((name, cell(&cells[label])?)));
        lines.take(*line, pair);
    }
    Ok(lines)
}

/// What a cell holds, without the space around it.
fn cell(bytes: &[u8]) -> Result<String, Diagnostic> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Diagnostic::new("", format!("invalid bytes for the file's encoding, at byte {at}"))
            .help("convert the file to UTF-8")
    })?;
    Ok(text.trim().to_owned())
}

/// A field that is not there.
struct Missing {
    name: String,
    flag: &'static str,
}

impl Missing {
    fn help(&self) -> String {
        format!("name it, with `{} FIELD`", self.flag)
    }

    /// That none of the lines can be read, whose `head` stands in `line`.
    fn problem(&self, head: &[String], line: u64) -> Problem {
        Problem::new(format!("no field `{}` in line {line}", self.name))
            .found(head.join(", "))
            .help(self.help())
    }
}

/// The columns of name and label among `head`.
fn columns(head: &[String], fields: Fields<'_>) -> Result<(usize, usize), Missing> {
    let missing = |flag| move |name: &str| Missing { name: name.to_owned(), flag };
    let name = column(head, fields.name, &NAME_FIELDS);
    let label = column(head, fields.label, &LABEL_FIELDS);
    Ok((
        name.map_err(missing("--oracle-name-field"))?,
        label.map_err(missing("--oracle-label-field"))?,
    ))
}

/// The column called `named`, or the first of the usual ones; the name that was
/// looked for, if there is none.
fn column<'a>(
    head: &[String],
    named: Option<&'a str>,
    usual: &[&'a str],
) -> Result<usize, &'a str> {
    let position = |wanted: &str| head.iter().position(|it| it.eq_ignore_ascii_case(wanted));
    let found = match named {
        Some(named) => head.iter().position(|it| *it == named),
        None => usual.iter().find_map(|it| position(it)),
    };
    found.ok_or(named.unwrap_or(usual[0]))
}

fn read_jsonl(text: &[u8], fields: Fields<'_>) -> Lines {
    let mut lines = Lines::default();
    for (line, text) in (1..).zip(text.split(|it| *it == b'\n')) {
        if !text.trim_ascii().is_empty() {
            lines.take(line, read_object(text, fields));
        }
    }
    lines
}

/// Name and label in one line of JSON.
fn read_object(text: &[u8], fields: Fields<'_>) -> Result<(String, String), Diagnostic> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&cell(text)?)
        .map_err(|e| {
            let message = e.to_string();
            let reason = message.split(" at line ").next().unwrap_or_default();
            Diagnostic::new("", format!("not a JSON object at column {}: {reason}", e.column()))
                .help("mend the line, or leave it out")
        })?;
    let keys: Vec<String> = object.keys().cloned().collect();
    let (name, label) = columns(&keys, fields).map_err(|it| {
        let message = format!("no field `{}` among {}", it.name, keys.join(", "));
        Diagnostic::new("", message).help(it.help())
    })?;
    let value = |column: usize| match &object[&keys[column]] {
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    Ok((value(name), value(label)))
}

/// What an item is called, for finding its lines in a gold file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// The item; the one that was there first, for those with its content.
    pub(crate) item: ItemId,
    /// Path below the imported folder, or `reviews.csv:87`.
    pub(crate) name: &'a str,
    /// What its owner calls it.
    pub(crate) external_id: Option<&'a str>,
}

/// What a gold file says about items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// The class of every item that it knows.
    pub(crate) classes: HashMap<ItemId, ClassId>,
    /// How many lines the file has, its head aside.
    pub(crate) n_lines: u64,
    /// How many of them leave the label blank.
    pub(crate) n_unanswered: u64,
    /// Why others were left out, in their order.
    pub(crate) left_out: Vec<Diagnostic>,
}

/// Finds the item and the class of every one of the `lines` of `file`: items by
/// their owner's id, by their name, or by their file name with or without the
/// extension, where that is one item's alone. What two lines say otherwise of
/// one item is left out.
pub(crate) fn resolve(file: &str, lines: Lines, items: &[Called<'_>], schema: &Schema) -> Answers {
    let Lines { labels, n_unanswered, unreadable } = lines;
    let n_lines = (labels.len() + unreadable.len()) as u64 + n_unanswered;
    let (by_name, mut left_out) = (items_by_name(items), unreadable);
    let mut said: HashMap<ItemId, Vec<(&NamedLabel, ClassId)>> = HashMap::new();
    for label in &labels {
        let class = class_named(schema, &label.label, "");
        match item_named(&label.name, &by_name, items).and_then(|item| Ok((item, class?))) {
            Ok((item, class)) => said.entry(item).or_default().push((label, class)),
            Err(diagnostic) => left_out.push((label.line, diagnostic)),
        }
    }
    let mut classes = HashMap::new();
    for (item, said) in said {
        match said.iter().find(|it| it.1 != said[0].1) {
            None => drop(classes.insert(item, said[0].1)),
            Some(other) => left_out.extend(said.iter().map(|it| contradicted(it, &said[0], other))),
        }
    }
    left_out.sort_by_key(|it| it.0);
    let place = |line: u64| format!("{file}:{line}");
    let left_out = left_out.into_iter().map(|(line, it)| Diagnostic { place: place(line), ..it });
    Answers { classes, n_lines, n_unanswered, left_out: left_out.collect() }
}

/// Items by all of their names; `None` for names of more than one.
fn items_by_name<'a>(items: &[Called<'a>]) -> HashMap<&'a str, Option<ItemId>> {
    let mut by_name: HashMap<&str, Option<ItemId>> = HashMap::new();
    for called in items {
        for name in names_of(called) {
            let item = by_name.entry(name).or_insert(Some(called.item));
            *item = item.filter(|it| *it == called.item);
        }
    }
    by_name
}

/// All names of an item.
fn names_of<'a>(item: &Called<'a>) -> impl Iterator<Item = &'a str> {
    let path = Path::new(item.name);
    let file_name = path.file_name().and_then(|it| it.to_str());
    let stem = path.file_stem().and_then(|it| it.to_str());
    [item.external_id, Some(item.name), file_name, stem].into_iter().flatten()
}

fn item_named(
    name: &str,
    by_name: &HashMap<&str, Option<ItemId>>,
    items: &[Called<'_>],
) -> Result<ItemId, Diagnostic> {
    match by_name.get(name) {
        Some(Some(item)) => Ok(*item),
        Some(None) => Err(Diagnostic::new("", format!("`{name}` is the name of several items"))
            .help("write the path as it was imported")),
        None => {
            let unknown = Diagnostic::new("", format!("unknown item: `{}`", shortened(name)));
            let example = items.first().map_or("", |it| it.external_id.unwrap_or(it.name));
            Err(unknown.help(format!("write the item's id or name, as in `{example}`")))
        }
    }
}

/// That `said` is not what the `first` or the `second` line about its item says.
fn contradicted(
    said: &(&NamedLabel, ClassId),
    first: &(&NamedLabel, ClassId),
    second: &(&NamedLabel, ClassId),
) -> (u64, Diagnostic) {
    let other = if said.1 == first.1 { second.0 } else { first.0 };
    let NamedLabel { line, name, label } = said.0;
    let mut message =
        format!("`{name}` is `{label}` here, and `{}` in line {}", other.label, other.line);
    if other.name != *name {
        message += &format!(", where it is called `{}`", other.name);
    }
    (*line, Diagnostic::new("", message).help("keep one of them; equal content is one item"))
}

/// The class named by the folder of every item whose folder is a class; of those
/// with the same content the first counts.
pub(crate) fn from_folders(items: &[Called<'_>], schema: &Schema) -> HashMap<ItemId, ClassId> {
    let class = |item: &Called<'_>| {
        let folder = Path::new(item.name).parent()?.file_name()?.to_str()?;
        Some((item.item, schema.class(folder)?))
    };
    items.iter().rev().filter_map(class).collect()
}

/// Answers from known labels.
#[derive(Clone, Debug)]
pub(crate) struct GoldOracle {
    /// What is known.
    pub(crate) classes: HashMap<ItemId, ClassId>,
    /// Number of classes of the schema.
    pub(crate) n_classes: usize,
    /// Under whose name the answers are kept.
    pub(crate) annotator: String,
    /// Share of wrong answers, in `[0, 1)`.
    pub(crate) noise: f64,
    /// Share of questions left unanswered, in `[0, 1)`.
    pub(crate) abstain: f64,
    /// Seed of both.
    pub(crate) rng_seed: u64,
}

impl GoldOracle {
    /// The answer about `item`, or `None` if it is unknown or the oracle abstains.
    fn class(&self, item: ItemId) -> Option<ClassId> {
        let class = *self.classes.get(&item)?;
        // Neighbouring seeds give neighbouring first draws; a large odd factor
        // sets them apart.
        let seed = self.rng_seed ^ (item.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut rng = fastrand::Rng::with_seed(seed);
        if rng.f64() < self.abstain {
            return None;
        }
        if self.noise <= rng.f64() {
            return Some(class);
        }
        let other = rng.usize(..self.n_classes - 1);
        let index = other + usize::from(class.index() <= other);
        Some(ClassId(u16::try_from(index).expect("a schema fits in u16")))
    }
}

impl Oracle for GoldOracle {
    /// It stands in for a person: its answers count as asked and given, while
    /// the gold that it knows stays held out.
    fn annotator(&self) -> Annotator {
        Annotator { name: self.annotator.clone(), kind: AnnotatorKind::Person }
    }

    fn answer(&mut self, question: &Question, _: usize, _: usize) -> Result<Reply, Error> {
        let label = self.class(question.item).map(Label::Class);
        Ok(Reply::Answer { label, took: Duration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::{Answers, Called, Fields, GoldOracle, Lines, from_folders, read, resolve};
    use annota_core::{
        item::ItemId,
        label::{ClassId, Schema},
    };
    use expect_test::{Expect, expect};
    use std::{collections::HashMap, fmt::Write};

    fn schema() -> Schema {
        Schema::new(["cat", "dog", "cow"].map(String::from).to_vec()).expect("three classes")
    }

    fn lines_of(name: &str, file: &[u8]) -> Result<Lines, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, file).expect("written");
        read(&path, Fields::default()).map_err(|e| e.root_cause().to_string())
    }

    fn read_as(name: &str, text: &str) -> Result<Vec<(String, String)>, String> {
        let lines = lines_of(name, text.as_bytes())?;
        Ok(lines.labels.into_iter().map(|it| (it.name, it.label)).collect())
    }

    #[test]
    fn the_usual_ways_to_write_labels_read_alike() {
        let expected = Ok(vec![
            ("a.jpg".to_owned(), "cat".to_owned()),
            ("b.jpg".to_owned(), "dog".to_owned()),
        ]);
        assert_eq!(read_as("gold.csv", "id,label\na.jpg,cat\nb.jpg,dog\n"), expected);
        assert_eq!(
            read_as("gold.csv", "\u{feff}Label,x,Name\ncat,1,a.jpg\ndog,2,b.jpg\n"),
            expected
        );
        assert_eq!(read_as("gold.csv", "a.jpg,cat\nb.jpg,dog\n"), expected);
        assert_eq!(read_as("gold.csv", "id,label\r\n\"a.jpg\", cat\r\nb.jpg,dog,,"), expected);
        assert_eq!(read_as("gold.tsv", "a.jpg\tcat\nb.jpg\tdog\n"), expected);
        let lines = "{\"id\":\"a.jpg\",\"label\":\"cat\"}\n\n{\"label\":\"dog\",\"id\":\"b.jpg\"}";
        assert_eq!(read_as("gold.jsonl", lines), expected);
    }

    #[test]
    fn a_field_that_is_not_there_is_named() {
        assert_eq!(
            read_as("gold.csv", "a,b,c\n1,2,3\n"),
            Err("no field `name` in line 1".to_owned())
        );
        assert_eq!(read_as("gold.csv", ""), Err("the file is empty".to_owned()));
    }

    fn called<'a>(item: i64, name: &'a str, external_id: Option<&'a str>) -> Called<'a> {
        Called { item: ItemId(item), name, external_id }
    }

    fn answers(name: &str, file: &[u8]) -> Answers {
        let items = [
            called(1, "x/7.jpg", None),
            called(2, "y/7.jpg", None),
            called(3, "reviews.csv:4", Some("r-9")),
            called(4, "x/8.jpg", None),
            // The same content once more.
            called(4, "y/9.jpg", None),
        ];
        resolve(name, lines_of(name, file).expect("it can be read"), &items, &schema())
    }

    fn check(name: &str, file: &[u8], expected: &Expect) {
        let Answers { classes, n_lines, n_unanswered, left_out } = answers(name, file);
        let mut shown = format!("{n_lines} lines, {n_unanswered} unanswered\n");
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_unstable();
        for (item, class) in classes {
            writeln!(shown, "{item}: {}", schema().classes()[class.index()]).expect("in memory");
        }
        left_out.iter().for_each(|it| writeln!(shown, "{it}").expect("in memory"));
        expected.assert_eq(&shown);
    }

    #[test]
    fn items_are_found_by_any_name_that_is_theirs_alone() {
        let file = b"7.jpg,cow\ny/7.jpg,dog\nr-9,cat\n8,cow\n9.jpg,cow\n";
        check(
            "gold.csv",
            file,
            &expect![[r#"
            5 lines, 0 unanswered
            2: dog
            3: cat
            4: cow
            gold.csv:1: `7.jpg` is the name of several items
                help: write the path as it was imported
        "#]],
        );
    }

    #[test]
    fn a_bad_line_costs_itself_alone() {
        let file = b"id,label\nx/7.jpg,cat\nr-9,cta\ny/7.jpg,\nx/8.jpg\nx/8.jpg,dog,9\nz,cow\n\
                     \"x/8.jpg,cow\n,dog\n,\n\xff,cat\nx/8.jpg,cow\n";
        check(
            "gold.csv",
            file,
            &expect![[r#"
            11 lines, 2 unanswered
            1: cat
            4: cow
            gold.csv:3: unknown class: `cta`
                help: the classes are: cat, dog, cow
            gold.csv:5: found 1 of 2 fields
                help: quote a field that holds the delimiter or a line end
            gold.csv:6: found 3 of 2 fields
                help: quote a field that holds the delimiter or a line end
            gold.csv:7: unknown item: `z`
                help: write the item's id or name, as in `x/7.jpg`
            gold.csv:8: a quote is opened and never closed
                help: write quotes inside a quoted field twice: `""`
            gold.csv:9: `dog` is said of no item
                help: name the item, or leave the line out
            gold.csv:11: invalid bytes for the file's encoding, at byte 0
                help: convert the file to UTF-8
        "#]],
        );
    }

    #[test]
    fn a_bad_line_of_json_costs_itself_alone() {
        let file = br#"{"id": "x/7.jpg", "label": "cat"}
{"id": "r-9", "label": null}
{"id": "r-9", "label": " "}
{"id": "x/8.jpg"
{"id": "x/8.jpg", "class": 7}
{"id": "x/8.jpg"}
["x/8.jpg", "cow"]
{"id": "8", "label": "cow"}"#;
        check(
            "gold.jsonl",
            file,
            &expect![[r#"
            8 lines, 2 unanswered
            1: cat
            4: cow
            gold.jsonl:4: not a JSON object at column 16: EOF while parsing an object
                help: mend the line, or leave it out
            gold.jsonl:5: unknown class: `7`
                help: the classes are: cat, dog, cow
            gold.jsonl:6: no field `label` among id
                help: name it, with `--oracle-label-field FIELD`
            gold.jsonl:7: not a JSON object at column 0: invalid type: sequence, expected a map
                help: mend the line, or leave it out
        "#]],
        );
    }

    #[test]
    fn an_item_said_to_be_two_things_is_neither() {
        let file = b"x/7.jpg,cat\nx/8.jpg,dog\nx/7.jpg,dog\ny/9.jpg,cow\nr-9,cat\nr-9,cat\n";
        check(
            "gold.csv",
            file,
            &expect![[r#"
            6 lines, 0 unanswered
            3: cat
            gold.csv:1: `x/7.jpg` is `cat` here, and `dog` in line 3
                help: keep one of them; equal content is one item
            gold.csv:2: `x/8.jpg` is `dog` here, and `cow` in line 4, where it is called `y/9.jpg`
                help: keep one of them; equal content is one item
            gold.csv:3: `x/7.jpg` is `dog` here, and `cat` in line 1
                help: keep one of them; equal content is one item
            gold.csv:4: `y/9.jpg` is `cow` here, and `dog` in line 2, where it is called `x/8.jpg`
                help: keep one of them; equal content is one item
        "#]],
        );
    }

    #[test]
    fn the_encoding_is_found_out() {
        let schema = Schema::new(["投诉", "咨询"].map(String::from).to_vec()).expect("classes");
        let items = [called(1, "a", None), called(2, "b", None)];
        let gb18030 = b"id,label\na,\xcd\xb6\xcb\xdf\nb,\xd7\xc9\xd1\xaf\n";
        let utf16: Vec<u8> = "\u{feff}id,label\na,投诉\nb,咨询\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let expected = [(1, 0), (2, 1)].map(|(item, class)| (ItemId(item), ClassId(class)));
        for file in [&gb18030[..], &utf16] {
            let lines = lines_of("gold.csv", file).expect("it can be read");
            let answers = resolve("gold.csv", lines, &items, &schema);
            assert_eq!(answers.classes, HashMap::from(expected), "{:?}", answers.left_out);
        }
    }

    #[test]
    fn folders_name_classes() {
        let items = [
            called(1, "photos/dog/1.jpg", None),
            called(2, "photos/other/1.jpg", None),
            // The same content once more.
            called(1, "photos/cow/2.jpg", None),
        ];
        assert_eq!(from_folders(&items, &schema()), HashMap::from([(ItemId(1), ClassId(1))]));
    }

    #[test]
    fn noise_and_abstention_have_the_shares_asked_for() {
        let classes: HashMap<ItemId, ClassId> =
            (0..20_000).map(|it| (ItemId(it), ClassId(1))).collect();
        let oracle = GoldOracle {
            classes,
            n_classes: 3,
            annotator: "gold".to_owned(),
            noise: 0.2,
            abstain: 0.1,
            rng_seed: 7,
        };
        let answers: Vec<Option<ClassId>> =
            (0..20_000).map(|it| oracle.class(ItemId(it))).collect();
        let share = |class: Option<u16>| {
            answers.iter().filter(|it| **it == class.map(ClassId)).count() as f64 / 20_000.0
        };
        // Four standard deviations of a share of 20,000 are at most .0142.
        assert!((share(None) - 0.1).abs() < 0.01);
        assert!((share(Some(1)) - 0.9 * 0.8).abs() < 0.0142);
        assert!((share(Some(0)) - 0.9 * 0.1).abs() < 0.01);
        assert!((share(Some(2)) - 0.9 * 0.1).abs() < 0.01);
        assert_eq!(oracle.class(ItemId(5)), oracle.class(ItemId(5)));
    }
}
