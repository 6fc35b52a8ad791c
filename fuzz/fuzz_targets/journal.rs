//! Records of the queue and of the sensor's spool, after damage.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| alert_router::fuzzing::records(bytes));
