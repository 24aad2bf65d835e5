//! An oracle that knows: answers come from a file, from the folders that items
//! lie in, or from labels imported as gold.
//!
//! Noise and abstention are drawn per item from the seed, so that the same item
//! gets the same answer whenever it is asked about, as from one person, and a
//! run that was stopped goes on as if it had not been.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Duration,
};

use annota_core::{
    item::ItemId,
    label::{ClassId, Label, Schema},
};
use annota_engine::{
    Error,
    annotate::{Annotator, AnnotatorKind, Oracle, Question, Reply},
};
use anyhow::Context;

use crate::problem::Problem;

/// One line of a gold file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedLabel {
    /// Where it stands: 1 is the first line.
    pub(crate) line: u64,
    /// The item's name or its owner's id.
    pub(crate) name: String,
    /// The name of its class.
    pub(crate) label: String,
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

/// Reads a gold file: JSONL by its extension, else a table with commas or tabs.
///
/// A table of two columns whose first line names neither field has no head.
pub(crate) fn read(path: &Path, fields: Fields<'_>) -> anyhow::Result<Vec<NamedLabel>> {
    let reading = || format!("cannot read the answers in `{}`", path.display());
    let bytes = std::fs::read(path).with_context(reading)?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Problem::new(format!("invalid UTF-8 at byte {at}")).help("convert the file to UTF-8")
    });
    let text = text.with_context(reading)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase).unwrap_or_default();
    let labels = if extension == "jsonl" || extension == "ndjson" {
        read_jsonl(text, fields)
    } else {
        let tabs = extension == "tsv" || extension == "tab";
        read_table(text, if tabs { b'\t' } else { b',' }, fields)
    };
    labels.map_err(anyhow::Error::from).with_context(reading)
}

fn read_table(text: &str, delimiter: u8, fields: Fields<'_>) -> Result<Vec<NamedLabel>, Problem> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records().map(|it| it.map_err(|e| Problem::new(e.to_string())));
    let Some(head) = records.next().transpose()? else {
        return Err(Problem::new("the file is empty").help("write one `name,label` a line"));
    };
    let head_fields: Vec<&str> = head.iter().map(str::trim).collect();
    let guessing = fields.name.is_none() && fields.label.is_none();
    let is_usual = |it: &str| LABEL_FIELDS.iter().any(|usual| usual.eq_ignore_ascii_case(it));
    let headless = guessing && head_fields.len() == 2 && !head_fields.iter().copied().any(is_usual);
    let (name, label) = if headless { (0, 1) } else { columns(&head_fields, fields, 1)? };
    let mut labels = Vec::new();
    let first = headless.then(|| Ok(head.clone()));
    for record in first.into_iter().chain(records) {
        let record = record?;
        let line = record.position().map_or(1, csv::Position::line);
        let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
        labels.push(NamedLabel { line, name: cell(name), label: cell(label) });
    }
    Ok(labels)
}

/// The columns of name and label among `head`, which stands in `line`.
fn columns(head: &[&str], fields: Fields<'_>, line: u64) -> Result<(usize, usize), Problem> {
    let missing = |name: &str, flag: &str| {
        Problem::new(format!("no field `{name}` in line {line}"))
            .found(head.join(", "))
            .help(format!("name it, with `{flag} FIELD`"))
    };
    let name =
        column(head, fields.name, &NAME_FIELDS).map_err(|it| missing(it, "--oracle-name-field"))?;
    let label = column(head, fields.label, &LABEL_FIELDS)
        .map_err(|it| missing(it, "--oracle-label-field"))?;
    Ok((name, label))
}

/// The column called `named`, or the first of the usual ones; the name that was
/// looked for, if there is none.
fn column<'a>(head: &[&str], named: Option<&'a str>, usual: &[&'a str]) -> Result<usize, &'a str> {
    let position = |wanted: &str| head.iter().position(|it| it.eq_ignore_ascii_case(wanted));
    let found = match named {
        Some(named) => head.iter().position(|it| *it == named),
        None => usual.iter().find_map(|it| position(it)),
    };
    found.ok_or(named.unwrap_or(usual[0]))
}

fn read_jsonl(text: &str, fields: Fields<'_>) -> Result<Vec<NamedLabel>, Problem> {
    let mut labels = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|it| !it.1.trim().is_empty()) {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|e| Problem::new(format!("line {line} is not a JSON object: {e}")))?;
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        let (name, label) = columns(&keys, fields, line)?;
        let value = |column: usize| match &object[keys[column]] {
            serde_json::Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        labels.push(NamedLabel { line, name: value(name), label: value(label) });
    }
    Ok(labels)
}

/// What an item is called, for finding its line in a gold file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// The item.
    pub(crate) item: ItemId,
    /// Path below the imported folder, or `reviews.csv:87`.
    pub(crate) name: &'a str,
    /// What its owner calls it.
    pub(crate) external_id: Option<&'a str>,
}

