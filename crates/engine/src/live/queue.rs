//! The queue: what is to be asked, best first, and who has what in hand.
//!
//! Several people take from it at once. An item that somebody has in hand is
//! leased and not handed out again before the lease is over, unless more than
//! one answer per item is wanted. A pure state machine: the time comes in as an
//! argument, nothing is stored here, and what is lost with it is planned anew.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
};

use annota_core::{item::ItemId, label::Purpose};
use jiff::Timestamp;

use crate::store::AnnotatorId;

/// An item to be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// The item.
    pub(super) item: ItemId,
    /// What its answer is for.
    pub(super) purpose: Purpose,
    /// Why this item, for people.
    pub(super) reason: Cow<'static, str>,
}

/// An item in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lease {
    annotator: AnnotatorId,
    planned: Planned,
    until: Timestamp,
    // The order of handing out.
    number: u64,
}

/// How many items are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueueLen {
    /// Waiting for somebody.
    pub n_ready: usize,
    /// In somebody's hands.
    pub n_leased: usize,
    /// Answered, but by fewer people than wanted.
    pub n_pending: usize,
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Queue {
    overlap: usize,
    // Asked for by people; served before anything planned.
    front: VecDeque<Planned>,
    planned: VecDeque<Planned>,
    // Invariant: no list is empty, and nobody has an item twice.
    leases: BTreeMap<ItemId, Vec<Lease>>,
    // Answered by fewer people than wanted, oldest first; by whom.
    pending: Vec<(Planned, Vec<AnnotatorId>)>,
    n_handed: u64,
}

impl Queue {
    /// An empty queue that wants `overlap` answers per item, at least 1.
    pub(super) fn new(overlap: usize) -> Queue {
        Queue {
            overlap: overlap.max(1),
            front: VecDeque::new(),
            planned: VecDeque::new(),
            leases: BTreeMap::new(),
            pending: Vec::new(),
            n_handed: 0,
        }
    }

    /// Changes how many answers are wanted per item, from now on.
    pub(super) fn set_overlap(&mut self, overlap: usize) {
        self.overlap = overlap.max(1);
        let enough = self.overlap;
        self.pending.retain(|it| it.1.len() < enough);
    }

    /// Replaces what is planned. Leases, what people asked for and what lacks
    /// answers stay.
    pub(super) fn plan(&mut self, planned: Vec<Planned>) {
        let pending: HashSet<ItemId> = self.pending.iter().map(|it| it.0.item).collect();
        self.planned = planned.into_iter().filter(|it| !pending.contains(&it.item)).collect();
    }

    /// Puts items before everything planned, in this order.
    pub(super) fn ask(&mut self, items: Vec<Planned>) {
        for item in items.into_iter().rev() {
            self.front.retain(|it| it.item != item.item);
            self.front.push_front(item);
        }
    }

    /// Up to `n` items for `annotator`: first what they have in hand, then what
    /// lacks a second answer, then what people asked for, then the plan. All are
    /// theirs until `until`.
    pub(super) fn take(
        &mut self,
        annotator: AnnotatorId,
        n: usize,
        now: Timestamp,
        until: Timestamp,
    ) -> Vec<Planned> {
        self.expire(now);
        let mut taken = self.in_hand(annotator, n, until);
        let missing = |taken: &Vec<Planned>| n.saturating_sub(taken.len());
        let lacking: Vec<Planned> = self
            .pending
            .iter()
            .filter(|(planned, by)| !by.contains(&annotator) && self.is_free(planned, by.len()))
            .map(|it| it.0.clone())
            .take(missing(&taken))
            .collect();
        for planned in lacking {
            self.lease(annotator, planned.clone(), until);
            taken.push(planned);
        }
        while taken.len() < n {
            let Some(planned) = self.pop_free(annotator) else { break };
            self.lease(annotator, planned.clone(), until);
            taken.push(planned);
        }
        taken
    }

