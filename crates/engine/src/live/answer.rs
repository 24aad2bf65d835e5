//! Handing out questions, taking answers, taking them back.

use std::{borrow::Cow, time::Duration};

use annota_core::{
    item::ItemId,
    label::{ClassId, Label, Purpose},
};
use jiff::Timestamp;

use super::{Change, Live, Phase, Snapshot, queue::Planned};
use crate::{
    Error,
    annotate::Suggestion,
    store::{Annotation, AnnotationId, AnnotatorId, Item, NewAnnotation, ShownSuggestion},
};

/// Classes shown beside a suggestion.
const MOST_RANKED: usize = 5;
/// Items handed out at once, at most.
const MOST_AT_ONCE: usize = 200;

/// An item in somebody's hands.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The item.
    pub item: Item,
    /// What its answer is for.
    pub purpose: Purpose,
    /// Why this item, for people; empty where telling would give something away.
    pub reason: Cow<'static, str>,
    /// What the model thinks, likeliest first; empty in an audit and before
    /// there is a model.
    pub ranked: Vec<Suggestion>,
    /// Comes back with the answer.
    pub lease: String,
    /// Until when nobody else gets it.
    pub until: Timestamp,
}

/// What somebody got.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The questions, most useful first.
    pub handed: Vec<Handed>,
    /// What the project is busy with.
    pub phase: Phase,
    /// Questions left in the audit, or to people.
    pub n_left: Option<usize>,
    /// Items drawn for the audit.
    pub n_audit: Option<usize>,
}

/// An answer as it arrives.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The sender's key: the same key again is the same answer.
    pub key: String,
    /// About what.
    pub item: ItemId,
    /// What was said; `None` skips.
    pub class: Option<ClassId>,
    /// What was handed out with the question.
    pub lease: Option<String>,
    /// Whether it settles a review, where there is no lease.
    pub is_review: bool,
    /// When the question was shown, by the sender's clock.
    pub asked_at: Option<Timestamp>,
    /// How long it took.
    pub took: Option<Duration>,
    /// What was suggested.
    pub suggestion: Option<ShownSuggestion>,
}

/// Why an answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such item.
    UnknownItem,
    /// There is no such class.
    UnknownClass,
    /// The key is empty or longer than 64 bytes.
    BadKey,
}

impl Live {
    /// Up to `n` questions for `who`, who has them for a while.
    pub fn next(&self, who: &str, n: usize, now: Timestamp) -> Result<Batch, Error> {
        let annotator = self.person(who)?;
        let until = self.until(now);
        let at_once = self.shared.project.config().labelling.batch_len;
        let n = n.min(at_once.map_or(MOST_AT_ONCE, |it| it as usize));
        let mut desk = self.shared.desk();
        let planned = desk.queue.take(annotator, n, now, until);
        // The plan is in other people's hands: a longer one is made.
        let is_dry = planned.len() < n && desk.phase == Phase::Training;
        if is_dry && desk.planned_for < desk.queue.n_leased() {
            desk.is_stale = true;
            self.shared.wake.notify_all();
        }
        drop(desk);
        self.shared.keep_in_hand(annotator, &[]);
        self.hand(annotator, planned, now)
    }

    /// These items for `who`, whatever the queue says; but not those that others
    /// have in work.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if one is not there.
    pub fn next_of(&self, who: &str, items: &[ItemId], now: Timestamp) -> Result<Batch, Error> {
        let annotator = self.person(who)?;
        let until = self.until(now);
        self.shared.project.store().items_by_id(items)?;
        let mut planned: Vec<Planned> = items.iter().map(|it| self.asked_for(*it)).collect();
        let mut desk = self.shared.desk();
        planned.retain(|it| desk.queue.may_lease(annotator, it.item, now));
        for it in &planned {
            desk.queue.lease(annotator, it.clone(), until);
        }
        drop(desk);
        self.shared.keep_in_hand(annotator, &[]);
        self.hand(annotator, planned, now)
    }

    /// Those of `items` that `who` has no more: the time was over, or others have
    /// answered.
    pub fn not_in_hand(&self, who: &str, items: &[ItemId]) -> Result<Vec<ItemId>, Error> {
        let annotator = self.person(who)?;
        let held = self.shared.desk().queue.held_by(annotator);
        let is_held = |item: &ItemId| held.iter().any(|it| it.0.item == *item);
        Ok(items.iter().copied().filter(|it| !is_held(it)).collect())
    }

    /// Puts items at the front of everybody's queue.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if one is not there.
    pub fn ask_first(&self, items: &[ItemId]) -> Result<(), Error> {
        self.shared.project.store().items_by_id(items)?;
        let planned = items.iter().map(|it| self.asked_for(*it)).collect();
        self.shared.desk().queue.ask(planned);
        self.shared.tell(Change::Queue);
        Ok(())
    }

