//! Torn ends are cut, damage is set aside and named, everything else stays.

use std::{fs, path::PathBuf};

use log_record::{Direction, LogReader, LogWriter, ReadError, TimeRange};
use log_store::Store;
use telemetry::Registry;

use crate::support::{append, batch, blocks, config, entry, labels, lines, open, request};

fn files(dir: &std::path::Path, folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A log of three records, and where each ends.
fn three_records(dir: &std::path::Path) -> (PathBuf, Vec<usize>) {
    let store = open(dir);
    let stream = labels(&[("app", "x")]);
    let mut ends = Vec::new();
    for number in 1..=3u64 {
        let rows = vec![entry(number as i64, &format!("line {number}"))];
        append(&store, batch(&stream, rows, Some(number))).unwrap();
        ends.push(fs::metadata(&files(dir, "wal")[0]).unwrap().len() as usize);
    }
    drop(store);
    (files(dir, "wal")[0].clone(), ends)
}

#[test]
fn a_record_cut_at_any_byte_is_gone_as_a_whole() {
    let origin = tempfile::tempdir().unwrap();
    let (path, ends) = three_records(origin.path());
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), ends[2]);
    for length in ends[1]..ends[2] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("wal")).unwrap();
        let name = path.file_name().unwrap();
        fs::write(dir.path().join("wal").join(name), &bytes[..length]).unwrap();
        let registry = Registry::default();
        let store = Store::open(config(dir.path()), &registry).unwrap();
        assert_eq!(lines(&store), ["line 1", "line 2"], "cut at {length}");
        assert_eq!(store.mark("test"), Some(2));
        let torn = registry.counter("store_torn_bytes_total", "", &[]).value();
        assert_eq!(torn as usize, length - ends[1]);
        append(&store, batch(&labels(&[("app", "x")]), vec![entry(3, "again")], Some(3))).unwrap();
        drop(store);
        assert_eq!(lines(&open(dir.path())), ["line 1", "line 2", "again"]);
    }
}

#[test]
fn a_damaged_record_in_the_middle_is_set_aside() {
    for at in [3, 10, 20, 30, 36, 45] {
        let dir = tempfile::tempdir().unwrap();
        let (path, ends) = three_records(dir.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes[ends[0] + at] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let registry = Registry::default();
        let store = Store::open(config(dir.path()), &registry).unwrap();
        assert_eq!(lines(&store), ["line 1", "line 3"], "damage at {at}");
        assert_eq!(registry.counter("store_damaged_places_total", "", &[]).value(), 1);
        assert_eq!(files(dir.path(), "quarantine").len(), 1);
    }
}

#[test]
fn any_bytes_instead_of_a_log_are_no_panic() {
    for bytes in [&b""[..], b"x", b"QWWALOG\0\x01\0\0\0\0\0\0\0QWRCQWRCQWRC", &[0xff; 100]] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("wal")).unwrap();
        fs::write(dir.path().join("wal/0000000000000001.wal"), bytes).unwrap();
        let store = open(dir.path());
        append(&store, batch(&labels(&[("app", "x")]), vec![entry(1, "one")], None)).unwrap();
        drop(store);
        assert_eq!(lines(&open(dir.path())), ["one"]);
    }
}

/// Damage in the index or footer shows at open or at the first scan, damage of data at the scan
/// that meets it: that one fails with the file's name. Then the file is set aside, others answer,
/// and everybody is told.
#[test]
fn a_damaged_segment_is_set_aside_and_named() {
    let origin = tempfile::tempdir().unwrap();
    {
        let store = open(origin.path());
        for number in 1..=2 {
            append(&store, batch(&labels(&[("app", "x")]), vec![entry(number * 100, "a line")], None))
                .unwrap();
            store.flush().unwrap();
        }
    }
    let length = fs::metadata(&files(origin.path(), "segments")[0]).unwrap().len() as usize;
    for at in [6, length / 3, length / 2, length - 300, length - 6] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("segments")).unwrap();
        for file in ["manifest", "chain"] {
            fs::copy(origin.path().join(file), dir.path().join(file)).unwrap();
        }
        for path in files(origin.path(), "segments") {
            fs::copy(&path, dir.path().join("segments").join(path.file_name().unwrap())).unwrap();
        }
        let damaged = &files(dir.path(), "segments")[0];
        let mut bytes = fs::read(damaged).unwrap();
        bytes[at] ^= 1;
        fs::write(damaged, bytes).unwrap();
        let registry = Registry::default();
        let store = Store::open(config(dir.path()), &registry).unwrap();
        let mut good = request(Direction::Backward);
        good.range = TimeRange { start_ns: 150, end_ns: 300 };
        assert_eq!(blocks(&store, &good).concat().len(), 1);
        let all = |store: &Store| {
            store.scan(&request(Direction::Forward), &mut |_| std::ops::ControlFlow::Continue(()))
        };
        match all(&store) {
            Err(ReadError::Damaged { path, .. }) => assert_eq!(path, damaged.display().to_string()),
            // Found when it was opened.
            Ok(summary) => assert_eq!((summary.rows, summary.rows_set_aside), (1, 1), "damage at {at}"),
            Err(other) => panic!("damage at {at} of {length}: {other:?}"),
        }
        store.flush().unwrap();
        let told = |store: &Store| {
            let summary = all(store).unwrap();
            assert_eq!((summary.rows, summary.rows_set_aside), (1, 1), "damage at {at}");
            assert_eq!(
                store.scan(&good, &mut |_| std::ops::ControlFlow::Continue(())).unwrap().rows_set_aside,
                0
            );
            let status = store.status();
            assert_eq!((status.segments, status.set_aside_rows, status.damaged.len()), (1, 1, 1));
        };
        told(&store);
        assert_eq!(registry.counter("store_damaged_places_total", "", &[]).value(), 1);
        let name = damaged.file_name().unwrap();
        assert!(!damaged.exists() && dir.path().join("quarantine").join(name).exists());
        // Writing goes on, and a restart changes nothing.
        append(&store, batch(&labels(&[("app", "y")]), vec![entry(i64::MAX - 1, "more")], None)).unwrap();
        drop(store);
        let store = open(dir.path());
        assert_eq!(blocks(&store, &good).concat().len(), 1);
        assert_eq!(lines(&store), ["a line", "more"]);
        assert_eq!(store.status().set_aside_rows, 1);
    }
}

#[test]
fn a_damaged_manifest_and_a_second_process_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, batch(&labels(&[("app", "x")]), vec![entry(1, "one")], None)).unwrap();
    store.flush().unwrap();
    let second = Store::open(config(dir.path()), &Registry::default()).unwrap_err().to_string();
    assert!(second.contains("in use by another process"), "{second}");
    drop(store);
    let path = dir.path().join("manifest");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let damaged = Store::open(config(dir.path()), &Registry::default()).unwrap_err().to_string();
    assert!(damaged.contains("its checksum is wrong"), "{damaged}");
}