    /// Whether `annotator` may have it next to those who have it in work.
    pub(super) fn may_lease(
        &mut self,
        annotator: AnnotatorId,
        item: ItemId,
        now: Timestamp,
    ) -> bool {
        self.expire(now);
        let leases = self.leases.get(&item).map_or(&[][..], Vec::as_slice);
        leases.iter().filter(|it| it.annotator != annotator).count() < self.overlap
    }

    /// Hands `planned` to `annotator` whatever the queue says.
    pub(super) fn lease(&mut self, annotator: AnnotatorId, planned: Planned, until: Timestamp) {
        let leases = self.leases.entry(planned.item).or_default();
        let known = leases.iter().position(|it| it.annotator == annotator);
        let number = if let Some(at) = known {
            leases.remove(at).number
        } else {
            self.n_handed += 1;
            self.n_handed
        };
        leases.push(Lease { annotator, planned, until, number });
    }

    /// Takes questions of other purposes than `purposes` out of everybody's
    /// hands: their answers are of no more use.
    pub(super) fn withdraw_all_but(&mut self, purposes: &[Purpose]) {
        let is_of_use = |it: &Planned| purposes.contains(&it.purpose);
        self.leases.retain(|_, leases| {
            leases.retain(|it| is_of_use(&it.planned));
            !leases.is_empty()
        });
        self.pending.retain(|it| is_of_use(&it.0));
    }

    /// Takes back what `annotator` has in hand and no longer wants.
    pub(super) fn release(&mut self, annotator: AnnotatorId, items: &[ItemId]) {
        let mut returned = Vec::new();
        for item in items {
            returned.extend(self.end_lease(*item, annotator));
        }
        for planned in returned.into_iter().rev() {
            self.planned.push_front(planned);
        }
    }

    /// `annotator` has answered `item`, asked or not; `by` are all who have. With
    /// enough answers nobody else is asked for one.
    pub(super) fn answered(&mut self, item: ItemId, annotator: AnnotatorId, by: &[AnnotatorId]) {
        let leased = self.end_lease(item, annotator);
        let pending = self.pending.iter().position(|it| it.0.item == item);
        let asked = leased.or_else(|| pending.map(|at| self.pending[at].0.clone()));
        if let Some(at) = pending {
            self.pending.remove(at);
        }
        if let Some(planned) = asked
            && by.len() < self.overlap
        {
            self.pending.push((planned, by.to_vec()));
        }
        if self.overlap <= by.len() {
            self.leases.remove(&item);
        }
        self.front.retain(|it| it.item != item);
        self.planned.retain(|it| it.item != item);
    }

    /// What `annotator` has in hand, in the order of handing out.
    pub(super) fn held_by(&self, annotator: AnnotatorId) -> Vec<(Planned, Timestamp)> {
        let leases = self.leases.values().flatten().filter(|it| it.annotator == annotator);
        let mut own: Vec<&Lease> = leases.collect();
        own.sort_by_key(|it| it.number);
        own.into_iter().map(|it| (it.planned.clone(), it.until)).collect()
    }

    /// Who has answered `item`, if it lacks answers.
    pub(super) fn lacking(&self, item: ItemId) -> Option<&(Planned, Vec<AnnotatorId>)> {
        self.pending.iter().find(|it| it.0.item == item)
    }

    /// Goes on with what lacked answers before: `by` have answered it.
    pub(super) fn lack(&mut self, planned: Planned, by: Vec<AnnotatorId>) {
        if by.len() < self.overlap {
            self.pending.push((planned, by));
        }
    }

    /// Numbers of items.
    pub(super) fn len(&mut self, now: Timestamp) -> QueueLen {
        self.expire(now);
        let is_ready = |it: &&Planned| !self.leases.contains_key(&it.item);
        let waiting: HashSet<ItemId> =
            self.front.iter().chain(&self.planned).filter(is_ready).map(|it| it.item).collect();
        QueueLen {
            n_ready: waiting.len(),
            n_leased: self.n_leased(),
            n_pending: self.pending.len(),
        }
    }

    /// Items in somebody's hands.
    pub(super) fn n_leased(&self) -> usize {
        self.leases.len()
    }

