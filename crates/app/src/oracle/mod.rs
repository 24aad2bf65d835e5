//! Who answers questions: a person at a terminal, or labels that are known.

pub(crate) mod gold;
pub(crate) mod terminal;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    convert::Infallible,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
};

use annota_core::{diagnostic::Diagnostic, item::ItemId, label::ClassId};
use annota_engine::{
    annotate::{AnnotatorKind, Oracle},
    project::Project,
    store::{AnnotatorId, ItemName, most_say, without_undone},
};
use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use self::{
    gold::{Answers, Called, Fields, GoldOracle},
    terminal::TerminalOracle,
};
use crate::{
    cli::shared::{DataArgs, rate},
    problem::Problem,
    report::{self, counted},
    session::Session,
};

/// Below the project's folder: every line of a file of answers that was left out.
const LOG: &str = "answers.log";

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answerer {
    /// A person, at this terminal.
    Terminal,
    /// The labels that came with the data as gold, held back from training.
    Gold,
    /// The name of the folder that an item lies in.
    FolderNames,
    /// A CSV, TSV or JSONL file of names and labels.
    File(PathBuf),
}

impl FromStr for Answerer {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Answerer, Infallible> {
        Ok(match text {
            "terminal" => Answerer::Terminal,
            "gold" => Answerer::Gold,
            "folder-names" => Answerer::FolderNames,
            path => Answerer::File(PathBuf::from(path)),
        })
    }
}

/// Who answers, as named on the command line.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Who answers")]
pub(crate) struct OracleArgs {
    /// `terminal` (you), `gold` (labels that came with the data), `folder-names`, or a CSV, TSV or
    /// JSONL file of names and labels
    #[arg(long, value_name = "WHO", default_value = "terminal")]
    pub(crate) oracle: Answerer,
    /// Field of that file that names the item [default: guessed]
    #[arg(long, value_name = "FIELD")]
    pub(crate) oracle_name_field: Option<String>,
    /// Field of that file that holds the label [default: guessed]
    #[arg(long, value_name = "FIELD")]
    pub(crate) oracle_label_field: Option<String>,
    /// Share of answers that are replaced by another class, to try things out
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = rate)]
    pub(crate) oracle_noise: f64,
    /// Share of questions that are not answered, to try things out
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = rate)]
    pub(crate) oracle_abstain: f64,
    /// Seed of the noise and the abstentions
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) oracle_seed: u64,
    /// Name under which the answers are kept [default: the user's, or `oracle`]
    #[arg(long, value_name = "NAME")]
    pub(crate) annotator: Option<String>,
    /// Open every image in the system's viewer as well
    #[arg(long)]
    pub(crate) open: bool,
}

impl OracleArgs {
    /// The fields of its file.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields {
            name: self.oracle_name_field.as_deref(),
            label: self.oracle_label_field.as_deref(),
        }
    }
}

/// The oracle that the arguments name, for the items of `project`.
pub(crate) fn open(
    args: &OracleArgs,
    project: &Project,
    session: &Session,
) -> anyhow::Result<Box<dyn Oracle>> {
    let schema = project.store().schema()?;
    let known = match &args.oracle {
        Answerer::Terminal => {
            let annotator = args.annotator.clone().unwrap_or_else(user);
            return Ok(Box::new(TerminalOracle::new(annotator, schema, args.open)));
        }
        Answerer::Gold => imported_gold(project)?,
        Answerer::FolderNames => {
            let names = project.store().item_names()?;
            gold::from_folders(&called(&names), &schema)
        }
        Answerer::File(path) => read_answers(path, args.fields(), project, session)?.classes,
    };
    tell_unknown(&known, project, session)?;
    Ok(Box::new(GoldOracle {
        classes: known,
        n_classes: schema.n_classes(),
        annotator: args.annotator.clone().unwrap_or_else(|| "oracle".to_owned()),
        noise: args.oracle_noise,
        abstain: args.oracle_abstain,
        rng_seed: args.oracle_seed,
    }))
}

/// The name of whoever runs the program.
pub(crate) fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|it| std::env::var(it).ok());
    named.filter(|it| !it.trim().is_empty()).unwrap_or_else(|| "person".to_owned())
}

/// The fields of a file of answers, named as those of data are.
pub(crate) fn fields(read: &DataArgs) -> Fields<'_> {
    Fields { name: read.id_field.as_deref(), label: read.label_field.as_deref() }
}

