//! The table of routes: who may use what.
//!
//! A route exists only by a line in [`table`], and a line has a role. Method and
//! path stand at the handler, from which the description of the API is made too.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use serde_json::Value;
use utoipa::{
    PartialSchema,
    openapi::{
        Paths,
        path::Operation,
        security::{
            ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        },
    },
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt},
    routes,
};

use super::{
    App, annotate, auto_label,
    error::{Code, ErrorBody},
    events, explore, export,
    guard::{self, Access, Gate},
    health, images, import, items, models, plan, present, projects, review, select, session, train,
    uploads, users, verify,
};
use crate::accounts::Role;

type Routes = UtoipaMethodRouter<Arc<App>>;

const ANYONE: Access = Access::Anyone;
const ANNOTATOR: Access = Access::AtLeast(Role::Annotator);
const REVIEWER: Access = Access::AtLeast(Role::Reviewer);
const OWNER: Access = Access::AtLeast(Role::Owner);

fn table() -> Vec<(Access, Routes)> {
    vec![
        (ANYONE, routes!(health::health)),
        (ANYONE, routes!(health::description)),
        (ANNOTATOR, routes!(health::metrics)),
        (ANYONE, routes!(session::show)),
        (ANYONE, routes!(session::log_in)),
        (ANYONE, routes!(session::log_out)),
        (OWNER, routes!(users::list)),
        (OWNER, routes!(users::add)),
        (OWNER, routes!(users::remove)),
        (ANNOTATOR, routes!(users::new_token)),
        (ANNOTATOR, routes!(models::list)),
        (ANNOTATOR, routes!(projects::list)),
        (OWNER, routes!(projects::create)),
        (ANNOTATOR, routes!(projects::show)),
        (OWNER, routes!(projects::change)),
        (OWNER, routes!(projects::remove)),
        (ANNOTATOR, routes!(events::listen)),
        (OWNER, routes!(uploads::receive).layer(DefaultBodyLimit::disable())),
        (ANNOTATOR, routes!(import::state)),
        (OWNER, routes!(import::start)),
        (ANNOTATOR, routes!(select::select)),
        (ANNOTATOR, routes!(select::queue)),
        (ANNOTATOR, routes!(select::release)),
        (ANNOTATOR, routes!(annotate::annotate)),
        (ANNOTATOR, routes!(annotate::undo)),
        (ANNOTATOR, routes!(annotate::redo)),
        (ANNOTATOR, routes!(annotate::history)),
        (ANNOTATOR, routes!(items::query)),
        (ANNOTATOR, routes!(items::show)),
        (ANNOTATOR, routes!(items::neighbours)),
        (ANNOTATOR, routes!(images::image)),
        (ANNOTATOR, routes!(images::original)),
        (ANNOTATOR, routes!(items::remark)),
        (REVIEWER, routes!(items::resolve)),
        (ANNOTATOR, routes!(train::show)),
        (ANNOTATOR, routes!(plan::show)),
        (ANNOTATOR, routes!(auto_label::show)),
        (OWNER, routes!(auto_label::audit)),
        (ANNOTATOR, routes!(auto_label::certificate)),
        (REVIEWER, routes!(verify::show)),
        (REVIEWER, routes!(review::list)),
        (ANNOTATOR, routes!(explore::show)),
        (REVIEWER, routes!(export::list)),
        (REVIEWER, routes!(export::file)),
    ]
}

/// A router with every route behind its gate.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let mut router = OpenApiRouter::new();
    for (access, routes) in table() {
        let path = routes.1.paths.keys().next().expect("a handler has a path");
        let gate = Gate { app: Arc::clone(app), access, path: path.as_str().into() };
        router = router.routes(routes.layer(middleware::from_fn_with_state(gate, guard::admit)));
    }
    router.into()
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// `GET`, `POST` and so on.
    pub method: &'static str,
    /// With parameters in braces.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// Every route there is.
pub fn list() -> Vec<Listed> {
    let mut listed = Vec::new();
    for (access, (_, mut paths, _)) in table() {
        for (path, method, _) in operations(&mut paths) {
            listed.push(Listed { method, path: path.clone(), access });
        }
    }
    listed
}

/// The description of the API, from the handlers.
pub fn openapi() -> Value {
    let mut router = OpenApiRouter::<Arc<App>>::default();
    for (access, (schemas, mut paths, methods)) in table() {
        for (path, _, operation) in operations(&mut paths) {
            operation.security = Some(requirements(access));
            operation.operation_id = operation.operation_id.take().map(|it| name(path, &it));
        }
        router = router.routes((schemas, paths, methods));
    }
    let mut api = router.into_openapi();
    "Annota".clone_into(&mut api.info.title);
    env!("CARGO_PKG_VERSION").clone_into(&mut api.info.version);
    let components = api.components.get_or_insert_default();
    // The type of a query parameter is named in its route, but not described by it.
    let format = auto_label::CertificateFormat::schema();
    components.schemas.insert("CertificateFormat".to_owned(), format);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(guard::COOKIE)));
    components.add_security_scheme("login", cookie);
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    components.schemas.insert("Error".to_owned(), ErrorBody::schema());
    components.schemas.insert("ErrorCode".to_owned(), Code::schema());
    let mut api = serde_json::to_value(api).expect("strings and maps");
    present::describe_refusals(&mut api);
    present::promise(&mut api);
    api
}

/// A name that no other operation has: what it is about, and its handler's.
fn name(path: &str, handler: &str) -> String {
    let fixed = path.rsplit('/').find(|it| !it.starts_with('{')).unwrap_or_default();
    format!("{}_{handler}", fixed.replace(['-', '.'], "_"))
}

/// Either of login and token, with the role that it takes.
fn requirements(access: Access) -> Vec<SecurityRequirement> {
    let role = match access {
        Access::Anyone => return Vec::new(),
        Access::AtLeast(Role::Annotator) => "annotator",
        Access::AtLeast(Role::Reviewer) => "reviewer",
        Access::AtLeast(Role::Owner) => "owner",
    };
    ["login", "token"].map(|it| SecurityRequirement::new(it, [role])).into()
}

fn operations(paths: &mut Paths) -> impl Iterator<Item = (&String, &'static str, &mut Operation)> {
    paths.paths.iter_mut().flat_map(|(path, item)| {
        let methods = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        let path: &String = path;
        methods.into_iter().filter_map(move |(name, it)| Some((path, name, it.as_mut()?)))
    })
}
