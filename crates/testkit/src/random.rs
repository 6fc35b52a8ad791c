//! Random numbers that a printed seed repeats.

use std::time::SystemTime;

/// The seed of this run: what `QUAYWATCH_SEED` says, else a new one; printed either way.
///
/// # Panics
/// When `QUAYWATCH_SEED` is not a number.
pub fn seed() -> u64 {
    let seed = match std::env::var("QUAYWATCH_SEED") {
        Ok(text) => text.parse().expect("QUAYWATCH_SEED must be a number"),
        Err(_) => SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(1, |since| u64::from(since.subsec_nanos()) ^ since.as_secs()),
    };
    eprintln!("seed: set QUAYWATCH_SEED={seed} to repeat");
    seed
}

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// Any number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next_u64().checked_rem(limit).unwrap_or(0)
    }
}
