//! All facts in memory: who said what about which item, and what of it stands.
//!
//! Kept in step with the store by whoever appends to it. It answers the
//! questions of a page (what is the label of this item, what did I say last)
//! without a query. It decides nothing and writes nothing.

use std::collections::{HashMap, HashSet};

use annota_core::{
    item::ItemId,
    label::{Label, Purpose},
};

use jiff::Timestamp;

use crate::{
    annotate::{Annotator, AnnotatorKind},
    store::{Annotation, AnnotationId, AnnotatorId, AutoLabel, CertificateId, Remark, most_say},
};

/// Where the label of an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// It has none.
    None,
    /// A person answered.
    Person,
    /// A model's, vouched for by a certificate.
    Auto,
    /// It came with the data.
    Imported,
    /// A model's, vouched for by nothing.
    Predicted,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    annotators: HashMap<AnnotatorId, Annotator>,
    // In the order of their ids.
    facts: Vec<Annotation>,
    // Facts and undos that were taken back.
    undone: HashSet<AnnotationId>,
    by_item: HashMap<ItemId, Vec<usize>>,
    // Invariant: items with a standing answer of a person.
    answered: HashSet<ItemId>,
    spoke: HashSet<AnnotatorId>,
    auto_labels: HashMap<ItemId, AutoLabel>,
    remarks: HashMap<ItemId, Vec<Remark>>,
}

impl Ledger {
    pub(super) fn add_annotators(&mut self, all: Vec<(AnnotatorId, Annotator)>) {
        self.annotators.extend(all);
    }

    /// Appends facts, in the order of their ids.
    pub(super) fn append(&mut self, facts: impl IntoIterator<Item = Annotation>) {
        for annotation in facts {
            let item = annotation.fact.item;
            match annotation.fact.undoes {
                Some(target) => self.undo(target),
                None => self.by_item.entry(item).or_default().push(self.facts.len()),
            }
            self.spoke.insert(annotation.fact.annotator);
            self.facts.push(annotation);
            if self.answered_by(item).is_empty() {
                self.answered.remove(&item);
            } else {
                self.answered.insert(item);
            }
        }
    }

    /// Takes back `target`; taking back an undo restores what it took back.
    fn undo(&mut self, target: AnnotationId) {
        self.undone.insert(target);
        if let Some(restored) = self.fact(target).and_then(|it| it.fact.undoes) {
            self.undone.remove(&restored);
        }
    }

    pub(super) fn set_auto_labels(&mut self, labels: Vec<AutoLabel>) {
        self.auto_labels = labels.into_iter().map(|it| (it.item, it)).collect();
    }

    pub(super) fn set_remarks(&mut self, remarks: Vec<Remark>) {
        self.remarks.clear();
        for remark in remarks {
            self.remarks.entry(remark.remark.item).or_default().push(remark);
        }
    }

    pub(super) fn last_id(&self) -> Option<AnnotationId> {
        self.facts.last().map(|it| it.id)
    }

    pub(super) fn fact(&self, id: AnnotationId) -> Option<&Annotation> {
        let at = self.facts.binary_search_by_key(&id, |it| it.id).ok()?;
        Some(&self.facts[at])
    }

    pub(super) fn annotator(&self, id: AnnotatorId) -> Option<&Annotator> {
        self.annotators.get(&id)
    }

    pub(super) fn person_named(&self, name: &str) -> Option<AnnotatorId> {
        let is_meant = |it: &Annotator| it.name == name && it.kind == AnnotatorKind::Person;
        self.annotators.iter().find(|it| is_meant(it.1)).map(|it| *it.0)
    }

