//! A full disk: expired data goes first, then writers are refused, reads go on, and writing
//! comes back by itself.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use log_record::WriteError;
use log_store::{FreeSpace, FreeSpaceProbe, Store};
use telemetry::Registry;

use crate::support::{append, batch, config, entry, labels, lines};

/// Tells what the test says.
#[derive(Debug)]
struct Said(AtomicU64);

impl FreeSpace for Said {
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let said = Arc::new(Said(AtomicU64::new(1 << 40)));
    let mut config = config(dir.path());
    // Nothing is taken as "plenty since the last look": each group asks.
    config.reserve_bytes_free = 4;
    config.free_space = FreeSpaceProbe(said.clone());
    let store = Store::open(config, &Registry::default()).unwrap();
    let stream = labels(&[("app", "x")]);
    append(&store, batch(&stream, vec![entry(1, "one")], None)).unwrap();
    said.0.store(3, Ordering::Relaxed);
    match append(&store, batch(&stream, vec![entry(2, "two")], None)) {
        Err(WriteError::DiskFull { free_bytes: 3, reserve_bytes: 4 }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(lines(&store), ["one"]);
    said.0.store(1 << 40, Ordering::Relaxed);
    append(&store, batch(&stream, vec![entry(3, "three")], None)).unwrap();
    assert_eq!(lines(&store), ["one", "three"]);
}

/// Full until a segment file is gone.
#[derive(Debug)]
struct FullWhileSegmentsAre(u64);

impl FreeSpace for FullWhileSegmentsAre {
    fn free_bytes(&self, root: &Path) -> io::Result<u64> {
        let files = std::fs::read_dir(root.join("segments"))?.count() as u64;
        Ok(if files >= self.0 { 0 } else { 1 << 40 })
    }
}

#[test]
fn data_past_retention_goes_before_a_writer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let stream = labels(&[("app", "x")]);
    let mut config = config(dir.path());
    {
        let store = Store::open(config.clone(), &Registry::default()).unwrap();
        append(&store, batch(&stream, vec![entry(1, "old")], None)).unwrap();
        store.flush().unwrap();
    }
    config.retention_age_max_s = 3600;
    config.reserve_bytes_free = 4;
    config.free_space = FreeSpaceProbe(Arc::new(FullWhileSegmentsAre(1)));
    let store = Store::open(config, &Registry::default()).unwrap();
    append(&store, batch(&stream, vec![entry(i64::MAX / 2, "new")], None)).unwrap();
    assert_eq!(lines(&store), ["new"]);
}
