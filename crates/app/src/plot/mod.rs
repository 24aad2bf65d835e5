//! Plots: data in, SVG out, and PNG from that.
//!
//! Four kinds: learning curves, reliability diagrams, confusion matrices and
//! bars. Colours are told apart by colour-blind eyes (Okabe and Ito, 2008) and
//! never alone: lines differ in dashes and marks too. Legends stand outside
//! the data. Nothing here computes a statistic.

mod bars;
mod canvas;
mod confusion;
mod learning_curve;
mod png;
mod reliability;

use std::{fs, path::Path};

use anyhow::Context;

pub(crate) use bars::{Bar, Bars, bars};
pub(crate) use confusion::{Confusion, confusion};
pub(crate) use learning_curve::{Curve, CurvePoint, LearningCurve, learning_curve};
pub(crate) use png::png;
pub(crate) use reliability::{Bin, Reliability, reliability};

/// Writes `NAME.svg` and `NAME.png` into `folder`, which is made if need be.
pub(crate) fn write(folder: &Path, name: &str, svg: &str) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let png = png(svg, 2.0)?;
    for (ending, bytes) in [("svg", svg.as_bytes()), ("png", &png)] {
        let path = folder.join(format!("{name}.{ending}"));
        fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
