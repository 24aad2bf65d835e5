//! A project that several people work on at once, while it learns.
//!
//! ```text
//! next -> answer -> (stored) -> learn, in the background -> the queue -> next
//! ```
//!
//! Answers are durable when [`Live::answer`] returns and never wait for
//! training: one thread of its own ([`learn`]) takes the turns of
//! [`crate::auto_label`] and refills the queue. Everything is found again from
//! the facts when the project is opened the next time. Every method blocks;
//! asynchronous callers use `spawn_blocking`. This module knows no wire format
//! and no user rights.

mod answer;
mod history;
mod in_hand;
mod items;
mod learn;
mod lease;
mod ledger;
mod map;
mod queue;
mod report;
mod review;
mod writing;

use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use annota_core::{
    certify::Goal,
    diagnostic::Diagnostic,
    format::TextConfig,
    item::ItemId,
    label::Label,
    model::{Embedder, Predictions},
};
use jiff::Timestamp;
use tokio::sync::broadcast;

pub use answer::{Answer, Batch, Handed, Refused};
pub use history::Said;
pub use items::{ItemDetail, ItemQuery, ItemRow, ItemSort, Neighbour, Page, Place};
pub use ledger::Origin;
pub use map::{Map, MapState};
pub use queue::QueueLen;
pub use report::{AuditReport, Balance, ModelReport, NothingShown, Overview, Pace};
pub use review::{ReviewCounts, ReviewItem, ReviewKind};

use crate::{
    Error,
    annotate::{Annotator, AnnotatorKind},
    import::Inspect,
    plan::Plan,
    project::{Project, ProjectConfig},
    store::{AnnotationId, AnnotatorId, CertificateId},
    verify::Verified,
    working_set::WorkingSet,
};
use in_hand::{InHand, Kept};
use lease::Seal;
use ledger::Ledger;
use queue::Queue;
use writing::Writing;

/// What the engine does not know and whoever opens a project does.
pub trait Wiring: Send + Sync {
    /// The network for this project: the one it names, or one that suits it.
    fn embedder(&self, project: &Project) -> Result<Box<dyn Embedder>, Error>;

    /// Looks into pictures.
    fn inspect(&self) -> &dyn Inspect;
}

/// What a project is busy with, as far as people are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It was opened, and learns what it knew before.
    Opening,
    /// There are no items.
    Empty,
    /// Items are being read.
    Importing,
    /// Items are being embedded.
    Embedding,
    /// There are fewer than two classes.
    NeedsClasses,
    /// People answer what teaches the model.
    Training,
    /// People answer the audit.
    Audit,
    /// People answer what the audit does not vouch for.
    Rest,
    /// A certificate vouches for the labels.
    Certified,
    /// People have answered everything.
    AllAnswered,
    /// As many answers were given as the user allowed, and nothing was shown.
    BudgetSpent,
    /// Something is wrong; the project says what.
    Failed,
}

/// Something that watchers of the page want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An import goes on.
    Import,
    /// There is a new model.
    Model,
    /// There is another phase.
    Phase(Phase),
    /// The queue was planned anew.
    Queue,
    /// Somebody answered, skipped or took something back.
    Annotation {
        /// About what.
        item: ItemId,
        /// Who.
        annotator: String,
        /// What stands now.
        label: Option<Label>,
    },
    /// Somebody wrote a remark, or dealt with one.
    Remark(ItemId),
    /// The settings were changed.
    Settings,
    /// A certificate was issued.
    Certificate(CertificateId),
    /// The map is ready.
    Map,
    /// Something went wrong.
    Problem(String),
}

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// A file or folder.
    pub source: PathBuf,
    /// Whose labels come with the data.
    pub labels_as: Option<Annotator>,
    /// How to read files of texts.
    pub text: TextConfig,
}

