//! The pool as a map: every item a point, near each other where they look alike.
//!
//! Computed once per pool, in a thread of its own, when somebody first asks.
//! Where the points lie is [`annota_core::layout`]'s.

use std::sync::Arc;

use annota_core::{
    item::ItemId,
    label::{ClassId, Label},
    layout::layout,
};

use super::{Change, Live, Origin, Shared};

/// Where the map is.
#[derive(Clone, Debug)]
pub enum MapState {
    /// Nobody has asked.
    None,
    /// It is being computed.
    Computing,
    /// Here: one point `(x, y)` per row, in `[-1, 1]`.
    Ready(Arc<[(f32, f32)]>),
}

/// The points with what is known about them now, by row.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The items.
    pub items: Vec<ItemId>,
    /// Where they lie, in `[-1, 1]`.
    pub points: Vec<(f32, f32)>,
    /// Label, or else prediction.
    pub classes: Vec<Option<ClassId>>,
    /// Where that is from.
    pub origins: Vec<Origin>,
    /// Probability of the likeliest class; 0 where nobody may see it.
    pub confidences: Vec<f32>,
}

impl Live {
    /// The map, or `None` while it is being computed, or there is no pool.
    pub fn map(&self) -> Option<Map> {
        let mut desk = self.shared.desk();
        let snapshot = desk.snapshot.clone()?;
        let points = match &desk.map {
            MapState::Ready(points) if points.len() == snapshot.set.items.len() => {
                Arc::clone(points)
            }
            MapState::Computing => return None,
            MapState::None | MapState::Ready(_) => {
                desk.map = MapState::Computing;
                drop(desk);
                self.compute_map();
                return None;
            }
        };
        drop(desk);
        let mut map = Map { points: points.to_vec(), ..Map::default() };
        self.look_at(&snapshot.set.items, |_, known| {
            map.items.push(known.item);
            map.classes.push(known.label.as_ref().and_then(Label::class));
            map.origins.push(known.origin);
            map.confidences.push(known.confidence.unwrap_or(0.0));
        });
        Some(map)
    }

    fn compute_map(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("map".to_owned());
        let started = thread.spawn(move || {
            let points = points(&shared);
            shared.desk().map = points.map_or(MapState::None, MapState::Ready);
            shared.tell(Change::Map);
        });
        if started.is_err() {
            self.shared.desk().map = MapState::None;
        }
    }
}

fn points(shared: &Shared) -> Option<Arc<[(f32, f32)]>> {
    let snapshot = shared.snapshot()?;
    let prepared = &snapshot.set.prepared;
    let start = prepared.coordinates();
    let n_directions = prepared.principal().n_directions();
    let seed = shared.project.config().rng_seed;
    Some(layout(prepared.graph(), start, n_directions, seed).into())
}
