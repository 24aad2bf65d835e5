//! The strategies against scikit-activeml, on the values in
//! `reference/acquire.json`; `reference/acquire.py` makes them.
#![cfg(test)]

use serde_json::Value;

use super::{
    badge::Gradients, drop_query::n_changes, entropy::entropy_of, fixture, k_center, margin,
    typiclust::typicality,
};
use crate::{
    cluster,
    matrix::Embeddings,
    pool::{Pool, Row},
};

fn reference() -> Value {
    serde_json::from_str(include_str!("../../reference/acquire.json")).expect("JSON")
}

fn floats(value: &Value) -> Vec<f32> {
    value
        .as_array()
        .expect("an array")
        .iter()
        .map(|it| it.as_f64().expect("a number") as f32)
        .collect()
}

fn rows(value: &Value) -> Vec<Row> {
    let number = |it: &Value| u32::try_from(it.as_u64().expect("a number")).expect("small");
    value.as_array().expect("an array").iter().map(|it| Row(number(it))).collect()
}

fn check_close(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (row, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let tolerance = 1e-4 * theirs.abs().max(0.1);
        assert!((ours - theirs).abs() <= tolerance, "{what} of row {row}: {ours}, not {theirs}");
    }
}

/// Embeddings, predictions (from logits that are logarithms of the reference's
/// probabilities) and the number of classes.
fn world(reference: &Value) -> (Embeddings, crate::model::Predictions, usize) {
    let (dim, n_classes) = (reference["dim"].as_u64(), reference["n_classes"].as_u64());
    let (dim, n_classes) = (dim.expect("dim") as usize, n_classes.expect("classes") as usize);
    let logits = floats(&reference["probabilities"]).iter().map(|p| p.ln()).collect();
    let embeddings = Embeddings::new(dim, floats(&reference["embeddings"]));
    (embeddings, fixture::from_logits(n_classes, logits), n_classes)
}

#[test]
fn uncertainty_scores_match() {
    let reference = reference();
    let (_, predictions, _) = world(&reference);
    let proba = predictions.probabilities.as_ref().expect("given");
    let rows = || (0..proba.n_rows()).map(Row);
    let entropy: Vec<f32> = rows().map(|it| entropy_of(proba.row(it))).collect();
    let least: Vec<f32> = rows().map(|it| 1.0 - proba.likeliest(it).1).collect();
    check_close(&entropy, &floats(&reference["entropy"]), "entropy");
    check_close(&least, &floats(&reference["least_confidence"]), "least confidence");
    check_close(&predictions.uncertainty, &floats(&reference["margin"]), "margin");
    let pool = Pool::new(proba.n_rows(), &[], &[]);
    let order = margin(&pool, &predictions, 5);
    assert_eq!(order, self::rows(&reference["margin_batch"]));
}

#[test]
fn k_center_chooses_the_same_batch() {
    let reference = reference();
    let (embeddings, _, _) = world(&reference);
    let pool = Pool::new(embeddings.n_rows(), &rows(&reference["labelled"]), &[]);
    assert_eq!(k_center(&pool, &embeddings, 6), rows(&reference["k_center_batch"]));
}

#[test]
fn badge_distances_match() {
    let reference = reference();
    let (embeddings, predictions, _) = world(&reference);
    let all: Vec<Row> = (0..embeddings.n_rows()).map(Row).collect();
    let gradients = Gradients::new(&all, &embeddings, &predictions);
    let mut nearest = gradients.squared_norms();
    check_close(&nearest, &floats(&reference["badge_squared_norms"]), "gradient norm");
    for center in rows(&reference["badge_centers"]) {
        gradients.lower_to(center.index(), &mut nearest);
    }
    check_close(&nearest, &floats(&reference["badge_squared_distances"]), "gradient distance");
}

#[test]
fn typicality_with_five_neighbours_matches() {
    let reference = reference();
    let (embeddings, _, _) = world(&reference);
    let ours = typicality(embeddings.values(), embeddings.dim(), 5);
    check_close(&ours, &floats(&reference["typicality"]), "typicality");
}

#[test]
fn drop_query_counts_match() {
    let reference = reference();
    let (embeddings, _, _) = world(&reference);
    let masks: Vec<Vec<bool>> = floats(&reference["masks"])
        .chunks_exact(embeddings.values().len())
        .map(|it| it.iter().map(|&dropped| 0.5 < dropped).collect())
        .collect();
    let weights = floats(&reference["weights"]);
    let changes = n_changes(embeddings.values(), embeddings.dim(), &weights, &masks);
    let expected: Vec<usize> = rows(&reference["n_changes"]).iter().map(|it| it.index()).collect();
    assert_eq!(changes, expected);
}

#[test]
fn lloyd_reaches_the_centroids_of_scikit_learn() {
    let reference = reference();
    let (embeddings, _, _) = world(&reference);
    let seeds = embeddings.gather(&rows(&reference["k_means_seeds"]));
    let ours = cluster::lloyd(embeddings.values(), embeddings.dim(), seeds, 100);
    check_close(&ours.centroids, &floats(&reference["k_means_centroids"]), "centroid");
    let inertia = reference["k_means_inertia"].as_f64().expect("a number");
    assert!((ours.inertia() - inertia).abs() < 1e-4);
}
