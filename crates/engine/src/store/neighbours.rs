//! The neighbours of a pool on disk: they are found once, and not whenever the
//! project is opened.
//!
//! A cache, like [`super::matrices`]: a file that is of another pool, or
//! damaged, is as good as none, and the next pool that is compared replaces it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use annota_core::{item::ContentHash, neighbours::Neighbours, pool::Row};

use crate::{Error, project::write_atomically};

/// Begins the file; the digit is the version of the format and of the way in
/// which neighbours are found.
const MAGIC: &[u8; 8] = b"annota.1";
/// Magic, hash of what the neighbours are of.
const HEADER_LEN: usize = 8 + 32;
const CHECKSUM_LEN: usize = 32;
/// A row and its similarity.
const PAIR_LEN: usize = 4 + 4;

/// Where the neighbours of one pool are kept.
#[derive(Debug)]
pub struct NeighbourFile {
    path: PathBuf,
    header: Vec<u8>,
    k: usize,
    n_rows: usize,
}

impl NeighbourFile {
    /// The file in `folder` for the `k` nearest rows of each row of a pool that
    /// holds `contents`, in this order, as the embedder called `embedder_id`
    /// sees them. One embedder has one file.
    pub fn new(folder: &Path, embedder_id: &str, contents: &[ContentHash], k: usize) -> Self {
        let embedder = blake3::hash(embedder_id.as_bytes());
        let mut pool = blake3::Hasher::new();
        pool.update(embedder.as_bytes()).update(&(k as u64).to_le_bytes());
        for content in contents {
            pool.update(&content.0);
        }
        let path = folder.join(format!("{}.neighbours", &embedder.to_hex()[..16]));
        let header = [MAGIC.as_slice(), pool.finalize().as_bytes()].concat();
        let n_rows = contents.len();
        NeighbourFile { path, header, k: k.min(n_rows.saturating_sub(1)), n_rows }
    }

    /// The neighbours, if they were written for this pool and are whole.
    pub fn read(&self) -> Option<Neighbours> {
        let bytes = fs::read(&self.path).ok()?;
        let n_pairs = self.n_rows * self.k;
        if bytes.len() != HEADER_LEN + n_pairs * PAIR_LEN + CHECKSUM_LEN {
            return None;
        }
        let (told, checksum) = bytes.split_at(bytes.len() - CHECKSUM_LEN);
        let pairs = told.strip_prefix(self.header.as_slice())?;
        if blake3::hash(told).as_bytes() != checksum {
            return None;
        }
        let (rows, similarities) = pairs.split_at(n_pairs * 4);
        let rows = rows.as_chunks().0.iter().map(|it| Row(u32::from_le_bytes(*it))).collect();
        let similarities = similarities.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it));
        Neighbours::from_parts(self.k, rows, similarities.collect())
    }

    /// Keeps `neighbours` in place of what was kept before.
    pub fn write(&self, neighbours: &Neighbours) -> Result<(), Error> {
        let (rows, similarities) = neighbours.parts();
        let mut bytes = self.header.clone();
        bytes.reserve(rows.len() * PAIR_LEN + CHECKSUM_LEN);
        bytes.extend(rows.iter().flat_map(|it| it.0.to_le_bytes()));
        bytes.extend(similarities.iter().flat_map(|it| it.to_le_bytes()));
        let checksum = blake3::hash(&bytes);
        bytes.extend(checksum.as_bytes());
        write_atomically(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use annota_core::{item::ContentHash, matrix::Embeddings, neighbours::Neighbours};

    use super::NeighbourFile;

    fn contents(n: u8) -> Vec<ContentHash> {
        (0..n).map(|it| ContentHash::of(&[it])).collect()
    }

    fn neighbours(n: u8, k: usize) -> Neighbours {
        let mut rng = fastrand::Rng::with_seed(3);
        let values = (0..u32::from(n) * 3).map(|_| rng.f32() - 0.5).collect();
        Neighbours::exact(&Embeddings::new(3, values), k)
    }

    #[test]
    fn they_come_back_for_the_same_pool_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |embedder, n, k| NeighbourFile::new(folder.path(), embedder, &contents(n), k);
        let (mut other_order, found) = (contents(40), neighbours(40, 5));
        assert_eq!(file("net", 40, 5).read(), None);
        file("net", 40, 5).write(&found).expect("space");
        assert_eq!(file("net", 40, 5).read(), Some(found));
        other_order.swap(1, 2);
        let other_order = NeighbourFile::new(folder.path(), "net", &other_order, 5);
        for other in
            [file("another net", 40, 5), file("net", 41, 5), file("net", 40, 4), other_order]
        {
            assert_eq!(other.read(), None);
        }
    }

    #[test]
    fn a_pool_smaller_than_a_neighbourhood_keeps_what_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = NeighbourFile::new(folder.path(), "net", &contents(4), 20);
        file.write(&neighbours(4, 20)).expect("space");
        assert_eq!(file.read(), Some(neighbours(4, 20)));
    }

    #[test]
    fn every_damage_is_found_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = NeighbourFile::new(folder.path(), "net", &contents(10), 3);
        file.write(&neighbours(10, 3)).expect("space");
        let bytes = fs::read(&file.path).expect("there");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            fs::write(&file.path, &damaged).expect("space");
            assert_eq!(file.read(), None, "byte {at}");
            fs::write(&file.path, &bytes[..at]).expect("space");
            assert_eq!(file.read(), None, "cut at {at}");
        }
    }
}
