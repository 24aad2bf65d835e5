//! `annota models list | pull | add`.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use annota_engine::{Error, Watch};
use annota_model::{
    catalogue::{self, Entry, Fit, ImagePreparation, Pooling, Presence, TextPreparation},
    doctor, pull,
};
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::{
    problem::Problem,
    report::{Align, Report, table},
    session::{Finish, Session},
};

/// How often a download is asked whether the user wants to stop.
const POLL: Duration = Duration::from_millis(100);

/// List the networks that embed items, fetch one, or add your own.
///
/// Those called `bundled` are part of the program and need no network.
#[derive(Args, Debug)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List every network that can be named with `--model`
    List,
    /// Fetch a network of the catalogue from the Hugging Face hub, or the mirror that HF_ENDPOINT
    /// names; a broken download resumes, and its sha256 is checked
    Pull(PullArgs),
    Add(Box<AddArgs>),
}

#[derive(Args, Debug)]
struct PullArgs {
    /// Name in the catalogue
    #[arg(value_name = "NAME")]
    name: String,
}

/// Add an ONNX file of your own.
///
/// A network reads pictures, or with `--tokenizer` texts; it is tried before it
/// is kept, in place of one of the same name. Files that can carry code
/// (pickles: `.pt`, `.pth`, `.bin`, `.ckpt`; Keras) are refused.
#[derive(Args, Debug)]
struct AddArgs {
    /// The ONNX file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name to load it by [default: the file's, without extension]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Name of the output that holds the embedding [default: the first]
    #[arg(long, value_name = "NAME", default_value = "")]
    output: String,
    /// How that output becomes one vector
    #[arg(long, value_enum, default_value_t = PoolingName::None)]
    pooling: PoolingName,
    /// Side of the input in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 224)]
    input_size: u32,
    /// Mean by channel, of values in [0, 1]
    #[arg(
        long,
        value_name = "R,G,B",
        value_delimiter = ',',
        num_args = 1,
        default_value = "0.485,0.456,0.406"
    )]
    mean: Vec<f32>,
    /// Standard deviation by channel, of values in [0, 1]
    #[arg(
        long,
        value_name = "R,G,B",
        value_delimiter = ',',
        num_args = 1,
        default_value = "0.229,0.224,0.225"
    )]
    std: Vec<f32>,
    /// How a picture that is not square becomes one
    #[arg(long, value_enum, default_value_t = FitName::Squash)]
    fit: FitName,
    /// The tokenizer.json of a network that reads texts
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Tokens of a text that are read
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_tokens: usize,
    /// What is put before every text
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Licence of the weights, as an SPDX expression
    #[arg(long, value_name = "SPDX", default_value = "LicenseRef-unknown")]
    licence: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PoolingName {
    /// It is one already
    None,
    /// The first token
    First,
    /// The mean over tokens, or over the places of a feature map
    Mean,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FitName {
    /// Both sides are scaled: nothing is lost at the edges
    Squash,
    /// The middle is cut out: shapes are kept
    Crop,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    reads: &'static str,
    dim: Option<usize>,
    presence: &'static str,
    licence: String,
    about: String,
    repository: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct AllListed(Vec<Listed>);

impl Report for AllListed {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let row = |it: &Listed| {
            let dim = it.dim.map_or_else(|| "?".to_owned(), |it| it.to_string());
            vec![
                it.name.clone(),
                it.reads.to_owned(),
                dim,
                it.presence.to_owned(),
                it.licence.clone(),
                it.about.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = self.0.iter().map(row).collect();
        let head = [
            ("name", Align::Left),
            ("reads", Align::Left),
            ("dim", Align::Right),
            ("where", Align::Left),
            ("licence", Align::Left),
            ("about", Align::Left),
        ];
        out.write_all(table(&head, &rows).as_bytes())
    }
}

/// A network that is now on this machine.
#[derive(Serialize)]
struct Ready {
    name: String,
}

impl Report for Ready {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "ready: `--model {}`", self.name)
    }
}

pub(crate) fn run(args: ModelsArgs, session: &Session) -> anyhow::Result<Finish> {
    match args.command {
        ModelsCommand::List => list(session),
        ModelsCommand::Pull(args) => fetch(args, session),
        ModelsCommand::Add(args) => add(&args, session),
    }
}

fn list(session: &Session) -> anyhow::Result<Finish> {
    let listed = catalogue::list()?.into_iter().map(|(entry, presence)| Listed {
        reads: entry.media().plural(),
        presence: match presence {
            Presence::Bundled => "bundled",
            Presence::Present => "here",
            Presence::Absent => "to pull",
        },
        name: entry.name,
        dim: entry.dim,
        licence: entry.licence,
        about: entry.about,
        repository: entry.hub.map(|it| it.repo),
    });
    session.print(&AllListed(listed.collect()))?;
    Ok(Finish::Done)
}

/// What arrives is received on a thread of its own, so that a stop does not wait
/// for a server that no longer answers; [`pull`] goes on wherever it was left.
fn fetch(args: PullArgs, session: &Session) -> anyhow::Result<Finish> {
    let (tell, told) = mpsc::channel();
    let name = args.name.clone();
    let pulling = thread::spawn(move || {
        pull(&name, &mut |it| {
            // Nobody listens any more once the user asked to stop.
            let _ = tell.send((it.size_done, it.size));
        })
    });
    loop {
        match told.recv_timeout(POLL) {
            Ok((size_done, size)) => session.progress.progress("pull", size_done, size),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if session.progress.interrupted() {
            return Err(Error::Interrupted.into());
        }
    }
    pulling.join().expect("a download that fails says so")?;
    session.print(&Ready { name: args.name })?;
    Ok(Finish::Done)
}

fn add(args: &AddArgs, session: &Session) -> anyhow::Result<Finish> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => args.file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let is_text = args.tokenizer.is_some();
    let entry = Entry {
        about: format!("added from {}", args.file.display()),
        licence: args.licence.clone(),
        output: args.output.clone(),
        pooling: match args.pooling {
            PoolingName::None => Pooling::None,
            PoolingName::First => Pooling::First,
            PoolingName::Mean => Pooling::Mean,
        },
        dim: None,
        image: if is_text { None } else { Some(image_preparation(args)?) },
        text: is_text
            .then(|| TextPreparation { max_tokens: args.max_tokens, prefix: args.prefix.clone() }),
        hub: None,
        name: name.clone(),
    };
    let cannot = || format!("cannot add `{}`", args.file.display());
    let files = catalogue::read(&args.file, &entry, args.tokenizer.as_deref());
    let files = files.with_context(cannot)?;
    doctor::try_out(&entry, &files).with_context(|| cannot() + ": it does not run")?;
    catalogue::add(&entry, &files).with_context(cannot)?;
    session.print(&Ready { name })?;
    Ok(Finish::Done)
}

fn image_preparation(args: &AddArgs) -> Result<ImagePreparation, Problem> {
    Ok(ImagePreparation {
        size: args.input_size,
        step: None,
        mean: channels("--mean", &args.mean)?,
        std: channels("--std", &args.std)?,
        fit: match args.fit {
            FitName::Squash => Fit::Squash,
            FitName::Crop => Fit::Crop,
        },
        short_side: None,
    })
}

fn channels(flag: &str, values: &[f32]) -> Result<[f32; 3], Problem> {
    values.try_into().map_err(|_| {
        Problem::new(format!("`{flag}` needs a value for each of three channels"))
            .found(values.len().to_string())
            .help(format!("write `{flag} 0.5,0.5,0.5`"))
    })
}