    /// Hand-outs so far.
    pub(super) fn n_handed(&self) -> u64 {
        self.n_handed
    }

    /// Items in somebody's hands for `purpose`.
    pub(super) fn n_leased_for(&self, purpose: Purpose) -> usize {
        self.leases.values().flatten().filter(|it| it.planned.purpose == purpose).count()
    }

    fn in_hand(&mut self, annotator: AnnotatorId, n: usize, until: Timestamp) -> Vec<Planned> {
        let mut own: Vec<Planned> = self.held_by(annotator).into_iter().map(|it| it.0).collect();
        own.truncate(n);
        for planned in &own {
            self.lease(annotator, planned.clone(), until);
        }
        own
    }

    /// The first item that nobody else is busy with.
    fn pop_free(&mut self, annotator: AnnotatorId) -> Option<Planned> {
        let mut passed_over = HashMap::new();
        for (name, list) in [("front", &self.front), ("planned", &self.planned)] {
            let at = list.iter().position(|it| {
                let others = self.leases.get(&it.item);
                let is_mine =
                    others.is_some_and(|it| it.iter().any(|it| it.annotator == annotator));
                !is_mine && self.is_free(it, 0)
            });
            passed_over.insert(name, at);
        }
        if let Some(at) = passed_over["front"] {
            return self.front.remove(at);
        }
        // An item that wants more answers stays for the next annotator.
        let at = passed_over["planned"]?;
        let planned = self.planned[at].clone();
        if self.leases.get(&planned.item).map_or(0, Vec::len) + 1 >= self.overlap {
            self.planned.remove(at);
        }
        Some(planned)
    }

    /// Whether one more person may take it, `n_answers` having answered.
    fn is_free(&self, planned: &Planned, n_answers: usize) -> bool {
        n_answers + self.leases.get(&planned.item).map_or(0, Vec::len) < self.overlap
    }

    fn end_lease(&mut self, item: ItemId, annotator: AnnotatorId) -> Option<Planned> {
        let leases = self.leases.get_mut(&item)?;
        let at = leases.iter().position(|it| it.annotator == annotator)?;
        let lease = leases.remove(at);
        if leases.is_empty() {
            self.leases.remove(&item);
        }
        Some(lease.planned)
    }

