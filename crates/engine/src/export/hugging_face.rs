//! The layout of the Hugging Face hub: what `datasets` loads, and its card.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::BufWriter,
    iter,
    path::Path,
};

use annota_core::{
    diagnostic::Diagnostic,
    format::{
        card::{Card, Origins, Quality, data_set_card, metadata_csv},
        export::ExportItem,
    },
    metric::{interval::Measured, summary::Verification},
};

use super::{Counts, Items, Known, folder::Folder, folder::file_name, model_name};
use crate::{
    Error, Watch, certificate,
    embed::embedded_with,
    project::{Project, write_atomically},
    verify::{Basis, verify},
    working_set::WorkingSet,
};

/// The folder of the pictures, which is also the name of their split.
const SPLIT: &str = "train";
/// Of the intervals on the card.
const CONFIDENCE: f64 = 0.95;

/// Copies every picture, with a `metadata.csv` beside them that says the rest.
pub(super) fn pictures(
    project: &Project,
    known: &Known,
    path: &Path,
    counts: &mut Counts,
    watch: &dyn Watch,
) -> Result<Vec<Diagnostic>, Error> {
    let mut folder = Folder::begin(path)?;
    let mut diagnostics = Vec::new();
    let mut items = Items::new(project, watch);
    let mut next = || -> Result<Option<ExportItem>, Error> {
        for item in items.by_ref() {
            let item = item?;
            let exported = known.item(&item);
            counts.add(&exported);
            let name = file_name(project, &item);
            match folder.place(project, &item, &Path::new(SPLIT).join(&name), false)? {
                None => return Ok(Some(ExportItem { image: Some(name), ..exported })),
                Some(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        Ok(None)
    };
    let table = path.join(SPLIT).join("metadata.csv");
    std::fs::create_dir_all(path.join(SPLIT)).map_err(Error::file("make", path))?;
    let out = BufWriter::new(File::create(&table).map_err(Error::file("write", &table))?);
    let mut failed = None;
    let placed = iter::from_fn(|| {
        next().unwrap_or_else(|error| {
            failed = Some(error);
            None
        })
    });
    metadata_csv(placed, out).map_err(Error::file("write", &table))?;
    match failed {
        Some(error) => Err(error),
        None => folder.finish().map(|()| diagnostics),
    }
}

/// Writes the card of what lies in the folder `path`.
pub(super) fn card(
    project: &Project,
    known: &Known,
    path: &Path,
    counts: &Counts,
    watch: &dyn Watch,
) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let count = |class: &String| (class.clone(), *counts.n_by_class.get(class).unwrap_or(&0));
    let mut answers: BTreeMap<String, u64> = BTreeMap::new();
    for annotation in known.facts.values().flatten() {
        *answers.entry(known.annotators[&annotation.fact.annotator.0].0.clone()).or_default() += 1;
    }
    let models: BTreeSet<String> = known.auto_labels.values().map(model_name).collect();
    let origin = |name| *counts.n_by_origin.get(name).unwrap_or(&0);
    let card = data_set_card(&Card {
        title: name,
        media: known.media,
        languages: Vec::new(),
        classes: known.schema.classes().iter().map(count).collect(),
        origins: Origins {
            n_person: origin("person"),
            n_auto: origin("auto"),
            n_confirmed: origin("confirmed"),
            n_unlabelled: counts.n_unlabelled,
        },
        annotators: answers.into_iter().collect(),
        models: models.into_iter().collect(),
        qualities: qualities(project, watch)?,
        certificate: certificate::latest(project)?.map(|it| it.text),
    });
    write_atomically(&path.join("README.md"), card.as_bytes())
}

/// What `verify` measures; nothing before people have answered.
fn qualities(project: &Project, watch: &dyn Watch) -> Result<Vec<Quality>, Error> {
    if embedded_with(project)?.is_none() {
        return Ok(Vec::new());
    }
    let set = WorkingSet::open(project, watch)?;
    let verified = match verify(project, &set, CONFIDENCE, project.config().rng_seed) {
        Ok(verified) => verified,
        // Too few answers, or all of one class.
        Err(Error::Input { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let labels = verified.labels.iter().flat_map(|it| measured("labels", "items with gold", it));
    let model = verified.model.iter().flat_map(|(basis, it)| {
        let basis = match basis {
            Basis::Audit => "items of the audit",
            Basis::RandomAnswers => "random items",
        };
        measured("model", basis, it)
    });
    Ok(labels.chain(model).collect())
}

/// Accuracy and macro F1 of `what`, where there was enough to tell.
fn measured(what: &str, basis: &str, of: &Verification) -> Vec<Quality> {
    let basis = format!("{} {basis}", of.n);
    let quality = |name: &str, it: Measured| {
        let it = it.estimate()?;
        Some(Quality {
            name: format!("{name} of the {what}"),
            value: it.value,
            interval: Some((it.low, it.high)),
            basis: basis.clone(),
        })
    };
    [quality("accuracy", of.accuracy), quality("macro F1", of.macro_f1)]
        .into_iter()
        .flatten()
        .collect()
}
