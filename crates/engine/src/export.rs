//! `export`: final labels in the formats of the field, each with its origin.
//!
//! What decides: what a person last answered, else the auto label, else gold,
//! else the crowd's most frequent label. Duplicates carry the label of the item
//! they repeat. Nothing is computed here that was not stored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Component, Path, PathBuf},
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{
        card::{self, Card, Origins, data_set_card},
        export::{
            ExportAnnotation, ExportConfig, ExportFormat, ExportItem, ExportPrediction, Origin,
            write,
        },
    },
    item::{ItemId, Media},
    label::{Label, Purpose, Schema},
};

use crate::{
    Error, Watch,
    annotate::AnnotatorKind,
    certificate,
    project::{Project, write_atomically},
    store::{Annotation, AutoLabel, Item, Source, without_undone},
};

/// Where labels go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One file.
    File(ExportFormat),
    /// A folder that `datasets` loads, with a data-set card.
    HuggingFace,
    /// A folder per class, with links to the files.
    ClassFolderLinks,
    /// A folder per class, with copies.
    ClassFolderCopies,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportReport {
    /// The file or folder.
    pub path: PathBuf,
    /// Items with a label.
    pub n_labelled: u64,
    /// Items by origin of their label.
    pub n_by_origin: BTreeMap<&'static str, u64>,
    /// Items without a label.
    pub n_unlabelled: u64,
    /// What the format could not hold.
    pub diagnostics: Vec<Diagnostic>,
}

/// Writes every item with its label to `path`.
///
/// # Errors
///
/// [`Error::Interrupted`] when told to stop: nothing half-written stays under
/// the final name.
pub fn export(
    project: &Project,
    destination: Destination,
    path: &Path,
    watch: &dyn Watch,
) -> Result<ExportReport, Error> {
    let known = Known::read(project)?;
    let mut counts = Counts::default();
    let mut diagnostics = Vec::new();
    match destination {
        Destination::File(format) => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
            }
            diagnostics = write_file(project, &known, format, path, &mut counts, watch)?;
        }
        Destination::HuggingFace => {
            let data = path.join(card::DATA_PATH);
            let folder = data.parent().expect("the data lie in a folder");
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
            let format = ExportFormat::HuggingFace;
            diagnostics = write_file(project, &known, format, &data, &mut counts, watch)?;
            let card = data_set_card(&known.card(project, path, &counts)?);
            write_atomically(&path.join("README.md"), card.as_bytes())?;
        }
        Destination::ClassFolderLinks | Destination::ClassFolderCopies => {
            let is_linked = destination == Destination::ClassFolderLinks;
            let mut folders = ClassFolders::begin(path, known.schema.classes())?;
            for item in Items::new(project, watch) {
                let item = item?;
                let exported = known.item(&item);
                counts.add(&exported);
                diagnostics.extend(folders.place(project, &item, &exported, is_linked)?);
            }
            folders.finish()?;
        }
    }
    if let Some(issued) = certificate::latest(project)? {
        let beside = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        write_atomically(&beside.join("certificate.txt"), issued.text.as_bytes())?;
        let json = crate::train::to_json(&issued.document);
        write_atomically(&beside.join("certificate.json"), json.as_bytes())?;
    }
    Ok(ExportReport {
        path: path.to_owned(),
        n_labelled: counts.n_by_origin.values().sum(),
        n_by_origin: counts.n_by_origin,
        n_unlabelled: counts.n_unlabelled,
        diagnostics,
    })
}

/// Everything but the items.
struct Known {
    schema: Schema,
    media: Media,
    annotators: HashMap<i64, (String, AnnotatorKind)>,
    facts: HashMap<ItemId, Vec<Annotation>>,
    auto_labels: HashMap<ItemId, AutoLabel>,
}

impl Known {
    fn read(project: &Project) -> Result<Known, Error> {
        let store = project.store();
        let annotators = store.annotators()?.into_iter();
        let mut facts: HashMap<ItemId, Vec<Annotation>> = HashMap::new();
        for annotation in without_undone(store.annotations(None)?) {
            facts.entry(annotation.fact.item).or_default().push(annotation);
        }
        let first = store.items(None, 1)?;
        let first = first.first().ok_or_else(|| {
            Error::input("there are no items to export", "run `annota import` first")
        })?;
        Ok(Known {
            schema: store.schema()?,
            media: first.media,
            annotators: annotators.map(|(id, it)| (id.0, (it.name, it.kind))).collect(),
            facts,
            auto_labels: store.auto_labels()?.into_iter().map(|it| (it.item, it)).collect(),
        })
    }

