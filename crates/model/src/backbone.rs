//! A pretrained network as an [`Embedder`].
//!
//! Workers run side by side, one per core, each with a session of its own on
//! one thread and each doing everything for its items: decode, scale, run. So
//! all cores are busy without a queue between them, and since an item never
//! shares a run with another, its embedding cannot depend on its neighbours.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use annota_core::{
    diagnostic::Diagnostic,
    item::{ContentHash, Media},
    model::{Embedder, Input},
};
use fast_image_resize::Resizer;

use crate::{
    Error, ModelSpec,
    bundled::Files,
    catalogue::{self, Entry, Pooling},
    image::{self, Preparation},
    onnx_file,
    runtime::{self, Graph, Input as GraphInput, Output, Runtime, Session, Values},
    text::Reader,
};

/// Weights that all sessions of one network may take together.
const MAX_WEIGHTS_SIZE: usize = 2 << 30;

/// A network, its preprocessing and the sessions that run it.
pub struct Backbone {
    id: String,
    media: Media,
    dim: usize,
    network: Network,
    preparation: Prepared,
}

enum Prepared {
    Image(Box<Preparation>),
    Text(Box<Reader>),
}

/// The graph with its sessions, which are made when a worker first needs one.
struct Network {
    name: String,
    graph: Graph,
    sessions: Vec<OnceLock<Result<Box<dyn Session>, String>>>,
    n_threads: usize,
    output: String,
    pooling: Pooling,
}

impl Backbone {
    /// Loads the model that `spec` names and runs it once.
    ///
    /// # Errors
    ///
    /// See [`crate::load`].
    pub fn load(spec: &ModelSpec) -> Result<Backbone, Error> {
        Backbone::from_entry(&catalogue::find(&spec.name)?, spec)
    }

    fn from_entry(entry: &Entry, spec: &ModelSpec) -> Result<Backbone, Error> {
        Backbone::from_files(entry, &catalogue::files(entry)?, spec)
    }

    /// The model that `entry` describes, from files that need not be kept yet.
    pub(crate) fn from_files(
        entry: &Entry,
        files: &Files,
        spec: &ModelSpec,
    ) -> Result<Backbone, Error> {
        let runtime = runtime::select(spec.runtime)?;
        let size = input_size(entry, spec)?;
        let id = identity(entry, files, size, runtime);
        let preparation = match (&entry.image, &entry.text, &files.tokenizer) {
            (Some(image), _, _) => Prepared::Image(Box::new(Preparation::new(image, size))),
            (None, Some(text), Some(json)) => {
                Prepared::Text(Box::new(Reader::new(&entry.name, json, text)?))
            }
            _ => return Err(Error::NotPulled { name: entry.name.clone() }),
        };
        let network = Network::new(entry, runtime, &files.onnx)?;
        let mut backbone = Backbone { id, media: entry.media(), dim: 0, network, preparation };
        backbone.dim = backbone.trial(entry, runtime)?;
        Ok(backbone)
    }

    /// Runs the network on nothing in particular, so that what cannot run is
    /// told before any item is read. Gives the length of an embedding.
    fn trial(&self, entry: &Entry, runtime: Runtime) -> Result<usize, Error> {
        let failed = |reason: String| Error::Runtime {
            runtime: runtime.name(),
            model: entry.name.clone(),
            reason,
        };
        let embedding = match &self.preparation {
            Prepared::Image(preparation) => {
                self.network.run_pixels(0, preparation, &vec![0.0; preparation.len()])
            }
            Prepared::Text(reader) => {
                reader.read("a").and_then(|ids| self.network.run_tokens(0, &ids))
            }
        };
        let dim = embedding.map_err(failed)?.len();
        match entry.dim {
            Some(expected) if expected != dim => {
                Err(failed(format!("embeddings have length {dim}, expected {expected}")))
            }
            _ if dim == 0 => Err(failed("embeddings are empty".to_owned())),
            _ => Ok(dim),
        }
    }

