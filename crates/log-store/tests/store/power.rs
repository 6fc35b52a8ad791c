//! The power goes at every change of the disk, and every change fails once: no acknowledged line
//! is lost, none is doubled, and a second restart changes no answer.
//!
//! A workload runs once on a real disk while every change is recorded. For each prefix of the
//! changes the disk is built as a crash may leave it: with all that was written, with only what
//! was synced, and with names and content on different sides of the cut. Long because the disk
//! that is rebuilt and the workload belong together.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use log_record::{LogDeleter, LogWriter, TimeRange, WriteError};
use log_store::{Config, DiskOperation, DiskWatch, Selectors, Store};
use parking_lot::Mutex;
use telemetry::Registry;

use crate::{
    deletes::Words,
    support::{append, batch, config, entry, labels, lines},
};

/// A change, kept.
#[derive(Debug, Clone)]
enum Change {
    Create(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    Truncate(PathBuf, u64),
    SyncFile(PathBuf),
    SyncFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Put(PathBuf, Vec<u8>),
    /// The writer was told that this batch is durable.
    Acknowledged(u64),
    /// A delete request was answered.
    Deleted,
    Other,
}

#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<Change>>);

impl DiskWatch for Recorder {
    fn before(&self, operation: &DiskOperation<'_>) -> io::Result<()> {
        let own = |path: &Path| path.to_owned();
        self.0.lock().push(match *operation {
            DiskOperation::Create(path) => Change::Create(own(path)),
            DiskOperation::Write { path, offset, bytes } => Change::Write(own(path), offset, bytes.to_vec()),
            DiskOperation::Truncate { path, bytes } => Change::Truncate(own(path), bytes),
            DiskOperation::SyncFile(path) => Change::SyncFile(own(path)),
            DiskOperation::SyncFolder(path) => Change::SyncFolder(own(path)),
            DiskOperation::Rename { from, to } => Change::Rename(own(from), own(to)),
            DiskOperation::Remove(path) => Change::Remove(own(path)),
            DiskOperation::Put { path, bytes } => Change::Put(own(path), bytes.to_vec()),
            DiskOperation::Acknowledge => Change::Other,
        });
        Ok(())
    }
}

/// Tiny bounds, so that a short workload flushes, compacts, deletes and cuts the log.
fn tiny(dir: &Path) -> Config {
    Config {
        flush_bytes: 1 << 10,
        wal_segment_bytes: 1 << 10,
        small_segments_max: 4,
        delete_cancel_s: 0,
        selectors: Selectors(Arc::new(Words)),
        ..config(dir)
    }
}

const BATCHES: u64 = 36;

fn line(number: u64, seed: u64) -> String {
    let length = (number.wrapping_mul(seed | 1) >> 3) % 120;
    format!("line {number} {}", "x".repeat(length as usize))
}

fn number_of(line: &str) -> u64 {
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The lines that the workload deletes at its end.
fn is_deleted(number: u64) -> bool {
    line_is_meant(&format!("line {number} "))
}

const DELETED: &str = "7 ";

fn line_is_meant(line: &str) -> bool {
    line.contains(DELETED)
}

fn record(seed: u64) -> (PathBuf, Vec<Change>) {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let mut config = tiny(dir.path());
    config.disk_watch = Some(recorder.clone());
    let registry = Registry::default();
    let store = Store::open(config, &registry).unwrap();
    let stream = labels(&[("app", "x")]);
    for number in 1..=BATCHES {
        let rows = vec![entry(number as i64, &line(number, seed))];
        append(&store, batch(&stream, rows, Some(number))).unwrap();
        recorder.0.lock().push(Change::Acknowledged(number));
        if number % 5 == 0 {
            store.flush().unwrap();
        }
    }
    let range = TimeRange { start_ns: 0, end_ns: 1000 };
    store.request("fake", &format!("app=x {DELETED}"), range).unwrap();
    recorder.0.lock().push(Change::Deleted);
    store.flush().unwrap();
    drop(store);
    for counter in ["store_flushes_total", "store_compactions_total", "store_deleted_lines_total"] {
        assert!(registry.counter(counter, "", &[]).value() > 0, "no {counter} in the workload");
    }
    let changes = std::mem::take(&mut *recorder.0.lock());
    (dir.path().to_owned(), changes)
}

/// A file system that knows what is durable.
#[derive(Debug, Default, Clone)]
struct Model {
    /// Content now, and as of the last sync.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
}

impl Model {
    fn file(&mut self, path: &Path) -> &mut (Vec<u8>, Vec<u8>) {
        let number = *self.names.entry(path.to_owned()).or_insert_with(|| {
            self.files.push(Default::default());
            self.files.len() - 1
        });
        &mut self.files[number]
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(path) => self.file(path).0.clear(),
            Change::Write(path, offset, bytes) => {
                let content = &mut self.file(path).0;
                content.resize(*offset as usize, 0);
                content.extend_from_slice(bytes);
            }
            Change::Truncate(path, bytes) => self.file(path).0.resize(*bytes as usize, 0),
            Change::SyncFile(path) => {
                let file = self.file(path);
                file.1.clone_from(&file.0);
            }
            Change::SyncFolder(folder) => {
                self.durable_names.retain(|path, _| path.parent() != Some(folder));
                let names = self.names.iter().filter(|(path, _)| path.parent() == Some(folder));
                self.durable_names.extend(names.map(|(path, number)| (path.clone(), *number)));
            }
            Change::Rename(from, to) => {
                let number = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), number);
            }
            Change::Remove(path) => drop(self.names.remove(path)),
            Change::Put(path, bytes) => {
                self.files.push((bytes.clone(), bytes.clone()));
                self.names.insert(path.clone(), self.files.len() - 1);
                self.durable_names.insert(path.clone(), self.files.len() - 1);
            }
            Change::Acknowledged(_) | Change::Deleted | Change::Other => {}
        }
    }

    /// Builds the disk that a crash leaves.
    fn build(&self, from: &Path, into: &Path, names_are_synced: bool, content_is_synced: bool) {
        for folder in ["wal", "segments"] {
            fs::create_dir_all(into.join(folder)).unwrap();
        }
        let names = if names_are_synced { &self.durable_names } else { &self.names };
        for (path, number) in names {
            let (now, synced) = &self.files[*number];
            let target = into.join(path.strip_prefix(from).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, if content_is_synced { synced } else { now }).unwrap();
        }
    }
}

