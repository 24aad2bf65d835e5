//! Annotations in the store: who said what about which item, when, having been
//! shown which suggestion, for which purpose. Appended, never changed; an undo
//! is another fact.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use annota_core::{
    consensus::most_frequent,
    item::ItemId,
    label::{ClassId, Label, Purpose},
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Classes, MAX_VALUES, ModelVersionId, Store, Transaction,
    entity::{annotation, annotator, item, receipt},
    wire,
};
use crate::{Error, annotate::Annotator};

/// Longest key of a sender.
const MAX_KEY_LEN: usize = 64;

/// Identity of an annotator in its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotatorId(pub i64);

/// Identity of an annotation in its project; later facts have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationId(pub i64);

/// What the annotator saw before answering.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownSuggestion {
    /// The suggested label.
    pub label: Label,
    /// Its probability, in `[0, 1]`.
    pub confidence: f32,
    /// The model that suggested it.
    pub model_version: Option<ModelVersionId>,
}

/// A fact to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnnotation {
    /// About what.
    pub item: ItemId,
    /// Said by whom.
    pub annotator: AnnotatorId,
    /// What was said; `None` skips, abstains or undoes.
    pub label: Option<Label>,
    /// What it was asked for.
    pub purpose: Purpose,
    /// When the item was shown.
    pub asked_at: Option<Timestamp>,
    /// When the answer came.
    pub answered_at: Timestamp,
    /// How long it took, to the millisecond.
    pub took: Option<Duration>,
    /// What was suggested.
    pub suggestion: Option<ShownSuggestion>,
    /// The earlier fact this one takes back.
    pub undoes: Option<AnnotationId>,
}

/// A stored fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// Its identity; facts are in the order of their ids.
    pub id: AnnotationId,
    /// The fact. What was said of an item that repeats another is about that one.
    pub fact: NewAnnotation,
    /// The item it was said of.
    pub said_of: ItemId,
}

impl Store {
    /// The id of `annotator`, who is added if new.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if the name is taken by an annotator of another kind.
    pub fn annotator(&self, annotator: &Annotator) -> Result<AnnotatorId, Error> {
        self.write("annotator", async |transaction| {
            annotator_id(transaction, annotator).await.map(AnnotatorId)
        })
    }

    /// Everyone who may have said something, ascending by id.
    pub fn annotators(&self) -> Result<Vec<(AnnotatorId, Annotator)>, Error> {
        let rows = self.run("read annotators", async |database| {
            annotator::Entity::find().order_by_asc(annotator::Column::Id).all(database).await
        })?;
        let annotators = rows.into_iter().map(|it| {
            let kind = wire::read_kind(&it.kind)?;
            Ok((AnnotatorId(it.id), Annotator { name: it.name, kind }))
        });
        annotators.collect()
    }

    /// Appends facts in one transaction: all are durable when this returns, or
    /// none is there. Ids are in the order given.
    pub fn append(&self, facts: &[NewAnnotation]) -> Result<Vec<AnnotationId>, Error> {
        let classes = self.known_classes();
        self.write("annotation", async |transaction| {
            let first = transaction.next_id(annotation::Column::Id).await?;
            let rows: Vec<annotation::Model> = (first..)
                .zip(facts)
                .map(|(id, fact)| write_annotation(&classes, id, fact))
                .collect();
            let ids = rows.iter().map(|it| AnnotationId(it.id)).collect();
            transaction.insert_many::<annotation::ActiveModel>(rows).await?;
            Ok(ids)
        })
    }

