//! `make bench-embed`: items a second from files to stored embeddings, beside a
//! Python pipeline of Pillow (or tokenizers), `NumPy` and onnxruntime with the
//! same network.
//!
//!     embed PYTHON bench/peers/embed.py SETS_FOLDER
//!
//! Ours is the whole command `annota embed` on a project into which the items
//! were imported before, its start and the loading of the network included;
//! once on onnxruntime, once on rten. Of the peer, loading is not counted; it
//! runs in two ways, see the script. The four take turns, `SEEDS` rounds (3);
//! medians count, of the clock's seconds and, beside them, of the processor's.
//! `SETS=trashnet` restricts the sets, `N_ITEMS` (1,000) is how
//! many items of each. Embeddings of both sides are compared: `cosine` is the
//! lowest of 50 items.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use annota_bench::cpu_seconds;
use annota_core::model::Input;
use annota_model::{ModelSpec, bundled, catalogue};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

const WORK: &str = "bench/.work/embed";
const N_COMPARED: usize = 50;

struct Set {
    name: &'static str,
    model: &'static str,
}

const SETS: [Set; 4] = [
    Set { name: "trashnet", model: "efficientnet-lite0@224" },
    Set { name: "cifar10", model: "efficientnet-lite0@160" },
    Set { name: "agnews", model: "all-minilm-l6-v2" },
    Set { name: "chnsenticorp", model: "multilingual-e5-small-zh-en" },
];

/// How the items are embedded, in turn.
const WAYS: [&str; 4] = ["onnxruntime", "plain", "rten", "threaded"];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [python, script, sets] = arguments.as_slice() else {
        return Err("usage: embed PYTHON SCRIPT SETS_FOLDER".into());
    };
    let number = |name: &str, usual: usize| env::var(name).map_or(Ok(usual), |it| it.parse());
    let (n_rounds, n_items) = (number("SEEDS", 3)?, number("N_ITEMS", 1_000)?);
    let wanted = env::var("SETS").unwrap_or_default();
    eprintln!(
        "{:14}{:>12}{:>8}{:>8}{:>10}{:>8}{:>11}{:>8}  (items a second; ratios to `plain`)",
        "set", "onnxruntime", "rten", "plain", "threaded", "ratio", "cpu ratio", "cosine"
    );
    for set in SETS.iter().filter(|it| wanted.is_empty() || wanted.split(',').any(|w| w == it.name))
    {
        let items = Items::read(Path::new(sets), set.name, n_items)?;
        let case = Case::new(set, items, [python, script])?;
        let mut seconds = [const { Vec::new() }; WAYS.len()];
        for _ in 0..n_rounds {
            for (way, seconds) in WAYS.into_iter().zip(&mut seconds) {
                seconds.push(case.seconds(way)?);
            }
        }
        case.report(&seconds)?;
    }
    Ok(())
}

enum Items {
    Images(Vec<PathBuf>),
    Texts(Vec<String>),
}

impl Items {
    /// Items spread evenly over the set.
    fn read(sets: &Path, name: &str, n_items: usize) -> Result<Items, Failure> {
        let table = sets.join(format!("{name}.csv"));
        if table.exists() {
            let records = csv::Reader::from_path(table)?.into_records();
            let texts: Result<Vec<String>, csv::Error> =
                records.map(|it| it.map(|it| it[0].to_owned())).collect();
            return Ok(Items::Texts(spread(texts?, n_items)));
        }
        let mut paths = Vec::new();
        for class in fs::read_dir(sets.join(name))? {
            for file in fs::read_dir(class?.path())? {
                paths.push(file?.path().canonicalize()?);
            }
        }
        paths.sort();
        Ok(Items::Images(spread(paths, n_items)))
    }

    fn len(&self) -> usize {
        match self {
            Items::Images(paths) => paths.len(),
            Items::Texts(texts) => texts.len(),
        }
    }
}

