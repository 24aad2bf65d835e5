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

pub(crate) use bars::{Bar, Bars, bars};
pub(crate) use confusion::{Confusion, confusion};
pub(crate) use learning_curve::{Curve, CurvePoint, LearningCurve, learning_curve};
pub(crate) use png::png;
pub(crate) use reliability::{Bin, Reliability, reliability};

#[cfg(test)]
mod tests;
