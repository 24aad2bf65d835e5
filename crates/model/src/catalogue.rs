//! Which models exist and where their files lie.
//!
//! The catalogue is a table inside the program; models that the user added lie
//! in the cache folder, each with its description.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use annota_core::item::Media;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    bundled::{self, Files},
};

/// One model of the catalogue, or one that the user added.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name by which it is loaded.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// Licence of the weights, as an SPDX expression.
    pub licence: String,
    /// Name of the graph's output that holds the embedding; its first if empty.
    pub output: String,
    /// How that output becomes one vector.
    pub pooling: Pooling,
    /// Length of the embedding; found by a trial run if `None`.
    pub dim: Option<usize>,
    /// How pictures are prepared; exactly one of `image` and `text` is there.
    pub image: Option<ImagePreparation>,
    /// How texts are prepared.
    pub text: Option<TextPreparation>,
    /// Where the files lie on the Hugging Face hub.
    pub hub: Option<Hub>,
}

/// How an output becomes one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// It is one: shape `[items, dim]`.
    None,
    /// The first token of `[items, tokens, dim]`.
    First,
    /// The mean over tokens that are not padding, or over the places of a
    /// feature map `[items, dim, height, width]`.
    Mean,
}

/// How pictures are prepared for a network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePreparation {
    /// Side of the input, in pixels.
    pub size: u32,
    /// Other multiples of this are read as well.
    pub step: Option<u32>,
    /// Mean by channel, of values in `[0, 1]`.
    pub mean: [f32; 3],
    /// Standard deviation by channel, of values in `[0, 1]`.
    pub std: [f32; 3],
    /// How a picture that is not square becomes one.
    pub fit: Fit,
    /// For [`Fit::Crop`]: the short side before the middle is cut out.
    pub short_side: Option<u32>,
}

/// How a picture that is not square becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Both sides are scaled to the input's: nothing is lost at the edges.
    Squash,
    /// The middle is cut out: shapes are kept.
    Crop,
}

/// How texts are prepared for a network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextPreparation {
    /// Tokens that are read; the rest of a longer text is not.
    pub max_tokens: usize,
    /// What is put before every text.
    pub prefix: String,
}

/// Where a model's files lie on the Hugging Face hub.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `owner/name`.
    pub repo: String,
    /// Commit, tag or branch.
    pub revision: String,
    /// Path of the ONNX file in the repository.
    pub file: String,
    /// Path of `tokenizer.json`, for models that read text.
    pub tokenizer: Option<String>,
    /// sha256 of the ONNX file; the digest that the hub states if `None`.
    pub sha256: Option<String>,
}

impl Entry {
    /// What the model reads.
    pub fn media(&self) -> Media {
        if self.image.is_some() { Media::Image } else { Media::Text }
    }

    /// The description in `text`, a TOML table; `place` names it in errors.
    fn from_toml(text: &str, place: &str) -> Result<Entry, Error> {
        let entry: Entry = toml::from_str(text).map_err(|e| bad(place, &e.to_string()))?;
        entry.check(place)?;
        Ok(entry)
    }

    fn check(&self, place: &str) -> Result<(), Error> {
        match (&self.image, &self.text) {
            (Some(image), None) if image.size == 0 || image.std.iter().any(|&it| it <= 0.0) => {
                Err(bad(place, "size and std must be above 0"))
            }
            (Some(_), None) => Ok(()),
            (None, Some(text)) if text.max_tokens < 8 => Err(bad(place, "max_tokens is below 8")),
            (None, Some(_)) => Ok(()),
            _ => Err(bad(place, "a model reads either pictures or texts")),
        }
    }
}

fn bad(place: &str, reason: &str) -> Error {
    Error::BadEntry { place: place.to_owned(), reason: reason.to_owned() }
}

#[derive(Deserialize)]
struct Table {
    model: Vec<Entry>,
}

/// The catalogue inside the program, bundled models first.
pub fn built_in() -> Vec<Entry> {
    let table: Table = toml::from_str(include_str!("../../../models/catalogue.toml"))
        .expect("the catalogue is checked by a test");
    table.model
}

/// Where the files of a model are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Inside the program.
    Bundled,
    /// In the cache folder.
    Present,
    /// To be fetched.
    Absent,
}

