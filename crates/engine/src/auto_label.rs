//! `auto_label`: steer through questions and audit to certified labels.
//!
//! What to do next is decided by [`annota_core::steer`], from the facts so far;
//! this module does it: it asks, freezes, stores and issues the certificate.
//! Stopped at any moment, the next call goes on from the facts. Labels given
//! here are never trained on.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

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
    annotate::{AnnotatorKind, Ask, Ended, Oracle, Shown, annotate},
    certificate::{self, Asked, Issued},
    precision::{Claim, audit_len, least_audit, precision},
    project::Project,
    select::select,
    store::{
        AnnotationId, Audit, AuditState, ModelVersion, NewAnnotation, NewAudit, NewCertificate,
    },
    train::{hash_of, to_json, train, untrainable},
    working_set::{Fact, WorkingSet},
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AutoLabelConfig {
    /// What is to be shown.
    pub goal: Goal,
    /// About which labels. Claims about auto labels alone take `audit_now` and
    /// `leave_rest`.
    pub claim: Claim,
    /// How many items to audit now; `None` for as many as the goal suggests.
    pub n_draws: Option<u32>,
    /// The most items that people may answer.
    pub budget: Option<u32>,
    /// The query strategy while training; `None` for the default policy.
    pub strategy: Option<Strategy>,
    /// The least number of questions at a time while training.
    pub least_batch: usize,
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
    /// The audit shows nothing about the auto labels; nothing was labelled, and
    /// the next model learns from its answers.
    AuditShowsNothing {
        /// Audited items.
        n_audited: u32,
        /// Audited items on which people contradicted the frozen labels.
        n_errors: u32,
        /// The least audit that could have shown anything: one without an error.
        smallest_audit: u32,
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
    let mut steering = Steering::new(set);
    loop {
        set.refresh(project)?;
        let turn = steering.turn(project, set, config, watch)?;
        let shown = steering.shown();
        let ended = match turn {
            Turn::Again => Ended::Finished,
            Turn::Ask(asks) => annotate(project, set, &asks, shown, oracle, watch)?,
            Turn::Rest(rest) => rest.ask(project, set, shown, oracle, watch)?,
            Turn::End(outcome) => return Ok(outcome),
        };
        if ended == Ended::Quit {
            return Ok(Outcome::Quit);
        }
    }
}

/// What is to be done next.
pub(crate) enum Turn {
    /// Nothing by people: an audit was drawn or a certificate issued.
    Again,
    /// Put these to people, and take the next turn when some are answered.
    Ask(Vec<Ask>),
    /// Leave these to people, and take the next turn when all are answered.
    Rest(Rest),
    /// It is over.
    End(Outcome),
}

/// Agrees with no label of a schema, which has fewer classes: what an audited
/// item counts as if the annotator abstained.
const ABSTAINED: Label = Label::Class(ClassId(u16::MAX));
/// Why people are asked about what the audit excluded.
const NOT_VOUCHED_FOR: &str = "the audit does not vouch for it";

/// Takes one turn after the other. It keeps the model warm between them; all it
/// knows can be found again from the facts.
pub(crate) struct Steering {
    model: ClassModel,
    frozen: Option<FrozenModel>,
    facts: Vec<steer::Fact>,
    predictions: Option<Arc<Predictions>>,
}

/// The model under audit.
struct FrozenModel {
    audit: Audit,
    version: ModelVersion,
    /// What the audit was drawn to show.
    asked: Asked,
    predictions: Predictions,
}

impl Steering {
    pub(crate) fn new(set: &WorkingSet) -> Steering {
        Steering { model: set.model(), frozen: None, facts: Vec::new(), predictions: None }
    }

    /// What the model of the last turn says about every row.
    pub(crate) fn predictions(&self) -> Option<&Arc<Predictions>> {
        self.predictions.as_ref()
    }

    /// The same model on the answered rows, by models that had not seen them.
    pub(crate) fn out_of_fold(&self) -> Option<(&[Row], &Predictions)> {
        self.predictions.as_ref().and_then(|_| self.model.out_of_fold())
    }

    /// The audit in hand.
    pub(crate) fn audit(&self) -> Option<&Audit> {
        self.frozen.as_ref().map(|it| &it.audit)
    }

    fn shown(&self) -> Option<Shown<'_>> {
        let probabilities = self.predictions.as_ref()?.probabilities.as_ref()?;
        Some(Shown { probabilities, version: None })
    }

    /// Everything the next step depends on.
    fn situation<'a>(&'a self, set: &'a WorkingSet, config: &AutoLabelConfig) -> Situation<'a> {
        Situation {
            goal: config.goal,
            budget: config.budget,
            n_classes: set.schema.n_classes(),
            embeddings: &set.embeddings,
            facts: &self.facts,
            predictions: self.predictions.as_deref(),
            out_of_fold: self.out_of_fold(),
            frozen_labels: self.frozen.as_ref().map(|it| it.predictions.labels.as_slice()),
            least_batch: config.least_batch,
            rng_seed: config.rng_seed,
        }
    }

    /// Probability that the label of each of `rows` is wrong, by the model of
    /// the last turn.
    pub(crate) fn risks(
        &self,
        set: &WorkingSet,
        config: &AutoLabelConfig,
        rows: &[Row],
    ) -> Vec<f64> {
        steer::risks(&self.situation(set, config), rows)
    }

    /// Learns from the facts in `set` and says what is to be done next.
    pub(crate) fn turn(
        &mut self,
        project: &Project,
        set: &WorkingSet,
        config: &AutoLabelConfig,
        watch: &dyn Watch,
    ) -> Result<Turn, Error> {
        if let Some(issued) = certificate::standing(project, set, config.goal, config.claim)? {
            self.learn(set, config)?;
            return Ok(after_certificate(issued, config));
        }
        self.resume_audit(project, set, watch)?;
        self.learn(set, config)?;
        let config = &self.as_begun(config);
        let situation = self.situation(set, config);
        if let Some(frozen) = &self.frozen {
            let pending = pending_draws(set, &frozen.audit);
            if !pending.is_empty() {
                return Ok(Turn::Ask(audit_asks(&pending)));
            }
            if config.claim != Claim::AllLabels {
                let (open, audit) = open_and_audited(&situation, set);
                return self.issue_precision(project, set, config, &open, &audit);
            }
            if config.leave_rest {
                let walk = walk_without_asking(&situation, frozen, set);
                let certificate = Certificate::new(config.goal, set.n_rows(), &walk);
                if certificate.auto_labelled.is_empty() {
                    let (open, audit) = open_and_audited(&situation, set);
                    let least = certificate.smallest_audit;
                    return self.end_without(project, &open, &audit, least);
                }
                return self.issue(project, set, &certificate);
            }
        } else if config.audit_now {
            return audit_now(project, set, &situation, config, watch);
        }
        match steer::next(&situation) {
            Step::Ask(questions) => Ok(Turn::Ask(self.asks(set, config, &questions))),
            Step::Audit { frozen, rows } => open_audit(project, set, config, &frozen, &rows),
            Step::Rest { excluded, released, .. } => Ok(Turn::Rest(Rest { excluded, released })),
            Step::Done(certificate) => self.issue(project, set, &certificate),
            Step::AllAnswered => Ok(Turn::End(Outcome::AllAnswered)),
            Step::BudgetSpent => Ok(Turn::End(Outcome::BudgetSpent)),
        }
    }

    /// An audit in hand is finished for the goal and the claim it was drawn for:
    /// chosen after its answers were seen, they would prove nothing.
    fn as_begun(&self, config: &AutoLabelConfig) -> AutoLabelConfig {
        let Some(Asked { goal, claim }) = self.frozen.as_ref().map(|it| it.asked) else {
            return *config;
        };
        AutoLabelConfig { goal, claim, ..*config }
    }

    /// Fits the model on what it may know.
    fn learn(&mut self, set: &WorkingSet, config: &AutoLabelConfig) -> Result<(), Error> {
        let frozen = self.frozen.as_ref().map(|it| (&it.audit, &it.version));
        self.facts = steer_facts(set, frozen);
        self.predictions = match lessons(set, &self.facts, set.last_fact()).as_slice() {
            [] => None,
            lessons => {
                let fitted = self.model.fit_predict(lessons, config.rng_seed);
                Some(Arc::new(fitted.map_err(untrainable)?))
            }
        };
        Ok(())
    }

    /// Goes on with an audit that was begun, with the model that was frozen.
    fn resume_audit(
        &mut self,
        project: &Project,
        set: &WorkingSet,
        watch: &dyn Watch,
    ) -> Result<(), Error> {
        if self.frozen.is_some() {
            return Ok(());
        }
        let Some(audit) = project.store().open_audit()? else { return Ok(()) };
        let version = version_of(project, &audit)?;
        let same = frozen_predictions(set, &audit, &version, &mut self.model)?;
        if let (Some(predictions), AuditState::Open) = (same, audit.state) {
            let asked = Asked::read(&audit)?;
            self.frozen = Some(FrozenModel { audit, version, asked, predictions });
            return Ok(());
        }
        project.store().close_audit(audit.id)?;
        watch.note(
            "the audit that was begun no longer fits the pool (items or answers were added); its \
             answers are learned from, and a new one will be drawn",
        );
        Ok(())
    }

    fn asks(
        &self,
        set: &WorkingSet,
        config: &AutoLabelConfig,
        questions: &[steer::Question],
    ) -> Vec<Ask> {
        if config.strategy.is_some() {
            let seed = config.rng_seed.wrapping_add(set.facts().len() as u64);
            let predictions = self.predictions.as_deref();
            let chosen = select(set, config.strategy, predictions, questions.len(), seed);
            return chosen.into_iter().map(Ask::from).collect();
        }
        let ask = |it: &steer::Question| Ask {
            row: it.row,
            purpose: it.purpose,
            reason: it.reason.map_or("", Reason::words),
        };
        questions.iter().map(ask).collect()
    }

    /// Issues the certificate about all labels.
    fn issue(
        &mut self,
        project: &Project,
        set: &WorkingSet,
        certificate: &Certificate,
    ) -> Result<Turn, Error> {
        let frozen = self.frozen.take().expect("certificates are issued about a frozen model");
        let document = certificate::document(certificate, &frozen.audit, &frozen.version, set);
        frozen.certify(project, set, &document, &certificate.auto_labelled)
    }

    /// Issues the certificate about the auto labels, or says that the audit,
    /// from which is then learned, shows nothing about them.
    fn issue_precision(
        &mut self,
        project: &Project,
        set: &WorkingSet,
        config: &AutoLabelConfig,
        open: &[Row],
        audit: &[(Row, bool)],
    ) -> Result<Turn, Error> {
        let AutoLabelConfig { goal, claim, .. } = *config;
        let predictions = &self.frozen.as_ref().expect("a model was frozen").predictions;
        let shown = precision(claim, goal, &set.schema, predictions, open, audit);
        if shown.auto_labelled.is_empty() {
            let least = least_audit(claim, goal, set.schema.n_classes());
            return self.end_without(project, open, audit, least.min(open.len() as u32));
        }
        let frozen = self.frozen.take().expect("a model was frozen");
        let walk = Walk::new(open, audit, goal.first_forbidden(set.n_rows()), goal.alpha());
        let all = Certificate::new(goal, set.n_rows(), &walk);
        let all = certificate::document(&all, &frozen.audit, &frozen.version, set);
        let document = certificate::precision_document(all, claim, &shown);
        frozen.certify(project, set, &document, &shown.auto_labelled)
    }

    /// Closes an audit from which nothing follows about any label.
    fn end_without(
        &mut self,
        project: &Project,
        open: &[Row],
        audit: &[(Row, bool)],
        smallest_audit: u32,
    ) -> Result<Turn, Error> {
        let frozen = self.frozen.take().expect("a model was frozen");
        project.store().close_audit(frozen.audit.id)?;
        if audit.len() == open.len() {
            return Ok(Turn::End(Outcome::AllAnswered));
        }
        let n_errors = audit.iter().filter(|it| it.1).count();
        Ok(Turn::End(Outcome::AuditShowsNothing {
            n_audited: audit.len() as u32,
            n_errors: n_errors as u32,
            smallest_audit,
        }))
    }
}

