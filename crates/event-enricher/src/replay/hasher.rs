//! A hash for thread ids and descriptor numbers. The kernel hands them out one after another, and
//! the tables they index are bounded, so a multiplication is hash enough.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A map by a number that the kernel chose.
pub(crate) type ByNumber<V> = HashMap<i64, V, BuildHasherDefault<NumberHasher>>;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u64(&mut self, number: u64) {
        let product = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The table takes its bits from both ends.
        self.0 = product ^ (product >> 32);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(8) ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
}
