//! Items in the store.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use annota_core::{
    item::{ContentHash, ItemId, Media},
    label::{Label, Purpose},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Func, LikeExpr},
};

use super::{
    MAX_VALUES, Store, Transaction,
    entity::{annotation, item},
    facts::annotator_id,
    wire::{self, damaged},
};
use crate::{Error, annotate::Annotator};

/// Where the bytes of an item are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a file: relative to the project's folder, or absolute.
    File(PathBuf),
    /// Here: a text.
    Inline(String),
}

/// An item to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// Hash of its bytes.
    pub content_hash: ContentHash,
    /// Tells items of equal content apart, and is the same whenever the same
    /// item is imported: a path below the imported folder, an id of the user.
    pub identity: String,
    /// What it is.
    pub media: Media,
    /// What people call it: a path below the imported folder, `reviews.csv:87`.
    pub name: String,
    /// What its owner calls it.
    pub external_id: Option<String>,
    /// Where its bytes are.
    pub source: Source,
    /// Width and height in pixels, as shown.
    pub size: Option<(u32, u32)>,
}

/// A stored item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its identity in the project.
    pub id: ItemId,
    /// Hash of its bytes.
    pub content_hash: ContentHash,
    /// The item with the same bytes that was there first. Only items without
    /// one are embedded and asked about.
    pub duplicate_of: Option<ItemId>,
    /// What it is.
    pub media: Media,
    /// What people call it.
    pub name: String,
    /// What its owner calls it.
    pub external_id: Option<String>,
    /// Where its bytes are.
    pub source: Source,
    /// Width and height in pixels, as shown.
    pub size: Option<(u32, u32)>,
    /// When it was imported.
    pub created_at: Timestamp,
}

/// What an item is called, without its content.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
struct NameRow {
    id: i64,
    name: String,
    external_id: Option<String>,
    duplicate_of: Option<i64>,
}

/// What an item is called, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemName {
    /// The item.
    pub id: ItemId,
    /// What people call it.
    pub name: String,
    /// What its owner calls it.
    pub external_id: Option<String>,
    /// The item with the same bytes that was there first.
    pub duplicate_of: Option<ItemId>,
}

/// What became of one [`NewItem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// Its content is new.
    Added(ItemId),
    /// Its content was known under another identity: it is linked to `of`.
    Duplicate {
        /// The new item.
        id: ItemId,
        /// The first item with this content.
        of: ItemId,
    },
    /// Nothing: it was there.
    AlreadyThere(ItemId),
}

