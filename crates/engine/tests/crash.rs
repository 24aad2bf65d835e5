//! Nothing lost: a process that dies, between any two writes or killed at a
//! random moment, leaves a project that opens and holds every acknowledged
//! annotation.
//!
//! The process that dies is this test binary, run again for the test `child`
//! with an environment that says what to do.

mod common;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use annota_core::{
    diagnostic::Diagnostic,
    format::TextConfig,
    item::ItemId,
    label::{ClassId, Label},
};
use annota_engine::{
    Error, Unwatched,
    annotate::{Annotator, AnnotatorKind},
    import::{ImageFacts, ImportConfig, Inspect, import},
    project::{Project, ProjectConfig},
    store::{
        AnnotationId, AuditState, BeforeWrite, Location, NewAudit, NewCertificate, NewModelVersion,
    },
};
use common::{NOW, annotator, answer, classes, insert_texts, scratch::Scratch};

/// Says which part a child process plays; without it `child` does nothing.
const PART: &str = "ANNOTA_CRASH_TEST_PART";
const FOLDER: &str = "ANNOTA_CRASH_TEST_FOLDER";
const DATABASE: &str = "ANNOTA_CRASH_TEST_DATABASE";
/// The child dies at the write with this number, from 0.
const DIE_AT: &str = "ANNOTA_CRASH_TEST_DIE_AT";

const N_LINES: usize = 2_010;
const N_APPENDS: usize = 3;
const BATCH_LEN: usize = 4;
const WAIT: Duration = Duration::from_mins(1);

/// Plays a part in another process; passes at once in this one.
#[test]
fn child() {
    let Ok(part) = env::var(PART) else { return };
    let folder = env::var(FOLDER).expect("set by the parent");
    match part.as_str() {
        "append" => append_for_ever(Path::new(&folder)),
        _ => everything(Path::new(&folder)).expect("works unless it dies"),
    }
}

