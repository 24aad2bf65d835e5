//! The principal directions of a pool: finding them is most of what it takes to
//! open a project of some thousand items.

use annota_core::{
    head::{prepared::DIRECTIONS, principal::Principal},
    matrix::Embeddings,
};

use crate::project::Project;

const NAME: &str = "principal";
/// Part of the key; another way of finding them takes another number.
const VERSION: &[u8] = b"annota.principal.1";
const HASH_LEN: usize = 32;

/// The directions of `features`: those kept, bit by bit, if they are of the same
/// features.
pub(crate) fn principal(project: &Project, features: &Embeddings) -> Principal {
    let key = key(features);
    let kept = super::read(project, NAME).and_then(|it| from_bytes(&it, &key, features.dim()));
    kept.unwrap_or_else(|| {
        let found = Principal::fit(features, DIRECTIONS);
        super::keep(project, NAME, &to_bytes(&found, &key));
        found
    })
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
    use annota_core::{
        head::{prepared::DIRECTIONS, principal::Principal},
        matrix::Embeddings,
    };

    use super::{from_bytes, key, to_bytes};

    fn features(seed: u64) -> Embeddings {
        let mut rng = fastrand::Rng::with_seed(seed);
        Embeddings::new(12, (0..12 * 40).map(|_| rng.f32() - 0.5).collect())
    }

    #[test]
    fn they_come_back_bit_by_bit_for_the_same_features_only() {
        let found = Principal::fit(&features(1), DIRECTIONS);
        let kept = to_bytes(&found, &key(&features(1)));
        assert_eq!(from_bytes(&kept, &key(&features(1)), 12), Some(found));
        assert_eq!(from_bytes(&kept, &key(&features(2)), 12), None);
        assert_eq!(from_bytes(&kept, &key(&features(1)), 11), None);
    }

    #[test]
    fn every_damage_is_found_out() {
        let key = key(&features(1));
        let kept = to_bytes(&Principal::fit(&features(1), DIRECTIONS), &key);
        for at in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[at] ^= 0x10;
            assert_eq!(from_bytes(&damaged, &key, 12), None, "byte {at}");
            assert_eq!(from_bytes(&kept[..at], &key, 12), None, "cut at {at}");
        }
    }
}
