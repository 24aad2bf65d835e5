//! The description of the API is a file that the page's types are made from.

use annota::http::openapi;
use expect_test::expect_file;

use crate::server::Server;

#[test]
fn the_description_is_the_one_that_is_committed() {
    let json = serde_json::to_string_pretty(&openapi()).expect("JSON") + "\n";
    expect_file!["../openapi.json"].assert_eq(&json);
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let api = openapi();
    let paths = api["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|it| it.as_object().expect("methods").values());
    let mut names: Vec<&str> = operations.filter_map(|it| it["operationId"].as_str()).collect();
    let n_operations = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(20 < n_operations && names.len() == n_operations, "{names:?}");
}

#[test]
fn the_server_tells_its_description() {
    let server = Server::new();
    let told = server.get("/api/openapi.json").expect(200).json();
    assert_eq!(told, openapi());
    assert_eq!(told["openapi"], "3.1.0");
}
