//! What every command is run with: where the project is, and how to talk.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use annota_core::diagnostic::Diagnostic;
use anyhow::Context;

use crate::{
    cli::Shared,
    problem::Problem,
    progress::Progress,
    report::{self, Report},
};

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// Done.
    Done,
    /// Done, and the answer is no: suspects were found, nothing is left to ask,
    /// no certificate was issued.
    No,
}

impl From<Finish> for ExitCode {
    fn from(finish: Finish) -> ExitCode {
        match finish {
            Finish::Done => ExitCode::SUCCESS,
            Finish::No => ExitCode::from(1),
        }
    }
}

/// What every command is run with.
#[derive(Debug)]
pub(crate) struct Session {
    project: Option<PathBuf>,
    json: bool,
    quiet: bool,
    /// Watches long stages for the user.
    pub(crate) progress: Progress,
}

/// The file that makes a folder a project.
const CONFIG_FILE: &str = "annota.toml";

impl Session {
    pub(crate) fn new(shared: Shared) -> Session {
        let progress = Progress::new(shared.quiet);
        Session { project: shared.project, json: shared.json, quiet: shared.quiet, progress }
    }

    /// The folder given with `--project`, if any.
    pub(crate) fn named_project(&self) -> Option<&PathBuf> {
        self.project.as_ref()
    }

    /// The folder of the project: the one named, or the nearest one at or above
    /// the current folder.
    pub(crate) fn project_folder(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.project {
            return Ok(folder.clone());
        }
        let current = std::env::current_dir().context("cannot tell the current folder")?;
        let found = current.ancestors().find(|it| it.join(CONFIG_FILE).is_file());
        found.map(PathBuf::from).ok_or_else(|| {
            Problem::new(format!("no project in `{}` or above it", current.display()))
                .help("name one with `--project DIR`, or make one with `annota init`")
                .into()
        })
    }

    /// Whether results are printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only errors are told.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a command's result on stdout: as JSON or for people.
    pub(crate) fn print(&self, report: &impl Report) -> anyhow::Result<()> {
        self.progress.finish();
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, report)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            report.write(&mut out)
        };
        match written.and_then(|()| out.flush()) {
            // Whoever reads us has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("cannot write to standard output"),
        }
    }

    /// Says on stderr what was left out or changed, unless told to be quiet.
    pub(crate) fn warn(&self, lines: &str) {
        if !self.quiet {
            self.progress.finish();
            eprintln!("warning: {lines}");
        }
    }

    /// Says on stderr which items something happened to, as in `head`; there
    /// were `n_all` of them, listed in `log` or else in the JSON.
    pub(crate) fn warn_of(
        &self,
        head: &str,
        diagnostics: &[Diagnostic],
        n_all: u64,
        log: Option<&Path>,
    ) {
        let place = log.map_or_else(|| "`--json`".to_owned(), |it| it.display().to_string());
        self.warn(&report::diagnostics(head, diagnostics, n_all, &place));
    }
}
