//! Group commit: one thread writes what waits, syncs once, makes it visible, then answers.
//!
//! Sits between `append` and the memtable. Knows no query and no segment.

use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use log_record::{Batch, WriteError};
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::{
    file::WalWriter,
    record::{HEADER_BYTES, Header},
};
use crate::{
    chain::Hash,
    disk::{DiskOperation, is_disk_full},
    limits::GROUP_BYTES_MAX,
    shared::Shared,
};

/// A batch that waits for the disk.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) payload: Vec<u8>,
    pub(crate) payload_crc: u32,
    /// For the chain.
    pub(crate) payload_hash: Hash,
    pub(crate) batch: Batch,
    pub(crate) reply: oneshot::Sender<Result<(), WriteError>>,
}

/// What waits, bounded by bytes.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Pending>,
    bytes: u64,
    is_closed: bool,
}

impl Queue {
    /// Queues a batch, unless more than `bytes_max` would wait. An empty queue takes any size.
    pub(crate) fn push(&self, pending: Pending, bytes_max: u64) -> Result<(), WriteError> {
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return Err(WriteError::Closed);
        }
        let bytes = pending.payload.len() as u64;
        if waiting.bytes > 0 && waiting.bytes.saturating_add(bytes) > bytes_max {
            return Err(WriteError::Overloaded { queued_bytes: waiting.bytes });
        }
        waiting.bytes += bytes;
        waiting.batches.push_back(pending);
        self.arrived.notify_one();
        Ok(())
    }

    /// No more batches; what waits is still written.
    pub(crate) fn close(&self) {
        self.waiting.lock().is_closed = true;
        self.arrived.notify_all();
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.waiting.lock().bytes
    }

    /// The next group; none when closed and empty.
    fn take_group(&self, group: &mut Vec<Pending>) -> bool {
        let mut waiting = self.waiting.lock();
        while waiting.batches.is_empty() {
            if waiting.is_closed {
                return false;
            }
            self.arrived.wait(&mut waiting);
        }
        let mut bytes = 0;
        while let Some(next) = waiting.batches.front() {
            bytes += next.payload.len();
            if !group.is_empty() && bytes > GROUP_BYTES_MAX {
                break;
            }
            group.extend(waiting.batches.pop_front());
        }
        true
    }

    /// The group is on disk: its bytes no longer count as waiting.
    fn release(&self, bytes: u64) {
        let mut waiting = self.waiting.lock();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }
}

