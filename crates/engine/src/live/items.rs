//! Items as people look for them: filtered, sorted, page by page; one of them
//! with all that is known; those that look like it.
//!
//! Labels, origins and confidences are in memory; names and texts are read from
//! the store for the page alone, or where they are searched.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    fmt,
    str::FromStr,
};

use annota_core::{
    item::ItemId,
    label::{ClassId, Label},
    pool::Row,
};
use jiff::Timestamp;

use super::{Desk, Live, Origin, Snapshot, history::Said};
use crate::{
    Error,
    annotate::Suggestion,
    store::{CertificateId, Item, Remark},
};

/// Items looked at under one lock, which takes about a millisecond.
const LOOKED_AT_ONCE: usize = 5_000;

/// A part of a longer list.
#[derive(Clone, Debug)]
pub struct Page<T, Next = i64> {
    /// The part.
    pub items: Vec<T>,
    /// Where the next part begins, if there is one.
    pub next: Option<Next>,
    /// Length of the whole list, where it is known.
    pub total: Option<usize>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ItemSort {
    /// As they were imported.
    #[default]
    Id,
    /// By name.
    Name,
    /// By the probability of the likeliest class.
    Confidence,
    /// By how unsure the model is.
    Uncertainty,
    /// By when a person last answered.
    AnsweredAt,
}

/// A place in a sorted list: after this item. It stays where it is while items
/// join the list or leave it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    key: f64,
    item: ItemId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.key.to_bits(), self.item.0)
    }
}

impl FromStr for Place {
    type Err = ();

    /// The inverse of `Display`.
    fn from_str(text: &str) -> Result<Place, ()> {
        let (key, item) = text.split_once('.').ok_or(())?;
        let key = u64::from_str_radix(key, 16).map_err(drop)?;
        Ok(Place { key: f64::from_bits(key), item: ItemId(item.parse().map_err(drop)?) })
    }
}

impl Place {
    fn compare(self, other: Place) -> Ordering {
        self.key.total_cmp(&other.key).then(self.item.cmp(&other.item))
    }
}

/// Which items; every condition that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct ItemQuery {
    /// One of these.
    pub ids: Option<Vec<ItemId>>,
    /// This in its name or text, whatever the case.
    pub text: Option<String>,
    /// Labelled (or predicted, where there is no label) so.
    pub class: Option<ClassId>,
    /// With a label from one of these.
    pub origins: Vec<Origin>,
    /// Answered by whoever is called so.
    pub annotator: Option<String>,
    /// Flagged, or not.
    pub is_flagged: Option<bool>,
    /// Confidence at least this.
    pub min_confidence: Option<f32>,
    /// Confidence at most this.
    pub max_confidence: Option<f32>,
    /// The order.
    pub sort: ItemSort,
    /// Largest first.
    pub is_descending: bool,
    /// How many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Place>,
}

/// An item in a list.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// The item.
    pub item: Item,
    /// Its label, or else the predicted one.
    pub label: Option<Label>,
    /// Where that is from.
    pub origin: Origin,
    /// Probability of the likeliest class, where anybody may see it.
    pub confidence: Option<f32>,
    /// Who has answered it.
    pub annotators: Vec<String>,
    /// Whether a flag waits for somebody.
    pub is_flagged: bool,
    /// When a person last answered.
    pub answered_at: Option<Timestamp>,
}

/// An item with all that is known.
#[derive(Clone, Debug)]
pub struct ItemDetail {
    /// As in a list.
    pub row: ItemRow,
    /// What the model thinks, likeliest first.
    pub ranked: Vec<Suggestion>,
    /// What was said about it.
    pub said: Vec<Said>,
    /// What was written about it.
    pub remarks: Vec<Remark>,
    /// Items with the same bytes.
    pub duplicates: Vec<ItemId>,
    /// What vouches for its label.
    pub certificate: Option<CertificateId>,
}

/// An item that looks like another.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The item.
    pub item: Item,
    /// Cosine similarity of the embeddings.
    pub similarity: f32,
    /// Its label.
    pub label: Option<Label>,
    /// Where that is from.
    pub origin: Origin,
}

/// What is in memory about an item.
pub(super) struct Known {
    pub(super) item: ItemId,
    pub(super) label: Option<Label>,
    pub(super) origin: Origin,
    pub(super) confidence: Option<f32>,
    uncertainty: Option<f32>,
    answered_at: Option<Timestamp>,
}

impl Known {
    pub(super) fn new(desk: &Desk, item: ItemId) -> Known {
        let snapshot = desk.snapshot.as_deref();
        let likeliest = snapshot.and_then(|it| it.likeliest(item));
        let confidence = likeliest.as_ref().map(|it| it.confidence);
        let (mut label, mut origin) = desk.ledger.label(item);
        if let (None, Some(likeliest)) = (&label, likeliest) {
            (label, origin) = (Some(likeliest.label), Origin::Predicted);
        }
        Known {
            item,
            label,
            origin,
            confidence,
            uncertainty: snapshot.and_then(|it| it.uncertainty(item)),
            answered_at: desk.ledger.answered_at(item),
        }
    }

