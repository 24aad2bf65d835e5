//! Head training against scikit-learn's logistic regression, in turn, on the
//! same rows to the same objective.
//!
//! ```text
//! head [FOLDER]
//! ```
//!
//! `FOLDER` holds `cifar10.x.npy` (features, `[rows, dim]`) and `cifar10.y.npy`
//! (classes), and the same of `banking77`, as `prepare` writes them; rows are
//! drawn from them with a fixed seed. Without it, features with a realistic
//! spectrum are drawn. `ANNOTA_BENCH_PYTHON` names a Python
//! with `NumPy` and scikit-learn (default `python3`).

use std::{
    error::Error,
    fs::File,
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use annota_bench::cpu_seconds;
use annota_core::head::logistic::{self, Problem, Training};
use npyz::WriterBuilder;

/// Fits of each side in one turn; the fastest counts.
const RUNS: usize = 3;
/// Turns; the median ratio counts.
const TURNS: usize = 5;
/// Relative decrease at which ours stops: the objective then is scikit-learn's
/// to within a thousandth.
const TOLERANCE: f64 = 1e-5;

struct Set {
    name: &'static str,
    file: &'static str,
    n_rows: usize,
    dim: usize,
    n_classes: usize,
}

const SETS: [Set; 2] = [
    Set { name: "cifar10-1000x1280x10", file: "cifar10", n_rows: 1_000, dim: 1_280, n_classes: 10 },
    Set {
        name: "banking77-2000x384x77",
        file: "banking77",
        n_rows: 2_000,
        dim: 384,
        n_classes: 77,
    },
];

struct Data {
    dim: usize,
    n_classes: usize,
    features: Vec<f32>,
    classes: Vec<i64>,
}

/// What one side needed: the clock's seconds of its fastest fit, the
/// processor's of the mean one, and the objective it came to.
#[derive(serde::Deserialize)]
struct Turn {
    seconds: f64,
    cpu_seconds: f64,
    objective: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let wanted = std::env::var("SETS").unwrap_or_default();
    let scratch = std::env::temp_dir().join(format!("annota-bench-head-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    eprintln!(
        "{:24}{:>9}{:>9}{:>7}{:>10}  objectives",
        "set", "ours s", "peer s", "ratio", "cpu ratio"
    );
    for set in SETS.iter().filter(|it| wanted.is_empty() || wanted.split(',').any(|w| w == it.name))
    {
        let data = match &folder {
            Some(folder) => read(folder, set)?,
            None => draw(set),
        };
        write(&scratch, &data)?;
        let mut turns = Vec::new();
        for _ in 0..TURNS {
            turns.push((measure(&data), peer(&scratch)?));
        }
        let cpu_ratio = median(&turns, |(ours, peer)| peer.cpu_seconds / ours.cpu_seconds);
        let ratio = median(&turns, |(ours, peer)| peer.seconds / ours.seconds);
        let (ours, peer) = (median(&turns, |it| it.0.seconds), median(&turns, |it| it.1.seconds));
        let objectives = [turns[0].0.objective, turns[0].1.objective];
        eprintln!(
            "{:24}{ours:>9.4}{peer:>9.4}{ratio:>7.1}{cpu_ratio:>10.1}  {objectives:.3?}",
            set.name
        );
        let line = serde_json::json!({
            "bench": "head", "set": set.name, "ours": ours, "peer": peer, "ratio": ratio,
            "unit": "s", "cpu_ratio": cpu_ratio,
            "ours_objective": objectives[0], "peer_objective": objectives[1],
        });
        println!("{line}");
    }
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

fn median(turns: &[(Turn, Turn)], value: impl Fn(&(Turn, Turn)) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(data: &Data) -> Turn {
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
    let mut turn = Turn { seconds: f64::INFINITY, cpu_seconds: 0.0, objective: 0.0 };
    for _ in 0..RUNS {
        let (start, cpu) = (Instant::now(), cpu_seconds(false));
        let fitted = logistic::fit(training, std::slice::from_ref(&problem), TOLERANCE);
        turn.seconds = turn.seconds.min(start.elapsed().as_secs_f64());
        let cpu = cpu_seconds(false).zip(cpu).map_or(f64::NAN, |(end, start)| end - start);
        turn.cpu_seconds += cpu / RUNS as f64;
        turn.objective = logistic::objective(training, &problem, &fitted[0]);
    }
    turn
}

fn peer(scratch: &Path) -> Result<Turn, Box<dyn Error>> {
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
        let path = folder.join(format!("{}.{kind}.npy", set.file));
        let file = File::open(&path).map_err(|it| format!("{}: {it}", path.display()))?;
        Ok(npyz::NpyFile::new(BufReader::new(file))?)
    };
    let features = open("x")?;
    let dim = *features.shape().last().ok_or("features without a shape")? as usize;
    let classes: Vec<i64> = match open("y")?.into_vec::<i64>() {
        Ok(classes) => classes,
        Err(_) => open("y")?.into_vec::<i32>()?.into_iter().map(i64::from).collect(),
    };
    let all: Vec<f32> = features.into_vec()?;
    let mut rows: Vec<usize> = (0..classes.len()).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut rows);
    rows.truncate(set.n_rows);
    let features = rows.iter().flat_map(|it| unit(&all[it * dim..][..dim])).collect();
    let classes = rows.iter().map(|it| classes[*it]).collect();
    Ok(Data { dim, n_classes: set.n_classes, features, classes })
}

fn unit(row: &[f32]) -> Vec<f32> {
    let norm = row.iter().map(|it| it * it).sum::<f32>().sqrt();
    row.iter().map(|it| it / norm).collect()
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
        features.extend(unit(&row));
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
