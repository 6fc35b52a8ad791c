//! The store's handle: opens, answers the two traits of `log_record`, closes when dropped.

use std::{
    fs::{self, File, TryLockError},
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    sync::Arc,
    thread::{self, JoinHandle},
};

use log_record::{
    Batch, CountRequest, DeleteError, DeleteRequest, GroupCounts, GroupRequest, LabelMatcher, Labels,
    LogDeleter, LogReader, LogWriter, ReadError, RecordBlock, RowTests, ScanRequest, ScanSummary,
    StreamCounts, TimeRange, WriteError,
};
use parking_lot::{Mutex, RwLock};
use telemetry::Registry;
use tokio::sync::oneshot;

use crate::{
    Config, OpenError,
    chain::{ChainHead, Joint, Ledger, hash_of},
    delete::{self, activate},
    disk::Disk,
    index::{Catalogue, Manifest},
    limits::RECORD_BYTES_MAX,
    maintain::{AgeRule, Maintenance, Worker, gaps, open_segments, set_aside_damaged},
    metrics::Metrics,
    scan,
    shared::{Paths, Shared, State},
    wal::{Committer, Pending, Queue, encode_batch, recover},
};

/// An open store. One process holds it; its handle is shared. Dropping it stops its threads;
/// what was acknowledged is on disk all the same.
#[derive(Debug)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Held open: the lock goes with it.
    _lock: File,
}

impl Store {
    /// Opens or makes the store in `config.data_dir`: reads the manifest, replays the log behind
    /// it, cuts a torn end.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, registry: &Registry) -> Result<Arc<Store>, OpenError> {
        let paths = Paths::new(&config.data_dir);
        for dir in [&paths.root, &paths.wal, &paths.segments] {
            fs::create_dir_all(dir).map_err(OpenError::io(dir))?;
        }
        let disk = Disk(config.disk_watch.clone());
        disk.sync_dir(&paths.root).map_err(OpenError::io(&paths.root))?;
        let lock = lock(&paths)?;
        let metrics = Metrics::new(registry);
        let age_rules = AgeRule::compile(&config)?;

        let manifest = Manifest::read(&paths.root)?;
        let ledger = Ledger::new(disk.clone(), &paths.root);
        let mut catalogue = Catalogue::default();
        let segments = open_segments(&disk, &paths.segments, &manifest, &mut catalogue)?;
        let covered = manifest.covered_sequence;
        let mut state = State::new(covered, manifest.marks.clone(), segments);
        let (deletes, faults) = activate(&manifest.deletes, &*config.selectors.0);
        faults.iter().for_each(|fault| tracing::error!(fault, "a delete request cannot be carried out"));
        state.deletes = deletes;
        state.set_aside = gaps(&manifest.set_aside);
        let mut joint = Joint::new(&manifest);
        state.batches = joint.batches();
        let mut ignored = (0, 0, 0);
        let mut recovered =
            recover(&disk, &paths.wal, &paths.quarantine, covered, &mut |sequence, hash, batch| {
                state.apply(&mut catalogue, sequence, hash, &batch, &mut ignored);
                joint.see(&state.batches);
            })?;
        recovered.files.cut(covered).map_err(OpenError::io(&paths.wal))?;
        metrics.torn_bytes.add(recovered.torn_bytes);
        metrics.damaged.add(recovered.damages.len() as u64);
        metrics.wal_bytes.set(recovered.files.bytes() as i64);
        metrics.memory_bytes.set(state.memory_bytes() as i64);

        let shared = Arc::new(Shared {
            disk,
            ledger,
            age_rules,
            suspects: Mutex::default(),
            config,
            paths,
            metrics,
            catalogue: RwLock::new(catalogue),
            state: RwLock::new(state),
            manifest: Mutex::new(manifest),
            queue: Queue::default(),
            wal_files: Mutex::new(recovered.files),
            maintenance: Maintenance::default(),
        });
        joint.close(&shared, &recovered.damages).map_err(OpenError::io(&shared.paths.root))?;
        set_aside_at_open(&shared);
        let committer = Committer::new(Arc::clone(&shared), recovered.last_sequence);
        let worker = Worker::new(Arc::clone(&shared)).map_err(OpenError::io(&shared.paths.root))?;
        shared.refresh_gauges();
        let threads = vec![
            spawn("store-commit", &shared, move || committer.run())?,
            spawn("store-maintain", &shared, move || worker.run())?,
        ];
        Ok(Arc::new(Store { shared, threads, _lock: lock }))
    }
}