fn spread<T>(items: Vec<T>, n: usize) -> Vec<T> {
    let (len, n) = (items.len(), n.min(items.len()));
    let is_kept = |at: &usize| (at * n) / len != ((at + 1) * n) / len;
    items.into_iter().enumerate().filter(|it| is_kept(&it.0)).map(|it| it.1).collect()
}

/// One set, imported into a project and described for the peer.
struct Case<'a> {
    set: &'a Set,
    items: Items,
    peer: [&'a String; 2],
    annota: String,
    folder: PathBuf,
    job: Value,
}

impl Case<'_> {
    fn new<'a>(set: &'a Set, items: Items, peer: [&'a String; 2]) -> Result<Case<'a>, Failure> {
        let folder = Path::new(WORK).join(set.name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let job = job(set, &items, &folder)?;
        let annota = env::var("ANNOTA")?;
        let case = Case { set, items, peer, annota, folder, job };
        case.import()?;
        Ok(case)
    }

    /// Imports the items into a new project.
    fn import(&self) -> Result<(), Failure> {
        let data = match &self.items {
            Items::Images(paths) => {
                let data = self.folder.join("data");
                fs::create_dir_all(&data)?;
                for (number, path) in paths.iter().enumerate() {
                    fs::copy(path, data.join(format!("{number:06}.jpg")))?;
                }
                data
            }
            Items::Texts(texts) => {
                let data = self.folder.join("data.csv");
                let mut writer = csv::Writer::from_path(&data)?;
                writer.write_record(["text"])?;
                for text in texts {
                    writer.write_record([text])?;
                }
                writer.flush()?;
                data
            }
        };
        let project = self.folder.join("project");
        self.annota(
            &["init".as_ref(), project.as_os_str(), "--model".as_ref(), self.set.model.as_ref()],
            "rten",
        )?;
        self.annota(&["import".as_ref(), data.as_os_str()], "rten")
    }

    fn annota(&self, arguments: &[&std::ffi::OsStr], runtime: &str) -> Result<(), Failure> {
        let mut command = Command::new(&self.annota);
        command.args(arguments).arg("--quiet").env("ANNOTA_RUNTIME", runtime);
        if arguments[0] != "init" {
            command.arg("--project").arg(self.folder.join("project"));
        }
        let status = command.stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
    }

    /// Seconds from the files to the stored embeddings, by the clock and of the
    /// processor.
    fn seconds(&self, way: &str) -> Result<[f64; 2], Failure> {
        if matches!(way, "onnxruntime" | "rten") {
            let _ = fs::remove_dir_all(self.folder.join("project/matrices"));
            let (start, cpu) = (Instant::now(), cpu_seconds(true));
            self.annota(&["embed".as_ref()], way)?;
            let seconds = start.elapsed().as_secs_f64();
            let cpu = cpu_seconds(true).zip(cpu).map_or(f64::NAN, |(end, start)| end - start);
            return Ok([seconds, cpu]);
        }
        let mut job = self.job.clone();
        job["way"] = way.into();
        let path = self.folder.join("job.json");
        fs::write(&path, job.to_string())?;
        let output =
            Command::new(self.peer[0]).args([self.peer[1].as_ref(), path.as_os_str()]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let answer: Value = serde_json::from_slice(&output.stdout)?;
        let told = |name: &str| answer[name].as_f64().ok_or("the peer told no time");
        Ok([told("seconds")?, told("cpu_seconds")?])
    }

    /// The lowest cosine between our embedding and the peer's.
    fn cosine(&self) -> Result<f64, Failure> {
        let file = BufReader::new(File::open(self.folder.join("peer.npy"))?);
        let theirs: Vec<f32> = npyz::NpyFile::new(file)?.into_vec()?;
        let embedder = annota_model::load(&ModelSpec::parse(self.set.model)?)?;
        let n_compared = N_COMPARED.min(self.items.len());
        let bytes: Vec<Vec<u8>> = match &self.items {
            Items::Images(paths) => {
                paths[..n_compared].iter().map(fs::read).collect::<Result<_, _>>()?
            }
            Items::Texts(texts) => texts[..n_compared].iter().map(|it| it.clone().into()).collect(),
        };
        let inputs: Vec<Input<'_>> = match &self.items {
            Items::Images(_) => bytes.iter().map(|it| Input::Image(it)).collect(),
            Items::Texts(texts) => texts[..n_compared].iter().map(|it| Input::Text(it)).collect(),
        };
        let mut lowest = 1.0_f64;
        for (ours, theirs) in embedder.embed(&inputs).into_iter().zip(theirs.chunks(embedder.dim()))
        {
            let ours = ours.map_err(|it| it.to_string())?;
            let product = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
            };
            let norms = product(&ours, &ours) * product(theirs, theirs);
            lowest = lowest.min(product(&ours, theirs) / norms.sqrt());
        }
        Ok(lowest)
    }

    fn report(&self, seconds: &[Vec<[f64; 2]>; WAYS.len()]) -> Result<(), Failure> {
        let n_items = self.items.len() as f64;
        let rates = seconds.each_ref().map(|it| n_items / median(it.iter().map(|it| it[0])));
        let [ours, plain, rten, threaded] = rates;
        let cpu = seconds.each_ref().map(|it| median(it.iter().map(|it| it[1])));
        let cpu_ratio = cpu[1] / cpu[0];
        let cosine = self.cosine()?;
        eprintln!(
            "{:14}{ours:>12.1}{rten:>8.1}{plain:>8.1}{threaded:>10.1}{:>8.2}{cpu_ratio:>11.2}{cosine:>8.4}",
            self.set.name,
            ours / plain
        );
        let unit = if self.job.get("images").is_some() { "images/s" } else { "sentences/s" };
        let line = json!({
            "bench": "embed", "set": self.set.name, "model": self.set.model, "unit": unit,
            "ours": rounded(ours), "peer": rounded(plain), "ratio": rounded(ours / plain),
            "ours_rten": rounded(rten), "peer_threaded": rounded(threaded),
            "ratio_threaded": rounded(ours / threaded), "cpu_ratio": rounded(cpu_ratio),
            "cosine": cosine,
            "items": self.items.len(), "rounds": seconds[0].len(),
        });
        println!("{line}");
        Ok(())
    }
}