    fn embed_one(
        &self,
        worker: usize,
        resizer: &mut Resizer,
        input: &Input<'_>,
    ) -> Result<Vec<f32>, Diagnostic> {
        let failed =
            |reason: String| Diagnostic::new("", format!("{} failed: {reason}", self.network.name));
        let embedding = match (&self.preparation, input) {
            (Prepared::Image(preparation), Input::Image(bytes)) => {
                let pixels = image::decode(bytes)?;
                let mut values = Vec::with_capacity(preparation.len());
                image::prepare(&pixels, preparation, resizer, &mut values);
                self.network.run_pixels(worker, preparation, &values)
            }
            (Prepared::Text(reader), Input::Text(text)) => {
                reader.read(text).and_then(|ids| self.network.run_tokens(worker, &ids))
            }
            (Prepared::Image(_), Input::Text(_)) => Err("it reads pictures, not texts".to_owned()),
            (Prepared::Text(_), Input::Image(_)) => Err("it reads texts, not pictures".to_owned()),
        };
        let embedding = embedding.map_err(failed)?;
        if embedding.len() != self.dim || !embedding.iter().all(|it| it.is_finite()) {
            return Err(failed("its output is not finite".to_owned()));
        }
        Ok(embedding)
    }
}

impl Embedder for Backbone {
    fn id(&self) -> &str {
        &self.id
    }

    fn media(&self) -> Media {
        self.media
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn batch_len(&self) -> usize {
        let per_worker = if self.media == Media::Image { 32 } else { 128 };
        per_worker * self.network.sessions.len()
    }

    fn n_cut(&self) -> u64 {
        match &self.preparation {
            Prepared::Image(_) => 0,
            Prepared::Text(reader) => reader.n_cut(),
        }
    }

    fn embed(&self, inputs: &[Input<'_>]) -> Vec<Result<Vec<f32>, Diagnostic>> {
        let next = AtomicUsize::new(0);
        let order = longest_first(inputs);
        let work = |worker: usize| {
            let mut resizer = Resizer::new();
            let mut done = Vec::new();
            while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let embedded = self.embed_one(worker, &mut resizer, &inputs[at]);
                let place = |it: Diagnostic| Diagnostic { place: format!("input {at}"), ..it };
                done.push((at, embedded.map_err(place)));
            }
            done
        };
        let n_workers = self.network.sessions.len().min(inputs.len());
        let mut done: Vec<_> = thread::scope(|scope| {
            let work = &work;
            let workers: Vec<_> =
                (0..n_workers).map(|worker| scope.spawn(move || work(worker))).collect();
            workers
                .into_iter()
                .flat_map(|it| it.join().expect("a worker catches what it calls"))
                .collect()
        });
        done.sort_by_key(|it| it.0);
        done.into_iter().map(|it| it.1).collect()
    }
}

/// Positions of `inputs`, long ones first, so that no worker is left alone with
/// one at the end.
fn longest_first(inputs: &[Input<'_>]) -> Vec<usize> {
    let size = |at: &usize| match inputs[*at] {
        Input::Image(bytes) => bytes.len(),
        Input::Text(text) => text.len(),
    };
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(size(at)));
    order
}

/// The input size that `spec` asks for, if the model reads it; 0 for texts.
fn input_size(entry: &Entry, spec: &ModelSpec) -> Result<u32, Error> {
    let bad = |size: u32, reason: String| {
        Err(Error::BadInputSize { name: entry.name.clone(), size, reason })
    };
    match (&entry.image, spec.input_size) {
        (None, None) => Ok(0),
        (None, Some(size)) => bad(size, "it reads texts".to_owned()),
        (Some(image), None) => Ok(image.size),
        (Some(image), Some(size)) => match image.step {
            _ if size == image.size => Ok(size),
            Some(step) if size.is_multiple_of(step) => Ok(size),
            Some(step) => bad(size, format!("sizes are multiples of {step}")),
            None => bad(size, format!("its size is {}", image.size)),
        },
    }
}

/// Counts the ways in which pictures have been scaled: embeddings of an earlier
/// one do not compare with today's.
const SCALING_VERSION: u32 = 2;

/// Name, and a hash of the weights and of everything else that changes results.
fn identity(entry: &Entry, files: &Files, size: u32, runtime: Runtime) -> String {
    let tokenizer = files.tokenizer.as_deref().map(ContentHash::of);
    let described = format!(
        "{} {tokenizer:?} {:?} {:?} {} {:?}",
        ContentHash::of(&files.onnx),
        entry.image.as_ref().map(|it| (SCALING_VERSION, it)),
        entry.text,
        entry.output,
        entry.pooling
    );
    let hash = ContentHash::of(described.as_bytes()).to_string();
    let size = if size == 0 { String::new() } else { format!("@{size}") };
    format!("{}{size}+{runtime}+{}", entry.name, &hash[..16])
}

impl Network {
    fn new(entry: &Entry, runtime: Runtime, onnx: &[u8]) -> Result<Network, Error> {
        let failed = |reason: String| Error::Runtime {
            runtime: runtime.name(),
            model: entry.name.clone(),
            reason,
        };
        let (onnx, output) = onnx_file::cut(onnx, &entry.output).map_err(failed)?;
        // Sessions of onnxruntime have their own copy of the weights: of large
        // networks there are fewer, with more threads each.
        let n_cores = rayon::current_num_threads();
        let n_copies = (MAX_WEIGHTS_SIZE / onnx.len().max(1)).clamp(1, n_cores);
        let n_sessions = if runtime == Runtime::Rten { n_cores } else { n_copies };
        let network = Network {
            name: entry.name.clone(),
            graph: Graph::read(runtime, &entry.name, onnx)?,
            sessions: (0..n_sessions).map(|_| OnceLock::new()).collect(),
            n_threads: n_cores.div_ceil(n_sessions),
            output,
            pooling: entry.pooling,
        };
        Ok(network)
    }

