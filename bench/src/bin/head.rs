//! Head training against scikit-learn's logistic regression, in turn, on the
//! same rows to the same objective.
//!
//! ```text
//! head [FOLDER]
//! ```
//!
//! `FOLDER` holds `SET.x.npy` (features, `[rows, dim]`) and `SET.y.npy`
//! (classes) for each of the two sets; without it, features with a realistic
//! spectrum are drawn from a fixed seed. `ANNOTA_BENCH_PYTHON` names a Python
//! with `NumPy` and scikit-learn (default `python3`).

use std::{
    error::Error,
    fs::File,
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use annota_core::head::logistic::{self, Problem, Training};
use npyz::WriterBuilder;

/// Runs of each side; the fastest counts.
const RUNS: usize = 5;
/// Relative decrease at which ours stops: the objective then is scikit-learn's
/// to within a thousandth.
const TOLERANCE: f64 = 1e-5;

struct Set {
    name: &'static str,
    n_rows: usize,
    dim: usize,
    n_classes: usize,
}

const SETS: [Set; 2] = [
    Set { name: "cifar10-1000x1280x10", n_rows: 1_000, dim: 1_280, n_classes: 10 },
    Set { name: "banking77-2000x384x77", n_rows: 2_000, dim: 384, n_classes: 77 },
];

struct Data {
    dim: usize,
    n_classes: usize,
    features: Vec<f32>,
    classes: Vec<i64>,
}

#[derive(serde::Deserialize)]
struct Peer {
    seconds: f64,
    objective: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let wanted = std::env::var("SETS").unwrap_or_default();
    let scratch = std::env::temp_dir().join(format!("annota-bench-head-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    eprintln!("{:24}{:>9}{:>9}{:>7}  objectives", "set", "ours s", "peer s", "ratio");
    for set in SETS.iter().filter(|it| wanted.is_empty() || wanted.split(',').any(|w| w == it.name))
    {
        let data = match &folder {
            Some(folder) => read(folder, set)?,
            None => draw(set),
        };
        write(&scratch, &data)?;
        let (ours, our_objective) = measure(&data);
        let peer = peer(&scratch)?;
        let ratio = peer.seconds / ours;
        eprintln!(
            "{:24}{ours:>9.4}{:>9.4}{ratio:>7.1}  {our_objective:.3} {:.3}",
            set.name, peer.seconds, peer.objective
        );
        let line = serde_json::json!({
            "bench": "head", "set": set.name, "ours": ours, "peer": peer.seconds, "ratio": ratio,
            "unit": "s", "ours_objective": our_objective, "peer_objective": peer.objective,
        });
        println!("{line}");
    }
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Seconds of the fastest of our fits, and its objective.
fn measure(data: &Data) -> (f64, f64) {
    let mut targets = vec![0.0; data.classes.len() * data.n_classes];
    for (row, class) in targets.chunks_exact_mut(data.n_classes).zip(&data.classes) {
        row[*class as usize] = 1.0;
    }
    let training = Training {
        features: &data.features,
        dim: data.dim,
        targets: &targets,
        n_classes: data.n_classes,
    };
    let ridge = vec![0.1; data.dim];
    let problem = Problem { held_out: &[], ridge: &ridge, start: None };
    let mut best = f64::INFINITY;
    let mut objective = 0.0;
    for _ in 0..RUNS {
        let start = Instant::now();
        let fitted = logistic::fit(training, std::slice::from_ref(&problem), TOLERANCE);
        best = best.min(start.elapsed().as_secs_f64());
        objective = logistic::objective(training, &problem, &fitted[0]);
    }
    (best, objective)
}

fn peer(scratch: &Path) -> Result<Peer, Box<dyn Error>> {
    let python = std::env::var("ANNOTA_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/head.py");
    let output = Command::new(python).arg(script).arg(scratch).arg(RUNS.to_string()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn read(folder: &Path, set: &Set) -> Result<Data, Box<dyn Error>> {
    let open = |kind: &str| -> Result<_, Box<dyn Error>> {
        let path = folder.join(format!("{}.{kind}.npy", set.name));
        let file = File::open(&path).map_err(|it| format!("{}: {it}", path.display()))?;
        Ok(npyz::NpyFile::new(BufReader::new(file))?)
    };
    let features = open("x")?;
    let dim = *features.shape().last().ok_or("features without a shape")? as usize;
    let classes: Vec<i64> = match open("y")?.into_vec::<i64>() {
        Ok(classes) => classes,
        Err(_) => open("y")?.into_vec::<i32>()?.into_iter().map(i64::from).collect(),
    };
    let n_classes = classes.iter().max().map_or(0, |it| *it as usize + 1);
    Ok(Data { dim, n_classes, features: features.into_vec()?, classes })
}

/// Unit rows around class centres, with standard deviations falling as one over
/// the square root of the coordinate, as principal coordinates of networks do.
fn draw(set: &Set) -> Data {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut normal = || (0..12).map(|_| rng.f32()).sum::<f32>() - 6.0;
    let scale: Vec<f32> = (0..set.dim).map(|it| (it as f32 + 4.0).powf(-0.5)).collect();
    let centres: Vec<f32> = (0..set.n_classes * set.dim).map(|_| normal()).collect();
    let classes: Vec<i64> =
        (0..set.n_classes as u32).map(i64::from).cycle().take(set.n_rows).collect();
    let mut features = Vec::with_capacity(set.n_rows * set.dim);
    for class in &classes {
        let centre = &centres[*class as usize * set.dim..][..set.dim];
        let row: Vec<f32> =
            centre.iter().zip(&scale).map(|(c, s)| s * (0.5 * c + normal())).collect();
        let norm = row.iter().map(|it| it * it).sum::<f32>().sqrt();
        features.extend(row.iter().map(|it| it / norm));
    }
    Data { dim: set.dim, n_classes: set.n_classes, features, classes }
}

fn write(folder: &Path, data: &Data) -> Result<(), Box<dyn Error>> {
    let shape = [data.classes.len() as u64, data.dim as u64];
    let file = BufWriter::new(File::create(folder.join("x.npy"))?);
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(&shape).writer(file).begin_nd()?;
    writer.extend(data.features.iter().copied())?;
    writer.finish()?;
    let file = BufWriter::new(File::create(folder.join("y.npy"))?);
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(&shape[..1]).writer(file).begin_nd()?;
    writer.extend(data.classes.iter().copied())?;
    writer.finish()?;
    Ok(())
}
