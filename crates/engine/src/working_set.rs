//! The pool of a project in memory: what the stages from `select` to `verify`
//! compute on.
//!
//! Rows exist only in here. What goes in and out of the store is named by item
//! ids; this module is the one place that knows both.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use annota_core::{
    head::{class_model::ClassModel, features::FeatureMap, prepared::Prepared},
    item::ItemId,
    label::{Label, Purpose, Schema},
    matrix::Embeddings,
    pool::Row,
};

use crate::{
    Error, Watch,
    annotate::AnnotatorKind,
    cache,
    embed::{NearDuplicate, embedded_pool, near_duplicates},
    project::Project,
    store::{Annotation, AnnotationId, AnnotatorId, Audit, most_say, without_undone},
};

/// One thing somebody said about an item of the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its identity in the store.
    pub id: AnnotationId,
    /// About which row.
    pub row: Row,
    /// The item it was said of: the row's, or one with the same content.
    pub said_of: ItemId,
    /// Who said it.
    pub annotator: AnnotatorId,
    /// What stands behind that name.
    pub kind: AnnotatorKind,
    /// What was said; `None` abstained.
    pub label: Option<Label>,
    /// What it was asked for.
    pub purpose: Purpose,
}

/// The pool of a project, with everything that is computed once for it. A copy
/// shares what is large, and keeps the facts as they were when it was made.
#[derive(Clone)]
pub struct WorkingSet {
    /// Items by row, ascending.
    pub items: Arc<[ItemId]>,
    /// What may be answered.
    pub schema: Schema,
    /// Id of the embedder.
    pub embedder: String,
    /// One unit vector per row, by which items are compared: the features that
    /// heads learn on, because the part that all items share would hide what
    /// tells them apart.
    pub embeddings: Arc<Embeddings>,
    /// Features, graph and principal directions of the pool.
    pub prepared: Arc<Prepared>,
    /// Pairs of items that look almost equal to the network.
    pub near_duplicates: Arc<[NearDuplicate]>,
    /// Items without an embedding: they are nobody's but people's.
    pub not_embedded: Arc<[ItemId]>,
    rows: Arc<HashMap<ItemId, Row>>,
    // Invariant: everything stored up to some moment, in order, undos included.
    annotations: Arc<Vec<Annotation>>,
    facts: Arc<[Fact]>,
}

impl WorkingSet {
    /// Reads the pool of `project` and prepares it: linear in its rows, and the
    /// first time `O(rows² · dim)` up to 50,000 rows, about linear beyond.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if nothing is embedded yet, or there are fewer than two
    /// classes; [`Error::Interrupted`] if `watch` says so.
    pub fn open(project: &Project, watch: &dyn Watch) -> Result<WorkingSet, Error> {
        let pool = embedded_pool(project)?;
        let schema = project.store().schema()?;

        let map = FeatureMap::fit(&pool.embeddings);
        let features = map.features(&pool.embeddings);
        let principal = cache::principal(project, &features);
        let neighbours = cache::neighbours(project, &pool, &features, watch)?;
        let prepared = Prepared::from_parts(map, &features, principal, &neighbours);
        let mut set = WorkingSet {
            rows: Arc::new(pool.items.iter().copied().zip((0..).map(Row)).collect()),
            items: pool.items.into(),
            schema,
            embedder: pool.with.embedder,
            embeddings: Arc::new(features),
            prepared: Arc::new(prepared),
            near_duplicates: near_duplicates(&neighbours).into(),
            not_embedded: pool.not_embedded.into(),
            annotations: Arc::default(),
            facts: Arc::default(),
        };
        set.refresh(project)?;
        Ok(set)
    }

    /// Reads the facts that have come since the last time.
    pub fn refresh(&mut self, project: &Project) -> Result<(), Error> {
        let last = self.annotations.last().map(|it| it.id);
        let new = project.store().annotations(last)?;
        if new.is_empty() && !self.facts.is_empty() {
            return Ok(());
        }
        Arc::make_mut(&mut self.annotations).extend(new);
        let kinds: HashMap<AnnotatorId, AnnotatorKind> =
            project.store().annotators()?.into_iter().map(|(id, it)| (id, it.kind)).collect();
        let standing = without_undone(self.annotations.iter().cloned());
        self.facts = standing.into_iter().filter_map(|it| self.fact(&kinds, it)).collect();
        Ok(())
    }

