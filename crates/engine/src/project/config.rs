//! What a user may set for a project, and how it is written in `annota.toml`.
//!
//! The file is meant to be read and edited by people. It holds no facts.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use annota_core::{acquire::Strategy, certify::Goal, item::Media};
use serde::{Deserialize, Serialize};

use super::write_atomically_as;
use crate::Error;

/// The file; the last one to be made.
pub(super) const CONFIG: &str = "annota.toml";

/// What a user may set for a project.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProjectConfig {
    /// What people call it; without one, the name of its folder.
    pub name: Option<String>,
    /// Classes in the order of the user; more may be added by an import.
    pub classes: Vec<String>,
    /// A `postgres://` URL; without one, SQLite inside the folder.
    pub database: Option<String>,
    /// Name of the backbone; without one, chosen by the content.
    pub model: Option<String>,
    /// Seed of everything random.
    pub rng_seed: u64,
    /// What the items are, once known.
    pub media: Option<Media>,
    /// How people are asked.
    pub labelling: Labelling,
}

/// How people are asked, and what for.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelling {
    /// What the certificate is to show.
    pub goal: Goal,
    /// The query strategy while training; `None` for the default policy.
    pub strategy: Option<Strategy>,
    /// Items handed out at once; `None` for the policy's choice.
    pub batch_len: Option<u32>,
    /// Number of people who answer every item, at least 1.
    pub overlap: u32,
    /// The most items that people may answer.
    pub budget: Option<u32>,
    /// How long an item that was handed out is kept for whoever has it.
    pub lease: Duration,
    /// Words to be marked in texts.
    pub highlights: Vec<String>,
    /// Keys and colours of classes, by name; a class without is given some.
    pub looks: BTreeMap<String, Look>,
}

impl Default for Labelling {
    fn default() -> Labelling {
        Labelling {
            goal: Goal::new(0.05, 0.95).expect("both are shares"),
            strategy: None,
            batch_len: None,
            overlap: 1,
            budget: None,
            lease: Duration::from_mins(10),
            highlights: Vec::new(),
            looks: BTreeMap::new(),
        }
    }
}

/// How a class looks on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The key that answers it; empty for none.
    pub key: String,
    /// Its colour, `#rrggbb`.
    pub colour: String,
}

/// The configuration as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    /// Says which database belongs to this folder.
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default)]
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media: Option<String>,
    #[serde(default)]
    labelling: LabellingFile,
}

/// [`Labelling`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LabellingFile {
    max_error: f64,
    confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u32>,
    overlap: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<u32>,
    lease_seconds: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    highlights: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    class: BTreeMap<String, Look>,
}

impl Default for LabellingFile {
    fn default() -> LabellingFile {
        LabellingFile::from(&Labelling::default())
    }
}

impl From<&Labelling> for LabellingFile {
    fn from(labelling: &Labelling) -> LabellingFile {
        LabellingFile {
            max_error: labelling.goal.max_error(),
            confidence: labelling.goal.confidence(),
            strategy: labelling.strategy.map(|it| it.name().to_owned()),
            batch: labelling.batch_len,
            overlap: labelling.overlap,
            budget: labelling.budget,
            lease_seconds: labelling.lease.as_secs(),
            highlights: labelling.highlights.clone(),
            class: labelling.looks.clone(),
        }
    }
}

impl LabellingFile {
    /// The settings, or what is wrong with them.
    fn read(self) -> Result<Labelling, String> {
        let goal = Goal::new(self.max_error, self.confidence).ok_or_else(|| {
            format!(
                "max_error and confidence lie between 0 and 1, found {} and {}",
                self.max_error, self.confidence
            )
        })?;
        let strategy = match &self.strategy {
            None => None,
            Some(name) => Some(
                Strategy::from_name(name).ok_or_else(|| format!("no query strategy `{name}`"))?,
            ),
        };
        let labelling = Labelling {
            goal,
            strategy,
            batch_len: self.batch,
            overlap: self.overlap,
            budget: self.budget,
            lease: Duration::from_secs(self.lease_seconds),
            highlights: self.highlights,
            looks: self.class,
        };
        labelling.check()?;
        Ok(labelling)
    }
}

/// Longest that an item may be kept for somebody.
const LONGEST_LEASE: Duration = Duration::from_hours(24);
/// Most people who may be asked about one item.
const MOST_OVERLAP: u32 = 20;

