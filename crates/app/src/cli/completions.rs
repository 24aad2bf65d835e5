//! `annota completions SHELL`.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{cli::Cli, session::Finish};

/// Print completions for a shell.
///
/// For bash: `annota completions bash > ~/.local/share/bash-completion/completions/annota`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Finish {
    clap_complete::generate(args.shell, &mut Cli::command(), "annota", &mut io::stdout());
    Finish::Done
}
