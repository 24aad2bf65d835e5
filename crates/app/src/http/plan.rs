//! `GET /api/projects/{p}/plan`: how the model learns, and what is left to do.

use std::{f64::consts::LN_2, sync::Arc};

use annota_core::metric::interval;
use annota_engine::{
    live::{Balance, Live, Pace},
    plan::{LearningPoint, Plan as Planned},
    verify::{Agreement, Verified},
};
use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    App,
    error::ApiError,
    open,
    wire::{Measured, measured},
};

/// A point of the learning curve: the accuracy that the model expects, and the
/// 95 % interval of what random answers measured, once there are enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct CurvePoint {
    n_answers: u64,
    accuracy: f64,
    low: Option<f64>,
    high: Option<f64>,
}

/// More answers from now on, 5 to 95 % of what may come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Forecast {
    answers: f64,
    low: f64,
    high: f64,
    minutes: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Pace)]
pub(crate) struct PaceOfAnswers {
    seconds_per_answer: Option<f64>,
    answers_per_minute: Option<f64>,
    n_today: u64,
}

/// Items of a class, by where their label is from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ClassBalance {
    class: u16,
    n_person: u64,
    n_imported: u64,
    n_auto: u64,
    n_predicted: u64,
}

/// How far two annotators agree: Cohen's kappa.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Agreement)]
pub(crate) struct AgreementOfTwo {
    first: String,
    second: String,
    /// Items that both have answered.
    n: u64,
    kappa: Option<Measured>,
}

/// How the model learns, and what is left to do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Plan {
    /// Empty while too little was answered.
    curve: Vec<CurvePoint>,
    forecast: Option<Forecast>,
    n_answered: u64,
    n_items: u64,
    expected_errors: Option<f64>,
    allowed_errors: u64,
    pace: PaceOfAnswers,
    balance: Vec<ClassBalance>,
    agreement: Vec<AgreementOfTwo>,
    /// Of the labels.
    entropy_bits: Option<f64>,
    /// What people's labels tell about the model's.
    mutual_information_bits: Option<f64>,
}

/// How the model learns, and what is left to do.
#[utoipa::path(get, path = "/api/projects/{p}/plan", responses((status = OK, body = Plan)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<Plan>, ApiError> {
    Ok(Json(open::with(&app, &p, plan).await?))
}

fn plan(live: &Live) -> Result<Plan, ApiError> {
    let now = Timestamp::now();
    let overview = live.overview(now)?;
    let pace = live.pace(now);
    let planned = live.plan()?;
    let verified = live.verified()?;
    let balance = live.balance();
    let goal = live.project().config().labelling.goal;
    let n_pool: usize = balance.iter().map(|it| it.n_labelled() + it.n_predicted).sum();
    let n_pool = planned.as_ref().map_or(n_pool as u64, |it| u64::from(it.n_items));
    let allowed = u32::try_from(n_pool).map_or(0, |it| goal.first_forbidden(it).saturating_sub(1));
    Ok(Plan {
        curve: planned.as_ref().map_or(Vec::new(), curve),
        forecast: planned.as_ref().and_then(|it| forecast(it, &pace)),
        n_answered: overview.n_answered as u64,
        n_items: overview.n_items,
        expected_errors: overview.model.map(|it| it.expected_errors),
        allowed_errors: overview.model.map_or(u64::from(allowed), |it| it.allowed_errors.into()),
        pace: PaceOfAnswers {
            seconds_per_answer: pace.seconds_per_answer,
            answers_per_minute: pace.answers_per_minute,
            n_today: pace.n_today as u64,
        },
        entropy_bits: entropy_bits(&balance),
        balance: balance.iter().map(class_balance).collect(),
        agreement: verified.as_deref().map_or(Vec::new(), agreement),
        mutual_information_bits: verified.as_deref().and_then(information_bits),
    })
}

fn curve(planned: &Planned) -> Vec<CurvePoint> {
    let point = |it: &LearningPoint| {
        let measured = it.accuracy.estimate();
        CurvePoint {
            n_answers: it.n_answers.into(),
            accuracy: 1.0 - it.error,
            low: measured.map(|it| it.low),
            high: measured.map(|it| it.high),
        }
    };
    planned.curve.iter().map(point).collect()
}

fn forecast(planned: &Planned, pace: &Pace) -> Option<Forecast> {
    let total = planned.forecast?.total;
    let from_now = |answers: f64| (answers - f64::from(planned.n_answered)).max(0.0);
    let answers = from_now(total.median);
    Some(Forecast {
        answers,
        low: from_now(total.low),
        high: from_now(total.high),
        minutes: pace.seconds_per_answer.map(|it| it * answers / 60.0),
    })
}

fn class_balance(balance: &Balance) -> ClassBalance {
    ClassBalance {
        class: balance.class.0,
        n_person: balance.n_person as u64,
        n_imported: balance.n_imported as u64,
        n_auto: balance.n_auto as u64,
        n_predicted: balance.n_predicted as u64,
    }
}

fn agreement(verified: &Verified) -> Vec<AgreementOfTwo> {
    let of_two = |it: &Agreement| AgreementOfTwo {
        first: it.annotators.0.clone(),
        second: it.annotators.1.clone(),
        n: it.n as u64,
        kappa: it.kappa.and_then(|it| measured(interval::Measured::Estimate(it))),
    };
    verified.agreement.iter().map(of_two).collect()
}

/// Entropy of the labels there are, predictions left out.
fn entropy_bits(balance: &[Balance]) -> Option<f64> {
    let counts: Vec<usize> = balance.iter().map(Balance::n_labelled).collect();
    let is_any = counts.iter().any(|it| 0 < *it);
    is_any.then(|| annota_core::information::entropy(&counts) / LN_2)
}

fn information_bits(verified: &Verified) -> Option<f64> {
    let (_, verification) = verified.model.as_ref()?;
    let information = &verification.information;
    (0 < information.n).then(|| information.mutual_information / LN_2)
}