impl FrozenModel {
    /// Writes certificate and auto labels in one transaction.
    fn certify(
        &self,
        project: &Project,
        set: &WorkingSet,
        document: &certificate::Document,
        auto_labelled: &[Row],
    ) -> Result<Turn, Error> {
        let new = NewCertificate {
            audit: self.audit.id,
            document: to_json(document),
            text: document.text(),
        };
        let label = |row: &Row| {
            let label = self.predictions.labels[row.index()].clone();
            let confidence = self.predictions.probabilities.as_ref().map_or_else(
                || 1.0 - self.predictions.uncertainty[row.index()],
                |it| it.likeliest(*row).1,
            );
            (set.item(*row), label, confidence)
        };
        let labels: Vec<_> = auto_labelled.iter().map(label).collect();
        let version = self.audit.audit.model_version;
        project.store().certify(&new, &labels, version, Timestamp::now())?;
        Ok(Turn::Again)
    }
}

/// Items that people have to answer before the audit can vouch for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// All of them, most doubtful first.
    pub(crate) excluded: Vec<Row>,
    /// Audited ones among them: they were answered, and are released to the
    /// model by being said once more.
    pub(crate) released: Vec<Row>,
}

impl Rest {
    /// Has them answered, in order.
    fn ask(
        &self,
        project: &Project,
        set: &WorkingSet,
        shown: Option<Shown<'_>>,
        oracle: &mut dyn Oracle,
        watch: &dyn Watch,
    ) -> Result<Ended, Error> {
        let is_released = |row: &Row| self.released.contains(row);
        for run in self.excluded.chunk_by(|a, b| is_released(a) == is_released(b)) {
            if is_released(&run[0]) {
                release(project, set, run)?;
                continue;
            }
            let asks: Vec<Ask> = run.iter().map(|row| remainder_ask(*row)).collect();
            if annotate(project, set, &asks, shown, oracle, watch)? == Ended::Quit {
                return Ok(Ended::Quit);
            }
        }
        Ok(Ended::Finished)
    }
}

