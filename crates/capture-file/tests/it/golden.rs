//! The given captures (`QUAYWATCH_CASES`): numbers of events, and their structure rebuilt.

use std::{collections::BTreeMap, path::PathBuf};

use capture_file::{Compression, Entry, Reader, Writer};
use event::tables::StartState;

use crate::synthetic;

fn captures() -> Option<PathBuf> {
    let folder = std::env::var_os("QUAYWATCH_CASES").map(PathBuf::from)?.join("falco/captures");
    folder.is_dir().then_some(folder)
}

fn paths(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scap"))
        .collect();
    paths.sort();
    paths
}

/// Falco's own counts: events that rules see, and the last `evt.num`.
const COUNTS: [(&str, u64, u64); 8] = [
    ("falco_cat_write", 303, 307),
    ("falco_open-multiple-files", 1227, 1243),
    ("falco_privileged", 2059, 2059),
    ("falco_run_as_user_0_container", 2784, 2795),
    ("libs_curl_google", 939, 991),
    ("libs_curl_google_comments", 939, 991),
    ("libs_sample", 390, 485),
    ("modern_detect", 27_368, 27_368),
];

#[test]
fn events_are_counted_as_falco_counts() {
    let Some(folder) = captures() else { return println!("skipped: QUAYWATCH_CASES is not set") };
    for (name, returned, last) in COUNTS {
        let path = folder.join(format!("{name}.scap"));
        if !path.exists() {
            println!("skipped: {name} is absent");
            continue;
        }
        let mut reader = Reader::open(&path).unwrap();
        let (mut seen, mut number) = (0, 0);
        while let Some(entry) = reader.next().unwrap() {
            if let Entry::Event(captured) = entry {
                seen += u64::from(captured.is_returned);
                number = captured.event.number;
                let definition = captured.event.definition().unwrap();
                if definition.flags.contains(&"EF_CONVERTER_MANAGED") {
                    assert_eq!(captured.event.params.len(), definition.params.len(), "{}", definition.id);
                }
            }
        }
        assert_eq!((seen, number), (returned, last), "{name}");
    }
}

/// Blocks in their order: type, and how often it comes in a row.
fn blocks(bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut found: Vec<(u32, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let block_type = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        match found.last_mut() {
            Some((last, count)) if *last == block_type => *count += 1,
            _ => found.push((block_type, 1)),
        }
        at += length;
    }
    found
}

/// A capture of Falco 0.44, read and written again, is the same byte for byte.
#[test]
fn captures_of_falco_are_written_block_for_block() {
    let Some(folder) = captures() else { return println!("skipped: QUAYWATCH_CASES is not set") };
    for path in paths(&folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("modern_") || name == "modern_mix" {
            continue;
        }
        let mut reader = Reader::open(&path).unwrap();
        let mut state = StartState::default();
        let mut writer = Writer::new(Vec::new(), Compression::None).unwrap();
        let mut is_started = false;
        while let Some(entry) = reader.next().unwrap() {
            match entry {
                Entry::Section => {}
                Entry::Table(record) => synthetic::put(&mut state, record),
                Entry::Event(captured) => {
                    if !std::mem::replace(&mut is_started, true) {
                        writer.write_start(&state).unwrap();
                    }
                    writer.write_event(&captured.event, captured.flags).unwrap();
                }
            }
        }
        let written = writer.finish().unwrap();
        let mut original = Vec::new();
        let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
        std::io::Read::read_to_end(&mut flate2::bufread::MultiGzDecoder::new(file), &mut original).unwrap();
        assert_eq!(blocks(&written), blocks(&original), "{name}");
        let first = written.iter().zip(&original).position(|(left, right)| left != right);
        assert_eq!((first, written.len()), (None, original.len()), "{name}");
    }
}

/// Old captures have all kinds of blocks there are; each gives its records.
#[test]
fn old_captures_give_their_tables() {
    let Some(folder) = captures() else { return println!("skipped: QUAYWATCH_CASES is not set") };
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths(&folder) {
        let mut reader = Reader::open(&path).unwrap();
        let mut state = StartState::default();
        while let Some(entry) = reader.next().unwrap() {
            match entry {
                Entry::Section => {}
                Entry::Table(record) => synthetic::put(&mut state, record),
                Entry::Event(_) => break,
            }
        }
        assert!(state.machine.cpu_count > 0 && !state.machine.hostname.is_empty(), "{}", path.display());
        assert!(!state.processes.is_empty() && !state.descriptors.is_empty() && !state.users.is_empty());
        assert!(state.processes.iter().all(|process| process.tid > 0 && !process.comm.is_empty()));
        for descriptor in state.descriptors {
            let kind = format!("{:?}", descriptor.kind);
            *kinds.entry(kind.split([' ', '{']).next().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(kinds.len() >= 5, "{kinds:?}");
}
