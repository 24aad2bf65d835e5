//! `auto_label`: steer through questions and audit to certified labels.
//!
//! What to do next is decided by [`annota_core::steer`], from the facts so far;
//! this module does it: it asks, freezes, stores and issues the certificate.
//! Stopped at any moment, the next call goes on from the facts. Labels given
//! here are never trained on.

use std::collections::{BTreeMap, HashSet};

use annota_core::{
    acquire::{Reason, Strategy},
    certify::{Certificate, Frozen, Goal, Walk, freeze, smallest_audit},
    forecast::cheapest_audit,
    head::class_model::ClassModel,
    label::{ClassId, Label, Purpose},
    model::{Predictions, TaskModel},
    pool::Row,
    rank::{ErrorRanker, Signals},
    steer::{self, Situation, Step},
};
use jiff::Timestamp;

use crate::{
    Error, Watch,
    annotate::{Ask, Ended, Oracle, Shown, annotate},
    certificate::{self, Issued},
    project::Project,
    select::select,
    store::{
        Audit, AuditState, ModelVersion, ModelVersionId, NewAnnotation, NewAudit, NewCertificate,
    },
    train::{hash_of, to_json, train, untrainable},
    working_set::{Fact, WorkingSet},
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AutoLabelConfig {
    /// What is to be shown.
    pub goal: Goal,
    /// The most items that people may answer.
    pub budget: Option<u32>,
    /// The query strategy while training; `None` for the default policy.
    pub strategy: Option<Strategy>,
    /// Audit the present model at once, instead of when that is cheapest.
    pub audit_now: bool,
    /// Issue the certificate right after the audit and leave the doubtful items
    /// open, instead of having them answered first, which vouches for more.
    pub leave_rest: bool,
    /// Seed of everything random.
    pub rng_seed: u64,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A certificate vouches for the auto labels.
    Certified(Box<Issued>),
    /// People have answered every item: there is nothing to label automatically.
    AllAnswered,
    /// The budget is spent, and nothing was shown.
    BudgetSpent,
    /// The annotator stopped; the next call goes on.
    Quit,
    /// No audit of the present model could show the goal; nothing was labelled.
    NothingShown {
        /// The least audit that could show anything.
        smallest_audit: u32,
        /// Errors the model is expected to make among the open items.
        expected_errors: f64,
        /// Errors that the goal allows among all items.
        allowed_errors: u32,
    },
}

/// Runs until the goal is shown, everything is answered, the budget is spent or
/// the annotator stops.
///
/// # Errors
///
/// [`Error::Interrupted`] when told to stop: every answer is kept.
pub fn auto_label(
    project: &Project,
    set: &mut WorkingSet,
    config: &AutoLabelConfig,
    oracle: &mut dyn Oracle,
    watch: &dyn Watch,
) -> Result<Outcome, Error> {
    let mut run = Run { project, config, model: set.model(), frozen: None };
    loop {
        set.refresh(project)?;
        if let Some(issued) = certificate::standing(project, set, config.goal)? {
            return run.answer_the_rest(set, issued, oracle, watch);
        }
        if let Some(outcome) = run.step(set, oracle, watch)? {
            return Ok(outcome);
        }
    }
}

/// Agrees with no label of a schema, which has fewer classes: what an audited
/// item counts as if the annotator abstained.
const ABSTAINED: Label = Label::Class(ClassId(u16::MAX));

struct Run<'a> {
    project: &'a Project,
    config: &'a AutoLabelConfig,
    model: ClassModel,
    frozen: Option<FrozenModel>,
}

/// The model under audit.
struct FrozenModel {
    audit: Audit,
    predictions: Predictions,
}

