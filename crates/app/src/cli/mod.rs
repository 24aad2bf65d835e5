//! The command line: one file a command, its arguments beside what it does.
//!
//! Help, man page and completions are made from these definitions alone.

// Doc comments in here are help texts: what they name is not code.
#![allow(clippy::doc_markdown)]

pub(crate) mod annotate;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod embed;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod label;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod plan;
pub(crate) mod select;
pub(crate) mod serve;
pub(crate) mod shared;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod strategies;
pub(crate) mod train;
pub(crate) mod user;
pub(crate) mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Label data with few human answers, and prove how many labels can be wrong.
///
/// Annota labels images and texts with one class each. It asks about the items
/// that teach it most, learns from every answer, labels the rest, and certifies
/// with a random audit that at most a chosen share of all labels is wrong.
///
/// Data goes to standard output, everything else to standard error. Exit codes:
/// 0 done; 1 done, and the answer is no; 2 failed.
#[derive(Debug, Parser)]
#[command(name = "annota", version, max_term_width = 100, infer_subcommands = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(crate) struct Shared {
    /// Folder of the project; without it, the nearest one at or above the current folder
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(crate) project: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Show no progress and no warnings
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
}

/// The commands, in the order of the work.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Label(label::LabelArgs),
    Init(init::InitArgs),
    Import(import::ImportArgs),
    Embed(embed::EmbedArgs),
    Select(select::SelectArgs),
    Annotate(annotate::AnnotateArgs),
    Train(train::TrainArgs),
    AutoLabel(label::AutoLabelArgs),
    Plan(plan::PlanArgs),
    Verify(verify::VerifyArgs),
    Export(export::ExportArgs),
    Simulate(simulate::SimulateArgs),
    Serve(serve::ServeArgs),
    User(user::UserArgs),
    /// Say where a project stands
    Status,
    Models(models::ModelsArgs),
    /// List the query strategies
    Strategies,
    /// Say what was found on this machine, and how fast it is
    Doctor,
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man,
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
