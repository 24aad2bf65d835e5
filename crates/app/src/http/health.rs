//! `GET /health`, `GET /metrics` and the description of the API.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, routes};

/// Says that the server answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

/// Whether the server answers.
#[utoipa::path(get, path = "/health", responses((status = OK, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Counts and times, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", responses((status = OK, body = String)))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.observed.text()).into_response()
}

/// This description, OpenAPI 3.1.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = OK, body = Object)))]
pub(crate) async fn description() -> Response {
    Json(routes::openapi()).into_response()
}
