//! `make bench-select`: seconds to choose a batch from 100,000 and from
//! 1,000,000 embeddings of length 384, beside scikit-activeml's strategies.
//!
//!     select PYTHON bench/peers/strategies.py
//!
//! Both sides choose from the same matrix of clustered unit vectors with 100
//! rows labelled, and see the same linear model. `SETS=k_center-100-of-100000`
//! restricts the cases. A peer gets `PEER_SECONDS` (300) and `PEER_GIB` (12); where
//! it does not end within them, `peer` is null and `note` says why.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use annota_core::{
    acquire::{SelectInput, Strategy, select},
    label::Label,
    linalg::product_abt,
    matrix::{Embeddings, Probabilities},
    model::Predictions,
    pool::{Pool, Row},
};
use rayon::prelude::*;

const DIM: usize = 384;
const N_CLASSES: usize = 10;
const N_CENTERS: usize = 200;
const N_LABELLED: u32 = 100;
const WORK: &str = "bench/.work/select";

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let peer = Peer {
        python: arguments.next().ok_or("which Python has the peers?")?,
        script: arguments.next().ok_or("where is the peers' script?")?,
    };
    let wanted = env::var("SETS").unwrap_or_default();
    let is_wanted = |set: &str| wanted.is_empty() || wanted.split(',').any(|it| it == set);
    eprintln!("{:32} {:>10} {:>10} {:>8}", "case", "ours, s", "peer, s", "ratio");
    for n_rows in [100_000, 1_000_000] {
        let cases: Vec<(Strategy, usize)> = cases(n_rows)
            .filter(|&(strategy, n)| is_wanted(&set_name(strategy, n, n_rows)))
            .collect();
        if cases.is_empty() {
            continue;
        }
        let world = World::new(n_rows);
        world.write(Path::new(WORK))?;
        for (strategy, n) in cases {
            measure(&world, strategy, n, &peer)?;
        }
        fs::remove_file(world.file(Path::new(WORK)))?;
        report_memory(n_rows)?;
    }
    Ok(())
}

fn set_name(strategy: Strategy, n: usize, n_rows: u32) -> String {
    format!("{}-{n}-of-{n_rows}", strategy.name())
}

fn cases(n_rows: u32) -> impl Iterator<Item = (Strategy, usize)> {
    let batches: &[usize] = if n_rows < 1_000_000 { &[100] } else { &[100, 1_000] };
    Strategy::all().into_iter().flat_map(|strategy| batches.iter().map(move |&n| (strategy, n)))
}

/// A pool, and a linear model on it.
struct World {
    embeddings: Embeddings,
    weights: Vec<f32>,
    predictions: Predictions,
}

impl World {
    fn new(n_rows: u32) -> World {
        let mut rng = fastrand::Rng::with_seed(u64::from(n_rows));
        let centers: Vec<f32> = (0..N_CENTERS * DIM).map(|_| normal(&mut rng)).collect();
        let mut values = vec![0.0; n_rows as usize * DIM];
        values.par_chunks_mut(1_000 * DIM).enumerate().for_each(|(block, values)| {
            let mut rng = fastrand::Rng::with_seed(block as u64);
            for row in values.chunks_exact_mut(DIM) {
                // Some clusters are rare, as in real pools.
                let center = (rng.f64().powi(3) * N_CENTERS as f64) as usize;
                let center = &centers[center * DIM..][..DIM];
                row.iter_mut().zip(center).for_each(|(x, c)| *x = c + normal(&mut rng));
            }
        });
        let embeddings = Embeddings::new(DIM, values);
        let weights = Embeddings::new(DIM, centers[..N_CLASSES * DIM].to_vec()).values().to_vec();
        let predictions = predict(&embeddings, &weights);
        World { embeddings, weights, predictions }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.x.npy", self.embeddings.n_rows()))
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder)?;
        write_npy(&self.file(folder), self.embeddings.values())?;
        write_npy(&folder.join("weights.npy"), &self.weights)
    }
}

fn write_npy(path: &Path, values: &[f32]) -> Result<(), Failure> {
    let shape = format!("({}, {DIM})", values.len() / DIM);
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and length take 10 bytes; the whole head a multiple of 64.
    let padded =
        format!("{header:<width$}\n", width = (header.len() + 11).next_multiple_of(64) - 11);
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(padded.len())?.to_le_bytes())?;
    file.write_all(padded.as_bytes())?;
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