/// Where an import stands, or how the last one ended.
#[derive(Clone, Debug, Default)]
pub struct ImportState {
    /// Whether it goes on.
    pub is_running: bool,
    /// `import` or `embed`.
    pub stage: Option<&'static str>,
    /// Items through that stage.
    pub done: u64,
    /// Of how many, where known.
    pub total: Option<u64>,
    /// When the stage began.
    pub stage_began: Option<Timestamp>,
    /// Items whose content is new.
    pub n_added: u64,
    /// Items with the content of another one.
    pub n_duplicates: u64,
    /// Pairs of items that look almost equal.
    pub n_near_duplicates: u64,
    /// Labels that came with the data.
    pub n_labels: u64,
    /// What could not be used, the first of it.
    pub problems: Vec<Diagnostic>,
    /// How much that was.
    pub n_problems: u64,
    /// Why the whole import failed.
    pub error: Option<String>,
    told_at: Option<Timestamp>,
}

/// What is computed about the pool after an answer, and does not change until
/// the next time.
pub(crate) struct Snapshot {
    set: WorkingSet,
    predictions: Option<Arc<Predictions>>,
    model: Option<ModelReport>,
    audit: Option<AuditReport>,
    /// Drawn for an audit and not answered: nobody may see what the model says.
    blind: std::collections::HashSet<ItemId>,
    /// Questions left in an audit, or to people.
    n_left: Option<usize>,
}

/// What a plan rests on.
type PlanKey = (Option<AnnotationId>, Goal);

/// What everybody shares under one lock, which is never held while waiting for
/// a disk or a model.
struct Desk {
    queue: Queue,
    ledger: Ledger,
    phase: Phase,
    problem: Option<String>,
    snapshot: Option<Arc<Snapshot>>,
    import: ImportState,
    import_request: Option<ImportRequest>,
    audit_request: bool,
    nothing_shown: Option<NothingShown>,
    map: MapState,
    // By what they rest on.
    verified: Option<(Option<AnnotationId>, Arc<Verified>)>,
    plan: Option<(PlanKey, Option<Plan>)>,
    // Items in people's hands that the last plan knew of.
    planned_for: usize,
    // Items handed out before the last plan.
    n_handed: u64,
    // Whether there is something to learn.
    is_stale: bool,
    // Whether items may lack an embedding by the network that is wanted now.
    must_embed: bool,
}

struct Shared {
    project: Project,
    wiring: Box<dyn Wiring>,
    seal: Seal,
    desk: Mutex<Desk>,
    /// Wakes the learner.
    wake: Condvar,
    writing: Writing,
    /// Locked before the desk, so that its lines are in order.
    in_hand: Mutex<InHand>,
    changes: broadcast::Sender<Change>,
    is_closing: AtomicBool,
}

/// See the head of this file. Dropping it waits for the learner to come to a
/// clean point.
pub struct Live {
    shared: Arc<Shared>,
    learner: Option<JoinHandle<()>>,
}

/// Changes kept for a watcher who is slow.
const CHANGES_KEPT: usize = 1_024;

impl Live {
    /// Opens `project` for people, and starts learning what it knows.
    pub fn open(project: Project, wiring: Box<dyn Wiring>) -> Result<Live, Error> {
        let store = project.store();
        let mut ledger = Ledger::default();
        ledger.add_annotators(store.annotators()?);
        ledger.append(store.annotations(None)?);
        ledger.set_auto_labels(store.auto_labels()?);
        ledger.set_remarks(store.remarks()?);
        let phase = if store.n_items()? == 0 { Phase::Empty } else { Phase::Opening };
        let seal = Seal::new(&store.secret()?);
        let in_hand = InHand::open(&project.cache_folder());
        let desk = Desk {
            queue: resumed(project.config().labelling.overlap as usize, in_hand.kept(), &ledger),
            ledger,
            phase,
            problem: None,
            snapshot: None,
            import: ImportState::default(),
            import_request: None,
            audit_request: false,
            nothing_shown: None,
            map: MapState::None,
            verified: None,
            plan: None,
            planned_for: 0,
            n_handed: 0,
            is_stale: true,
            must_embed: true,
        };
        let shared = Arc::new(Shared {
            project,
            wiring,
            seal,
            desk: Mutex::new(desk),
            wake: Condvar::new(),
            writing: Writing::default(),
            in_hand: Mutex::new(in_hand),
            changes: broadcast::channel(CHANGES_KEPT).0,
            is_closing: AtomicBool::new(false),
        });
        let for_learner = Arc::clone(&shared);
        let learner = std::thread::Builder::new().name("learn".to_owned());
        let learner = learner.spawn(move || learn::run(&for_learner));
        let learner = learner.map_err(Error::file("start a thread in", shared.project.folder()))?;
        Ok(Live { shared, learner: Some(learner) })
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.shared.project
    }

