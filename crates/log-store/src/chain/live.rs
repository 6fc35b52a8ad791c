//! Seals segments that were written before there was a chain, a few in each round.

use std::fs;

use super::{entry::ChainEvent, entry::Seal, hash::hash_of};
use crate::{maintain::WorkError, shared::Shared};

/// Segments that one round seals: each is read whole.
const SEALS_PER_ROUND_MAX: usize = 16;

/// Gives segments without a hash theirs.
pub(crate) fn seal_missing(shared: &Shared) -> Result<(), WorkError> {
    let missing: Vec<String> = {
        let manifest = shared.manifest.lock();
        let missing = manifest.segments.iter().filter(|file| file.hash.is_empty());
        missing.map(|file| file.name.clone()).take(SEALS_PER_ROUND_MAX).collect()
    };
    if missing.is_empty() {
        return Ok(());
    }
    let mut hashes = Vec::new();
    for name in missing {
        // What cannot be read is found and set aside elsewhere.
        if let Ok(bytes) = fs::read(shared.paths.segments.join(&name)) {
            hashes.push((name, hash_of(&bytes).to_string()));
        }
    }
    let mut manifest = shared.manifest.lock();
    let mut next = manifest.clone();
    let mut events = Vec::new();
    for file in &mut next.segments {
        if let Some((name, hash)) = hashes.iter().find(|(name, _)| *name == file.name) {
            file.hash.clone_from(hash);
            let output = Seal { name: name.clone(), hash: hash.clone(), rows: file.rows, bytes: file.bytes };
            events.push(ChainEvent::Sealed { output });
        }
    }
    if !events.is_empty() {
        shared.commit(&mut manifest, next, events)?;
    }
    Ok(())
}
