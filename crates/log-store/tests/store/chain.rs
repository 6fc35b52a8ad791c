//! The chain of hashes: what it proves, and what it notices.

use std::{fs, path::Path};

use log_store::{Config, Store, verify};
use telemetry::Registry;

use crate::support::{append, batch, config, entry, labels, lines, open};

fn faults(dir: &Path, head: Option<&str>) -> Vec<String> {
    verify(dir, head).unwrap().faults
}

fn fill(store: &Store, from: i64, flushes: i64) {
    for number in from..from + flushes {
        append(store, batch(&labels(&[("app", "x")]), vec![entry(number, &format!("line {number}"))], None))
            .unwrap();
        store.flush().unwrap();
    }
}

#[test]
fn an_earlier_head_is_proven_across_flush_compaction_retention_and_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 1, 3);
    let early = store.chain_head();
    fill(&store, 4, 97);
    let found = lines(&store);
    let mut small = config(dir.path());
    small.retention_bytes_max = store.status().segment_bytes - 1;
    drop(store);
    let store = Store::open(small, &Registry::default()).unwrap();
    store.flush().unwrap();
    let report = verify(dir.path(), Some(&early.hash)).unwrap();
    assert_eq!(report.faults, [""; 0]);
    assert_eq!(report.found_head, Some(early.entries));
    let left = lines(&store);
    assert!(left.len() < found.len() && found.ends_with(&left));
    assert_eq!(report.expired_rows as usize, found.len() - left.len());
    assert_eq!(report.rows as usize, left.len());
    let wrong = faults(dir.path(), Some(&"ab".repeat(32)));
    assert!(wrong.len() == 1 && wrong[0].contains("no entry of the chain"), "{wrong:?}");
    assert!(verify(dir.path(), Some("ab")).is_err());
}

#[test]
fn what_is_altered_removed_or_added_is_noticed() {
    let origin = tempfile::tempdir().unwrap();
    let mut with_entries = config(origin.path());
    with_entries.chain_entry_s = 1;
    let store = Store::open(with_entries, &Registry::default()).unwrap();
    fill(&store, 1, 2);
    append(&store, batch(&labels(&[("app", "x")]), vec![entry(9, "in the log")], None)).unwrap();
    while store.chain_head().sequence < 3 {
        std::thread::yield_now();
    }
    let head = store.chain_head().hash;
    drop(store);
    let check = |change: &dyn Fn(&Path), expected: &str| {
        let dir = tempfile::tempdir().unwrap();
        copy(origin.path(), dir.path());
        change(dir.path());
        let found = faults(dir.path(), Some(&head));
        if expected.is_empty() {
            assert_eq!(found, [""; 0]);
        } else {
            assert!(found.iter().any(|fault| fault.contains(expected)), "{expected}: {found:?}");
        }
    };
    let first = |dir: &Path, folder: &str| {
        let mut paths: Vec<_> = fs::read_dir(dir.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths[0].clone()
    };
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    check(&|_| {}, "");
    check(&|dir| flip(&first(dir, "segments"), 100), "was altered");
    check(&|dir| fs::remove_file(first(dir, "segments")).unwrap(), "was removed");
    check(&|dir| flip(&first(dir, "wal"), 70), "write-ahead log is not what the chain says");
    check(&|dir| fs::remove_file(first(dir, "wal")).unwrap(), "write-ahead log is not");
    check(&|dir| fs::remove_file(dir.join("chain")).unwrap(), "is gone");
    check(&|dir| flip(&dir.join("chain"), 200), "line 2");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A store that lost its chain says so for ever, and goes on.
#[test]
fn a_lost_chain_begins_anew_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 1, 2);
    drop(store);
    fs::remove_file(dir.path().join("chain")).unwrap();
    let registry = Registry::default();
    let store = Store::open(config(dir.path()), &registry).unwrap();
    assert_eq!(registry.counter("store_chain_breaks_total", "", &[]).value(), 1);
    fill(&store, 3, 1);
    drop(store);
    let report = verify(dir.path(), None).unwrap();
    assert!(report.faults.len() == 1 && report.faults[0].contains("begin anew"), "{report:?}");
    assert_eq!((report.sound_segments, report.rows), (3, 3));
}

/// Segments of a store from before the chain are sealed by and by.
#[test]
fn an_old_store_gets_a_chain() {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1"), dir.path());
    let store = Store::open(Config { ..config(dir.path()) }, &Registry::default()).unwrap();
    store.flush().unwrap();
    drop(store);
    let report = verify(dir.path(), None).unwrap();
    assert_eq!((report.faults.len(), report.sound_segments, report.rows), (0, 2, 4), "{report:?}");
}
