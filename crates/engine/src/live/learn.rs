//! The learner: one thread that imports, embeds, learns from new answers and
//! plans what to ask next, while people go on answering.
//!
//! It takes the turns of [`crate::auto_label`], like the command line does; what
//! differs is that the plan is made anew after every answer, and that several
//! people work it off in whatever order. Nobody waits for it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use annota_core::{
    acquire::policy,
    item::ItemId,
    label::{Label, Purpose},
    pool::Row,
    steer,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AuditReport, Change, Desk, ImportRequest, ImportState, ModelReport, NothingShown, Phase,
    Shared, Snapshot, queue::Planned,
};
use crate::{
    Error, Watch,
    annotate::Ask,
    auto_label::{AutoLabelConfig, Outcome, Rest, Steering, Turn, release, remainder_ask},
    certificate,
    embed::{embed, embedded_with},
    import::{ImportConfig, import},
    plan::measured_out_of_fold,
    precision::Claim,
    project::Labelling,
    store::{AuditId, Event},
    train::to_json,
    working_set::WorkingSet,
};

/// Turns that may follow one another without a question: freezing, drawing,
/// certifying.
const MOST_SILENT_TURNS: usize = 8;
/// Questions planned beyond those in people's hands: a page of somebody who
/// comes in, and more; twice what was taken since the plan before, so that many
/// people do not wait for the next one.
const SPARE: usize = 32;
const MOST_SPARE: usize = 2_000;

/// Runs until the project is closed.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut learner = Learner { state: None, rest: None };
    while let Some(work) = wait(shared) {
        let done = match work {
            Work::Import(request) => learner.import(shared, &request),
            Work::Learn => learner.learn(shared),
        };
        match done {
            Ok(()) => {}
            Err(Error::Interrupted) => return,
            Err(error) => fail(shared, &error),
        }
    }
}

enum Work {
    Import(ImportRequest),
    Learn,
}

/// Sleeps until there is work; `None` when the project is closed.
fn wait(shared: &Shared) -> Option<Work> {
    let mut desk = shared.desk();
    loop {
        if shared.is_closing() {
            return None;
        }
        if let Some(request) = desk.import_request.take() {
            return Some(Work::Import(request));
        }
        if std::mem::take(&mut desk.is_stale) {
            return Some(Work::Learn);
        }
        desk = shared.wake.wait(desk).unwrap_or_else(std::sync::PoisonError::into_inner);
    }
}

fn fail(shared: &Shared, error: &Error) {
    let mut desk = shared.desk();
    desk.problem = Some(error.to_string());
    if desk.snapshot.is_none() {
        desk.phase = Phase::Failed;
    }
    drop(desk);
    shared.tell(Change::Problem(error.to_string()));
}

/// What is kept between two rounds.
struct Learner {
    state: Option<(WorkingSet, Steering)>,
    rest: Option<RestInHand>,
}

/// A batch of the rest that people are working off. It is not changed before
/// all of it is answered: which item leaves the region next must not depend on
/// the order in which people happen to answer.
struct RestInHand {
    audit: AuditId,
    rest: Rest,
    /// Answers to items of this batch are later than this moment.
    began: Timestamp,
}

/// [`RestInHand`] among the events of the project.
#[derive(Serialize, Deserialize)]
struct RestEvent {
    audit: i64,
    excluded: Vec<i64>,
    released: Vec<i64>,
}

const REST_EVENT: &str = "rest";

impl Learner {
    fn import(&mut self, shared: &Arc<Shared>, request: &ImportRequest) -> Result<(), Error> {
        set_phase(shared, Phase::Importing);
        let config = ImportConfig {
            labels_as: request.labels_as.clone(),
            text: request.text.clone(),
            inspect: shared.wiring.inspect(),
            at: Timestamp::now(),
        };
        let result = import(&shared.project, &request.source, &config, &Watcher { shared });
        let annotators = shared.project.store().annotators()?;
        shared.write_facts(|| Ok(()))?;
        let mut desk = shared.desk();
        desk.ledger.add_annotators(annotators);
        desk.must_embed = true;
        desk.is_stale = true;
        match &result {
            Ok(report) => {
                let state = &mut desk.import;
                state.n_added = report.n_added;
                state.n_duplicates = report.n_duplicates;
                state.n_labels = report.n_labels;
                state.n_problems = report.n_left_out + report.n_warnings;
                state.problems.clone_from(&report.diagnostics);
            }
            Err(error) => desk.import.error = Some(error.to_string()),
        }
        drop(desk);
        self.state = None;
        match result {
            Err(Error::Interrupted) => Err(Error::Interrupted),
            // The page shows it where the import is shown.
            _ => Ok(()),
        }
    }

