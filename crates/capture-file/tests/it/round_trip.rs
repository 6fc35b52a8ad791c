//! What is written is read again.

use capture_file::Compression;
use proptest::{collection::vec, prelude::*};

use crate::{arbitrary, synthetic};

fn check(compression: Compression) {
    let (state, events) = (synthetic::state(), synthetic::events());
    let (found_state, found, outcome) = synthetic::read(synthetic::capture(&state, &events, compression));
    outcome.unwrap();
    assert_eq!(found_state, state);
    assert_eq!(found, events);
}

#[test]
fn a_plain_capture_is_read_as_it_was_written() {
    check(Compression::None);
}

#[test]
fn a_compressed_capture_is_read_as_it_was_written() {
    check(Compression::Gzip);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_capture_is_read_as_it_was_written(
        state in arbitrary::state(),
        events in vec(arbitrary::event(), 0..20),
    ) {
        let bytes = synthetic::capture(&state, &events, Compression::None);
        let (found_state, found, outcome) = synthetic::read(bytes);
        prop_assert!(outcome.is_ok(), "{outcome:?}");
        prop_assert_eq!(found_state, state);
        prop_assert_eq!(found, events);
    }
}
