//! Pictures of items: for the page scaled and encoded anew, so that nothing of
//! what was imported reaches a browser but pixels; and originals as attachments.

use std::{fs, path::Path as FilePath, sync::Arc};

use annota_engine::{
    Error,
    live::Live,
    project::write_atomically,
    store::{Item, Source},
};
use annota_model::image;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{App, download, error::ApiError, items, open};

/// Folder of the small pictures in a project's cache; can be deleted at any time.
const CACHE: &str = "images";
/// Longest sides that pictures are scaled to.
const SIDES: [u32; 6] = [96, 320, 640, 1280, 2560, 5120];
/// Part of tags and file names; another way of scaling takes another number.
const VERSION: u32 = 1;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImageQuery {
    /// Pixels of the longest side: 96, 320, 640, 1280, 2560 or 5120.
    width: u32,
    /// Hash of the item's content: with it, the picture may be kept for ever.
    v: Option<String>,
}

/// A picture of the item, no larger than asked for.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/items/{id}/image",
    params(ImageQuery),
    responses(
        (status = OK, description = "JPEG, or PNG if it is small", content_type = "image/jpeg"),
        (status = NOT_MODIFIED)
    )
)]
pub(crate) async fn image(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
    Query(query): Query<ImageQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !SIDES.contains(&query.width) {
        return Err(ApiError::invalid(format!("no picture is {} pixels wide", query.width))
            .help("ask for 96, 320, 640, 1280, 2560 or 5120"));
    }
    let (item, cache) = open::with(&app, &p, move |live| picture(live, id)).await?;
    let hash = item.content_hash.to_string();
    let name = format!("{hash}-{}-{VERSION}", query.width);
    let tag = format!("\"{name}\"");
    // Another project may have the same name and numbers one day, so the
    // address alone does not make a picture last.
    let kept = match query.v.as_deref() == Some(hash.as_str()) {
        true => "private, max-age=31536000, immutable",
        false => "private, no-cache",
    };
    let named = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, kept.to_owned())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, named).into_response());
    }
    let cached = cache.join(CACHE).join(&hash[..2]).join(name);
    let bytes = match tokio::fs::read(&cached).await {
        Ok(bytes) => bytes,
        Err(_) => {
            // A picture takes up to a gigabyte while it is decoded.
            let turn = Arc::clone(&app.pictures).acquire_owned().await;
            open::with(&app, &p, move |live| {
                let _turn = turn;
                shrink(live, &item, query.width, &cached)
            })
            .await?
        }
    };
    let kind = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok((named, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// The file or text that was imported, as an attachment.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/items/{id}/original",
    responses((status = OK, content_type = "application/octet-stream"))
)]
pub(crate) async fn original(
    State(app): State<Arc<App>>,
    Path((p, id)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    const KIND: &str = "application/octet-stream";
    let (item, path) = open::with(&app, &p, move |live| {
        let item = items::known(live, id)?;
        let path = live.project().item_path(&item);
        Ok((item, path))
    })
    .await?;
    let mut response = match (&item.source, path) {
        (Source::File(_), Some(path)) => {
            download::attachment(&path, &item.name, KIND, None).await?
        }
        (Source::Inline(text), _) => {
            download::inert(text.clone(), &format!("{}.txt", item.name), KIND)
        }
        (Source::File(path), None) => {
            return Err(ApiError::internal(format!("no path for `{}`", path.display())));
        }
    };
    let kept = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(response)
}

fn picture(live: &Live, id: i64) -> Result<(Item, std::path::PathBuf), ApiError> {
    let item = items::known(live, id)?;
    if matches!(item.source, Source::Inline(_)) {
        return Err(ApiError::not_found(format!("item {id} is a text")).help("show its content"));
    }
    Ok((item, live.project().cache_folder()))
}

/// The picture in small, kept for the next time.
fn shrink(live: &Live, item: &Item, side: u32, cached: &FilePath) -> Result<Vec<u8>, ApiError> {
    let bytes = live.project().read_item(item)?;
    let small = image::shrink(&bytes, side).map_err(open::diagnosed)?;
    let folder = cached.parent().expect("it lies in the cache");
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    // A full disk makes the next time slow, and nothing else.
    if let Err(error) = write_atomically(cached, &small) {
        tracing::warn!(%error, "cannot keep a picture");
    }
    Ok(small)
}
