//! What a page shows about the whole: where the project stands, how the model
//! learns, how people are getting on. Nothing is decided here.

use std::collections::HashMap;

use annota_core::{
    label::{ClassId, Label},
    metric::interval::Measured,
};
use jiff::{SignedDuration, Timestamp};

use super::{Live, Origin, Phase, QueueLen};
use crate::{
    Error, certificate,
    certificate::Issued,
    plan::{Plan, plan},
    precision::Claim,
};

/// Where a project stands.
#[derive(Clone, Debug)]
pub struct Overview {
    /// What it is busy with.
    pub phase: Phase,
    /// All items, duplicates included.
    pub n_items: u64,
    /// Items that a person has answered.
    pub n_answered: usize,
    /// Items that keep a model's label under a certificate.
    pub n_auto: usize,
    /// Who has answered, alphabetical.
    pub people: Vec<String>,
    /// Accuracy of the model on random answers it had not seen.
    pub accuracy: Measured,
    /// When a person last answered.
    pub last_answer_at: Option<Timestamp>,
    /// Numbers of the queue.
    pub queue: QueueLen,
    /// The model.
    pub model: Option<ModelReport>,
    /// Id of the embedder.
    pub backbone: Option<String>,
    /// What is wrong, and a way out.
    pub problem: Option<String>,
}

/// The present model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelReport {
    /// Items it learned from.
    pub n_labelled: usize,
    /// When.
    pub trained_at: Timestamp,
    /// How long it took until the queue was planned anew, in milliseconds.
    pub fit_ms: u64,
    /// Accuracy on random answers, by models that had not seen them.
    pub accuracy: Measured,
    /// Wrong labels to be expected among the items nobody has answered.
    pub expected_errors: f64,
    /// Wrong labels that the goal allows.
    pub allowed_errors: u32,
    /// Items that could be labelled now with no more wrong labels than allowed,
    /// as far as the model can tell; 0 as long as it has too few answers to tell.
    pub n_sure: usize,
    /// Mean uncertainty over the pool, in `[0, 1]`.
    pub mean_uncertainty: f64,
}

/// How far an audit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Items drawn.
    pub n_drawn: usize,
    /// Of them answered.
    pub n_answered: usize,
    /// When the score was frozen.
    pub frozen_at: Timestamp,
}

/// Why no audit of the present model would show the goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NothingShown {
    /// The least audit that could show anything.
    pub smallest_audit: u32,
    /// Errors the model is expected to make.
    pub expected_errors: f64,
    /// Errors that the goal allows.
    pub allowed_errors: u32,
}

/// How fast people answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Median time of the last answers, in seconds.
    pub seconds_per_answer: Option<f64>,
    /// Answers of everybody in the last ten minutes, a minute.
    pub answers_per_minute: Option<f64>,
    /// Answers of the last 24 hours.
    pub n_today: usize,
}

/// Items of one class, by where the label is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The class.
    pub class: ClassId,
    /// Answered by people.
    pub n_person: usize,
    /// Brought along by the data.
    pub n_imported: usize,
    /// Labelled automatically.
    pub n_auto: usize,
    /// Predicted.
    pub n_predicted: usize,
}

/// Answers that say how fast people are.
const RECENT_ANSWERS: usize = 200;
const RECENT: SignedDuration = SignedDuration::from_mins(10);
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Balance {
    /// Items whose label is more than a prediction.
    pub fn n_labelled(&self) -> usize {
        self.n_person + self.n_imported + self.n_auto
    }
}

impl Live {
    /// Where the project stands.
    pub fn overview(&self, now: Timestamp) -> Result<Overview, Error> {
        let n_items = self.shared.project.store().n_items()?;
        let mut desk = self.shared.desk();
        let queue = desk.queue.len(now);
        let snapshot = desk.snapshot.clone();
        let model = snapshot.as_ref().and_then(|it| it.model);
        let nothing = Measured::NotEnough { n: 0, needed: 1 };
        Ok(Overview {
            phase: desk.phase,
            n_items,
            n_answered: desk.ledger.n_answered(),
            n_auto: desk.ledger.n_auto_labels(),
            people: desk.ledger.people(),
            accuracy: model.map_or(nothing, |it| it.accuracy),
            last_answer_at: desk.ledger.answers().next().map(|it| it.fact.answered_at),
            queue,
            model,
            backbone: snapshot.map(|it| it.set.embedder.clone()),
            problem: desk.problem.clone(),
        })
    }