impl Store {
    /// Writes what is in memory as a segment, and waits for it. Not needed for durability.
    ///
    /// # Errors
    /// Why it could not be written; the rows stay in the log and in memory.
    pub fn flush(&self) -> Result<(), FlushError> {
        self.shared.maintenance.flush().map_err(FlushError)
    }

    /// The head of the chain of hashes: what was stored before it can later be proven unaltered
    /// with `quaywatch store verify --head`.
    pub fn chain_head(&self) -> ChainHead {
        ChainHead::from(&self.shared.manifest.lock().chain)
    }
}

/// Why a flush failed.
#[derive(Debug, thiserror::Error)]
#[error("flushing the store: {0}")]
pub struct FlushError(String);

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.queue.close();
        self.shared.maintenance.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; the rest of the program goes on closing.
            let _ = thread.join();
        }
    }
}

impl LogWriter for Store {
    fn append<'a>(
        &'a self,
        batch: Batch,
    ) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async move {
            let has_entries = batch.streams.iter().any(|stream| !stream.entries.is_empty());
            if !has_entries && batch.mark.is_none() {
                return Ok(());
            }
            // Encoded and summed here, by as many threads as there are writers.
            let payload = encode_batch(&batch);
            if payload.len() > RECORD_BYTES_MAX {
                let reason = format!("the batch has {} bytes, {RECORD_BYTES_MAX} are allowed", payload.len());
                let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, reason);
                return Err(WriteError::Io { path: self.shared.paths.wal.display().to_string(), source });
            }
            let payload_crc = crc32fast::hash(&payload);
            let (reply, answer) = oneshot::channel();
            let payload_hash = hash_of(&payload);
            let pending = Pending { payload, payload_crc, payload_hash, batch, reply };
            self.shared.queue.push(pending, self.shared.config.queue_bytes_max)?;
            answer.await.unwrap_or(Err(WriteError::Closed))
        })
    }

    fn mark(&self, writer: &str) -> Option<u64> {
        self.shared.state.read().marks.get(writer).copied()
    }
}

impl LogReader for Store {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        self.scan_where(request, &RowTests::default(), visit)
    }

    fn scan_where(
        &self,
        request: &ScanRequest,
        tests: &RowTests,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        scan::scan(&self.shared, request, tests, visit).inspect_err(|error| self.shared.suspect_read(error))
    }

    fn group(
        &self,
        request: &GroupRequest,
        go_on: &dyn Fn() -> bool,
        rest: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<Option<(Vec<GroupCounts>, ScanSummary)>, ReadError> {
        scan::group(&self.shared, request, go_on, rest).inspect_err(|error| self.shared.suspect_read(error))
    }

    fn streams(
        &self,
        tenant: &str,
        range: TimeRange,
        matchers: &[LabelMatcher],
    ) -> Result<Vec<Labels>, ReadError> {
        scan::streams(&self.shared, tenant, range, matchers)
            .inspect_err(|error| self.shared.suspect_read(error))
    }

    fn counts(&self, request: &CountRequest) -> Result<Option<Vec<StreamCounts>>, ReadError> {
        scan::counts(&self.shared, request).inspect_err(|error| self.shared.suspect_read(error))
    }
}

impl LogDeleter for Store {
    fn request(&self, tenant: &str, query: &str, range: TimeRange) -> Result<DeleteRequest, DeleteError> {
        delete::take(&self.shared, tenant, query, range)
    }

    fn list(&self, tenant: &str) -> Vec<DeleteRequest> {
        delete::list(&self.shared, tenant)
    }

    fn cancel(&self, tenant: &str, id: &str, _force: bool) -> Result<(), DeleteError> {
        delete::cancel(&self.shared, tenant, id)
    }
}

/// Segments whose index cannot be read. What does not go now is tried again by maintenance.
fn set_aside_at_open(shared: &Shared) {
    let segments = shared.state.read().segments.clone();
    for segment in segments {
        if let Some(reason) = segment.damage() {
            shared.suspects.lock().push((segment.file.name.clone(), reason.to_owned()));
        }
    }
    if let Err(error) = set_aside_damaged(shared) {
        tracing::error!(%error, "damaged segments could not be set aside");
    }
}

fn lock(paths: &Paths) -> Result<File, OpenError> {
    let path = paths.root.join("lock");
    let file = File::create(&path).map_err(OpenError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path }),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

fn spawn(
    name: &str,
    shared: &Shared,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(OpenError::io(&shared.paths.root))
}
