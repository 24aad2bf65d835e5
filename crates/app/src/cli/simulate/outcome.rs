//! What a replay came to: figures for people, and the same as JSON.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use annota_core::{acquire::Strategy, certify::Goal};
use annota_engine::simulate::Run;
use serde::Serialize;

use crate::report::{Align, Report, counted, percent, table};

/// All runs, and their means.
#[derive(Debug, Serialize)]
pub(super) struct Simulated {
    path: Option<PathBuf>,
    model: String,
    pub(super) max_error: f64,
    confidence: f64,
    /// The mean of the only strategy; of the first, if there are more.
    mean: Mean,
    /// One mean a strategy.
    means: Vec<Mean>,
    pub(super) runs: Vec<Replayed>,
}

/// People's answers, each item counted once.
#[derive(Clone, Copy, Debug, Serialize)]
struct Answers<N> {
    training: N,
    calibration: N,
    audit: N,
    left_to_people: N,
    total: N,
}

/// One run.
#[derive(Debug, Serialize)]
pub(super) struct Replayed {
    pub(super) strategy: &'static str,
    seed: u64,
    items: u32,
    classes: usize,
    answers: Answers<u32>,
    /// Items with a final label; fewer than `items` if the budget was spent
    /// before anything was shown.
    labelled: u32,
    /// Of the labelled items alone.
    true_error: f64,
    /// Of the labelled items alone.
    error: f64,
    coverage: f64,
    certified: bool,
    /// Never where the budget was spent before anything was shown.
    certificate_held: bool,
    seconds: f64,
    pub(super) curve: Vec<Point>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Point {
    pub(super) answers: u32,
    pub(super) accuracy: f64,
    estimated_accuracy: f64,
}

/// The mean over the runs of one strategy.
#[derive(Clone, Debug, Serialize)]
struct Mean {
    strategy: &'static str,
    runs: usize,
    items: f64,
    classes: f64,
    answers: Answers<f64>,
    answered_share: f64,
    labelled: f64,
    true_error: f64,
    error: f64,
    coverage: f64,
    certified: f64,
    certificate_held: f64,
    seconds: f64,
}

impl Replayed {
    pub(super) fn new(strategy: Option<Strategy>, seed: u64, seconds: f64, run: Run) -> Replayed {
        let point = |it: &annota_engine::simulate::CurvePoint| Point {
            answers: it.n_answers,
            accuracy: it.accuracy,
            estimated_accuracy: it.estimated_accuracy,
        };
        Replayed {
            strategy: strategy.map_or("policy", Strategy::name),
            seed,
            items: run.n_items,
            classes: run.n_classes,
            answers: Answers {
                training: run.n_training,
                calibration: run.n_random,
                audit: run.n_audit,
                left_to_people: run.n_left_to_people,
                total: run.n_answers(),
            },
            labelled: run.n_labelled,
            true_error: run.true_error,
            error: run.error,
            coverage: run.coverage,
            certified: run.certificate.is_some_and(|it| !it.auto_labelled.is_empty()),
            certificate_held: run.is_held,
            seconds,
            curve: run.curve.iter().map(point).collect(),
        }
    }

