//! The pool in memory: what the stages after `embed` compute on.

mod common;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use annota_core::{
    diagnostic::Diagnostic,
    item::Media,
    matrix::Embeddings,
    model::{Embedder, Input},
};
use annota_engine::{
    Error, Unwatched, Watch,
    embed::embed,
    project::{Project, ProjectConfig},
    working_set::WorkingSet,
};
use common::insert_texts;

/// Sees the length of a text and its first digit, beside a large value that is
/// the same for all.
struct Toy;

impl Embedder for Toy {
    fn id(&self) -> &'static str {
        "toy"
    }

    fn media(&self) -> Media {
        Media::Text
    }

    fn dim(&self) -> usize {
        3
    }

    fn batch_len(&self) -> usize {
        4
    }

    fn embed(&self, inputs: &[Input<'_>]) -> Vec<Result<Vec<f32>, Diagnostic>> {
        let embedding = |it: &Input<'_>| match it {
            Input::Text(text) => {
                let digit = f32::from(text.as_bytes()[0] - b'0');
                vec![20.0, text.len() as f32, digit - 4.5]
            }
            Input::Image(_) => panic!("only texts were imported"),
        };
        inputs.iter().map(|it| Ok(embedding(it))).collect()
    }
}

/// A project of 40 embedded texts.
fn embedded(folder: &Path) -> Project {
    let config = ProjectConfig { classes: common::classes(), ..ProjectConfig::default() };
    let project = Project::create(folder, config, Duration::ZERO).expect("made");
    insert_texts(project.store(), 40);
    embed(&project, &Toy, &Unwatched).expect("embedded");
    project
}

#[test]
fn items_are_compared_by_what_they_do_not_all_share() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = embedded(folder.path());

    let set = WorkingSet::open(&project, &Unwatched).expect("opens");
    assert_eq!(set.n_rows(), 40);
    let mut mean = [0.0_f32; 3];
    for row in set.embeddings.values().chunks_exact(3) {
        let length: f32 = row.iter().map(|it| it * it).sum();
        assert!((length - 1.0).abs() < 1e-5, "{row:?}");
        mean.iter_mut().zip(row).for_each(|(sum, it)| *sum += it / 40.0);
    }
    // Uncentred, the shared value alone would make the mean longer than .9.
    assert!(mean.iter().map(|it| it * it).sum::<f32>().sqrt() < 0.3, "{mean:?}");

    let raw: Vec<f32> = (0..40)
        .flat_map(|it: u32| {
            let text = it.to_string();
            Toy.embed(&[Input::Text(&text)]).remove(0).expect("a text")
        })
        .collect();
    let expected = set.prepared.map().features(&Embeddings::new(3, raw));
    for (ours, expected) in set.embeddings.values().iter().zip(expected.values()) {
        assert!((ours - expected).abs() < 1e-2, "{ours} instead of {expected}");
    }
}

/// Counts what is compared, and says when to stop.
struct Counting {
    n_compared: AtomicU64,
    stop: bool,
}

impl Watch for Counting {
    fn progress(&self, stage: &'static str, done: u64, total: Option<u64>) {
        assert_eq!((stage, total), ("compare", Some(40)));
        self.n_compared.fetch_max(done, Ordering::Relaxed);
    }

    fn note(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        self.stop
    }
}

#[test]
fn a_pool_is_compared_once_and_again_when_it_has_grown() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = embedded(folder.path());
    let open = |stop| {
        let watch = Counting { n_compared: AtomicU64::new(0), stop };
        let set = WorkingSet::open(&project, &watch);
        (set, watch.n_compared.into_inner())
    };
    let (stopped, _) = open(true);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    let (first, n_compared) = open(false);
    assert_eq!(n_compared, 40);
    let (second, n_compared) = open(true);
    assert_eq!(n_compared, 0);
    for name in ["neighbours", "principal"] {
        std::fs::write(folder.path().join("cache").join(name), "damaged").expect("space");
    }
    let (third, n_compared) = open(false);
    assert_eq!(n_compared, 40);
    let computed = |set: Result<WorkingSet, Error>| {
        let prepared = set.expect("opens").prepared;
        let edges = |row| prepared.graph().edges(row).collect::<Vec<(usize, f32)>>();
        ((0..40).map(edges).collect::<Vec<_>>(), prepared.coordinates().to_vec())
    };
    let first = computed(first);
    assert_eq!(computed(second), first);
    assert_eq!(computed(third), first);

    insert_texts(project.store(), 44);
    embed(&project, &Toy, &Unwatched).expect("embedded");
    assert_eq!(WorkingSet::open(&project, &Unwatched).expect("opens").n_rows(), 44);
}
