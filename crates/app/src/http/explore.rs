//! `GET /api/projects/{p}/explore`: the pool as a map, in binary: a hundred
//! thousand points are 1.6 MB, and four times that as JSON.

use std::sync::Arc;

use annota_engine::live::{Map, Origin};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, error::ApiError, open};

/// `ANM1`, read as a big-endian number.
const MAGIC: u32 = 0x414E_4D31;
/// For items without a class.
const NO_CLASS: u16 = u16::MAX;

/// The map is not ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct MapState {
    /// `computing`
    state: &'static str,
}

/// The map: little endian, `u32` magic 0x414E4D31, `u32` n, then arrays of n:
/// `u32` item, `f32` x, `f32` y, `u16` class, `u8` origin, `u8` confidence.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/explore",
    responses(
        (status = OK, content_type = "application/octet-stream"),
        (status = ACCEPTED, body = MapState)
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Response, ApiError> {
    let bytes = open::with(&app, &p, |live| Ok(live.map().map(|it| written(&it)))).await?;
    Ok(match bytes {
        Some(bytes) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
        }
        None => (StatusCode::ACCEPTED, Json(MapState { state: "computing" })).into_response(),
    })
}

fn written(map: &Map) -> Vec<u8> {
    let n = map.items.len();
    let mut bytes = Vec::with_capacity(8 + 16 * n);
    bytes.extend(MAGIC.to_le_bytes());
    bytes.extend((n as u32).to_le_bytes());
    let item = |id: i64| u32::try_from(id).unwrap_or(u32::MAX);
    bytes.extend(map.items.iter().flat_map(|it| item(it.0).to_le_bytes()));
    bytes.extend(map.points.iter().flat_map(|it| it.0.to_le_bytes()));
    bytes.extend(map.points.iter().flat_map(|it| it.1.to_le_bytes()));
    let class = |it: &Option<annota_core::label::ClassId>| it.map_or(NO_CLASS, |it| it.0);
    bytes.extend(map.classes.iter().flat_map(|it| class(it).to_le_bytes()));
    bytes.extend(map.origins.iter().map(|it| origin(*it)));
    bytes.extend(map.confidences.iter().map(|it| (it.clamp(0.0, 1.0) * 255.0).round() as u8));
    bytes
}

fn origin(origin: Origin) -> u8 {
    match origin {
        Origin::None => 0,
        Origin::Person => 1,
        Origin::Auto => 2,
        Origin::Imported => 3,
        Origin::Predicted => 4,
    }
}

#[cfg(test)]
mod tests {
    use annota_core::{item::ItemId, label::ClassId};
    use annota_engine::live::{Map, Origin};

    use super::written;

    #[test]
    fn a_map_is_written_array_by_array() {
        let map = Map {
            items: vec![ItemId(1), ItemId(258)],
            points: vec![(0.5, -1.0), (0.0, 1.0)],
            classes: vec![Some(ClassId(3)), None],
            origins: vec![Origin::Person, Origin::Predicted],
            confidences: vec![1.0, 0.5],
        };
        let expected: [&[u8]; 8] = [
            b"1MNA",
            &[2, 0, 0, 0],
            &[1, 0, 0, 0, 2, 1, 0, 0],
            &[0, 0, 0, 0x3f, 0, 0, 0, 0],
            &[0, 0, 0x80, 0xbf, 0, 0, 0x80, 0x3f],
            &[3, 0, 0xff, 0xff],
            &[1, 4],
            &[255, 128],
        ];
        assert_eq!(written(&map), expected.concat());
    }
}