impl Run<'_> {
    /// One step; the outcome if it was the last.
    fn step(
        &mut self,
        set: &WorkingSet,
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Option<Outcome>, Error> {
        self.resume_audit(set, watch)?;
        let facts = steer_facts(set, self.frozen.as_ref().map(|it| &it.audit), self.project)?;
        let lessons = lessons(set, &facts);
        let predictions = match lessons.as_slice() {
            [] => None,
            lessons => Some(self.fit(lessons)?),
        };
        let frozen_labels = self.frozen.as_ref().map(|it| it.predictions.labels.as_slice());
        let situation = Situation {
            goal: self.config.goal,
            budget: self.config.budget,
            n_classes: set.schema.n_classes(),
            embeddings: &set.embeddings,
            facts: &facts,
            predictions: predictions.as_ref(),
            out_of_fold: predictions.as_ref().and_then(|_| self.model.out_of_fold()),
            frozen_labels,
            rng_seed: self.config.rng_seed,
        };
        if let Some(frozen) = &self.frozen {
            let pending = pending_draws(set, &frozen.audit);
            if !pending.is_empty() {
                return self.ask_audit(set, &pending, oracle, watch);
            }
            if self.config.leave_rest {
                let walk = walk_without_asking(&situation, frozen, set);
                return self.issue(set, &Certificate::new(self.config.goal, set.n_rows(), &walk));
            }
        } else if self.config.audit_now {
            return self.audit_now(set, &situation);
        }
        match steer::next(&situation) {
            Step::Ask(questions) => {
                let asks = self.asks(set, &questions, predictions.as_ref());
                self.ask(set, &asks, predictions.as_ref(), oracle, watch)
            }
            Step::Audit { frozen, rows } => self.open_audit(set, &frozen, &rows).map(|()| None),
            Step::Rest { excluded, released, .. } => {
                self.ask_rest(set, &excluded, &released, predictions.as_ref(), oracle, watch)
            }
            Step::Done(certificate) => self.issue(set, &certificate),
            Step::AllAnswered => Ok(Some(Outcome::AllAnswered)),
            Step::BudgetSpent => Ok(Some(Outcome::BudgetSpent)),
        }
    }

    fn fit(&mut self, lessons: &[(Row, Label)]) -> Result<Predictions, Error> {
        self.model.fit_predict(lessons, self.config.rng_seed).map_err(untrainable)
    }

    /// Goes on with an audit that was begun, with the model that was frozen: it
    /// is trained again from the facts it knew, and must be the same.
    fn resume_audit(&mut self, set: &WorkingSet, watch: &dyn Watch) -> Result<(), Error> {
        if self.frozen.is_some() {
            return Ok(());
        }
        let Some(audit) = self.project.store().open_audit()? else { return Ok(()) };
        let facts = steer_facts(set, Some(&audit), self.project)?;
        let predictions = self.fit(&lessons(set, steer::before_audit(&facts)))?;
        let version = version_of(self.project, audit.audit.model_version)?;
        let is_same = version.version.hash == hash_of(&predictions).to_string();
        if is_same && audit.state == AuditState::Open {
            self.frozen = Some(FrozenModel { audit, predictions });
            return Ok(());
        }
        self.project.store().close_audit(audit.id)?;
        watch.note(
            "the audit that was begun no longer fits the pool (items or answers were added); its \
             answers are learned from, and a new one will be drawn",
        );
        Ok(())
    }

    /// Audits the present model, if any audit of it could show the goal.
    fn audit_now(
        &self,
        set: &WorkingSet,
        situation: &Situation<'_>,
    ) -> Result<Option<Outcome>, Error> {
        let predictions = situation.predictions.ok_or_else(|| {
            Error::input(
                "there is no model to audit",
                "answer some questions first: `annota label`",
            )
        })?;
        let answered = set.last_answers();
        let open: Vec<Row> =
            (0..set.n_rows()).map(Row).filter(|it| !answered.contains_key(it)).collect();
        let risks = steer::risks(situation, &open);
        let Some(plan) = cheapest_audit(&risks, set.n_rows(), self.config.goal) else {
            let first_forbidden = self.config.goal.first_forbidden(set.n_rows());
            return Ok(Some(Outcome::NothingShown {
                smallest_audit: smallest_audit(
                    open.len() as u32,
                    first_forbidden,
                    self.config.goal.alpha(),
                ),
                expected_errors: risks.iter().sum(),
                allowed_errors: first_forbidden - 1,
            }));
        };
        let score = |row: &Row| (*row, predictions.uncertainty[row.index()]);
        let scores: Vec<(Row, f32)> = open.iter().map(score).collect();
        let mut rng = fastrand::Rng::with_seed(self.config.rng_seed);
        let frozen = freeze(&scores, rng.u64(..));
        let rows = frozen.draw_audit(plan.n_draws, rng.u64(..));
        self.open_audit(set, &frozen, &rows).map(|()| None)
    }

    /// Stores the model and the hash of its scores, and only then the draw.
    fn open_audit(&self, set: &WorkingSet, frozen: &Frozen, rows: &[Row]) -> Result<(), Error> {
        let lessons = lessons(set, &steer_facts(set, None, self.project)?);
        let trained = train(self.project, set, &lessons, self.config.rng_seed)?;
        let new = NewAudit {
            model_version: trained.version,
            score_hash: frozen.hash().to_string(),
            population: u64::from(frozen.population()),
            rng_seed: self.config.rng_seed,
            parameters: to_json(&certificate::Asked::from(self.config.goal)),
        };
        let store = self.project.store();
        let id = store.freeze_audit(&new, Timestamp::now())?;
        let drawn: Vec<_> = rows.iter().map(|it| set.item(*it)).collect();
        store.draw_audit(id, &drawn)
    }

    fn ask_audit(
        &self,
        set: &WorkingSet,
        pending: &[Row],
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Option<Outcome>, Error> {
        let ask = |row: &Row| Ask { row: *row, purpose: Purpose::Audit, reason: "random audit" };
        let asks: Vec<Ask> = pending.iter().map(ask).collect();
        let ended = annotate(self.project, set, &asks, None, oracle, watch)?;
        Ok((ended == Ended::Quit).then_some(Outcome::Quit))
    }

    fn asks(
        &self,
        set: &WorkingSet,
        questions: &[steer::Question],
        predictions: Option<&Predictions>,
    ) -> Vec<Ask> {
        if self.config.strategy.is_some() {
            let seed = self.config.rng_seed.wrapping_add(set.facts().len() as u64);
            let chosen = select(set, self.config.strategy, predictions, questions.len(), seed);
            return chosen.into_iter().map(Ask::from).collect();
        }
        let ask = |it: &steer::Question| Ask {
            row: it.row,
            purpose: it.purpose,
            reason: it.reason.map_or("", Reason::words),
        };
        questions.iter().map(ask).collect()
    }

    fn ask(
        &self,
        set: &WorkingSet,
        asks: &[Ask],
        predictions: Option<&Predictions>,
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Option<Outcome>, Error> {
        let probabilities = predictions.and_then(|it| it.probabilities.as_ref());
        let shown = probabilities.map(|it| Shown { probabilities: it, version: None });
        let ended = annotate(self.project, set, asks, shown, oracle, watch)?;
        Ok((ended == Ended::Quit).then_some(Outcome::Quit))
    }

    /// Has the most doubtful items answered, in order; audited ones among them
    /// were answered, and are released to the model by being said once more.
    fn ask_rest(
        &self,
        set: &WorkingSet,
        excluded: &[Row],
        released: &[Row],
        predictions: Option<&Predictions>,
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Option<Outcome>, Error> {
        for run in excluded.chunk_by(|a, b| released.contains(a) == released.contains(b)) {
            if released.contains(&run[0]) {
                self.release(set, run)?;
                continue;
            }
            let ask = |row: &Row| Ask {
                row: *row,
                purpose: Purpose::Remainder,
                reason: "the audit does not vouch for it",
            };
            let asks: Vec<Ask> = run.iter().map(ask).collect();
            if let Some(outcome) = self.ask(set, &asks, predictions, oracle, watch)? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    fn release(&self, set: &WorkingSet, rows: &[Row]) -> Result<(), Error> {
        let last = |row: &Row| set.answers().filter(|it| it.row == *row).last();
        let again = rows.iter().filter_map(last).map(|fact| NewAnnotation {
            item: set.item(fact.row),
            annotator: fact.annotator,
            label: fact.label.clone(),
            purpose: Purpose::Remainder,
            asked_at: None,
            answered_at: Timestamp::now(),
            took: None,
            suggestion: None,
            undoes: None,
        });
        let again: Vec<NewAnnotation> = again.collect();
        self.project.store().append(&again).map(drop)
    }

    /// Writes certificate and auto labels in one transaction.
    fn issue(
        &mut self,
        set: &WorkingSet,
        certificate: &Certificate,
    ) -> Result<Option<Outcome>, Error> {
        let frozen = self.frozen.take().expect("certificates are issued about a frozen model");
        let version = version_of(self.project, frozen.audit.audit.model_version)?;
        let document = certificate::document(certificate, &frozen.audit, &version, set);
        let new = NewCertificate {
            audit: frozen.audit.id,
            document: to_json(&document),
            text: document.text(),
        };
        let label = |row: &Row| {
            let label = frozen.predictions.labels[row.index()].clone();
            let confidence = frozen.predictions.probabilities.as_ref().map_or_else(
                || 1.0 - frozen.predictions.uncertainty[row.index()],
                |it| it.likeliest(*row).1,
            );
            (set.item(*row), label, confidence)
        };
        let labels: Vec<_> = certificate.auto_labelled.iter().map(label).collect();
        self.project.store().certify(&new, &labels, version.id, Timestamp::now())?;
        Ok(None)
    }

    /// Once a certificate stands: people answer what nothing vouches for.
    fn answer_the_rest(
        &self,
        set: &WorkingSet,
        issued: Issued,
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Outcome, Error> {
        if self.config.leave_rest || issued.left_to_people.is_empty() {
            return Ok(Outcome::Certified(Box::new(issued)));
        }
        let ask = |row: &Row| Ask {
            row: *row,
            purpose: Purpose::Remainder,
            reason: "the audit does not vouch for it",
        };
        let asks: Vec<Ask> = issued.left_to_people.iter().map(ask).collect();
        match annotate(self.project, set, &asks, None, oracle, watch)? {
            Ended::Quit => Ok(Outcome::Quit),
            Ended::Finished => {
                Ok(Outcome::Certified(Box::new(Issued { left_to_people: Vec::new(), ..issued })))
            }
        }
    }
}

/// The walk along the order learned from the audit alone.
fn walk_without_asking(situation: &Situation<'_>, frozen: &FrozenModel, set: &WorkingSet) -> Walk {
    const LEAST_ERRORS: usize = 30;
    const PENALTY: f64 = 3.0;
    let labels = &frozen.predictions.labels;
    let trained = steer::before_audit(situation.facts);
    let mut is_open = vec![true; set.n_rows() as usize];
    trained.iter().for_each(|it| is_open[it.row.index()] = false);
    let population: Vec<Row> =
        (0..set.n_rows()).map(Row).filter(|it| is_open[it.index()]).collect();
    let audited = situation.facts[trained.len()..].iter();
    let audit: Vec<(Row, bool)> =
        audited.map(|it| (it.row, !it.label.agrees(&labels[it.row.index()]))).collect();

    let goal = situation.goal;
    let mut walk = Walk::new(&population, &audit, goal.first_forbidden(set.n_rows()), goal.alpha());
    let signals = Signals::new(frozen.predictions.n_signals, &frozen.predictions.signals);
    walk.exclude_adaptively(population.len().div_ceil(50).max(1), |revealed, region| {
        let known: Vec<(usize, bool)> = revealed.iter().map(|it| (it.0.index(), it.1)).collect();
        let n_errors = known.iter().filter(|it| it.1).count();
        let is_rich = LEAST_ERRORS <= n_errors;
        let ranker = is_rich.then(|| ErrorRanker::fit(signals, &known, PENALTY)).flatten();
        let risk = |row: &Row| match &ranker {
            Some(ranker) => ranker.risk(signals.row(row.index())),
            None => f64::from(frozen.predictions.uncertainty[row.index()]),
        };
        region.iter().map(risk).collect()
    });
    walk
}

/// Drawn items that nobody has answered since, in the order of drawing.
fn pending_draws(set: &WorkingSet, audit: &Audit) -> Vec<Row> {
    let answered: HashSet<Row> =
        set.answers().filter(|it| it.purpose == Purpose::Audit).map(|it| it.row).collect();
    let drawn = audit.drawn.iter().filter_map(|it| set.row(*it));
    drawn.filter(|it| !answered.contains(it)).collect()
}

fn version_of(project: &Project, id: ModelVersionId) -> Result<ModelVersion, Error> {
    let versions = project.store().model_versions()?;
    versions.into_iter().find(|it| it.id == id).ok_or_else(|| Error::Damaged {
        what: format!("model version {}", id.0),
        reason: "an audit names it, but it is not there".to_owned(),
        help: "restore the database from a backup".to_owned(),
    })
}

/// The facts as [`steer`] sees them. What was answered before the audit in
/// hand (or ever, if there is none) is learned from, whatever it was asked for;
/// after it, only the audit and the rest count.
fn steer_facts(
    set: &WorkingSet,
    audit: Option<&Audit>,
    project: &Project,
) -> Result<Vec<steer::Fact>, Error> {
    let through = match audit {
        Some(audit) => {
            Some(version_of(project, audit.audit.model_version)?.version.trained_through)
        }
        None => None,
    };
    let is_before = |it: &&Fact| through.is_none_or(|last| it.id <= last);
    let mut before: BTreeMap<Row, steer::Fact> = BTreeMap::new();
    for fact in set.answers().filter(is_before) {
        let purpose = match fact.purpose {
            Purpose::Random | Purpose::Audit => Purpose::Random,
            _ => Purpose::Training,
        };
        before.insert(fact.row, as_steered(fact, purpose));
    }
    let after = set.answers().filter(|it| !is_before(it));
    let in_hand = after.filter(|it| matches!(it.purpose, Purpose::Audit | Purpose::Remainder));
    let mut facts: Vec<steer::Fact> = before.into_values().collect();
    facts.extend(in_hand.map(|it| as_steered(it, it.purpose)));
    Ok(facts)
}

/// What the model learns from: facts it may know, and what a crowd said about
/// items that nobody was asked about.
fn lessons(set: &WorkingSet, facts: &[steer::Fact]) -> Vec<(Row, Label)> {
    let mut lessons: BTreeMap<Row, Label> = set.crowd_labels();
    lessons.extend(steer::learnable(facts));
    lessons.into_iter().filter(|it| it.1 != ABSTAINED).collect()
}

fn as_steered(fact: &Fact, purpose: Purpose) -> steer::Fact {
    steer::Fact { row: fact.row, label: fact.label.clone().unwrap_or(ABSTAINED), purpose }
}
