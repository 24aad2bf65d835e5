//! A project of made-up texts and embeddings, as `import` and `embed` leave it.

use std::{path::Path, time::Duration};

use annota_core::{
    certify::Goal,
    diagnostic::Diagnostic,
    item::{ContentHash, Media},
    model::{Embedder, Input},
};
use annota_engine::{
    Unwatched,
    embed::embed,
    project::{Labelling, Project, ProjectConfig},
    store::{NewItem, Source},
};

use crate::Failure;

const N_CLASSES: u32 = 10;
/// As the English text encoder that comes with the program.
const DIM: usize = 384;
/// Distance of an item from the centre of its class, whose length is 1: in this
/// many dimensions the classes overlap a little.
const SPREAD: f32 = 6.0;
/// Strict, so that the model trains as long as people answer.
const MAX_ERROR: f64 = 0.001;
const STORED_AT_ONCE: u32 = 20_000;

/// Makes a project of `n_items` items in ten classes.
pub(crate) fn make(folder: &Path, n_items: u32) -> Result<(), Failure> {
    let classes = (0..N_CLASSES).map(|it| format!("class {it}")).collect();
    let goal = Goal::new(MAX_ERROR, 0.95).ok_or("shares lie between 0 and 1")?;
    let labelling = Labelling { goal, ..Labelling::default() };
    let config = ProjectConfig { classes, labelling, ..ProjectConfig::default() };
    let project = Project::create(folder, config, Duration::ZERO)?;
    for first in (0..n_items).step_by(STORED_AT_ONCE as usize) {
        let items: Vec<NewItem> = (first..n_items.min(first + STORED_AT_ONCE)).map(item).collect();
        project.store().insert_items(&items, jiff::Timestamp::now())?;
    }
    embed(&project, &Made, &Unwatched)?;
    Ok(())
}

fn item(number: u32) -> NewItem {
    let text = format!("{number} is one of class {}", number % N_CLASSES);
    NewItem {
        content_hash: ContentHash::of(text.as_bytes()),
        identity: text.clone(),
        media: Media::Text,
        name: format!("made.txt:{number}"),
        external_id: None,
        source: Source::Inline(text),
        size: None,
    }
}

/// The class that a text speaks of.
pub(crate) fn class_of(text: &str) -> Option<u32> {
    text.rsplit(' ').next()?.parse().ok()
}

/// Points around the centre of the class that a text speaks of.
struct Made;

impl Embedder for Made {
    fn id(&self) -> &'static str {
        "made"
    }

    fn media(&self) -> Media {
        Media::Text
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn batch_len(&self) -> usize {
        8_192
    }

    fn embed(&self, inputs: &[Input<'_>]) -> Vec<Result<Vec<f32>, Diagnostic>> {
        let embedding = |it: &Input<'_>| match it {
            Input::Text(text) => Ok(point(text)),
            Input::Image(_) => unreachable!("the project holds texts"),
        };
        inputs.iter().map(embedding).collect()
    }
}

fn point(text: &str) -> Vec<f32> {
    let class = class_of(text).unwrap_or_default();
    let number: u64 = text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default();
    let mut centre = fastrand::Rng::with_seed(u64::from(class));
    let mut own = fastrand::Rng::with_seed(1_000 + number);
    let scale = (3.0 / DIM as f32).sqrt();
    let draw = |rng: &mut fastrand::Rng| scale * (2.0 * rng.f32() - 1.0);
    (0..DIM).map(|_| draw(&mut centre) + SPREAD * draw(&mut own)).collect()
}