impl Labelling {
    /// A sentence about the first setting that makes no sense, with its value.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.overlap < 1 || MOST_OVERLAP < self.overlap {
            return Err(format!("overlap is 1 to {MOST_OVERLAP} people, found {}", self.overlap));
        }
        if self.lease < Duration::from_secs(10) || LONGEST_LEASE < self.lease {
            let seconds = self.lease.as_secs();
            return Err(format!("lease_seconds is 10 to 86400, found {seconds}"));
        }
        if self.batch_len == Some(0) {
            return Err("batch is at least 1, found 0".to_owned());
        }
        for (class, look) in &self.looks {
            if !is_colour(&look.colour) {
                return Err(format!(
                    "the colour of `{class}` is written like #3366cc, found `{}`",
                    look.colour
                ));
            }
            let twin = self
                .looks
                .iter()
                .find(|(other, it)| !it.key.is_empty() && it.key == look.key && *other != class);
            if let Some((twin, _)) = twin {
                return Err(format!("`{class}` and `{twin}` share the key `{}`", look.key));
            }
        }
        Ok(())
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// The id and the configuration of the project in `folder`.
pub(super) fn read_config(folder: &Path) -> Result<(String, ProjectConfig), Error> {
    let path = folder.join(CONFIG);
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let file: ConfigFile =
        toml::from_str(&text).map_err(|it| damaged(&path, it.to_string().trim_end().to_owned()))?;
    let media = match file.media.as_deref() {
        None => None,
        Some("image") => Some(Media::Image),
        Some("text") => Some(Media::Text),
        Some(other) => {
            return Err(damaged(&path, format!("media is `image` or `text`, found `{other}`")));
        }
    };
    let config = ProjectConfig {
        name: file.name,
        classes: file.classes,
        database: file.database,
        model: file.model,
        rng_seed: file.seed,
        media,
        labelling: file.labelling.read().map_err(|it| damaged(&path, it))?,
    };
    Ok((file.id, config))
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::Damaged {
        what: PathBuf::from(path).display().to_string(),
        reason,
        help: "correct the file; it is meant to be edited".to_owned(),
    }
}

/// Writes the configuration, whole or not at all.
pub(super) fn write_config(folder: &Path, id: &str, config: &ProjectConfig) -> Result<(), Error> {
    let file = ConfigFile {
        id: id.to_owned(),
        name: config.name.clone(),
        classes: config.classes.clone(),
        database: config.database.clone(),
        model: config.model.clone(),
        seed: config.rng_seed,
        media: config.media.map(|media| match media {
            Media::Image => "image".to_owned(),
            Media::Text => "text".to_owned(),
        }),
        labelling: LabellingFile::from(&config.labelling),
    };
    let text = toml::to_string(&file).map_err(|it| {
        Error::input(format!("the configuration cannot be written: {it}"), "use smaller numbers")
    })?;
    let mut options = File::options();
    // The URL of a database may hold a password.
    #[cfg(unix)]
    if config.database.is_some() {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    write_atomically_as(&folder.join(CONFIG), text.as_bytes(), &options)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Labelling, LabellingFile, Look};

    fn look(key: &str, colour: &str) -> Look {
        Look { key: key.to_owned(), colour: colour.to_owned() }
    }

    #[test]
    fn settings_survive_being_written() {
        let labelling = Labelling {
            overlap: 2,
            budget: Some(500),
            strategy: annota_core::acquire::Strategy::from_name("badge"),
            highlights: vec!["refund".to_owned()],
            looks: BTreeMap::from([("cat".to_owned(), look("1", "#3366cc"))]),
            ..Labelling::default()
        };
        let text = toml::to_string(&LabellingFile::from(&labelling)).expect("written");
        let file: LabellingFile = toml::from_str(&text).expect("reads");
        assert_eq!(file.read().expect("makes sense"), labelling);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let wrong = |change: &dyn Fn(&mut Labelling)| {
            let mut labelling = Labelling::default();
            change(&mut labelling);
            labelling.check().expect_err("makes no sense")
        };
        assert!(wrong(&|it| it.overlap = 0).contains("found 0"));
        assert!(wrong(&|it| it.lease = std::time::Duration::ZERO).contains("found 0"));
        assert!(wrong(&|it| it.batch_len = Some(0)).contains("batch"));
        let looks = [("cat".to_owned(), look("1", "red"))];
        assert!(wrong(&|it| it.looks = BTreeMap::from(looks.clone())).contains("`red`"));
        let twins =
            [("cat", "a"), ("dog", "a")].map(|(name, key)| (name.to_owned(), look(key, "#000000")));
        let message = wrong(&|it| it.looks = BTreeMap::from(twins.clone()));
        assert!(message.contains("share the key `a`"), "{message}");
    }
}
