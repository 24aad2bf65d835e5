//! `import`: files and folders become items; labels that came with them become
//! annotations.
//!
//! Everything is read in parallel and in a stream, and stored in batches, so
//! that a stop or a crash loses at most the batch in progress; importing again
//! goes on. What cannot be used costs that item alone and is reported. This
//! module decides nothing about pictures ([`Inspect`] does) and parses no
//! format (`core::format` does).

mod arrays;
mod batch;
mod folder;
mod table;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{Fields, TextConfig, TextFormat, class_named, idx},
    item::Media,
    label::{Label, Schema},
};
use jiff::Timestamp;

use crate::{
    Error, Watch,
    annotate::Annotator,
    project::{Project, ProjectConfig},
    store::{Event, Inserted, NewItem},
};
use batch::{Batch, Outcome};

/// Diagnostics kept in memory; all are in the log.
const MAX_KEPT: usize = 100;
/// More classes than this in a project that named none are taken for a mistake.
const MAX_FOUND_CLASSES: usize = 5_000;
/// Extensions that are told by name.
const MAX_KINDS: usize = 5;
/// Below the project's folder: every diagnostic of every import.
const LOG: &str = "import.log";

/// Width and height of a picture in pixels, as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Whoever can tell whether bytes are a picture that can be shown.
pub trait Inspect: Sync {
    /// The size of the picture in `bytes`, or why it cannot be used; `place`
    /// is for the diagnostic.
    fn inspect(&self, place: &str, bytes: &[u8]) -> Result<ImageFacts, Diagnostic>;
}

/// What to import, and as whose labels.
pub struct ImportConfig<'a> {
    /// Whose annotations the labels are that come with the data; without one,
    /// they are counted and left alone.
    pub labels_as: Option<Annotator>,
    /// How to read files of texts.
    pub text: TextConfig,
    /// Looks into pictures.
    pub inspect: &'a dyn Inspect,
    /// The time of the import.
    pub at: Timestamp,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Items whose content is new.
    pub n_added: u64,
    /// Items that were there: same content, same place.
    pub n_already_there: u64,
    /// New items with the content of another one, linked to it.
    pub n_duplicates: u64,
    /// Labels stored as annotations.
    pub n_labels: u64,
    /// Labels that came with the data but belong to nobody.
    pub n_labels_unused: u64,
    /// Files of other kinds that were passed over, by extension in lower case.
    pub n_ignored_by_extension: BTreeMap<String, u64>,
    /// Items that could not be used.
    pub n_left_out: u64,
    /// Items that were taken although something about them is odd.
    pub n_warnings: u64,
    /// Classes the project did not have before.
    pub new_classes: Vec<String>,
    /// Which fields were taken for what, by file, and the encoding.
    pub fields: Vec<(String, Fields, &'static str)>,
    /// The first diagnostics; the others are in `log`.
    pub diagnostics: Vec<Diagnostic>,
    /// The log, if anything was written into it.
    pub log: Option<PathBuf>,
}

impl ImportReport {
    /// Items found, whatever became of them.
    pub fn n_items(&self) -> u64 {
        self.n_added + self.n_already_there + self.n_duplicates + self.n_left_out
    }

    /// Files of other kinds that were passed over.
    pub fn n_ignored(&self) -> u64 {
        self.n_ignored_by_extension.values().sum()
    }
}

/// Imports a folder or a file. What was stored stays stored when this fails
/// or is interrupted; importing again goes on.
///
/// # Errors
///
/// [`Error::Input`] if there is nothing to import, or the file as a whole
/// cannot be read; [`Error::Interrupted`] if the watcher asked to stop.
pub fn import(
    project: &Project,
    source: &Path,
    config: &ImportConfig<'_>,
    watch: &dyn Watch,
) -> Result<ImportReport, Error> {
    let source = source.canonicalize().map_err(|error| cannot_open(source, &error))?;
    let mut sink = Sink::new(project, config);
    if source.is_dir() {
        folder::import(&mut sink, &source, watch)?;
    } else {
        file(&mut sink, &source, watch)?;
    }
    let (report, media) = sink.finish(&source)?;
    if report.n_items() == 0 {
        return Err(Error::input(
            format!("nothing to import in `{}`", source.display()),
            "is it the right file?",
        ));
    }
    if project.config().media.is_none() && media.is_some() {
        let config = project.config();
        project.set_config(ProjectConfig { media, ..ProjectConfig::clone(&config) })?;
    }
    Ok(report)
}

