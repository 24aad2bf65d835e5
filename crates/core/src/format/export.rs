//! Labels on their way out: the items of a project as CSV, JSONL and Parquet.
//!
//! Writers take items one at a time and write as they go. What a format cannot
//! hold is counted and reported, never dropped in silence. Values are written
//! as they are: a text that begins with `=`, `+`, `-` or `@` is not altered,
//! although a spreadsheet may run it as a formula, because an altered text
//! would no longer be the item that was labelled; open such files as text.

use std::io::{self, Write};

use serde::Serialize;

use super::{label_studio, parquet, thousands};
use crate::{diagnostic::Diagnostic, item::Media};

/// One item with everything said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportItem {
    /// Its id in the project.
    pub id: String,
    /// What it was called where it came from: `reviews.csv:87`, `cat/3.jpg`.
    pub name: String,
    /// The text, for texts.
    pub text: Option<String>,
    /// The path of the picture: relative to the exported file's folder if it lies
    /// there or below, else absolute.
    pub image: Option<String>,
    /// The final label and where it is from, if the item has one.
    pub label: Option<(String, Origin)>,
    /// What annotators answered, oldest first.
    pub annotations: Vec<ExportAnnotation>,
    /// What models said.
    pub predictions: Vec<ExportPrediction>,
}

/// Where a final label is from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Annotators gave it.
    Person {
        /// Their names.
        annotators: Vec<String>,
    },
    /// Accepted without a look.
    Auto {
        /// The model version.
        model: String,
        /// Its calibrated probability, in `[0, 1]`.
        confidence: f64,
        /// The certificate that vouches for it.
        certificate: Option<String>,
    },
    /// A model gave it, and annotators confirmed it.
    Confirmed {
        /// Their names.
        annotators: Vec<String>,
        /// The model version.
        model: String,
        /// Its calibrated probability, in `[0, 1]`.
        confidence: f64,
    },
}

impl Origin {
    /// `person`, `auto` or `confirmed`.
    pub fn name(&self) -> &'static str {
        match self {
            Origin::Person { .. } => "person",
            Origin::Auto { .. } => "auto",
            Origin::Confirmed { .. } => "confirmed",
        }
    }

    fn annotators(&self) -> &[String] {
        match self {
            Origin::Person { annotators } | Origin::Confirmed { annotators, .. } => annotators,
            Origin::Auto { .. } => &[],
        }
    }

    fn model(&self) -> Option<(&str, f64)> {
        match self {
            Origin::Person { .. } => None,
            Origin::Auto { model, confidence, .. }
            | Origin::Confirmed { model, confidence, .. } => Some((model, *confidence)),
        }
    }

    fn certificate(&self) -> Option<&str> {
        match self {
            Origin::Auto { certificate, .. } => certificate.as_deref(),
            Origin::Person { .. } | Origin::Confirmed { .. } => None,
        }
    }
}

/// One answer of one annotator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExportAnnotation {
    /// Who.
    pub annotator: String,
    /// What; `None` for an abstention.
    pub label: Option<String>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// When, in ISO 8601.
    pub at: Option<String>,
}

/// What one model version said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExportPrediction {
    /// The model version.
    pub model: String,
    /// The likeliest class.
    pub label: String,
    /// Its calibrated probability, in `[0, 1]`; of a model outside it is not known.
    pub confidence: Option<f64>,
}

/// A format that labels can be written in as one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated, with a line of names, one label an item.
    Csv,
    /// One JSON object a line, with all annotations and predictions.
    Jsonl,
    /// Apache Parquet, one label an item.
    Parquet,
    /// Parquet as `datasets` reads it: labels are class numbers with names.
    HuggingFace,
    /// Label Studio's JSON, annotations and predictions apart.
    LabelStudio,
}

/// What a writer needs to know before the first item.
#[derive(Clone, Debug)]
pub struct ExportConfig {
    /// Texts have a column `text`, pictures a column `image`.
    pub media: Media,
    /// The classes, in the order of the schema.
    pub classes: Vec<String>,
}

/// Writes `items` to `out`, in their order, and tells what could not be held.
///
/// # Errors
///
/// Those of `out`.
pub fn write<W: Write + Send>(
    format: ExportFormat,
    items: impl IntoIterator<Item = ExportItem>,
    config: &ExportConfig,
    out: W,
) -> io::Result<Vec<Diagnostic>> {
    let mut lost = Lost::default();
    match format {
        ExportFormat::Csv => {
            lost.is_flat = true;
            write_csv(items.into_iter().inspect(|it| lost.count(it)), config, out)?;
        }
        ExportFormat::Jsonl => {
            write_jsonl(items.into_iter().inspect(|it| lost.count(it)), config, out)?;
        }
        ExportFormat::Parquet | ExportFormat::HuggingFace => {
            lost.is_flat = true;
            let is_numbered = format == ExportFormat::HuggingFace;
            let items = items.into_iter().inspect(|it| lost.count(it));
            let unknown = parquet::write(items, config, is_numbered, out)?;
            lost.n_unknown_labels = unknown;
        }
        ExportFormat::LabelStudio => {
            label_studio::write(items.into_iter().inspect(|it| lost.count(it)), config, out)?;
        }
    }
    Ok(lost.diagnostics(config))
}

