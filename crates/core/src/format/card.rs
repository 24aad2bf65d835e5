//! The data-set card: what a set of labels is, who gave them and how far they
//! can be trusted, in the form the Hugging Face hub shows.
//!
//! The layout is `README.md` (this card) beside
//! `data/train-00000-of-00001.parquet` ([`ExportFormat::HuggingFace`]), or,
//! for pictures, beside `train/` with the pictures and a `metadata.csv`
//! ([`metadata_csv`]).
//! The licence is the user's to choose, and is left open.
//!
//! [`ExportFormat::HuggingFace`]: super::export::ExportFormat::HuggingFace

use std::io::{self, Write};

use super::{
    export::{ExportItem, Flat},
    thousands,
};
use crate::item::Media;

/// Where the hub looks for the only file of the training split.
pub const DATA_PATH: &str = "data/train-00000-of-00001.parquet";

/// What a card says.
#[derive(Clone, Debug)]
pub struct Card {
    /// Name of the data set.
    pub title: String,
    /// What the items are.
    pub media: Media,
    /// Two-letter codes of the languages of the texts.
    pub languages: Vec<String>,
    /// Classes with the number of items labelled so, in the order of the schema.
    pub classes: Vec<(String, u64)>,
    /// Items by origin of their label.
    pub origins: Origins,
    /// Who answered, with the number of answers.
    pub annotators: Vec<(String, u64)>,
    /// Model versions whose labels are in the set.
    pub models: Vec<String>,
    /// How good the labels are.
    pub qualities: Vec<Quality>,
    /// The text of the certificate, if there is one.
    pub certificate: Option<String>,
}

/// Number of items by origin of their label.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origins {
    /// Labelled by people.
    pub n_person: u64,
    /// Auto labels.
    pub n_auto: u64,
    /// Labels of a model that people confirmed.
    pub n_confirmed: u64,
    /// Without a label.
    pub n_unlabelled: u64,
}

/// One measured quality with its interval.
#[derive(Clone, Debug)]
pub struct Quality {
    /// `macro F1`, `accuracy`.
    pub name: String,
    /// The estimate.
    pub value: f64,
    /// The interval, if there was enough data for one.
    pub interval: Option<(f64, f64)>,
    /// What it was measured on: `400 audited items`.
    pub basis: String,
}

/// The card as Markdown with YAML front matter.
pub fn data_set_card(card: &Card) -> String {
    let mut text = front_matter(card);
    let n = total(card);
    let what = card.media.plural();
    let n_classes = card.classes.len();
    line(&mut text, &format!("\n# {}\n", card.title));
    line(&mut text, &format!("{} {what}, each with one of {n_classes} classes.\n", thousands(n)));
    line(&mut text, "## Classes\n\n| class | items |\n|---|---:|");
    for (class, count) in &card.classes {
        line(&mut text, &format!("| {} | {} |", cell(class), thousands(*count)));
    }
    how(&mut text, card);
    quality(&mut text, card);
    let columns = match card.media {
        Media::Text => "text",
        Media::Image => "image",
    };
    line(&mut text, "\n## Fields\n");
    line(
        &mut text,
        &format!(
            "`id`, `name` (what the item was called where it came from), `{columns}`, `label`, `origin` (`person`, `auto` or `confirmed`), `annotators`, `model`, `confidence` (calibrated probability of an auto label), `certificate`."
        ),
    );
    line(&mut text, "\n## Licence\n");
    line(
        &mut text,
        "Not chosen yet. Add `license:` to the front matter of this card; the licence of the source of the items limits the choice.",
    );
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// `text` as a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn total(card: &Card) -> u64 {
    let it = card.origins;
    it.n_person + it.n_auto + it.n_confirmed + it.n_unlabelled
}