    /// Names of the people who have said something, alphabetical.
    pub(super) fn people(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .annotators
            .iter()
            .filter(|(id, it)| it.kind == AnnotatorKind::Person && self.spoke.contains(id))
            .map(|it| it.1.name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// What stands about `item`, oldest first: the last word of everybody.
    pub(super) fn standing(&self, item: ItemId) -> Vec<&Annotation> {
        let mut spoken = HashSet::new();
        let all = self.by_item.get(&item).into_iter().flatten().rev();
        let mut standing: Vec<&Annotation> = all
            .map(|at| &self.facts[*at])
            .filter(|it| !self.undone.contains(&it.id) && spoken.insert(it.fact.annotator))
            .collect();
        standing.reverse();
        standing
    }

    /// People whose answer about `item` stands.
    pub(super) fn answered_by(&self, item: ItemId) -> Vec<AnnotatorId> {
        self.standing(item)
            .iter()
            .map(|it| it.fact.annotator)
            .filter(|it| self.is_person(*it))
            .collect()
    }

    /// Whether an answer of a person later than `last` stands about `item`.
    pub(super) fn is_answered_after(&self, item: ItemId, last: Option<AnnotationId>) -> bool {
        let standing = self.standing(item);
        standing.iter().any(|it| last < Some(it.id) && self.is_person(it.fact.annotator))
    }

    /// When a person last answered `item`.
    pub(super) fn answered_at(&self, item: ItemId) -> Option<Timestamp> {
        self.last_by_person(item).map(|it| it.fact.answered_at)
    }

    fn last_by_person(&self, item: ItemId) -> Option<&Annotation> {
        let standing = self.standing(item);
        standing.into_iter().rev().find(|it| self.is_person(it.fact.annotator))
    }

    fn is_person(&self, annotator: AnnotatorId) -> bool {
        self.kind(annotator) == Some(AnnotatorKind::Person)
    }

    /// Number of items that a person has answered.
    pub(super) fn n_answered(&self) -> usize {
        self.answered.len()
    }

    pub(super) fn is_answered(&self, item: ItemId) -> bool {
        self.answered.contains(&item)
    }

    /// Items that keep their auto label.
    pub(super) fn n_auto_labels(&self) -> usize {
        let overruled = self.answered.iter().filter(|it| self.auto_labels.contains_key(it));
        self.auto_labels.len() - overruled.count()
    }

    /// The certificate of the auto labels.
    pub(super) fn certificate(&self) -> Option<CertificateId> {
        self.auto_labels.values().next().map(|it| it.certificate)
    }

    pub(super) fn auto_label(&self, item: ItemId) -> Option<&AutoLabel> {
        self.auto_labels.get(&item)
    }

    /// The label that would be exported: the last word of a person (none, if
    /// they skipped), else the auto label, else what most gold says, else what most
    /// of a crowd says.
    pub(super) fn label(&self, item: ItemId) -> (Option<Label>, Origin) {
        if let Some(last) = self.last_by_person(item) {
            return match &last.fact.label {
                Some(label) => (Some(label.clone()), Origin::Person),
                None => (None, Origin::None),
            };
        }
        if let Some(auto) = self.auto_labels.get(&item) {
            return (Some(auto.label.clone()), Origin::Auto);
        }
        let by = |kind| self.given_by(kind, item);
        match by(AnnotatorKind::Gold).or_else(|| by(AnnotatorKind::Crowd)) {
            Some(label) => (Some(label), Origin::Imported),
            None => (None, Origin::None),
        }
    }

    /// What most annotators of `kind` say.
    fn given_by(&self, kind: AnnotatorKind, item: ItemId) -> Option<Label> {
        let all = self.by_item.get(&item).into_iter().flatten().map(|at| &self.facts[*at]);
        let theirs = all.filter(|it| {
            self.kind(it.fact.annotator) == Some(kind) && !self.undone.contains(&it.id)
        });
        most_say(theirs.map(Annotation::word))
    }

    fn kind(&self, annotator: AnnotatorId) -> Option<AnnotatorKind> {
        self.annotators.get(&annotator).map(|it| it.kind)
    }

    /// Everything that `annotator` has answered on the page and not taken back,
    /// newest first.
    pub(super) fn history(&self, annotator: AnnotatorId) -> impl Iterator<Item = &Annotation> {
        self.facts.iter().rev().filter(move |it| {
            it.fact.annotator == annotator
                && it.fact.undoes.is_none()
                && it.fact.asked_at.is_some()
                && !self.undone.contains(&it.id)
        })
    }

    /// The undo that `annotator` may take back: their last deed, if it was one.
    pub(super) fn redoable(&self, annotator: AnnotatorId) -> Option<&Annotation> {
        let own = self.facts.iter().rev().filter(|it| it.fact.annotator == annotator);
        let mut deeds = own.filter(|it| !self.is_redo(it) && !self.undone.contains(&it.id));
        deeds.next().filter(|it| it.fact.undoes.is_some())
    }

    /// Whether a fact takes back an undo.
    fn is_redo(&self, annotation: &Annotation) -> bool {
        let target = annotation.fact.undoes.and_then(|it| self.fact(it));
        target.is_some_and(|it| it.fact.undoes.is_some())
    }

    pub(super) fn remarks(&self, item: ItemId) -> &[Remark] {
        self.remarks.get(&item).map_or(&[], Vec::as_slice)
    }

    /// Whether a flag waits: nobody has dealt with it, nor settled the item in a
    /// review since.
    pub(super) fn is_flagged(&self, item: ItemId) -> bool {
        let standing = self.standing(item);
        let settled = standing.iter().filter(|it| it.fact.purpose == Purpose::Review);
        let settled_at = settled.map(|it| it.fact.answered_at).max();
        let waits = |it: &Remark| it.resolved.is_none() && settled_at < Some(it.remark.at);
        self.remarks(item).iter().any(|it| it.remark.is_flag && waits(it))
    }

    /// Items with a flag that nobody has dealt with, ascending.
    pub(super) fn flagged(&self) -> Vec<ItemId> {
        let mut flagged: Vec<ItemId> =
            self.remarks.keys().copied().filter(|it| self.is_flagged(*it)).collect();
        flagged.sort_unstable();
        flagged
    }

    /// Items about which annotators (not models) disagree and that nobody has
    /// settled in a review, ascending.
    pub(super) fn disputed(&self) -> Vec<ItemId> {
        let is_disputed = |item: &ItemId| {
            let standing = self.standing(*item);
            let is_settled = standing.iter().any(|it| it.fact.purpose == Purpose::Review);
            let mut labels = standing
                .iter()
                .filter(|it| {
                    matches!(
                        self.kind(it.fact.annotator),
                        Some(AnnotatorKind::Person | AnnotatorKind::Crowd)
                    )
                })
                .filter_map(|it| it.fact.label.as_ref());
            let first = labels.next();
            !is_settled && first.is_some_and(|first| labels.any(|it| !it.agrees(first)))
        };
        let mut disputed: Vec<ItemId> = self.by_item.keys().copied().filter(is_disputed).collect();
        disputed.sort_unstable();
        disputed
    }

    /// Answers of people that stand, newest first.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Annotation> {
        self.facts.iter().rev().filter(|it| {
            it.fact.undoes.is_none()
                && it.fact.asked_at.is_some()
                && !self.undone.contains(&it.id)
                && self.is_person(it.fact.annotator)
        })
    }
}

#[cfg(test)]
mod tests {
    use annota_core::{
        item::ItemId,
        label::{ClassId, Label, Purpose},
    };
    use jiff::Timestamp;

