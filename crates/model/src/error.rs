//! What can go wrong with a model, by what the caller can do about it.

use std::{io, path::PathBuf};

/// Why a model cannot be used, fetched or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No model has this name; `known` are those that exist.
    #[error("unknown model: `{name}`\n  known: {}", known.join(", "))]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// Every name in the catalogue and of added models.
        known: Vec<String>,
    },
    /// What follows `@` in a model's name is not a size.
    #[error("bad model: `{spec}`\n  help: write NAME or NAME@SIZE, with the size in pixels")]
    BadSpec {
        /// As written.
        spec: String,
    },
    /// The model reads one input size only, or multiples of a step.
    #[error("{name} cannot read pictures of {size} pixels: {reason}")]
    BadInputSize {
        /// Name of the model.
        name: String,
        /// The size asked for.
        size: u32,
        /// What sizes it reads.
        reason: String,
    },
    /// The model is in the catalogue but not on this machine.
    #[error("{name} is not on this machine\n  help: fetch it, with `annota models pull {name}`")]
    NotPulled {
        /// Name of the model.
        name: String,
    },
    /// The file may carry code or is not a network we read.
    #[error("cannot use `{}`: {reason}\n  help: {help}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The way out.
        help: String,
    },
    /// The runtime asked for is not there.
    #[error("{runtime} cannot be used: {reason}\n  help: {help}")]
    NoRuntime {
        /// Its name.
        runtime: &'static str,
        /// What was tried.
        reason: String,
        /// The way out.
        help: String,
    },
    /// The runtime cannot read or run the network.
    #[error("{runtime} failed on {model}: {reason}")]
    Runtime {
        /// Name of the runtime.
        runtime: &'static str,
        /// Name of the model.
        model: String,
        /// As the runtime says it.
        reason: String,
    },
    /// The tokenizer file cannot be read.
    #[error("the tokenizer of {model} cannot be read: {reason}")]
    Tokenizer {
        /// Name of the model.
        model: String,
        /// As the library says it.
        reason: String,
    },
    /// A download failed; what arrived is kept and the next try resumes.
    #[error("cannot fetch `{url}`: {reason}\n  help: {help}")]
    Download {
        /// What was asked for.
        url: String,
        /// Status or transport error.
        reason: String,
        /// The way out.
        help: String,
    },
    /// A file differs from what was promised; it has been removed.
    #[error(
        "`{url}` is not the file that was promised: sha256 is {got}, expected {expected}\n  help: \
         try again, or another mirror with `HF_ENDPOINT`"
    )]
    WrongDigest {
        /// Where it came from.
        url: String,
        /// The digest promised.
        expected: String,
        /// The digest of what arrived.
        got: String,
    },
    /// A file of ours cannot be read or written.
    #[error("cannot access `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// As the system says it.
        source: io::Error,
    },
    /// There is no folder to keep models in.
    #[error("no folder to keep models in\n  help: name one in the variable ANNOTA_CACHE")]
    NoCacheFolder,
    /// A description of a model cannot be read.
    #[error("bad description of a model in {place}: {reason}")]
    BadEntry {
        /// File or name.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The backbone's graph cannot be continued by a head.
    #[error("cannot write the model as ONNX: {reason}")]
    Export {
        /// What is missing or does not fit.
        reason: String,
    },
}

impl Error {
    /// Wraps an input/output error with the path it happened on.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
