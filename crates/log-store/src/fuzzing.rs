//! Doors for the fuzz targets: the parsers of the store's own files, past their checksums. Not
//! part of the API. Knows no file.

use crate::{
    segment::SegmentIndex,
    wal::{Header, decode_batch, encode_batch, next_magic},
};

/// Reads `bytes` as a part of the write-ahead log. What is a batch must survive being written.
#[expect(clippy::panic, reason = "a fuzz target reports by panicking")]
pub fn wal(bytes: &[u8]) {
    let _ = Header::decode(bytes);
    let _ = next_magic(bytes, 0);
    if let Ok(batch) = decode_batch(bytes)
        && decode_batch(&encode_batch(&batch)).ok().as_ref() != Some(&batch)
    {
        panic!("{batch:?} is not read as it was written");
    }
}

/// Reads `bytes` as the index of a segment.
pub fn segment_index(bytes: &[u8]) {
    let _ = SegmentIndex::decode(bytes);
}
