//! What people have said: their own history, and everything about one item.
//! Nothing is written here.

use annota_core::item::ItemId;

use super::{Live, Page};
use crate::{
    Error,
    store::{Annotation, AnnotationId, AnnotatorId, Item, NewRemark, Remark, RemarkId},
};
use jiff::Timestamp;

/// An annotation with the names of who said it and what about.
#[derive(Clone, Debug)]
pub struct Said {
    /// What was said.
    pub annotation: Annotation,
    /// By whom.
    pub annotator: String,
    /// About what.
    pub item: Item,
}

impl Live {
    /// What `who` has answered and not taken back, newest first, before the
    /// annotation `before`.
    pub fn history(
        &self,
        who: &str,
        before: Option<AnnotationId>,
        limit: usize,
    ) -> Result<Page<Said>, Error> {
        let annotator = self.person(who)?;
        let found: Vec<Annotation> = {
            let desk = self.shared.desk();
            let all = desk.ledger.history(annotator);
            let earlier = all.filter(|it| before.is_none_or(|last| it.id < last));
            earlier.take(limit + 1).cloned().collect()
        };
        let has_more = limit < found.len();
        let said = self.said(found.into_iter().take(limit).collect())?;
        let next = said.last().filter(|_| has_more).map(|it| it.annotation.id.0);
        Ok(Page { items: said, next, total: None })
    }

    /// Everything that stands about `item`, oldest first.
    pub fn said_about(&self, item: ItemId) -> Result<Vec<Said>, Error> {
        let standing: Vec<Annotation> = {
            let desk = self.shared.desk();
            desk.ledger.standing(item).into_iter().cloned().collect()
        };
        self.said(standing)
    }

    fn said(&self, annotations: Vec<Annotation>) -> Result<Vec<Said>, Error> {
        let ids: Vec<ItemId> = annotations.iter().map(|it| it.fact.item).collect();
        let items = self.shared.project.store().items_by_id(&ids)?;
        let desk = self.shared.desk();
        let said = annotations.into_iter().zip(items).map(|(annotation, item)| Said {
            annotator: name(&desk.ledger, annotation.fact.annotator),
            annotation,
            item,
        });
        Ok(said.collect())
    }

    /// The name of whoever wrote `remark`.
    pub fn author(&self, remark: &Remark) -> String {
        let desk = self.shared.desk();
        name(&desk.ledger, remark.remark.annotator)
    }

    /// Remarks about `item`, oldest first.
    pub fn remarks(&self, item: ItemId) -> Vec<Remark> {
        self.shared.desk().ledger.remarks(item).to_vec()
    }

    /// Keeps a remark of `who`; durable when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for an unknown item or a key that is no key.
    pub fn remark(
        &self,
        who: &str,
        key: String,
        item: ItemId,
        text: String,
        is_flag: bool,
    ) -> Result<Remark, Error> {
        if key.is_empty() || 64 < key.len() {
            return Err(Error::input("a remark without a usable key", "send a UUID as its key"));
        }
        let annotator = self.person(who)?;
        let store = self.shared.project.store();
        store.items_by_id(&[item])?;
        let new = NewRemark { key, item, annotator, text, is_flag, at: Timestamp::now() };
        let id = store.append_remark(&new)?;
        self.read_remarks()?;
        self.shared.tell(super::Change::Remark(item));
        Ok(Remark { id, remark: new, resolved: None })
    }

    /// Says that a remark is dealt with.
    pub fn resolve_remark(&self, who: &str, id: RemarkId) -> Result<(), Error> {
        let annotator = self.person(who)?;
        self.shared.project.store().resolve_remark(id, annotator, Timestamp::now())?;
        let item = self.read_remarks()?.iter().find(|it| it.id == id).map(|it| it.remark.item);
        if let Some(item) = item {
            self.shared.tell(super::Change::Remark(item));
        }
        Ok(())
    }

    fn read_remarks(&self) -> Result<Vec<Remark>, Error> {
        let remarks = self.shared.project.store().remarks()?;
        self.shared.desk().ledger.set_remarks(remarks.clone());
        Ok(remarks)
    }
}

fn name(ledger: &super::Ledger, annotator: AnnotatorId) -> String {
    ledger.annotator(annotator).map_or(String::new(), |it| it.name.clone())
}