/// What the peer is told: the network that comes with the program, as files.
fn job(set: &Set, items: &Items, folder: &Path) -> Result<Value, Failure> {
    let spec = ModelSpec::parse(set.model)?;
    let entry = catalogue::find(&spec.name)?;
    let files = bundled::files(&spec.name)?.ok_or("a network that comes with the program")?;
    let onnx = folder.join("network.onnx");
    fs::write(&onnx, files.onnx)?;
    let mut job = json!({
        "onnx": onnx, "output": entry.output, "out": folder.join("peer.npy"),
    });
    match items {
        Items::Images(paths) => {
            let image = entry.image.ok_or("a network that reads pictures")?;
            job["images"] = json!(paths);
            job["size"] = spec.input_size.unwrap_or(image.size).into();
            job["mean"] = json!(image.mean);
            job["std"] = json!(image.std);
        }
        Items::Texts(texts) => {
            let text = entry.text.ok_or("a network that reads texts")?;
            let (tokenizer, list) = (folder.join("tokenizer.json"), folder.join("texts.json"));
            fs::write(&tokenizer, files.tokenizer.ok_or("a network with a tokenizer")?)?;
            fs::write(&list, json!(texts).to_string())?;
            job["texts"] = json!(list);
            job["tokenizer"] = json!(tokenizer);
            job["max_tokens"] = text.max_tokens.into();
            job["prefix"] = text.prefix.into();
        }
    }
    Ok(job)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn rounded(it: f64) -> f64 {
    (1e3 * it).round() / 1e3
}