    /// Appends those of `facts` whose key was not seen before, in one
    /// transaction; the annotation of every key, in the order given, and
    /// whether it is new. Sending again what was not acknowledged is safe.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if a key is longer than 64 bytes.
    pub fn append_once(
        &self,
        facts: &[(String, NewAnnotation)],
    ) -> Result<Vec<(AnnotationId, bool)>, Error> {
        if let Some((key, _)) = facts.iter().find(|it| MAX_KEY_LEN < it.0.len()) {
            return Err(Error::input(
                format!("a key of {} bytes", key.len()),
                format!("keys have at most {MAX_KEY_LEN} bytes, like a UUID"),
            ));
        }
        let classes = self.known_classes();
        self.write("annotation", async |transaction| {
            let mut known = known_receipts(transaction, facts).await?;
            let mut id = transaction.next_id(annotation::Column::Id).await?;
            let (mut rows, mut receipts, mut appended) = (Vec::new(), Vec::new(), Vec::new());
            for (key, fact) in facts {
                if let Some(id) = known.get(key) {
                    appended.push((AnnotationId(*id), false));
                    continue;
                }
                known.insert(key.clone(), id);
                rows.push(write_annotation(&classes, id, fact));
                receipts.push(receipt::Model { key: key.clone(), annotation: id });
                appended.push((AnnotationId(id), true));
                id += 1;
            }
            transaction.insert_many::<annotation::ActiveModel>(rows).await?;
            transaction.insert_many::<receipt::ActiveModel>(receipts).await?;
            Ok(appended)
        })
    }

    /// All facts after `after` (of all time, if `None`), in order, undone ones
    /// and undos included.
    pub fn annotations(&self, after: Option<AnnotationId>) -> Result<Vec<Annotation>, Error> {
        let classes = self.known_classes();
        let mut query = annotation::Entity::find();
        if let Some(after) = after {
            query = query.filter(annotation::Column::Id.gt(after.0));
        }
        let rows: Vec<annotation::Model> =
            self.all_pages(&query, annotation::Column::Id, |it: &annotation::Model| it.id)?;
        let originals = self.originals(&rows)?;
        rows.into_iter().map(|it| read_annotation(&classes, &originals, it)).collect()
    }

    /// What the items that `rows` are about repeat, where they repeat another.
    fn originals(&self, rows: &[annotation::Model]) -> Result<HashMap<i64, i64>, Error> {
        let items: BTreeSet<i64> = rows.iter().map(|it| it.item).collect();
        let items: Vec<i64> = items.into_iter().collect();
        let mut originals = HashMap::new();
        for chunk in items.chunks(MAX_VALUES) {
            let found: Vec<(i64, Option<i64>)> = self.run("read items", async |database| {
                item::Entity::find()
                    .select_only()
                    .columns([item::Column::Id, item::Column::DuplicateOf])
                    .filter(item::Column::Id.is_in(chunk.iter().copied()))
                    .filter(item::Column::DuplicateOf.is_not_null())
                    .into_tuple()
                    .all(database)
                    .await
            })?;
            originals.extend(found.into_iter().filter_map(|it| Some((it.0, it.1?))));
        }
        Ok(originals)
    }

    /// What holds now: of every annotator the last word on every item, without
    /// what was undone; in order. Abstentions are included, with no label.
    pub fn current_annotations(&self) -> Result<Vec<Annotation>, Error> {
        Ok(resolve(self.annotations(None)?))
    }
}

/// `facts`, in order, without undone ones and undos. An undo can be undone.
pub fn without_undone(
    facts: impl IntoIterator<Item = Annotation, IntoIter: DoubleEndedIterator>,
) -> Vec<Annotation> {
    let mut undone: HashSet<AnnotationId> = HashSet::new();
    let mut standing = Vec::new();
    for annotation in facts.into_iter().rev() {
        if undone.contains(&annotation.id) {
            continue;
        }
        match annotation.fact.undoes {
            Some(target) => drop(undone.insert(target)),
            None => standing.push(annotation),
        }
    }
    standing.reverse();
    standing
}

/// The last fact of every annotator about every item, without undone facts and
/// undos; `facts` are in order, and so is the result.
fn resolve(facts: Vec<Annotation>) -> Vec<Annotation> {
    let mut spoken: HashSet<(ItemId, AnnotatorId)> = HashSet::new();
    let mut current = without_undone(facts);
    current.reverse();
    current.retain(|it| spoken.insert((it.fact.item, it.fact.annotator)));
    current.reverse();
    current
}

/// What most say of one item, from the `words` in order, each with who said it and
/// the item that it was said of; ties to the lower class.
///
/// This decides about labels that came with the data, of a crowd or gold: where an
/// item comes several times, each time is a word of its own; said of the same one
/// again, the last word counts.
pub fn most_say(
    words: impl IntoIterator<Item = (AnnotatorId, ItemId, Option<ClassId>)>,
) -> Option<Label> {
    let last: BTreeMap<(AnnotatorId, ItemId), Option<ClassId>> =
        words.into_iter().map(|it| ((it.0, it.1), it.2)).collect();
    most_frequent(last.into_values().flatten()).map(Label::Class)
}