/// YAML between `---` lines. Strings are written as JSON, which is YAML.
fn front_matter(card: &Card) -> String {
    let task = match card.media {
        Media::Text => "text-classification",
        Media::Image => "image-classification",
    };
    let mut yaml = format!("---\npretty_name: {}\n", json(&card.title));
    if !card.languages.is_empty() {
        yaml.push_str("language:\n");
        for language in &card.languages {
            line(&mut yaml, &format!("- {}", json(language)));
        }
    }
    let size = size_category(total(card));
    line(&mut yaml, &format!("task_categories:\n- {task}\nsize_categories:\n- {size}"));
    yaml.push_str("tags:\n- annota\n");
    if card.media == Media::Text {
        yaml.push_str("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n");
        yaml.push_str("dataset_info:\n  features:\n");
        for name in ["id", "name", "text"] {
            line(&mut yaml, &format!("  - name: {name}\n    dtype: string"));
        }
        yaml.push_str("  - name: label\n    dtype:\n      class_label:\n        names:\n");
        for (number, (class, _)) in card.classes.iter().enumerate() {
            line(&mut yaml, &format!("          '{number}': {}", json(class)));
        }
        for name in ["origin", "annotators", "model"] {
            line(&mut yaml, &format!("  - name: {name}\n    dtype: string"));
        }
        yaml.push_str(
            "  - name: confidence\n    dtype: float64\n  - name: certificate\n    dtype: string\n",
        );
    }
    yaml.push_str("---\n");
    yaml
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

/// The hub's classes of size.
fn size_category(n: u64) -> &'static str {
    match n {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "n>1B",
    }
}

fn how(text: &mut String, card: &Card) {
    let origins = card.origins;
    line(text, "\n## How it was labelled\n\n| origin of the label | items |\n|---|---:|");
    let rows = [
        ("a person", origins.n_person),
        ("a model, confirmed by a person", origins.n_confirmed),
        ("a model, not looked at", origins.n_auto),
        ("none: not labelled", origins.n_unlabelled),
    ];
    for (origin, count) in rows {
        line(text, &format!("| {origin} | {} |", thousands(count)));
    }
    if !card.annotators.is_empty() {
        let who: Vec<String> = card
            .annotators
            .iter()
            .map(|(name, n)| format!("{} ({} answers)", cell(name), thousands(*n)))
            .collect();
        line(text, &format!("\nAnnotators: {}.", who.join(", ")));
    }
    if !card.models.is_empty() {
        line(text, &format!("\nModels: {}.", card.models.join(", ")));
    }
    line(
        text,
        "\nLabelled with Annota: people answered chosen items, a model learned from the answers and labelled the rest.",
    );
}

fn quality(text: &mut String, card: &Card) {
    line(text, "\n## How good the labels are\n");
    if card.qualities.is_empty() {
        line(text, "Not measured.");
    } else {
        line(text, "| measure | value | 95 % interval | measured on |\n|---|---:|---|---|");
    }
    for it in &card.qualities {
        let interval = it
            .interval
            .map_or("not enough data".to_owned(), |(low, high)| format!("{low:.3} to {high:.3}"));
        let (name, basis) = (cell(&it.name), cell(&it.basis));
        line(text, &format!("| {name} | {:.3} | {interval} | {basis} |", it.value));
    }
    match &card.certificate {
        Some(certificate) => {
            line(text, "\n## Certificate\n\n```text");
            line(text, &certificate.replace("```", "'''"));
            line(text, "```");
        }
        None => {
            line(text, "\nNo certificate was issued: the share of wrong labels is not bounded.");
        }
    }
}

/// Writes the `metadata.csv` of a folder of pictures: `file_name`, which is
/// where the hub wants the path, and the other fields.
///
/// # Errors
///
/// Those of `out`.
pub fn metadata_csv<W: Write>(
    items: impl IntoIterator<Item = ExportItem>,
    out: W,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "file_name",
        "id",
        "name",
        "label",
        "origin",
        "annotators",
        "model",
        "confidence",
        "certificate",
    ])?;
    for item in items {
        let flat = Flat::of(&item, Media::Image);
        writer.write_record([
            flat.content.as_deref().unwrap_or_default(),
            &flat.id,
            &flat.name,
            flat.label.as_deref().unwrap_or_default(),
            flat.origin.unwrap_or_default(),
            &flat.annotators.join(";"),
            flat.model.as_deref().unwrap_or_default(),
            &flat.confidence.map_or(String::new(), |it| it.to_string()),
            flat.certificate.as_deref().unwrap_or_default(),
        ])?;
    }
    writer.flush()
}
