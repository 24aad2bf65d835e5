//! The loop. Read this file first: everything else is called from here, in
//! this order.
//!
//! ```text
//! import -> embed -> select -> annotate -> train -> auto_label -> verify -> export
//!                      ^                                            |
//!                      +---- until the audit proves the target -----+
//! ```

mod error;

// Where everything is kept.
pub mod project;
pub mod store;

// The stages, in their order.
pub mod annotate;
pub mod auto_label;
pub mod embed;
pub mod export;
pub mod import;
pub mod plan;
pub mod select;
pub mod train;
pub mod verify;

// The same loop for several people at once, learning in the background.
pub mod live;

// The same loop in memory, against known labels.
pub mod simulate;

// What the stages share.
mod cache;
pub mod certificate;
pub mod precision;
pub mod working_set;

pub use error::Error;

/// Whoever watches a long stage: a progress bar, a log, nobody.
pub trait Watch: Sync {
    /// `done` of `total` items (where known) have been through `stage`.
    fn progress(&self, stage: &'static str, done: u64, total: Option<u64>);

    /// Something worth a line.
    fn note(&self, line: &str);

    /// Whether to stop at the next clean point.
    fn interrupted(&self) -> bool;
}

/// Watches nothing, and never stops anything.
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _: &'static str, _: u64, _: Option<u64>) {}
    fn note(&self, _: &str) {}
    fn interrupted(&self) -> bool {
        false
    }
}
