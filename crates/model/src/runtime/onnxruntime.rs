//! onnxruntime, when its shared library is on the machine.
//!
//! The library is looked for where people have it: named in `ANNOTA_ORT_LIB`,
//! next to the program, in the cache folder, in Python's site-packages, in
//! npm's global packages, in the system. Never in the working directory, which
//! may be a data set from somewhere: loading a library runs its code.

use std::{
    borrow::Cow,
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{Session as OrtSession, SessionInputValue, builder::GraphOptimizationLevel},
    value::TensorRef,
};

use super::{Input, Output, Session, Values};
use crate::{Error, catalogue};

/// The shared library in use.
#[derive(Clone, Debug)]
pub struct Library {
    /// Where it was found.
    pub path: PathBuf,
    /// Its version, as far as it tells.
    pub version: String,
}

struct Loaded {
    library: Library,
    environment: Environment,
}

/// The library of onnxruntime, found and loaded once per process.
///
/// # Errors
///
/// [`Error::NoRuntime`] with the places that were tried.
pub fn library() -> Result<&'static Library, Error> {
    loaded().map(|it| &it.library)
}

/// `init_from` must come before anything else of `ort`: without it a missing
/// library can hang the first session.
fn loaded() -> Result<&'static Loaded, Error> {
    static LOADED: OnceLock<Result<Loaded, String>> = OnceLock::new();
    LOADED.get_or_init(|| first_that_loads(&candidates())).as_ref().map_err(|reason| {
        Error::NoRuntime {
            runtime: "onnxruntime",
            reason: reason.clone(),
            help: "install it with `pip install onnxruntime`, or name the shared library in \
                   ANNOTA_ORT_LIB"
                .to_owned(),
        }
    })
}

fn first_that_loads(candidates: &[PathBuf]) -> Result<Loaded, String> {
    let mut failures = Vec::new();
    for path in candidates {
        let environment = ort::init_from(path)
            .map_err(|e| e.to_string())
            .and_then(|it| it.with_telemetry(false).build().map_err(|e| e.to_string()));
        match environment {
            Ok(environment) => {
                let library = Library { path: path.clone(), version: version(path) };
                return Ok(Loaded { library, environment });
            }
            Err(reason) => failures.push(reason),
        }
    }
    if failures.is_empty() {
        failures.push("no shared library was found".to_owned());
    }
    Err(failures.join("; "))
}

/// The version in the library's build information, else in its file name.
fn version(path: &Path) -> String {
    let digits = |text: &str| -> String {
        text.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect()
    };
    let from_build = ort::info().split_once("git-branch=rel-").map(|it| digits(it.1));
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let from_name = name.split_once(".so.").map(|it| digits(it.1));
    from_build.or(from_name).unwrap_or_else(|| "of unknown version".to_owned())
}

/// Shared libraries to try, in order.
fn candidates() -> Vec<PathBuf> {
    if let Some(path) = env::var_os("ANNOTA_ORT_LIB") {
        return vec![path.into()];
    }
    folders().iter().flat_map(|it| libraries_in(it)).collect()
}

fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_library = |name: &str| {
        name.starts_with("libonnxruntime.so")
            || (name.starts_with("libonnxruntime") && name.ends_with(".dylib"))
            || name == "onnxruntime.dll"
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|it| is_library(&it.file_name().to_string_lossy()))
        .map(|it| it.path())
        .collect();
    found.sort();
    found
}

fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(beside) = env::current_exe().ok().as_deref().and_then(Path::parent) {
        folders.push(beside.to_owned());
        folders.push(beside.join("lib"));
        let ancestors = beside.ancestors().map(|it| it.join("node_modules"));
        folders.extend(ancestors.flat_map(|it| node_package(&it)));
    }
    if let Ok(cache) = catalogue::cache_folder() {
        folders.push(cache.join("onnxruntime"));
    }
    for prefix in python_prefixes() {
        folders.extend(site_packages(&prefix).map(|it| it.join("onnxruntime").join("capi")));
    }
    for root in ["/usr/lib/node_modules", "/usr/local/lib/node_modules"] {
        folders.extend(node_package(Path::new(root)));
    }
    let system = ["/usr/local/lib", "/usr/lib", "/usr/lib/x86_64-linux-gnu"];
    folders.extend(system.into_iter().chain(["/usr/lib/aarch64-linux-gnu"]).map(PathBuf::from));
    folders
}

