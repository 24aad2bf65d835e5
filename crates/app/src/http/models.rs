//! `GET /api/models`: the networks that can embed items.

use annota_model::catalogue::{self, Presence};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::{ApiError, blocking},
    wire::MediaName,
};

/// A network of the catalogue, or one that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedModel {
    name: String,
    media: MediaName,
    /// Length of an embedding; found when it is first loaded.
    dim: Option<usize>,
    licence: String,
    /// Comes with the program.
    is_bundled: bool,
    /// Is on this machine.
    is_available: bool,
    summary: String,
}

/// Every network that can be named in a project's settings.
#[utoipa::path(get, path = "/api/models", responses((status = OK, body = Vec<ListedModel>)))]
pub(crate) async fn list() -> Result<Json<Vec<ListedModel>>, ApiError> {
    let listed = blocking(|| Ok(catalogue::list())).await?;
    let listed = listed.map_err(|error| ApiError::internal(error.to_string()))?;
    let listed = listed.into_iter().map(|(entry, presence)| ListedModel {
        media: MediaName::from(entry.media()),
        name: entry.name,
        dim: entry.dim,
        licence: entry.licence,
        is_bundled: matches!(presence, Presence::Bundled),
        is_available: !matches!(presence, Presence::Absent),
        summary: entry.about,
    });
    Ok(Json(listed.collect()))
}