/// What a format did not hold.
#[derive(Default)]
struct Lost {
    is_flat: bool,
    n_with_more: u64,
    n_of_other_media: [u64; 2],
    n_unknown_labels: u64,
}

impl Lost {
    fn count(&mut self, item: &ExportItem) {
        let has_disagreement = item
            .annotations
            .iter()
            .any(|it| it.label.as_ref() != item.label.as_ref().map(|it| &it.0));
        let has_more = 1 < item.annotations.len() || 1 < item.predictions.len() || has_disagreement;
        self.n_with_more += u64::from(self.is_flat && has_more);
        self.n_of_other_media[0] += u64::from(item.text.is_none());
        self.n_of_other_media[1] += u64::from(item.image.is_none());
    }

    fn diagnostics(&self, config: &ExportConfig) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut tell = |n: u64, message: &str, help: &str| {
            if 0 < n {
                let place =
                    if n == 1 { "1 item".to_owned() } else { format!("{} items", thousands(n)) };
                diagnostics.push(Diagnostic::new(place, message).help(help));
            }
        };
        tell(
            self.n_with_more,
            "more annotations or predictions than this format holds; the final label is kept",
            "export JSONL or Label Studio JSON to keep them all",
        );
        let (n_without, what) = match config.media {
            Media::Text => (self.n_of_other_media[0], "no text; written without one"),
            Media::Image => (self.n_of_other_media[1], "no picture; written without one"),
        };
        tell(n_without, what, "export texts and pictures one after the other");
        tell(
            self.n_unknown_labels,
            "a label that is no class of the schema; written without one",
            "add the class to the schema, or export plain Parquet",
        );
        diagnostics
    }
}

/// The columns of the flat formats.
pub(super) const COLUMNS: [&str; 9] = [
    "id",
    "name",
    "content",
    "label",
    "origin",
    "annotators",
    "model",
    "confidence",
    "certificate",
];

/// The name of the column with the content.
pub(super) fn content_name(media: Media) -> &'static str {
    match media {
        Media::Text => "text",
        Media::Image => "image",
    }
}

/// One item as the flat formats hold it, by [`COLUMNS`] but for the confidence.
#[derive(Serialize)]
pub(super) struct Flat {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(skip)]
    pub(super) content: Option<String>,
    pub(super) label: Option<String>,
    pub(super) origin: Option<&'static str>,
    pub(super) annotators: Vec<String>,
    pub(super) model: Option<String>,
    pub(super) confidence: Option<f64>,
    pub(super) certificate: Option<String>,
}

impl Flat {
    pub(super) fn of(item: &ExportItem, media: Media) -> Flat {
        let content = match media {
            Media::Text => item.text.clone(),
            Media::Image => item.image.clone(),
        };
        let origin = item.label.as_ref().map(|it| &it.1);
        let model = origin.and_then(Origin::model);
        Flat {
            id: item.id.clone(),
            name: item.name.clone(),
            content,
            label: item.label.as_ref().map(|it| it.0.clone()),
            origin: origin.map(Origin::name),
            annotators: origin.map_or(Vec::new(), |it| it.annotators().to_vec()),
            model: model.map(|it| it.0.to_owned()),
            confidence: model.map(|it| it.1),
            certificate: origin.and_then(Origin::certificate).map(str::to_owned),
        }
    }
}

fn write_csv<W: Write>(
    items: impl Iterator<Item = ExportItem>,
    config: &ExportConfig,
    out: W,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let content = content_name(config.media);
    writer.write_record(COLUMNS.map(|it| if it == "content" { content } else { it }))?;
    for item in items {
        let flat = Flat::of(&item, config.media);
        writer.write_record([
            &flat.id,
            &flat.name,
            flat.content.as_deref().unwrap_or_default(),
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

/// One line of JSONL.
#[derive(Serialize)]
struct JsonLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(flatten)]
    flat: Flat,
    annotations: Vec<ExportAnnotation>,
    predictions: Vec<ExportPrediction>,
}

fn write_jsonl<W: Write>(
    items: impl Iterator<Item = ExportItem>,
    config: &ExportConfig,
    out: W,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for item in items {
        let flat = Flat::of(&item, config.media);
        let ExportItem { text, image, annotations, predictions, .. } = item;
        let line = JsonLine { text, image, flat, annotations, predictions };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