    fn item(&self, item: &Item) -> ExportItem {
        let labelled = item.duplicate_of.unwrap_or(item.id);
        let facts = self.facts.get(&labelled).map_or(&[][..], Vec::as_slice);
        let auto = self.auto_labels.get(&labelled);
        let (brought, given): (Vec<_>, Vec<_>) = facts.iter().partition(|it| self.is_models(it));
        let brought = brought.into_iter().filter_map(|it| self.brought_prediction(it));
        let (text, image) = match &item.source {
            Source::Inline(text) => (Some(text.clone()), None),
            Source::File(path) => (None, Some(path.display().to_string())),
        };
        ExportItem {
            id: item.external_id.clone().unwrap_or_else(|| item.id.to_string()),
            name: item.name.clone(),
            text,
            image,
            label: self.label(facts, auto),
            annotations: given.into_iter().map(|it| self.annotation(it)).collect(),
            predictions: brought.chain(auto.map(|it| self.prediction(it))).collect(),
        }
    }

    /// The final label and where it is from.
    fn label(&self, facts: &[Annotation], auto: Option<&AutoLabel>) -> Option<(String, Origin)> {
        if let Some(last) = self.of_kind(facts, AnnotatorKind::Person).last() {
            let label = last.fact.label.as_ref()?;
            let annotators = vec![self.annotators[&last.fact.annotator.0].0.clone()];
            let confirmed =
                auto.filter(|it| last.fact.purpose == Purpose::Review && it.label.agrees(label));
            let origin = match confirmed {
                Some(auto) => Origin::Confirmed {
                    annotators,
                    model: model_name(auto),
                    confidence: f64::from(auto.confidence),
                },
                None => Origin::Person { annotators },
            };
            return Some((self.class(label), origin));
        }
        if let Some(auto) = auto {
            let origin = Origin::Auto {
                model: model_name(auto),
                confidence: f64::from(auto.confidence),
                certificate: Some(auto.certificate.0.to_string()),
            };
            return Some((self.class(&auto.label), origin));
        }
        let gold = self.of_kind(facts, AnnotatorKind::Gold).last();
        let given =
            gold.and_then(|it| it.fact.label.clone()).or_else(|| self.most_frequent(facts))?;
        let names: HashSet<&String> = facts
            .iter()
            .filter(|it| it.fact.label.as_ref().is_some_and(|label| label.agrees(&given)))
            .map(|it| &self.annotators[&it.fact.annotator.0].0)
            .collect();
        let mut annotators: Vec<String> = names.into_iter().cloned().collect();
        annotators.sort();
        Some((self.class(&given), Origin::Person { annotators }))
    }