    /// Gives back what `who` has in hand and does not want.
    pub fn release(&self, who: &str, items: &[ItemId]) -> Result<(), Error> {
        let annotator = self.person(who)?;
        self.shared.desk().queue.release(annotator, items);
        self.shared.keep_in_hand(annotator, &[]);
        Ok(())
    }

    /// Stores answers: all that are accepted are durable when this returns.
    /// What was sent before is acknowledged as before.
    pub fn answer(
        &self,
        who: &str,
        answers: Vec<Answer>,
        now: Timestamp,
    ) -> Result<Vec<Result<AnnotationId, Refused>>, Error> {
        let annotator = self.person(who)?;
        let n_classes = self.shared.project.store().classes().len();
        let mut verdicts = Vec::with_capacity(answers.len());
        let mut facts = Vec::new();
        let known = self.known_items(&answers)?;
        for answer in answers {
            let is_class = answer.class.is_none_or(|it| it.index() < n_classes);
            let verdict = if answer.key.is_empty() || 64 < answer.key.len() {
                Err(Refused::BadKey)
            } else if !known.contains(&answer.item) {
                Err(Refused::UnknownItem)
            } else if is_class {
                Ok(facts.len())
            } else {
                Err(Refused::UnknownClass)
            };
            if verdict.is_ok() {
                facts.push((answer.key.clone(), self.fact(annotator, answer, now)));
            }
            verdicts.push(verdict);
        }
        let items: Vec<ItemId> = facts.iter().map(|it| it.1.item).collect();
        let ids = if facts.is_empty() { Vec::new() } else { self.shared.append_facts(facts)? };
        let new = ids.iter().zip(&items).filter(|it| it.0.1);
        let touched: Vec<ItemId> = new.map(|it| *it.1).collect();
        self.after_facts(who, annotator, &touched);
        Ok(verdicts.into_iter().map(|it| it.map(|at| ids[at].0)).collect())
    }

    /// Takes back the last answer of `who` that stands.
    ///
    /// Returns it, and the question once more; `None` if there is none.
    pub fn undo(
        &self,
        who: &str,
        key: String,
        now: Timestamp,
    ) -> Result<Option<(Annotation, Handed)>, Error> {
        let annotator = self.person(who)?;
        let last = self.shared.desk().ledger.history(annotator).next().cloned();
        let Some(last) = last else { return Ok(None) };
        self.take_back(annotator, key, &last, now)?;
        self.after_facts(who, annotator, &[last.fact.item]);
        let planned = Planned {
            item: last.fact.item,
            purpose: last.fact.purpose,
            reason: "answered before".into(),
        };
        self.shared.desk().queue.lease(annotator, planned.clone(), self.until(now));
        self.shared.keep_in_hand(annotator, &[]);
        let mut batch = self.hand(annotator, vec![planned], now)?;
        Ok(Some((last, batch.handed.remove(0))))
    }

    /// Restores the answer that `who` took back last, if nothing came after.
    pub fn redo(
        &self,
        who: &str,
        key: String,
        now: Timestamp,
    ) -> Result<Option<Annotation>, Error> {
        let annotator = self.person(who)?;
        let undo = self.shared.desk().ledger.redoable(annotator).cloned();
        let Some(undo) = undo else { return Ok(None) };
        self.take_back(annotator, key, &undo, now)?;
        self.after_facts(who, annotator, &[undo.fact.item]);
        let restored = undo.fact.undoes.expect("an undo undoes something");
        Ok(self.shared.desk().ledger.fact(restored).cloned())
    }

    fn take_back(
        &self,
        annotator: AnnotatorId,
        key: String,
        target: &Annotation,
        now: Timestamp,
    ) -> Result<(), Error> {
        let fact = NewAnnotation {
            item: target.fact.item,
            annotator,
            label: None,
            purpose: target.fact.purpose,
            asked_at: None,
            answered_at: now,
            took: None,
            suggestion: None,
            undoes: Some(target.id),
        };
        self.shared.append_facts(vec![(key, fact)]).map(drop)
    }

    /// Those of the items that are there.
    fn known_items(&self, answers: &[Answer]) -> Result<Vec<ItemId>, Error> {
        let mut known = Vec::new();
        let snapshot = self.shared.snapshot();
        for answer in answers {
            let is_in_pool = snapshot.as_ref().is_some_and(|it| it.set.row(answer.item).is_some());
            let store = self.shared.project.store();
            if is_in_pool || store.has_item(answer.item)? {
                known.push(answer.item);
            }
        }
        Ok(known)
    }

