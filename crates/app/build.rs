//! Builds the program again when the built page has changed.
//!
//! The page itself is built by npm, not here: a program can be built without it.

use std::{fs, path::Path};

fn main() {
    let built = Path::new("../../ui/dist");
    // Cargo watches a folder only if it is there, and builds again every time
    // when it is not. A source tree that cannot be written is built every time.
    let _ = fs::create_dir_all(built);
    println!("cargo:rerun-if-changed={}", built.display());
}
