//! `/api/projects/{p}/auto-label`: the audit, and the certificate at its end.

use std::sync::Arc;

use annota_engine::{
    certificate::{Document, Issued},
    live::{Live, Phase as LivePhase},
    precision,
    project::{Labelling, ProjectConfig},
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    App, download,
    error::ApiError,
    open, projects,
    wire::{Goal, Phase},
};

/// How far an audit is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Audit)]
pub(crate) struct AuditState {
    n_drawn: u64,
    n_answered: u64,
    frozen_at: String,
}

/// Why no audit of the present model would show the goal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct NothingShown {
    smallest_audit: u32,
    expected_errors: f64,
    allowed_errors: u32,
}

/// Which labels a certificate is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Claim {
    AllLabels,
    AutoLabels,
    EachClass,
}

impl From<precision::Claim> for Claim {
    fn from(it: precision::Claim) -> Claim {
        match it {
            precision::Claim::AllLabels => Claim::AllLabels,
            precision::Claim::AutoLabels => Claim::AutoLabels,
            precision::Claim::EachClass => Claim::EachClass,
        }
    }
}

/// What was shown, with all that is needed to check it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct CertificateDocument {
    statement: String,
    claim: Claim,
    max_error: f64,
    confidence: f64,
    n_items: u32,
    n_answered_before: u32,
    population: u32,
    n_audited: u32,
    audit_errors: u32,
    region_errors: u32,
    allowed_errors: Option<u32>,
    first_forbidden: u32,
    n_auto_labelled: u32,
    coverage: f64,
    n_left_to_people: u32,
    n_abstained: u32,
    n_answered_twice: u32,
    n_disagreed: u32,
    backbone: String,
    model_version: i64,
    model_hash: String,
    trained_through: i64,
    score_hash: String,
    rng_seed: u64,
    frozen_at: String,
}

impl From<&Document> for CertificateDocument {
    fn from(it: &Document) -> CertificateDocument {
        CertificateDocument {
            statement: it.statement.clone(),
            claim: it.claim.into(),
            max_error: it.max_error,
            confidence: it.confidence,
            n_items: it.n_items,
            n_answered_before: it.n_answered_before,
            population: it.population,
            n_audited: it.n_audited,
            audit_errors: it.audit_errors,
            region_errors: it.region_errors,
            allowed_errors: it.allowed_errors,
            first_forbidden: it.first_forbidden,
            n_auto_labelled: it.n_auto_labelled,
            coverage: it.coverage,
            n_left_to_people: it.n_left_to_people,
            n_abstained: it.n_abstained,
            n_answered_twice: it.n_answered_twice,
            n_disagreed: it.n_disagreed,
            backbone: it.backbone.clone(),
            model_version: it.model_version,
            model_hash: it.model_hash.clone(),
            trained_through: it.trained_through,
            score_hash: it.score_hash.clone(),
            rng_seed: it.rng_seed,
            frozen_at: it.frozen_at.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Certificate {
    id: i64,
    /// To be read, printed and filed.
    text: String,
    document: CertificateDocument,
}

/// Where auto-labelling stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AutoLabelState {
    phase: Phase,
    goal: Goal,
    audit: Option<AuditState>,
    /// Still to answer, in the audit or in the rest.
    n_left: Option<u64>,
    /// The one that vouches for the labels there are.
    certificate: Option<Certificate>,
    nothing_shown: Option<NothingShown>,
    /// Whether the present model can be audited now.
    is_auditable: bool,
}

/// Another goal than the one that is set; `null` keeps it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditRequest {
    max_error: Option<f64>,
    confidence: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateFormat {
    #[default]
    Json,
    Text,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CertificateQuery {
    format: Option<CertificateFormat>,
}

/// Where auto-labelling stands.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/auto-label",
    responses((status = OK, body = AutoLabelState))
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Json<AutoLabelState>, ApiError> {
    Ok(Json(open::with(&app, &p, state).await?))
}

/// Audits the present model at the next clean point. Whether that is enough to
/// show the goal is told by the state that follows.
#[utoipa::path(
    post,
    path = "/api/projects/{p}/auto-label",
    request_body = AuditRequest,
    responses((status = ACCEPTED, body = AutoLabelState), (status = CONFLICT))
)]
pub(crate) async fn audit(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
    Json(wanted): Json<AuditRequest>,
) -> Result<(StatusCode, Json<AutoLabelState>), ApiError> {
    let state = open::with(&app, &p, move |live| {
        let before = state(live)?;
        if !before.is_auditable {
            return Err(not_auditable(&before));
        }
        let goal = Goal {
            max_error: wanted.max_error.unwrap_or(before.goal.max_error),
            confidence: wanted.confidence.unwrap_or(before.goal.confidence),
        };
        if goal != before.goal {
            let config = ProjectConfig::clone(&live.project().config());
            let labelling = Labelling { goal: projects::core_goal(goal)?, ..config.labelling };
            live.set_config(ProjectConfig { labelling, ..config })?;
        }
        live.audit_now()?;
        state(live)
    });
    Ok((StatusCode::ACCEPTED, Json(state.await?)))
}

fn not_auditable(state: &AutoLabelState) -> ApiError {
    if state.audit.is_some() {
        return ApiError::conflict("an audit is being answered").help("finish it first");
    }
    if state.certificate.is_some() {
        return ApiError::conflict("a certificate vouches for the labels already")
            .help("ask for a stricter goal in the settings");
    }
    ApiError::conflict("there is no model to audit").help("answer some questions first")
}

/// A certificate, to be kept.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/certificates/{id}",
    params(CertificateQuery),
    responses((status = OK, description = "JSON, or text if asked for", body = CertificateDocument))
)]
pub(crate) async fn certificate(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
    Query(query): Query<CertificateQuery>,
) -> Result<Response, ApiError> {
    let stored = open::with(&app, &p, move |live| {
        let all = live.project().store().certificates()?;
        let found = all.into_iter().find(|it| it.id.0 == id);
        found.ok_or_else(|| ApiError::not_found(format!("there is no certificate {id}")))
    });
    let stored = stored.await?.certificate;
    Ok(match query.format.unwrap_or_default() {
        CertificateFormat::Json => {
            download::inert(stored.document, &format!("certificate-{id}.json"), "application/json")
        }
        CertificateFormat::Text => {
            let kind = "text/plain; charset=utf-8";
            download::inert(stored.text, &format!("certificate-{id}.txt"), kind)
        }
    }
    .into_response())
}

fn state(live: &Live) -> Result<AutoLabelState, ApiError> {
    let phase = live.phase();
    let (audit, n_left, nothing_shown) = live.audit();
    let certificate = live.certificate()?;
    let may_audit = matches!(phase, LivePhase::Training | LivePhase::BudgetSpent);
    Ok(AutoLabelState {
        phase: phase.into(),
        goal: projects::goal(live.project().config().labelling.goal),
        is_auditable: may_audit && audit.is_none() && live.model().is_some(),
        audit: audit.map(|it| AuditState {
            n_drawn: it.n_drawn as u64,
            n_answered: it.n_answered as u64,
            frozen_at: it.frozen_at.to_string(),
        }),
        n_left: n_left.map(|it| it as u64),
        certificate: certificate.as_ref().map(certificate_of),
        nothing_shown: nothing_shown.map(|it| NothingShown {
            smallest_audit: it.smallest_audit,
            expected_errors: it.expected_errors,
            allowed_errors: it.allowed_errors,
        }),
    })
}

fn certificate_of(issued: &Issued) -> Certificate {
    let document = CertificateDocument::from(&issued.document);
    Certificate { id: issued.id.0, text: issued.text.clone(), document }
}
