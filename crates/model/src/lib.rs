//! Pretrained networks: which there are, how they are fetched and run, and how
//! pictures and texts are prepared for them.
//!
//! [`load`] gives the [`Embedder`] that the loop uses; [`choose`] says which
//! one suits a sample of the data. Weights are read from ONNX files only, which
//! cannot carry code. Nothing here knows of projects or of the store, and
//! nothing opens a connection except [`pull`].

pub mod backbone;
pub mod bundled;
pub mod catalogue;
mod choose;
pub mod doctor;
mod error;
mod export_onnx;
pub mod image;
mod onnx_file;
mod protobuf;
mod pull;
pub mod runtime;
pub mod text;

use std::fmt;

use annota_core::model::Embedder;

pub use crate::{
    choose::choose,
    error::Error,
    export_onnx::{ExportHead, Exported, export_onnx},
    pull::{Progress, pull},
    runtime::Runtime,
};

/// Which network to load, as users write it: `NAME` or `NAME@SIZE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// Name in the catalogue, or of a model added by the user.
    pub name: String,
    /// Side of the network's input in pixels, instead of the model's own.
    pub input_size: Option<u32>,
    /// Which runtime; the fastest one found if `None`.
    pub runtime: Option<Runtime>,
}

impl ModelSpec {
    /// The model called `name` with its own input size, on the fastest runtime.
    pub fn new(name: impl Into<String>) -> ModelSpec {
        ModelSpec { name: name.into(), input_size: None, runtime: None }
    }

    /// Reads `NAME` or `NAME@SIZE`, the inverse of `Display`.
    ///
    /// # Errors
    ///
    /// [`Error::BadSpec`] if what follows `@` is not a size in pixels.
    pub fn parse(text: &str) -> Result<ModelSpec, Error> {
        let Some((name, size)) = text.split_once('@') else {
            return Ok(ModelSpec::new(text));
        };
        match size.parse() {
            Ok(size) if (16..=2_048).contains(&size) => {
                Ok(ModelSpec { input_size: Some(size), ..ModelSpec::new(name) })
            }
            _ => Err(Error::BadSpec { spec: text.to_owned() }),
        }
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.input_size {
            Some(size) => write!(f, "{}@{size}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The embedder that `spec` names, ready to run.
///
/// # Errors
///
/// [`Error`] says what the user can do: another name, `annota models pull`,
/// another runtime.
pub fn load(spec: &ModelSpec) -> Result<Box<dyn Embedder>, Error> {
    Ok(Box::new(backbone::Backbone::load(spec)?))
}

#[cfg(test)]
mod tests {
    use super::ModelSpec;

    #[test]
    fn a_spec_is_read_as_it_is_written() {
        for text in ["efficientnet-lite0@160", "all-minilm-l6-v2"] {
            assert_eq!(ModelSpec::parse(text).expect("a spec").to_string(), text);
        }
        assert!(ModelSpec::parse("efficientnet-lite0@big").is_err());
        assert!(ModelSpec::parse("efficientnet-lite0@0").is_err());
    }
}
