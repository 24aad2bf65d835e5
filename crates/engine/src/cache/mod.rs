//! What is computed once for a pool and read when its project is opened again.
//!
//! Every file here is a cache: it says what it is of, one that is of something
//! else or damaged is as good as none, and deleting it costs the time to compute
//! it again and nothing else. One pool is kept, the one that was opened last.

mod neighbours;
mod principal;

use std::fs;

pub(crate) use neighbours::neighbours;
pub(crate) use principal::principal;

use crate::project::{Project, write_atomically};

/// What is kept under `name`, if anything is.
fn read(project: &Project, name: &str) -> Option<Vec<u8>> {
    fs::read(project.cache_folder().join(name)).ok()
}

/// Keeps `bytes` under `name`. A full disk makes the next time slow, and nothing
/// else.
fn keep(project: &Project, name: &str, bytes: &[u8]) {
    let folder = project.cache_folder();
    let _ = fs::create_dir_all(&folder);
    let _ = write_atomically(&folder.join(name), bytes);
}