/// Nearly normal: the sum of four uniform numbers.
fn normal(rng: &mut fastrand::Rng) -> f32 {
    (rng.f32() + rng.f32() + rng.f32() + rng.f32() - 2.0) * 1.732
}

fn predict(embeddings: &Embeddings, weights: &[f32]) -> Predictions {
    let mut logits = vec![0.0; embeddings.n_rows() as usize * N_CLASSES];
    logits
        .par_chunks_mut(1_000 * N_CLASSES)
        .zip(embeddings.values().par_chunks(1_000 * DIM))
        .for_each(|(logits, rows)| {
            product_abt(rows, weights, DIM, logits);
            logits.iter_mut().for_each(|it| *it *= 10.0);
        });
    let proba = Probabilities::softmax(N_CLASSES, logits).expect("finite logits");
    let rows = || (0..proba.n_rows()).map(Row);
    let margin = |row| {
        let (first, second) = proba.top_two(row);
        1.0 - (first - second)
    };
    Predictions {
        labels: rows().map(|row| Label::Class(proba.likeliest(row).0)).collect(),
        uncertainty: rows().map(margin).collect(),
        probabilities: Some(proba),
        signals: Vec::new(),
        n_signals: 0,
    }
}

fn measure(world: &World, strategy: Strategy, n: usize, peer: &Peer) -> Result<(), Failure> {
    let n_rows = world.embeddings.n_rows();
    let labelled: Vec<Row> = (0..N_LABELLED).map(Row).collect();
    let pool = Pool::new(n_rows, &labelled, &[]);
    let input = SelectInput {
        pool: &pool,
        embeddings: &world.embeddings,
        predictions: Some(&world.predictions),
        n_classes: N_CLASSES,
    };
    let start = Instant::now();
    let batch = select(strategy, &input, n, 1);
    let ours = start.elapsed().as_secs_f64();
    assert!(batch.len() == n, "a batch of {} instead of {n}", batch.len());
    let theirs = peer.seconds(strategy, n, &world.file(Path::new(WORK)))?;
    let set = set_name(strategy, n, n_rows);
    let mut line = serde_json::json!({
        "bench": "select", "set": set, "ours": rounded(ours), "unit": "s", "peer": null,
    });
    match theirs {
        Ok(theirs) => {
            line["peer"] = rounded(theirs).into();
            line["ratio"] = rounded(theirs / ours).into();
            eprintln!("{set:32} {ours:10.3} {theirs:10.3} {:8.1}", theirs / ours);
        }
        Err(note) => {
            eprintln!("{set:32} {ours:10.3} {:>10} {:>8}  {note}", "-", "-");
            line["note"] = note.into();
        }
    }
    println!("{line}");
    Ok(())
}

fn rounded(it: f64) -> f64 {
    (1e4 * it).round() / 1e4
}

struct Peer {
    python: String,
    script: String,
}

impl Peer {
    /// Seconds the peer took, or why it has none.
    fn seconds(
        &self,
        strategy: Strategy,
        n: usize,
        file: &Path,
    ) -> Result<Result<f64, String>, Failure> {
        let output = Command::new(&self.python)
            .arg(&self.script)
            .args([strategy.name(), &n.to_string(), &N_LABELLED.to_string()])
            .args([file, &Path::new(WORK).join("weights.npy")])
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let line = text.lines().last().ok_or("the peer printed nothing")?;
        let answer: serde_json::Value = serde_json::from_str(line)?;
        Ok(match answer["seconds"].as_f64() {
            Some(seconds) => Ok(seconds),
            None => Err(answer["note"].as_str().unwrap_or("the peer gave no reason").to_owned()),
        })
    }
}

/// The most memory this process has had, matrix and model included.
fn report_memory(n_rows: u32) -> Result<(), Failure> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        eprintln!("memory is measured on Linux only");
        return Ok(());
    };
    let kib = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: f64 = kib.trim().trim_end_matches("kB").trim().parse()?;
    let gib = rounded(kib / f64::from(1 << 20));
    eprintln!("{:32} {gib:10.3} GiB at most", format!("memory-{n_rows}"));
    let set = format!("memory-{n_rows}");
    println!("{}", serde_json::json!({"bench": "select", "set": set, "ours": gib, "unit": "GiB"}));
    Ok(())
}