    fn learn(&mut self, shared: &Arc<Shared>) -> Result<(), Error> {
        let must_embed = std::mem::take(&mut shared.desk().must_embed);
        if must_embed || self.state.is_none() {
            self.state = None;
            let opened = open_pool(shared);
            end_import(shared);
            let Some(set) = opened? else { return Ok(()) };
            let steering = Steering::new(&set);
            self.rest = rest_in_hand(shared, &set)?;
            self.state = Some((set, steering));
        }
        self.round(shared)
    }

    /// Learns from what is new, and plans.
    fn round(&mut self, shared: &Arc<Shared>) -> Result<(), Error> {
        let (set, steering) = self.state.as_mut().expect("opened above");
        if set.schema.n_classes() != shared.project.store().classes().len() {
            set.schema = shared.project.store().schema()?;
            *steering = Steering::new(set);
        }
        let began = Instant::now();
        for _ in 0..MOST_SILENT_TURNS {
            set.refresh(&shared.project)?;
            let audit_now = std::mem::take(&mut shared.desk().audit_request);
            let config = config(shared, audit_now);
            if let Some(in_hand) = &self.rest {
                if let Some(open) = advance(shared, set, in_hand)? {
                    publish(shared, set, steering, &config, began, Plan::Rest(open));
                    return Ok(());
                }
                self.rest = None;
                set.refresh(&shared.project)?;
            }
            match steering.turn(&shared.project, set, &config, &Watcher { shared })? {
                Turn::Again => note_results(shared)?,
                Turn::Rest(rest) => self.rest = Some(begin_rest(shared, set, steering, rest)?),
                Turn::Ask(asks) => {
                    publish(shared, set, steering, &config, began, Plan::Ask(asks));
                    return Ok(());
                }
                Turn::End(Outcome::NothingShown {
                    smallest_audit,
                    expected_errors,
                    allowed_errors,
                }) => {
                    let nothing = NothingShown { smallest_audit, expected_errors, allowed_errors };
                    shared.desk().nothing_shown = Some(nothing);
                }
                Turn::End(outcome) => {
                    publish(shared, set, steering, &config, began, Plan::End(outcome));
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// What the turn came to.
enum Plan {
    Ask(Vec<Ask>),
    Rest(Vec<Ask>),
    End(Outcome),
}

fn config(shared: &Shared, audit_now: bool) -> AutoLabelConfig {
    let project = shared.project.config();
    let mut desk = shared.desk();
    desk.planned_for = desk.queue.n_leased();
    let n_handed = desk.queue.n_handed();
    let lately = (n_handed - std::mem::replace(&mut desk.n_handed, n_handed)) as usize;
    let least_batch = desk.planned_for + (2 * lately).clamp(SPARE, MOST_SPARE);
    drop(desk);
    let Labelling { goal, budget, strategy, .. } = project.labelling;
    AutoLabelConfig {
        goal,
        claim: Claim::AllLabels,
        n_draws: None,
        budget,
        strategy,
        least_batch,
        audit_now,
        leave_rest: false,
        rng_seed: project.rng_seed,
    }
}

/// Embeds what is missing and prepares the pool; `None` if there is nothing to
/// learn on yet, which the phase tells.
fn open_pool(shared: &Arc<Shared>) -> Result<Option<WorkingSet>, Error> {
    let project = &shared.project;
    if project.store().n_items()? == 0 {
        set_phase(shared, Phase::Empty);
        return Ok(None);
    }
    if lacks_embeddings(shared)? {
        set_phase(shared, Phase::Embedding);
        let embedder = shared.wiring.embedder(project)?;
        let report = embed(project, embedder.as_ref(), &Watcher { shared })?;
        let mut desk = shared.desk();
        desk.import.n_problems += report.diagnostics.len() as u64;
        desk.import.problems.extend(report.diagnostics);
    }
    if project.store().classes().len() < 2 {
        set_phase(shared, Phase::NeedsClasses);
        return Ok(None);
    }
    let set = WorkingSet::open(project, &Watcher { shared })?;
    shared.desk().import.n_near_duplicates = set.near_duplicates.len() as u64;
    Ok(Some(set))
}

/// Whether some item has no embedding yet by the network that is wanted. The
/// network is made only then, since that takes its time.
fn lacks_embeddings(shared: &Shared) -> Result<bool, Error> {
    let project = &shared.project;
    let Some(with) = embedded_with(project)? else { return Ok(true) };
    // The id of an embedder begins with its name, as in `NAME+runtime+hash`.
    let is_wanted = |name: &String| {
        with.embedder.strip_prefix(name.as_str()).is_some_and(|it| it.starts_with(['+', '@']))
    };
    if !project.config().model.as_ref().is_none_or(is_wanted) {
        return Ok(true);
    }
    let matrix = project.matrix(&with.embedder, with.dim)?;
    Ok(project.store().pool_keys()?.iter().any(|(_, content)| !matrix.contains(content)))
}

fn end_import(shared: &Shared) {
    let mut desk = shared.desk();
    if !desk.import.is_running {
        return;
    }
    desk.import.is_running = false;
    desk.import.stage = None;
    drop(desk);
    shared.tell(Change::Import);
}

/// Tells what a silent turn has stored: an audit, a certificate.
fn note_results(shared: &Shared) -> Result<(), Error> {
    let store = shared.project.store();
    let labels = store.auto_labels()?;
    let certificate = store.certificates()?.pop();
    let mut desk = shared.desk();
    let before = desk.ledger.certificate();
    desk.ledger.set_auto_labels(labels);
    let after = desk.ledger.certificate();
    drop(desk);
    match certificate {
        Some(it) if before != after => shared.tell(Change::Certificate(it.id)),
        _ => {}
    }
    Ok(())
}

/// Remembers the batch, so that a restart goes on with the same.
fn begin_rest(
    shared: &Shared,
    set: &WorkingSet,
    steering: &Steering,
    rest: Rest,
) -> Result<RestInHand, Error> {
    let audit = steering.audit().expect("the rest is left by an audit").id;
    let ids = |rows: &[Row]| rows.iter().map(|it| set.item(*it).0).collect();
    let document =
        RestEvent { audit: audit.0, excluded: ids(&rest.excluded), released: ids(&rest.released) };
    let at = Timestamp::now();
    let event = Event { at, kind: REST_EVENT.to_owned(), document: to_json(&document) };
    shared.project.store().record_event(&event)?;
    Ok(RestInHand { audit, rest, began: at })
}

/// The batch that was being worked off when the project was last closed.
fn rest_in_hand(shared: &Shared, set: &WorkingSet) -> Result<Option<RestInHand>, Error> {
    let store = shared.project.store();
    let Some(audit) = store.open_audit()? else { return Ok(None) };
    let events = store.events()?;
    let Some(event) = events.iter().rev().find(|it| it.kind == REST_EVENT) else {
        return Ok(None);
    };
    let Ok(document) = serde_json::from_str::<RestEvent>(&event.document) else {
        return Ok(None);
    };
    let rows =
        |ids: &[i64]| -> Option<Vec<Row>> { ids.iter().map(|it| set.row(ItemId(*it))).collect() };
    let rest = rows(&document.excluded).zip(rows(&document.released));
    let in_hand = rest.filter(|_| document.audit == audit.id.0).map(|(excluded, released)| {
        RestInHand { audit: audit.id, rest: Rest { excluded, released }, began: event.at }
    });
    Ok(in_hand)
}

/// Releases the audited items of the batch that have nothing unanswered before
/// them; what is still to be answered, or `None` if the batch is done.
///
/// Unaudited items may be answered in any order. That only makes the region
/// smaller than in the planned order at the moment it is looked at, so that
/// what the proof in [`annota_core::certify::Walk`] excludes stays excluded.
fn advance(
    shared: &Shared,
    set: &WorkingSet,
    in_hand: &RestInHand,
) -> Result<Option<Vec<Ask>>, Error> {
    if shared.project.store().open_audit()?.is_none_or(|it| it.id != in_hand.audit) {
        return Ok(None);
    }
    let done = answered_since(shared, set, in_hand.began);
    let released: HashSet<Row> = in_hand.rest.released.iter().copied().collect();
    let answered = set.last_answers();
    let mut open = Vec::new();
    let mut due = Vec::new();
    for row in in_hand.rest.excluded.iter().filter(|it| !done.contains(it)) {
        let is_audited = released.contains(row);
        // What was answered while the audit was drawn is known, and said again.
        if is_audited && open.is_empty() || !is_audited && answered.contains_key(row) {
            due.push(*row);
        } else if !is_audited {
            open.push(remainder_ask(*row));
        }
    }
    if !due.is_empty() {
        shared.write_facts(|| release(&shared.project, set, &due))?;
    }
    let waits_for_none = open.is_empty();
    Ok((!waits_for_none).then_some(open))
}

/// Rows with an answer for the rest that is later than `began`.
fn answered_since(shared: &Shared, set: &WorkingSet, began: Timestamp) -> HashSet<Row> {
    let desk = shared.desk();
    let standing = set.facts().iter().filter(|it| it.purpose == Purpose::Remainder);
    let is_later = |id| desk.ledger.fact(id).is_some_and(|it| began <= it.fact.answered_at);
    standing.filter(|it| is_later(it.id)).map(|it| it.row).collect()
}

/// Puts the plan into the queue and what was learned before everybody's eyes.
fn publish(
    shared: &Shared,
    set: &WorkingSet,
    steering: &Steering,
    config: &AutoLabelConfig,
    began: Instant,
    plan: Plan,
) {
    let model = model_report(set, steering, config, began);
    let has_certificate = certificate::standing(&shared.project, set, config.goal, config.claim);
    let has_certificate = has_certificate.is_ok_and(|it| it.is_some());
    let (asks, phase) = match plan {
        Plan::Rest(asks) => (asks, Phase::Rest),
        Plan::Ask(asks) if asks.iter().any(|it| it.purpose == Purpose::Audit) => {
            (asks, Phase::Audit)
        }
        Plan::Ask(asks) if has_certificate => (asks, Phase::Certified),
        Plan::Ask(asks) => (asks, Phase::Training),
        Plan::End(Outcome::AllAnswered) => (Vec::new(), Phase::AllAnswered),
        Plan::End(Outcome::BudgetSpent) => (Vec::new(), Phase::BudgetSpent),
        Plan::End(_) => (Vec::new(), Phase::Certified),
    };
    let mut desk = shared.desk();
    let is_counted = matches!(phase, Phase::Rest | Phase::Audit | Phase::Certified);
    let snapshot = Snapshot {
        set: set.clone(),
        predictions: steering.predictions().cloned(),
        model,
        audit: steering.audit().map(|audit| AuditReport {
            n_drawn: audit.drawn.len(),
            n_answered: audit.drawn.len() - n_pending(set, &asks, audit.drawn.as_slice()),
            frozen_at: audit.created_at,
        }),
        blind: blind(set, &asks),
        n_left: is_counted.then_some(asks.len()),
    };
    let mut planned = to_plan(&desk, set, asks);
    // What was answered while this was computed is not asked again, unless the
    // next round, which knows of those answers, still wants it.
    planned.retain(|it| !desk.ledger.is_answered_after(it.item, set.read_through()));
    match phase {
        Phase::Audit => desk.queue.withdraw_all_but(&[Purpose::Audit, Purpose::Review]),
        Phase::Rest | Phase::Certified => {
            desk.queue.withdraw_all_but(&[Purpose::Remainder, Purpose::Review]);
        }
        _ => {}
    }
    desk.queue.plan(planned);
    desk.snapshot = Some(Arc::new(snapshot));
    desk.problem = None;
    let is_new_phase = desk.phase != phase;
    desk.phase = phase;
    drop(desk);
    shared.tell(Change::Model);
    shared.tell(Change::Queue);
    if is_new_phase {
        shared.tell(Change::Phase(phase));
    }
}

/// Items drawn for an audit that are still to be answered.
fn blind(set: &WorkingSet, asks: &[Ask]) -> HashSet<ItemId> {
    let audited = asks.iter().filter(|it| it.purpose == Purpose::Audit);
    audited.map(|it| set.item(it.row)).collect()
}

fn n_pending(set: &WorkingSet, asks: &[Ask], drawn: &[ItemId]) -> usize {
    let blind = blind(set, asks);
    drawn.iter().filter(|it| blind.contains(it)).count()
}

/// The queue's plan. While training, random items are moved forward to where
/// their share is due: the plan is made anew after every answer, and they stand
/// last in it.
fn to_plan(desk: &Desk, set: &WorkingSet, asks: Vec<Ask>) -> Vec<Planned> {
    let to_planned = |ask: Ask| Planned {
        item: set.item(ask.row),
        purpose: ask.purpose,
        reason: ask.reason.into(),
    };
    let (random, chosen): (Vec<Ask>, Vec<Ask>) =
        asks.into_iter().partition(|it| it.purpose == Purpose::Random);
    if random.is_empty() {
        return chosen.into_iter().map(to_planned).collect();
    }
    let n_classes = set.schema.n_classes();
    let is_random = |purpose: Purpose| purpose == Purpose::Random;
    let n_leased = desk.queue.n_leased_for(Purpose::Random);
    let mut n_given = set.answers().filter(|it| is_random(it.purpose)).count() + n_leased;
    let mut n_asked =
        set.last_answers().len() + n_leased + desk.queue.n_leased_for(Purpose::Training);
    let (mut random, mut chosen) = (random.into_iter(), chosen.into_iter());
    let mut planned = Vec::new();
    loop {
        n_asked += 1;
        let is_due = n_given < policy::n_random(n_classes, 0, n_asked);
        let next = if is_due { random.next().or_else(|| chosen.next()) } else { chosen.next() };
        let Some(ask) = next.or_else(|| random.next()) else { return planned };
        n_given += usize::from(is_random(ask.purpose));
        planned.push(to_planned(ask));
    }
}

/// How good the model looks.
fn model_report(
    set: &WorkingSet,
    steering: &Steering,
    config: &AutoLabelConfig,
    began: Instant,
) -> Option<ModelReport> {
    let predictions = steering.predictions()?;
    let answered = set.last_answers();
    let open: Vec<Row> =
        (0..set.n_rows()).map(Row).filter(|it| !answered.contains_key(it)).collect();
    let mut risks = steering.risks(set, config, &open);
    let expected_errors: f64 = risks.iter().sum();
    let allowed_errors = config.goal.first_forbidden(set.n_rows()) - 1;
    risks.sort_by(f64::total_cmp);
    let mut errors = 0.0;
    let n_sure = risks.iter().take_while(|it| {
        errors += **it;
        errors <= f64::from(allowed_errors)
    });
    let says_little = answered.len() < steer::least_training(set.schema.n_classes());
    let n_sure = if says_little { 0 } else { n_sure.count() };
    let random: HashMap<Row, &Label> = set
        .answers()
        .filter(|it| matches!(it.purpose, Purpose::Random | Purpose::Audit))
        .filter_map(|it| Some((it.row, it.label.as_ref()?)))
        .collect();
    let mean = predictions.uncertainty.iter().sum::<f32>() / predictions.uncertainty.len() as f32;
    Some(ModelReport {
        n_labelled: steering.out_of_fold().map_or(answered.len(), |it| it.0.len()),
        trained_at: Timestamp::now(),
        fit_ms: began.elapsed().as_millis() as u64,
        accuracy: measured_out_of_fold(&random, steering.out_of_fold()),
        expected_errors,
        allowed_errors,
        n_sure,
        mean_uncertainty: f64::from(mean),
    })
}

fn set_phase(shared: &Shared, phase: Phase) {
    let mut desk = shared.desk();
    // A page that works goes on working while items are added.
    let is_new = desk.phase != phase && (desk.snapshot.is_none() || phase == Phase::Importing);
    if is_new {
        desk.phase = phase;
    }
    drop(desk);
    if is_new {
        shared.tell(Change::Phase(phase));
    }
}

/// Watches a stage for the page.
struct Watcher<'a> {
    shared: &'a Shared,
}

/// How often the page is told how far a stage is.
const PROGRESS_EVERY: SignedDuration = SignedDuration::from_millis(250);

impl Watch for Watcher<'_> {
    fn progress(&self, stage: &'static str, done: u64, total: Option<u64>) {
        if !matches!(stage, "import" | "embed" | "compare") {
            return;
        }
        let now = Timestamp::now();
        let mut desk = self.shared.desk();
        if stage == "compare" && !desk.import.is_running {
            return;
        }
        let state: &mut ImportState = &mut desk.import;
        let is_new_stage = state.stage != Some(stage);
        if is_new_stage {
            state.stage = Some(stage);
            state.stage_began = Some(now);
        }
        (state.done, state.total, state.is_running) = (done, total, true);
        let is_due = is_new_stage
            || state.told_at.is_none_or(|it| PROGRESS_EVERY <= now.duration_since(it))
            || total == Some(done);
        if is_due {
            state.told_at = Some(now);
        }
        drop(desk);
        if is_due {
            self.shared.tell(Change::Import);
        }
    }

    fn note(&self, line: &str) {
        self.shared.tell(Change::Problem(line.to_owned()));
    }

    fn interrupted(&self) -> bool {
        self.shared.is_closing()
    }
}
