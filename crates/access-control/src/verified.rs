//! Passwords that were verified a short while ago, so that Basic authorisation does not cost an
//! argon2 per request.
//!
//! Keeps only a hash under a random key of this process, over name, stored hash and password: a
//! changed password or a removed user never hits.

use std::collections::HashMap;

use crate::{
    limits,
    secrets::{self, Digest},
};

#[derive(Debug)]
pub(crate) struct Verified {
    key: Digest,
    until_ms: HashMap<Digest, u64>,
}

impl Verified {
    pub(crate) fn new() -> Self {
        Verified { key: secrets::random_bytes(), until_ms: HashMap::new() }
    }

    pub(crate) fn fingerprint(&self, name: &str, password_hash: &str, password: &str) -> Digest {
        secrets::keyed_hash(&self.key, &[name.as_bytes(), password_hash.as_bytes(), password.as_bytes()])
    }

    pub(crate) fn contains(&self, fingerprint: &Digest, now_ms: u64) -> bool {
        self.until_ms.get(fingerprint).is_some_and(|&until| now_ms < until)
    }

    pub(crate) fn insert(&mut self, fingerprint: Digest, now_ms: u64) {
        if self.until_ms.len() >= limits::VERIFIED_MAX {
            self.until_ms.retain(|_, until| now_ms < *until);
        }
        if self.until_ms.len() >= limits::VERIFIED_MAX {
            // Rare (more live credentials than users allowed): starting over costs one argon2 each.
            self.until_ms.clear();
        }
        self.until_ms.insert(fingerprint, now_ms.saturating_add(limits::VERIFIED_LIFETIME_MS));
    }
}
