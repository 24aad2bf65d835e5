//! `annota`: labels data with few human answers and certifies the result.
//!
//! This file is the map: one arm a command, each arm one short function in the
//! file of `cli/` that is named like the command. Nothing is decided here;
//! commands read their arguments, call the engine and print what it returns.

mod accounts;
mod cli;
#[doc(hidden)]
pub mod http;
mod interrupt;
mod oracle;
mod plot;
mod problem;
mod progress;
mod report;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    session::{Finish, Session},
};

/// Runs the command that the arguments of this process name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    interrupt::watch();
    let session = Session::new(cli.shared);
    let finish = command(cli.command, &session);
    session.progress.finish();
    match finish {
        Ok(finish) => finish.into(),
        Err(error) => problem::print(&error, session.is_json()),
    }
}

fn command(command: Command, session: &Session) -> anyhow::Result<Finish> {
    match command {
        Command::Label(args) => cli::label::run(&args, session),
        Command::Init(args) => cli::init::run(args, session),
        Command::Import(args) => cli::import::run(&args, session),
        Command::Embed(args) => cli::embed::run(args, session),
        Command::Select(args) => cli::select::run(&args, session),
        Command::Annotate(args) => cli::annotate::run(&args, session),
        Command::Train(args) => cli::train::run(&args, session),
        Command::AutoLabel(args) => cli::label::run_auto_label(&args, session),
        Command::Plan(args) => cli::plan::run(&args, session),
        Command::Verify(args) => cli::verify::run(&args, session),
        Command::Export(args) => cli::export::run(&args, session),
        Command::Simulate(args) => cli::simulate::run(&args, session),
        Command::Serve(args) => cli::serve::run(&args, session),
        Command::User(args) => cli::user::run(args, session),
        Command::Models(args) => cli::models::run(args, session),
        Command::Doctor => cli::doctor::run(session),
        Command::Strategies => cli::strategies::run(session),
        Command::Status => cli::status::run(session),
        Command::Completions(args) => Ok(cli::completions::run(&args)),
        Command::Man => cli::man::run(),
    }
}
