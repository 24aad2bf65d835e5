//! What is noted about every request: an id, a line in the log, a count and a
//! time; and the body of every refusal.
//!
//! Nothing about the content of a request is noted: no query, no body, no name
//! of an item.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{
    App,
    error::{Code, ErrorBody, Refusal},
    guard::Caller,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of an explanation by axum, at most.
const MOST_EXPLANATION: usize = 8_192;
/// Upper ends in seconds; the promises are 0.05 and 0.3.
const BUCKETS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// The path of the route that answered, as in the API's description.
#[derive(Clone, Debug)]
pub(crate) struct RoutePath(pub(crate) Arc<str>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: String,
    path: String,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimeLabels {
    method: String,
    path: String,
}

/// What Prometheus reads.
pub(crate) struct Observed {
    started: u32,
    n_requests: AtomicU64,
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<TimeLabels, Histogram, fn() -> Histogram>,
    /// Pages that listen to a project.
    pub(crate) listeners: Gauge,
    /// Answers stored.
    pub(crate) answers: Counter,
}

impl Observed {
    pub(crate) fn new() -> Observed {
        let mut started = [0; 4];
        // Ids that repeat after a restart would only make a log harder to read.
        let _ = getrandom::fill(&mut started);
        let new_histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut observed = Observed {
            started: u32::from_ne_bytes(started),
            n_requests: AtomicU64::new(0),
            registry: Registry::with_prefix("annota"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(new_histogram),
            listeners: Gauge::default(),
            answers: Counter::default(),
        };
        let registry = &mut observed.registry;
        registry.register("http_requests", "Requests answered", observed.requests.clone());
        registry.register("http_seconds", "Time to answer a request", observed.seconds.clone());
        registry.register("listeners", "Open event streams", observed.listeners.clone());
        registry.register("answers", "Annotations stored", observed.answers.clone());
        observed
    }

    /// Everything in the text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }

    fn next_id(&self) -> String {
        let n = self.n_requests.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{n}", self.started)
    }

    fn count(&self, method: &str, path: &str, status: StatusCode, seconds: f64) {
        let (method, path) = (method.to_owned(), path.to_owned());
        let time = TimeLabels { method: method.clone(), path: path.clone() };
        self.seconds.get_or_create(&time).observe(seconds);
        let labels = Labels { method, path, status: u32::from(status.as_u16()) };
        self.requests.get_or_create(&labels).inc();
    }
}

/// Answers with what `next` says, noted.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = app.observed.next_id();
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let refusal = refusal(&mut response).await;
    let status = response.status();
    if let Some(refusal) = &refusal {
        let body = ErrorBody {
            code: refusal.code,
            message: refusal.message.clone(),
            help: refusal.help.clone(),
            request_id: id.clone(),
        };
        let json = Json(body).into_response();
        *response.body_mut() = json.into_body();
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let value = HeaderValue::from_str(&id).expect("digits and a hyphen");
    response.headers_mut().insert(REQUEST_ID, value);
    let seconds = started.elapsed().as_secs_f64();
    let route = response.extensions().get::<RoutePath>().map(|it| Arc::clone(&it.0));
    let path = route.as_deref().unwrap_or("other");
    app.observed.count(method.as_str(), path, status, seconds);
    let user = response.extensions().get::<Caller>().map_or("-", |it| it.name.as_str());
    let ms = seconds * 1e3;
    let (status, method) = (status.as_u16(), method.as_str());
    let detail = refusal.as_ref().map_or("", |it| it.detail.as_deref().unwrap_or(&it.message));
    match status {
        500.. => tracing::error!(id, method, path, status, ms, user, detail),
        400.. => tracing::warn!(id, method, path, status, ms, user, detail),
        _ if method == "GET" => tracing::debug!(id, method, path, status, ms, user),
        _ => tracing::info!(id, method, path, status, ms, user),
    }
    response
}

/// The refusal of a handler, or what axum says in plain text when it refuses.
async fn refusal(response: &mut Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        return Some(refusal);
    }
    let status = response.status();
    let is_refused = status.is_client_error() || status.is_server_error();
    if !is_refused {
        return None;
    }
    let body = std::mem::replace(response.body_mut(), Body::empty());
    let explanation = to_bytes(body, MOST_EXPLANATION).await.unwrap_or_default();
    let explanation = String::from_utf8_lossy(&explanation);
    let reason = status.canonical_reason().unwrap_or("refused");
    let message = if explanation.trim().is_empty() { reason } else { explanation.trim() };
    Some(Refusal { code: Code::of(status), message: lower(message), help: None, detail: None })
}

/// `text` with a small first letter, as messages begin here.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| it.to_lowercase().chain(letters).collect())
}
