//! Confusion matrices and reliability diagrams, as SVG and PNG.

use std::path::Path;

use annota_core::{label::Schema, metric::interval::wilson, metric::summary::Verification};
use annota_engine::verify::Verified;

use crate::plot::{self, Bin, Confusion, Reliability};

/// Confidence of the intervals drawn on the bars.
const CONFIDENCE: f64 = 0.95;

/// Writes what there is to draw into `folder`.
pub(super) fn write(folder: &Path, verified: &Verified, schema: &Schema) -> anyhow::Result<()> {
    if let Some(labels) = &verified.labels {
        let svg = plot::confusion(&confusion("Labels against gold", labels, schema));
        plot::write(folder, "labels-confusion", &svg)?;
    }
    if let Some((_, model)) = &verified.model {
        let svg = plot::confusion(&confusion("Model against random answers", model, schema));
        plot::write(folder, "model-confusion", &svg)?;
        if let Some(reliability) = reliability(model) {
            plot::write(folder, "model-reliability", &plot::reliability(&reliability))?;
        }
    }
    Ok(())
}

fn confusion(title: &str, it: &Verification, schema: &Schema) -> Confusion {
    let rows = it.confusion.counts().chunks(it.confusion.n_classes());
    Confusion {
        title: format!("{title}, {} items", it.n),
        classes: schema.classes().to_vec(),
        counts: rows.map(|row| row.iter().map(|it| *it as u64).collect()).collect(),
    }
}

fn reliability(it: &Verification) -> Option<Reliability> {
    let calibration = it.calibration.as_ref()?;
    let bins = calibration.bins.iter().map(|it| Bin {
        range: (it.low, it.high),
        confidence: it.confidence,
        accuracy: it.accuracy,
        interval: Some(wilson((it.accuracy * it.n as f64).round() as usize, it.n, CONFIDENCE)),
        n: it.n as u64,
    });
    Some(Reliability {
        title: "Calibration of the model".to_owned(),
        ece: calibration.ece,
        bins: bins.collect(),
    })
}
