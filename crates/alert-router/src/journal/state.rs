//! The journal itself: appending, rolling and cursors.
//!
//! `appender` is held while bytes go to the disk; `view` is what readers see and is only held for
//! moments. Order: appender before view.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use super::{
    config::JournalConfig,
    cursor::{self, Cursor, Found, Hold, Start},
    error::AppendError,
    frame,
    metrics::Metrics,
    open::Environment,
    segment::{self, SEGMENT_HEADER_BYTES, Segment},
};
use crate::limits::RECORD_BYTES_MAX;

/// A durable log of byte records. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Journal(pub(crate) Arc<Shared>);

/// Positions of the records of one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The first record's.
    pub first: u64,
    /// The last record's; they are consecutive.
    pub last: u64,
}

/// Sizes, for status pages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct JournalStatus {
    /// All files together.
    pub bytes: u64,
    /// What they may reach.
    pub bytes_max: u64,
    /// Number of files.
    pub segments: usize,
    /// Newest durable position; 0 = nothing was ever written.
    pub durable: u64,
    /// Every cursor and its position.
    pub cursors: BTreeMap<String, u64>,
}

pub(crate) struct Shared {
    pub(crate) directory: PathBuf,
    pub(super) config: JournalConfig,
    pub(super) environment: Environment,
    pub(crate) metrics: Metrics,
    appender: Mutex<Appender>,
    pub(crate) view: Mutex<View>,
    grown: Condvar,
    durable: watch::Sender<u64>,
    /// Held while the journal is open; the system gives it back when the process dies.
    _lock: File,
}

/// The writing end.
pub(crate) struct Appender {
    file: File,
    pub(super) offset: u64,
    next: u64,
    buffer: Vec<u8>,
    /// The file's end is not known any more, so the next append begins a new file.
    broken: bool,
}

/// What readers may see.
pub(crate) struct View {
    /// Oldest first, never empty; the last one is being written.
    pub(crate) segments: VecDeque<Segment>,
    pub(super) cursors: BTreeMap<String, Cursor>,
    pub(crate) durable: u64,
}

impl Appender {
    pub(crate) fn new(file: File, offset: u64, next: u64) -> Self {
        Appender { file, offset, next, buffer: Vec::new(), broken: false }
    }
}

impl View {
    pub(crate) fn new(segments: Vec<Segment>) -> Self {
        let durable = segments.last().map_or(0, |segment| segment.last);
        View { segments: segments.into(), cursors: BTreeMap::new(), durable }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The cursor that is furthest behind.
    pub(super) fn slowest(&self) -> Option<(&String, &Cursor)> {
        self.cursors.iter().min_by_key(|(_, cursor)| cursor.position)
    }
}

impl Journal {
    pub(crate) fn assemble(
        directory: &Path,
        config: JournalConfig,
        environment: Environment,
        metrics: Metrics,
        lock: File,
        appender: Appender,
        view: View,
    ) -> Journal {
        let durable = watch::Sender::new(view.durable);
        Journal(Arc::new(Shared {
            directory: directory.to_path_buf(),
            config,
            environment,
            metrics,
            appender: Mutex::new(appender),
            view: Mutex::new(view),
            grown: Condvar::new(),
            durable,
            _lock: lock,
        }))
    }

    /// Appends all payloads with one write (and one sync, if configured); blocking.
    ///
    /// # Errors
    /// [`AppendError`]; then none of them is in the journal.
    pub fn append_sync<P: AsRef<[u8]>>(&self, payloads: &[P]) -> Result<Appended, AppendError> {
        let result = self.0.append(payloads);
        match &result {
            Ok(_) => self.0.metrics.appended.add(payloads.len() as u64),
            Err(error) => self.0.metrics.refused(error.reason(), payloads.len() as u64),
        }
        result
    }

    /// Newest durable position; 0 = nothing was ever written.
    pub fn durable(&self) -> u64 {
        self.0.view.lock().durable
    }

    /// Changes whenever [`Journal::durable`] does.
    pub fn watch_durable(&self) -> watch::Receiver<u64> {
        self.0.durable.subscribe()
    }

    /// Blocks until something after `position` is durable, or the time is over; tells which.
    pub fn wait_beyond(&self, position: u64, max_wait: Duration) -> bool {
        let mut view = self.0.view.lock();
        let _ = self.0.grown.wait_while_for(&mut view, |view| view.durable <= position, max_wait);
        view.durable > position
    }

    /// Registers a cursor and tells its position: everything up to it is done.
    ///
    /// # Errors
    /// When its file cannot be read or written. A damaged file is no error: the cursor begins at
    /// the oldest record again, so that nothing is lost.
    pub fn cursor(&self, name: &str, start: Start, hold: Hold) -> io::Result<u64> {
        let found = Cursor::open(&self.0.directory, name, hold)?;
        let mut appender = self.0.appender.lock();
        let mut view = self.0.view.lock();
        let oldest = view.segments.front().map_or(0, |segment| segment.first.saturating_sub(1));
        let cursor = match (found, start) {
            (Found::Existing(cursor), _) => cursor,
            (Found::New(mut cursor), Start::Newest) => {
                cursor.commit(view.durable)?;
                cursor
            }
            (Found::New(mut cursor), Start::Oldest) => {
                cursor.commit(oldest)?;
                cursor
            }
            (Found::Damaged(mut cursor), _) => {
                tracing::warn!(cursor = name, "the cursor's file is damaged: starting at the oldest record");
                self.0.metrics.damaged.increment();
                cursor.commit(oldest)?;
                cursor
            }
        };
        let position = cursor.position;
        // Without fsync a power loss can take records that a cursor had already passed. Their
        // positions must not be used again, or new records would count as done.
        appender.next = appender.next.max(position.saturating_add(1));
        view.cursors.insert(name.to_owned(), cursor);
        Ok(position)
    }