impl Annotation {
    /// Who said what of which item, for [`most_say`].
    pub fn word(&self) -> (AnnotatorId, ItemId, Option<ClassId>) {
        (self.fact.annotator, self.said_of, self.fact.label.as_ref().and_then(Label::class))
    }
}

/// The annotations that the keys of `facts` led to before.
async fn known_receipts(
    transaction: &Transaction<'_>,
    facts: &[(String, NewAnnotation)],
) -> Result<HashMap<String, i64>, Error> {
    let mut known = HashMap::new();
    for chunk in facts.chunks(MAX_VALUES) {
        let keys = chunk.iter().map(|it| it.0.as_str());
        let rows = receipt::Entity::find()
            .filter(receipt::Column::Key.is_in(keys))
            .all(&transaction.inner)
            .await
            .map_err(Error::database("read receipts"))?;
        known.extend(rows.into_iter().map(|it| (it.key, it.annotation)));
    }
    Ok(known)
}

pub(super) async fn annotator_id(
    transaction: &Transaction<'_>,
    annotator: &Annotator,
) -> Result<i64, Error> {
    let kind = wire::write_kind(annotator.kind);
    let found = annotator::Entity::find()
        .filter(annotator::Column::Name.eq(annotator.name.as_str()))
        .one(&transaction.inner)
        .await
        .map_err(Error::database("read annotators"))?;
    if let Some(found) = found {
        if found.kind == kind {
            return Ok(found.id);
        }
        return Err(Error::input(
            format!("`{}` is already an annotator of kind {}, not {kind}", found.name, found.kind),
            "choose another name",
        ));
    }
    let id = transaction.next_id(annotator::Column::Id).await?;
    let row = annotator::Model { id, name: annotator.name.clone(), kind };
    transaction.insert_many::<annotator::ActiveModel>(vec![row]).await?;
    Ok(id)
}

fn write_annotation(classes: &Classes, id: i64, fact: &NewAnnotation) -> annotation::Model {
    let suggestion = fact.suggestion.as_ref();
    annotation::Model {
        id,
        item: fact.item.0,
        annotator: fact.annotator.0,
        label: fact.label.as_ref().map(|it| classes.write(it)),
        purpose: wire::write_purpose(fact.purpose),
        asked_at: fact.asked_at.map(wire::write_time),
        answered_at: wire::write_time(fact.answered_at),
        took_ms: fact.took.map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX)),
        suggestion: suggestion.map(|it| classes.write(&it.label)),
        suggestion_confidence: suggestion.map(|it| f64::from(it.confidence)),
        suggestion_model: suggestion.and_then(|it| it.model_version).map(|it| it.0),
        undoes: fact.undoes.map(|it| it.0),
    }
}

/// `originals`: by item, the one that it repeats.
fn read_annotation(
    classes: &Classes,
    originals: &HashMap<i64, i64>,
    row: annotation::Model,
) -> Result<Annotation, Error> {
    let suggestion = match (row.suggestion, row.suggestion_confidence) {
        (Some(label), Some(confidence)) => Some(ShownSuggestion {
            label: classes.read(&label)?,
            confidence: confidence as f32,
            model_version: row.suggestion_model.map(ModelVersionId),
        }),
        _ => None,
    };
    let fact = NewAnnotation {
        item: ItemId(originals.get(&row.item).copied().unwrap_or(row.item)),
        annotator: AnnotatorId(row.annotator),
        label: row.label.map(|it| classes.read(&it)).transpose()?,
        purpose: wire::read_purpose(&row.purpose)?,
        asked_at: row.asked_at.map(wire::read_time).transpose()?,
        answered_at: wire::read_time(row.answered_at)?,
        took: row.took_ms.map(|it| Duration::from_millis(it.unsigned_abs())),
        suggestion,
        undoes: row.undoes.map(AnnotationId),
    };
    Ok(Annotation { id: AnnotationId(row.id), fact, said_of: ItemId(row.item) })
}
