//! `annota status`.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
    path::PathBuf,
};

use annota_core::label::Purpose;
use annota_engine::{
    annotate::AnnotatorKind,
    project::Project,
    store::{Annotation, AnnotatorId, AuditState},
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::shared::WAIT,
    report::{Align, Report, count, counted, table},
    session::{Finish, Session},
};

#[derive(Serialize)]
struct Status {
    project: PathBuf,
    database: &'static str,
    classes: Vec<String>,
    items: usize,
    duplicates: usize,
    annotators: Vec<Speaker>,
    answers: BTreeMap<&'static str, usize>,
    abstentions: usize,
    model_versions: usize,
    audit_in_progress: bool,
    auto_labels: usize,
    certificate: Option<Box<RawValue>>,
    #[serde(skip)]
    certificate_text: Option<String>,
}

#[derive(Serialize)]
struct Speaker {
    name: String,
    kind: &'static str,
    annotations: usize,
}

/// The name of a kind of annotator, as `--as` takes it.
pub(crate) fn kind_name(kind: AnnotatorKind) -> &'static str {
    match kind {
        AnnotatorKind::Person => "person",
        AnnotatorKind::Gold => "gold",
        AnnotatorKind::Crowd => "crowd",
        AnnotatorKind::Model => "model",
    }
}

/// The name of a purpose in JSON and in tables.
pub(crate) fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Training => "training",
        Purpose::Random => "random",
        Purpose::Audit => "audit",
        Purpose::Remainder => "remainder",
        Purpose::Imported => "imported",
        Purpose::Review => "review",
    }
}

impl Report for Status {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "project      {} ({})", self.project.display(), self.database)?;
        writeln!(
            out,
            "items        {}, and {}",
            count(self.items as u64),
            counted(self.duplicates as u64, "duplicate", "duplicates")
        )?;
        writeln!(out, "classes      {}", self.classes.join(", "))?;
        let said =
            self.answers.iter().map(|(purpose, n)| format!("{} {purpose}", count(*n as u64)));
        let said: Vec<String> = said.collect();
        writeln!(
            out,
            "annotations  {}",
            if said.is_empty() { "none".to_owned() } else { said.join(", ") }
        )?;
        writeln!(out, "auto labels  {}", count(self.auto_labels as u64))?;
        if self.audit_in_progress {
            writeln!(
                out,
                "an audit is in progress: go on with `annota label` or `annota auto-label`"
            )?;
        }
        if !self.annotators.is_empty() {
            let row = |it: &Speaker| {
                vec![it.name.clone(), it.kind.to_owned(), count(it.annotations as u64)]
            };
            let rows: Vec<Vec<String>> = self.annotators.iter().map(row).collect();
            let head =
                [("annotator", Align::Left), ("kind", Align::Left), ("annotations", Align::Right)];
            write!(out, "\n{}", table(&head, &rows))?;
        }
        match &self.certificate_text {
            Some(text) => write!(out, "\n{}\n", text.trim_end()),
            None => Ok(()),
        }
    }
}

pub(crate) fn run(session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    session.print(&status(&project)?)?;
    Ok(Finish::Done)
}

fn status(project: &Project) -> anyhow::Result<Status> {
    let store = project.store();
    let names = store.item_names()?;
    let duplicates = names.iter().filter(|it| it.duplicate_of.is_some()).count();
    let annotations = store.current_annotations()?;
    let certificate = store.certificates()?.pop().map(|it| it.certificate);
    let document = certificate.as_ref().map(|it| RawValue::from_string(it.document.clone()));
    let in_progress = store.open_audit()?.is_some_and(|it| it.state == AuditState::Open);
    Ok(Status {
        project: project.folder().to_owned(),
        database: if project.config().database.is_some() { "PostgreSQL" } else { "SQLite" },
        classes: store.classes(),
        items: names.len() - duplicates,
        duplicates,
        annotators: speakers(project, &annotations)?,
        answers: answers(&annotations),
        abstentions: annotations.iter().filter(|it| it.fact.label.is_none()).count(),
        model_versions: store.model_versions()?.len(),
        audit_in_progress: in_progress,
        auto_labels: store.auto_labels()?.len(),
        certificate: document.transpose()?,
        certificate_text: certificate.map(|it| it.text),
    })
}

fn answers(annotations: &[Annotation]) -> BTreeMap<&'static str, usize> {
    let mut answers = BTreeMap::new();
    for annotation in annotations.iter().filter(|it| it.fact.label.is_some()) {
        *answers.entry(purpose_name(annotation.fact.purpose)).or_default() += 1;
    }
    answers
}

fn speakers(project: &Project, annotations: &[Annotation]) -> anyhow::Result<Vec<Speaker>> {
    let mut counts: HashMap<AnnotatorId, usize> = HashMap::new();
    for annotation in annotations {
        *counts.entry(annotation.fact.annotator).or_default() += 1;
    }
    let annotators = project.store().annotators()?.into_iter();
    let speaker = annotators.map(|(id, it)| Speaker {
        name: it.name,
        kind: kind_name(it.kind),
        annotations: counts.get(&id).copied().unwrap_or(0),
    });
    Ok(speaker.collect())
}
