//! The page: the built UI, embedded in the program.
//!
//! A path that names no file is one of the page's own places, and gets
//! `index.html`. A program that was built without the UI says how to build it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Built;

/// What the page may load: only what comes from here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; \
     style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Annota</title>
<h1>The page is not built in</h1>
<p>This program was built without it. With Node.js on this machine, <code>make ui</code> builds the
page; then build the program again, and start it.</p>
<p>The API is there: <a href=\"/api/openapi.json\">its description</a>.</p>
</html>
";

/// Kinds of files that a page is made of, by the end of their name.
const KINDS: [(&str, &str); 12] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("txt", "text/plain; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
    ("wasm", "application/wasm"),
    ("gz", "application/gzip"),
];

/// A file of the page, or the page itself.
pub(crate) async fn show(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") {
        return ApiError::not_found("there is no such route")
            .help("GET /api/openapi.json lists them")
            .into_response();
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if let (Some(file), Some(kind)) = (Built::get(path), kind(path)) {
        // The build puts a hash of the content into these names.
        let is_hashed = path.starts_with("assets/");
        return file_response(file, kind, is_hashed, request.headers());
    }
    if kind(path).is_some() {
        return ApiError::not_found("there is no such file").into_response();
    }
    match Built::get("index.html") {
        Some(index) => file_response(index, KINDS[0].1, false, request.headers()),
        None => with_policy((StatusCode::OK, [(header::CONTENT_TYPE, KINDS[0].1)], NOT_BUILT)),
    }
}

fn kind(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (_, end) = name.rsplit_once('.')?;
    KINDS.iter().find(|it| it.0 == end).map(|it| it.1)
}

fn file_response(
    file: EmbeddedFile,
    kind: &'static str,
    is_hashed: bool,
    headers: &HeaderMap,
) -> Response {
    let tag = format!("\"{}\"", blake3::Hash::from_bytes(file.metadata.sha256_hash()).to_hex());
    let kept = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let named = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, kept)];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        return with_policy((StatusCode::NOT_MODIFIED, named));
    }
    with_policy((named, [(header::CONTENT_TYPE, kind)], file.data))
}

fn with_policy(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
