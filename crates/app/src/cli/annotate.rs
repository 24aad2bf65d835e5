//! `annota annotate`.

use std::{
    collections::HashSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use annota_core::{
    acquire::Strategy,
    label::{Label, Purpose},
};
use annota_engine::{
    annotate::{Annotator, AnnotatorKind, Ask, Ended, Oracle, Shown, annotate},
    project::Project,
    select::select,
    store::NewAnnotation,
    train::{Trained, train},
    working_set::WorkingSet,
};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    cli::shared::{WAIT, strategy},
    oracle::{self, OracleArgs},
    report::{Diagnosed, Report, count, counted},
    session::{Finish, Session},
};

/// Answer questions about the items that teach the model most.
///
/// The model is trained anew after every batch, and the next follows from it.
/// Every answer is on disk before the next question is asked: quit at any
/// moment. Exits with 1 if nothing is left to ask.
#[derive(Args, Debug)]
pub(crate) struct AnnotateArgs {
    /// How many questions in all
    #[arg(long, value_name = "N", default_value_t = 100)]
    budget: usize,
    /// How many before the model is trained anew
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    batch: u16,
    /// How to choose the items; see `annota strategies` [default: the policy]
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    strategy: Option<Strategy>,
    /// Take all answers from a CSV, TSV or JSONL file at once, and ask nothing; blank ones are
    /// passed over, lines that cannot be used are reported
    #[arg(long, value_name = "FILE", conflicts_with_all = ["budget", "strategy", "oracle"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    oracle: OracleArgs,
}

#[derive(Serialize)]
struct Answered {
    newly_labelled: usize,
    labelled: usize,
    items: usize,
}

impl Report for Answered {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let newly = counted(self.newly_labelled as u64, "item", "items");
        let labelled = count(self.labelled as u64);
        writeln!(out, "labelled {newly}; {labelled} of {} are", count(self.items as u64))
    }
}

/// What became of the lines of a file.
#[derive(Serialize)]
struct Taken {
    #[serde(flatten)]
    answered: Answered,
    unanswered: u64,
    left_out: u64,
    diagnostics: Vec<Diagnosed>,
}

impl Report for Taken {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.answered.write(out)?;
        let others = [(self.unanswered, "without an answer"), (self.left_out, "left out")];
        let mut others = others.iter().filter(|it| 0 < it.0);
        others.try_for_each(|(n, what)| writeln!(out, "  {} {what}", counted(*n, "line", "lines")))
    }
}

pub(crate) fn run(args: &AnnotateArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    if let Some(path) = &args.from {
        return take_answers(&project, path, &args.oracle, session);
    }
    let mut oracle = oracle::open(&args.oracle, &project, session)?;
    let mut set = WorkingSet::open(&project, &session.progress)?;
    let n_before = n_labelled(&set);
    let (mut n_asked, mut ended, mut nothing_left) = (0, Ended::Finished, false);
    while n_asked < args.budget && ended == Ended::Finished && !nothing_left {
        let n = usize::from(args.batch).min(args.budget - n_asked);
        let asked = ask(&project, &set, (args.strategy, n), oracle.as_mut(), session)?;
        set.refresh(&project)?;
        nothing_left = asked.0 == 0;
        n_asked += asked.0;
        ended = asked.1;
    }
    let labelled = n_labelled(&set);
    let newly_labelled = labelled.saturating_sub(n_before);
    session.print(&Answered { newly_labelled, labelled, items: set.n_rows() as usize })?;
    Ok(if n_asked == 0 && nothing_left { Finish::No } else { Finish::Done })
}

/// Number of items that somebody answered with a label.
fn n_labelled(set: &WorkingSet) -> usize {
    let labelled = set.answers().filter(|it| it.label.is_some());
    labelled.map(|it| it.row).collect::<HashSet<_>>().len()
}

/// Asks one batch: how many questions it had, and how it ended.
fn ask(
    project: &Project,
    set: &WorkingSet,
    (strategy, n): (Option<Strategy>, usize),
    oracle: &mut dyn Oracle,
    session: &Session,
) -> anyhow::Result<(usize, Ended)> {
    let rng_seed = project.config().rng_seed;
    let lessons = set.lessons();
    let trained: Option<Trained> = match lessons.as_slice() {
        [] => None,
        lessons => Some(train(project, set, lessons, rng_seed)?),
    };
    let predictions = trained.as_ref().map(|it| &it.predictions);
    let chosen = select(set, strategy, predictions, n, rng_seed);
    let asks: Vec<Ask> = chosen.into_iter().map(Ask::from).collect();
    let shown = trained.as_ref().and_then(|it| {
        let probabilities = it.predictions.probabilities.as_ref()?;
        Some(Shown { probabilities, version: Some(it.version) })
    });
    let ended = annotate(project, set, &asks, shown, oracle, &session.progress)?;
    Ok((asks.len(), ended))
}

/// Appends every answer of a file.
fn take_answers(
    project: &Project,
    path: &Path,
    args: &OracleArgs,
    session: &Session,
) -> anyhow::Result<Finish> {
    let answers = oracle::read_answers(path, args.fields(), project, session)?;
    let name = args.annotator.clone().unwrap_or_else(oracle::user);
    let annotator = Annotator { name, kind: AnnotatorKind::Person };
    let annotator = project.store().annotator(&annotator)?;
    let answered_at = Timestamp::now();
    let mut items: Vec<_> = answers.classes.into_iter().collect();
    items.sort_unstable();
    let facts = items.iter().map(|&(item, class)| NewAnnotation {
        item,
        annotator,
        label: Some(Label::Class(class)),
        purpose: Purpose::Imported,
        asked_at: None,
        answered_at,
        took: None,
        suggestion: None,
        undoes: None,
    });
    let facts: Vec<NewAnnotation> = facts.collect();
    project.store().append(&facts)?;
    let (labelled, items) = (facts.len(), project.store().pool_keys()?.len());
    session.print(&Taken {
        answered: Answered { newly_labelled: labelled, labelled, items },
        unanswered: answers.n_unanswered,
        left_out: answers.left_out.len() as u64,
        diagnostics: answers.left_out.iter().map(Diagnosed::from).collect(),
    })?;
    Ok(Finish::Done)
}
