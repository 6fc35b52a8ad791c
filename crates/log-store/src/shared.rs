//! What the store's threads share: the rows that are visible, and who must wake whom.
//!
//! Lock order: manifest, state, catalogue, WAL files. Scans hold none of them while they visit.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use log_record::{Batch, ReadError};
use parking_lot::{Mutex, RwLock};

use crate::{
    Config,
    chain::{BatchChain, ChainEvent, Hash, Ledger},
    delete::ActiveDelete,
    disk::Disk,
    index::{Catalogue, Manifest},
    limits::SET_ASIDE_MAX,
    maintain::{AgeRule, Maintenance, WorkError, expire, now_ns},
    memtable::MemTable,
    metrics::Metrics,
    segment::Segment,
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
    pub(crate) disk: Disk,
    pub(crate) ledger: Ledger,
    /// Retention of some streams, compiled.
    pub(crate) age_rules: Vec<AgeRule>,
    /// Segments that a scan found damaged, by name, with what is wrong.
    pub(crate) suspects: Mutex<Vec<(String, String)>>,
    pub(crate) metrics: Metrics,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) state: RwLock<State>,
    /// What is on disk; whoever changes it holds it until the change is visible.
    pub(crate) manifest: Mutex<Manifest>,
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
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) marks: BTreeMap<String, u64>,
    /// Delete requests that are not processed.
    pub(crate) deletes: Arc<[ActiveDelete]>,
    /// The running hash over all batches that were applied.
    pub(crate) batches: BatchChain,
    /// Lines in batches since the last freeze, duplicates included.
    pub(crate) lines: u64,
    /// Where rows are missing.
    pub(crate) set_aside: Vec<Gap>,
}

/// Rows that lie in the quarantine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gap {
    pub(crate) oldest_ns: i64,
    pub(crate) newest_ns: i64,
    pub(crate) rows: u64,
}

/// A memtable that is being written as a segment, with the marks as they were then.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) table: MemTable,
    pub(crate) marks: BTreeMap<String, u64>,
    pub(crate) batches: BatchChain,
    pub(crate) lines: u64,
}

impl Shared {
    /// Makes durable batches visible. Returns whether the memtable was frozen.
    pub(crate) fn insert<'a>(&self, batches: impl Iterator<Item = (u64, &'a Hash, &'a Batch)>) -> bool {
        let mut state = self.state.write();
        let mut catalogue = self.catalogue.write();
        let mut stored = (0, 0, 0);
        for (sequence, hash, batch) in batches {
            state.apply(&mut catalogue, sequence, hash, batch, &mut stored);
        }
        self.metrics.lines.add(stored.0);
        self.metrics.bytes.add(stored.1);
        self.metrics.duplicates.add(stored.2);
        self.metrics.memory_bytes.set(state.memory_bytes() as i64);
        state.active.bytes as u64 >= self.config.flush_bytes && state.freeze()
    }

    /// Writes the entries and the manifest that counts them; `manifest` becomes `next` when both
    /// are durable.
    pub(crate) fn commit(
        &self,
        manifest: &mut Manifest,
        mut next: Manifest,
        events: Vec<ChainEvent>,
    ) -> io::Result<()> {
        self.ledger.append(&mut next.chain, now_ns(), events)?;
        next.write(&self.disk, &self.paths.root)?;
        *manifest = next;
        Ok(())
    }

    pub(crate) fn close_wal_file(&self, path: PathBuf, last_sequence: u64, bytes: u64) {
        self.wal_files.lock().close(path, last_sequence, bytes);
    }

    /// The file that is written has grown to this.
    pub(crate) fn note_wal_bytes(&self, active_bytes: u64) {
        let mut files = self.wal_files.lock();
        files.active_bytes = active_bytes;
        self.metrics.wal_bytes.set(files.bytes() as i64);
    }

    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        self.config.free_space.0.free_bytes(&self.paths.root)
    }

    /// Remembers a segment that could not be read, for the next round of maintenance.
    pub(crate) fn suspect(&self, failure: &WorkError) {
        if let WorkError::Read(error) = failure {
            self.suspect_read(error);
        }
    }

    /// The same for what a scan met.
    pub(crate) fn suspect_read(&self, error: &ReadError) {
        let ReadError::Damaged { path, reason } = error else { return };
        if let Some(name) = Path::new(path).file_name().and_then(|name| name.to_str()) {
            let mut suspects = self.suspects.lock();
            if suspects.len() < SET_ASIDE_MAX {
                suspects.push((name.to_owned(), reason.clone()));
            }
        }
        self.maintenance.wake();
    }

    /// Removes what is past its retention, now.
    pub(crate) fn expire_now(&self) {
        if let Err(error) = expire(self, now_ns()) {
            tracing::error!(%error, "removing data past retention failed");
        }
    }

    /// Sets the gauges to what is there.
    pub(crate) fn refresh_gauges(&self) {
        self.metrics.wal_bytes.set(self.wal_files.lock().bytes() as i64);
        let set_aside = self.manifest.lock().set_aside.len();
        self.metrics.set_aside.set(set_aside as i64);
        let state = self.state.read();
        self.metrics.deletes_pending.set(state.deletes.len() as i64);
        self.metrics.segments.set(state.segments.len() as i64);
        self.metrics.disk_bytes.set(state.segments.iter().map(|segment| segment.file.bytes as i64).sum());
        self.metrics.memory_bytes.set(state.memory_bytes() as i64);
    }

    /// Holds the writer while the memtable is full and the one before is still being written.
    /// False when that does not get on: then a batch must be refused.
    pub(crate) fn wait_for_room(&self) -> bool {
        let limit = self.config.flush_bytes.saturating_mul(2);
        loop {
            {
                let state = self.state.read();
                if state.frozen.is_none() || (state.active.bytes as u64) < limit {
                    return true;
                }
            }
            if !self.maintenance.wait_for_round(Duration::from_secs(10)) {
                return false;
            }
        }
    }
}

impl State {
    pub(crate) fn new(last_sequence: u64, marks: BTreeMap<String, u64>, segments: Vec<Arc<Segment>>) -> Self {
        State {
            active: MemTable::new(last_sequence),
            frozen: None,
            segments,
            marks,
            deletes: Arc::default(),
            batches: BatchChain::default(),
            lines: 0,
            set_aside: Vec::new(),
        }
    }

    /// Counts lines, bytes and duplicates into `stored`.
    pub(crate) fn apply(
        &mut self,
        catalogue: &mut Catalogue,
        sequence: u64,
        hash: &Hash,
        batch: &Batch,
        stored: &mut (u64, u64, u64),
    ) {
        let before = self.frozen.as_ref().map(|frozen| &frozen.table);
        self.batches.extend(sequence, hash);
        for stream in &batch.streams {
            self.lines += stream.entries.len() as u64;
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
        let (marks, lines) = (self.marks.clone(), std::mem::take(&mut self.lines));
        self.frozen = Some(Arc::new(Frozen { table, marks, batches: self.batches, lines }));
        true
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.active.bytes + self.frozen.as_ref().map_or(0, |frozen| frozen.table.bytes)
    }
}
