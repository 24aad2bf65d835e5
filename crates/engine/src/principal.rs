//! The principal directions of a pool, kept from one time to the next: finding
//! them is most of what it takes to open a project of some thousand items.
//!
//! A cache: what is kept equals what would be found, bit by bit, and deleting
//! the file costs the time to find it again and nothing else. It is not kept
//! for more than one pool.

use std::{fs, path::Path};

use annota_core::{
    head::{prepared::DIRECTIONS, principal::Principal},
    matrix::Embeddings,
};

use crate::{Error, project::write_atomically};

/// Below a project's folder.
const CACHE: &str = "cache/principal";
/// Part of the key; another way of finding them takes another number.
const VERSION: &[u8] = b"annota.principal.1";
const HASH_LEN: usize = 32;

/// The directions of `features`: those kept in the project at `folder`, if they
/// are of the same features.
pub(crate) fn principal(folder: &Path, features: &Embeddings) -> Principal {
    let path = folder.join(CACHE);
    let key = key(features);
    let kept = fs::read(&path).ok();
    if let Some(kept) = kept.and_then(|it| from_bytes(&it, &key, features.dim())) {
        return kept;
    }
    let found = Principal::fit(features, DIRECTIONS);
    // A full disk makes the next time slow, and nothing else.
    let _ = keep(&path, &to_bytes(&found, &key));
    found
}

fn keep(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().expect("it lies in the cache");
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    write_atomically(path, bytes)
}

/// What the directions depend on.
fn key(features: &Embeddings) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(VERSION);
    hasher.update(&(features.dim() as u64).to_le_bytes());
    hasher.update(&(DIRECTIONS as u64).to_le_bytes());
    let mut bytes = Vec::with_capacity(4 * features.dim());
    for row in Principal::sample(features) {
        bytes.clear();
        bytes.extend(row.iter().flat_map(|it| it.to_le_bytes()));
        hasher.update(&bytes);
    }
    hasher.finalize()
}

/// Key, variances, directions, and a hash of the three.
fn to_bytes(principal: &Principal, key: &blake3::Hash) -> Vec<u8> {
    let values = principal.variances.iter().chain(&principal.directions);
    let mut bytes = key.as_bytes().to_vec();
    bytes.extend(values.flat_map(|it| it.to_le_bytes()));
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

/// `None` if the bytes are damaged or of another key.
fn from_bytes(bytes: &[u8], key: &blake3::Hash, dim: usize) -> Option<Principal> {
    let n = DIRECTIONS.min(dim);
    let (content, checksum) = bytes.split_at_checked(HASH_LEN + 4 * n * (1 + dim))?;
    if checksum != blake3::hash(content).as_bytes() || !content.starts_with(key.as_bytes()) {
        return None;
    }
    let (values, _) = content[HASH_LEN..].as_chunks::<4>();
    let mut variances: Vec<f32> = values.iter().map(|it| f32::from_le_bytes(*it)).collect();
    let directions = variances.split_off(n);
    Some(Principal { dim, directions, variances })
}

#[cfg(test)]
mod tests {
    use super::{CACHE, from_bytes, key, principal};
    use annota_core::{
        head::{prepared::DIRECTIONS, principal::Principal},
        matrix::Embeddings,
    };
    use std::fs;

    fn features(seed: u64) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(seed);
        Embeddings::new(12, (0..12 * 40).map(|_| rng.f32() - 0.5).collect())
    }

    #[test]
    fn what_is_kept_is_what_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (features(1), features(2));
        let found = principal(folder.path(), &one);
        assert_eq!(found, Principal::fit(&one, DIRECTIONS));
        let kept = fs::read(folder.path().join(CACHE)).expect("kept");
        assert_eq!(from_bytes(&kept, &key(&one), 12).as_ref(), Some(&found));
        assert_eq!(principal(folder.path(), &one), found, "read");
        assert_eq!(
            principal(folder.path(), &other),
            Principal::fit(&other, DIRECTIONS),
            "not read"
        );
    }

    #[test]
    fn what_is_damaged_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let features = features(1);
        let found = principal(folder.path(), &features);
        let path = folder.path().join(CACHE);
        let kept = fs::read(&path).expect("kept");
        let mut flipped = kept.clone();
        flipped[100] ^= 1;
        for damaged in [&[], &kept[..kept.len() - 1], &kept[..40], &flipped[..]] {
            fs::write(&path, damaged).expect("written");
            assert_eq!(from_bytes(damaged, &key(&features), 12), None);
            assert_eq!(principal(folder.path(), &features), found);
            assert_eq!(fs::read(&path).expect("kept again"), kept);
        }
    }
}
