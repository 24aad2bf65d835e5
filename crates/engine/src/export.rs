//! `export`: final labels in the formats of the field, each with its origin.
//!
//! What decides: what a person last answered, else the auto label, else what most
//! gold says, else what most of a crowd says. Duplicates carry the label of the item
//! they repeat. Nothing is computed here that was not stored.

mod folder;
mod hugging_face;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{
        card,
        export::{
            ExportAnnotation, ExportConfig, ExportFormat, ExportItem, ExportPrediction, Origin,
            write,
        },
    },
    item::{ItemId, Media},
    label::{Label, Purpose, Schema},
};

use self::folder::{Folder, class_folders, file_name};
use crate::{
    Error, Watch,
    annotate::AnnotatorKind,
    certificate,
    project::{Project, write_atomically},
    store::{Annotation, AutoLabel, Item, Source, most_say, without_undone},
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
            diagnostics = write_file(project, &known, format, path, &mut counts, watch)?;
        }
        Destination::HuggingFace => {
            let file = path.join(card::DATA_PATH);
            diagnostics = match known.media {
                Media::Image => hugging_face::pictures(project, &known, path, &mut counts, watch)?,
                Media::Text => {
                    let format = ExportFormat::HuggingFace;
                    write_file(project, &known, format, &file, &mut counts, watch)?
                }
            };
            hugging_face::card(project, &known, path, &counts, watch)?;
        }
        Destination::ClassFolderLinks | Destination::ClassFolderCopies => {
            let is_linked = destination == Destination::ClassFolderLinks;
            let mut folder = Folder::begin(path)?;
            let folders = class_folders(known.schema.classes());
            for item in Items::new(project, watch) {
                let item = item?;
                let exported = known.item(&item);
                counts.add(&exported);
                let Some((class, _)) = &exported.label else { continue };
                let name = Path::new(&folders[class.as_str()]).join(file_name(project, &item));
                diagnostics.extend(folder.place(project, &item, &name, is_linked)?);
            }
            folder.finish()?;
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

    /// An item but for its picture, whose path depends on what is written.
    fn item(&self, item: &Item) -> ExportItem {
        let labelled = item.duplicate_of.unwrap_or(item.id);
        let facts = self.facts.get(&labelled).map_or(&[][..], Vec::as_slice);
        let auto = self.auto_labels.get(&labelled);
        let (brought, given): (Vec<_>, Vec<_>) = facts.iter().partition(|it| self.is_models(it));
        let brought = brought.into_iter().filter_map(|it| self.brought_prediction(it));
        let text = match &item.source {
            Source::Inline(text) => Some(text.clone()),
            Source::File(_) => None,
        };
        ExportItem {
            id: item.external_id.clone().unwrap_or_else(|| item.id.to_string()),
            name: item.name.clone(),
            text,
            image: None,
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
        let by = |kind| most_say(self.of_kind(facts, kind).map(Annotation::word));
        let given = by(AnnotatorKind::Gold).or_else(|| by(AnnotatorKind::Crowd))?;
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
    let folder = make_folder_of(path)?;
    let part = path.with_extension("part");
    let file = File::create(&part).map_err(Error::file("write", &part))?;
    let mut out = BufWriter::new(file);
    let config = ExportConfig { media: known.media, classes: known.schema.classes().to_vec() };
    let mut failed = None;
    let items = Items::new(project, watch).map_while(|item| match item {
        Ok(item) => {
            let exported = known.item(&item);
            counts.add(&exported);
            let image = project.item_path(&item).map(|it| path_from(&folder, &it));
            Some(ExportItem { image, ..exported })
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

/// Makes the folder of the file at `path`; the folder without links, as the
/// project names its pictures.
fn make_folder_of(path: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path).map_err(Error::file("find", path))?;
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    folder.canonicalize().map_err(Error::file("open", folder))
}

/// How a file in `folder` names `picture`: relative to itself if that lies in
/// the folder or below, so that both can be moved; else by its whole path.
fn path_from(folder: &Path, picture: &Path) -> String {
    picture.strip_prefix(folder).unwrap_or(picture).display().to_string()
}
