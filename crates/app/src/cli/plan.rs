//! `annota plan`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use annota_core::{certify::Goal, forecast::Expected, label::Purpose};
use annota_engine::{
    certificate::{Issued, standing},
    plan::{LearningPoint, Plan, plan},
    precision::Claim,
    project::Project,
    working_set::WorkingSet,
};
use clap::Args;
use serde::Serialize;

use crate::{
    cli::shared::{GoalArgs, WAIT},
    plot::{self, Curve, CurvePoint, LearningCurve},
    report::{Report, count, counted, percent},
    session::{Finish, Session},
};

/// Forecast how many more answers finish the job.
///
/// Carries the learning curve so far on, and prices the audit and what it will leave to people.
/// Stores nothing.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    goal: GoalArgs,
    /// Folder for the learning curve so far, as SVG and PNG
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
}

/// A number not yet known.
#[derive(Serialize)]
struct Interval {
    low: u64,
    median: u64,
    high: u64,
}

#[derive(Serialize)]
struct Point {
    answers: u32,
    expected_error: f64,
}

#[derive(Serialize)]
struct Planned {
    items: u32,
    answered: u32,
    max_error: f64,
    confidence: f64,
    expected_errors: u64,
    allowed_errors: u32,
    /// Answers in all, from the beginning, with a 90 % interval.
    answers_in_all: Option<Interval>,
    /// Answers still to come.
    answers_left: Option<Interval>,
    minutes_left: Option<f64>,
    /// Whether a certificate shows the goal already.
    is_certified: bool,
    /// Items that neither people nor a certificate have labelled.
    left_to_people: Option<usize>,
    curve: Vec<Point>,
}

impl Planned {
    fn new(plan: &Plan, goal: Goal, issued: Option<&Issued>) -> Planned {
        let answered = f64::from(plan.n_answered);
        let total = plan.forecast.map(|it| it.total);
        let left = total.map(|it| interval(it, answered));
        let minutes = |it: &Interval| Some(it.median as f64 * plan.seconds_per_answer? / 60.0);
        Planned {
            items: plan.n_items,
            answered: plan.n_answered,
            max_error: goal.max_error(),
            confidence: goal.confidence(),
            expected_errors: plan.expected_errors.round() as u64,
            allowed_errors: plan.allowed_errors,
            answers_in_all: total.map(|it| interval(it, 0.0)),
            minutes_left: left.as_ref().and_then(minutes),
            answers_left: left,
            is_certified: issued.is_some(),
            left_to_people: issued.map(|it| it.left_to_people.len()),
            curve: plan
                .curve
                .iter()
                .map(|it| Point { answers: it.n_answers, expected_error: it.error })
                .collect(),
        }
    }
}

fn interval(expected: Expected, less: f64) -> Interval {
    let left = |it: f64| (it - less).max(0.0).round() as u64;
    Interval { low: left(expected.low), median: left(expected.median), high: left(expected.high) }
}

impl Report for Planned {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.answered == self.items {
            return writeln!(out, "all {} items are answered", count(u64::from(self.items)));
        }
        if let Some(left) = self.left_to_people {
            let max_error = percent(self.max_error);
            writeln!(out, "a certificate shows it: at most {max_error} of the labels are wrong")?;
            return match left {
                0 => writeln!(out, "nothing is left to answer"),
                left => {
                    let items = counted(left as u64, "item is", "items are");
                    writeln!(out, "{items} left to people: `annota label` asks about them")
                }
            };
        }
        writeln!(
            out,
            "{} of {} items answered; labelled now, about {} of the others would be wrong ({} allowed)",
            count(u64::from(self.answered)),
            count(u64::from(self.items)),
            count(self.expected_errors),
            count(u64::from(self.allowed_errors)),
        )?;
        let Some(left) = &self.answers_left else {
            return writeln!(out, "not enough data for a forecast; answer some more");
        };
        write!(
            out,
            "about {} more answers ({} to {}, 90 % interval), audit included, label all of them with at most {} wrong",
            count(left.median),
            count(left.low),
            count(left.high),
            percent(self.max_error),
        )?;
        match self.minutes_left {
            Some(minutes) => writeln!(out, ": {minutes:.0} minutes at the pace so far"),
            None => writeln!(out),
        }
    }
}

pub(crate) fn run(args: &PlanArgs, session: &Session) -> anyhow::Result<Finish> {
    let project = Project::open(&session.project_folder()?, WAIT)?;
    let set = WorkingSet::open(&project, &session.progress)?;
    let goal = args.goal.or(project.config().labelling.goal);
    let planned = plan(&set, goal, pace(&project)?, project.config().rng_seed)?;
    if let Some(folder) = &args.plots {
        plot::write(folder, "learning-curve", &plot::learning_curve(&learning_curve(&planned)))?;
    }
    let issued = standing(&project, &set, goal, Claim::AllLabels)?;
    session.print(&Planned::new(&planned, goal, issued.as_ref()))?;
    Ok(Finish::Done)
}

/// The curve so far: the model's own account, and as a band what the random
/// answers say.
fn learning_curve(plan: &Plan) -> LearningCurve {
    let point = |it: &LearningPoint| {
        let value = 1.0 - it.error;
        let measured = it.accuracy.estimate();
        CurvePoint {
            n_answers: it.n_answers.into(),
            value,
            band: measured.map_or((f64::NAN, f64::NAN), |it| (it.low, it.high)),
        }
    };
    LearningCurve {
        title: "Accuracy on what is not answered".to_owned(),
        measure: "expected accuracy on the rest of the pool".to_owned(),
        band: "band: 95 % interval measured on the random answers, out of fold".to_owned(),
        curves: vec![Curve {
            name: "this project".to_owned(),
            points: plan.curve.iter().map(point).collect(),
        }],
    }
}

/// Median seconds of an answer, over those that took a measurable time.
fn pace(project: &Project) -> anyhow::Result<Option<f64>> {
    let annotations = project.store().current_annotations()?;
    let asked = annotations.iter().filter(|it| it.fact.purpose != Purpose::Imported);
    let mut seconds: Vec<f64> =
        asked.filter_map(|it| Some(it.fact.took?.as_secs_f64())).filter(|it| 0.05 <= *it).collect();
    seconds.sort_by(f64::total_cmp);
    Ok(seconds.get(seconds.len() / 2).copied())
}
