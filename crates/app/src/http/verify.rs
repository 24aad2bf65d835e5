//! `GET /api/projects/{p}/verify`: how good the labels are, as far as is known.

use std::sync::Arc;

use annota_core::metric::{confusion::ClassScores, interval, summary::Verification};
use annota_engine::verify::{Basis as EngineBasis, Verified as EngineVerified};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    App,
    error::ApiError,
    open,
    wire::{Measured, measured},
};

/// What the figures rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    Audit,
    RandomAnswers,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ClassQuality {
    class: u16,
    precision: Option<Measured>,
    recall: Option<Measured>,
    f1: Option<Measured>,
    /// Items of the class among those looked at.
    support: u64,
}

/// Predictions of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Reliability {
    confidence: f64,
    accuracy: f64,
    n: u64,
}

/// How good the labels are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Verified {
    /// `null`: there is no fair sample yet.
    basis: Option<Basis>,
    accuracy: Option<Measured>,
    macro_f1: Option<Measured>,
    micro_f1: Option<Measured>,
    per_class: Vec<ClassQuality>,
    /// Rows: what people answered; columns: what the model said.
    confusion: Vec<Vec<u64>>,
    /// Expected calibration error.
    ece: Option<f64>,
    reliability: Vec<Reliability>,
    /// Answers to look at again.
    n_suspects: u64,
}

/// How good the labels are.
#[utoipa::path(get, path = "/api/projects/{p}/verify", responses((status = OK, body = Verified)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<Verified>, ApiError> {
    let verified = open::with(&app, &p, |live| {
        let verified = live.verified()?;
        Ok(verified.map_or_else(nothing, |it| of(&it)))
    });
    Ok(Json(verified.await?))
}

fn nothing() -> Verified {
    Verified {
        basis: None,
        accuracy: None,
        macro_f1: None,
        micro_f1: None,
        per_class: Vec::new(),
        confusion: Vec::new(),
        ece: None,
        reliability: Vec::new(),
        n_suspects: 0,
    }
}

fn of(verified: &EngineVerified) -> Verified {
    let n_suspects = verified.suspects.len() as u64;
    let Some((basis, verification)) = &verified.model else {
        return Verified { n_suspects, ..nothing() };
    };
    let calibration = verification.calibration.as_ref();
    Verified {
        basis: Some(match basis {
            EngineBasis::Audit => Basis::Audit,
            EngineBasis::RandomAnswers => Basis::RandomAnswers,
        }),
        accuracy: measured(verification.accuracy),
        macro_f1: measured(verification.macro_f1),
        // With one class an item, micro-averaged F1 is the accuracy.
        micro_f1: measured(verification.accuracy),
        per_class: verification.classes.iter().map(class_quality).collect(),
        confusion: confusion(verification),
        ece: calibration.map(|it| it.ece),
        reliability: calibration.map_or(Vec::new(), |it| {
            let bins = it.bins.iter();
            bins.map(|it| Reliability {
                confidence: it.confidence,
                accuracy: it.accuracy,
                n: it.n as u64,
            })
            .collect()
        }),
        n_suspects,
    }
}

fn class_quality(scores: &ClassScores) -> ClassQuality {
    let measured = |it: interval::Measured| measured(it);
    ClassQuality {
        class: scores.class.0,
        precision: measured(scores.precision),
        recall: measured(scores.recall),
        f1: measured(scores.f1),
        support: scores.support as u64,
    }
}

fn confusion(verification: &Verification) -> Vec<Vec<u64>> {
    let confusion = &verification.confusion;
    let rows = confusion.counts().chunks(confusion.n_classes());
    rows.map(|it| it.iter().map(|n| *n as u64).collect()).collect()
}
