//! Captures that are cut off or changed: an error after the last good event, no panic, and no
//! more memory than the limits say.

use capture_file::{CaptureError, Compression};
use proptest::prelude::*;

use crate::synthetic;

#[test]
fn every_cut_ends_after_the_last_good_event() {
    let events = synthetic::events();
    let whole = synthetic::capture(&synthetic::state(), &events, Compression::None);
    let mut cuts: Vec<usize> = (0..3000.min(whole.len())).chain((3000..whole.len()).step_by(997)).collect();
    cuts.extend(whole.len() - 200..whole.len());
    for cut in cuts {
        let (_, found, outcome) = synthetic::read(whole[..cut].to_vec());
        assert_eq!(found, events[..found.len()], "cut at {cut}");
        if let Err(error) = outcome {
            let is_right = match &error {
                CaptureError::NotACapture { .. } => cut < 8,
                CaptureError::Truncated { .. } => true,
                _ => false,
            };
            assert!(is_right, "cut at {cut}: {error}");
        }
    }
}

#[test]
fn a_cut_gzip_stream_gives_what_came_out_of_it() {
    let mut events = Vec::new();
    for _ in 0..2000 {
        events.push(synthetic::events()[0].clone());
    }
    for (index, event) in events.iter_mut().enumerate() {
        event.timestamp += (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    }
    let whole = synthetic::capture(&synthetic::state(), &events, Compression::Gzip);
    let (_, found, outcome) = synthetic::read(whole[..whole.len() / 2].to_vec());
    assert!(matches!(outcome, Err(CaptureError::Truncated { .. })), "{outcome:?}");
    assert!(!found.is_empty() && found == events[..found.len()]);
}

#[test]
fn absurd_lengths_are_refused() {
    let whole = synthetic::capture(&synthetic::state(), &synthetic::events(), Compression::None);
    let check = |block_type: u32, expected: &str| {
        let mut bytes = whole[..28].to_vec();
        bytes.extend(block_type.to_le_bytes());
        bytes.extend(0xFFFF_FFFCu32.to_le_bytes());
        bytes.extend([0; 4096]);
        let error = synthetic::read(bytes).2.unwrap_err().to_string();
        assert!(error.contains(expected), "{block_type:#x}: {error}");
    };
    check(0x216, "longer than an event may be");
    check(0x221, "longer than an event may be");
    check(0x215, "cut off");
    check(0x218, "cut off");
    check(0x9999, "cut off");
    check(0x0A0D_0D0A, "magic");
}

#[test]
fn other_files_are_named_as_such() {
    let check = |bytes: &[u8], expected: &str| {
        let error = synthetic::read(bytes.to_vec()).2.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "not a capture");
    check(b"- rule: x\n", "not a capture");
    let mut header = synthetic::capture(&synthetic::state(), &[], Compression::None)[..28].to_vec();
    header[12] = 9;
    check(&header, "format version 9");
    header[8..12].copy_from_slice(&0x1A2B_3C4Du32.to_be_bytes());
    check(&header, "big-endian");
}

#[test]
fn unknown_blocks_are_passed_over_and_counted() {
    let events = synthetic::events();
    let mut bytes = synthetic::capture(&synthetic::state(), &[], Compression::None);
    let rest = synthetic::capture(&synthetic::state(), &events, Compression::None);
    let mut unknown = 0x777u32.to_le_bytes().to_vec();
    unknown.extend(300_012u32.to_le_bytes());
    unknown.extend(vec![7; 300_000]);
    unknown.extend(300_012u32.to_le_bytes());
    bytes.extend(&unknown);
    // A capture appended to a capture: another section.
    bytes.extend(rest);
    bytes.extend(unknown);
    let mut reader = capture_file::Reader::new(bytes.as_slice()).unwrap();
    let (mut sections, mut found) = (0, 0);
    while let Some(entry) = reader.next().unwrap() {
        match entry {
            capture_file::Entry::Section => sections += 1,
            capture_file::Entry::Event(_) => found += 1,
            capture_file::Entry::Table(_) => {}
        }
    }
    assert_eq!((sections, found, reader.counts().unknown_blocks), (2, events.len(), 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed at random, and words that look like lengths.
    #[test]
    fn no_damage_makes_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>(), 1usize..5), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = damaged_base().to_vec();
        for (at, with, count) in changes {
            let at = at.index(bytes.len());
            for (to, from) in bytes[at..].iter_mut().zip(&with[..count.min(4)]) {
                *to = *from;
            }
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()).max(1));
        }
        let (_, found, _) = synthetic::read(bytes);
        prop_assert!(found.len() < 100);
    }
}

/// A capture with events of old and new forms, the large one left out: changes should hit.
fn damaged_base() -> &'static [u8] {
    static BASE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        let mut events = synthetic::events();
        events.remove(2);
        let mut enter = events[0].clone();
        enter.code = event::event_code::SYSCALL_CLOSE_E;
        enter.params = vec![3i64.to_le_bytes().to_vec()];
        let mut exit = enter.clone();
        exit.code = event::event_code::SYSCALL_CLOSE_X;
        events.extend([enter, exit]);
        synthetic::capture(&synthetic::state(), &events, Compression::None)
    });
    &BASE
}
