//! `annota label` and `annota auto-label`: from items to certified labels.

use std::{
    collections::HashSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use annota_core::{acquire::Strategy, pool::Row};
use annota_engine::{
    Watch,
    annotate::{Annotator, AnnotatorKind, Oracle},
    auto_label::{AutoLabelConfig, Outcome, auto_label},
    certificate::Document,
    embed::near_items,
    precision::Claim,
    project::{Project, ProjectConfig},
    store::AutoLabel,
    working_set::WorkingSet,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    cli::{
        embed::embed_project,
        import::import_into,
        init, serve,
        serve::ListenArgs,
        shared::{DataArgs, GoalArgs, ProjectArgs, WAIT, project_beside, strategy},
    },
    http::percent_encoded,
    oracle::{self, Answerer, OracleArgs},
    problem::Problem,
    report::{Report, count, counted},
    session::{Finish, Session},
};

/// Label a folder of images or a file of texts: all stages at once.
///
/// Makes a project beside the data (`photos.annota` beside `photos`) unless
/// `--project` names one, imports and embeds, and opens the page where people
/// label, audit, review and export. With `--terminal`, or an oracle, it asks,
/// learns, audits and issues the certificate right here. Quit at any moment; the
/// same command goes on. Exits with 1 while no certificate vouches for the labels.
#[derive(Args, Debug)]
pub(crate) struct LabelArgs {
    /// Folder or file to label [default: go on with the project]
    #[arg(value_name = "PATH")]
    data: Option<PathBuf>,
    #[command(flatten)]
    goal: GoalArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    oracle: OracleArgs,
    /// Ask at this terminal instead of opening the page
    #[arg(long, help_heading = "Who answers")]
    terminal: bool,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    read: DataArgs,
}

/// Audit the present model, and label what the audit vouches for.
///
/// Freezes the scores, draws the audit, asks for it blind and applies the exact
/// test. Without enough evidence it labels nothing, says what would be enough,
/// and exits with 1.
#[derive(Args, Debug)]
pub(crate) struct AutoLabelArgs {
    #[command(flatten)]
    goal: GoalArgs,
    /// Also have people answer what the audit does not vouch for, most doubtful first: this vouches
    /// for more
    #[arg(long, conflicts_with = "claim")]
    ask_rest: bool,
    /// Which labels `--max-error` is about: `all` that are there in the end, those of people
    /// included, the `auto` labels alone, or the auto labels of each `class`
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = ClaimArg::All)]
    claim: ClaimArg,
    /// Items to audit [default: as many as the goal suggests]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    audit: Option<u32>,
    /// The most items that people may answer, those answered so far included [default: as many as it
    /// takes]
    #[arg(long, value_name = "N", help_heading = "What to reach")]
    budget: Option<u32>,
    #[command(flatten)]
    oracle: OracleArgs,
}

/// As on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClaimArg {
    All,
    Auto,
    Class,
}

/// How far to go.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "What to reach")]
struct LimitArgs {
    /// The most items that people may answer [default: as many as it takes]
    #[arg(long, value_name = "N")]
    budget: Option<u32>,
    /// How to choose the items; see `annota strategies` [default: the policy]
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    strategy: Option<Strategy>,
}

/// Where the labelling stands.
#[derive(Serialize)]
struct Labelled {
    project: PathBuf,
    outcome: &'static str,
    items: u32,
    labelled_by_people: u64,
    auto_labels: u64,
    left_to_people: u64,
    certificate: Option<Document>,
    nothing_shown: Option<NothingShown>,
    audit_shows_nothing: Option<AuditShowsNothing>,
    #[serde(skip)]
    certificate_text: Option<String>,
}

#[derive(Serialize)]
struct NothingShown {
    smallest_audit: u32,
    expected_errors: f64,
    allowed_errors: u32,
}

#[derive(Serialize)]
struct AuditShowsNothing {
    audited: u32,
    wrong: u32,
    smallest_audit: u32,
}

impl Report for Labelled {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(text) = &self.certificate_text {
            writeln!(out, "{}\n", text.trim_end())?;
        }
        let by_people = count(self.labelled_by_people);
        let auto = count(self.auto_labels);
        let items = counted(u64::from(self.items), "item", "items");
        writeln!(out, "{items}: {by_people} labelled by people, {auto} automatically")?;
        if 0 < self.left_to_people {
            let left = count(self.left_to_people);
            writeln!(out, "{left} are left to people: `annota label --project …` asks about them")?;
        }
        match self.outcome {
            "quit" => writeln!(out, "not done: the same command goes on")?,
            "budget-spent" => {
                writeln!(out, "nothing was shown with this budget: raise `--budget`")?;
            }
            _ => {}
        }
        if let Some(nothing) = &self.nothing_shown {
            nothing.write(out)?;
        }
        if let Some(it) = &self.audit_shows_nothing {
            it.write(out)?;
        }
        writeln!(out, "project: {}", self.project.display())
    }
}

