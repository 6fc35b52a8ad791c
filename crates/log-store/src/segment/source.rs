//! Reads a segment file through its checksums: no byte of data reaches a decoder unchecked.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use log_record::ReadError;
use parking_lot::Mutex;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};

use super::{
    cache::{Cache, KeptTemplates},
    index::GRANULE_BYTES,
};

/// An open segment file. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Source(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Up to here granules are checked; the rest has its own checksum, checked once.
    checked_bytes: u64,
    granules: Arc<[u32]>,
    filters: OnceLock<Bytes>,
    cache: Mutex<Cache>,
    /// Reads so far; after some the rest comes in one.
    reads: AtomicU32,
    whole: OnceLock<Bytes>,
    /// Of the segment, which lives longer.
    templates: Arc<KeptTemplates>,
}

/// A reader that asks for more ranges of a file that is not larger is given the whole file: a
/// column is a few kilobytes, and each read is checked in granules.
const READS_MAX: u32 = 6;
const WHOLE_BYTES_MAX: u64 = 8 << 20;

/// The bytes of a file are not those that were written.
#[derive(Debug, thiserror::Error)]
#[error("the checksum of bytes {start}..{end} is wrong")]
struct WrongChecksum {
    start: u64,
    end: u64,
}

impl Source {
    pub(crate) fn open(
        path: &Path,
        checked_bytes: u64,
        granules: Arc<[u32]>,
        templates: Arc<KeptTemplates>,
    ) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let (path, filters, cache) = (path.to_owned(), OnceLock::new(), Mutex::default());
        let (reads, whole) = (AtomicU32::new(0), OnceLock::new());
        let inner =
            Inner { path, file, bytes, checked_bytes, granules, filters, cache, reads, whole, templates };
        Ok(Source(Arc::new(inner)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Only these rows will be loaded.
    pub(crate) fn mark(&self, rows: Vec<bool>) {
        self.0.cache.lock().passing = Some(Arc::new(rows));
    }

    pub(super) fn templates(&self) -> &KeptTemplates {
        &self.0.templates
    }

    /// What was decoded of it.
    pub(super) fn cache(&self) -> &Mutex<Cache> {
        &self.0.cache
    }

    /// The blocks' text filters, read once per open file.
    pub(crate) fn filters(&self, offset: u64) -> Result<&Bytes, ReadError> {
        if self.0.filters.get().is_none() {
            let length = self.0.checked_bytes.saturating_sub(offset) as usize;
            let read = self.get_bytes(offset, length).map_err(|error| read_error(&self.0.path, error))?;
            let _ = self.0.filters.set(read);
        }
        Ok(self.0.filters.get_or_init(Bytes::new))
    }

    /// Bytes `start..end`, checked, with no more copies than the read itself.
    fn checked(&self, start: u64, end: u64) -> Result<Bytes, ParquetError> {
        if let Some(whole) = self.0.whole.get() {
            let range = start as usize..end.max(start) as usize;
            return Ok(whole.slice(range));
        }
        let is_hot = self.0.reads.fetch_add(1, Ordering::Relaxed) >= READS_MAX;
        if is_hot && self.0.checked_bytes <= WHOLE_BYTES_MAX {
            let whole = self.granules(0, self.0.checked_bytes)?;
            return Ok(self.0.whole.get_or_init(|| whole).slice(start as usize..end.max(start) as usize));
        }
        self.granules(start, end)
    }

    fn granules(&self, start: u64, end: u64) -> Result<Bytes, ParquetError> {
        let granule = GRANULE_BYTES as u64;
        let from = start / granule * granule;
        let to = end.div_ceil(granule).saturating_mul(granule).min(self.0.checked_bytes);
        let read = self.raw(from, to)?;
        let first = (from / granule) as usize;
        for (at, content) in read.chunks(GRANULE_BYTES).enumerate() {
            if self.0.granules.get(first + at) != Some(&crc32fast::hash(content)) {
                let start = from + (at * GRANULE_BYTES) as u64;
                let wrong = WrongChecksum { start, end: start + content.len() as u64 };
                return Err(ParquetError::External(Box::new(wrong)));
            }
        }
        Ok(read.slice((start - from) as usize..(end - from) as usize))
    }

    fn raw(&self, start: u64, end: u64) -> Result<Bytes, ParquetError> {
        if end < start || end > self.0.bytes {
            return Err(ParquetError::EOF(format!("bytes {start}..{end} are behind its end")));
        }
        let mut read = vec![0; (end - start) as usize];
        self.0
            .file
            .read_exact_at(&mut read, start)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(read.into())
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.bytes
    }
}

impl ChunkReader for Source {
    type T = SourceReader;

    fn get_read(&self, start: u64) -> Result<SourceReader, ParquetError> {
        Ok(SourceReader { source: self.clone(), at: start, buffer: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.saturating_add(length as u64);
        if end <= self.0.checked_bytes { self.checked(start, end) } else { self.raw(start, end) }
    }
}

/// Reads on from a place.
#[derive(Debug)]
pub(crate) struct SourceReader {
    source: Source,
    at: u64,
    buffer: Bytes,
}

impl Read for SourceReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            let end = if self.at < self.source.0.checked_bytes {
                self.source.0.checked_bytes
            } else {
                self.source.0.bytes
            };
            let length = (end - self.at.min(end)).min(GRANULE_BYTES as u64);
            self.buffer = self.source.get_bytes(self.at, length as usize).map_err(io::Error::other)?;
            self.at += length;
        }
        let count = out.len().min(self.buffer.len());
        let taken = self.buffer.split_to(count);
        out.iter_mut().zip(taken).for_each(|(to, from)| *to = from);
        Ok(count)
    }
}

/// What went wrong with a file: the medium, or its bytes.
pub(crate) fn read_error(path: &Path, error: ParquetError) -> ReadError {
    let path = path.display().to_string();
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => ReadError::Io { path, source: *source },
            Err(source) => ReadError::Damaged { path, reason: source.to_string() },
        },
        other => ReadError::Damaged { path, reason: other.to_string() },
    }
}
