//! `make bench-cost`: human answers until a pool is labelled and certified.
//!
//! Reads `FOLDER/SET.x.npy` (embeddings) and `FOLDER/SET.y.npy` (classes), and
//! replays each pool as `annota simulate` does, at 5 % and at 10 % wrong labels
//! with 95 % confidence. The answers counted are all that people give: training,
//! audit, and what the audit leaves to them. `SETS=a,b` and `MAX_ERRORS=.05`
//! restrict it, `SEEDS=n` sets the repetitions (10), `FIRST_SEED=n` the first
//! seed (0). It compares no query strategies; `annota simulate --strategy` does.

use std::{env, error::Error, fs, path::Path, sync::Arc, time::Instant};

use annota_core::{
    certify::Goal,
    head::{class_model::ClassModel, prepared::Prepared},
    label::ClassId,
    matrix::Embeddings,
};
use annota_engine::{
    Unwatched,
    simulate::{Run, SimulateConfig, simulate},
};
use rayon::prelude::*;

/// The sets, and the design's prototype: without tuning per run, and with the
/// best stop and audit in hindsight.
const SETS: [(&str, f64, f64); 6] = [
    ("banking77", 0.229, 0.212),
    ("agnews", 0.324, 0.302),
    ("chnsenticorp", 0.405, 0.395),
    ("cifar10", 0.550, 0.537),
    ("sst2", 0.584, 0.558),
    ("trashnet", 0.706, 0.582),
];
/// Share of wrong labels at which the prototype was measured.
const PROTOTYPE_ERROR: f64 = 0.05;
const MAX_ERRORS: [f64; 2] = [0.05, 0.10];
const CONFIDENCE: f64 = 0.95;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let folder = env::args().nth(1).ok_or("which folder holds the embeddings?")?;
    let wanted = env::var("SETS").unwrap_or_default();
    let n_seeds: u64 = env::var("SEEDS").map_or(Ok(10), |it| it.parse())?;
    let first_seed: u64 = env::var("FIRST_SEED").map_or(Ok(0), |it| it.parse())?;
    let max_errors: Vec<f64> = match env::var("MAX_ERRORS") {
        Ok(given) => given.split(',').map(str::parse).collect::<Result<_, _>>()?,
        Err(_) => MAX_ERRORS.to_vec(),
    };
    eprintln!(
        "{:13} {:>5} {:>6} {:>6} {:>6} = {:>6} {:>5} {:>6} {:>6} {:>7} {:>6} {:>6}",
        "set",
        "wrong",
        "train",
        "audit",
        "rest",
        "ours",
        "±",
        "proto",
        "hinds",
        "error",
        "broken",
        "s/run"
    );
    for (name, prototype, hindsight) in SETS {
        if !wanted.is_empty() && wanted.split(',').all(|it| it != name) {
            continue;
        }
        let pool = LabelledPool::read(Path::new(&folder), name)?;
        for &max_error in &max_errors {
            let started = Instant::now();
            let runs: Vec<Run> = (first_seed..first_seed + n_seeds)
                .into_par_iter()
                .map(|seed| pool.replay(max_error, seed))
                .collect::<Result<_, Failure>>()?;
            let seconds = started.elapsed().as_secs_f64() / runs.len() as f64;
            let peer =
                ((max_error - PROTOTYPE_ERROR).abs() < 1e-9).then_some((prototype, hindsight));
            report(name, max_error, &runs, peer, seconds);
        }
    }
    Ok(())
}

struct LabelledPool {
    features: Embeddings,
    gold: Vec<ClassId>,
    prepared: Arc<Prepared>,
    n_classes: usize,
}

impl LabelledPool {
    fn read(folder: &Path, name: &str) -> Result<LabelledPool, Failure> {
        let file = fs::read(folder.join(format!("{name}.x.npy")))?;
        let file = npyz::NpyFile::new(&file[..])?;
        let dim = usize::try_from(file.shape()[1])?;
        let embeddings = Embeddings::new(dim, file.into_vec::<f32>()?);
        let file = fs::read(folder.join(format!("{name}.y.npy")))?;
        let numbers = npyz::NpyFile::new(&file[..])?.into_vec::<i32>()?;
        let class = |it: i32| Ok(ClassId(u16::try_from(it)?));
        let gold: Vec<ClassId> = numbers.into_iter().map(class).collect::<Result<_, Failure>>()?;
        let n_classes = gold.iter().map(|it| it.index() + 1).max().ok_or("no items")?;
        let prepared = Arc::new(Prepared::new(&embeddings));
        let features = prepared.map().features(&embeddings);
        Ok(LabelledPool { features, gold, prepared, n_classes })
    }

    fn replay(&self, max_error: f64, rng_seed: u64) -> Result<Run, Failure> {
        let goal = Goal::new(max_error, CONFIDENCE).ok_or("shares lie between 0 and 1")?;
        let (noise, watch) = (0.0, &Unwatched);
        let config = SimulateConfig { goal, strategy: None, noise, budget: None, rng_seed, watch };
        let mut model = ClassModel::on(Arc::clone(&self.prepared), self.n_classes);
        Ok(simulate(&self.features, &self.gold, self.n_classes, &mut model, &config)?)
    }
}

fn report(name: &str, max_error: f64, runs: &[Run], peer: Option<(f64, f64)>, seconds: f64) {
    let mean =
        |value: &dyn Fn(&Run) -> f64| runs.iter().map(value).sum::<f64>() / runs.len() as f64;
    let share = |count: fn(&Run) -> u32| mean(&|it| f64::from(count(it)) / f64::from(it.n_items));
    let ours = share(Run::n_answers);
    let parts = [
        share(|it| it.n_training + it.n_random),
        share(|it| it.n_audit),
        share(|it| it.n_left_to_people),
    ];
    let spread =
        mean(&|it| (f64::from(it.n_answers()) / f64::from(it.n_items) - ours).powi(2)).sqrt();
    let true_error = mean(&|it| it.true_error);
    let broken = mean(&|it| f64::from(u8::from(!it.is_held)));
    let certified = mean(&|it| f64::from(u8::from(it.certificate.is_some())));
    let shown = |it: Option<f64>| it.map_or("-".to_owned(), |it| format!("{it:.3}"));
    eprintln!(
        "{name:13} {max_error:5.2} {:6.3} {:6.3} {:6.3} = {ours:6.3} {spread:5.3} {:>6} {:>6} {true_error:7.4} {broken:6.2} {seconds:6.1}",
        parts[0],
        parts[1],
        parts[2],
        shown(peer.map(|it| it.0)),
        shown(peer.map(|it| it.1)),
    );
    let round = |it: f64| (1e4 * it).round() / 1e4;
    let line = serde_json::json!({
        "bench": "cost",
        "set": format!("{name}@{max_error}"),
        "ours": round(ours),
        "peer": peer.map(|it| it.0),
        "hindsight": peer.map(|it| it.1),
        "unit": "answers per item",
        "ratio": peer.map(|it| round(it.0 / ours)),
        "training": round(parts[0]),
        "audit": round(parts[1]),
        "left_to_people": round(parts[2]),
        "deviation": round(spread),
        "true_error": round(true_error),
        "violations": round(broken),
        "certified": round(certified),
        "totals": runs.iter().map(Run::n_answers).collect::<Vec<u32>>(),
        "runs": runs.len(),
    });
    println!("{line}");
}
