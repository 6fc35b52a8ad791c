//! What happens on the queue's commit thread: duplicates are found before the write; after it the
//! marks are raised and the alerts handed to whoever waits for them.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use alert::{Alert, AlertId};
use tokio::sync::watch;

use crate::{
    announcer::Announcer,
    clock::Clock,
    journal::{Gate, Journal},
    lane::Lane,
    limits::{MARK_SNAPSHOT_RECORDS, READ_CHUNK_BYTES},
    marks::Marks,
    metrics::IntakeMetrics,
    payload::{self, Timings},
    tail::Tail,
    trace::Traces,
};

/// The cursor that keeps records until the marks' snapshot covers them.
pub(crate) const MARKS_CURSOR: &str = "marks";

/// One alert on the commit thread.
pub(crate) struct Entry {
    pub(crate) id: Option<AlertId>,
    pub(crate) alert: Arc<Alert>,
    pub(crate) timings: Timings,
    pub(crate) bytes: usize,
}

/// The gate of the queue.
pub(crate) struct Intake {
    pub(crate) marks: Marks,
    /// Position of the last snapshot of the marks.
    pub(crate) saved: u64,
    pub(crate) directory: PathBuf,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: IntakeMetrics,
    pub(crate) tail: Arc<Tail>,
    pub(crate) traces: Arc<Traces>,
    pub(crate) lanes: Arc<[Arc<Lane>]>,
    pub(crate) queued: watch::Sender<u64>,
    /// Whom to tell at once, when there is no store.
    pub(crate) stored: Option<Announcer>,
}

impl Gate for Intake {
    type Tag = Entry;

    fn admit(&mut self, entry: &Entry) -> bool {
        let new = entry.id.as_ref().is_none_or(|id| self.marks.admit(id));
        if !new {
            self.metrics.duplicates.increment();
        }
        new
    }

    fn durable(&mut self, records: Vec<(u64, Entry)>) {
        self.marks.keep();
        self.metrics.accepted.add(records.len() as u64);
        let now_ns = self.clock.now_ns();
        let Some(last) = records.last().map(|(position, _)| *position) else { return };
        for (_, entry) in &records {
            self.traces.queued(&entry.alert, entry.timings, now_ns);
            if let Some(stored) = &self.stored {
                stored.send(&entry.alert);
            }
        }
        let all_have = self.lanes.iter().map(|lane| lane.position()).min().unwrap_or(last);
        self.tail.forget(all_have);
        self.tail.push(records.into_iter().map(|(position, entry)| (position, entry.alert, entry.bytes)));
        for lane in self.lanes.iter() {
            lane.show_lag(last);
        }
        self.queued.send_replace(last);
        if last - self.saved >= MARK_SNAPSHOT_RECORDS {
            self.save_marks(last);
        }
    }

    fn failed(&mut self) {
        self.marks.fail();
        // A full queue may be full of what only the marks hold back.
        let durable = self.journal.durable();
        if durable > self.saved {
            self.save_marks(durable);
        }
    }
}

impl Intake {
    fn save_marks(&mut self, position: u64) {
        let saved = self.marks.save(&self.directory, position);
        match saved.and_then(|()| self.journal.commit(MARKS_CURSOR, position)) {
            Ok(()) => {
                self.saved = position;
                self.metrics.marks.set(i64::try_from(position).unwrap_or(i64::MAX));
            }
            // The records stay in the queue until it succeeds.
            Err(error) => tracing::warn!(%error, "saving the high-water marks failed"),
        }
    }
}

impl Drop for Intake {
    /// Spares the next start the replay.
    fn drop(&mut self) {
        let durable = self.journal.durable();
        if durable > self.saved {
            self.save_marks(durable);
        }
    }
}

/// The marks as of the queue's end: the snapshot, and what was accepted after it.
pub(crate) fn load_marks(directory: &Path, journal: &Journal, metrics: &IntakeMetrics) -> io::Result<Marks> {
    let (mut marks, position, damaged) = Marks::load(directory);
    if damaged {
        tracing::warn!(
            directory = %directory.display(),
            "the high-water marks are damaged: they are rebuilt from what is still in the queue, and a sensor that repeats older alerts would double them"
        );
    }
    let mut reader = journal.reader(position + 1);
    loop {
        let batch = reader.read(usize::MAX, READ_CHUNK_BYTES)?;
        if batch.records.is_empty() {
            return Ok(marks);
        }
        for record in batch.records {
            match payload::decode_id(&record.payload) {
                Some(Some(id)) => marks.replay(id),
                Some(None) => {}
                None => metrics.unreadable.increment(),
            }
        }
    }
}
