//! One capture being written, within bounds of time and size.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use capture_file::{Compression, Writer};
use event::{Event, tables::StartState};

/// When a capture ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// At the first event at or after this Unix time.
    pub(crate) deadline_ns: Option<u64>,
    /// When the file has this many bytes; what the compressor still holds comes on top.
    pub(crate) file_bytes_max: Option<u64>,
}

/// Why a capture ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its time is over.
    Time,
    /// The file has its size.
    Size,
}

/// A capture being written.
pub(crate) struct Tape {
    writer: Writer<BufWriter<Counted>>,
    path: PathBuf,
    bounds: Bounds,
    written: Arc<AtomicU64>,
}

/// Counts what reaches the file.
#[derive(Debug)]
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Tape {
    /// Begins a capture. The file must not exist yet: no other one is overwritten, and no link
    /// is followed. Captures hold arguments and environments: only the owner may read them.
    pub(crate) fn start(
        path: &Path,
        compression: Compression,
        state: &StartState,
        bounds: Bounds,
    ) -> io::Result<Tape> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        let written = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, bytes: Arc::clone(&written) };
        let mut writer = Writer::new(BufWriter::new(counted), compression)?;
        writer.write_start(state)?;
        Ok(Tape { writer, path: path.to_owned(), bounds, written })
    }

    /// Writes an event, unless the capture has reached a bound.
    pub(crate) fn write(&mut self, event: &Event<'_>, flags: u32) -> io::Result<Option<Ended>> {
        if self.bounds.deadline_ns.is_some_and(|deadline| event.timestamp.0 >= deadline) {
            return Ok(Some(Ended::Time));
        }
        self.writer.write_event(event, flags)?;
        let written = self.written.load(Ordering::Relaxed);
        Ok(self.bounds.file_bytes_max.is_some_and(|most| written >= most).then_some(Ended::Size))
    }

    /// Lets the capture go on at least until `deadline_ns`.
    pub(crate) fn extend(&mut self, deadline_ns: u64) {
        self.bounds.deadline_ns = self.bounds.deadline_ns.map(|deadline| deadline.max(deadline_ns));
    }

    /// When it ends at the latest.
    pub(crate) fn deadline_ns(&self) -> Option<u64> {
        self.bounds.deadline_ns
    }

    /// Events written.
    pub(crate) fn events(&self) -> u64 {
        self.writer.events()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the capture; the size of its file.
    pub(crate) fn finish(self) -> io::Result<u64> {
        self.writer.finish()?;
        fs::metadata(&self.path).map(|file| file.len())
    }
}