    /// Leases that are over go back to where they came from: the front, since
    /// they were the best there was.
    fn expire(&mut self, now: Timestamp) {
        let over: Vec<(ItemId, AnnotatorId)> = self
            .leases
            .values()
            .flatten()
            .filter(|it| it.until <= now)
            .map(|it| (it.planned.item, it.annotator))
            .collect();
        for (item, annotator) in over {
            let planned = self.end_lease(item, annotator);
            let is_known = |it: &Planned| it.item == item;
            if let Some(planned) = planned
                && !self.planned.iter().any(is_known)
                && !self.pending.iter().any(|it| is_known(&it.0))
            {
                self.planned.push_front(planned);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use annota_core::{item::ItemId, label::Purpose};
    use jiff::{SignedDuration, Timestamp};

    use super::{Planned, Queue, QueueLen};
    use crate::store::AnnotatorId;

    const ANN: AnnotatorId = AnnotatorId(1);
    const BOB: AnnotatorId = AnnotatorId(2);
    const EVE: AnnotatorId = AnnotatorId(3);

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn planned(item: i64) -> Planned {
        Planned { item: ItemId(item), purpose: Purpose::Training, reason: "".into() }
    }

    fn queue(overlap: usize, items: &[i64]) -> Queue {
        let mut queue = Queue::new(overlap);
        queue.plan(items.iter().map(|it| planned(*it)).collect());
        queue
    }

    fn take(queue: &mut Queue, who: AnnotatorId, n: usize, second: i64) -> Vec<i64> {
        let taken = queue.take(who, n, at(second), at(second + 60));
        taken.iter().map(|it| it.item.0).collect()
    }

    #[test]
    fn nothing_is_handed_out_twice() {
        let mut queue = queue(1, &[1, 2, 3, 4]);
        assert_eq!(take(&mut queue, ANN, 2, 0), [1, 2]);
        assert_eq!(take(&mut queue, BOB, 3, 1), [3, 4]);
        assert!(take(&mut queue, EVE, 1, 2).is_empty());
        queue.plan([1, 2, 3, 5].map(planned).to_vec());
        assert_eq!(take(&mut queue, EVE, 9, 3), [5]);
    }

    #[test]
    fn who_comes_back_finds_what_was_in_hand() {
        let mut queue = queue(1, &[1, 2, 3]);
        assert_eq!(take(&mut queue, ANN, 2, 0), [1, 2]);
        assert_eq!(take(&mut queue, ANN, 2, 5), [1, 2]);
        queue.answered(ItemId(1), ANN, &[ANN]);
        assert_eq!(take(&mut queue, ANN, 2, 6), [2, 3]);
    }

    #[test]
    fn a_lease_that_is_over_goes_to_the_next() {
        let mut queue = queue(1, &[1, 2]);
        assert_eq!(take(&mut queue, ANN, 1, 0), [1]);
        assert_eq!(take(&mut queue, BOB, 2, 59), [2]);
        assert_eq!(take(&mut queue, BOB, 2, 60), [2, 1]);
        // The answer of the one who was late is a fact all the same, and enough.
        queue.answered(ItemId(1), ANN, &[ANN]);
        assert_eq!(take(&mut queue, BOB, 9, 61), [2]);
    }

    #[test]
    fn what_was_answered_is_not_asked_again() {
        let mut queue = queue(1, &[1, 2]);
        queue.answered(ItemId(1), ANN, &[ANN]);
        assert_eq!(take(&mut queue, ANN, 9, 0), [2]);
        queue.answered(ItemId(2), ANN, &[ANN]);
        assert_eq!(queue.len(at(1)), QueueLen::default());
    }

    #[test]
    fn two_answers_come_from_two_people() {
        let mut queue = queue(2, &[1, 2]);
        assert_eq!(take(&mut queue, ANN, 1, 0), [1]);
        assert_eq!(take(&mut queue, BOB, 1, 0), [1]);
        assert_eq!(take(&mut queue, EVE, 1, 0), [2]);
        queue.answered(ItemId(1), ANN, &[ANN]);
        assert_eq!(queue.len(at(1)).n_pending, 1);
        assert_eq!(take(&mut queue, ANN, 9, 1), [2]);
        queue.answered(ItemId(1), BOB, &[ANN, BOB]);
        assert_eq!(queue.len(at(1)).n_pending, 0);
        queue.answered(ItemId(2), EVE, &[EVE]);
        queue.plan(Vec::new());
        assert!(take(&mut queue, BOB, 9, 2).is_empty());
        queue.release(ANN, &[ItemId(2)]);
        assert_eq!(take(&mut queue, BOB, 9, 3), [2]);
    }

    #[test]
    fn what_people_ask_for_comes_first() {
        let mut queue = queue(1, &[1, 2, 3]);
        queue.ask([7, 3].map(planned).to_vec());
        assert_eq!(take(&mut queue, ANN, 3, 0), [7, 3, 1]);
    }

    #[test]
    fn what_is_of_no_more_use_is_withdrawn() {
        let mut queue = queue(1, &[1, 2]);
        assert_eq!(take(&mut queue, ANN, 2, 0), [1, 2]);
        let audited = Planned { purpose: Purpose::Audit, ..planned(3) };
        queue.plan(vec![audited.clone()]);
        queue.withdraw_all_but(&[Purpose::Audit]);
        assert_eq!(queue.take(ANN, 2, at(1), at(60)), [audited]);
    }

    #[test]
    fn what_is_released_is_the_next() {
        let mut queue = queue(1, &[1, 2, 3]);
        assert_eq!(take(&mut queue, ANN, 2, 0), [1, 2]);
        queue.release(ANN, &[ItemId(1), ItemId(2)]);
        assert_eq!(take(&mut queue, BOB, 3, 1), [1, 2, 3]);
    }
}
