//! The server: the loop over HTTP, and the page where people label.
//!
//! [`router`] is the map: the table of routes is in [`routes`], one file a
//! resource, named like the stage it drives. Handlers read the request, call the
//! engine away from the threads that serve connections, and write what it
//! returns; nothing is decided here. Types on the wire stand beside the handlers
//! that use them, and in [`wire`] where more than one does.

mod annotate;
mod auto_label;
mod convert;
mod download;
mod error;
mod events;
mod explore;
mod export;
mod guard;
mod health;
mod home;
mod images;
mod import;
mod items;
mod looks;
mod models;
mod observe;
mod open;
mod page;
mod plan;
mod present;
mod projects;
mod review;
mod routes;
mod select;
mod session;
mod train;
mod uploads;
mod users;
mod verify;
mod wire;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use annota_engine::Error;
use axum::{Router, middleware};
use tokio::sync::{Semaphore, watch};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};

use crate::accounts::Accounts;
pub use crate::accounts::Role;
pub(crate) use download::percent_encoded;

use self::{error::ApiError, home::Home, observe::Observed, open::Open, session::Attempts};
pub use self::{
    guard::{Access, Here},
    routes::{Listed, list as list_routes, openapi},
};

/// What the server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// By which names it may be called.
    pub here: Here,
    /// Name of whoever uses it without an account.
    pub local_user: String,
    /// Largest body of a request that is not an upload, in bytes.
    pub most_body: usize,
    /// Largest file of an upload, in bytes.
    pub most_upload: u64,
}

/// Everything that requests share.
pub struct App {
    here: Here,
    local_user: String,
    most_body: usize,
    most_upload: u64,
    home: Home,
    open: Open,
    /// Held while settings are compared and changed.
    saving: Mutex<()>,
    /// Pictures that may be decoded at the same time.
    pictures: Arc<Semaphore>,
    accounts: Accounts,
    attempts: Attempts,
    observed: Observed,
    closing: watch::Sender<bool>,
}

impl App {
    /// The server of `folder`: a project, or a folder that holds projects.
    pub fn open(folder: &Path, config: Config) -> Result<Arc<App>, Error> {
        Ok(Arc::new(App {
            here: config.here,
            local_user: config.local_user,
            most_body: config.most_body,
            most_upload: config.most_upload,
            home: Home::open(folder)?,
            open: Open::default(),
            saving: Mutex::default(),
            pictures: Arc::new(Semaphore::new(
                thread::available_parallelism().map_or(1, usize::from),
            )),
            accounts: Accounts::open(folder)?,
            attempts: Attempts::default(),
            observed: Observed::new(),
            closing: watch::Sender::new(false),
        }))
    }

    /// Whether callers have to say who they are: once there are accounts, and
    /// wherever others can connect.
    pub fn is_login_required(&self) -> Result<bool, Error> {
        Ok(!self.here.is_loopback() || self.accounts.has_users()?)
    }

    /// Whether anybody has an account.
    pub fn has_users(&self) -> Result<bool, Error> {
        self.accounts.has_users()
    }

    /// Ends what would never end by itself, so that connections can close.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Opens the project that was named, if one was. Blocks.
    pub fn open_ahead(&self) {
        open::open_ahead(self);
    }

    /// Closes every project. Blocks, so that it is called when nothing is
    /// served any more.
    pub fn close_projects(&self) {
        self.open.close_all();
    }
}

/// Everything the server answers.
pub fn router(app: Arc<App>) -> Router {
    // Numbers hardly shrink, and what people uploaded is sent as it is.
    let compressed = DefaultPredicate::new()
        .and(NotForContentType::new("application/octet-stream"))
        .and(NotForContentType::new("application/zip"));
    routes::router(&app)
        .fallback(page::show)
        .layer(axum::extract::DefaultBodyLimit::max(app.most_body))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::from_here))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe::observe))
        .layer(CompressionLayer::new().compress_when(compressed))
        .with_state(app)
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    axum::response::IntoResponse::into_response(ApiError::internal(text))
}

/// Serves `router` until `stop` is done and every answer has been sent.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: Arc<App>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let closing = async move {
        stop.await;
        app.close();
    };
    axum::serve(listener, service).with_graceful_shutdown(closing).await
}