/// The thread's own state.
#[derive(Debug)]
pub(crate) struct Committer {
    shared: Arc<Shared>,
    /// Absent after an error or before the first record: made at the next group.
    file: Option<WalWriter>,
    last_sequence: u64,
    buffer: Vec<u8>,
    space: SpaceWatch,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, last_sequence: u64) -> Self {
        Committer { shared, file: None, last_sequence, buffer: Vec::new(), space: SpaceWatch::default() }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let mut group = Vec::new();
        let shared = Arc::clone(&self.shared);
        while shared.queue.take_group(&mut group) {
            let bytes = group.iter().map(|pending| pending.payload.len() as u64).sum();
            let written = self.admit(bytes).and_then(|()| self.write(&group));
            match written {
                Ok(()) => self.publish(&mut group),
                Err(error) => {
                    shared.metrics.refused_batches.add(group.len() as u64);
                    for pending in group.drain(..) {
                        let _ = pending.reply.send(Err(copy_of(&error)));
                    }
                }
            }
            shared.queue.release(bytes);
        }
    }

    /// Refuses a group for which disk or memory has no room.
    fn admit(&mut self, bytes: u64) -> Result<(), WriteError> {
        if !self.shared.wait_for_room() {
            return Err(WriteError::Overloaded { queued_bytes: self.shared.queue.bytes() });
        }
        self.space.check(&self.shared, bytes)
    }

    /// Writes and syncs the group's records.
    fn write(&mut self, group: &[Pending]) -> Result<(), WriteError> {
        let synced_sequence = self.last_sequence;
        self.buffer.clear();
        let mut sequence = synced_sequence;
        for pending in group {
            sequence += 1;
            let payload_bytes = u32::try_from(pending.payload.len()).unwrap_or(u32::MAX);
            let header =
                Header { payload_bytes, sequence, synced_sequence, payload_crc: pending.payload_crc };
            self.buffer.reserve(HEADER_BYTES + pending.payload.len());
            header.encode(&mut self.buffer);
            self.buffer.extend_from_slice(&pending.payload);
        }
        let dir = &self.shared.paths.wal;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => WalWriter::create(&self.shared.disk, dir, synced_sequence + 1)
                .map_err(|error| self.failure(error))?,
        };
        let began = Instant::now();
        let appended = file.append(&self.buffer);
        self.shared.metrics.synced(began.elapsed());
        self.buffer.clear();
        // A buffer grown by one huge batch is not kept.
        self.buffer.shrink_to(2 * GROUP_BYTES_MAX);
        match appended {
            Ok(()) => {
                self.last_sequence = sequence;
                self.shared.note_wal_bytes(file.bytes);
                let is_long = file.bytes >= self.shared.config.wal_segment_bytes;
                self.file = Some(file);
                if is_long {
                    self.rotate();
                }
                Ok(())
            }
            Err(error) => {
                // What a failed sync left is unknown, so nothing more is written to this file.
                let error = self.failure(error);
                if !file.is_fresh {
                    self.shared.close_wal_file(file.file.path, self.last_sequence, file.bytes);
                }
                Err(error)
            }
        }
    }

    fn failure(&self, source: io::Error) -> WriteError {
        if is_disk_full(&source) {
            let free_bytes = self.shared.free_bytes().unwrap_or(0);
            return WriteError::DiskFull { free_bytes, reserve_bytes: self.shared.config.reserve_bytes_free };
        }
        WriteError::Io { path: self.shared.paths.wal.display().to_string(), source }
    }

    fn rotate(&mut self) {
        if let Some(file) = self.file.take() {
            self.shared.close_wal_file(file.file.path, self.last_sequence, file.bytes);
        }
    }

    /// Makes the group visible and answers. A full memtable is frozen; its records then lie in
    /// closed files, which the flush removes.
    fn publish(&mut self, group: &mut Vec<Pending>) {
        let first = self.last_sequence + 1 - group.len() as u64;
        let is_frozen = {
            let batches = group
                .iter()
                .enumerate()
                .map(|(index, pending)| (first + index as u64, &pending.payload_hash, &pending.batch));
            self.shared.insert(batches)
        };
        // Only tests watch; they may stop the process here, between the sync and the answer.
        let _ = self.shared.disk.announce(DiskOperation::Acknowledge);
        for pending in group.drain(..) {
            // Who no longer waits for the answer does not need it.
            let _ = pending.reply.send(Ok(()));
        }
        if is_frozen {
            self.rotate();
            self.shared.maintenance.wake();
        }
    }
}

/// Asks the disk for its free bytes, seldom while there is plenty.
#[derive(Debug, Default)]
struct SpaceWatch {
    asked: Option<Instant>,
    bytes_since: u64,
    is_short: bool,
}

impl SpaceWatch {
    fn check(&mut self, shared: &Shared, bytes: u64) -> Result<(), WriteError> {
        self.bytes_since += bytes;
        let is_fresh = self.asked.is_some_and(|asked| asked.elapsed() < Duration::from_secs(1));
        let reserve_bytes = shared.config.reserve_bytes_free;
        if is_fresh && !self.is_short && self.bytes_since < reserve_bytes / 4 {
            return Ok(());
        }
        self.asked = Some(Instant::now());
        self.bytes_since = 0;
        let mut free_bytes = shared.free_bytes().unwrap_or(u64::MAX);
        if free_bytes < reserve_bytes {
            // Data past its retention goes before a writer is refused.
            shared.expire_now();
            free_bytes = shared.free_bytes().unwrap_or(u64::MAX);
        }
        self.is_short = free_bytes < reserve_bytes;
        if self.is_short { Err(WriteError::DiskFull { free_bytes, reserve_bytes }) } else { Ok(()) }
    }
}

fn copy_of(error: &WriteError) -> WriteError {
    match error {
        WriteError::DiskFull { free_bytes, reserve_bytes } => {
            WriteError::DiskFull { free_bytes: *free_bytes, reserve_bytes: *reserve_bytes }
        }
        WriteError::Overloaded { queued_bytes } => WriteError::Overloaded { queued_bytes: *queued_bytes },
        WriteError::Closed => WriteError::Closed,
        WriteError::Io { path, source } => {
            let source = source.raw_os_error().map_or_else(
                || io::Error::new(source.kind(), source.to_string()),
                io::Error::from_raw_os_error,
            );
            WriteError::Io { path: path.clone(), source }
        }
    }
}
