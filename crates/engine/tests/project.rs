//! A project is a folder that opens again, and in one process at a time.

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use annota_core::item::Media;
use annota_engine::{
    Error,
    project::{Project, ProjectConfig},
};
use common::insert_texts;

const NO_WAIT: Duration = Duration::ZERO;

fn config() -> ProjectConfig {
    ProjectConfig {
        classes: common::classes(),
        database: None,
        model: Some("efficientnet-lite0".to_owned()),
        rng_seed: 7,
        media: Some(Media::Image),
        ..ProjectConfig::default()
    }
}

#[test]
fn a_project_opens_as_it_was_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Project::create(&folder.path().join("new"), config(), NO_WAIT).expect("made");
    insert_texts(made.store(), 3);
    let at = made.folder().to_owned();
    drop(made);

    let project = Project::open(&at, NO_WAIT).expect("opens");
    assert_eq!(*project.config(), config());
    assert_eq!(project.store().n_items().expect("read"), 3);
    assert_eq!(project.store().schema().expect("two").classes(), common::classes());
    assert!(project.exports_folder().is_dir());
    drop(project);
    assert!(matches!(Project::create(&at, config(), NO_WAIT), Err(Error::AlreadyAProject { .. })));
}

#[cfg(unix)]
#[test]
fn a_password_is_for_its_owner_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let Some(scratch) = common::scratch::Scratch::postgres() else { return };
    let annota_engine::store::Location::Postgres(url) = &scratch.location else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let config = ProjectConfig { database: Some(url.clone()), ..config() };
    let project = Project::create(folder.path(), config, NO_WAIT).expect("made");
    insert_texts(project.store(), 1);
    drop(project);
    let mode = fs::metadata(folder.path().join("annota.toml")).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    assert!(!folder.path().join("annota.db").exists());
    let project = Project::open(folder.path(), NO_WAIT).expect("opens");
    assert_eq!(project.store().n_items().expect("read"), 1);
}

#[test]
fn the_second_process_is_told_who_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::create(folder.path(), config(), NO_WAIT).expect("made");
    // The lock belongs to the open file, so a second opening in this process
    // meets it as another process does.
    let Err(Error::InUse { holder, .. }) = Project::open(folder.path(), NO_WAIT) else {
        panic!("opened twice");
    };
    let holder = holder.expect("written in the lock file");
    assert_eq!(holder.pid, std::process::id());
    assert!(!holder.command.is_empty());
    let message = Project::open(folder.path(), NO_WAIT).err().expect("in use").to_string();
    assert!(message.contains(&format!("by process {} since 20", holder.pid)), "{message}");

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Project::open(folder.path(), Duration::from_secs(20)));
        drop(project);
        assert!(waiting.join().expect("no panic").is_ok());
    });
    assert!(Project::open(folder.path(), NO_WAIT).is_ok());
}

#[test]
fn waiting_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let _project = Project::create(folder.path(), config(), NO_WAIT).expect("made");
    let start = Instant::now();
    let wait = Duration::from_millis(120);
    assert!(matches!(Project::open(folder.path(), wait), Err(Error::InUse { .. })));
    assert!(wait <= start.elapsed());
}

#[test]
fn two_may_make_it_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let wait = Duration::from_mins(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let opened = Project::open_or_create(folder.path(), config(), wait);
                assert_eq!(*opened.expect("opens").config(), config());
            });
        }
    });
}

#[test]
fn what_is_no_project_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let message = Project::open(folder.path(), NO_WAIT).err().expect("nothing there").to_string();
    assert!(message.starts_with("not a project: `"), "{message}");
    assert!(message.contains("help: make one with `annota init "), "{message}");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 0, "left as it was");
}

fn damage(folder: &Path, file: &str, text: Option<&str>) -> String {
    match text {
        Some(text) => fs::write(folder.join(file), text).expect("writes"),
        None => fs::remove_file(folder.join(file)).expect("there"),
    }
    Project::open(folder, NO_WAIT).err().expect("damaged").to_string()
}

#[test]
fn damage_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Project::create(folder.path(), config(), NO_WAIT).expect("made"));
    let id = fs::read_to_string(folder.path().join("annota.toml")).expect("there");
    let id = id.lines().find(|it| it.starts_with("id")).expect("has an id");

    let message = damage(folder.path(), "annota.toml", Some("clases = []"));
    assert!(message.contains("annota.toml") && message.contains("clases"), "{message}");
    let message = damage(folder.path(), "annota.toml", Some("id = \"other\""));
    assert!(message.contains("belongs to another project"), "{message}");
    let message = damage(folder.path(), "annota.toml", Some(&format!("{id}\nmedia = \"sound\"")));
    assert!(message.contains("found `sound`"), "{message}");
    fs::write(folder.path().join("annota.toml"), id).expect("writes");
    let message = damage(folder.path(), "annota.db", None);
    assert!(message.contains("the database is gone"), "{message}");
}

#[test]
fn a_class_can_be_added_by_editing_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Project::create(folder.path(), config(), NO_WAIT).expect("made"));
    let path = folder.path().join("annota.toml");
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, text.replace("\"dog\"", "\"dog\", \"cow\"")).expect("writes");
    let project = Project::open(folder.path(), NO_WAIT).expect("opens");
    assert_eq!(project.store().classes(), ["cat", "dog", "cow"]);

    let mut changed = ProjectConfig::clone(&project.config());
    changed.model = None;
    project.set_config(changed.clone()).expect("written");
    drop(project);
    assert_eq!(*Project::open(folder.path(), NO_WAIT).expect("opens").config(), changed);
}
