//! Batches on their way from the readers to the store.

use std::{
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use annota_core::diagnostic::Diagnostic;

use super::Sink;
use crate::{Error, Watch, store::NewItem};

/// Items stored in one transaction.
pub(super) const BATCH_LEN: usize = 2_000;
/// Bytes of texts or pixels in one batch.
pub(super) const BATCH_SIZE: usize = 16 << 20;
/// Batches read ahead of the one being stored.
const N_AHEAD: usize = 2;

/// What became of one file or record.
pub(super) enum Outcome {
    /// An item, the name of its label, and what is odd about it.
    Ready { item: Box<NewItem>, label: Option<String>, warning: Option<Diagnostic> },
    /// It cannot be used.
    LeftOut(Diagnostic),
    /// It is of another kind.
    Ignored { extension: String },
}

/// What is stored in one transaction.
pub(super) struct Batch {
    pub(super) outcomes: Vec<Outcome>,
}

impl Batch {
    /// The names of all labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.outcomes.iter().filter_map(|it| match it {
            Outcome::Ready { label, .. } => label.as_deref().filter(|it| !it.trim().is_empty()),
            Outcome::LeftOut(_) | Outcome::Ignored { .. } => None,
        })
    }
}

/// Hands a batch over; whether more are wanted.
pub(super) type Hand<'a> = &'a dyn Fn(Vec<Outcome>) -> bool;

/// Runs `read` on a thread of its own, which hands over batches, and stores
/// them here meanwhile. Stops between two batches when the watcher asks to.
pub(super) fn stream(
    sink: &mut Sink<'_>,
    total: Option<u64>,
    watch: &dyn Watch,
    read: impl FnOnce(Hand<'_>) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Outcome>>(N_AHEAD);
        let reader = scope.spawn(move || read(&|outcomes| hand_over(&sender, outcomes)));
        let mut done = 0;
        for outcomes in receiver {
            if watch.interrupted() {
                return Err(Error::Interrupted);
            }
            done += outcomes.len() as u64;
            sink.store(Batch { outcomes })?;
            watch.progress("import", done, total);
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn hand_over(sender: &SyncSender<Vec<Outcome>>, outcomes: Vec<Outcome>) -> bool {
    // The receiver is gone once storing failed or was interrupted.
    sender.send(outcomes).is_ok()
}