fn spawn(part: &str, folder: &Path, environment: &[(&str, String)]) -> Child {
    Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(PART, part)
        .env(FOLDER, folder)
        .envs(environment.iter().map(|it| (it.0, &it.1)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs")
}

/// Tells the parent that something is stored for good.
fn acknowledge(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nack {what}").and_then(|()| out.flush()).expect("the parent listens");
}

/// The acknowledgements of a child, in order, until it ends.
fn acknowledged(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let out = BufReader::new(child.stdout.take().expect("piped"));
    out.lines().map_while(Result::ok).filter_map(|it| it.strip_prefix("ack ").map(str::to_owned))
}

fn append_for_ever(folder: &Path) {
    let project = Project::open(folder, WAIT).expect("opens");
    let store = project.store();
    let ann = annotator(store, "ann");
    let items: Vec<ItemId> = store.pool_keys().expect("read").iter().map(|it| it.0).collect();
    let mut rng = fastrand::Rng::with_seed(u64::from(std::process::id()));
    loop {
        let batch: Vec<_> = (0..rng.usize(1..5))
            .map(|_| {
                let item = items[rng.usize(..items.len())];
                answer(item, ann, Some(u16::from(item.0 % 2 == 0)))
            })
            .collect();
        let ids = store.append(&batch).expect("stored");
        for (id, fact) in ids.iter().zip(&batch) {
            acknowledge(&format!("{} {}", id.0, fact.item));
        }
    }
}

#[test]
fn kills_at_random_moments_lose_nothing_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = ProjectConfig { classes: classes(), ..ProjectConfig::default() };
    let project = Project::create(folder.path(), config, WAIT).expect("made");
    insert_texts(project.store(), 50);
    drop(project);

    let mut rng = fastrand::Rng::with_seed(7);
    let mut promised: Vec<(i64, i64)> = Vec::new();
    for _ in 0..15 {
        let mut child = spawn("append", folder.path(), &[]);
        let n_heard = rng.usize(1..60);
        let mut heard = acknowledged(&mut child);
        let mut lines: Vec<String> = heard.by_ref().take(n_heard).collect();
        assert_eq!(lines.len(), n_heard, "the child works");
        child.kill().expect("may kill");
        child.wait().expect("ends");
        // Said before it died, and still in the pipe.
        lines.extend(heard);
        promised.extend(lines.iter().filter_map(|line| {
            let (id, item) = line.split_once(' ')?;
            Some((id.parse().ok()?, item.parse().ok()?))
        }));

        let project = Project::open(folder.path(), WAIT).expect("opens");
        let facts = project.store().annotations(None).expect("read");
        assert!(facts.windows(2).all(|pair| pair[0].id < pair[1].id));
        for (id, item) in &promised {
            let at = facts.binary_search_by_key(&AnnotationId(*id), |it| it.id);
            let fact = &facts[at.expect("acknowledged, so there")].fact;
            assert_eq!(fact.item, ItemId(*item));
            assert_eq!(fact.label, Some(Label::Class(ClassId(u16::from(item % 2 == 0)))));
        }
    }
    assert!(15 <= promised.len());
}

struct NoPictures;

impl Inspect for NoPictures {
    fn inspect(&self, place: &str, _: &[u8]) -> Result<ImageFacts, Diagnostic> {
        Err(Diagnostic::new(place, "texts only"))
    }
}

/// Dies at the write that the parent chose.
fn mortal() -> BeforeWrite {
    let die_at: u32 = env::var(DIE_AT).ok().and_then(|it| it.parse().ok()).unwrap_or(u32::MAX);
    let n_writes = AtomicU32::new(0);
    BeforeWrite::new(move |_| {
        if n_writes.fetch_add(1, Ordering::SeqCst) == die_at {
            std::process::abort();
        }
    })
}

/// Makes a project, imports, annotates, audits and certifies; acknowledges
/// every step. Goes on where an earlier run died.
fn everything(folder: &Path) -> Result<(), Error> {
    let config = ProjectConfig {
        classes: classes(),
        database: env::var(DATABASE).ok(),
        ..ProjectConfig::default()
    };
    let project = if Project::is_at(folder) {
        Project::open_observed(folder, WAIT, mortal())?
    } else {
        Project::create_observed(folder, config, WAIT, mortal())?
    };
    acknowledge("created");

    let gold = Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
    let config = ImportConfig {
        labels_as: Some(gold),
        text: TextConfig::detect(),
        inspect: &NoPictures,
        at: NOW,
    };
    import(&project, &folder.with_extension("csv"), &config, &Unwatched)?;
    acknowledge("imported");

    let store = project.store();
    let ann = annotator(store, "ann");
    let items: Vec<ItemId> = store.pool_keys()?.iter().map(|it| it.0).collect();
    for (number, batch) in items.chunks(BATCH_LEN).take(N_APPENDS).enumerate() {
        let facts: Vec<_> = batch.iter().map(|&item| answer(item, ann, Some(1))).collect();
        store.append(&facts)?;
        acknowledge(&format!("appended {number}"));
    }

    let version = store.save_model_version(
        &NewModelVersion {
            backbone: "toy".to_owned(),
            parameters: "{}".to_owned(),
            metrics: "{}".to_owned(),
            hash: "0".to_owned(),
            rng_seed: 1,
            trained_through: AnnotationId(0),
        },
        NOW,
    )?;
    let frozen = NewAudit {
        model_version: version,
        score_hash: "ab".to_owned(),
        population: items.len() as u64,
        rng_seed: 1,
        parameters: "{}".to_owned(),
    };
    let audit = store.freeze_audit(&frozen, NOW)?;
    store.draw_audit(audit, &items[..100])?;
    acknowledge("drawn");
    let labels: Vec<_> = items.iter().map(|&it| (it, Label::Class(ClassId(0)), 0.5)).collect();
    let certificate = NewCertificate { audit, document: "{}".to_owned(), text: "ok".to_owned() };
    store.certify(&certificate, &labels, version, NOW)?;
    acknowledge("certified");
    Ok(())
}

/// What must hold after a death that followed these acknowledgements.
fn check_survivors(folder: &Path, acknowledged: &[String], config: ProjectConfig) {
    let is_acknowledged = |what: &str| acknowledged.iter().any(|it| it == what);
    let project = if is_acknowledged("created") {
        Project::open(folder, WAIT).expect("opens")
    } else {
        Project::open_or_create(folder, config, WAIT).expect("can be made")
    };
    let store = project.store();
    let n_items = store.n_items().expect("read") as usize;
    assert!([0, 2_000, N_LINES].contains(&n_items), "whole batches, found {n_items}");
    if is_acknowledged("imported") {
        assert_eq!(n_items, N_LINES);
    }
    let facts = store.annotations(None).expect("read");
    let annotators = store.annotators().expect("read");
    let said_by = |name: &str| {
        let id = annotators.iter().find(|it| it.1.name == name).map(|it| it.0);
        facts.iter().filter(|it| Some(it.fact.annotator) == id).count()
    };
    assert_eq!(said_by("gold"), n_items, "items and their labels come together");
    let n_promised = acknowledged.iter().filter(|it| it.starts_with("appended")).count();
    assert!(said_by("ann").is_multiple_of(BATCH_LEN), "whole batches");
    assert!(n_promised * BATCH_LEN <= said_by("ann"));

    let audits = store.audits().expect("read");
    assert!(audits.iter().all(|it| it.drawn.len() == 100 || it.state == AuditState::Frozen));
    assert!(!is_acknowledged("drawn") || audits.len() == 1);
    let n_certified = audits.iter().filter(|it| it.state == AuditState::Certified).count();
    assert_eq!(store.certificates().expect("read").len(), n_certified);
    assert_eq!(store.auto_labels().expect("read").len(), n_certified * N_LINES);
    assert!(!is_acknowledged("certified") || n_certified == 1);
}

#[test]
fn a_death_between_any_two_writes_loses_nothing_acknowledged() {
    let mut n_deaths = 0;
    loop {
        let mut is_over = true;
        for scratch in Scratch::all() {
            let parent = tempfile::tempdir().expect("a folder");
            let folder = parent.path().join("project");
            let lines = (0..N_LINES).map(|it| format!("text {it},cat\n"));
            let table = format!("text,label\n{}", lines.collect::<String>());
            fs::write(folder.with_extension("csv"), table).expect("written");
            let database = match &scratch.location {
                Location::Postgres(url) => Some(url.clone()),
                Location::Sqlite(_) => None,
            };
            let mut environment = vec![(DIE_AT, n_deaths.to_string())];
            environment.extend(database.clone().map(|it| (DATABASE, it)));

            let mut child = spawn("everything", &folder, &environment);
            let heard: Vec<String> = acknowledged(&mut child).collect();
            let lived = child.wait().expect("ends").success();
            assert_eq!(lived, heard.iter().any(|it| it == "certified"), "{heard:?}");
            is_over &= lived;
            let config = ProjectConfig { classes: classes(), database, ..ProjectConfig::default() };
            check_survivors(&folder, &heard, config);

            // And it goes on from there.
            environment.remove(0);
            let mut child = spawn("everything", &folder, &environment);
            let heard: Vec<String> = acknowledged(&mut child).collect();
            assert!(child.wait().expect("ends").success(), "{heard:?}");
            let project = Project::open(&folder, WAIT).expect("opens");
            assert_eq!(project.store().n_items().expect("read") as usize, N_LINES);
            assert_eq!(project.store().auto_labels().expect("read").len(), N_LINES);
        }
        if is_over {
            break;
        }
        n_deaths += 1;
    }
    assert!(30 < n_deaths, "only {n_deaths} writes were seen");
}
