//! Facts on their way to the disk.
//!
//! One writes at a time, so that the ledger gets facts in order. Who comes while
//! somebody writes waits, and the next writer takes along all who wait: a
//! transaction waits for the disk once, however many answers are in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Shared;
use crate::{
    Error,
    store::{AnnotationId, NewAnnotation},
};

/// A fact under the key of whoever sent it.
pub(super) type Keyed = (String, NewAnnotation);
/// Of every fact, its annotation, and whether it is new.
pub(super) type Written = Vec<(AnnotationId, bool)>;

/// Who writes, and who waits.
#[derive(Default)]
pub(super) struct Writing {
    turn: Mutex<()>,
    waiting: Mutex<Vec<Arc<Waiting>>>,
}

struct Waiting {
    facts: Vec<Keyed>,
    written: Mutex<Option<Written>>,
}

impl Shared {
    /// Runs `write`, which may append facts, and brings the ledger up to date.
    pub(super) fn write_facts<T>(
        &self,
        write: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _turn = locked(&self.writing.turn);
        let result = write()?;
        self.read_facts()?;
        Ok(result)
    }

    /// Appends `facts` as [`append_once`](crate::store::Store::append_once) does,
    /// together with those of others who wait. A failure is that of one's own
    /// facts, whatever others sent.
    pub(super) fn append_facts(&self, facts: Vec<Keyed>) -> Result<Written, Error> {
        let own = Arc::new(Waiting { facts, written: Mutex::default() });
        locked(&self.writing.waiting).push(Arc::clone(&own));
        let _turn = locked(&self.writing.turn);
        if let Some(written) = locked(&own.written).take() {
            return Ok(written);
        }
        let waiting = std::mem::take(&mut *locked(&self.writing.waiting));
        let is_own = |it: &Arc<Waiting>| Arc::ptr_eq(it, &own);
        let others = waiting.iter().filter(|it| !is_own(it));
        let together: Vec<&Arc<Waiting>> = std::iter::once(&own).chain(others).collect();
        let all: Vec<Keyed> = together.iter().flat_map(|it| it.facts.iter().cloned()).collect();
        let store = self.project.store();
        let written = match store.append_once(&all) {
            Ok(written) => written,
            Err(error) if together.len() == 1 => return Err(error),
            // Each of the others fails or succeeds alone, in its turn.
            Err(_) => {
                let written = store.append_once(&own.facts)?;
                self.read_facts()?;
                return Ok(written);
            }
        };
        self.read_facts()?;
        let mut rest = written.as_slice();
        for it in &together {
            let (of_it, after) = rest.split_at(it.facts.len());
            *locked(&it.written) = Some(of_it.to_vec());
            rest = after;
        }
        let written = locked(&own.written).take();
        Ok(written.expect("it was first among them"))
    }

    fn read_facts(&self) -> Result<(), Error> {
        let last = self.desk().ledger.last_id();
        let new = self.project.store().annotations(last)?;
        self.desk().ledger.append(new);
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
