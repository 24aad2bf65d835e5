//! `annota verify`.

mod plots;

use std::{
    f64::consts::LN_2,
    io::{self, Write},
    path::PathBuf,
};

use annota_core::{
    calibrate::ReliabilityBin,
    label::Schema,
    metric::{
        confusion::ClassScores,
        summary::{Calibration, Verification},
    },
};
use annota_engine::{
    project::Project,
    verify::{Basis, SuspectItem, Verified, verify},
    working_set::WorkingSet,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::{WAIT, share},
    report::{Align, Figure, Report, Value, count, counted, percent, table},
    session::{Finish, Session},
};

/// Say how good labels and model are, and which answers to doubt.
///
/// Precision, recall and F1 come with intervals, and only where there is enough
/// data. Suspects are answers that models which have not seen them contradict
/// (confident learning). Exits with 1 if there are suspects.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Confidence of all intervals
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = share)]
    confidence: f64,
    /// Folder for confusion matrix and reliability diagram, as SVG and PNG
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
}

#[derive(Serialize)]
struct Verdict {
    confidence: f64,
    labels: Option<Judged>,
    model: Option<Judged>,
    suspects: Vec<Suspect>,
    agreement: Vec<Agreed>,
}

/// Labels or predictions, held against answers.
#[derive(Serialize)]
struct Judged {
    against: &'static str,
    items: usize,
    accuracy: Figure,
    macro_f1: Figure,
    classes: Vec<ClassFigures>,
    kappa: Option<Value>,
    entropy_bits_answers: f64,
    entropy_bits_labels: f64,
    mutual_information_bits: f64,
    calibration: Option<Calibrated>,
    confusion: Vec<Vec<usize>>,
}

#[derive(Serialize)]
struct ClassFigures {
    class: String,
    support: usize,
    precision: Figure,
    recall: Figure,
    f1: Figure,
}

#[derive(Serialize)]
struct Calibrated {
    ece: f64,
    brier: f64,
    log_loss: f64,
    bins: Vec<Binned>,
}

#[derive(Serialize)]
struct Binned {
    low: f64,
    high: f64,
    n: usize,
    confidence: f64,
    accuracy: f64,
}

#[derive(Serialize)]
struct Suspect {
    item: i64,
    name: String,
    given: String,
    likely: String,
    self_confidence: f32,
}

#[derive(Serialize)]
struct Agreed {
    annotators: (String, String),
    items: usize,
    kappa: Option<Value>,
}

impl From<&Calibration> for Calibrated {
    fn from(it: &Calibration) -> Calibrated {
        let bin = |it: &ReliabilityBin| Binned {
            low: it.low,
            high: it.high,
            n: it.n,
            confidence: it.confidence,
            accuracy: it.accuracy,
        };
        let bins = it.bins.iter().map(bin).collect();
        Calibrated { ece: it.ece, brier: it.brier, log_loss: it.log_loss, bins }
    }
}

impl Judged {
    fn new(against: &'static str, it: &Verification, schema: &Schema) -> Judged {
        let class = |scores: &ClassScores| ClassFigures {
            class: schema.name(scores.class).to_owned(),
            support: scores.support,
            precision: scores.precision.into(),
            recall: scores.recall.into(),
            f1: scores.f1.into(),
        };
        let n_classes = it.confusion.n_classes();
        Judged {
            against,
            items: it.n,
            accuracy: it.accuracy.into(),
            macro_f1: it.macro_f1.into(),
            classes: it.classes.iter().map(class).collect(),
            kappa: it.kappa.map(Value::from),
            entropy_bits_answers: it.information.entropy_x / LN_2,
            entropy_bits_labels: it.information.entropy_y / LN_2,
            mutual_information_bits: it.information.mutual_information / LN_2,
            calibration: it.calibration.as_ref().map(Calibrated::from),
            confusion: it.confusion.counts().chunks(n_classes).map(<[usize]>::to_vec).collect(),
        }
    }

