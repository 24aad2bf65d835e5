//! `GET /api/projects/{p}/events`: what happens in a project, as it happens.
//!
//! Server-sent events with a heartbeat. Each change is put into words once, by a
//! thread of the project, for all who listen. Somebody who is too slow for some
//! of them is told that the settings changed, which makes the page load
//! everything anew.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use annota_engine::live::{Change, Live, Overview};
use axum::{
    extract::{Path, State},
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{
    broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    watch,
};

use super::{App, convert, error::ApiError, import, open, projects::Queue, train, wire::Phase};

const HEARTBEAT: Duration = Duration::from_secs(15);

/// A change in words: its name and its data as JSON.
pub(crate) type Told = Arc<(&'static str, String)>;

/// Somebody who listens; counted as long as they do.
struct Listener {
    told: broadcast::Receiver<Told>,
    closing: watch::Receiver<bool>,
    _counted: Counted,
}

struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Counted {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What happens, as server-sent events: `import`, `model`, `phase`, `queue`,
/// `annotation`, `remark`, `settings`, `certificate`, `map`, `problem`.
#[utoipa::path(
    get,
    path = "/api/projects/{p}/events",
    responses((status = OK, content_type = "text/event-stream", body = String))
)]
pub(crate) async fn listen(
    State(app): State<Arc<App>>,
    Path(p): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let listener = Listener {
        told: open::listen(&app, &p).await?,
        closing: app.closing.subscribe(),
        _counted: Counted::new(&app.observed.listeners),
    };
    let events = stream::unfold(listener, async |mut listener| {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

impl Listener {
    /// The next event; `None` when the project or the server is closed.
    async fn next(&mut self) -> Option<Event> {
        let told = tokio::select! {
            told = self.told.recv() => told,
            _ = self.closing.wait_for(|it| *it) => return None,
        };
        match told {
            Ok(told) => Some(Event::default().event(told.0).data(&told.1)),
            Err(RecvError::Lagged(_)) => Some(Event::default().event("settings").data("{}")),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Puts the changes of a project into words until it is closed.
pub(crate) fn tell(
    live: &Weak<Live>,
    mut changes: broadcast::Receiver<Change>,
    told: &broadcast::Sender<Told>,
) {
    while let Some(batch) = next_batch(&mut changes) {
        let Some(live) = live.upgrade() else { return };
        if told.receiver_count() == 0 {
            continue;
        }
        match live.overview(Timestamp::now()) {
            Err(error) => tracing::error!(%error, "cannot tell what has changed"),
            Ok(overview) => {
                for change in last_of_each(batch) {
                    let (name, data) = in_words(&live, &overview, change);
                    // Nobody listening any more is no error.
                    drop(told.send(Arc::new((name, data))));
                }
            }
        }
    }
}

/// Waits for a change, and takes all that are there; `None` when the project is
/// closed.
fn next_batch(changes: &mut broadcast::Receiver<Change>) -> Option<Vec<Change>> {
    let mut batch = match changes.blocking_recv() {
        Ok(change) => vec![change],
        Err(RecvError::Lagged(_)) => vec![Change::Settings],
        Err(RecvError::Closed) => return None,
    };
    loop {
        match changes.try_recv() {
            Ok(change) => batch.push(change),
            Err(TryRecvError::Lagged(_)) => batch.push(Change::Settings),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(batch),
        }
    }
}

/// Of changes that say how things stand now, the last one is enough.
fn last_of_each(batch: Vec<Change>) -> Vec<Change> {
    let is_state = |it: &Change| {
        matches!(it, Change::Import | Change::Model | Change::Queue | Change::Settings)
    };
    let mut kept: Vec<Change> = Vec::with_capacity(batch.len());
    for change in batch.into_iter().rev() {
        if !is_state(&change) || !kept.contains(&change) {
            kept.push(change);
        }
    }
    kept.reverse();
    kept
}

/// The name of a change, and what is said about it as JSON.
fn in_words(live: &Live, overview: &Overview, change: Change) -> (&'static str, String) {
    match change {
        Change::Import => ("import", json_of(&import::state_of(live))),
        Change::Model => ("model", json_of(&overview.model.as_ref().map(train::model))),
        Change::Phase(phase) => ("phase", json_of(&json!({ "phase": Phase::from(phase) }))),
        Change::Queue => ("queue", json_of(&Queue::from(overview.queue))),
        Change::Annotation { item, annotator, label } => {
            let data = json!({
                "item": item.0,
                "annotator": annotator,
                "class": convert::class(label.as_ref()),
                "n_answered": overview.n_answered,
            });
            ("annotation", json_of(&data))
        }
        Change::Remark(item) => ("remark", json_of(&json!({ "item": item.0 }))),
        Change::Settings => ("settings", "{}".to_owned()),
        Change::Certificate(id) => ("certificate", json_of(&json!({ "id": id.0 }))),
        Change::Map => ("map", "{}".to_owned()),
        Change::Problem(message) => ("problem", json_of(&json!({ "message": message }))),
    }
}

fn json_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers")
}

#[cfg(test)]
mod tests {
    use annota_core::item::ItemId;
    use annota_engine::live::{Change, Phase};

    use super::last_of_each;

    #[test]
    fn how_things_stand_is_told_once_and_what_happened_every_time() {
        let batch = vec![
            Change::Queue,
            Change::Remark(ItemId(1)),
            Change::Model,
            Change::Remark(ItemId(1)),
            Change::Queue,
            Change::Phase(Phase::Audit),
        ];
        let expected = [
            Change::Remark(ItemId(1)),
            Change::Model,
            Change::Remark(ItemId(1)),
            Change::Queue,
            Change::Phase(Phase::Audit),
        ];
        assert_eq!(last_of_each(batch), expected);
    }
}
