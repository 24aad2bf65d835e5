//! What can go wrong, by what the caller can do about it.

use std::{io, path::PathBuf};

use crate::project::Holder;

/// Why a stage gave up. Bad items are not errors: they are reported one by one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user asked to stop, and it is safe to.
    #[error("stopped; run the same command again to go on")]
    Interrupted,

    /// Point somewhere else, or make a project here.
    #[error("not a project: `{}`\n  help: make one with `annota init {}`, or name another folder", .folder.display(), .folder.display())]
    NotAProject {
        /// Where a project was looked for.
        folder: PathBuf,
    },

    /// Open it instead.
    #[error("there already is a project: `{}`\n  help: go on with it (`annota status`), or name another folder", .folder.display())]
    AlreadyAProject {
        /// Where one was to be made.
        folder: PathBuf,
    },

    /// Wait, or end the other process.
    #[error("the project is in use: `{}`\n  {}\n  help: wait for it to end, or end it", .folder.display(), held_by(.holder.as_ref()))]
    InUse {
        /// The project.
        folder: PathBuf,
        /// Who has it open, where that could be read.
        holder: Option<Holder>,
    },

    /// Change what was asked for, or what was given.
    #[error("{message}\n  help: {help}")]
    Input {
        /// What cannot be done, and why, with the offending value.
        message: String,
        /// What to do instead.
        help: String,
    },

    /// Repair or restore what is on disk.
    #[error("damaged: {what}: {reason}\n  help: {help}")]
    Damaged {
        /// The file or table.
        what: String,
        /// What is wrong with it.
        reason: String,
        /// How to go on.
        help: String,
    },

    /// Look after the disk: space, permissions, the device.
    #[error("cannot {doing} `{}`: {source}", .path.display())]
    File {
        /// What was tried: `read`, `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Look after the database: is it running, is there space, may we write?
    #[error("the database cannot {doing}: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What the database said.
        source: sea_orm::DbErr,
    },
}

impl Error {
    /// An [`Error::Input`].
    pub fn input(message: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Input { message: message.into(), help: help.into() }
    }

    /// For `map_err`: an [`Error::File`] about `path`.
    pub fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { doing, path, source }
    }

    /// For `map_err`: an [`Error::Database`].
    pub fn database(doing: &'static str) -> impl FnOnce(sea_orm::DbErr) -> Error {
        move |source| Error::Database { doing, source }
    }
}

fn held_by(holder: Option<&Holder>) -> String {
    match holder {
        Some(it) => format!("by process {} since {}: {}", it.pid, it.since, it.command),
        None => "by a process that did not say which".to_owned(),
    }
}