/// Every model that can be named, with where it is: the catalogue in its
/// order, then what the user added, by name.
///
/// # Errors
///
/// [`Error::BadEntry`] if the description of an added model is damaged.
pub fn list() -> Result<Vec<(Entry, Presence)>, Error> {
    let mut models = Vec::new();
    for entry in built_in() {
        let presence = presence(&entry);
        models.push((entry, presence));
    }
    for entry in added()? {
        models.retain(|it| it.0.name != entry.name);
        models.push((entry, Presence::Present));
    }
    Ok(models)
}

fn presence(entry: &Entry) -> Presence {
    if entry.hub.is_none() {
        return Presence::Bundled;
    }
    let complete = model_folder(&entry.name).is_ok_and(|it| it.join(ONNX).is_file());
    if complete { Presence::Present } else { Presence::Absent }
}

fn added() -> Result<Vec<Entry>, Error> {
    let Ok(folder) = models_folder() else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::new();
    for model in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = model.path().join(DESCRIPTION);
        if let Ok(text) = fs::read_to_string(&path) {
            entries.push(Entry::from_toml(&text, &path.display().to_string())?);
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The model called `name`: one that the user added comes before the catalogue.
///
/// # Errors
///
/// [`Error::UnknownModel`] with the names that exist.
pub fn find(name: &str) -> Result<Entry, Error> {
    let models = list()?;
    let known = models.iter().map(|it| it.0.name.clone()).collect();
    let found = models.into_iter().map(|it| it.0).find(|it| it.name == name);
    found.ok_or_else(|| Error::UnknownModel { name: name.to_owned(), known })
}

/// Name of the graph's file in a model's folder.
pub(crate) const ONNX: &str = "model.onnx";
/// Name of the tokenizer's file in a model's folder.
pub(crate) const TOKENIZER: &str = "tokenizer.json";
/// Name of the description of a model that the user added.
const DESCRIPTION: &str = "model.toml";

/// Reads the files of `entry`, from the program or from the cache folder.
///
/// # Errors
///
/// [`Error::NotPulled`] if they are not on this machine.
pub fn files(entry: &Entry) -> Result<Files, Error> {
    if let (None, Some(files)) = (&entry.hub, bundled::files(&entry.name)?) {
        return Ok(files);
    }
    let folder = model_folder(&entry.name)?;
    let path = folder.join(ONNX);
    if !path.is_file() {
        return Err(Error::NotPulled { name: entry.name.clone() });
    }
    let onnx = fs::read(&path).map_err(Error::io(&path))?;
    let path = folder.join(TOKENIZER);
    let tokenizer = match entry.media() {
        Media::Text => Some(fs::read(&path).map_err(Error::io(&path))?),
        Media::Image => None,
    };
    Ok(Files { onnx, tokenizer })
}

/// The folder where models and the like are kept: `ANNOTA_CACHE`, else the
/// user's cache folder. It need not exist.
///
/// # Errors
///
/// [`Error::NoCacheFolder`] if the user has no home and named no folder.
pub fn cache_folder() -> Result<PathBuf, Error> {
    let variable = |name: &str| env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("ANNOTA_CACHE") {
        return Ok(folder);
    }
    let users = match env::consts::OS {
        "windows" => variable("LOCALAPPDATA"),
        "macos" => env::home_dir().map(|it| it.join("Library").join("Caches")),
        _ => variable("XDG_CACHE_HOME").or_else(|| env::home_dir().map(|it| it.join(".cache"))),
    };
    users.map(|it| it.join("annota")).ok_or(Error::NoCacheFolder)
}

fn models_folder() -> Result<PathBuf, Error> {
    Ok(cache_folder()?.join("models"))
}

/// The folder of the model called `name` in the cache.
pub(crate) fn model_folder(name: &str) -> Result<PathBuf, Error> {
    Ok(models_folder()?.join(name))
}

/// Reads an ONNX file that the user wants to have as the model that `entry`
/// describes. `tokenizer` is the `tokenizer.json` of a model that reads texts.
///
/// # Errors
///
/// [`Error::Refused`] for files that may carry code and for what is not ONNX;
/// [`Error::BadEntry`] if the description is not possible.
pub fn read(file: &Path, entry: &Entry, tokenizer: Option<&Path>) -> Result<Files, Error> {
    refuse_code(file)?;
    let safe = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if entry.name.is_empty() || entry.name.starts_with('.') || !entry.name.chars().all(safe) {
        return Err(bad(&entry.name, "a name has letters, digits, `-`, `_` and `.` only"));
    }
    entry.check(&entry.name)?;
    if entry.media() == Media::Text && tokenizer.is_none() {
        return Err(bad(&entry.name, "a model that reads texts needs its tokenizer.json"));
    }
    let read = |path: &Path| fs::read(path).map_err(Error::io(path));
    Ok(Files { onnx: read(file)?, tokenizer: tokenizer.map(read).transpose()? })
}

/// Keeps `files` in the cache folder as the model that `entry` describes, in
/// place of one of the same name.
pub fn add(entry: &Entry, files: &Files) -> Result<(), Error> {
    let description = toml::to_string(entry).map_err(|e| bad(&entry.name, &e.to_string()))?;
    let folder = model_folder(&entry.name)?;
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let tokenizer = files.tokenizer.as_ref().map(|it| (TOKENIZER, &it[..]));
    let kept = [(ONNX, &files.onnx[..]), (DESCRIPTION, description.as_bytes())];
    let kept: Vec<(PathBuf, &[u8])> =
        kept.into_iter().chain(tokenizer).map(|(name, it)| (folder.join(name), it)).collect();
    // A full disk is met before the first file takes the place of another.
    for (path, bytes) in &kept {
        let partial = partial(path);
        fs::write(&partial, bytes).map_err(Error::io(partial))?;
    }
    for (path, _) in &kept {
        fs::rename(partial(path), path).map_err(Error::io(path))?;
    }
    Ok(())
}

fn partial(path: &Path) -> PathBuf {
    path.with_added_extension("partial")
}

/// Refuses files that may carry code, and what is plainly not ONNX.
fn refuse_code(file: &Path) -> Result<(), Error> {
    let extension = file.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    let extension = extension.unwrap_or_default();
    let mut start = [0_u8; 8];
    let read = fs::File::open(file)
        .and_then(|mut it| std::io::Read::read(&mut it, &mut start))
        .map_err(Error::io(file))?;
    let start = &start[..read];
    let pickled = ["pt", "pth", "bin", "pkl", "pickle", "ckpt", "joblib"];
    let is_pickle = pickled.contains(&extension.as_str())
        || start.starts_with(b"PK\x03\x04")
        || (start.starts_with(&[0x80]) && start.get(1).is_some_and(|it| (2..=5).contains(it)));
    let is_keras =
        ["h5", "hdf5", "keras"].contains(&extension.as_str()) || start.starts_with(b"\x89HDF");
    let reason = if is_pickle {
        "it is a Python pickle, which runs code of its author when it is read"
    } else if is_keras {
        "it is a Keras file, which can carry code"
    } else if !start.starts_with(&[0x08]) {
        "it is not an ONNX file"
    } else {
        return Ok(());
    };
    Err(Error::Refused {
        path: file.to_owned(),
        reason: reason.to_owned(),
        help: "export the network to ONNX where it was trained, with `torch.onnx.export` or \
               `optimum-cli export onnx`"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{built_in, find, read, refuse_code};
    use crate::Error;

    #[test]
    fn every_entry_of_the_catalogue_is_possible() {
        for entry in built_in() {
            entry.check(&entry.name).expect("possible");
            let bundled = crate::bundled::files(&entry.name).expect("readable").is_some();
            assert_eq!(bundled, entry.hub.is_none(), "{} is bundled or on the hub", entry.name);
            if let Some(hub) = &entry.hub {
                assert_eq!(hub.tokenizer.is_some(), entry.text.is_some(), "{}", entry.name);
            }
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let Err(Error::UnknownModel { known, .. }) = find("resnet-9000") else {
            panic!("there is no such model");
        };
        assert!(known.iter().any(|it| it == "efficientnet-lite0"));
    }

    #[test]
    fn files_that_can_carry_code_are_refused_whatever_they_are_called() {
        let folder = tempfile::tempdir().expect("a folder");
        let cases: [(&str, &[u8], &str); 5] = [
            ("model.pth", b"\x08\x07", "pickle"),
            ("model.onnx", b"PK\x03\x04rest", "pickle"),
            ("model.onnx", b"\x80\x02}q\x00.", "pickle"),
            ("model.h5", b"\x89HDF\r\n", "Keras"),
            ("model.onnx", b"<html>", "not an ONNX file"),
        ];
        for (name, bytes, reason) in cases {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            let refused = read(&path, &built_in()[0], None).expect_err("refused").to_string();
            assert!(refused.contains(reason), "{refused}");
        }
        let path = folder.path().join("model.onnx");
        std::fs::write(&path, b"\x08\x07\x12").expect("written");
        refuse_code(&path).expect("starts like ONNX");
    }
}
