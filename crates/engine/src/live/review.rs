//! What deserves a second look: labels the model doubts, people who disagree,
//! flags, predictions the model is least sure of. Settling is an answer with the
//! purpose of a review; this module only finds.

use std::sync::Arc;

use annota_core::{item::ItemId, label::Purpose};

use super::{Live, Page, history::Said};
use crate::{
    Error,
    annotate::Suggestion,
    store::{Item, Remark},
    verify::{SuspectItem, Verified, verify},
};

/// Why an item is in the review queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewKind {
    /// Its own model doubts the label.
    Suspect,
    /// People gave different labels.
    Disagreement,
    /// Somebody flagged it.
    Flagged,
    /// The model is unsure, and nobody has looked.
    LowConfidence,
}

/// An item to look at again.
#[derive(Clone, Debug)]
pub struct ReviewItem {
    /// The item.
    pub item: Item,
    /// Who said what.
    pub said: Vec<Said>,
    /// What the model thinks, likeliest first.
    pub ranked: Vec<Suggestion>,
    /// Probability of the label by a model that had not seen it.
    pub self_confidence: Option<f32>,
    /// What was written about it.
    pub remarks: Vec<Remark>,
}

/// How many there are of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReviewCounts {
    /// See [`ReviewKind::Suspect`].
    pub n_suspect: usize,
    /// See [`ReviewKind::Disagreement`].
    pub n_disagreement: usize,
    /// See [`ReviewKind::Flagged`].
    pub n_flagged: usize,
    /// See [`ReviewKind::LowConfidence`].
    pub n_low_confidence: usize,
}

/// Below this confidence a label that nobody has looked at is worth a look.
const LOW_CONFIDENCE: f32 = 0.6;

impl Live {
    /// Items of one kind, those to look at first in front, a page of them; and
    /// how many there are of every kind.
    pub fn review(
        &self,
        kind: ReviewKind,
        offset: usize,
        limit: usize,
    ) -> Result<(Page<ReviewItem>, ReviewCounts), Error> {
        let suspects = self.suspects()?;
        let (disputed, flagged) = {
            let desk = self.shared.desk();
            (desk.ledger.disputed(), desk.ledger.flagged())
        };
        let unsure = self.unsure();
        let counts = ReviewCounts {
            n_suspect: suspects.len(),
            n_disagreement: disputed.len(),
            n_flagged: flagged.len(),
            n_low_confidence: unsure.len(),
        };
        let all = match kind {
            ReviewKind::Suspect => suspects.iter().map(|it| it.item).collect(),
            ReviewKind::Disagreement => disputed,
            ReviewKind::Flagged => flagged,
            ReviewKind::LowConfidence => unsure,
        };
        let page: Vec<ItemId> = all.iter().skip(offset).take(limit).copied().collect();
        let items = self.shared.project.store().items_by_id(&page)?;
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            let doubted = suspects.iter().find(|it| it.item == item.id);
            found.push(self.review_item(item, doubted.map(|it| it.self_confidence))?);
        }
        let end = offset + found.len();
        let next = (end < all.len()).then(|| i64::try_from(end).unwrap_or(i64::MAX));
        Ok((Page { items: found, next, total: Some(all.len()) }, counts))
    }

    fn review_item(&self, item: Item, self_confidence: Option<f32>) -> Result<ReviewItem, Error> {
        let said = self.said_about(item.id)?;
        let desk = self.shared.desk();
        Ok(ReviewItem {
            said,
            ranked: desk.snapshot.as_ref().map_or(Vec::new(), |it| it.ranked(item.id)),
            self_confidence,
            remarks: desk.ledger.remarks(item.id).to_vec(),
            item,
        })
    }

    /// Answers that the model doubts and nobody has settled, worst first.
    fn suspects(&self) -> Result<Vec<SuspectItem>, Error> {
        let Some(verified) = self.verified()? else { return Ok(Vec::new()) };
        let desk = self.shared.desk();
        let is_open = |it: &&SuspectItem| {
            let standing = desk.ledger.standing(it.item);
            standing.iter().all(|it| it.fact.purpose != Purpose::Review)
        };
        Ok(verified.suspects.iter().filter(is_open).cloned().collect())
    }

    /// Items labelled by nobody but the model, and not surely, least sure first.
    fn unsure(&self) -> Vec<ItemId> {
        let Some(snapshot) = self.shared.snapshot() else { return Vec::new() };
        let mut unsure: Vec<(f32, ItemId)> = Vec::new();
        self.look_at(&snapshot.set.items, |desk, known| {
            let confidence = known.confidence.filter(|it| *it < LOW_CONFIDENCE);
            if let Some(confidence) = confidence
                && !desk.ledger.is_answered(known.item)
            {
                unsure.push((confidence, known.item));
            }
        });
        unsure.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        unsure.into_iter().map(|it| it.1).collect()
    }

    /// What is known about the labels, computed anew when there are new facts;
    /// `None` before anything was answered.
    pub fn verified(&self) -> Result<Option<Arc<Verified>>, Error> {
        let (snapshot, kept) = {
            let desk = self.shared.desk();
            (desk.snapshot.clone(), desk.verified.clone())
        };
        let Some(snapshot) = snapshot else { return Ok(None) };
        let last = snapshot.set.read_through();
        if let Some((_, verified)) = kept.filter(|it| it.0 == last) {
            return Ok(Some(verified));
        }
        if snapshot.set.lessons().is_empty() {
            return Ok(None);
        }
        let project = &self.shared.project;
        let verified = verify(project, &snapshot.set, 0.95, project.config().rng_seed)?;
        let verified = Arc::new(verified);
        self.shared.desk().verified = Some((last, Arc::clone(&verified)));
        Ok(Some(verified))
    }
}
