//! BLAKE3 hashes as hex texts, and the running hash over batches.

use std::fmt;

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Hash(pub(crate) [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Hash {
    /// Reads 64 hex digits; an empty text is the hash before the first.
    pub(crate) fn parse(text: &str) -> Option<Hash> {
        if text.is_empty() {
            return Some(Hash::default());
        }
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Hash(bytes))
    }
}

/// The hash of some bytes.
pub(crate) fn hash_of(bytes: &[u8]) -> Hash {
    Hash(*blake3::hash(bytes).as_bytes())
}

/// The running hash over all batches since the last entry of the ledger that closed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct BatchChain {
    /// Hash over everything before and this batch.
    pub(crate) head: Hash,
    /// The last batch in it.
    pub(crate) sequence: u64,
}

impl BatchChain {
    /// Takes a batch in: its number in the log and the hash of its record's payload.
    pub(crate) fn extend(&mut self, sequence: u64, payload: &Hash) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.head.0);
        hasher.update(&sequence.to_le_bytes());
        hasher.update(&payload.0);
        self.head = Hash(*hasher.finalize().as_bytes());
        self.sequence = sequence;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_hex_and_the_chain_depends_on_order() {
        let (a, b) = (hash_of(b"a"), hash_of(b"b"));
        assert_eq!(Hash::parse(&a.to_string()), Some(a));
        assert_eq!(Hash::parse("zz"), None);
        let chain = |first: &Hash, second: &Hash| {
            let mut chain = BatchChain::default();
            chain.extend(1, first);
            chain.extend(2, second);
            chain.head
        };
        assert_ne!(chain(&a, &b), chain(&b, &a));
        assert_eq!(chain(&a, &b), chain(&a, &b));
    }
}
