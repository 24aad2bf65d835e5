//! Remarks in the store: what people wrote about items, flags among them.
//!
//! Appended like annotations; that one is dealt with is a row of its own.

use std::collections::HashMap;

use annota_core::item::ItemId;
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    AnnotatorId, Store,
    entity::{remark, resolution},
    wire,
};
use crate::Error;

/// Identity of a remark in its project; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemarkId(pub i64);

/// Something to be said about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRemark {
    /// The sender's key: the same key again is the same remark.
    pub key: String,
    /// About what.
    pub item: ItemId,
    /// By whom.
    pub annotator: AnnotatorId,
    /// What; may be empty in a flag.
    pub text: String,
    /// Whether somebody else should look at the item.
    pub is_flag: bool,
    /// When.
    pub at: Timestamp,
}

/// A stored remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Its identity.
    pub id: RemarkId,
    /// What was said.
    pub remark: NewRemark,
    /// Who dealt with it, and when.
    pub resolved: Option<(AnnotatorId, Timestamp)>,
}

impl Store {
    /// Keeps a remark; durable when this returns. The same key again gives the
    /// same id.
    pub fn append_remark(&self, new: &NewRemark) -> Result<RemarkId, Error> {
        self.write("remark", async |transaction| {
            let known = remark::Entity::find()
                .filter(remark::Column::Key.eq(new.key.as_str()))
                .one(&transaction.inner)
                .await
                .map_err(Error::database("read remarks"))?;
            if let Some(known) = known {
                return Ok(RemarkId(known.id));
            }
            let id = transaction.next_id(remark::Column::Id).await?;
            let row = remark::Model {
                id,
                key: new.key.clone(),
                item: new.item.0,
                annotator: new.annotator.0,
                text: new.text.clone(),
                is_flag: new.is_flag,
                at: wire::write_time(new.at),
            };
            transaction.insert_many::<remark::ActiveModel>(vec![row]).await?;
            Ok(RemarkId(id))
        })
    }

    /// Says that a remark is dealt with; saying it twice changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if there is no such remark.
    pub fn resolve_remark(
        &self,
        id: RemarkId,
        annotator: AnnotatorId,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.write("resolution", async |transaction| {
            let read = Error::database("read remarks");
            let remark = remark::Entity::find_by_id(id.0).one(&transaction.inner).await;
            if remark.map_err(read)?.is_none() {
                return Err(Error::input(format!("no remark {}", id.0), "load the page again"));
            }
            let known = resolution::Entity::find_by_id(id.0).one(&transaction.inner).await;
            if known.map_err(Error::database("read resolutions"))?.is_some() {
                return Ok(());
            }
            let row = resolution::Model {
                remark: id.0,
                annotator: annotator.0,
                at: wire::write_time(at),
            };
            transaction.insert_many::<resolution::ActiveModel>(vec![row]).await
        })
    }

    /// All remarks, oldest first.
    pub fn remarks(&self) -> Result<Vec<Remark>, Error> {
        let (rows, resolved) = self.run("read remarks", async |database| {
            let rows =
                remark::Entity::find().order_by_asc(remark::Column::Id).all(database).await?;
            Ok((rows, resolution::Entity::find().all(database).await?))
        })?;
        let mut resolved: HashMap<i64, resolution::Model> =
            resolved.into_iter().map(|it| (it.remark, it)).collect();
        rows.into_iter().map(|row| read_remark(resolved.remove(&row.id), row)).collect()
    }
}

fn read_remark(resolved: Option<resolution::Model>, row: remark::Model) -> Result<Remark, Error> {
    let resolved = match resolved {
        Some(it) => Some((AnnotatorId(it.annotator), wire::read_time(it.at)?)),
        None => None,
    };
    let remark = NewRemark {
        key: row.key,
        item: ItemId(row.item),
        annotator: AnnotatorId(row.annotator),
        text: row.text,
        is_flag: row.is_flag,
        at: wire::read_time(row.at)?,
    };
    Ok(Remark { id: RemarkId(row.id), remark, resolved })
}