    fn fact(
        &self,
        kinds: &HashMap<AnnotatorId, AnnotatorKind>,
        annotation: Annotation,
    ) -> Option<Fact> {
        let said = annotation.fact;
        Some(Fact {
            id: annotation.id,
            row: self.row(said.item)?,
            said_of: annotation.said_of,
            annotator: said.annotator,
            kind: *kinds.get(&said.annotator)?,
            label: said.label,
            purpose: said.purpose,
        })
    }

    /// The row of an item of the pool.
    pub fn row(&self, item: ItemId) -> Option<Row> {
        self.rows.get(&item).copied()
    }

    /// The item of a row.
    pub fn item(&self, row: Row) -> ItemId {
        self.items[row.index()]
    }

    /// Number of rows.
    pub fn n_rows(&self) -> u32 {
        self.embeddings.n_rows()
    }

    /// Everything said about the pool and not undone, in order: somebody who
    /// answered an item twice said two things.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// What people said when asked, in order: it decides the
    /// label of an item.
    pub fn answers(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(|it| it.kind == AnnotatorKind::Person)
    }

    /// The rows that were drawn for `audit`.
    pub fn drawn(&self, audit: &Audit) -> HashSet<Row> {
        audit.drawn.iter().filter_map(|it| self.row(*it)).collect()
    }

    /// What people said of the items that were drawn for `audit`, blind and in
    /// order.
    pub fn audit_answers(&self, audit: &Audit) -> impl Iterator<Item = &Fact> + use<'_> {
        let drawn = self.drawn(audit);
        self.answers().filter(move |it| it.purpose == Purpose::Audit && drawn.contains(&it.row))
    }

    /// By row, what people last answered; `None` inside for an abstention.
    pub fn last_answers(&self) -> HashMap<Row, Option<Label>> {
        self.answers().map(|it| (it.row, it.label.clone())).collect()
    }

    /// By row, what most of a crowd, or most gold, said up to and with `through`, as
    /// [`most_say`] decides.
    pub fn labels_by(&self, kind: AnnotatorKind, through: AnnotationId) -> BTreeMap<Row, Label> {
        let is_theirs = |it: &&Fact| it.kind == kind && it.id <= through;
        let mut words: BTreeMap<Row, Vec<_>> = BTreeMap::new();
        for fact in self.facts.iter().filter(is_theirs) {
            let class = fact.label.as_ref().and_then(Label::class);
            words.entry(fact.row).or_default().push((fact.annotator, fact.said_of, class));
        }
        words.into_iter().filter_map(|it| Some((it.0, most_say(it.1)?))).collect()
    }

    /// What is learned from, ascending by row: what people last answered, and
    /// what most of a crowd said where nobody was asked. Gold is held out, and a
    /// model's labels are nobody's answer.
    pub fn lessons(&self) -> Vec<(Row, Label)> {
        let mut lessons = self.labels_by(AnnotatorKind::Crowd, self.last_fact());
        for (row, label) in self.last_answers() {
            match label {
                Some(label) => drop(lessons.insert(row, label)),
                None => drop(lessons.remove(&row)),
            }
        }
        lessons.into_iter().collect()
    }

    /// The last fact of all, by which a model version says what it could know.
    pub fn last_fact(&self) -> AnnotationId {
        self.facts.iter().map(|it| it.id).max().unwrap_or(AnnotationId(0))
    }

    /// The last fact that was read, undos included.
    pub fn read_through(&self) -> Option<AnnotationId> {
        self.annotations.last().map(|it| it.id)
    }

    /// An untrained model of this pool.
    pub fn model(&self) -> ClassModel {
        ClassModel::on(Arc::clone(&self.prepared), self.schema.n_classes())
    }
}
