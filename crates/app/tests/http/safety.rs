//! Who may do what, and what others may not do from elsewhere.

use std::{fs, path::Path, time::Duration};

use annota::http::{Access, Role, list_routes};
use annota_engine::project::{Project, ProjectConfig};
use serde_json::json;

use crate::{
    accounts::{annotator, first_owner, reviewer},
    server::{HOST, MOST_BODY, MOST_UPLOAD, Server},
};

/// A route with something in the place of its parameters.
fn filled(path: &str) -> String {
    let path = path.replace("{p}", "nothing").replace("{name}", "nobody");
    path.split('/')
        .map(|it| if it.starts_with('{') { "1" } else { it })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn every_route_lets_in_whom_the_table_says() {
    let server = Server::new();
    let owner = first_owner(&server);
    let annotator = annotator(&server, "ann", &owner);
    let reviewer = reviewer(&server, "rob", &owner);
    let routes = list_routes();
    assert!(10 < routes.len());
    for route in routes {
        let path = filled(&route.path);
        let status = |token: Option<&str>| {
            let asking = server.request(route.method, &path);
            let asking = if let Some(token) = token { asking.token(token) } else { asking };
            asking.send().status.as_u16()
        };
        let nobody = status(None);
        let others = [&annotator, &reviewer, &owner].map(|it| status(Some(it)));
        let told = format!("{} {path}: {nobody} {others:?}", route.method);
        let may = others.map(|it| it != 401 && it != 403);
        let expected = match route.access {
            Access::Anyone | Access::AtLeast(Role::Annotator) => [true, true, true],
            Access::AtLeast(Role::Reviewer) => [false, true, true],
            Access::AtLeast(Role::Owner) => [false, false, true],
        };
        assert_eq!(may, expected, "{told}");
        assert_eq!(nobody == 401, route.access != Access::Anyone, "{told}");
        assert_ne!(nobody, 403, "{told}");
    }
}

#[test]
fn only_what_everybody_must_see_is_open_to_anyone() {
    let open: Vec<String> = list_routes()
        .into_iter()
        .filter(|it| it.access == Access::Anyone)
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    let expected = [
        "GET /health",
        "GET /api/openapi.json",
        "GET /api/session",
        "POST /api/session",
        "DELETE /api/session",
    ];
    assert_eq!(open, expected);
}

#[test]
fn a_name_that_was_made_to_point_here_is_refused() {
    let server = Server::new();
    for host in
        ["evil.example:8700", "evil.example", "127.0.0.1.evil.example:8700", "10.0.0.1:8700"]
    {
        for path in ["/api/projects", "/api/session", "/", "/health"] {
            let reply = server.request("GET", path).header("host", host).send();
            assert_eq!(reply.outcome(), (403, "forbidden".to_owned()), "{host} {path}");
        }
    }
    server.request("GET", "/api/session").header("host", "localhost:8700").send().expect(200);
}

#[test]
fn another_site_can_neither_change_nor_read_anything() {
    let server = Server::new();
    let text = r#"{"name":"eve","password":"correct horse","role":"owner"}"#;
    for origin in ["http://evil.example", "null", "http://localhost:3000", "http://127.0.0.1"] {
        // What a form can send without being asked first.
        let asking = server.request("POST", "/api/users").header("origin", origin);
        let reply = asking.body("text/plain", text).send();
        assert_eq!(reply.outcome(), (403, "forbidden".to_owned()), "{origin}");
        let reply = server.request("GET", "/api/models").header("origin", origin).send();
        assert_eq!(reply.status, 403, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
        // What a script may ask before it sends JSON.
        let asking = server.request("OPTIONS", "/api/users").header("origin", origin);
        let reply = asking.header("access-control-request-method", "POST").send();
        assert!(400 <= reply.status.as_u16(), "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    for site in ["cross-site", "same-site"] {
        let reply = server.request("GET", "/api/models").header("sec-fetch-site", site).send();
        assert_eq!(reply.status, 403, "{site}");
        // A link to the page itself is no attack.
        server.request("GET", "/").header("sec-fetch-site", site).send().expect(200);
    }
    assert!(!server.app.has_users().expect("read"), "eve has no account");
    let own = server.request("POST", "/api/users").header("origin", &format!("http://{HOST}"));
    own.body("application/json", text).send().expect(201);
}

#[test]
fn a_cookie_alone_changes_nothing() {
    let server = Server::new();
    first_owner(&server);
    let wanted = serde_json::json!({ "name": "olga", "password": "correct horse" });
    let reply = server.post("/api/session", wanted).expect(200);
    let cookie = reply.header("set-cookie").split(';').next().expect("a pair");
    let asking = || server.request("POST", "/api/tokens").header("cookie", cookie);
    assert_eq!(asking().send().outcome(), (403, "forbidden".to_owned()));
    asking().header("sec-fetch-site", "same-origin").send().expect(201);
    asking().header("origin", &format!("http://{HOST}")).send().expect(201);
    let reply = asking().header("sec-fetch-site", "cross-site").send();
    assert_eq!(reply.status, 403);
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_is_read() {
    let server = Server::new();
    let long = format!(r#"{{"name":"{}","password":"x"}}"#, "x".repeat(MOST_BODY));
    let reply = server.request("POST", "/api/session").body("application/json", long).send();
    assert_eq!(reply.outcome(), (413, "too_large".to_owned()));
}

#[test]
fn nesting_that_is_too_deep_is_refused() {
    let server = Server::new();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let reply = server.request("POST", "/api/session").body("application/json", deep).send();
    assert_eq!(reply.json()["code"], "invalid");
    server.get("/health").expect(200);
}

fn project(server: &Server) {
    let config = ProjectConfig::default();
    Project::create(&server.path("pets"), config, Duration::ZERO).expect("made");
}

const UPLOADS: &str = "/api/projects/pets/uploads?upload=u-1";

#[test]
fn uploads_stay_in_their_folder() {
    let server = Server::new();
    project(&server);
    let send = |name: &str| server.request("POST", UPLOADS).files(&[(name, b"x")]).send();
    assert_eq!(send("a/b.txt").expect(200).json()["received"], 1);
    assert!(server.path("pets/uploads/u-1/a/b.txt").is_file());
    for name in ["../../../evil.txt", "a/../../evil.txt", "..\\..\\evil.txt", "C:\\evil.txt"] {
        assert_eq!(send(name).outcome(), (400, "invalid".to_owned()), "{name}");
    }
    send("/evil.txt").expect(200);
    assert!(
        server.path("pets/uploads/u-1/evil.txt").is_file(),
        "an absolute path is a relative one"
    );
    for upload in ["..", "a/b", "", "a%2Fb", "%2e%2e"] {
        let path = format!("/api/projects/pets/uploads?upload={upload}");
        let reply = server.request("POST", &path).files(&[("evil.txt", b"x")]).send();
        assert_eq!(reply.outcome(), (400, "invalid".to_owned()), "{upload}");
    }
    for project in ["..", "%2e%2e", "pets%2F..%2Fpets", "%2Fetc", "."] {
        let path = format!("/api/projects/{project}/uploads?upload=u");
        let reply = server.request("POST", &path).files(&[("evil.txt", b"x")]).send();
        assert_eq!(reply.outcome(), (404, "not_found".to_owned()), "{project}");
    }
    let evil = |folder: &str| server.path(folder).join("evil.txt").exists();
    assert!(!evil("") && !evil("pets") && !evil("pets/uploads"));
}

#[cfg(unix)]
#[test]
fn with_accounts_nothing_outside_of_the_served_folder_is_imported() {
    let server = Server::new();
    project(&server);
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.csv");
    fs::write(&secret, "text\nthe password\n").expect("written");
    fs::write(server.path("mine.csv"), "text\nhello\n").expect("written");
    std::os::unix::fs::symlink(&secret, server.path("link.csv")).expect("linked");
    let owner = first_owner(&server);
    let import = |path: &str| {
        let asking = server.request("POST", "/api/projects/pets/import");
        asking.json(json!({ "path": path })).token(&owner).send()
    };
    let to = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let detour = to(&server.path("pets/../..").join(outside.path().file_name().expect("a name")));
    for path in [to(&secret), to(&server.path("link.csv")), detour + "/secret.csv", "~/".to_owned()]
    {
        assert_eq!(import(&path).outcome(), (403, "forbidden".to_owned()), "{path}");
    }
    import(&to(&server.path("mine.csv"))).expect(202);
}

#[test]
fn a_file_that_is_too_large_is_refused_and_leaves_nothing() {
    let server = Server::new();
    project(&server);
    // Uploads may be longer than other bodies.
    let fits = vec![b'x'; MOST_BODY + 1];
    server.request("POST", UPLOADS).files(&[("fits.txt", &fits)]).send().expect(200);
    let large = vec![b'x'; usize::try_from(MOST_UPLOAD).expect("small") + 1];
    let reply = server.request("POST", UPLOADS).files(&[("large.txt", &large)]).send();
    assert_eq!(reply.outcome(), (413, "too_large".to_owned()));
    let kept: Vec<_> = fs::read_dir(server.path("pets/uploads/u-1"))
        .expect("there")
        .map(|it| it.expect("readable").file_name())
        .collect();
    assert_eq!(kept, ["fits.txt"]);
}
