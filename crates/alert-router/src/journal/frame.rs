//! The bytes of one record. Knows no file.
//!
//! ```text
//! marker 4 | payload length u32 | position u64 | crc32 u32 | payload
//! ```
//! Little endian. The checksum covers length, position and payload. The marker begins with a byte
//! that no UTF-8 text holds before `Q`, so text payloads cannot imitate a record after damage.

use crate::limits::RECORD_BYTES_MAX;

/// Starts every record.
pub(crate) const MARKER: [u8; 4] = [0xf1, b'Q', b'J', 0x01];

/// Bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 20;

/// What stands at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// A good record and how many bytes it takes.
    Record { position: u64, payload: &'a [u8], bytes: usize },
    /// The beginning of a record that the buffer does not hold whole, if its length is true.
    Incomplete,
    /// Not a record.
    Damaged,
}

/// Appends one record to `out`. The caller has checked the payload's length.
pub(crate) fn encode(out: &mut Vec<u8>, position: u64, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let position = position.to_le_bytes();
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&length);
    out.extend_from_slice(&position);
    out.extend_from_slice(&checksum(length, position, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// Reads what stands at the start of `buffer`.
pub(crate) fn decode(buffer: &[u8]) -> Step<'_> {
    let Some((marker, rest)) = buffer.split_first_chunk::<4>() else {
        return if MARKER.starts_with(buffer) { Step::Incomplete } else { Step::Damaged };
    };
    if *marker != MARKER {
        return Step::Damaged;
    }
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Step::Incomplete };
    let payload_bytes = u32::from_le_bytes(*length) as usize;
    if payload_bytes > RECORD_BYTES_MAX {
        return Step::Damaged;
    }
    let Some((position, rest)) = rest.split_first_chunk::<8>() else { return Step::Incomplete };
    let Some((crc, rest)) = rest.split_first_chunk::<4>() else { return Step::Incomplete };
    let Some(payload) = rest.get(..payload_bytes) else { return Step::Incomplete };
    if u32::from_le_bytes(*crc) != checksum(*length, *position, payload) {
        return Step::Damaged;
    }
    Step::Record { position: u64::from_le_bytes(*position), payload, bytes: HEADER_BYTES + payload_bytes }
}

/// The next offset after `from` at which a whole good record stands.
pub(crate) fn resync(buffer: &[u8], from: usize) -> Option<usize> {
    let mut offset = from + 1;
    loop {
        let rest = buffer.get(offset..)?;
        offset += rest.windows(MARKER.len()).position(|window| window == MARKER)?;
        if let Step::Record { .. } = decode(buffer.get(offset..)?) {
            return Some(offset);
        }
        offset += 1;
    }
}

fn checksum(length: [u8; 4], position: [u8; 8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(&position);
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(position: u64, payload in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = Vec::new();
            encode(&mut bytes, position, &payload);
            prop_assert_eq!(decode(&bytes), Step::Record { position, payload: &payload, bytes: bytes.len() });
            for cut in 0..bytes.len() {
                prop_assert_eq!(decode(&bytes[..cut]), Step::Incomplete);
            }
        }

        #[test]
        fn one_changed_bit_is_seen(payload in proptest::collection::vec(any::<u8>(), 1..100), bit: prop::sample::Index) {
            let mut bytes = Vec::new();
            encode(&mut bytes, 7, &payload);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let is_record = matches!(decode(&bytes), Step::Record { .. });
            prop_assert!(!is_record);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
            let _ = resync(&bytes, 0);
        }
    }

    #[test]
    fn resync_finds_the_next_good_record() {
        let mut bytes = b"garbage".to_vec();
        bytes.extend_from_slice(&MARKER);
        let good = bytes.len();
        encode(&mut bytes, 9, b"x");
        assert_eq!(resync(&bytes, 0), Some(good));
        assert_eq!(resync(&bytes, good), None);
    }
}