    fn session(&self, worker: usize) -> Result<&dyn Session, String> {
        let make = || self.graph.session(self.n_threads).map_err(|e| e.to_string());
        self.sessions[worker].get_or_init(make).as_deref().map_err(Clone::clone)
    }

    /// The embedding of one prepared picture, shape `[3, size, size]`.
    fn run_pixels(
        &self,
        worker: usize,
        preparation: &Preparation,
        pixels: &[f32],
    ) -> Result<Vec<f32>, String> {
        let session = self.session(worker)?;
        let name = session.inputs().first().ok_or("it has no input")?;
        let size = preparation.size() as usize;
        let input = GraphInput { name, shape: &[1, 3, size, size], values: Values::F32(pixels) };
        let output = session.run(&[input], &[&self.output])?;
        pool(output, self.pooling)
    }

    /// The embedding of one text, from its token ids.
    fn run_tokens(&self, worker: usize, ids: &[i64]) -> Result<Vec<f32>, String> {
        let session = self.session(worker)?;
        let shape = [1, ids.len()];
        let (ones, zeros) = (vec![1; ids.len()], vec![0; ids.len()]);
        let inputs: Vec<GraphInput<'_>> = session
            .inputs()
            .iter()
            .map(|name| {
                let values = match name.as_str() {
                    "attention_mask" => &ones,
                    "token_type_ids" => &zeros,
                    _ => ids,
                };
                GraphInput { name, shape: &shape, values: Values::I64(values) }
            })
            .collect();
        let output = session.run(&inputs, &[&self.output])?;
        pool(output, self.pooling)
    }
}

/// One vector from the output of a run on one item without padding.
fn pool(outputs: Vec<Output>, pooling: Pooling) -> Result<Vec<f32>, String> {
    let Output { shape, values } = outputs.into_iter().next().ok_or("it has no output")?;
    match (pooling, shape.as_slice()) {
        (Pooling::None, [1, dim]) | (Pooling::None | Pooling::Mean, [1, dim, 1, 1]) => {
            Ok(values[..*dim].to_vec())
        }
        (Pooling::First, [1, tokens, dim]) if 0 < *tokens => Ok(values[..*dim].to_vec()),
        (Pooling::Mean, [1, tokens, dim]) if 0 < *tokens => {
            let mut mean = vec![0.0; *dim];
            for token in values.chunks_exact(*dim) {
                mean.iter_mut().zip(token).for_each(|(mean, it)| *mean += it / *tokens as f32);
            }
            Ok(mean)
        }
        (Pooling::Mean, [1, _, height, width]) if 0 < height * width => {
            let places = height * width;
            let mean = |it: &[f32]| it.iter().sum::<f32>() / places as f32;
            Ok(values.chunks_exact(places).map(mean).collect())
        }
        _ => Err(format!("its output has shape {shape:?}, which {pooling:?} pooling cannot use")),
    }
}