impl Inserted {
    /// The item, whatever became of it.
    pub fn id(self) -> ItemId {
        match self {
            Inserted::Added(id) | Inserted::Duplicate { id, .. } | Inserted::AlreadyThere(id) => id,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertReport {
    /// By position in the batch.
    pub items: Vec<Inserted>,
    /// Labels that were not known yet.
    pub n_labels: usize,
}

/// What is compared to find out whether an item is there.
#[derive(FromQueryResult)]
struct KnownRow {
    id: i64,
    content_hash: Vec<u8>,
    identity: String,
    duplicate_of: Option<i64>,
}

#[derive(FromQueryResult)]
struct IdRow {
    id: i64,
}

#[derive(FromQueryResult)]
struct KeyRow {
    id: i64,
    content_hash: Vec<u8>,
}

impl Store {
    /// Stores `items` in one transaction, durable when this returns. Items that
    /// are there (same content, same identity) stay as they are.
    pub fn insert_items(&self, items: &[NewItem], at: Timestamp) -> Result<InsertReport, Error> {
        self.write("item", async |transaction| {
            let (items, rows) = plan(transaction, items, at).await?;
            transaction.insert_many::<item::ActiveModel>(rows).await?;
            Ok(InsertReport { items, n_labels: 0 })
        })
    }

    /// Stores `items` and, in the same transaction, the labels that came with
    /// them (by position), as said by `annotator`. A label that `annotator` has
    /// already given to an item is not stored again.
    ///
    /// # Panics
    ///
    /// If there are not as many labels as items.
    pub fn insert_labelled_items(
        &self,
        items: &[NewItem],
        labels: &[Option<Label>],
        annotator: &Annotator,
        at: Timestamp,
    ) -> Result<InsertReport, Error> {
        assert_eq!(items.len(), labels.len(), "one label, or none, for each item");
        let classes = self.known_classes();
        let labels: Vec<Option<String>> =
            labels.iter().map(|it| it.as_ref().map(|label| classes.write(label))).collect();
        self.write("item", async |transaction| {
            let (items, rows) = plan(transaction, items, at).await?;
            transaction.insert_many::<item::ActiveModel>(rows).await?;
            let annotator = annotator_id(transaction, annotator).await?;
            let n_labels = append_imported(transaction, &items, labels, annotator, at).await?;
            Ok(InsertReport { items, n_labels })
        })
    }

    /// Number of items, duplicates included.
    pub fn n_items(&self) -> Result<u64, Error> {
        self.run("count items", async |database| item::Entity::find().count(database).await)
    }

    /// Whether there is an item with this id.
    pub fn has_item(&self, id: ItemId) -> Result<bool, Error> {
        let found = self.run("read items", async |database| {
            item::Entity::find_by_id(id.0).count(database).await
        })?;
        Ok(0 < found)
    }

    /// Items with `text` in their name or content, whatever the case of ASCII
    /// letters, ascending by id, duplicates left out.
    pub fn search_items(&self, text: &str) -> Result<Vec<ItemId>, Error> {
        let pattern: String = text.to_lowercase().chars().flat_map(escaped).collect();
        let like = |column: item::Column| {
            let pattern = LikeExpr::new(format!("%{pattern}%")).escape('\\');
            Expr::expr(Func::lower(Expr::col(column))).like(pattern)
        };
        let query = item::Entity::find()
            .select_only()
            .column(item::Column::Id)
            .filter(item::Column::DuplicateOf.is_null())
            .filter(like(item::Column::Name).or(like(item::Column::Text)));
        let rows = self.all_pages(&query, item::Column::Id, |it: &IdRow| it.id)?;
        Ok(rows.into_iter().map(|it| ItemId(it.id)).collect())
    }

    /// Ids of all items that are not duplicates, by name.
    pub fn item_ids_by_name(&self) -> Result<Vec<ItemId>, Error> {
        let rows: Vec<IdRow> = self.run("read items", async |database| {
            item::Entity::find()
                .select_only()
                .column(item::Column::Id)
                .filter(item::Column::DuplicateOf.is_null())
                .order_by_asc(item::Column::Name)
                .order_by_asc(item::Column::Id)
                .into_model()
                .all(database)
                .await
        })?;
        Ok(rows.into_iter().map(|it| ItemId(it.id)).collect())
    }

    /// The items linked to `id` because they have the same bytes, ascending.
    pub fn duplicates_of(&self, id: ItemId) -> Result<Vec<ItemId>, Error> {
        let rows: Vec<IdRow> = self.run("read items", async |database| {
            item::Entity::find()
                .select_only()
                .column(item::Column::Id)
                .filter(item::Column::DuplicateOf.eq(id.0))
                .order_by_asc(item::Column::Id)
                .into_model()
                .all(database)
                .await
        })?;
        Ok(rows.into_iter().map(|it| ItemId(it.id)).collect())
    }

    /// At most `limit` items with ids above `after`, ascending, duplicates
    /// included.
    pub fn items(&self, after: Option<ItemId>, limit: u64) -> Result<Vec<Item>, Error> {
        let after = after.map_or(i64::MIN, |it| it.0);
        let rows = self.run("read items", async |database| {
            item::Entity::find()
                .filter(item::Column::Id.gt(after))
                .order_by_asc(item::Column::Id)
                .limit(limit)
                .all(database)
                .await
        })?;
        rows.into_iter().map(read_item).collect()
    }

    /// The items with these ids, in this order.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if one is not there.
    pub fn items_by_id(&self, ids: &[ItemId]) -> Result<Vec<Item>, Error> {
        let mut found: HashMap<i64, Item> = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_VALUES) {
            let rows = self.run("read items", async |database| {
                item::Entity::find()
                    .filter(item::Column::Id.is_in(chunk.iter().map(|it| it.0)))
                    .all(database)
                    .await
            })?;
            for row in rows {
                found.insert(row.id, read_item(row)?);
            }
        }
        let in_order = ids.iter().map(|id| {
            found.get(&id.0).cloned().ok_or_else(|| {
                Error::input(format!("no item {id}"), "`annota status` says which there are")
            })
        });
        in_order.collect()
    }

    /// Id and content of every item that is not a duplicate, ascending by id:
    /// the pool.
    pub fn pool_keys(&self) -> Result<Vec<(ItemId, ContentHash)>, Error> {
        let query = item::Entity::find()
            .select_only()
            .columns([item::Column::Id, item::Column::ContentHash])
            .filter(item::Column::DuplicateOf.is_null());
        let rows = self.all_pages(&query, item::Column::Id, |it: &KeyRow| it.id)?;
        let keys =
            rows.into_iter().map(|it| Ok((ItemId(it.id), wire::read_hash(&it.content_hash)?)));
        keys.collect()
    }

    /// What every item is called, ascending by id, duplicates included.
    pub fn item_names(&self) -> Result<Vec<ItemName>, Error> {
        let query = item::Entity::find().select_only().columns([
            item::Column::Id,
            item::Column::Name,
            item::Column::ExternalId,
            item::Column::DuplicateOf,
        ]);
        let rows = self.all_pages(&query, item::Column::Id, |it: &NameRow| it.id)?;
        let names = rows.into_iter().map(|it| ItemName {
            id: ItemId(it.id),
            name: it.name,
            external_id: it.external_id,
            duplicate_of: it.duplicate_of.map(ItemId),
        });
        Ok(names.collect())
    }
}

/// A character as it stands for itself in a `LIKE` pattern.
fn escaped(character: char) -> impl Iterator<Item = char> {
    let escape = matches!(character, '%' | '_' | '\\').then_some('\\');
    escape.into_iter().chain([character])
}

/// What becomes of each of `items`, and the rows that are new.
async fn plan(
    transaction: &Transaction<'_>,
    items: &[NewItem],
    at: Timestamp,
) -> Result<(Vec<Inserted>, Vec<item::Model>), Error> {
    let mut known = Known::read(transaction, items).await?;
    let mut id = transaction.next_id(item::Column::Id).await?;
    let (mut inserted, mut rows) = (Vec::with_capacity(items.len()), Vec::new());
    for new in items {
        if let Some(&id) = known.by_identity.get(&(new.content_hash, new.identity.clone())) {
            inserted.push(Inserted::AlreadyThere(ItemId(id)));
            continue;
        }
        known.by_identity.insert((new.content_hash, new.identity.clone()), id);
        let of = *known.canonical.entry(new.content_hash).or_insert(id);
        let duplicate_of = (of != id).then_some(of);
        inserted.push(match duplicate_of {
            Some(of) => Inserted::Duplicate { id: ItemId(id), of: ItemId(of) },
            None => Inserted::Added(ItemId(id)),
        });
        rows.push(write_item(new, id, duplicate_of, at)?);
        id += 1;
    }
    Ok((inserted, rows))
}

/// The items in the store that share their content with a batch.
struct Known {
    by_identity: HashMap<(ContentHash, String), i64>,
    canonical: HashMap<ContentHash, i64>,
}

impl Known {
    async fn read(transaction: &Transaction<'_>, items: &[NewItem]) -> Result<Known, Error> {
        let hashes: HashSet<ContentHash> = items.iter().map(|it| it.content_hash).collect();
        let mut hashes: Vec<Vec<u8>> = hashes.into_iter().map(|it| it.0.to_vec()).collect();
        // The index is read in its order.
        hashes.sort_unstable();
        let mut known = Known { by_identity: HashMap::new(), canonical: HashMap::new() };
        for chunk in hashes.chunks(MAX_VALUES) {
            let rows: Vec<KnownRow> = item::Entity::find()
                .select_only()
                .columns([
                    item::Column::Id,
                    item::Column::ContentHash,
                    item::Column::Identity,
                    item::Column::DuplicateOf,
                ])
                .filter(item::Column::ContentHash.is_in(chunk.to_vec()))
                .into_model()
                .all(&transaction.inner)
                .await
                .map_err(Error::database("read items"))?;
            for row in rows {
                let hash = wire::read_hash(&row.content_hash)?;
                if row.duplicate_of.is_none() {
                    known.canonical.insert(hash, row.id);
                }
                known.by_identity.insert((hash, row.identity), row.id);
            }
        }
        Ok(known)
    }
}

/// Appends the labels that `annotator` has not given yet; how many.
async fn append_imported(
    transaction: &Transaction<'_>,
    items: &[Inserted],
    labels: Vec<Option<String>>,
    annotator: i64,
    at: Timestamp,
) -> Result<usize, Error> {
    let old: Vec<i64> = items
        .iter()
        .filter_map(|it| match it {
            Inserted::AlreadyThere(id) => Some(id.0),
            Inserted::Added(_) | Inserted::Duplicate { .. } => None,
        })
        .collect();
    let mut given: HashMap<i64, Option<String>> = HashMap::new();
    for chunk in old.chunks(MAX_VALUES) {
        let rows = annotation::Entity::find()
            .filter(annotation::Column::Item.is_in(chunk.iter().copied()))
            .filter(annotation::Column::Annotator.eq(annotator))
            .order_by_asc(annotation::Column::Id)
            .all(&transaction.inner)
            .await
            .map_err(Error::database("read annotations"))?;
        given.extend(rows.into_iter().map(|it| (it.item, it.label)));
    }
    let mut id = transaction.next_id(annotation::Column::Id).await?;
    let mut rows = Vec::new();
    for (inserted, label) in items.iter().zip(labels) {
        let item = inserted.id().0;
        if label.is_none() || given.get(&item).is_some_and(|it| *it == label) {
            continue;
        }
        given.insert(item, label.clone());
        rows.push(annotation::Model {
            id,
            item,
            annotator,
            label,
            purpose: wire::write_purpose(Purpose::Imported),
            asked_at: None,
            answered_at: wire::write_time(at),
            took_ms: None,
            suggestion: None,
            suggestion_confidence: None,
            suggestion_model: None,
            undoes: None,
        });
        id += 1;
    }
    let n_labels = rows.len();
    transaction.insert_many::<annotation::ActiveModel>(rows).await?;
    Ok(n_labels)
}

fn write_item(
    new: &NewItem,
    id: i64,
    duplicate_of: Option<i64>,
    at: Timestamp,
) -> Result<item::Model, Error> {
    let (path, text) = match &new.source {
        Source::File(path) => match path.to_str() {
            Some(path) => (Some(path.to_owned()), None),
            None => {
                return Err(Error::input(
                    format!("the name of a file is not UTF-8: `{}`", path.display()),
                    "rename it",
                ));
            }
        },
        Source::Inline(text) => (None, Some(text.clone())),
    };
    let pixels = |it: u32| i32::try_from(it).ok();
    Ok(item::Model {
        id,
        content_hash: new.content_hash.0.to_vec(),
        identity: new.identity.clone(),
        duplicate_of,
        media: wire::write_media(new.media),
        name: new.name.clone(),
        external_id: new.external_id.clone(),
        path,
        text,
        width: new.size.and_then(|it| pixels(it.0)),
        height: new.size.and_then(|it| pixels(it.1)),
        created_at: wire::write_time(at),
    })
}

fn read_item(row: item::Model) -> Result<Item, Error> {
    let source = match (row.path, row.text) {
        (Some(path), None) => Source::File(PathBuf::from(path)),
        (None, Some(text)) => Source::Inline(text),
        _ => return Err(damaged("path", &row.name, "an item has either a path or a text")),
    };
    let size = row.width.zip(row.height).map(|(w, h)| (w.unsigned_abs(), h.unsigned_abs()));
    Ok(Item {
        id: ItemId(row.id),
        content_hash: wire::read_hash(&row.content_hash)?,
        duplicate_of: row.duplicate_of.map(ItemId),
        media: wire::read_media(&row.media)?,
        name: row.name,
        external_id: row.external_id,
        source,
        size,
        created_at: wire::read_time(row.created_at)?,
    })
}