    /// Changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.shared.changes.subscribe()
    }

    /// Starts an import, and embeds what it brings.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] while another one goes on.
    pub fn import(&self, request: ImportRequest) -> Result<(), Error> {
        let mut desk = self.shared.desk();
        if desk.import.is_running || desk.import_request.is_some() {
            return Err(Error::input("an import is going on", "wait until it has ended"));
        }
        desk.import = ImportState { is_running: true, ..ImportState::default() };
        desk.import_request = Some(request);
        drop(desk);
        self.shared.wake.notify_all();
        Ok(())
    }

    /// Where the import stands, or how the last one ended.
    pub fn import_state(&self) -> ImportState {
        self.shared.desk().import.clone()
    }

    /// Changes the settings.
    ///
    /// # Errors
    ///
    /// As [`Project::set_config`].
    pub fn set_config(&self, config: ProjectConfig) -> Result<(), Error> {
        let project = &self.shared.project;
        let is_embedded_anew = config.model != project.config().model;
        let overlap = config.labelling.overlap as usize;
        project.set_config(config)?;
        let mut desk = self.shared.desk();
        desk.queue.set_overlap(overlap);
        desk.nothing_shown = None;
        desk.is_stale = true;
        desk.must_embed |= is_embedded_anew;
        drop(desk);
        self.shared.wake.notify_all();
        self.shared.tell(Change::Settings);
        Ok(())
    }

    /// Audits the present model at the next clean point, for the goal that is
    /// set.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if an audit is being answered, or nothing was learned.
    pub fn audit_now(&self) -> Result<(), Error> {
        if self.shared.project.store().open_audit()?.is_some() {
            return Err(Error::input("an audit is being answered", "finish it first"));
        }
        let mut desk = self.shared.desk();
        if desk.snapshot.as_ref().is_none_or(|it| it.predictions.is_none()) {
            return Err(Error::input("there is no model to audit", "answer some questions first"));
        }
        desk.audit_request = true;
        desk.is_stale = true;
        drop(desk);
        self.shared.wake.notify_all();
        Ok(())
    }

    /// The id of a person by name, who is added if new.
    fn person(&self, name: &str) -> Result<AnnotatorId, Error> {
        if let Some(known) = self.shared.desk().ledger.person_named(name) {
            return Ok(known);
        }
        let annotator = Annotator { name: name.to_owned(), kind: AnnotatorKind::Person };
        let id = self.shared.project.store().annotator(&annotator)?;
        self.shared.desk().ledger.add_annotators(vec![(id, annotator)]);
        Ok(id)
    }
}

/// The queue as it was when the project was open before, as far as people still
/// have to answer.
fn resumed(overlap: usize, kept: &Kept, ledger: &Ledger) -> Queue {
    let mut queue = Queue::new(overlap);
    let is_open = |item: ItemId| ledger.answered_by(item).len() < overlap;
    for (annotator, held) in &kept.held {
        for (planned, until) in held.iter().filter(|it| is_open(it.0.item)) {
            queue.lease(*annotator, planned.clone(), *until);
        }
    }
    for (planned, _) in kept.lacking.values().filter(|it| is_open(it.0.item)) {
        queue.lack(planned.clone(), ledger.answered_by(planned.item));
    }
    queue
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::SeqCst);
        self.shared.wake.notify_all();
        if let Some(learner) = self.learner.take() {
            // A learner that panicked has said so.
            drop(learner.join());
        }
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// Tells whoever watches; nobody watching is no error.
    fn tell(&self, change: Change) {
        drop(self.changes.send(change));
    }

    /// Keeps what `annotator` has in hand now, and whether `items` lack answers.
    fn keep_in_hand(&self, annotator: AnnotatorId, items: &[ItemId]) {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = self.desk();
        let held = desk.queue.held_by(annotator);
        let lacking: Vec<_> =
            items.iter().map(|it| (*it, desk.queue.lacking(*it).cloned())).collect();
        drop(desk);
        in_hand.hold(annotator, held);
        lacking.into_iter().for_each(|(item, it)| in_hand.lack(item, it));
    }

    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.desk().snapshot.clone()
    }
}
