//! `annota train`.

use std::io::{self, Write};

use annota_core::metric::interval;
use annota_engine::{project::Project, train::train, working_set::WorkingSet};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::WAIT,
    report::{Figure, Report, counted},
    session::{Finish, Session},
};

/// Learn from everything that was answered, and record the model.
///
/// Equal answers and an equal seed give equal predictions.
#[derive(Args, Debug)]
pub(crate) struct TrainArgs {
    /// Seed of the training [default: the project's]
    #[arg(long, value_name = "SEED")]
    rng_seed: Option<u64>,
}

#[derive(Serialize)]
struct Recorded {
    model_version: i64,
    answers: usize,
    out_of_fold_accuracy: Figure,
    rng_seed: u64,
    hash: String,
}

impl Report for Recorded {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let answers = counted(self.answers as u64, "item", "items");
        writeln!(out, "model version {}, learned from {answers}", self.model_version)?;
        match self.out_of_fold_accuracy {
            Figure::Known(_) => writeln!(
                out,
                "right, out of fold: {} (of what was chosen, not of the pool)",
                self.out_of_fold_accuracy.shown()
            ),
            Figure::NotEnough { .. } => {
                writeln!(out, "right, out of fold: {}", self.out_of_fold_accuracy.shown())
            }
        }
    }
}

/// Confidence of the interval of the accuracy.
const CONFIDENCE: f64 = 0.95;

pub(crate) fn run(args: &TrainArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    let rng_seed = args.rng_seed.unwrap_or(project.config().rng_seed);
    let trained = train(&project, &set, &set.lessons(), rng_seed)?;
    let n_right = trained.out_of_fold_accuracy.unwrap_or(0.0) * trained.n_labelled as f64;
    let accuracy = interval::share(n_right.round() as usize, trained.n_labelled, CONFIDENCE);
    session.print(&Recorded {
        model_version: trained.version.0,
        answers: trained.n_labelled,
        out_of_fold_accuracy: accuracy.into(),
        rng_seed,
        hash: trained.hash.to_string(),
    })?;
    Ok(Finish::Done)
}
