//! `annota import`.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use annota_core::{diagnostic::Diagnostic, format::TextConfig};
use annota_engine::{
    annotate::Annotator,
    import::{ImageFacts, ImportConfig, ImportReport, Inspect, by_kind, import},
    project::Project,
};
use annota_model::image;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::shared::{DataArgs, WAIT},
    problem::Problem,
    report::{Diagnosed, Report, count, counted},
    session::{Finish, Session},
};

/// Read images and texts into a project.
///
/// Takes folders of images or of text files, one folder a class or flat, and of
/// tables; CSV, TSV, JSONL and Parquet files; files with one text a line;
/// MedMNIST's `.npz`; IDX. A folder is taken for what it mostly holds, and the
/// rest is passed over and counted. Importing twice adds nothing;
/// byte-identical items are linked. A bad file or line costs that item alone and
/// is reported.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Folders and files
    #[arg(value_name = "PATH", required = true)]
    sources: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

/// What an import did, for people and as JSON.
#[derive(Serialize)]
struct Imported {
    source: PathBuf,
    added: u64,
    already_there: u64,
    duplicates: u64,
    labels: u64,
    labels_unused: u64,
    left_out: u64,
    warnings: u64,
    ignored: u64,
    ignored_by_extension: BTreeMap<String, u64>,
    new_classes: Vec<String>,
    fields: BTreeMap<String, FieldsUsed>,
    diagnostics: Vec<Diagnosed>,
    log: Option<PathBuf>,
}

#[derive(Serialize)]
struct FieldsUsed {
    text: Vec<String>,
    label: Option<String>,
    id: Option<String>,
    encoding: &'static str,
}

#[derive(Serialize)]
#[serde(transparent)]
struct AllImported(Vec<Imported>);

impl Report for AllImported {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|it| it.write(out))
    }
}

impl Imported {
    fn new(source: PathBuf, report: ImportReport) -> Imported {
        let ignored = report.n_ignored();
        let fields = report.fields.into_iter().map(|(file, it, encoding)| {
            (file, FieldsUsed { text: it.text, label: it.label, id: it.id, encoding })
        });
        Imported {
            source,
            added: report.n_added,
            already_there: report.n_already_there,
            duplicates: report.n_duplicates,
            labels: report.n_labels,
            labels_unused: report.n_labels_unused,
            left_out: report.n_left_out,
            warnings: report.n_warnings,
            ignored,
            ignored_by_extension: report.n_ignored_by_extension,
            new_classes: report.new_classes,
            fields: fields.collect(),
            diagnostics: report.diagnostics.iter().map(Diagnosed::from).collect(),
            log: report.log,
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let added = counted(self.added, "new item", "new items");
        writeln!(out, "{}: {added}", self.source.display())?;
        let kind = if self.ignored == 1 { "file of another kind" } else { "files of other kinds" };
        let passed_over = format!("{kind} passed over: {}", by_kind(&self.ignored_by_extension));
        let others = [
            (self.already_there, "already there"),
            (self.duplicates, "with the content of another item"),
            (self.left_out, "left out"),
            (self.warnings, "taken with a warning"),
            (self.ignored, passed_over.as_str()),
            (self.labels, "labels that came with the data"),
            (self.labels_unused, "labels left alone: say whose they are, with `--as`"),
        ];
        for (n, what) in others.iter().filter(|it| 0 < it.0) {
            writeln!(out, "  {} {what}", count(*n))?;
        }
        if !self.new_classes.is_empty() {
            writeln!(out, "  new classes: {}", self.new_classes.join(", "))?;
        }
        for (file, used) in &self.fields {
            let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
            let text =
                if used.text.is_empty() { "the line".to_owned() } else { used.text.join(", ") };
            writeln!(
                out,
                "  {file}: text from {text}, label from {}, id from {}, {}",
                named(&used.label),
                named(&used.id),
                used.encoding
            )?;
        }
        Ok(())
    }
}

/// Looks into pictures by decoding them: what is imported can be shown.
pub(crate) struct Decodes;

impl Inspect for Decodes {
    fn inspect(&self, place: &str, bytes: &[u8]) -> Result<ImageFacts, Diagnostic> {
        let pixels = image::decode(bytes)
            .map_err(|diagnostic| Diagnostic { place: place.to_owned(), ..diagnostic })?;
        Ok(ImageFacts { width: pixels.width, height: pixels.height })
    }
}

pub(crate) fn run(args: &ImportArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let mut all = Vec::with_capacity(args.sources.len());
    for source in &args.sources {
        let labels_as = args.data.labels_as.clone();
        let report = import_into(&project, source, &args.data, labels_as, session)?;
        all.push(Imported::new(source.clone(), report));
    }
    session.print(&AllImported(all))?;
    Ok(Finish::Done)
}

/// Imports `source`, and says what was left out.
pub(crate) fn import_into(
    project: &Project,
    source: &Path,
    data: &DataArgs,
    labels_as: Option<Annotator>,
    session: &Session,
) -> anyhow::Result<ImportReport> {
    let text = TextConfig {
        text_fields: data.text_field.clone(),
        label_field: data.label_field.clone(),
        id_field: data.id_field.clone(),
        has_header: data.no_header.then_some(false),
        encoding: data.encoding.clone(),
        ..TextConfig::detect()
    };
    let config = ImportConfig { labels_as, text, inspect: &Decodes, at: Timestamp::now() };
    let report = import(project, source, &config, &session.progress)?;
    let n_told = report.n_left_out + report.n_warnings;
    if 0 < n_told {
        let of = count(report.n_items());
        let head = format!("{} of {of} items were left out or are odd", count(n_told));
        session.warn_of(&head, &report.diagnostics, n_told, report.log.as_deref());
    }
    if report.n_left_out == report.n_items() {
        return Err(Problem::new(format!("nothing in `{}` could be used", source.display()))
            .found(counted(
                report.n_left_out,
                "item, which was left out",
                "items, which were all left out",
            ))
            .help("mend what is listed, or give another file or folder")
            .into());
    }
    Ok(report)
}