    fn write(&self, what: &str, out: &mut dyn Write) -> io::Result<()> {
        let items = counted(self.items as u64, "item", "items");
        writeln!(out, "{what} against {} ({items})", self.against)?;
        writeln!(out, "  accuracy (micro F1)  {}", self.accuracy.shown())?;
        writeln!(out, "  macro F1             {}", self.macro_f1.shown())?;
        if let Some(kappa) = &self.kappa {
            let Value { value, low, high, .. } = kappa;
            writeln!(out, "  Cohen's kappa        {value:.3} [{low:.3}, {high:.3}]")?;
        }
        let (answers, labels) = (self.entropy_bits_answers, self.entropy_bits_labels);
        let shared = self.mutual_information_bits;
        writeln!(
            out,
            "  information          {shared:.2} bits shared, of {answers:.2} in the answers and \
             {labels:.2} in the labels"
        )?;
        if let Some(it) = &self.calibration {
            writeln!(out, "  calibration error    {} (ECE)", percent(it.ece))?;
        }
        let row = |it: &ClassFigures| {
            let figures = [it.precision, it.recall, it.f1].map(Figure::shown);
            let [precision, recall, f1] = figures;
            vec![it.class.clone(), count(it.support as u64), precision, recall, f1]
        };
        let rows: Vec<Vec<String>> = self.classes.iter().map(row).collect();
        let head = [
            ("class", Align::Left),
            ("items", Align::Right),
            ("precision", Align::Left),
            ("recall", Align::Left),
            ("F1", Align::Left),
        ];
        writeln!(out, "\n{}", table(&head, &rows))
    }
}

/// Suspects that are shown to people; the JSON has all.
const SHOWN: usize = 20;

impl Report for Verdict {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.labels {
            Some(judged) => judged.write("labels", out)?,
            None => writeln!(out, "labels: no gold to hold them against\n")?,
        }
        match &self.model {
            Some(judged) => judged.write("model", out)?,
            None => writeln!(out, "model: not enough data, no random answers yet\n")?,
        }
        for it in &self.agreement {
            let (first, second) = &it.annotators;
            let items = counted(it.items as u64, "item", "items");
            let kappa = it.kappa.map_or("not enough data".to_owned(), |it| {
                format!("{:.3} [{:.3}, {:.3}]", it.value, it.low, it.high)
            });
            writeln!(out, "{first} and {second} on {items}: kappa {kappa}")?;
        }
        if self.suspects.is_empty() {
            return writeln!(out, "no answer is suspect");
        }
        let n_suspects = self.suspects.len() as u64;
        writeln!(out, "{}, most doubtful first", counted(n_suspects, "suspect", "suspects"))?;
        let row = |it: &Suspect| vec![it.name.clone(), it.given.clone(), it.likely.clone()];
        let rows: Vec<Vec<String>> = self.suspects.iter().take(SHOWN).map(row).collect();
        let head = [("item", Align::Left), ("answered", Align::Left), ("rather", Align::Left)];
        out.write_all(table(&head, &rows).as_bytes())?;
        if SHOWN < self.suspects.len() {
            let more = count(n_suspects - SHOWN as u64);
            writeln!(out, "... and {more} more; `--json` lists them all")?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &VerifyArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    let verified = verify(&project, &set, args.confidence, project.config().rng_seed)?;
    if let Some(folder) = &args.plots {
        plots::write(folder, &verified, &set.schema)?;
    }
    let verdict = verdict(&verified, args.confidence, &set.schema);
    let finish = if verdict.suspects.is_empty() { Finish::Done } else { Finish::No };
    session.print(&verdict)?;
    Ok(finish)
}

/// What the model's figures rest on, in words.
fn basis_name(basis: Basis) -> &'static str {
    match basis {
        Basis::Audit => "the audit",
        Basis::RandomAnswers => "random answers, out of fold",
    }
}

fn verdict(verified: &Verified, confidence: f64, schema: &Schema) -> Verdict {
    let suspect = |it: &SuspectItem| Suspect {
        item: it.item.0,
        name: it.name.clone(),
        given: schema.name(it.given).to_owned(),
        likely: schema.name(it.likely).to_owned(),
        self_confidence: it.self_confidence,
    };
    let model = verified.model.as_ref();
    Verdict {
        confidence,
        labels: verified.labels.as_ref().map(|it| Judged::new("gold", it, schema)),
        model: model.map(|(basis, it)| Judged::new(basis_name(*basis), it, schema)),
        suspects: verified.suspects.iter().map(suspect).collect(),
        agreement: verified
            .agreement
            .iter()
            .map(|it| Agreed {
                annotators: it.annotators.clone(),
                items: it.n,
                kappa: it.kappa.map(Value::from),
            })
            .collect(),
    }
}