    /// The present model.
    pub fn model(&self) -> Option<ModelReport> {
        self.shared.snapshot().and_then(|it| it.model)
    }

    /// The audit in hand, questions left, and why nothing could be shown.
    pub fn audit(&self) -> (Option<AuditReport>, Option<usize>, Option<NothingShown>) {
        let desk = self.shared.desk();
        let snapshot = desk.snapshot.as_ref();
        (snapshot.and_then(|it| it.audit), snapshot.and_then(|it| it.n_left), desk.nothing_shown)
    }

    /// What the project is busy with.
    pub fn phase(&self) -> Phase {
        self.shared.desk().phase
    }

    /// The latest certificate, if it vouches for the labels there are.
    pub fn certificate(&self) -> Result<Option<Issued>, Error> {
        let Some(snapshot) = self.shared.snapshot() else { return Ok(None) };
        let project = &self.shared.project;
        let goal = project.config().labelling.goal;
        certificate::standing(project, &snapshot.set, goal, Claim::AllLabels)
    }

    /// The learning curve and what is still to be done; `None` while too little
    /// was answered.
    pub fn plan(&self) -> Result<Option<Plan>, Error> {
        let (snapshot, kept) = {
            let desk = self.shared.desk();
            (desk.snapshot.clone(), desk.plan.clone())
        };
        let Some(snapshot) = snapshot else { return Ok(None) };
        let config = self.shared.project.config();
        let goal = config.labelling.goal;
        let key = (snapshot.set.read_through(), goal);
        if let Some((_, plan)) = kept.filter(|it| it.0 == key) {
            return Ok(plan);
        }
        let pace = self.pace(Timestamp::now()).seconds_per_answer;
        let planned = match plan(&snapshot.set, goal, pace, config.rng_seed) {
            Ok(plan) => Some(plan),
            // Too few answers to see a trend.
            Err(Error::Input { .. }) => None,
            Err(error) => return Err(error),
        };
        self.shared.desk().plan = Some((key, planned.clone()));
        Ok(planned)
    }

    /// How fast people answer.
    pub fn pace(&self, now: Timestamp) -> Pace {
        let desk = self.shared.desk();
        let mut took: Vec<f64> = Vec::new();
        let (mut n_recent, mut n_today) = (0_usize, 0);
        let mut first_recent = now;
        for answer in desk.ledger.answers() {
            let age = now.duration_since(answer.fact.answered_at);
            if DAY < age && RECENT_ANSWERS <= took.len() {
                break;
            }
            n_today += usize::from(age <= DAY);
            if age <= RECENT {
                n_recent += 1;
                first_recent = first_recent.min(answer.fact.answered_at);
            }
            took.extend(answer.fact.took.map(|it| it.as_secs_f64()));
        }
        took.truncate(RECENT_ANSWERS);
        took.sort_by(f64::total_cmp);
        let minutes = now.duration_since(first_recent).as_secs_f64() / 60.0;
        Pace {
            seconds_per_answer: took.get(took.len() / 2).copied(),
            answers_per_minute: (2 <= n_recent && 0.0 < minutes).then(|| n_recent as f64 / minutes),
            n_today,
        }
    }

    /// Items by class and origin, in class order.
    pub fn balance(&self) -> Vec<Balance> {
        let n_classes = self.shared.project.store().classes().len();
        let mut counts: HashMap<(ClassId, Origin), usize> = HashMap::new();
        if let Some(snapshot) = self.shared.snapshot() {
            self.look_at(&snapshot.set.items, |_, known| {
                if let Some(class) = known.label.as_ref().and_then(Label::class) {
                    *counts.entry((class, known.origin)).or_default() += 1;
                }
            });
        }
        let count = |class, origin| counts.get(&(class, origin)).copied().unwrap_or(0);
        let classes = (0..u16::try_from(n_classes).unwrap_or(u16::MAX)).map(ClassId);
        classes
            .map(|class| Balance {
                class,
                n_person: count(class, Origin::Person),
                n_imported: count(class, Origin::Imported),
                n_auto: count(class, Origin::Auto),
                n_predicted: count(class, Origin::Predicted),
            })
            .collect()
    }
}