/// Says once more, as [`Purpose::Remainder`], what the audit said about `rows`.
pub(crate) fn release(project: &Project, set: &WorkingSet, rows: &[Row]) -> Result<(), Error> {
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
    project.store().append(&again).map(drop)
}

fn audit_asks(pending: &[Row]) -> Vec<Ask> {
    let ask = |row: &Row| Ask { row: *row, purpose: Purpose::Audit, reason: "random audit" };
    pending.iter().map(ask).collect()
}

pub(crate) fn remainder_ask(row: Row) -> Ask {
    Ask { row, purpose: Purpose::Remainder, reason: NOT_VOUCHED_FOR }
}

/// Once a certificate stands: people answer what nothing vouches for.
fn after_certificate(issued: Issued, config: &AutoLabelConfig) -> Turn {
    if config.leave_rest || issued.left_to_people.is_empty() {
        return Turn::End(Outcome::Certified(Box::new(issued)));
    }
    Turn::Ask(issued.left_to_people.iter().map(|row| remainder_ask(*row)).collect())
}

/// Audits the present model, if any audit of it could show the goal.
fn audit_now(
    project: &Project,
    set: &WorkingSet,
    situation: &Situation<'_>,
    config: &AutoLabelConfig,
    watch: &dyn Watch,
) -> Result<Turn, Error> {
    let predictions = situation.predictions.ok_or_else(|| {
        Error::input("there is no model to audit", "answer some questions first: `annota label`")
    })?;
    let answered = set.last_answers();
    let open: Vec<Row> =
        (0..set.n_rows()).map(Row).filter(|it| !answered.contains_key(it)).collect();
    let suggested = match config.claim {
        Claim::AllLabels => None,
        claim => Some(audit_len(claim, config.goal, set.schema.n_classes(), open.len() as u32)),
    };
    if let Some(n_draws) = config.n_draws.or(suggested) {
        watch.note(&format!("the audit asks about {n_draws} of {} open items", open.len()));
        return audit_open(project, set, config, predictions, &open, n_draws);
    }
    let risks = steer::risks(situation, &open);
    let Some(plan) = cheapest_audit(&risks, set.n_rows(), config.goal) else {
        let first_forbidden = config.goal.first_forbidden(set.n_rows());
        let (n_open, alpha) = (open.len() as u32, config.goal.alpha());
        return Ok(Turn::End(Outcome::NothingShown {
            smallest_audit: smallest_audit(n_open, first_forbidden, alpha),
            expected_errors: risks.iter().sum(),
            allowed_errors: first_forbidden - 1,
        }));
    };
    audit_open(project, set, config, predictions, &open, plan.n_draws)
}

