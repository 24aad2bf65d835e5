//! Who may ask for what: where a request comes from, who sends it, and whether
//! that role may.
//!
//! Every request passes [`from_here`], on loopback too: a page somewhere on the
//! web can make its own name point at this machine (DNS rebinding), and any page
//! can send forms to it. Every route passes [`admit`] with the role that the
//! table of routes gives it; there is no other way into the router.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::{App, error::ApiError, observe::RoutePath};
use crate::accounts::{Role, User};

/// Name of the cookie that holds the secret of a login.
pub(crate) const COOKIE: &str = "annota_session";

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever asks.
    Anyone,
    /// Who is known, and has at least this role.
    AtLeast(Role),
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Unique among accounts; also the annotator's name in projects.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
}

impl From<User> for Caller {
    fn from(user: User) -> Caller {
        Caller { name: user.name, role: user.role }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.ok_or_else(|| ApiError::internal("a route for anyone asks who calls"))
    }
}

/// Who sent a request, if that is known.
pub(crate) struct Visitor(pub(crate) Option<Caller>);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Infallible> {
        Ok(Visitor(parts.extensions.get::<Caller>().cloned()))
    }
}

/// The names by which this server may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// The address it listens on.
    pub address: IpAddr,
    /// The port it listens on.
    pub port: u16,
    /// Further names, as `HOST` or `HOST:PORT`, lower case.
    pub hosts: Vec<String>,
}

impl Here {
    /// Whether a `Host` header names this server. An address that was written
    /// as digits cannot be rebound; a name can, so names have to be known.
    fn is_called(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if self.hosts.contains(&host) {
            return true;
        }
        let (name, port) = split_port(&host);
        if port != Some(self.port) && !(port.is_none() && self.port == 80) {
            return false;
        }
        if self.hosts.iter().any(|it| it == name) || name == "localhost" {
            return true;
        }
        let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
        address == self.address || address.is_loopback() || self.address.is_unspecified()
    }

    /// Whether only this machine can connect.
    pub(crate) fn is_loopback(&self) -> bool {
        self.address.is_loopback()
    }
}

/// `[::1]:80` is `[::1]` and 80.
fn split_port(host: &str) -> (&str, Option<u16>) {
    let Some((name, port)) = host.rsplit_once(':') else { return (host, None) };
    match port.parse() {
        Ok(port) if !name.is_empty() => (name, Some(port)),
        _ => (host, None),
    }
}

/// Lets a request pass that was sent to this server by its own page or by a
/// program, and not by another site.
pub(crate) async fn from_here(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    check_origin(&app.here, &request)?;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    // What an API says is nobody's to keep unless the route says otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

fn check_origin(here: &Here, request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let host = text(headers, "host").unwrap_or_default();
    if !here.is_called(host) {
        let shown = host.escape_default();
        return Err(ApiError::forbidden(format!("this server is not called `{shown}`"))
            .help("use the address that it printed, or start it with `--allow-host NAME`"));
    }
    let origin = text(headers, "origin");
    let other_site =
        || ApiError::forbidden("another site sent this request").help("open the page itself");
    if let Some(origin) = origin
        && !is_origin_of(origin, host)
    {
        return Err(other_site());
    }
    let site = text(headers, "sec-fetch-site");
    let is_page = *request.method() == Method::GET && !request.uri().path().starts_with("/api/");
    let is_own = matches!(site, None | Some("same-origin" | "none"));
    if !is_own && !is_page {
        return Err(other_site());
    }
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    let proves_origin = origin.is_some() || site == Some("same-origin");
    if changes && !proves_origin && headers.contains_key(header::COOKIE) {
        return Err(ApiError::forbidden("a request with a cookie has to say where it comes from")
            .help("send `Origin`, or a token instead of the cookie"));
    }
    Ok(())
}

/// Whether `origin` is a page that was served as `host`.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|it| it.eq_ignore_ascii_case(host))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // A header that is not text is one that names nothing we know.
    headers.get(name).map(|it| it.to_str().unwrap_or(""))
}

/// What [`admit`] needs to know of a route.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: Arc<App>,
    pub(crate) access: Access,
    pub(crate) path: Arc<str>,
}

