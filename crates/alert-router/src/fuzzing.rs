//! Doors for the fuzz targets: bodies of senders and records of the journal. Not part of the API.

use crate::{ingest, journal, payload};

/// Reads `bytes` as a foreign body and as one of a sensor.
pub fn body(bytes: &[u8]) {
    let _ = ingest::parse_foreign(bytes, 1);
    let _ = ingest::parse_sensor(bytes, 1);
}

/// Reads `bytes` as a journal, and as the payload of one of its records.
pub fn records(bytes: &[u8]) {
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        match journal::decode(rest) {
            journal::Step::Record { payload: bytes, bytes: length, .. } => {
                let _ = payload::decode(bytes);
                from += length;
            }
            journal::Step::Incomplete => break,
            journal::Step::Damaged => match journal::resync(bytes, from) {
                Some(next) => from = next,
                None => break,
            },
        }
    }
    let _ = payload::decode_id(bytes);
    let _ = payload::decode(bytes);
}