    /// Whether the budget was spent before anything was shown.
    fn is_spent(&self) -> bool {
        self.labelled < self.items
    }
}

impl Mean {
    fn of(runs: &[&Replayed]) -> Mean {
        let mean = |value: &dyn Fn(&Replayed) -> f64| {
            runs.iter().map(|it| value(it)).sum::<f64>() / runs.len() as f64
        };
        let answers = |value: fn(&Answers<u32>) -> u32| mean(&|it| f64::from(value(&it.answers)));
        Mean {
            strategy: runs[0].strategy,
            runs: runs.len(),
            items: mean(&|it| f64::from(it.items)),
            classes: mean(&|it| it.classes as f64),
            answers: Answers {
                training: answers(|it| it.training),
                calibration: answers(|it| it.calibration),
                audit: answers(|it| it.audit),
                left_to_people: answers(|it| it.left_to_people),
                total: answers(|it| it.total),
            },
            answered_share: mean(&|it| f64::from(it.answers.total) / f64::from(it.items)),
            labelled: mean(&|it| f64::from(it.labelled)),
            true_error: mean(&|it| it.true_error),
            error: mean(&|it| it.error),
            coverage: mean(&|it| it.coverage),
            certified: mean(&|it| f64::from(u8::from(it.certified))),
            certificate_held: mean(&|it| f64::from(u8::from(it.certificate_held))),
            seconds: mean(&|it| it.seconds),
        }
    }
}

impl Simulated {
    /// The report of `runs`, of which there is one or more; those of one
    /// strategy stand together.
    pub(super) fn new(
        path: Option<PathBuf>,
        goal: Goal,
        model: String,
        runs: Vec<Replayed>,
    ) -> Simulated {
        let of_strategy = |group: &[Replayed]| Mean::of(&group.iter().collect::<Vec<_>>());
        let means: Vec<Mean> =
            runs.chunk_by(|a, b| a.strategy == b.strategy).map(of_strategy).collect();
        let (max_error, confidence) = (goal.max_error(), goal.confidence());
        Simulated { path, model, max_error, confidence, mean: means[0].clone(), means, runs }
    }
}

impl Simulated {
    /// By strategy: answers for training, calibration and audit, and those left.
    pub(super) fn mean_answers(&self) -> impl Iterator<Item = (&'static str, [f64; 4])> {
        self.means.iter().map(|it| {
            let Answers { training, calibration, audit, left_to_people, .. } = it.answers;
            (it.strategy, [training, calibration, audit, left_to_people])
        })
    }

    /// How many runs spent their budget before anything was shown.
    pub(super) fn n_spent(&self) -> usize {
        self.runs.iter().filter(|it| it.is_spent()).count()
    }
}

const HEAD: [(&str, Align); 12] = [
    ("strategy", Align::Left),
    ("seed", Align::Right),
    ("answers", Align::Right),
    ("share", Align::Right),
    ("training", Align::Right),
    ("calibration", Align::Right),
    ("audit", Align::Right),
    ("left", Align::Right),
    ("true error", Align::Right),
    ("certified", Align::Right),
    ("held", Align::Right),
    ("seconds", Align::Right),
];

impl Report for Simulated {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} items, {} classes, at most {} wrong at {}; embedded with {}\n",
            self.mean.items,
            self.mean.classes,
            percent(self.max_error),
            percent(self.confidence),
            self.model
        )?;
        let mut rows: Vec<Vec<String>> = self.runs.iter().map(row).collect();
        rows.extend(self.means.iter().map(mean_row));
        out.write_all(table(&HEAD, &rows).as_bytes())?;
        if 0 < self.n_spent() {
            writeln!(
                out,
                "\nthe budget was spent before anything was shown in {} of {}; true error is that \
                 of the answered items alone",
                self.n_spent(),
                counted(self.runs.len() as u64, "run", "runs"),
            )?;
        }
        Ok(())
    }
}

fn row(run: &Replayed) -> Vec<String> {
    let answers = &run.answers;
    vec![
        run.strategy.to_owned(),
        run.seed.to_string(),
        answers.total.to_string(),
        percent(f64::from(answers.total) / f64::from(run.items)),
        answers.training.to_string(),
        answers.calibration.to_string(),
        answers.audit.to_string(),
        answers.left_to_people.to_string(),
        percent(run.true_error),
        certified(run).to_owned(),
        if run.certificate_held { "yes" } else { "no" }.to_owned(),
        format!("{:.1}", run.seconds),
    ]
}

/// Whether there is a certificate, or why there need not be one.
fn certified(run: &Replayed) -> &'static str {
    match (run.certified, run.is_spent()) {
        (true, _) => "yes",
        (false, true) => "no",
        (false, false) => "all answered",
    }
}

fn mean_row(mean: &Mean) -> Vec<String> {
    let answers = &mean.answers;
    let whole = |value: f64| format!("{value:.0}");
    vec![
        mean.strategy.to_owned(),
        "mean".to_owned(),
        whole(answers.total),
        percent(mean.answered_share),
        whole(answers.training),
        whole(answers.calibration),
        whole(answers.audit),
        whole(answers.left_to_people),
        percent(mean.true_error),
        percent(mean.certified),
        percent(mean.certificate_held),
        format!("{:.1}", mean.seconds),
    ]
}
