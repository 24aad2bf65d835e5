//! The neighbours of a pool.

use std::sync::atomic::{AtomicU64, Ordering};

use annota_core::{
    head::prepared::GRAPH_NEIGHBOURS, matrix::Embeddings, neighbours::Neighbours, pool::Row,
};

use crate::{Error, Watch, embed::EmbeddedPool, project::Project};

const NAME: &str = "neighbours";
/// Part of the key; another way of finding them takes another number.
const VERSION: &[u8] = b"annota.neighbours.1";
const HASH_LEN: usize = 32;

/// The 20 nearest neighbours of every row of `pool` by its `features`, exact up
/// to 50,000 rows. If they have to be found, `watch` sees that as the stage
/// `compare`.
pub(crate) fn neighbours(
    project: &Project,
    pool: &EmbeddedPool,
    features: &Embeddings,
    watch: &dyn Watch,
) -> Result<Neighbours, Error> {
    let (key, n_rows) = (key(pool), features.n_rows() as usize);
    let kept = super::read(project, NAME).and_then(|it| from_bytes(&it, &key, n_rows));
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let found = find(features, watch).ok_or(Error::Interrupted)?;
    super::keep(project, NAME, &to_bytes(&found, &key));
    Ok(found)
}

fn find(features: &Embeddings, watch: &dyn Watch) -> Option<Neighbours> {
    let (n_done, n_rows) = (AtomicU64::new(0), u64::from(features.n_rows()));
    let go_on = |n: usize| {
        let n = n as u64;
        watch.progress("compare", n_done.fetch_add(n, Ordering::Relaxed) + n, Some(n_rows));
        !watch.interrupted()
    };
    Neighbours::of_all(features, GRAPH_NEIGHBOURS, 0, &go_on)
}

/// What the neighbours depend on: the embedder, and what the rows hold.
fn key(pool: &EmbeddedPool) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(VERSION);
    hasher.update(&(GRAPH_NEIGHBOURS as u64).to_le_bytes());
    hasher.update(blake3::hash(pool.with.embedder.as_bytes()).as_bytes());
    for content in &pool.contents {
        hasher.update(&content.0);
    }
    hasher.finalize()
}

/// Key, rows, similarities, and a hash of the three.
fn to_bytes(neighbours: &Neighbours, key: &blake3::Hash) -> Vec<u8> {
    let (rows, similarities) = neighbours.parts();
    let mut bytes = key.as_bytes().to_vec();
    bytes.reserve(8 * rows.len() + HASH_LEN);
    bytes.extend(rows.iter().flat_map(|it| it.0.to_le_bytes()));
    bytes.extend(similarities.iter().flat_map(|it| it.to_le_bytes()));
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

/// `None` if the bytes are damaged or of another key.
fn from_bytes(bytes: &[u8], key: &blake3::Hash, n_rows: usize) -> Option<Neighbours> {
    let k = GRAPH_NEIGHBOURS.min(n_rows.saturating_sub(1));
    let (content, checksum) = bytes.split_at_checked(HASH_LEN + 8 * n_rows * k)?;
    if checksum != blake3::hash(content).as_bytes() {
        return None;
    }
    let (rows, similarities) = content.strip_prefix(key.as_bytes())?.split_at(4 * n_rows * k);
    let rows = rows.as_chunks().0.iter().map(|it| Row(u32::from_le_bytes(*it)));
    let similarities = similarities.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it));
    Neighbours::from_parts(k, rows.collect(), similarities.collect())
}

#[cfg(test)]
mod tests {
    use annota_core::{
        head::prepared::GRAPH_NEIGHBOURS, matrix::Embeddings, neighbours::Neighbours,
    };

    use super::{from_bytes, to_bytes};

    fn neighbours(n: u32) -> Neighbours {
        let mut rng = fastrand::Rng::with_seed(3);
        let values = (0..n * 3).map(|_| rng.f32() - 0.5).collect();
        Neighbours::exact(&Embeddings::new(3, values), GRAPH_NEIGHBOURS)
    }

    #[test]
    fn they_come_back_for_the_same_pool_only() {
        let key = blake3::hash(b"a pool");
        for n in [2, 4, 40] {
            let found = neighbours(n);
            let kept = to_bytes(&found, &key);
            assert_eq!(from_bytes(&kept, &blake3::hash(b"another"), n as usize), None);
            assert_eq!(from_bytes(&kept, &key, n as usize + 1), None);
            assert_eq!(from_bytes(&kept, &key, n as usize), Some(found));
        }
    }

    #[test]
    fn every_damage_is_found_out() {
        let key = blake3::hash(b"a pool");
        let kept = to_bytes(&neighbours(10), &key);
        for at in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[at] ^= 0x10;
            assert_eq!(from_bytes(&damaged, &key, 10), None, "byte {at}");
            assert_eq!(from_bytes(&kept[..at], &key, 10), None, "cut at {at}");
        }
    }
}
