//! A project whose facts lie on a PostgreSQL server, from data to certificate.

#[path = "../../../engine/tests/common/scratch.rs"]
mod scratch;

use std::fs;

use annota_engine::store::Location;
use scratch::Scratch;

use crate::shell::{Shell, messages};

#[test]
fn a_project_on_a_server_goes_from_data_to_the_certificate() {
    let Some(database) = Scratch::postgres() else { return };
    let Location::Postgres(url) = &database.location else { panic!("on a server") };
    let mut shell = Shell::new();
    shell.write("messages.csv", &messages(60));
    let run = |line: &str| {
        let (code, out, err) = shell.run(line, "");
        assert_eq!(code, 0, "annota {line}\n{out}{err}");
        out
    };
    run(&format!("init p --classes delivery,payment --database {url}"));
    run("import messages.csv --project p --as gold --quiet");
    let labelled = run("label --project p --oracle gold --json --quiet");
    assert!(labelled.contains(r#""outcome": "certified""#), "{labelled}");
    assert!(run("status --project p").contains("(PostgreSQL)"));
    run("verify --project p --quiet");
    run("export csv labels.csv --project p --quiet");

    let labels = fs::read_to_string(shell.path("labels.csv")).expect("written");
    assert_eq!(labels.lines().count(), 121);
    let wrong =
        labels.lines().skip(1).filter(|it| it.starts_with('d') != it.contains(",delivery,"));
    assert!(wrong.count() <= 6, "at most 5 % are wrong");
    assert!(!shell.path("p/annota.db").exists(), "nothing is kept in a file instead");
}