/// Finds the class of every item that `labels` knows: by its owner's id, by its
/// name, or by its file name with or without the extension, where that is
/// one item's alone. Labels that are not in the schema are an error.
pub(crate) fn resolve(
    labels: &[NamedLabel],
    items: &[Called<'_>],
    schema: &Schema,
) -> Result<HashMap<ItemId, ClassId>, Problem> {
    let mut by_name: HashMap<&str, &NamedLabel> = HashMap::new();
    for label in labels {
        if let Some(before) = by_name.insert(&label.name, label)
            && before.label != label.label
        {
            let (first, second) = (&before.label, &label.label);
            return Err(Problem::new(format!("`{}` has two labels", label.name))
                .found(format!(
                    "`{first}` in line {}, `{second}` in line {}",
                    before.line, label.line
                ))
                .help("keep one of them"));
        }
    }
    let shared = shared_names(items);
    let mut classes = HashMap::new();
    for item in items {
        let names = names_of(item).into_iter().filter(|it| !shared.contains(it));
        let Some(label) = names.into_iter().find_map(|it| by_name.get(it)) else { continue };
        let class = schema.class(&label.label).ok_or_else(|| unknown_class(label, schema))?;
        classes.insert(item.item, class);
    }
    Ok(classes)
}

/// Names by which more than one item could be meant.
fn shared_names<'a>(items: &[Called<'a>]) -> HashSet<&'a str> {
    let mut owners: HashMap<&str, ItemId> = HashMap::new();
    let mut shared = HashSet::new();
    for item in items {
        for name in names_of(item) {
            if *owners.entry(name).or_insert(item.item) != item.item {
                shared.insert(name);
            }
        }
    }
    shared
}

/// The names of an item, most telling first.
fn names_of<'a>(item: &Called<'a>) -> Vec<&'a str> {
    let path = Path::new(item.name);
    let file_name = path.file_name().and_then(|it| it.to_str());
    let stem = path.file_stem().and_then(|it| it.to_str());
    [item.external_id, Some(item.name), file_name, stem].into_iter().flatten().collect()
}

fn unknown_class(label: &NamedLabel, schema: &Schema) -> Problem {
    Problem::new(format!("unknown class in line {}: `{}`", label.line, label.label))
        .help(format!("the schema has: {}", schema.classes().join(", ")))
}

/// The class named by the folder of every item whose folder is a class.
pub(crate) fn from_folders(items: &[Called<'_>], schema: &Schema) -> HashMap<ItemId, ClassId> {
    let class = |item: &Called<'_>| {
        let folder = Path::new(item.name).parent()?.file_name()?.to_str()?;
        Some((item.item, schema.class(folder)?))
    };
    items.iter().filter_map(class).collect()
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
    use super::{Called, Fields, GoldOracle, NamedLabel, from_folders, read, resolve};
    use annota_core::{
        item::ItemId,
        label::{ClassId, Schema},
    };
    use std::collections::HashMap;

    fn schema() -> Schema {
        Schema::new(["cat", "dog", "cow"].map(String::from).to_vec()).expect("three classes")
    }

    fn read_as(name: &str, text: &str) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let labels = read(&path, Fields::default()).map_err(|e| e.root_cause().to_string())?;
        Ok(labels.into_iter().map(|it| (it.name, it.label)).collect())
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

    fn named(name: &str, label: &str) -> NamedLabel {
        NamedLabel { line: 1, name: name.to_owned(), label: label.to_owned() }
    }

    #[test]
    fn items_are_found_by_any_name_that_is_theirs_alone() {
        let items = [
            called(1, "x/7.jpg", None),
            called(2, "y/7.jpg", None),
            called(3, "reviews.csv:4", Some("r-9")),
            called(4, "x/8.jpg", None),
        ];
        let labels = [
            named("7.jpg", "cow"),
            named("y/7.jpg", "dog"),
            named("r-9", "cat"),
            named("8", "cow"),
        ];
        let found = resolve(&labels, &items, &schema()).expect("known classes");
        let expected = [(2, 1), (3, 0), (4, 2)].map(|(item, class)| (ItemId(item), ClassId(class)));
        assert_eq!(found, HashMap::from(expected));
    }

    #[test]
    fn wrong_gold_is_refused() {
        let items = [called(1, "a", None)];
        let refused = |labels: &[NamedLabel]| {
            resolve(labels, &items, &schema()).expect_err("refused").to_string()
        };
        assert_eq!(refused(&[named("a", "cta")]), "unknown class in line 1: `cta`");
        assert_eq!(refused(&[named("a", "cat"), named("a", "dog")]), "`a` has two labels");
    }

    #[test]
    fn folders_name_classes() {
        let items = [called(1, "photos/dog/1.jpg", None), called(2, "photos/other/1.jpg", None)];
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
