//! `/api/session`: who is using the page; log in, log out.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::{
    App,
    error::{ApiError, blocking},
    guard::{COOKIE, Caller, Visitor, cookie},
};
use crate::accounts::{LOGIN_LASTS, Role};

/// Who is using the page.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    user: Option<SessionUser>,
    is_login_required: bool,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionUser {
    name: String,
    role: Role,
}

impl Session {
    fn of(caller: Option<Caller>, is_login_required: bool) -> Session {
        let user = caller.map(|it| SessionUser { name: it.name, role: it.role });
        Session { user, is_login_required, version: env!("CARGO_PKG_VERSION") }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    name: String,
    password: String,
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/session", responses((status = OK, body = Session)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Visitor(caller): Visitor,
) -> Result<Json<Session>, ApiError> {
    Ok(Json(Session::of(caller, app.is_login_required()?)))
}

/// Logs in: sets a cookie that lasts two weeks.
#[utoipa::path(post, path = "/api/session", responses((status = OK, body = Session)))]
pub(crate) async fn log_in(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Json(wanted): Json<LogIn>,
) -> Result<Response, ApiError> {
    app.attempts.begin(peer, &wanted.name, Instant::now()).map_err(too_many)?;
    // One hash takes 19 MB: a crowd at the door must not take it all.
    let turn = app.attempts.turns.acquire().await;
    let work = Arc::clone(&app);
    let name = wanted.name.clone();
    let found =
        blocking(move || work.accounts.log_in(&wanted.name, &wanted.password, Timestamp::now()));
    let found = found.await;
    drop(turn);
    let Some((secret, user)) = found? else {
        return Err(ApiError::unauthorised("name or password is wrong")
            .help("an owner can make a new account for you"));
    };
    app.attempts.succeeded(peer, &name);
    let is_secure = headers
        .get(header::ORIGIN)
        .is_some_and(|it| it.to_str().is_ok_and(|it| it.starts_with("https://")));
    let secure = if is_secure { "; Secure" } else { "" };
    let seconds = LOGIN_LASTS.as_secs();
    let cookie =
        format!("{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    let session = Session::of(Some(user.into()), true);
    Ok(([(header::SET_COOKIE, cookie)], Json(session)).into_response())
}

/// Logs out: forgets the login and the cookie.
#[utoipa::path(delete, path = "/api/session", responses((status = NO_CONTENT)))]
pub(crate) async fn log_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(secret) = cookie(&headers) {
        let secret = secret.to_owned();
        blocking(move || app.accounts.log_out(&secret)).await?;
    }
    let gone = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

fn too_many(wait: Duration) -> ApiError {
    let seconds = wait.as_secs() + 1;
    ApiError::too_many("too many tries to log in", seconds)
        .help(format!("wait {seconds} seconds, then try again"))
}

/// The address at the other end of the connection.
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, Self::Rejection> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a connection there is a test, or one proxy for all.
        Ok(Peer(connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |it| it.0.ip())))
    }
}

/// Tries within this time count.
const WINDOW: Duration = Duration::from_mins(5);
/// Tries for one name from one address.
const MOST_FOR_NAME: usize = 10;
/// Tries from one address.
const MOST_FROM_PEER: usize = 100;
/// Passwords checked at the same time.
const TURNS: usize = 2;

/// Who tried to log in lately.
pub(crate) struct Attempts {
    by_peer: Mutex<HashMap<IpAddr, Vec<(Instant, String)>>>,
    turns: Semaphore,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts { by_peer: Mutex::default(), turns: Semaphore::new(TURNS) }
    }
}

impl Attempts {
    /// Notes a try, or says how long to wait. Noted before the password is
    /// checked: tries at the same time count as well.
    fn begin(&self, peer: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        by_peer.retain(|_, tries| {
            tries.retain(|it| now.duration_since(it.0) < WINDOW);
            !tries.is_empty()
        });
        let tries = by_peer.entry(peer).or_default();
        let for_name: Vec<Instant> =
            tries.iter().filter(|it| it.1 == name).map(|it| it.0).collect();
        let wait_for = |first: Instant| WINDOW.saturating_sub(now.duration_since(first));
        if MOST_FOR_NAME <= for_name.len() {
            return Err(wait_for(for_name[for_name.len() - MOST_FOR_NAME]));
        }
        if MOST_FROM_PEER <= tries.len() {
            return Err(wait_for(tries[tries.len() - MOST_FROM_PEER].0));
        }
        tries.push((now, name.to_owned()));
        Ok(())
    }

    /// Forgets the tries of somebody who got in.
    fn succeeded(&self, peer: IpAddr, name: &str) {
        let mut by_peer = self.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = by_peer.get_mut(&peer) {
            tries.retain(|it| it.1 != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Attempts, MOST_FOR_NAME, MOST_FROM_PEER, WINDOW};

    #[test]
    fn ten_tries_for_a_name_are_enough_for_five_minutes() {
        let attempts = Attempts::default();
        let peer = "10.0.0.1".parse().expect("an address");
        let start = Instant::now();
        for n in 0..MOST_FOR_NAME {
            let at = start + Duration::from_secs(n as u64);
            assert_eq!(attempts.begin(peer, "mia", at), Ok(()), "{n}");
        }
        let at = start + Duration::from_mins(1);
        assert_eq!(
            attempts.begin(peer, "mia", at),
            Err(WINDOW.saturating_sub(Duration::from_mins(1)))
        );
        assert_eq!(attempts.begin(peer, "max", at), Ok(()), "another name");
        let other = "10.0.0.2".parse().expect("an address");
        assert_eq!(attempts.begin(other, "mia", at), Ok(()), "another address");
        assert_eq!(attempts.begin(peer, "mia", start + WINDOW), Ok(()), "the first is forgotten");
        attempts.succeeded(peer, "mia");
        assert_eq!(attempts.begin(peer, "mia", start + WINDOW), Ok(()));
    }

    #[test]
    fn many_names_from_one_address_do_not_help() {
        let attempts = Attempts::default();
        let peer = "10.0.0.1".parse().expect("an address");
        let now = Instant::now();
        for n in 0..MOST_FROM_PEER {
            assert_eq!(attempts.begin(peer, &n.to_string(), now), Ok(()), "{n}");
        }
        assert_eq!(attempts.begin(peer, "mia", now), Err(WINDOW));
    }
}