    fn key(&self, sort: ItemSort) -> f64 {
        match sort {
            ItemSort::Id | ItemSort::Name => 0.0,
            ItemSort::Confidence => self.confidence.map_or(-1.0, f64::from),
            ItemSort::Uncertainty => self.uncertainty.map_or(-1.0, f64::from),
            ItemSort::AnsweredAt => self.answered_at.map_or(0.0, |it| it.as_millisecond() as f64),
        }
    }
}

impl Snapshot {
    fn uncertainty(&self, item: ItemId) -> Option<f32> {
        let row = self.set.row(item).filter(|_| !self.blind.contains(&item))?;
        self.predictions.as_ref().map(|it| it.uncertainty[row.index()])
    }
}

impl ItemQuery {
    fn holds(&self, desk: &Desk, known: &Known) -> bool {
        let class = known.label.as_ref().and_then(Label::class);
        let confidence = known.confidence.unwrap_or(0.0);
        let by = |name: &String| {
            let standing = desk.ledger.standing(known.item);
            let mut names =
                standing.iter().filter_map(|it| desk.ledger.annotator(it.fact.annotator));
            names.any(|it| it.name == *name)
        };
        self.class.is_none_or(|it| class == Some(it))
            && (self.origins.is_empty() || self.origins.contains(&known.origin))
            && self.min_confidence.is_none_or(|it| it <= confidence)
            && self.max_confidence.is_none_or(|it| confidence <= it)
            && self.is_flagged.is_none_or(|it| it == desk.ledger.is_flagged(known.item))
            && self.annotator.as_ref().is_none_or(by)
    }

    /// Whether every item of the project fits, in the order of the store.
    fn is_everything(&self) -> bool {
        self.ids.is_none()
            && self.text.is_none()
            && self.class.is_none()
            && self.origins.is_empty()
            && self.annotator.is_none()
            && self.is_flagged.is_none()
            && self.min_confidence.is_none()
            && self.max_confidence.is_none()
            && self.sort == ItemSort::Id
            && !self.is_descending
    }
}

impl Live {
    /// The items that fit, a page of them.
    pub fn items(&self, query: &ItemQuery) -> Result<Page<ItemRow, Place>, Error> {
        let store = self.shared.project.store();
        if query.is_everything() {
            let items = store.items(query.after.map(|it| it.item), query.limit as u64)?;
            let last = items.last().filter(|_| items.len() == query.limit);
            let next = last.map(|it| Place { key: 0.0, item: it.id });
            let total = usize::try_from(store.n_items()?).ok();
            return Ok(Page { items: self.rows(items), next, total });
        }
        let (found, after) = self.matching(query)?;
        let passed = if query.is_descending { Ordering::Less } else { Ordering::Greater };
        let start = after.map_or(0, |end| found.partition_point(|it| it.compare(end) != passed));
        let ahead = &found[start..];
        let page = &ahead[..ahead.len().min(query.limit)];
        let next = if page.len() < ahead.len() { page.last().copied() } else { None };
        let ids: Vec<ItemId> = page.iter().map(|it| it.item).collect();
        let items = self.rows(store.items_by_id(&ids)?);
        Ok(Page { items, next, total: Some(found.len()) })
    }

    /// All that fit, sorted, and where the page before ended among them.
    fn matching(&self, query: &ItemQuery) -> Result<(Vec<Place>, Option<Place>), Error> {
        let store = self.shared.project.store();
        let found = match &query.text {
            Some(text) => Some(store.search_items(text)?),
            None => None,
        };
        let by_name = match query.sort {
            ItemSort::Name => Some(store.item_ids_by_name()?),
            _ => None,
        };
        let ranks: Option<HashMap<ItemId, f64>> =
            by_name.as_ref().map(|it| it.iter().copied().zip((0_u32..).map(f64::from)).collect());
        let rank = |item: ItemId| ranks.as_ref().and_then(|it| it.get(&item)).copied();
        let pool = self.shared.snapshot();
        let candidates: Vec<ItemId> = match (by_name, &found, &query.ids) {
            (Some(all), _, _) => all,
            (None, Some(found), _) => found.clone(),
            (None, None, Some(ids)) => ids.clone(),
            (None, None, None) => match pool {
                Some(pool) => pool.set.items.to_vec(),
                None => store.pool_keys()?.into_iter().map(|it| it.0).collect(),
            },
        };
        let listed: Option<HashSet<ItemId>> =
            query.ids.as_ref().map(|it| it.iter().copied().collect());
        let found: Option<HashSet<ItemId>> = found.map(|it| it.into_iter().collect());
        let is_wanted = |item: &ItemId| {
            listed.as_ref().is_none_or(|it| it.contains(item))
                && found.as_ref().is_none_or(|it| it.contains(item))
        };
        let candidates: Vec<ItemId> = candidates.into_iter().filter(is_wanted).collect();
        let mut matching: Vec<Place> = Vec::new();
        self.look_at(&candidates, |desk, known| {
            if query.holds(desk, &known) {
                let key = rank(known.item).unwrap_or_else(|| known.key(query.sort));
                matching.push(Place { key, item: known.item });
            }
        });
        matching.sort_by(|a, b| a.compare(*b));
        if query.is_descending {
            matching.reverse();
        }
        // Where names stand among each other changes with every new one.
        let after = query.after.map(|it| Place { key: rank(it.item).unwrap_or(it.key), ..it });
        Ok((matching, after))
    }