    use super::{Ledger, Origin};
    use crate::{
        annotate::{Annotator, AnnotatorKind},
        store::{Annotation, AnnotationId, AnnotatorId, NewAnnotation},
    };

    const ANN: AnnotatorId = AnnotatorId(1);
    const GOLD: AnnotatorId = AnnotatorId(2);
    const BOB: AnnotatorId = AnnotatorId(3);
    const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

    /// `who said item=class`, or `who undoes id`, one fact a line.
    fn ledger(lines: &str) -> Ledger {
        let mut ledger = Ledger::default();
        let annotator = |id, name: &str, kind| (id, Annotator { name: name.to_owned(), kind });
        ledger.add_annotators(vec![
            annotator(ANN, "ann", AnnotatorKind::Person),
            annotator(GOLD, "gold", AnnotatorKind::Gold),
            annotator(BOB, "bob", AnnotatorKind::Person),
        ]);
        let facts = lines.lines().map(str::trim).filter(|it| !it.is_empty());
        for (id, line) in (1..).zip(facts) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let annotator = match words[0] {
                "ann" => ANN,
                "bob" => BOB,
                _ => GOLD,
            };
            let (item, label, undoes) = match words[1] {
                "undoes" => (0, None, words[2].parse().ok().map(AnnotationId)),
                said => {
                    let (item, class) = said.split_once('=').expect("item=class");
                    let label = class.parse().ok().map(|it| Label::Class(ClassId(it)));
                    (item.parse().expect("a number"), label, None)
                }
            };
            let fact = NewAnnotation {
                item: ItemId(item),
                annotator,
                label,
                purpose: Purpose::Training,
                asked_at: Some(NOW),
                answered_at: NOW,
                took: None,
                suggestion: None,
                undoes,
            };
            let said_of = fact.item;
            ledger.append([Annotation { id: AnnotationId(id), fact, said_of }]);
        }
        ledger
    }

