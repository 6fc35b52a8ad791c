//! Opening a journal: take the lock, list the segments, cut the torn tail, go on after it.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use telemetry::Registry;

use super::{
    config::JournalConfig,
    error::OpenError,
    metrics::Metrics,
    segment::{self, SEGMENT_HEADER_BYTES, Segment},
    state::{Appender, Journal, View},
};
use crate::clock::{Clock, FreeSpace, System};

/// How long opening waits for another process to let go.
const LOCK_WAIT_MAX: Duration = Duration::from_millis(500);

/// The outside world of a journal.
#[derive(Clone)]
pub struct Environment {
    /// Wall clock, for the age of segments.
    pub clock: Arc<dyn Clock>,
    /// Free space of the disk.
    pub free_space: Arc<dyn FreeSpace>,
}

impl Default for Environment {
    /// The system's.
    fn default() -> Self {
        Environment { clock: Arc::new(System), free_space: Arc::new(System) }
    }
}

impl Journal {
    /// Opens or makes the journal in `directory`. `name` is the label of its metrics.
    ///
    /// # Errors
    /// [`OpenError`]: another process has it, or the folder cannot be read and written. Damage in
    /// the files is no error; it is logged, counted and skipped.
    pub fn open(
        name: &str,
        directory: &Path,
        config: JournalConfig,
        environment: Environment,
        registry: &Registry,
    ) -> Result<Journal, OpenError> {
        let metrics = Metrics::new(name, registry);
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source: io::Error| OpenError::Io { path, source }
        };
        std::fs::create_dir_all(directory).map_err(at(directory))?;
        let lock = lock(directory)?;
        let mut segments = segment::list(directory).map_err(at(directory))?;
        let now_ns = environment.clock.now_ns();
        let newest = match segments.pop() {
            Some(found) => Some(recover(found.clone(), &metrics).map_err(at(&found.path))?),
            None => None,
        };
        let (file, newest) = match newest {
            Some(opened) => opened,
            None => segment::create(directory, 1, now_ns, config.fsync).map_err(at(directory))?,
        };
        let appender = Appender::new(file, newest.bytes, newest.last + 1);
        segments.push(newest);
        let view = View::new(segments);
        metrics.bytes.set(i64::try_from(view.bytes()).unwrap_or(i64::MAX));
        Ok(Journal::assemble(directory, config, environment, metrics, lock, appender, view))
    }
}

/// Cuts what an unfinished write left at the end of the newest segment.
fn recover(mut newest: Segment, metrics: &Metrics) -> io::Result<(File, Segment)> {
    let scan = segment::scan(&newest)?;
    let file = OpenOptions::new().read(true).write(true).open(&newest.path)?;
    if scan.damaged_bytes > 0 {
        metrics.damaged.increment();
        metrics.damaged_bytes.add(scan.damaged_bytes);
        tracing::warn!(
            path = %newest.path.display(),
            bytes = scan.damaged_bytes,
            "damaged records in the journal are skipped"
        );
    }
    if scan.torn_bytes > 0 {
        metrics.torn_bytes.add(scan.torn_bytes);
        tracing::info!(
            path = %newest.path.display(),
            bytes = scan.torn_bytes,
            "an unfinished write at the journal's end is cut off"
        );
        file.set_len(scan.end)?;
    }
    if newest.bytes < SEGMENT_HEADER_BYTES as u64 {
        // The file was made, but its header was not written: it becomes a fresh one.
        let directory = newest.path.parent().unwrap_or(Path::new(".")).to_path_buf();
        return segment::create(&directory, newest.first, newest.created_ns, true);
    }
    newest.bytes = scan.end;
    newest.last = scan.last.unwrap_or(newest.first.saturating_sub(1));
    Ok((file, newest))
}

/// Who is about to let go (a dying process, a child between fork and exec) gets a moment.
fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let io = |source: io::Error| OpenError::Io { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(io)?;
    let deadline = Instant::now() + LOCK_WAIT_MAX;
    loop {
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(OpenError::InUse { directory: directory.to_path_buf() });
            }
            Err(error) => return Err(io(error.into())),
        }
    }
}
