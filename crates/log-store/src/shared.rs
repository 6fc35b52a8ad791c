//! What the store's threads share: the rows that are visible, and who must wake whom.
//!
//! Lock order: state, catalogue, WAL files. Scans hold none of them while they visit.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use log_record::Batch;
use parking_lot::{Condvar, Mutex, RwLock};

use crate::{
    Config,
    index::Catalogue,
    memtable::MemTable,
    metrics::Metrics,
    wal::{Queue, WalFiles},
};

/// The folders of a store.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) root: PathBuf,
    pub(crate) wal: PathBuf,
    pub(crate) segments: PathBuf,
    pub(crate) quarantine: PathBuf,
}

impl Paths {
    pub(crate) fn new(root: &Path) -> Self {
        Paths {
            root: root.to_owned(),
            wal: root.join("wal"),
            segments: root.join("segments"),
            quarantine: root.join("quarantine"),
        }
    }
}

/// Shared by the store's handle and its threads.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) paths: Paths,
    pub(crate) metrics: Metrics,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) state: RwLock<State>,
    pub(crate) queue: Queue,
    pub(crate) wal_files: Mutex<WalFiles>,
    pub(crate) maintenance: Maintenance,
}

/// All visible rows. A flush swaps the frozen table for its segment under one lock, so a scan
/// sees each row once.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) active: MemTable,
    pub(crate) frozen: Option<Arc<Frozen>>,
    pub(crate) marks: BTreeMap<String, u64>,
}

/// A memtable that is being written as a segment, with the marks as they were then.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) table: MemTable,
    pub(crate) marks: BTreeMap<String, u64>,
}

impl Shared {
    /// Makes durable batches visible. Returns whether the memtable was frozen.
    pub(crate) fn insert<'a>(&self, batches: impl Iterator<Item = (u64, &'a Batch)>) -> bool {
        let mut state = self.state.write();
        let mut catalogue = self.catalogue.write();
        let mut stored = (0, 0, 0);
        for (sequence, batch) in batches {
            state.apply(&mut catalogue, sequence, batch, &mut stored);
        }
        self.metrics.lines.add(stored.0);
        self.metrics.bytes.add(stored.1);
        self.metrics.duplicates.add(stored.2);
        self.metrics.memory_bytes.set(state.memory_bytes() as i64);
        state.active.bytes as u64 >= self.config.flush_bytes && state.freeze()
    }

    pub(crate) fn close_wal_file(&self, path: PathBuf, last_sequence: u64, bytes: u64) {
        self.wal_files.lock().close(path, last_sequence, bytes);
    }

    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        self.config.free_space.0.free_bytes(&self.paths.root)
    }

    /// Removes what is past its retention, now.
    pub(crate) fn expire_now(&self) {}
}

impl State {
    pub(crate) fn new(last_sequence: u64, marks: BTreeMap<String, u64>) -> Self {
        State { active: MemTable::new(last_sequence), frozen: None, marks }
    }

    /// Counts lines, bytes and duplicates into `stored`.
    pub(crate) fn apply(
        &mut self,
        catalogue: &mut Catalogue,
        sequence: u64,
        batch: &Batch,
        stored: &mut (u64, u64, u64),
    ) {
        let before = self.frozen.as_ref().map(|frozen| &frozen.table);
        for stream in &batch.streams {
            let number = catalogue.intern(&batch.tenant, &stream.labels);
            for entry in &stream.entries {
                if self.active.insert(number, entry, before) {
                    stored.0 += 1;
                    stored.1 += entry.line.len() as u64;
                } else {
                    stored.2 += 1;
                }
            }
        }
        if let Some(mark) = &batch.mark {
            let position = self.marks.entry(mark.writer.clone()).or_insert(mark.position);
            *position = mark.position.max(*position);
        }
        self.active.last_sequence = sequence;
    }

    /// Starts a new memtable, unless the one before is still being written.
    pub(crate) fn freeze(&mut self) -> bool {
        if self.frozen.is_some() {
            return false;
        }
        let next = MemTable::new(self.active.last_sequence);
        let table = std::mem::replace(&mut self.active, next);
        self.frozen = Some(Arc::new(Frozen { table, marks: self.marks.clone() }));
        true
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.active.bytes + self.frozen.as_ref().map_or(0, |frozen| frozen.table.bytes)
    }
}

/// Wakes the maintenance thread.
#[derive(Debug, Default)]
pub(crate) struct Maintenance {
    flags: Mutex<Flags>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Flags {
    is_woken: bool,
    is_closed: bool,
}

impl Maintenance {
    pub(crate) fn wake(&self) {
        self.flags.lock().is_woken = true;
        self.changed.notify_all();
    }

    pub(crate) fn close(&self) {
        self.flags.lock().is_closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.flags.lock().is_closed
    }

    /// Waits to be woken, at most this long; false when the store closes.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let mut flags = self.flags.lock();
        if !flags.is_woken && !flags.is_closed {
            self.changed.wait_for(&mut flags, at_most);
        }
        flags.is_woken = false;
        !flags.is_closed
    }
}
