//! Why a request was refused: the only place that knows status codes.
//!
//! A handler returns [`ApiError`]; [`super::observe`] writes it as JSON with the
//! id of the request, and puts what is nobody else's business into the log.

use annota_engine::Error;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::task;
use utoipa::ToSchema;

/// What the caller can do about it, in one word that does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ErrorCode)]
pub(crate) enum Code {
    NotFound,
    Invalid,
    Conflict,
    Stale,
    Unauthorised,
    Forbidden,
    TooLarge,
    Busy,
    Internal,
}

impl Code {
    /// The code of a status that axum chose.
    pub(crate) fn of(status: StatusCode) -> Code {
        match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            it if it.is_client_error() => Code::Invalid,
            _ => Code::Internal,
        }
    }
}

/// The body of every refusal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    pub(crate) code: Code,
    /// What is wrong, lower case, with the offending value.
    pub(crate) message: String,
    /// A way out.
    pub(crate) help: Option<String>,
    /// Under which the server's log tells more.
    pub(crate) request_id: String,
}

/// A refusal on its way to [`super::observe`].
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// For the log alone.
    pub(crate) detail: Option<String>,
}

/// Why a handler gave up.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    refusal: Refusal,
    retry_after_s: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: Code, message: impl Into<String>) -> ApiError {
        let refusal = Refusal { code, message: message.into(), help: None, detail: None };
        ApiError { status, refusal, retry_after_s: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> ApiError {
        self.refusal.help = Some(help.into());
        self
    }

    /// What goes into the log.
    pub(crate) fn told(&self) -> &str {
        self.refusal.detail.as_deref().unwrap_or(&self.refusal.message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, Code::NotFound, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, Code::Invalid, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::CONFLICT, Code::Conflict, message)
    }

    /// Somebody else changed it first.
    pub(crate) fn stale(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::PRECONDITION_FAILED, Code::Stale, message)
    }

    /// The request does not say which version it changes.
    pub(crate) fn no_version(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::PRECONDITION_REQUIRED, Code::Stale, message)
    }

    pub(crate) fn unauthorised(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, Code::Unauthorised, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, Code::Forbidden, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, message)
    }

    /// Too many tries.
    pub(crate) fn too_many(message: impl Into<String>, retry_after_s: u64) -> ApiError {
        let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, Code::Busy, message);
        ApiError { retry_after_s: Some(retry_after_s), ..error }
    }

    fn busy(message: impl Into<String>) -> ApiError {
        let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, Code::Busy, message);
        ApiError { retry_after_s: Some(1), ..error }
    }

    /// A failure in here; `detail` goes to the log.
    pub(crate) fn internal(detail: impl Into<String>) -> ApiError {
        let message = "something failed in the server";
        let mut error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message)
            .help("look for the request's id in the server's log");
        error.refusal.detail = Some(detail.into());
        error
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        match error {
            Error::Input { message, help } => ApiError::invalid(message).help(help),
            Error::NotAProject { .. } => ApiError::not_found("there is no such project"),
            Error::AlreadyAProject { .. } => ApiError::conflict("there already is such a project"),
            Error::InUse { .. } => {
                ApiError::busy("the project is open in another process").help(first_help(&error))
            }
            Error::Interrupted => ApiError::busy("the server is stopping"),
            Error::Damaged { .. } | Error::File { .. } | Error::Database { .. } => {
                ApiError::internal(error.to_string())
            }
        }
    }
}

/// The way out that the lines of an error's message name.
fn first_help(error: &Error) -> String {
    let text = error.to_string();
    let help = text.lines().find_map(|it| it.trim_start().strip_prefix("help: "));
    help.unwrap_or("try again").to_owned()
}

impl From<task::JoinError> for ApiError {
    fn from(error: task::JoinError) -> ApiError {
        ApiError::internal(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response.extensions_mut().insert(self.refusal);
        response
    }
}

/// Runs what waits for a disk, a database or a computation away from the
/// threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, ApiError> {
    Ok(task::spawn_blocking(work).await??)
}