/// What must be true of a store that was cut off behind these changes.
struct Expected {
    acknowledged: u64,
    is_deleted: bool,
}

fn check(dir: &Path, expected: &Expected, seed: u64, what: &str) {
    let mut before = None;
    for round in 0..2 {
        let opened = Store::open(tiny(dir), &Registry::default());
        assert!(opened.is_ok(), "{what}: {opened:?}");
        let store = opened.unwrap();
        let found: Vec<String> = lines(&store);
        let numbers: Vec<u64> = found.iter().map(|line| number_of(line)).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{what}: doubled or out of order: {numbers:?}");
        let last = store.mark("test").unwrap_or(0);
        assert!(last >= expected.acknowledged, "{what}: mark {last} of {}", expected.acknowledged);
        for number in 1..=last {
            if numbers.binary_search(&number).is_err() {
                assert!(is_deleted(number) && last == BATCHES, "{what}: line {number} is lost");
            } else {
                assert!(!(expected.is_deleted && is_deleted(number)), "{what}: line {number} is back");
            }
        }
        assert!(numbers.last().is_none_or(|newest| *newest <= last), "{what}: a line behind the mark");
        assert!(
            found.iter().zip(&numbers).all(|(text, number)| *text == line(*number, seed)),
            "{what}: altered"
        );
        if let Some(before) = before {
            assert_eq!(found, before, "{what}: the restart {round} changed the answer");
        }
        before = Some(found);
        drop(store);
        let report = log_store::verify(dir, None).unwrap();
        assert_eq!(report.faults, [""; 0], "{what}");
    }
}

fn seed() -> u64 {
    let seed = match std::env::var("LOG_STORE_POWER_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
    };
    println!("LOG_STORE_POWER_SEED={seed}");
    seed
}

#[test]
fn the_power_goes_at_every_change_of_the_disk() {
    let seed = seed();
    let is_soak = std::env::var_os("QUAYWATCH_SOAK").is_some();
    let (from, changes) = record(seed);
    let compactions = changes
        .iter()
        .filter(
            |change| matches!(change, Change::Remove(path) if path.extension().is_some_and(|e| e == "wal")),
        )
        .count();
    assert!(compactions > 0, "the log was cut {compactions} times: the workload is too short");
    let mut model = Model::default();
    let mut expected = Expected { acknowledged: 0, is_deleted: false };
    for (at, change) in changes.iter().enumerate() {
        // All that is synced, all that is written; and, as file systems may, only one of both.
        let variants = [(true, true), (false, false), (false, true), (true, false)];
        let count = if is_soak || at % 8 == 0 { 4 } else { 2 };
        for (names_are_synced, content_is_synced) in variants.into_iter().take(count) {
            let dir = tempfile::tempdir().unwrap();
            model.build(&from, dir.path(), names_are_synced, content_is_synced);
            let what = format!(
                "seed {seed}, change {at} of {}, synced {names_are_synced}/{content_is_synced}",
                changes.len()
            );
            check(dir.path(), &expected, seed, &what);
        }
        if let Change::Write(path, offset, bytes) = change {
            // The write itself, torn.
            let dir = tempfile::tempdir().unwrap();
            let mut torn = model.clone();
            torn.apply(&Change::Write(
                path.clone(),
                *offset,
                bytes[..bytes.len() * (1 + at % 3) / 4].to_vec(),
            ));
            torn.build(&from, dir.path(), false, false);
            check(dir.path(), &expected, seed, &format!("seed {seed}, change {at} torn"));
        }
        if let Change::Put(path, bytes) = change {
            // The file under the name it has until it is whole.
            let dir = tempfile::tempdir().unwrap();
            model.build(&from, dir.path(), false, false);
            let staged = dir.path().join(path.strip_prefix(&from).unwrap()).with_extension("parquet#1");
            fs::write(staged, &bytes[..bytes.len() / 2]).unwrap();
            check(dir.path(), &expected, seed, &format!("seed {seed}, change {at} staged"));
        }
        model.apply(change);
        match change {
            Change::Acknowledged(number) => expected.acknowledged = *number,
            Change::Deleted => expected.is_deleted = true,
            _ => {}
        }
    }
    println!("{} changes", changes.len());
}

