//! The other claim of `auto_label`: at most a share of the auto labels is
//! wrong, of all of them or of each class.
//!
//! The audit is drawn, asked and stored as for the share of all labels; only
//! what it is tested for differs. People are not asked about the rest, of which
//! this certificate says nothing.

use std::collections::HashSet;

use annota_core::{
    certify::{Frozen, Goal, PrecisionCertificate, certify_precision, flawless_answers, freeze},
    label::{ClassId, Label, Schema},
    model::Predictions,
    pool::Row,
};
use serde::{Deserialize, Serialize};

/// What a certificate is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// At most a share of the labels of all items is wrong.
    #[default]
    AllLabels,
    /// At most a share of the auto labels is wrong.
    AutoLabels,
    /// At most a share of the auto labels of each class is wrong.
    EachClass,
}

/// What the audit has shown about the auto labels of one class, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownPrecision {
    /// The class; `None` if it is about all.
    pub class: Option<String>,
    /// Open items that the frozen model gave this class.
    pub population: u32,
    /// Audited ones among them.
    pub n_audited: u32,
    /// The surest of them whose labels are vouched for, audited ones included.
    pub region: u32,
    /// Audited ones in that region, and how many of those were wrong.
    pub region_audited: u32,
    /// See `region_audited`.
    pub region_errors: u32,
}

/// The claim of each class, or the one about all.
pub(crate) struct Precision {
    pub(crate) shown: Vec<ShownPrecision>,
    /// Items that keep the model's label, unaudited, ascending.
    pub(crate) auto_labelled: Vec<Row>,
}

/// What `audit` (rows, and whether the frozen label was wrong) shows about the
/// labels of the `open` items, those that the audit was drawn from.
pub(crate) fn precision(
    claim: Claim,
    goal: Goal,
    schema: &Schema,
    predictions: &Predictions,
    open: &[Row],
    audit: &[(Row, bool)],
) -> Precision {
    let audited: HashSet<Row> = audit.iter().map(|it| it.0).collect();
    let classes: Vec<Option<ClassId>> = match claim {
        Claim::EachClass => (0..schema.n_classes()).map(|it| Some(ClassId(it as u16))).collect(),
        Claim::AllLabels | Claim::AutoLabels => vec![None],
    };
    let mut result = Precision { shown: Vec::new(), auto_labelled: Vec::new() };
    for &class in &classes {
        let of_class =
            |row: &&Row| class.is_none_or(|it| predictions.labels[row.index()] == Label::Class(it));
        let rows: Vec<Row> = open.iter().filter(of_class).copied().collect();
        let frozen = frozen_order(predictions, &rows);
        let certificate = certify_precision(&frozen, audit, goal, classes.len() as u32);
        let PrecisionCertificate { population, n_audited, .. } = certificate;
        result.shown.push(ShownPrecision {
            class: class.map(|it| schema.name(it).to_owned()),
            population,
            n_audited,
            region: certificate.region.len() as u32,
            region_audited: certificate.region_audited,
            region_errors: certificate.region_errors,
        });
        let unaudited = certificate.region.iter().filter(|it| !audited.contains(it));
        result.auto_labelled.extend(unaudited.copied());
    }
    result.auto_labelled.sort_unstable();
    result
}

/// `rows` by the frozen scores, surest first. Ties are broken by the rows
/// themselves, so that the order is the same whenever it is asked for.
fn frozen_order(predictions: &Predictions, rows: &[Row]) -> Frozen {
    let scores: Vec<(Row, f32)> =
        rows.iter().map(|row| (*row, predictions.uncertainty[row.index()])).collect();
    freeze(&scores, 0)
}

/// The least audit that could show anything: flawless answers, as many as the
/// goal takes of many items, for every class if each is claimed.
pub(crate) fn least_audit(claim: Claim, goal: Goal, n_classes: usize) -> u32 {
    let n_claims = if claim == Claim::EachClass { n_classes.max(1) as u32 } else { 1 };
    let flawless = flawless_answers(goal.max_error(), goal.alpha() / f64::from(n_claims));
    flawless * n_claims
}

/// How many items to audit: twice the least, and all of them if there are no
/// more.
pub(crate) fn audit_len(claim: Claim, goal: Goal, n_classes: usize, n_open: u32) -> u32 {
    (2 * least_audit(claim, goal, n_classes)).min(n_open)
}