/// Imports one file, by what it is called.
fn file(sink: &mut Sink<'_>, path: &Path, watch: &dyn Watch) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lower = name.to_ascii_lowercase();
    if arrays::is_npz(path) || idx::is_images(&lower) {
        return arrays::import(sink, path, &name, watch);
    }
    if TextFormat::of(&lower).is_some() {
        return table::import(sink, path, &name, watch);
    }
    Err(Error::input(
        format!("cannot import `{}`: a file of this kind is not known", path.display()),
        "give a folder of pictures or texts, or a file .csv .tsv .jsonl .parquet .txt .npz \
         or *-images-idx3-ubyte",
    ))
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Error {
    let help = match error.kind() {
        std::io::ErrorKind::NotFound => "check the path",
        std::io::ErrorKind::PermissionDenied => "allow reading it, with `chmod +r`",
        _ => "is the device there?",
    };
    Error::input(format!("cannot import `{}`: {error}", path.display()), help)
}

/// Stores what the readers found, and keeps count.
struct Sink<'a> {
    project: &'a Project,
    config: &'a ImportConfig<'a>,
    report: ImportReport,
    media: Option<Media>,
    log: Option<BufWriter<File>>,
    // Whether the user named the classes; if not, those found are added.
    schema: Option<Schema>,
}