    fn fact(&self, annotator: AnnotatorId, answer: Answer, now: Timestamp) -> NewAnnotation {
        let lease = answer.lease.as_deref();
        let proved = lease.and_then(|it| self.shared.seal.read(it, answer.item, annotator));
        let purpose = match proved {
            Some((purpose, _)) => self.still(purpose, answer.item),
            None if answer.is_review => Purpose::Review,
            None => Purpose::Training,
        };
        NewAnnotation {
            item: answer.item,
            annotator,
            label: answer.class.map(Label::Class),
            purpose,
            asked_at: Some(proved.map_or(answer.asked_at.unwrap_or(now), |it| it.1)),
            answered_at: now,
            took: answer.took,
            suggestion: answer.suggestion.filter(|_| purpose != Purpose::Audit),
            undoes: None,
        }
    }

    /// What an answer is for when it arrives: an audit that has ended since is
    /// not answered any more.
    fn still(&self, purpose: Purpose, item: ItemId) -> Purpose {
        let desk = self.shared.desk();
        let is_blind = desk.snapshot.as_ref().is_some_and(|it| it.blind.contains(&item));
        match purpose {
            Purpose::Audit if !is_blind => Purpose::Training,
            purpose => purpose,
        }
    }

    /// Tells the queue, the learner and whoever watches.
    fn after_facts(&self, who: &str, annotator: AnnotatorId, items: &[ItemId]) {
        if items.is_empty() {
            return;
        }
        let mut desk = self.shared.desk();
        let mut changes = Vec::with_capacity(items.len());
        for item in items {
            let by = desk.ledger.answered_by(*item);
            if by.contains(&annotator) {
                desk.queue.answered(*item, annotator, &by);
            }
            let label = desk.ledger.label(*item).0;
            changes.push(Change::Annotation { item: *item, annotator: who.to_owned(), label });
        }
        desk.is_stale = true;
        drop(desk);
        self.shared.keep_in_hand(annotator, items);
        self.shared.wake.notify_all();
        changes.into_iter().for_each(|it| self.shared.tell(it));
    }

    fn until(&self, now: Timestamp) -> Timestamp {
        let lease = self.shared.project.config().labelling.lease;
        jiff::SignedDuration::try_from(lease)
            .ok()
            .and_then(|it| now.checked_add(it).ok())
            .unwrap_or(now)
    }

    /// An item that somebody wants to see; blind if it waits in an audit.
    fn asked_for(&self, item: ItemId) -> Planned {
        let desk = self.shared.desk();
        let is_blind = desk.snapshot.as_ref().is_some_and(|it| it.blind.contains(&item));
        let (purpose, reason) = if is_blind {
            (Purpose::Audit, "random audit")
        } else {
            (Purpose::Training, "asked for")
        };
        Planned { item, purpose, reason: reason.into() }
    }

    fn hand(
        &self,
        annotator: AnnotatorId,
        planned: Vec<Planned>,
        now: Timestamp,
    ) -> Result<Batch, Error> {
        let ids: Vec<ItemId> = planned.iter().map(|it| it.item).collect();
        let items = self.shared.project.store().items_by_id(&ids)?;
        let (snapshot, phase) = {
            let desk = self.shared.desk();
            (desk.snapshot.clone(), desk.phase)
        };
        let until = self.until(now);
        let handed = planned.into_iter().zip(items).map(|(planned, item)| Handed {
            ranked: match planned.purpose {
                Purpose::Audit => Vec::new(),
                _ => snapshot.as_ref().map_or(Vec::new(), |it| it.ranked(item.id)),
            },
            lease: self.shared.seal.write(item.id, annotator, planned.purpose, now),
            item,
            purpose: planned.purpose,
            reason: planned.reason,
            until,
        });
        Ok(Batch {
            handed: handed.collect(),
            phase,
            n_left: snapshot.as_ref().and_then(|it| it.n_left),
            n_audit: snapshot.as_ref().and_then(|it| it.audit.as_ref()).map(|it| it.n_drawn),
        })
    }
}

impl Snapshot {
    /// The likeliest classes of `item`, likeliest first; empty where nobody may
    /// see them or there are none.
    pub(super) fn ranked(&self, item: ItemId) -> Vec<Suggestion> {
        if self.blind.contains(&item) {
            return Vec::new();
        }
        let probabilities = self.predictions.as_ref().and_then(|it| it.probabilities.as_ref());
        let Some((row, probabilities)) = self.set.row(item).zip(probabilities) else {
            return Vec::new();
        };
        let mut ranked: Vec<Suggestion> = (0..)
            .zip(probabilities.row(row))
            .map(|(class, p)| Suggestion { label: Label::Class(ClassId(class)), confidence: *p })
            .collect();
        ranked.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        ranked.truncate(MOST_RANKED);
        ranked
    }

    /// The likeliest class of `item`, where anybody may see it.
    pub(super) fn likeliest(&self, item: ItemId) -> Option<Suggestion> {
        let probabilities = self.predictions.as_ref().and_then(|it| it.probabilities.as_ref())?;
        let row = self.set.row(item).filter(|_| !self.blind.contains(&item))?;
        let (class, confidence) = probabilities.likeliest(row);
        Some(Suggestion { label: Label::Class(class), confidence })
    }
}
