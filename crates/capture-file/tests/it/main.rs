//! Captures written, read, damaged, and compared with given ones.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod arbitrary;
mod damage;
mod golden;
mod round_trip;
mod synthetic;
