//! What replays look like: learning curves of several seeds as one curve with a
//! band, and what every strategy cost.

use super::outcome::{Point, Replayed, Simulated};
use crate::{
    plot::{Bar, Bars, Curve, CurvePoint, LearningCurve},
    report::percent,
};

/// Numbers of answers at which the seeds are compared.
const STEPS: u32 = 40;
/// Half the width of a 95 % interval of a mean, in standard errors.
const Z: f64 = 1.96;

/// One curve a strategy, where all of its seeds have one of two points or more.
pub(super) fn learning_curves(simulated: &Simulated) -> Option<LearningCurve> {
    let groups = simulated.runs.chunk_by(|a, b| a.strategy == b.strategy);
    let curves: Vec<Curve> = groups.filter_map(curve).collect();
    if curves.is_empty() {
        return None;
    }
    Some(LearningCurve {
        title: "Accuracy on what is not answered".to_owned(),
        measure: "accuracy on the rest of the pool".to_owned(),
        band: "mean over seeds and its 95 % interval".to_owned(),
        curves,
    })
}

/// People's answers by what they were for, one bar a strategy.
pub(super) fn costs(simulated: &Simulated) -> Bars {
    let parts = ["training", "calibration", "audit", "left to people"];
    let bar = |(name, values): (&str, [f64; 4])| Bar {
        name: name.to_owned(),
        values: values.to_vec(),
        rival: None,
    };
    let max_error = percent(simulated.max_error);
    let or_spent = if simulated.n_spent() == 0 { "" } else { " or the budget is spent" };
    Bars {
        title: format!("Human answers until at most {max_error} of the labels are wrong{or_spent}"),
        axis: "human answers, mean over seeds".to_owned(),
        is_share: false,
        parts: parts.map(str::to_owned).to_vec(),
        bars: simulated.mean_answers().map(bar).collect(),
    }
}

fn curve(runs: &[Replayed]) -> Option<Curve> {
    let ends = |it: &Replayed| Some((it.curve.first()?.answers, it.curve.last()?.answers));
    let ends: Vec<(u32, u32)> = runs.iter().map(ends).collect::<Option<_>>()?;
    let first = ends.iter().map(|it| it.0).max()?;
    let last = ends.iter().map(|it| it.1).min()?;
    if last <= first {
        return None;
    }
    let at = |step: u32| first + (last - first) * step / STEPS;
    let mut places: Vec<u32> = (0..=STEPS).map(at).collect();
    places.dedup();
    let points = places.into_iter().map(|answers| point(runs, answers)).collect();
    Some(Curve { name: runs[0].strategy.to_owned(), points })
}

/// Mean and interval at a number of answers that all runs reach.
fn point(runs: &[Replayed], answers: u32) -> CurvePoint {
    let values: Vec<f64> = runs.iter().map(|it| interpolated(&it.curve, answers)).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|it| (it - mean).powi(2)).sum();
    let half = if values.len() < 2 { 0.0 } else { Z * (squares / (n - 1.0) / n).sqrt() };
    let band = ((mean - half).max(0.0), (mean + half).min(1.0));
    CurvePoint { n_answers: u64::from(answers), value: mean, band }
}

/// The accuracy after `answers`, which lies between the first point and the last.
fn interpolated(curve: &[Point], answers: u32) -> f64 {
    let after = curve.partition_point(|it| it.answers < answers).clamp(1, curve.len() - 1);
    let (left, right) = (curve[after - 1], curve[after]);
    let width = f64::from(right.answers.saturating_sub(left.answers).max(1));
    let share = f64::from(answers.saturating_sub(left.answers)) / width;
    left.accuracy + (right.accuracy - left.accuracy) * share.min(1.0)
}