/// Roots of Python installations: the active environment first.
fn python_prefixes() -> Vec<PathBuf> {
    let variables = ["VIRTUAL_ENV", "CONDA_PREFIX"];
    let active = variables.into_iter().filter_map(env::var_os).map(PathBuf::from);
    let home = env::home_dir().map(|it| it.join(".local"));
    active.chain(home).chain(["/usr/local".into(), "/usr".into()]).collect()
}

fn site_packages(prefix: &Path) -> impl Iterator<Item = PathBuf> {
    let windows = prefix.join("Lib").join("site-packages");
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions
        .filter(|it| it.file_name().to_string_lossy().starts_with("python3"))
        .map(|it| it.path())
        .collect();
    versions.sort();
    let kinds = ["site-packages", "dist-packages"];
    let unix = versions.into_iter().rev().flat_map(move |it| kinds.map(|kind| it.join(kind)));
    unix.chain([windows])
}

/// Folders of the npm package `onnxruntime-node` for this platform.
fn node_package(node_modules: &Path) -> Vec<PathBuf> {
    let system = match env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let machine = if env::consts::ARCH == "x86_64" { "x64" } else { "arm64" };
    let bin = node_modules.join("onnxruntime-node").join("bin");
    let versions = fs::read_dir(bin).into_iter().flatten().flatten();
    versions.map(|it| it.path().join(system).join(machine)).collect()
}

/// A session over the ONNX file in `onnx`.
pub(super) fn session(onnx: &[u8], n_threads: usize) -> Result<Box<dyn Session>, String> {
    let environment = &loaded().map_err(|e| e.to_string())?.environment;
    let session = open(environment, onnx, n_threads).map_err(|e| e.to_string())?;
    let inputs = session.inputs().iter().map(|it| it.name().to_owned()).collect();
    let outputs = session.outputs().iter().map(|it| it.name().to_owned()).collect();
    Ok(Box::new(Locked { inputs, outputs, session: Mutex::new(session) }))
}

fn open(environment: &Environment, onnx: &[u8], n_threads: usize) -> ort::Result<OrtSession> {
    OrtSession::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_intra_threads(n_threads)?
        .with_log_level(LogLevel::Error)?
        .commit_from_memory(onnx)
}

struct Locked {
    inputs: Vec<String>,
    outputs: Vec<String>,
    session: Mutex<OrtSession>,
}

impl Session for Locked {
    fn inputs(&self) -> &[String] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn run(&self, inputs: &[Input<'_>], outputs: &[&str]) -> Result<Vec<Output>, String> {
        // A panic inside a run leaves no state behind, so the session is usable.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        run(&mut session, inputs, outputs).map_err(|e| e.to_string())
    }
}

fn run(
    session: &mut OrtSession,
    inputs: &[Input<'_>],
    outputs: &[&str],
) -> ort::Result<Vec<Output>> {
    let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
    for input in inputs {
        let value: SessionInputValue<'_> = match input.values {
            Values::F32(it) => TensorRef::from_array_view((input.shape.to_vec(), it))?.into(),
            Values::I64(it) => TensorRef::from_array_view((input.shape.to_vec(), it))?.into(),
        };
        values.push((input.name.into(), value));
    }
    let results = session.run(values)?;
    outputs
        .iter()
        .map(|name| {
            let value = results
                .get(name)
                .ok_or_else(|| ort::Error::new(format!("no output is called `{name}`")))?;
            let (shape, values) = value.try_extract_tensor::<f32>()?;
            let shape = shape.iter().map(|&it| it as usize).collect();
            Ok(Output { shape, values: values.to_vec() })
        })
        .collect()
}
