//! Payloads of the write-ahead log and indices of segments, past their checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    log_store::fuzzing::wal(bytes);
    log_store::fuzzing::segment_index(bytes);
});
