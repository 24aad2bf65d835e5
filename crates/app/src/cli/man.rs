//! `annota man`: the manual page, every command in it.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::{cli::Cli, session::Finish};

pub(crate) fn run() -> anyhow::Result<Finish> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        append(subcommand.clone(), &mut page)?;
    }
    io::stdout().write_all(&page)?;
    Ok(Finish::Done)
}

/// One command's description and options, under a heading of its own.
fn append(command: Command, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, ".SH \"ANNOTA {}\"", command.get_name().to_uppercase())?;
    let man = Man::new(command);
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)
}
