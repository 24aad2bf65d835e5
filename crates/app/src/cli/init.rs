//! `annota init`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use annota_core::label::Schema;
use annota_engine::project::{Project, ProjectConfig};
use annota_model::ModelSpec;
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::{ProjectArgs, WAIT},
    problem::Problem,
    report::Report,
    session::{Finish, Session},
};

/// Make a project: a folder with a database, matrices, models and a configuration.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Folder of the project; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    project: ProjectArgs,
}

#[derive(Serialize)]
struct Made {
    project: PathBuf,
    classes: Vec<String>,
}

impl Report for Made {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "made a project: {}", self.project.display())
    }
}

pub(crate) fn run(args: InitArgs, session: &Session) -> anyhow::Result<Finish> {
    let folder = session.named_project().cloned().unwrap_or(args.folder);
    let project = Project::create(&folder, config(args.project)?, WAIT)?;
    let classes = project.store().classes();
    session.print(&Made { project: project.folder().to_owned(), classes })?;
    Ok(Finish::Done)
}

/// The configuration that the arguments ask for.
pub(crate) fn config(args: ProjectArgs) -> anyhow::Result<ProjectConfig> {
    if let Some(model) = &args.model {
        annota_model::catalogue::find(&ModelSpec::parse(model)?.name)?;
    }
    let classes: Vec<String> = args.classes.iter().map(|it| it.trim().to_owned()).collect();
    if !classes.is_empty() {
        Schema::new(classes.clone())
            .map_err(|reason| Problem::new(reason).help("name them like `--classes cat,dog`"))?;
    }
    Ok(ProjectConfig {
        classes,
        database: args.database,
        model: args.model,
        rng_seed: args.rng_seed,
        ..ProjectConfig::default()
    })
}