impl NothingShown {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let NothingShown { smallest_audit, expected_errors, allowed_errors } = self;
        writeln!(
            out,
            "no audit of this model can show the goal, and nothing was labelled\n  about \
             {expected_errors:.0} of the open labels are wrong, and {allowed_errors} may be\n  even a \
             flawless audit would have to ask about {} items\n  answer more questions first \
             (`annota label` does, until it is enough; `annota plan` says how many), or raise \
             `--max-error`",
            count(u64::from(*smallest_audit))
        )
    }
}

impl AuditShowsNothing {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let AuditShowsNothing { audited, wrong, smallest_audit } = *self;
        writeln!(
            out,
            "the audit does not show the goal, and nothing was labelled\n  {} of {} audited labels were \
             wrong",
            count(u64::from(wrong)),
            count(u64::from(audited))
        )?;
        if audited < smallest_audit {
            return writeln!(
                out,
                "  no audit of fewer than {} items can show it: ask about more, with `--audit`",
                count(u64::from(smallest_audit))
            );
        }
        writeln!(
            out,
            "  answer more questions first (`annota plan` says how many), audit more items, with \
             `--audit`, or raise `--max-error`"
        )
    }
}

pub(crate) fn run(args: &LabelArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = open(args, session)?;
    if let Some(data) = &args.data {
        let labels_as = labels_as(args);
        import_into(&project, data, &args.read, labels_as, session)?;
    }
    let embedded = embed_project(&project, session)?;
    if args.oracle.oracle == Answerer::Terminal && !args.terminal {
        return show(project, args, session);
    }
    if project.store().classes().len() < 2 {
        return Err(Problem::new("there are no classes to label with")
            .found(format!("classes: {}", project.store().classes().join(", ")))
            .help("name them, with `--classes a,b,c`")
            .into());
    }
    let config = AutoLabelConfig {
        audit_now: false,
        leave_rest: false,
        ..config(&project, args.goal, args.limits)
    };
    remember(&project, args.goal, args.limits)?;
    let mut oracle = oracle::open(&args.oracle, &project, session)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    if 0 < embedded.n_embedded {
        tell_near_duplicates(&project, &set, session)?;
    }
    steer(&project, set, &config, oracle.as_mut(), session)
}

/// Says how many items look almost like another one; equal bytes were told at
/// the import.
fn tell_near_duplicates(
    project: &Project,
    set: &WorkingSet,
    session: &Session,
) -> anyhow::Result<()> {
    let later: HashSet<Row> = set.near_duplicates.iter().map(|it| it.second).collect();
    let most_similar = set.near_duplicates.get(..1).unwrap_or_default();
    if let Some(pair) = near_items(project, &set.items, most_similar)?.first() {
        session.progress.note(&format!(
            "{} almost like an earlier one, such as {} like {}; `annota embed` lists them",
            counted(later.len() as u64, "item looks", "items look"),
            pair.second,
            pair.first
        ));
    }
    Ok(())
}

/// Sets what the page goes on with.
fn remember(project: &Project, goal: GoalArgs, limits: LimitArgs) -> anyhow::Result<()> {
    let mut config = ProjectConfig::clone(&project.config());
    config.labelling.goal = goal.or(config.labelling.goal);
    config.labelling.budget = limits.budget.or(config.labelling.budget);
    config.labelling.strategy = limits.strategy.or(config.labelling.strategy);
    if config != *project.config() {
        project.set_config(config)?;
    }
    Ok(())
}

/// Opens the page of `project`, with the goal and the limits that were named.
fn show(project: Project, args: &LabelArgs, session: &Session) -> anyhow::Result<Finish> {
    remember(&project, args.goal, args.limits)?;
    let folder = project.folder().to_owned();
    // The server opens it, which one process at a time may.
    drop(project);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let place = format!("p/{}/label", percent_encoded(&name));
    let place = serve::opens_by_itself(&args.listen).then_some(place.as_str());
    serve::serve(&folder, &args.listen, place, session)
}

pub(crate) fn run_auto_label(args: &AutoLabelArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let config = AutoLabelConfig {
        claim: match args.claim {
            ClaimArg::All => Claim::AllLabels,
            ClaimArg::Auto => Claim::AutoLabels,
            ClaimArg::Class => Claim::EachClass,
        },
        n_draws: args.audit,
        audit_now: true,
        leave_rest: !args.ask_rest,
        ..config(&project, args.goal, LimitArgs { budget: args.budget, strategy: None })
    };
    let mut oracle = oracle::open(&args.oracle, &project, session)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    steer(&project, set, &config, oracle.as_mut(), session)
}