/// Lets those pass who may use the route.
pub(crate) async fn admit(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let caller = identify(&gate.app, request.headers());
    let mut response = match may_pass(gate.access, &caller) {
        Err(error) => error.into_response(),
        Ok(()) => {
            if let Ok(Some(caller)) = &caller {
                request.extensions_mut().insert(caller.clone());
            }
            next.run(request).await
        }
    };
    if let Ok(Some(caller)) = caller {
        response.extensions_mut().insert(caller);
    }
    response.extensions_mut().insert(RoutePath(gate.path));
    response
}

fn may_pass(access: Access, caller: &Result<Option<Caller>, ApiError>) -> Result<(), ApiError> {
    let caller = caller.as_ref().map_err(Clone::clone)?;
    match (access, caller) {
        (Access::Anyone, _) => Ok(()),
        (Access::AtLeast(_), None) => {
            Err(ApiError::unauthorised("nobody is logged in").help("log in, or send a token"))
        }
        (Access::AtLeast(least), Some(caller)) if least <= caller.role => Ok(()),
        (Access::AtLeast(least), Some(caller)) => {
            let (name, role) = (&caller.name, word(caller.role));
            Err(ApiError::forbidden(format!("`{name}` is {role}, and this takes {}", word(least)))
                .help("ask an owner"))
        }
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Annotator => "an annotator",
        Role::Reviewer => "a reviewer",
        Role::Owner => "an owner",
    }
}

/// Who sends a request with these headers. Looks at one file's time and size,
/// which takes microseconds.
fn identify(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    if let Some(authorization) = text(headers, "authorization") {
        let token = authorization.strip_prefix("Bearer ").unwrap_or("").trim();
        let user = app.accounts.by_token(token)?;
        let unknown = || ApiError::unauthorised("this token is nobody's").help("make a new one");
        return user.map(|it| Some(it.into())).ok_or_else(unknown);
    }
    if !app.is_login_required()? {
        return Ok(Some(Caller { name: app.local_user.clone(), role: Role::Owner }));
    }
    let Some(secret) = cookie(headers) else { return Ok(None) };
    Ok(app.accounts.by_login(secret, Timestamp::now())?.map(Caller::from))
}

/// The secret of the login, as the browser sends it.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == COOKIE).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::{Here, is_origin_of};

    fn here(address: &str, hosts: &[&str]) -> Here {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        Here { address: address.parse().expect("an address"), port: 8700, hosts }
    }

    #[test]
    fn on_loopback_only_loopback_names_are_known() {
        let here = here("127.0.0.1", &[]);
        for name in ["localhost:8700", "LocalHost:8700", "127.0.0.1:8700", "[::1]:8700"] {
            assert!(here.is_called(name), "{name}");
        }
        for name in [
            "",
            "localhost",
            "localhost:8701",
            "evil.example:8700",
            "localhost.evil.example:8700",
            "192.168.0.7:8700",
            "127.0.0.1.evil.example:8700",
            "evil.example",
            "user@localhost:8700",
        ] {
            assert!(!here.is_called(name), "{name}");
        }
    }

    #[test]
    fn elsewhere_addresses_and_given_names_are_known() {
        let everywhere = here("0.0.0.0", &["labels.lab.example", "lab.example:443"]);
        for name in [
            "10.1.2.3:8700",
            "[fe80::1]:8700",
            "labels.lab.example:8700",
            "labels.lab.example",
            "lab.example:443",
        ] {
            assert!(everywhere.is_called(name), "{name}");
        }
        assert!(!everywhere.is_called("lab.example:8700"));
        let one = here("10.1.2.3", &[]);
        assert!(one.is_called("10.1.2.3:8700"));
        assert!(!one.is_called("10.1.2.4:8700"));
    }

    #[test]
    fn an_origin_is_the_host_with_a_scheme() {
        assert!(is_origin_of("http://localhost:8700", "localhost:8700"));
        assert!(is_origin_of("https://Lab.example", "lab.example"));
        for origin in ["null", "", "http://localhost:8701", "http://evil.example", "localhost:8700"]
        {
            assert!(!is_origin_of(origin, "localhost:8700"), "{origin}");
        }
    }
}
