//! `embed`: one vector per item, by a pretrained network, cached by content.
//!
//! Items whose content has an embedding are not computed again, so a run that
//! was stopped goes on where it was. Which network to use is decided by the
//! caller; this module only knows [`Embedder`].

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use annota_core::{
    diagnostic::Diagnostic,
    head::features::FeatureMap,
    item::{ContentHash, ItemId, Media},
    matrix::Embeddings,
    model::{Embedder, Input},
    neighbours::Neighbours,
    pool::Row,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Watch, cache,
    project::Project,
    store::{Event, Item},
};

/// What `embed` did.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbedReport {
    /// The embedder's id.
    pub embedder: String,
    /// Length of one embedding.
    pub dim: usize,
    /// Items embedded now.
    pub n_embedded: usize,
    /// Items whose content was embedded before.
    pub n_cached: usize,
    /// Items that could not be embedded; they are left out of the pool.
    pub diagnostics: Vec<Diagnostic>,
}

/// Items that look almost equal to the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearDuplicate {
    /// The earlier row.
    pub first: Row,
    /// The later row.
    pub second: Row,
    /// Cosine similarity of their features, at least [`NEAR_DUPLICATE_SIMILARITY`].
    pub similarity: f32,
}

/// From this cosine similarity on, two items are reported as near duplicates.
pub const NEAR_DUPLICATE_SIMILARITY: f32 = 0.995;

/// Which embeddings the project works with, as kept in its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EmbeddedWith {
    pub(crate) embedder: String,
    pub(crate) dim: usize,
}

const EVENT: &str = "embed";

const FIRST_BATCH_LEN: usize = 32;
const LEAST_BATCH_LEN: usize = 8;

/// Embeds every item of the pool that has no embedding by `embedder` yet.
///
/// # Errors
///
/// [`Error::Interrupted`] when told to stop: what was computed is kept.
/// [`Error::Input`] if the network reads another medium than the items are.
pub fn embed(
    project: &Project,
    embedder: &dyn Embedder,
    watch: &dyn Watch,
) -> Result<EmbedReport, Error> {
    let mut matrix = project.matrix(embedder.id(), embedder.dim())?;
    let pool = project.store().pool_keys()?;
    let missing: Vec<ItemId> =
        pool.iter().filter(|(_, content)| !matrix.contains(content)).map(|it| it.0).collect();
    let mut report = EmbedReport {
        embedder: embedder.id().to_owned(),
        dim: embedder.dim(),
        n_embedded: 0,
        n_cached: pool.len() - missing.len(),
        diagnostics: Vec::new(),
    };

    let total = Some(missing.len() as u64);
    let max_batch_len = embedder.batch_len().max(1);
    let mut batch_len = FIRST_BATCH_LEN.min(max_batch_len);
    let mut n_done = 0;
    let n_cut_before = embedder.n_cut();
    watch.progress("embed", 0, total);
    while n_done < missing.len() {
        if watch.interrupted() {
            return Err(Error::Interrupted);
        }
        let started = Instant::now();
        let batch = &missing[n_done..missing.len().min(n_done + batch_len)];
        let items = project.store().items_by_id(batch)?;
        let embedded = embed_batch(project, embedder, &items, &mut report.diagnostics)?;
        report.n_embedded += embedded.len();
        matrix.append(&embedded)?;
        n_done += batch.len();
        watch.progress("embed", n_done as u64, total);
        batch_len = next_batch_len(batch_len, started.elapsed()).min(max_batch_len);
    }
    let n_cut = embedder.n_cut() - n_cut_before;
    if 0 < n_cut {
        watch.note(&format!(
            "{n_cut} texts are longer than the network reads; their beginnings decide"
        ));
    }
    remember(project, &report)?;
    Ok(report)
}

/// Batches of about a second, so that whoever stops us waits no longer and
/// loses no more, whatever the network and the machine.
fn next_batch_len(batch_len: usize, took: Duration) -> usize {
    if took < Duration::from_millis(500) {
        2 * batch_len
    } else if Duration::from_secs(2) < took {
        (batch_len / 2).max(LEAST_BATCH_LEN)
    } else {
        batch_len
    }
}