/// The classes in a file of answers, by alphabet.
pub(crate) fn classes_in(path: &Path, read: &DataArgs) -> anyhow::Result<Vec<String>> {
    let lines = gold::read(path, fields(read))?;
    let classes: BTreeSet<String> = lines.labels.into_iter().map(|it| it.label).collect();
    Ok(classes.into_iter().collect())
}

/// The answers in a file. Says which lines were left out; that all were is an
/// error.
pub(crate) fn read_answers(
    path: &Path,
    fields: Fields<'_>,
    project: &Project,
    session: &Session,
) -> anyhow::Result<Answers> {
    let names = project.store().item_names()?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let lines = gold::read(path, fields)?;
    let answers = gold::resolve(&file, lines, &called(&names), &project.store().schema()?);
    let n_left_out = answers.left_out.len() as u64;
    if 0 < n_left_out {
        let log = log(path, &answers.left_out, project)?;
        let (left_out, all) = (report::count(n_left_out), report::count(answers.n_lines));
        let head = format!("{left_out} of {all} lines of `{file}` were left out");
        session.warn_of(&head, &answers.left_out, n_left_out, Some(&log));
    }
    if answers.classes.is_empty() {
        return Err(nothing_usable(path, &answers).into());
    }
    Ok(answers)
}

/// Keeps in the project why lines of the file at `path` were left out.
fn log(path: &Path, left_out: &[Diagnostic], project: &Project) -> anyhow::Result<PathBuf> {
    let log = project.folder().join(LOG);
    let mut text = format!("answers in {} at {}\n", path.display(), Timestamp::now());
    text.extend(left_out.iter().map(|it| format!("  {it}\n")));
    let file = File::options().append(true).create(true).open(&log);
    file.and_then(|mut it| it.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write `{}`", log.display()))?;
    Ok(log)
}

fn nothing_usable(path: &Path, answers: &Answers) -> Problem {
    let mut found = counted(answers.n_lines, "line", "lines");
    let parts =
        [(answers.n_unanswered, "without an answer"), (answers.left_out.len() as u64, "left out")];
    for (n, what) in parts.iter().filter(|it| 0 < it.0) {
        found += &format!(", {} {what}", report::count(*n));
    }
    let help = match answers.left_out.as_slice() {
        [] => "write an answer beside each item, or give another file",
        _ => "mend what is listed, or give another file",
    };
    Problem::new(format!("nothing in `{}` could be used", path.display())).found(found).help(help)
}

fn called(names: &[ItemName]) -> Vec<Called<'_>> {
    let names = names.iter();
    names
        .map(|it| Called {
            item: it.duplicate_of.unwrap_or(it.id),
            name: &it.name,
            external_id: it.external_id.as_deref(),
        })
        .collect()
}

/// What most annotators of the kind gold say about every item.
pub(crate) fn imported_gold(project: &Project) -> anyhow::Result<HashMap<ItemId, ClassId>> {
    let annotators = project.store().annotators()?.into_iter();
    let gold: HashSet<AnnotatorId> =
        annotators.filter(|it| it.1.kind == AnnotatorKind::Gold).map(|it| it.0).collect();
    let mut words: HashMap<ItemId, Vec<_>> = HashMap::new();
    for said in without_undone(project.store().annotations(None)?) {
        if gold.contains(&said.fact.annotator) {
            words.entry(said.fact.item).or_default().push(said.word());
        }
    }
    Ok(words.into_iter().filter_map(|it| Some((it.0, most_say(it.1)?.class()?))).collect())
}

/// Says for how many items there is no answer; that there is none for any is an
/// error.
fn tell_unknown(
    known: &HashMap<ItemId, ClassId>,
    project: &Project,
    session: &Session,
) -> anyhow::Result<()> {
    let items = project.store().pool_keys()?;
    let n_unknown = items.iter().filter(|it| !known.contains_key(&it.0)).count();
    if n_unknown == items.len() && !items.is_empty() {
        return Err(Problem::new("the oracle knows no item of this project")
            .help("import labels with `--as gold`, or check the names in the file")
            .into());
    }
    if 0 < n_unknown {
        let unknown = report::count(n_unknown as u64);
        let all = report::count(items.len() as u64);
        session.warn(&format!("the oracle has no answer for {unknown} of {all} items"));
    }
    Ok(())
}