impl<'a> Sink<'a> {
    fn new(project: &'a Project, config: &'a ImportConfig<'a>) -> Sink<'a> {
        Sink {
            project,
            config,
            report: ImportReport::default(),
            media: None,
            log: None,
            schema: project.store().schema().ok(),
        }
    }

    /// Whether labels are wanted and their classes are not known beforehand.
    fn finds_classes(&self) -> bool {
        self.config.labels_as.is_some() && self.schema.is_none()
    }

    /// Those of the classes found in the data that the project does not have,
    /// numbers by value and names by alphabet.
    fn new_classes(&self, mut names: Vec<String>) -> Result<Vec<String>, Diagnostic> {
        sort_classes(&mut names);
        let known = self.project.store().classes();
        names.retain(|it| !known.contains(it));
        if MAX_FOUND_CLASSES < known.len() + names.len() {
            let message =
                format!("more than {MAX_FOUND_CLASSES} different labels, as `{}`", names[0]);
            return Err(Diagnostic::new("start", message).help(
                "is it the right field (`--label-field`)? if so, name the classes in `annota.toml`",
            ));
        }
        Ok(names)
    }

    fn add_classes(&mut self, names: Vec<String>) -> Result<(), Error> {
        let new = self.new_classes(names);
        let new = new.map_err(|it| Error::input(it.message, it.help.unwrap_or_default()))?;
        self.keep_classes(new)
    }

    fn keep_classes(&mut self, names: Vec<String>) -> Result<(), Error> {
        self.project.store().add_classes(&names)?;
        self.report.new_classes.extend(names);
        Ok(())
    }

    /// Stores a batch in one transaction.
    fn store(&mut self, batch: Batch) -> Result<(), Error> {
        let (mut items, mut labels) = (Vec::new(), Vec::new());
        if self.finds_classes() {
            let found: BTreeSet<&str> = batch.labels().collect();
            let classes = self.project.store().known_classes();
            let new = found.into_iter().filter(|it| classes.id(it).is_none());
            let new: Vec<String> = new.map(str::to_owned).collect();
            if !new.is_empty() {
                self.add_classes(new)?;
            }
        }
        for outcome in batch.outcomes {
            match outcome {
                Outcome::Ignored { extension } => self.pass_over(extension),
                Outcome::LeftOut(diagnostic) => self.leave_out(diagnostic)?,
                Outcome::Ready { item, label, warning } => match self.label(&item, label) {
                    Ok(label) => {
                        if let Some(warning) = warning {
                            self.report.n_warnings += 1;
                            self.tell(warning)?;
                        }
                        items.push(*item);
                        labels.push(label);
                    }
                    Err(diagnostic) => self.leave_out(diagnostic)?,
                },
            }
        }
        self.insert(&items, &labels)
    }

    fn insert(&mut self, items: &[NewItem], labels: &[Option<Label>]) -> Result<(), Error> {
        let Some(first) = items.first() else { return Ok(()) };
        let media = *self.media.get_or_insert(first.media);
        if let Some(held) = self.project.config().media
            && held != media
        {
            return Err(Error::input(
                format!("the project holds {}, and these are {}", held.plural(), media.plural()),
                "make another project for them, with `annota init`",
            ));
        }
        let store = self.project.store();
        let inserted = match &self.config.labels_as {
            Some(annotator) => {
                store.insert_labelled_items(items, labels, annotator, self.config.at)?
            }
            None => store.insert_items(items, self.config.at)?,
        };
        self.report.n_labels += inserted.n_labels as u64;
        for it in inserted.items {
            match it {
                Inserted::Added(_) => self.report.n_added += 1,
                Inserted::Duplicate { .. } => self.report.n_duplicates += 1,
                Inserted::AlreadyThere(_) => self.report.n_already_there += 1,
            }
        }
        Ok(())
    }

    /// The label called `name`, if labels are wanted.
    fn label(&mut self, item: &NewItem, name: Option<String>) -> Result<Option<Label>, Diagnostic> {
        let Some(name) = name else { return Ok(None) };
        if self.config.labels_as.is_none() {
            self.report.n_labels_unused += 1;
            return Ok(None);
        }
        match (self.project.store().known_classes().id(&name), &self.schema) {
            (Some(class), _) => Ok(Some(Label::Class(class))),
            (None, Some(schema)) => {
                class_named(schema, &name, &item.name).map(|it| Some(Label::Class(it)))
            }
            // Blank names are the only ones that are not added.
            (None, None) => Err(Diagnostic::new(&item.name, "a label without a name")),
        }
    }

    fn pass_over(&mut self, extension: String) {
        *self.report.n_ignored_by_extension.entry(extension).or_default() += 1;
    }

    fn leave_out(&mut self, diagnostic: Diagnostic) -> Result<(), Error> {
        self.report.n_left_out += 1;
        self.tell(diagnostic)
    }

    /// Writes a diagnostic into the log, and keeps the first ones.
    fn tell(&mut self, diagnostic: Diagnostic) -> Result<(), Error> {
        let path = self.project.folder().join(LOG);
        if self.log.is_none() {
            let file = File::options().append(true).create(true).open(&path);
            let mut log = BufWriter::new(file.map_err(Error::file("write", &path))?);
            writeln!(log, "import at {}", self.config.at).map_err(Error::file("write", &path))?;
            self.log = Some(log);
            self.report.log = Some(path.clone());
        }
        if let Some(log) = &mut self.log {
            writeln!(log, "  {diagnostic}").map_err(Error::file("write", &path))?;
        }
        if self.report.diagnostics.len() < MAX_KEPT {
            self.report.diagnostics.push(diagnostic);
        }
        Ok(())
    }

    /// Closes the log and keeps in the project what was done.
    fn finish(mut self, source: &Path) -> Result<(ImportReport, Option<Media>), Error> {
        if let Some(mut log) = self.log.take() {
            log.flush().map_err(Error::file("write", self.project.folder().join(LOG)))?;
        }
        let document = serde_json::json!({
            "source": source.display().to_string(),
            "added": self.report.n_added,
            "already_there": self.report.n_already_there,
            "duplicates": self.report.n_duplicates,
            "labels": self.report.n_labels,
            "left_out": self.report.n_left_out,
            "warnings": self.report.n_warnings,
            "ignored": self.report.n_ignored(),
        });
        if 0 < self.report.n_items() {
            self.project.store().record_event(&Event {
                at: self.config.at,
                kind: "import".to_owned(),
                document: document.to_string(),
            })?;
        }
        Ok((self.report, self.media))
    }
}

/// Numbers of files by extension, in words, most first: `2 .pdf, 1 .txt`.
pub fn by_kind(n_by_extension: &BTreeMap<String, u64>) -> String {
    let mut kinds: Vec<(&String, &u64)> = n_by_extension.iter().collect();
    kinds.sort_by_key(|it| Reverse(it.1));
    let told = kinds.iter().take(MAX_KINDS).map(|(extension, n)| match extension.as_str() {
        "" => format!("{n} without extension"),
        extension => format!("{n} .{extension}"),
    });
    let told: Vec<String> = told.collect();
    let rest = if MAX_KINDS < kinds.len() { " and others" } else { "" };
    told.join(", ") + rest
}

/// Numbers by value, names by alphabet.
fn sort_classes(names: &mut [String]) {
    if names.iter().all(|it| it.parse::<i64>().is_ok()) {
        names.sort_by_key(|it| it.parse::<i64>().unwrap_or_default());
    } else {
        names.sort();
    }
}

/// The path by which the project finds a file again: relative if it lies in
/// the project's folder, so that the folder can be moved.
fn stored_path(project: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(project).unwrap_or(path).to_owned()
}

/// Makes the folders above `path`.
fn make_parent(path: &Path) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(Error::file("make", parent))
}

#[cfg(test)]
mod tests {
    use super::sort_classes;

    #[test]
    fn classes_are_sorted_as_numbers_if_all_are() {
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
            sort_classes(&mut names);
            names
        };
        assert_eq!(sorted(&["10", "9", "-1"]), ["-1", "9", "10"]);
        assert_eq!(sorted(&["10", "9", "b"]), ["10", "9", "b"]);
    }
}
