//! Small pools drawn in text, and random ones, for the strategies' tests.

use crate::{
    label::Label,
    matrix::{Embeddings, Probabilities},
    model::Predictions,
    pool::{Pool, Row},
};

/// One line per row: `*` if labelled, then the logits.
pub(super) fn predictions(fixture: &str) -> (Pool, Predictions) {
    let (pool, logits) = parse(fixture);
    (pool, from_logits(logits[0].len(), logits.concat()))
}

/// One line per row: `*` if labelled, then the coordinates.
pub(super) fn points(fixture: &str) -> (Pool, Embeddings) {
    let (pool, points) = parse(fixture);
    (pool, Embeddings::new(points[0].len(), points.concat()))
}

/// Rows in normal position, and predictions that have nothing to do with them.
pub(super) fn random_world(
    n_rows: u32,
    dim: usize,
    n_classes: usize,
    rng_seed: u64,
) -> (Embeddings, Predictions) {
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    let mut values = |n: usize| (0..n).map(|_| rng.f32() - 0.4).collect::<Vec<f32>>();
    let embeddings = Embeddings::new(dim, values(n_rows as usize * dim));
    let logits = values(n_rows as usize * n_classes).iter().map(|it| 6.0 * it).collect();
    (embeddings, from_logits(n_classes, logits))
}

/// Predictions with softmax probabilities and margin uncertainty.
pub(super) fn from_logits(n_classes: usize, logits: Vec<f32>) -> Predictions {
    from_probabilities(Probabilities::softmax(n_classes, logits).expect("finite logits"))
}

/// Predictions with the given probabilities and margin uncertainty.
pub(super) fn from_probabilities(proba: Probabilities) -> Predictions {
    let rows = || (0..proba.n_rows()).map(Row);
    let margin = |row| {
        let (first, second) = proba.top_two(row);
        1.0 - (first - second)
    };
    Predictions {
        labels: rows().map(|row| Label::Class(proba.likeliest(row).0)).collect(),
        uncertainty: rows().map(margin).collect(),
        probabilities: Some(proba),
        signals: Vec::new(),
        n_signals: 0,
    }
}

/// Rows separated by spaces.
pub(super) fn show(rows: &[Row]) -> String {
    rows.iter().map(|it| it.0.to_string()).collect::<Vec<_>>().join(" ")
}

fn parse(fixture: &str) -> (Pool, Vec<Vec<f32>>) {
    let lines: Vec<&str> = fixture.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let labelled = lines.iter().zip(0..).filter(|(it, _)| it.starts_with('*'));
    let labelled: Vec<Row> = labelled.map(|(_, row)| Row(row)).collect();
    let numbers = |line: &&str| -> Vec<f32> {
        let line = line.trim_start_matches('*');
        line.split_whitespace().map(|it| it.parse().expect("a number")).collect()
    };
    let len = u32::try_from(lines.len()).expect("a small fixture");
    (Pool::new(len, &labelled, &[]), lines.iter().map(numbers).collect())
}