    /// Everything up to and including `position` is done for this cursor.
    ///
    /// # Errors
    /// When its file cannot be written; it has moved in memory nevertheless.
    pub fn commit(&self, name: &str, position: u64) -> io::Result<()> {
        let mut view = self.0.view.lock();
        let result = match view.cursors.get_mut(name) {
            Some(cursor) => cursor.commit(position),
            None => Ok(()),
        };
        self.0.expire_old(&mut view);
        self.0.delete_passed(&mut view);
        result
    }

    /// A cursor's position.
    pub fn position(&self, name: &str) -> Option<u64> {
        self.0.view.lock().cursors.get(name).map(|cursor| cursor.position)
    }

    /// Deletes the cursors of readers that do not exist any more: they would hold everything back.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn retain_cursors(&self, names: &[&str]) -> io::Result<()> {
        let mut view = self.0.view.lock();
        view.cursors.retain(|name, _| names.contains(&name.as_str()));
        cursor::remove_all_but(&self.0.directory, names)
    }

    /// New records get positions after `position`: for a journal that was deleted while whoever
    /// reads it remembers how far it had come.
    pub fn continue_after(&self, position: u64) {
        let mut appender = self.0.appender.lock();
        appender.next = appender.next.max(position.saturating_add(1));
    }

    /// Sizes and cursors.
    pub fn status(&self) -> JournalStatus {
        let view = self.0.view.lock();
        JournalStatus {
            bytes: view.bytes(),
            bytes_max: self.0.config.bytes_max,
            segments: view.segments.len(),
            durable: view.durable,
            cursors: view.cursors.iter().map(|(name, cursor)| (name.clone(), cursor.position)).collect(),
        }
    }
}

impl Shared {
    fn append<P: AsRef<[u8]>>(&self, payloads: &[P]) -> Result<Appended, AppendError> {
        let mut bytes = 0;
        for payload in payloads.iter().map(AsRef::as_ref) {
            if payload.len() > RECORD_BYTES_MAX {
                return Err(AppendError::TooLarge { bytes: payload.len(), bytes_max: RECORD_BYTES_MAX });
            }
            bytes += (payload.len() + frame::HEADER_BYTES) as u64;
        }
        let mut appender = self.appender.lock();
        let first = appender.next;
        if payloads.is_empty() {
            return Ok(Appended { first, last: first.saturating_sub(1) });
        }
        self.check_disk()?;
        self.make_room(&mut appender, bytes)?;
        let filled = appender.offset > SEGMENT_HEADER_BYTES as u64;
        if appender.broken || (filled && appender.offset + bytes > self.config.segment_bytes_effective()) {
            self.roll(&mut appender).map_err(|error| self.io_error(error))?;
        }
        let first = appender.next;
        let mut buffer = std::mem::take(&mut appender.buffer);
        buffer.clear();
        for payload in payloads {
            frame::encode(&mut buffer, appender.next, payload.as_ref());
            // Also after a failure the position stays used: bytes of it may be on the disk.
            appender.next += 1;
        }
        let result = self.write(&mut appender, &buffer);
        // One huge request must not keep its buffer for ever.
        buffer.shrink_to(1024 * 1024);
        appender.buffer = buffer;
        result.map_err(|error| self.io_error(error))?;
        let last = appender.next - 1;
        self.publish(appender.offset, last);
        Ok(Appended { first, last })
    }

    fn write(&self, appender: &mut Appender, bytes: &[u8]) -> io::Result<()> {
        let written = appender.file.write_all_at(bytes, appender.offset).and_then(|()| {
            if self.config.fsync {
                self.metrics.syncs.increment();
                appender.file.sync_data()?;
            }
            Ok(())
        });
        if let Err(error) = written {
            // After a failed sync nobody knows what the disk holds: leave this file as it was and
            // begin another one.
            appender.broken = true;
            let _ = appender.file.set_len(appender.offset);
            return Err(error);
        }
        appender.offset += bytes.len() as u64;
        Ok(())
    }

    fn publish(&self, offset: u64, last: u64) {
        let mut view = self.view.lock();
        if let Some(newest) = view.segments.back_mut() {
            newest.bytes = offset;
            newest.last = last;
        }
        view.durable = last;
        self.metrics.bytes.set(i64::try_from(view.bytes()).unwrap_or(i64::MAX));
        self.grown.notify_all();
        drop(view);
        self.durable.send_replace(last);
    }

    /// Begins a new file at the next position.
    pub(super) fn roll(&self, appender: &mut Appender) -> io::Result<()> {
        let now_ns = self.environment.clock.now_ns();
        let (file, mut segment) = segment::create(&self.directory, appender.next, now_ns, self.config.fsync)?;
        let mut view = self.view.lock();
        segment.last = appender.next.saturating_sub(1);
        appender.file = file;
        appender.offset = segment.bytes;
        appender.broken = false;
        view.segments.push_back(segment);
        self.expire_old(&mut view);
        self.delete_passed(&mut view);
        Ok(())
    }

    pub(super) fn io_error(&self, source: io::Error) -> AppendError {
        AppendError::Io { path: self.directory.clone(), source: Arc::new(source) }
    }
}

/// A reader's name as a file name: what is not plain becomes `%` and two hex digits.
pub(crate) fn journal_file_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}
