//! `annota embed`.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use annota_core::{
    item::Media,
    model::{Embedder, Input},
};
use annota_engine::{
    embed::{EmbedReport, NearItems, embed, find_near_duplicates},
    project::{Project, ProjectConfig},
};
use annota_model::ModelSpec;
use anyhow::Context;
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::WAIT,
    problem::Problem,
    report::{Diagnosed, Report, counted},
    session::{Finish, Session},
};

/// Compute one vector per item with a pretrained network.
///
/// Vectors are cached by content: a run that was stopped goes on where it was,
/// and equal items are computed once. Items that look almost equal to the
/// network are reported. Without `--model` the network is chosen
/// by the content: pictures, English texts, or Chinese and English texts.
#[derive(Args, Debug)]
pub(crate) struct EmbedArgs {
    /// Name of the network, or NAME@SIZE for another input size in pixels
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

#[derive(Serialize)]
struct Embedded {
    model: String,
    dim: usize,
    embedded: usize,
    cached: usize,
    failed: Vec<Diagnosed>,
    near_duplicates: Vec<Pair>,
}

/// Two items that look almost equal to the network.
#[derive(Serialize)]
struct Pair {
    first: String,
    second: String,
    similarity: f32,
}

impl From<NearItems> for Pair {
    fn from(it: NearItems) -> Pair {
        Pair { first: it.first, second: it.second, similarity: it.similarity }
    }
}

/// Pairs of near duplicates that are told one by one.
const TOLD_PAIRS: usize = 5;

impl Report for Embedded {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let embedded = counted(self.embedded as u64, "item", "items");
        writeln!(out, "embedded {embedded} with {}, {} were cached", self.model, self.cached)?;
        let later: HashSet<&String> = self.near_duplicates.iter().map(|it| &it.second).collect();
        if later.is_empty() {
            return Ok(());
        }
        let (one, many) = ("item looks", "items look");
        writeln!(out, "{} almost like an earlier one", counted(later.len() as u64, one, many))?;
        for it in self.near_duplicates.iter().take(TOLD_PAIRS) {
            writeln!(out, "  {} like {} (cosine {:.4})", it.second, it.first, it.similarity)?;
        }
        match self.near_duplicates.len().saturating_sub(TOLD_PAIRS) {
            0 => Ok(()),
            n => writeln!(
                out,
                "  ... and {} more, with `--json`",
                counted(n as u64, "pair", "pairs")
            ),
        }
    }
}

/// Items that are looked at to choose a network.
const SAMPLE: u64 = 300;

pub(crate) fn run(args: EmbedArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    if args.model.is_some() {
        let config = ProjectConfig { model: args.model, ..ProjectConfig::clone(&project.config()) };
        project.set_config(config)?;
    }
    let report = embed_project(&project, session)?;
    let near = if 0 < report.n_embedded + report.n_cached {
        find_near_duplicates(&project, &session.progress)?
    } else {
        Vec::new()
    };
    let embedded = Embedded {
        model: report.embedder,
        dim: report.dim,
        embedded: report.n_embedded,
        cached: report.n_cached,
        failed: report.diagnostics.iter().map(Diagnosed::from).collect(),
        near_duplicates: near.into_iter().map(Pair::from).collect(),
    };
    session.print(&embedded)?;
    Ok(Finish::Done)
}

/// Embeds what is not embedded yet, with the network that the project names or
/// that suits its content, and says what could not be.
pub(crate) fn embed_project(project: &Project, session: &Session) -> anyhow::Result<EmbedReport> {
    let embedder = embedder(project)?;
    let report = embed(project, embedder.as_ref(), &session.progress)?;
    let n_failed = report.diagnostics.len() as u64;
    if 0 < n_failed {
        let head = format!("{} could not be embedded", counted(n_failed, "item", "items"));
        session.warn_of(&head, &report.diagnostics, n_failed, None);
    }
    Ok(report)
}

/// The network that the project names, or the one that suits a sample of it.
pub(crate) fn embedder(project: &Project) -> anyhow::Result<Box<dyn Embedder>> {
    let spec = match &project.config().model {
        Some(model) => ModelSpec::parse(model)?,
        None => suited(project)?,
    };
    annota_model::load(&spec).with_context(|| format!("cannot load the network `{spec}`"))
}

fn suited(project: &Project) -> anyhow::Result<ModelSpec> {
    let items = project.store().items(None, SAMPLE)?;
    let contents: Vec<(Media, Vec<u8>)> =
        items.iter().filter_map(|it| Some((it.media, project.read_item(it).ok()?))).collect();
    let inputs: Vec<Input<'_>> = contents
        .iter()
        .filter_map(|(media, bytes)| match media {
            Media::Image => Some(Input::Image(bytes)),
            Media::Text => std::str::from_utf8(bytes).ok().map(Input::Text),
        })
        .collect();
    annota_model::choose(&inputs).ok_or_else(|| {
        Problem::new("there are no items to embed").help("run `annota import PATH` first").into()
    })
}
