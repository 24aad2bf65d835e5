//! `annota export`.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use annota_core::{format::export::ExportFormat, head::distil::distil};
use annota_engine::{
    export::{Destination, export},
    project::Project,
    train::train,
    working_set::WorkingSet,
};
use annota_model::{ExportHead, ModelSpec, export_onnx};
use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    cli::shared::WAIT,
    problem::Problem,
    report::{Diagnosed, Report, count, counted, percent},
    session::{Finish, Session},
};

/// Write the labels, each with its origin, or the trained model.
///
/// A file names pictures that lie beside or below it relative to itself, others
/// by their whole path. The certificate, if there is one, is written beside the
/// labels. What a format cannot hold is reported by name.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// What to write
    #[arg(value_enum)]
    format: FormatName,
    /// The file, or the folder for `folders` and `hugging-face`
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// For `folders`: copy the files instead of linking to them
    #[arg(long)]
    copy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// One line an item: id, text or image, label, origin, confidence
    Csv,
    /// One JSON object a line, with all annotations and predictions
    Jsonl,
    /// Apache Parquet
    Parquet,
    /// A folder a class
    Folders,
    /// Label Studio's JSON, annotations and predictions apart
    LabelStudio,
    /// A folder that `datasets` loads, with a data-set card
    HuggingFace,
    /// Network and head as one ONNX file
    Onnx,
}

#[derive(Serialize)]
struct Exported {
    path: PathBuf,
    labelled: u64,
    by_origin: BTreeMap<&'static str, u64>,
    unlabelled: u64,
    diagnostics: Vec<Diagnosed>,
}

impl Report for Exported {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let labels = counted(self.labelled, "label", "labels");
        writeln!(out, "{}: {labels}", self.path.display())?;
        for (origin, n) in &self.by_origin {
            writeln!(out, "  {} {origin}", count(*n))?;
        }
        if 0 < self.unlabelled {
            writeln!(out, "  {} without a label", count(self.unlabelled))?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct ExportedModel {
    path: PathBuf,
    tokenizer: Option<PathBuf>,
    model_version: i64,
    agreement: f64,
}

impl Report for ExportedModel {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}: model version {}", self.path.display(), self.model_version)?;
        if let Some(tokenizer) = &self.tokenizer {
            writeln!(out, "{}: its tokenizer", tokenizer.display())?;
        }
        let agreement = percent(self.agreement);
        writeln!(out, "its labels are those of the project's model on {agreement} of the pool")
    }
}

pub(crate) fn run(args: &ExportArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let destination = match args.format {
        FormatName::Csv => Destination::File(ExportFormat::Csv),
        FormatName::Jsonl => Destination::File(ExportFormat::Jsonl),
        FormatName::Parquet => Destination::File(ExportFormat::Parquet),
        FormatName::LabelStudio => Destination::File(ExportFormat::LabelStudio),
        FormatName::HuggingFace => Destination::HuggingFace,
        FormatName::Folders if args.copy => Destination::ClassFolderCopies,
        FormatName::Folders => Destination::ClassFolderLinks,
        FormatName::Onnx => return export_model(&project, &args.path, session),
    };
    let path = std::path::absolute(&args.path).context("cannot tell the current folder")?;
    let report = export(&project, destination, &path, &session.progress)?;
    let n_told = report.diagnostics.len() as u64;
    if 0 < n_told {
        session.warn_of("the format does not hold everything", &report.diagnostics, n_told, None);
    }
    session.print(&Exported {
        path: report.path,
        labelled: report.n_labelled,
        by_origin: report.n_by_origin,
        unlabelled: report.n_unlabelled,
        diagnostics: report.diagnostics.iter().map(Diagnosed::from).collect(),
    })?;
    Ok(Finish::Done)
}

/// Trains on all answers and writes network and head as one file.
fn export_model(project: &Project, path: &Path, session: &Session) -> anyhow::Result<Finish> {
    let set = WorkingSet::open(project, &session.progress)?;
    let trained = train(project, &set, &set.lessons(), project.config().rng_seed)?;
    let head = distil(&trained.model, &trained.predictions).ok_or_else(|| {
        Problem::new("there is no model to write").help("answer some questions first")
    })?;
    // An embedder's id begins with how its network is named.
    let name = set.embedder.split('+').next().unwrap_or(&set.embedder);
    let agreement = head.agreement;
    let head = ExportHead {
        sqrt: head.square_root,
        mean: head.mean,
        weights: head.weights,
        intercept: head.intercept,
        temperature: 1.0,
        classes: set.schema.classes().to_vec(),
    };
    let exported = export_onnx(&ModelSpec::parse(name)?, &head)?;
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
    };
    write(path, &exported.onnx)?;
    let tokenizer = exported.tokenizer.map(|it| (path.with_extension("tokenizer.json"), it));
    if let Some((path, bytes)) = &tokenizer {
        write(path, bytes)?;
    }
    session.print(&ExportedModel {
        path: path.to_owned(),
        tokenizer: tokenizer.map(|it| it.0),
        model_version: trained.version.0,
        agreement,
    })?;
    Ok(Finish::Done)
}