/// Freezes the scores of `open` and draws the audit from it, if the budget has
/// room for it.
fn audit_open(
    project: &Project,
    set: &WorkingSet,
    config: &AutoLabelConfig,
    predictions: &Predictions,
    open: &[Row],
    n_draws: u32,
) -> Result<Turn, Error> {
    let n_draws = n_draws.min(open.len() as u32);
    let n_answered = set.n_rows() - open.len() as u32;
    if config.budget.is_some_and(|it| it < n_answered + n_draws) {
        return Ok(Turn::End(Outcome::BudgetSpent));
    }
    let score = |row: &Row| (*row, predictions.uncertainty[row.index()]);
    let scores: Vec<(Row, f32)> = open.iter().map(score).collect();
    let mut rng = fastrand::Rng::with_seed(config.rng_seed);
    let frozen = freeze(&scores, rng.u64(..));
    let rows = frozen.draw_audit(n_draws, rng.u64(..));
    open_audit(project, set, config, &frozen, &rows)
}

/// Stores the model and the hash of its scores, and only then the draw.
fn open_audit(
    project: &Project,
    set: &WorkingSet,
    config: &AutoLabelConfig,
    frozen: &Frozen,
    rows: &[Row],
) -> Result<Turn, Error> {
    let lessons = lessons(set, &steer_facts(set, None), set.last_fact());
    let trained = train(project, set, &lessons, config.rng_seed)?;
    let new = NewAudit {
        model_version: trained.version,
        score_hash: frozen.hash().to_string(),
        population: u64::from(frozen.population()),
        rng_seed: config.rng_seed,
        parameters: Asked { goal: config.goal, claim: config.claim }.to_json(),
    };
    let store = project.store();
    let id = store.freeze_audit(&new, Timestamp::now())?;
    let drawn: Vec<_> = rows.iter().map(|it| set.item(*it)).collect();
    store.draw_audit(id, &drawn)?;
    Ok(Turn::Again)
}

