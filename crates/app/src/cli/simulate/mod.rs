//! `annota simulate`.

mod cache;
mod curve;
mod outcome;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use annota_core::{
    acquire::Strategy,
    certify::Goal,
    head::{class_model::ClassModel, prepared::Prepared},
    item::ItemId,
    label::ClassId,
    matrix::Embeddings,
    pool::Row,
};
use annota_engine::{
    Error, Watch,
    project::Project,
    simulate::{SimulateConfig, simulate},
    working_set::WorkingSet,
};
use anyhow::Context;
use clap::Args;

use self::outcome::{Replayed, Simulated};
use crate::{
    cli::shared::{DataArgs, GoalArgs, WAIT, rate, strategy},
    oracle, plot,
    problem::Problem,
    report::count,
    session::{Finish, Session},
};

/// Replay a labelled set: what would it have cost, and was the certificate true?
///
/// The labels that came with the data answer every question. Prints, per seed
/// and as a mean, the answers that people would have given (training,
/// calibration, audit, left to people), the true error, the coverage, and
/// whether there was a certificate and it held. With a budget that is spent
/// before anything is shown, only what was answered is labelled. Embeddings are
/// kept between runs in the folder `simulate` of the cache: ANNOTA_CACHE, else
/// the user's cache folder (XDG_CACHE_HOME); `annota doctor` names it.
#[derive(Args, Debug)]
pub(crate) struct SimulateArgs {
    /// A labelled set: class folders, CSV, TSV, JSONL, Parquet [default: the project]
    #[arg(value_name = "PATH")]
    data: Option<PathBuf>,
    /// Names and labels in a file of their own, CSV, TSV or JSONL
    #[arg(long, value_name = "FILE")]
    gold: Option<PathBuf>,
    #[command(flatten)]
    goal: GoalArgs,
    /// How many runs, with the seeds 0, 1, …
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Query strategies to compare; see `annota strategies` [default: the policy]
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = strategy)]
    strategy: Vec<Strategy>,
    /// The most answers of one run [default: as many as it takes]
    #[arg(long, value_name = "N")]
    budget: Option<u32>,
    /// Share of answers that are wrong
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = rate)]
    oracle_noise: f64,
    /// Network that embeds the items [default: chosen by the content]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Folder for `simulate.json` and costs and learning curves as SVG and PNG
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    read: DataArgs,
}

pub(crate) fn run(args: &SimulateArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = project(args, session)?;
    let gold = gold(args, &project, session)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    let labelled = Labelled::new(&set, &gold, session)?;
    let goal = args.goal.or(project.config().labelling.goal);
    let simulated = replay(args, goal, &set, &labelled, session)?;
    if let Some(folder) = &args.out {
        write_files(folder, &simulated)?;
    }
    session.print(&simulated)?;
    Ok(Finish::Done)
}

/// The project to replay: a cached one of the data, or the one named.
fn project(args: &SimulateArgs, session: &Session) -> anyhow::Result<Project> {
    let in_project = session.project_folder();
    let (data, gold) = match (&args.data, &args.gold, in_project) {
        (Some(data), gold, _) => (data, gold.as_deref()),
        (None, _, Ok(folder)) => return Ok(Project::open(&folder, WAIT)?),
        // A gold file without a project holds the items as well.
        (None, Some(file), Err(_)) => (file, None),
        (None, None, Err(error)) => return Err(error),
    };
    cache::project(data, gold, args.model.as_deref(), &args.read, session)
}

/// The class of every item that has one.
fn gold(
    args: &SimulateArgs,
    project: &Project,
    session: &Session,
) -> anyhow::Result<HashMap<ItemId, ClassId>> {
    let names = project.store().item_names()?;
    match &args.gold {
        Some(file) if args.data.is_some() || names.iter().all(|it| !is_from(&it.name, file)) => {
            let fields = oracle::fields(&args.read);
            Ok(oracle::read_answers(file, fields, project, session)?.classes)
        }
        _ => oracle::imported_gold(project),
    }
}