    /// Calls `look` with what is known about each of `items`, in order. Many
    /// items are looked at in parts, so that nobody who answers waits for long.
    pub(super) fn look_at(&self, items: &[ItemId], mut look: impl FnMut(&Desk, Known)) {
        for part in items.chunks(LOOKED_AT_ONCE) {
            let desk = self.shared.desk();
            for item in part {
                look(&desk, Known::new(&desk, *item));
            }
        }
    }

    fn rows(&self, items: Vec<Item>) -> Vec<ItemRow> {
        let desk = self.shared.desk();
        items.into_iter().map(|item| row(&desk, item)).collect()
    }

    /// Everything known about one item.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if it is not there.
    pub fn item(&self, id: ItemId) -> Result<ItemDetail, Error> {
        let item = self.shared.project.store().items_by_id(&[id])?.remove(0);
        let said = self.said_about(id)?;
        let duplicates = self.shared.project.store().duplicates_of(id)?;
        let desk = self.shared.desk();
        let ranked = desk.snapshot.as_ref().map_or(Vec::new(), |it| it.ranked(id));
        Ok(ItemDetail {
            row: row(&desk, item),
            ranked,
            said,
            remarks: desk.ledger.remarks(id).to_vec(),
            duplicates,
            certificate: desk.ledger.auto_label(id).map(|it| it.certificate),
        })
    }

    /// Up to `n` items that look most like `id`, most similar first; none
    /// before the pool is prepared.
    pub fn neighbours(&self, id: ItemId, n: usize) -> Result<Vec<Neighbour>, Error> {
        let Some(snapshot) = self.shared.snapshot() else { return Ok(Vec::new()) };
        let Some(row) = snapshot.set.row(id) else { return Ok(Vec::new()) };
        let near = nearest(&snapshot, row, n);
        let ids: Vec<ItemId> = near.iter().map(|it| snapshot.set.item(it.0)).collect();
        let items = self.shared.project.store().items_by_id(&ids)?;
        let desk = self.shared.desk();
        let neighbours = near.into_iter().zip(items).map(|((_, similarity), item)| {
            let (label, origin) = desk.ledger.label(item.id);
            Neighbour { item, similarity, label, origin }
        });
        Ok(neighbours.collect())
    }
}

/// So many neighbours the graph of the pool knows; for more of them every row is
/// looked at, which takes half a second among a million. On one thread: those
/// of the pool of threads may be learning, and people do not wait for that.
const MOST_BY_GRAPH: usize = 8;

/// The nearest rows, with their cosine similarity.
fn nearest(snapshot: &Snapshot, row: Row, n: usize) -> Vec<(Row, f32)> {
    let embeddings = &snapshot.set.embeddings;
    let own = embeddings.row(row);
    let cosine =
        |other: Row| own.iter().zip(embeddings.row(other)).map(|(a, b)| a * b).sum::<f32>();
    let rows: Vec<Row> = if n <= MOST_BY_GRAPH {
        let edges = snapshot.set.prepared.graph().edges(row.index());
        edges.map(|it| Row(u32::try_from(it.0).expect("pools fit in u32"))).collect()
    } else {
        (0..embeddings.n_rows()).map(Row).collect()
    };
    let others = rows.into_iter().filter(|it| *it != row);
    let mut near: Vec<(Row, f32)> = others.map(|it| (it, cosine(it))).collect();
    let order = |a: &(Row, f32), b: &(Row, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if n < near.len() {
        near.select_nth_unstable_by(n, order);
        near.truncate(n);
    }
    near.sort_by(order);
    near
}

fn row(desk: &Desk, item: Item) -> ItemRow {
    let labelled = item.duplicate_of.unwrap_or(item.id);
    let known = Known::new(desk, labelled);
    let standing = desk.ledger.standing(labelled);
    let names = standing.iter().filter_map(|it| desk.ledger.annotator(it.fact.annotator));
    ItemRow {
        label: known.label,
        origin: known.origin,
        confidence: known.confidence,
        annotators: names.map(|it| it.name.clone()).collect(),
        is_flagged: desk.ledger.is_flagged(item.id),
        answered_at: known.answered_at,
        item,
    }
}

#[cfg(test)]
mod tests {
    use annota_core::item::ItemId;

    use super::Place;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for key in [-1.0, 0.0, 0.1 + 0.2, 1.7e12] {
            let place = Place { key, item: ItemId(7) };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for wrong in ["", "7", "x.7", "0.x", "0.7.8"] {
            assert_eq!(wrong.parse::<Place>(), Err(()), "{wrong}");
        }
    }
}