/// The walk along the order learned from the audit alone.
fn walk_without_asking(situation: &Situation<'_>, frozen: &FrozenModel, set: &WorkingSet) -> Walk {
    const LEAST_ERRORS: usize = 30;
    const PENALTY: f64 = 3.0;
    let (population, audit) = open_and_audited(situation, set);
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

/// What the audit was drawn from, and the audited rows with whether the frozen
/// label was wrong.
fn open_and_audited(situation: &Situation<'_>, set: &WorkingSet) -> (Vec<Row>, Vec<(Row, bool)>) {
    let trained = steer::before_audit(situation.facts);
    let mut is_open = vec![true; set.n_rows() as usize];
    trained.iter().for_each(|it| is_open[it.row.index()] = false);
    let population = (0..set.n_rows()).map(Row).filter(|it| is_open[it.index()]).collect();
    (population, steer::audited(situation))
}

/// Drawn items that nobody has answered since, in the order of drawing.
fn pending_draws(set: &WorkingSet, audit: &Audit) -> Vec<Row> {
    let answered: HashSet<Row> = set.audit_answers(audit).map(|it| it.row).collect();
    let drawn = audit.drawn.iter().filter_map(|it| set.row(*it));
    drawn.filter(|it| !answered.contains(it)).collect()
}

/// What the model under `audit` said about every row: it is trained again from
/// the facts it knew. `None` if it is not the same, because the pool or those
/// facts are not.
pub(crate) fn frozen_predictions(
    set: &WorkingSet,
    audit: &Audit,
    version: &ModelVersion,
    model: &mut ClassModel,
) -> Result<Option<Predictions>, Error> {
    let facts = steer_facts(set, Some((audit, version)));
    let version = &version.version;
    let known = lessons(set, steer::before_audit(&facts), version.trained_through);
    if known.is_empty() {
        return Ok(None);
    }
    let predictions = model.fit_predict(&known, version.rng_seed).map_err(untrainable)?;
    Ok((version.hash == hash_of(&predictions).to_string()).then_some(predictions))
}

/// The model that was frozen for `audit`.
pub(crate) fn version_of(project: &Project, audit: &Audit) -> Result<ModelVersion, Error> {
    let id = audit.audit.model_version;
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
fn steer_facts(set: &WorkingSet, frozen: Option<(&Audit, &ModelVersion)>) -> Vec<steer::Fact> {
    let through = frozen.map(|it| it.1.version.trained_through);
    let is_before = |it: &&Fact| through.is_none_or(|last| it.id <= last);
    let mut before: BTreeMap<Row, steer::Fact> = BTreeMap::new();
    for fact in set.answers().filter(is_before) {
        let purpose = match fact.purpose {
            Purpose::Random | Purpose::Audit => Purpose::Random,
            _ => Purpose::Training,
        };
        before.insert(fact.row, as_steered(fact, purpose));
    }
    let drawn = frozen.map_or_else(HashSet::new, |it| set.drawn(it.0));
    // A late answer to an earlier audit is no answer to this one.
    let in_hand = set.answers().filter(|it| !is_before(it)).filter(|it| match it.purpose {
        Purpose::Audit => drawn.contains(&it.row),
        Purpose::Remainder => true,
        _ => false,
    });
    let mut facts: Vec<steer::Fact> = before.into_values().collect();
    facts.extend(in_hand.map(|it| as_steered(it, it.purpose)));
    facts
}

/// What the model learns from: facts it may know, and what a crowd had said, up
/// to and with `through`, about items that nobody was asked about.
fn lessons(set: &WorkingSet, facts: &[steer::Fact], through: AnnotationId) -> Vec<(Row, Label)> {
    let mut lessons: BTreeMap<Row, Label> = set.labels_by(AnnotatorKind::Crowd, through);
    lessons.extend(steer::learnable(facts));
    lessons.into_iter().filter(|it| it.1 != ABSTAINED).collect()
}

fn as_steered(fact: &Fact, purpose: Purpose) -> steer::Fact {
    steer::Fact { row: fact.row, label: fact.label.clone().unwrap_or(ABSTAINED), purpose }
}
