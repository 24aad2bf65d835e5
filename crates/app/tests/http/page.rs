//! What is around the API: the page, health, metrics, request ids.

use crate::server::Server;

#[test]
fn every_place_of_the_page_is_the_page_and_loads_nothing_from_elsewhere() {
    let server = Server::new();
    for place in ["/", "/projects/photos.annota", "/projects/photos.annota/label", "/nowhere"] {
        let reply = server.get(place).expect(200);
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{place}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!policy.contains("http"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(server.get("/assets/no-such-file.js").outcome(), (404, "not_found".to_owned()));
    assert_eq!(server.request("POST", "/").send().status, 405);
}

#[test]
fn an_unknown_route_is_no_place_of_the_page() {
    let server = Server::new();
    for path in ["/api/nothing", "/api/", "/api/projects/p/nothing"] {
        assert_eq!(server.get(path).outcome(), (404, "not_found".to_owned()), "{path}");
    }
    let reply = server.request("PUT", "/api/session").send();
    assert_eq!(reply.outcome(), (405, "invalid".to_owned()));
}

#[test]
fn a_refusal_says_what_is_wrong_and_under_which_id() {
    let server = Server::new();
    let reply = server.post("/api/session", serde_json::json!({ "name": "mia" }));
    let told = reply.json();
    assert_eq!(told["code"], "invalid");
    assert!(told["message"].as_str().is_some_and(|it| it.contains("password")), "{told}");
    assert_eq!(told["help"], serde_json::Value::Null);
    assert_eq!(told["request_id"], reply.header("x-request-id"));
    let other = server.get("/health").expect(200);
    assert_ne!(other.header("x-request-id"), "");
    assert_ne!(other.header("x-request-id"), reply.header("x-request-id"));
}

#[test]
fn prometheus_reads_what_was_asked_and_how_long_it_took() {
    let server = Server::new();
    server.get("/api/session").expect(200);
    server.get("/api/session").expect(200);
    server.get("/api/nothing").expect(404);
    let text = server.get("/metrics").expect(200).text();
    let line = "annota_http_requests_total{method=\"GET\",path=\"/api/session\",status=\"200\"} 2";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("path=\"other\",status=\"404\"} 1"), "{text}");
    assert!(text.contains("annota_http_seconds_bucket{le=\"0.05\",method=\"GET\""), "{text}");
}