fn config(project: &Project, goal: GoalArgs, limits: LimitArgs) -> AutoLabelConfig {
    AutoLabelConfig {
        goal: goal.or(project.config().labelling.goal),
        claim: Claim::AllLabels,
        n_draws: None,
        budget: limits.budget,
        strategy: limits.strategy,
        least_batch: 0,
        audit_now: false,
        leave_rest: false,
        rng_seed: project.config().rng_seed,
    }
}

/// The project to label: the one named, the one beside the data, or the one we
/// are in; with the classes named now added.
fn open(args: &LabelArgs, session: &Session) -> anyhow::Result<Project> {
    let folder = match (session.named_project(), &args.data) {
        (Some(folder), _) => folder.clone(),
        (None, Some(data)) => beside(data)?,
        (None, None) => return Ok(Project::open(&session.project_folder()?, WAIT)?),
    };
    let wanted = init::config(args.project.clone())?;
    if !Project::is_at(&folder) && args.data.is_none() {
        return Ok(Project::open(&folder, WAIT)?);
    }
    let project = Project::open_or_create(&folder, wanted.clone(), WAIT)?;
    let mut config = ProjectConfig::clone(&project.config());
    let new = wanted.classes.into_iter().filter(|it| !config.classes.contains(it));
    let new: Vec<String> = new.collect();
    if !new.is_empty() || (wanted.model.is_some() && wanted.model != config.model) {
        config.classes.extend(new);
        let model = wanted.model.or(config.model);
        project.set_config(ProjectConfig { model, ..config })?;
    }
    Ok(project)
}

fn beside(data: &Path) -> Result<PathBuf, Problem> {
    project_beside(data).ok_or_else(|| {
        Problem::new(format!("cannot find `{}`", data.display())).help("check the path")
    })
}

/// Whose labels come with the data: whoever was named; gold, if they are to
/// answer.
fn labels_as(args: &LabelArgs) -> Option<Annotator> {
    let answers = matches!(args.oracle.oracle, Answerer::Gold | Answerer::FolderNames);
    let gold = || Annotator { name: "gold".to_owned(), kind: AnnotatorKind::Gold };
    args.read.labels_as.clone().or_else(|| answers.then(gold))
}

/// Asks, learns and audits until there is an outcome, and prints it.
fn steer(
    project: &Project,
    mut set: WorkingSet,
    config: &AutoLabelConfig,
    oracle: &mut dyn Oracle,
    session: &Session,
) -> anyhow::Result<Finish> {
    let outcome = auto_label(project, &mut set, config, oracle, &session.progress)?;
    set.refresh(project)?;
    let labelled = labelled(project, &set, outcome)?;
    let is_done = matches!(labelled.outcome, "certified" | "all-answered");
    session.print(&labelled)?;
    Ok(if is_done { Finish::Done } else { Finish::No })
}

fn labelled(project: &Project, set: &WorkingSet, outcome: Outcome) -> anyhow::Result<Labelled> {
    let answered = set.last_answers();
    let n_people = answered.values().flatten().count() as u64;
    let auto = project.store().auto_labels()?;
    // People have the last word.
    let keeps = |it: &&AutoLabel| set.row(it.item).is_none_or(|row| !answered.contains_key(&row));
    let n_auto = auto.iter().filter(keeps).count() as u64;
    let mut labelled = Labelled {
        project: project.folder().to_owned(),
        outcome: "",
        items: set.n_rows(),
        labelled_by_people: n_people,
        auto_labels: n_auto,
        left_to_people: u64::from(set.n_rows()).saturating_sub(n_people + n_auto),
        certificate: None,
        nothing_shown: None,
        audit_shows_nothing: None,
        certificate_text: None,
    };
    match outcome {
        Outcome::Certified(issued) => {
            labelled.outcome = "certified";
            labelled.certificate = Some(issued.document);
            labelled.certificate_text = Some(issued.text);
        }
        Outcome::AllAnswered => labelled.outcome = "all-answered",
        Outcome::BudgetSpent => labelled.outcome = "budget-spent",
        Outcome::Quit => labelled.outcome = "quit",
        Outcome::NothingShown { smallest_audit, expected_errors, allowed_errors } => {
            labelled.outcome = "nothing-shown";
            let nothing = NothingShown { smallest_audit, expected_errors, allowed_errors };
            labelled.nothing_shown = Some(nothing);
        }
        Outcome::AuditShowsNothing { n_audited: audited, n_errors: wrong, smallest_audit } => {
            labelled.outcome = "audit-shows-nothing";
            labelled.audit_shows_nothing =
                Some(AuditShowsNothing { audited, wrong, smallest_audit });
        }
    }
    Ok(labelled)
}