/// Whether an item is a line of `file`: `reviews.csv:87`.
fn is_from(name: &str, file: &Path) -> bool {
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    name.strip_prefix(&*file).is_some_and(|it| it.starts_with(':'))
}

/// The part of a pool whose classes are known.
struct Labelled {
    embeddings: Arc<Embeddings>,
    gold: Vec<ClassId>,
    prepared: Arc<Prepared>,
}

impl Labelled {
    fn new(
        set: &WorkingSet,
        gold: &HashMap<ItemId, ClassId>,
        session: &Session,
    ) -> anyhow::Result<Labelled> {
        let rows: Vec<(Row, ClassId)> = (0..set.n_rows())
            .map(Row)
            .filter_map(|row| Some((row, *gold.get(&set.item(row))?)))
            .collect();
        if rows.len() < 2 {
            return Err(Problem::new("there are no labels to replay")
                .help("name the field that holds them, with `--label-field`, or a file, with `--gold`")
                .into());
        }
        let gold: Vec<ClassId> = rows.iter().map(|it| it.1).collect();
        if rows.len() == set.n_rows() as usize {
            let prepared = Arc::clone(&set.prepared);
            return Ok(Labelled { embeddings: Arc::clone(&set.embeddings), gold, prepared });
        }
        let n_without = set.n_rows() as usize - rows.len();
        session.warn(&format!("{} items without a label are left out", count(n_without as u64)));
        let rows: Vec<Row> = rows.iter().map(|it| it.0).collect();
        let embeddings = Embeddings::new(set.embeddings.dim(), set.embeddings.gather(&rows));
        let prepared = Arc::new(Prepared::new(&embeddings));
        // Centred once more, on what is left.
        let embeddings = Arc::new(prepared.map().features(&embeddings));
        Ok(Labelled { embeddings, gold, prepared })
    }
}

fn replay(
    args: &SimulateArgs,
    goal: Goal,
    set: &WorkingSet,
    labelled: &Labelled,
    session: &Session,
) -> anyhow::Result<Simulated> {
    let strategies: Vec<Option<Strategy>> = match args.strategy.as_slice() {
        [] => vec![None],
        named => named.iter().copied().map(Some).collect(),
    };
    let n_classes = set.schema.n_classes();
    let total = Some(args.seeds * strategies.len() as u64);
    let mut runs = Vec::new();
    for &strategy in &strategies {
        for rng_seed in 0..args.seeds {
            session.progress.progress("simulate", runs.len() as u64, total);
            let mut model = ClassModel::on(Arc::clone(&labelled.prepared), n_classes);
            let (noise, budget, watch) = (args.oracle_noise, args.budget, &session.progress);
            let config = SimulateConfig { goal, strategy, noise, budget, rng_seed, watch };
            let started = Instant::now();
            let run =
                simulate(&labelled.embeddings, &labelled.gold, n_classes, &mut model, &config)
                    .map_err(|it| failed(it, rng_seed))?;
            let seconds = started.elapsed().as_secs_f64();
            runs.push(Replayed::new(strategy, rng_seed, seconds, run));
        }
    }
    session.progress.progress("simulate", runs.len() as u64, total);
    let path = args.data.clone().or_else(|| args.gold.clone());
    Ok(Simulated::new(path, goal, set.embedder.clone(), runs))
}

fn failed(error: Error, rng_seed: u64) -> anyhow::Error {
    match error {
        Error::Interrupted => error.into(),
        _ => anyhow::Error::new(error).context(format!("seed {rng_seed} failed")),
    }
}

fn write_files(folder: &Path, simulated: &Simulated) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let path = folder.join("simulate.json");
    fs::write(&path, serde_json::to_vec_pretty(simulated)?)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    plot::write(folder, "costs", &plot::bars(&curve::costs(simulated), None))?;
    if let Some(curves) = curve::learning_curves(simulated) {
        plot::write(folder, "learning-curve", &plot::learning_curve(&curves))?;
    }
    Ok(())
}