fn embed_batch(
    project: &Project,
    embedder: &dyn Embedder,
    items: &[Item],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<(ContentHash, Vec<f32>)>, Error> {
    let mut readable = Vec::with_capacity(items.len());
    for item in items {
        if item.media != embedder.media() {
            return Err(wrong_media(item, embedder));
        }
        match project.read_item(item) {
            Ok(bytes) => readable.push((item, bytes)),
            Err(error) => diagnostics.push(Diagnostic::new(&item.name, error.to_string())),
        }
    }
    let inputs: Vec<Input<'_>> = readable
        .iter()
        .map(|(item, bytes)| match item.media {
            Media::Image => Input::Image(bytes),
            Media::Text => Input::Text(std::str::from_utf8(bytes).expect("stored texts are UTF-8")),
        })
        .collect();

    let mut embedded = Vec::with_capacity(inputs.len());
    for ((item, _), result) in readable.iter().zip(embedder.embed(&inputs)) {
        match result {
            Ok(embedding) => embedded.push((item.content_hash, embedding)),
            Err(diagnostic) => {
                diagnostics.push(Diagnostic { place: item.name.clone(), ..diagnostic });
            }
        }
    }
    Ok(embedded)
}

fn wrong_media(item: &Item, embedder: &dyn Embedder) -> Error {
    Error::input(
        format!(
            "the network `{}` reads {}, but `{}` is among {}",
            embedder.id(),
            embedder.media().plural(),
            item.name,
            item.media.plural()
        ),
        "keep pictures and texts in projects of their own, or choose another `--model`",
    )
}

/// Keeps in the project which embeddings it works with from now on.
fn remember(project: &Project, report: &EmbedReport) -> Result<(), Error> {
    let with = EmbeddedWith { embedder: report.embedder.clone(), dim: report.dim };
    if embedded_with(project)?.as_ref() == Some(&with) {
        return Ok(());
    }
    let document = serde_json::to_string(&with).expect("a string and a number");
    let event = Event { at: Timestamp::now(), kind: EVENT.to_owned(), document };
    project.store().record_event(&event)
}

/// Which embeddings the project works with; `None` before the first `embed`.
pub(crate) fn embedded_with(project: &Project) -> Result<Option<EmbeddedWith>, Error> {
    let events = project.store().events()?;
    let last = events.iter().rev().find(|it| it.kind == EVENT);
    Ok(last.and_then(|it| serde_json::from_str(&it.document).ok()))
}

/// The items that are embedded, in the order of their rows.
pub(crate) struct EmbeddedPool {
    pub(crate) with: EmbeddedWith,
    pub(crate) items: Vec<ItemId>,
    /// What they hold, by row.
    pub(crate) contents: Vec<ContentHash>,
    pub(crate) embeddings: Embeddings,
    /// Items without an embedding.
    pub(crate) not_embedded: Vec<ItemId>,
}

/// Reads the embeddings that the project works with.
pub(crate) fn embedded_pool(project: &Project) -> Result<EmbeddedPool, Error> {
    let with = embedded_with(project)?
        .ok_or_else(|| Error::input("nothing is embedded yet", "run `annota embed` first"))?;
    let matrix = project.matrix(&with.embedder, with.dim)?;
    let keys = project.store().pool_keys()?;
    let (inside, outside): (Vec<_>, Vec<_>) =
        keys.into_iter().partition(|(_, content)| matrix.contains(content));
    if inside.is_empty() {
        return Err(Error::input("there are no items to label", "run `annota import` first"));
    }
    let contents: Vec<ContentHash> = inside.iter().map(|it| it.1).collect();
    let embeddings = Embeddings::new(with.dim, matrix.read(&contents)?);
    Ok(EmbeddedPool {
        with,
        items: inside.into_iter().map(|it| it.0).collect(),
        contents,
        embeddings,
        not_embedded: outside.into_iter().map(|it| it.0).collect(),
    })
}

/// Two items that look almost equal to the network, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct NearItems {
    /// The item that was there first.
    pub first: String,
    /// The later one.
    pub second: String,
    /// As in [`NearDuplicate`].
    pub similarity: f32,
}

/// The near duplicates among the items that are embedded, most similar first:
/// up to 50,000 items all pairs are compared, beyond that near ones are found
/// approximately.
pub fn find_near_duplicates(project: &Project, watch: &dyn Watch) -> Result<Vec<NearItems>, Error> {
    let pool = embedded_pool(project)?;
    let features = FeatureMap::fit(&pool.embeddings).features(&pool.embeddings);
    let neighbours = cache::neighbours(project, &pool, &features, watch)?;
    near_items(project, &pool.items, &near_duplicates(&neighbours))
}

/// `pairs` by the names of the items; `items` by row.
pub fn near_items(
    project: &Project,
    items: &[ItemId],
    pairs: &[NearDuplicate],
) -> Result<Vec<NearItems>, Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let names = project.store().item_names()?;
    let names: HashMap<ItemId, String> = names.into_iter().map(|it| (it.id, it.name)).collect();
    let name = |row: Row| names.get(&items[row.index()]).cloned().unwrap_or_default();
    let named = |it: &NearDuplicate| NearItems {
        first: name(it.first),
        second: name(it.second),
        similarity: it.similarity,
    };
    Ok(pairs.iter().map(named).collect())
}

/// Pairs of rows that are almost equal, most similar first, ties to the earlier
/// rows. `neighbours` are those of every row of the pool, by its features
/// (centred embeddings: the part that all items share says nothing).
pub fn near_duplicates(neighbours: &Neighbours) -> Vec<NearDuplicate> {
    let mut pairs = Vec::new();
    for position in 0..neighbours.n_queries() {
        let first = Row(u32::try_from(position).expect("pools fit in u32"));
        let found = neighbours.rows(position).iter().zip(neighbours.similarities(position));
        for (&second, &similarity) in found {
            if first < second && NEAR_DUPLICATE_SIMILARITY <= similarity {
                pairs.push(NearDuplicate { first, second, similarity });
            }
        }
    }
    pairs.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.first.cmp(&b.first)));
    pairs
}
