//! Logging in, tokens, and accounts that change under a running server.

use serde_json::{Value, json};

use crate::server::{HOST, Server};

const PASSWORD: &str = "correct horse";

fn add(server: &Server, name: &str, role: &str, token: &str) {
    let new = json!({ "name": name, "password": PASSWORD, "role": role });
    server.request("POST", "/api/users").json(new).token(token).send().expect(201);
}

/// Makes the first account, an owner's, and gives a token of it.
pub(crate) fn first_owner(server: &Server) -> String {
    let new = json!({ "name": "olga", "password": PASSWORD, "role": "owner" });
    server.post("/api/users", new).expect(201);
    token_of(server, "olga")
}

pub(crate) fn annotator(server: &Server, name: &str, owner: &str) -> String {
    add(server, name, "annotator", owner);
    token_of(server, name)
}

pub(crate) fn reviewer(server: &Server, name: &str, owner: &str) -> String {
    add(server, name, "reviewer", owner);
    token_of(server, name)
}

fn token_of(server: &Server, name: &str) -> String {
    let cookie = log_in(server, name);
    let asked = server.request("POST", "/api/tokens").header("cookie", &cookie);
    let reply = asked.header("origin", &format!("http://{HOST}")).send().expect(201);
    reply.json()["token"].as_str().expect("a token").to_owned()
}

/// The cookie of a new login.
fn log_in(server: &Server, name: &str) -> String {
    let wanted = json!({ "name": name, "password": PASSWORD });
    let reply = server.post("/api/session", wanted).expect(200);
    assert_eq!(reply.json()["user"]["name"], name);
    let cookie = reply.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().expect("a pair").to_owned()
}

fn user(server: &Server, cookie: &str) -> Value {
    let session = server.request("GET", "/api/session").header("cookie", cookie).send();
    session.expect(200).json()["user"].clone()
}

#[test]
fn without_accounts_whoever_sits_here_is_the_owner() {
    let server = Server::new();
    let session = server.get("/api/session").expect(200).json();
    assert_eq!(session["user"], json!({ "name": "mia", "role": "owner" }));
    assert_eq!(session["is_login_required"], false);
    assert_eq!(server.post("/api/tokens", json!({})).outcome(), (409, "conflict".to_owned()));
}

#[test]
fn at_another_address_nobody_is_let_in_without_an_account() {
    let server = Server::on(tempfile::tempdir().expect("a folder"), "0.0.0.0");
    let session = server.get("/api/session").expect(200).json();
    assert_eq!((&session["user"], &session["is_login_required"]), (&Value::Null, &json!(true)));
    assert_eq!(server.get("/api/users").outcome(), (401, "unauthorised".to_owned()));
}

#[test]
fn with_the_first_account_everybody_logs_in() {
    let server = Server::new();
    let wrong = json!({ "name": "ann", "password": PASSWORD, "role": "annotator" });
    assert_eq!(server.post("/api/users", wrong).outcome(), (400, "invalid".to_owned()));
    let owner = first_owner(&server);
    let session = server.get("/api/session").expect(200).json();
    assert_eq!((&session["user"], &session["is_login_required"]), (&Value::Null, &json!(true)));
    add(&server, "ann", "annotator", &owner);

    let cookie = log_in(&server, "ann");
    assert_eq!(user(&server, &cookie), json!({ "name": "ann", "role": "annotator" }));
    let origin = format!("http://{HOST}");
    let out = server.request("DELETE", "/api/session").header("cookie", &cookie);
    let gone = out.header("origin", &origin).send().expect(204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(user(&server, &cookie), Value::Null, "the secret is no longer known");
}

#[test]
fn a_wrong_password_and_an_unknown_name_read_the_same_and_soon_have_to_wait() {
    let server = Server::new();
    first_owner(&server);
    let attempt = |name: &str| {
        server.post("/api/session", json!({ "name": name, "password": "wrong horse" }))
    };
    let (known, unknown) = (attempt("olga"), attempt("nobody"));
    assert_eq!(known.outcome(), (401, "unauthorised".to_owned()));
    assert_eq!(known.json()["message"], unknown.json()["message"]);
    for _ in 1..10 {
        assert_eq!(attempt("olga").status, 401);
    }
    let refused = attempt("olga");
    assert_eq!(refused.outcome(), (429, "busy".to_owned()));
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((200..=301).contains(&wait), "{wait}");
    let right = json!({ "name": "olga", "password": PASSWORD });
    assert_eq!(server.post("/api/session", right).status, 429, "not even with the right one");
}

#[test]
fn a_removed_account_is_out_at_once_and_the_last_owner_stays() {
    let server = Server::new();
    let owner = first_owner(&server);
    let annotator = annotator(&server, "ann", &owner);
    let models = |token: &str| server.request("GET", "/api/models").token(token).send();
    models(&annotator).expect(200);
    let remove =
        |name: &str| server.request("DELETE", &format!("/api/users/{name}")).token(&owner).send();
    assert_eq!(remove("olga").outcome(), (409, "conflict".to_owned()));
    assert_eq!(remove("nobody").outcome(), (404, "not_found".to_owned()));
    remove("ann").expect(204);
    assert_eq!(models(&annotator).outcome(), (401, "unauthorised".to_owned()));
    let listed = server.request("GET", "/api/users").token(&owner).send().expect(200).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["name"], "olga");
    assert!(!listed.to_string().contains("argon2"), "{listed}");
}
