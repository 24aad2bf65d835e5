//! The README's run, executed as it stands.

use std::{fs, path::Path, process::Command};

/// The first block of shell after the heading, without the installation.
fn run_of_the_readme() -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"));
    let readme = readme.expect("the README is in the repository");
    let section = readme.split("## From nothing to certified labels").nth(1).expect("the heading");
    let block = section.split("```sh\n").nth(1).and_then(|it| it.split("```").next());
    let lines = block.expect("a block of shell").lines();
    lines.filter(|it| !it.starts_with("cargo install")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_run_of_the_readme_ends_with_every_message_labelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_annota")).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    let finished = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &run_of_the_readme()])
        .current_dir(&folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("ANNOTA_CACHE", folder.path().join("cache"))
        .output()
        .expect("bash runs");
    let told = String::from_utf8_lossy(&finished.stderr);
    assert!(finished.status.success(), "{told}");
    let labels = fs::read_to_string(folder.path().join("labels.csv")).expect("exported");
    assert_eq!(labels.lines().count(), 301, "a head and one line a message: {told}");
}