/// Fails the changes from `first` to `last`, once each.
#[derive(Debug)]
struct Failing {
    seen: Mutex<u64>,
    first: u64,
    last: u64,
    error: i32,
}

impl DiskWatch for Failing {
    fn before(&self, operation: &DiskOperation<'_>) -> io::Result<()> {
        if *operation == DiskOperation::Acknowledge {
            return Ok(());
        }
        let mut seen = self.seen.lock();
        *seen += 1;
        if (self.first..=self.last).contains(&*seen) {
            return Err(io::Error::from_raw_os_error(self.error));
        }
        Ok(())
    }
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

/// Writes like a sender that keeps what was refused; gives how many were.
fn write_with_retries(store: &Store, seed: u64) -> u64 {
    let mut refused = 0;
    for number in 1..=BATCHES {
        let rows = || vec![entry(number as i64, &line(number, seed))];
        while let Err(error) = append(store, batch(&labels(&[("app", "x")]), rows(), Some(number))) {
            assert!(!matches!(error, WriteError::Closed), "{error}");
            refused += 1;
            assert!(refused < 200, "{error}");
            // Reads go on meanwhile.
            assert!(lines(store).len() as u64 >= number - 1);
        }
        if number % 12 == 0 {
            // May fail, and is tried again by itself.
            let _ = store.flush();
        }
    }
    refused
}

#[test]
fn every_change_fails_once_and_the_store_goes_on() {
    let seed = seed();
    let is_soak = std::env::var_os("QUAYWATCH_SOAK").is_some();
    let step = if is_soak { 1 } else { 5 };
    // The first change, of the opening itself, fails the opening.
    let mut at = 4 + seed % step;
    let mut refusals = 0;
    loop {
        let dir = tempfile::tempdir().unwrap();
        let error = [EIO, ENOSPC, EROFS][at as usize % 3];
        let last = if at.is_multiple_of(2) { at } else { at + 6 };
        let watch = Arc::new(Failing { seen: Mutex::new(0), first: at, last, error });
        let mut config = tiny(dir.path());
        config.disk_watch = Some(watch.clone());
        let what = format!("seed {seed}, change {at}..={last} fails with {error}");
        let opened = Store::open(config, &Registry::default());
        if let Ok(store) = &opened {
            refusals += write_with_retries(store, seed);
        }
        let is_opened = opened.is_ok();
        drop(opened);
        let store = Store::open(tiny(dir.path()), &Registry::default()).unwrap();
        let numbers: Vec<u64> = lines(&store).iter().map(|line| number_of(line)).collect();
        let expected: Vec<u64> = (1..=store.mark("test").unwrap_or(0)).collect();
        assert_eq!(numbers, expected, "{what}");
        if *watch.seen.lock() < at {
            // The workload has no such change: all were tried.
            break;
        }
        assert_eq!(numbers.len() as u64, if is_opened { BATCHES } else { 0 }, "{what}");
        at += step;
    }
    assert!(refusals > 0, "no writer was ever refused");
}

/// Read-only for long: reads go on, each write is refused, and writing comes back by itself.
#[test]
fn a_read_only_disk_answers_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let watch = Arc::new(Failing { seen: Mutex::new(0), first: 60, last: 600, error: EROFS });
    let mut config = tiny(dir.path());
    config.disk_watch = Some(watch.clone());
    let store = Store::open(config, &Registry::default()).unwrap();
    let (mut number, mut refused) = (0, 0);
    while *watch.seen.lock() <= 640 {
        let rows = vec![entry(number as i64 + 1, &line(number + 1, 3))];
        match append(&store, batch(&labels(&[("app", "x")]), rows, Some(number + 1))) {
            Ok(()) => number += 1,
            Err(WriteError::Io { source, .. }) => {
                assert_eq!(source.raw_os_error(), Some(EROFS));
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
        assert_eq!(lines(&store).len() as u64, number);
    }
    assert!(refused > 50 && number > 20, "{refused} refused, {number} taken");
}