    fn class(ledger: &Ledger, item: i64) -> (Option<u16>, Origin) {
        let (label, origin) = ledger.label(ItemId(item));
        (label.and_then(|it| it.class()).map(|it| it.0), origin)
    }

    #[test]
    fn a_person_has_the_last_word() {
        let ledger = ledger("gold 1=0 \n ann 1=1 \n ann 1=2 \n gold 2=0 \n ann 3=skip");
        assert_eq!(class(&ledger, 1), (Some(2), Origin::Person));
        assert_eq!(class(&ledger, 2), (Some(0), Origin::Imported));
        assert_eq!(class(&ledger, 3), (None, Origin::None));
        assert_eq!(ledger.n_answered(), 2);
        assert_eq!(ledger.answered_by(ItemId(1)), [ANN]);
    }

    #[test]
    fn an_undo_can_be_undone() {
        let undone = ledger("ann 1=1 \n ann 2=1 \n ann undoes 2");
        assert_eq!(class(&undone, 2), (None, Origin::None));
        assert_eq!(undone.history(ANN).next().map(|it| it.id.0), Some(1));
        assert_eq!(undone.redoable(ANN).map(|it| it.id.0), Some(3));
        let redone = ledger("ann 1=1 \n ann 2=1 \n ann undoes 2 \n ann undoes 3");
        assert_eq!(class(&redone, 2), (Some(1), Origin::Person));
        assert_eq!(redone.redoable(ANN), None);
    }

    #[test]
    fn several_undos_are_redone_in_turn_and_an_answer_ends_it() {
        let twice = "ann 1=1 \n ann 2=1 \n ann undoes 2 \n ann undoes 1";
        let both = ledger(twice);
        assert_eq!(both.redoable(ANN).map(|it| it.id.0), Some(4));
        let one = ledger(&format!("{twice} \n ann undoes 4"));
        assert_eq!(one.redoable(ANN).map(|it| it.id.0), Some(3));
        let answered = ledger(&format!("{twice} \n ann 3=0"));
        assert_eq!(answered.redoable(ANN), None);
        // What others do changes nothing.
        let other = ledger(&format!("{twice} \n bob 3=0"));
        assert_eq!(other.redoable(ANN).map(|it| it.id.0), Some(4));
    }

    #[test]
    fn people_who_disagree_are_found() {
        let ledger = ledger("ann 1=1 \n bob 1=2 \n ann 2=1 \n bob 2=1 \n gold 2=0 \n bob 3=skip");
        assert_eq!(ledger.disputed(), [ItemId(1)]);
        assert_eq!(ledger.people(), ["ann", "bob"]);
    }
}