    fn of_kind<'a>(
        &'a self,
        facts: &'a [Annotation],
        kind: AnnotatorKind,
    ) -> impl Iterator<Item = &'a Annotation> {
        facts.iter().filter(move |it| self.annotators[&it.fact.annotator.0].1 == kind)
    }

    /// What most of the crowd said; ties to the lower class.
    fn most_frequent(&self, facts: &[Annotation]) -> Option<Label> {
        let mut votes: BTreeMap<_, usize> = BTreeMap::new();
        for annotation in self.of_kind(facts, AnnotatorKind::Crowd) {
            if let Some(class) = annotation.fact.label.as_ref().and_then(Label::class) {
                *votes.entry(class).or_default() += 1;
            }
        }
        let best = votes.into_iter().reduce(|best, it| if best.1 < it.1 { it } else { best })?;
        Some(Label::Class(best.0))
    }

    fn class(&self, label: &Label) -> String {
        let Label::Class(class) = label;
        self.schema.name(*class).to_owned()
    }

    fn annotation(&self, annotation: &Annotation) -> ExportAnnotation {
        ExportAnnotation {
            annotator: self.annotators[&annotation.fact.annotator.0].0.clone(),
            label: annotation.fact.label.as_ref().map(|it| self.class(it)),
            seconds: annotation.fact.took.map(|it| it.as_secs_f64()),
            at: Some(annotation.fact.answered_at.to_string()),
        }
    }

    /// Whether a model outside said it, whose labels came with the data.
    fn is_models(&self, annotation: &Annotation) -> bool {
        self.annotators[&annotation.fact.annotator.0].1 == AnnotatorKind::Model
    }

    fn brought_prediction(&self, annotation: &Annotation) -> Option<ExportPrediction> {
        let label = self.class(annotation.fact.label.as_ref()?);
        let model = self.annotators[&annotation.fact.annotator.0].0.clone();
        Some(ExportPrediction { model, label, confidence: None })
    }

    fn prediction(&self, auto: &AutoLabel) -> ExportPrediction {
        ExportPrediction {
            model: model_name(auto),
            label: self.class(&auto.label),
            confidence: Some(f64::from(auto.confidence)),
        }
    }

    fn card(&self, project: &Project, path: &Path, counts: &Counts) -> Result<Card, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let count = |class: &String| (class.clone(), *counts.n_by_class.get(class).unwrap_or(&0));
        let mut answers: BTreeMap<String, u64> = BTreeMap::new();
        for annotation in self.facts.values().flatten() {
            *answers.entry(self.annotators[&annotation.fact.annotator.0].0.clone()).or_default() +=
                1;
        }
        let models: HashSet<String> = self.auto_labels.values().map(model_name).collect();
        let origin = |name| *counts.n_by_origin.get(name).unwrap_or(&0);
        Ok(Card {
            title: name,
            media: self.media,
            languages: Vec::new(),
            classes: self.schema.classes().iter().map(count).collect(),
            origins: Origins {
                n_person: origin("person"),
                n_auto: origin("auto"),
                n_confirmed: origin("confirmed"),
                n_unlabelled: counts.n_unlabelled,
            },
            annotators: answers.into_iter().collect(),
            models: models.into_iter().collect(),
            qualities: Vec::new(),
            certificate: certificate::latest(project)?.map(|it| it.text),
        })
    }
}

fn model_name(auto: &AutoLabel) -> String {
    format!("annota-{}", auto.model_version.0)
}

#[derive(Default)]
struct Counts {
    n_by_origin: BTreeMap<&'static str, u64>,
    n_by_class: BTreeMap<String, u64>,
    n_unlabelled: u64,
}

impl Counts {
    fn add(&mut self, item: &ExportItem) {
        match &item.label {
            None => self.n_unlabelled += 1,
            Some((class, origin)) => {
                *self.n_by_origin.entry(origin.name()).or_default() += 1;
                *self.n_by_class.entry(class.clone()).or_default() += 1;
            }
        }
    }
}

/// All items, page by page.
struct Items<'a> {
    project: &'a Project,
    watch: &'a dyn Watch,
    page: std::vec::IntoIter<Item>,
    last: Option<ItemId>,
    n_done: u64,
}

const PAGE_LEN: u64 = 10_000;

impl<'a> Items<'a> {
    fn new(project: &'a Project, watch: &'a dyn Watch) -> Items<'a> {
        Items { project, watch, page: Vec::new().into_iter(), last: None, n_done: 0 }
    }
}

impl Iterator for Items<'_> {
    type Item = Result<Item, Error>;

    fn next(&mut self) -> Option<Result<Item, Error>> {
        if self.page.len() == 0 {
            self.watch.progress("export", self.n_done, None);
            if self.watch.interrupted() {
                return Some(Err(Error::Interrupted));
            }
            match self.project.store().items(self.last, PAGE_LEN) {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
        let item = self.page.next()?;
        self.last = Some(item.id);
        self.n_done += 1;
        Some(Ok(item))
    }
}

fn write_file(
    project: &Project,
    known: &Known,
    format: ExportFormat,
    path: &Path,
    counts: &mut Counts,
    watch: &dyn Watch,
) -> Result<Vec<Diagnostic>, Error> {
    let part = path.with_extension("part");
    let file = File::create(&part).map_err(Error::file("write", &part))?;
    let mut out = BufWriter::new(file);
    let config = ExportConfig { media: known.media, classes: known.schema.classes().to_vec() };
    let mut failed = None;
    let items = Items::new(project, watch).map_while(|item| match item {
        Ok(item) => {
            let exported = known.item(&item);
            counts.add(&exported);
            Some(exported)
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let written = write(format, items, &config, &mut out);
    if let Some(error) = failed {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    let diagnostics = written.map_err(Error::file("write", &part))?;
    let mut finish = || -> io::Result<()> {
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&part, path)
    };
    finish().map_err(Error::file("write", path))?;
    Ok(diagnostics)
}

/// A folder for each class, and in it what this export puts there. A list of
/// that stays beside them, so that the next export can take it away first: a
/// label may have changed since.
struct ClassFolders<'a> {
    root: &'a Path,
    names: HashMap<&'a str, String>,
    placed: BufWriter<File>,
}

/// Names of files below the folder, one a line.
const PLACED: &str = ".annota-export";

impl<'a> ClassFolders<'a> {
    /// Removes what an earlier export put into `root`.
    fn begin(root: &'a Path, classes: &'a [String]) -> Result<ClassFolders<'a>, Error> {
        fs::create_dir_all(root).map_err(Error::file("make", root))?;
        let list = root.join(PLACED);
        for name in fs::read_to_string(&list).unwrap_or_default().lines() {
            // Whoever wrote the list: nothing outside of the folder is removed.
            if Path::new(name).components().all(|it| matches!(it, Component::Normal(_))) {
                let _ = fs::remove_file(root.join(name));
            }
        }
        let names = classes.iter().map(String::as_str).zip(folder_names(classes)).collect();
        let placed = BufWriter::new(File::create(&list).map_err(Error::file("write", &list))?);
        Ok(ClassFolders { root, names, placed })
    }

    /// Puts one item into the folder of its class.
    fn place(
        &mut self,
        project: &Project,
        item: &Item,
        exported: &ExportItem,
        is_linked: bool,
    ) -> Result<Option<Diagnostic>, Error> {
        let Some((class, _)) = &exported.label else { return Ok(None) };
        let source = project.item_path(item);
        let class = Path::new(&self.names[class.as_str()]);
        let name = class.join(file_name(item, source.as_deref()));
        let path = self.root.join(&name);
        let folder = self.root.join(class);
        fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
        writeln!(self.placed, "{}", name.display()).map_err(Error::file("write", self.root))?;
        let _ = fs::remove_file(&path);
        let placed = match source {
            None => fs::write(&path, exported.text.as_deref().unwrap_or_default()),
            Some(source) if is_linked => link(&source, &path),
            Some(source) => fs::copy(&source, &path).map(drop),
        };
        let failed = |error| Diagnostic::new(&item.name, format!("cannot be placed: {error}"));
        Ok(placed.err().map(failed))
    }

    fn finish(mut self) -> Result<(), Error> {
        self.placed.flush().map_err(Error::file("write", self.root))
    }
}

/// The name of its file, the item's number in it.
fn file_name(item: &Item, source: Option<&Path>) -> String {
    let Some(source) = source else { return format!("{}.txt", item.id) };
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let ending = source.extension().unwrap_or_default().to_string_lossy();
    format!("{stem}-{}.{ending}", item.id)
}

#[cfg(unix)]
fn link(source: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(source, path)
}

#[cfg(not(unix))]
fn link(source: &Path, path: &Path) -> io::Result<()> {
    fs::hard_link(source, path)
}

/// A folder's name for each class, no two alike, also where case does not count.
fn folder_names(classes: &[String]) -> Vec<String> {
    let mut taken = HashSet::new();
    let name = |class: &String| {
        let name = folder_name(class);
        let more = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(more);
        names.find(|it| taken.insert(it.to_lowercase())).expect("numbers do not end")
    };
    classes.iter().map(name).collect()
}

/// A class as the name of a folder: what could leave the folder, or hide in
/// it, becomes `_`.
fn folder_name(class: &str) -> String {
    let is_safe = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_' | '.' | '+');
    let safe: String = class.chars().map(|it| if is_safe(it) { it } else { '_' }).collect();
    let safe = safe.trim().to_owned();
    if safe.starts_with('.') || safe.is_empty() { format!("_{safe}") } else { safe }
}

#[cfg(test)]
mod tests {
    use super::{folder_name, folder_names};

    #[test]
    fn classes_do_not_share_a_folder() {
        let classes = ["a/b", "a_b", "A_B", "a:b"].map(str::to_owned);
        assert_eq!(folder_names(&classes), ["a_b", "a_b_2", "A_B_3", "a_b_4"]);
    }

    #[test]
    fn class_names_never_leave_their_folder() {
        assert_eq!(folder_name("Sci/Tech"), "Sci_Tech");
        assert_eq!(folder_name("../../etc"), "_.._.._etc");
        assert_eq!(folder_name("正面"), "正面");
        assert_eq!(folder_name(" "), "_");
    }
}
