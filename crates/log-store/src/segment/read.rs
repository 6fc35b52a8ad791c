//! A live segment: its index in memory, its rows read block by block. Knows what a scan wants
//! of a block, not how blocks are ordered.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use log_record::{Columns, ReadError, TimeRange};
use parquet::{arrow::arrow_reader::ArrowReaderMetadata, file::reader::ChunkReader};
use serde::{Deserialize, Serialize};

use super::{
    cache::KeptTemplates,
    grams::NeedleGrams,
    index::SegmentIndex,
    source::{Source, read_error},
    write::WrittenSegment,
};
use crate::{
    index::{Catalogue, StreamFilter},
    limits::INDEX_BYTES_MAX,
    scan::Loaded,
};

/// A segment as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentFile {
    /// Name in the segments folder.
    pub(crate) name: String,
    /// Version of its layout.
    pub(crate) version: u32,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) line_bytes: u64,
    pub(crate) oldest_ns: i64,
    pub(crate) newest_ns: i64,
    pub(crate) index_offset: u64,
    pub(crate) index_bytes: u64,
    pub(crate) index_crc: u32,
    pub(crate) footer_crc: u32,
    /// BLAKE3 of the whole file, in hex; empty until a segment of an old store is sealed.
    #[serde(default)]
    pub(crate) hash: String,
    /// Number of the newest flush whose rows are in it: what a delete request goes by.
    #[serde(default)]
    pub(crate) born: u64,
}

/// The newest layout this release reads.
pub(crate) const SEGMENT_VERSION: u32 = 2;

impl SegmentFile {
    pub(crate) fn new(name: String, written: &WrittenSegment) -> Self {
        let streams = &written.index.streams;
        SegmentFile {
            name,
            version: SEGMENT_VERSION,
            bytes: written.bytes.len() as u64,
            rows: written.index.rows(),
            line_bytes: written.index.line_bytes(),
            oldest_ns: streams.iter().map(|entry| entry.oldest_ns).min().unwrap_or(i64::MAX),
            newest_ns: streams.iter().map(|entry| entry.newest_ns).max().unwrap_or(i64::MIN),
            index_offset: written.index_offset,
            index_bytes: written.index_bytes,
            index_crc: written.index_crc,
            footer_crc: written.footer_crc,
            hash: crate::chain::hash_of(&written.bytes).to_string(),
            born: 0,
        }
    }
}

/// A live segment. Its file goes when it is obsolete and the last scan lets go of it.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) file: SegmentFile,
    path: PathBuf,
    /// Or why it cannot be read.
    index: Result<SegmentIndex, String>,
    /// Catalogue numbers by the segment's own.
    streams: Vec<u32>,
    /// Of segments of version 1.
    pub(super) footer: OnceLock<ArrowReaderMetadata>,
    /// Set once the footer's checksum was found right.
    sound_footer: OnceLock<()>,
    templates: Arc<KeptTemplates>,
    is_obsolete: AtomicBool,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_obsolete.load(Ordering::Acquire) {
            // Should this fail, the next open finds the file in no manifest and removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What a scan wants of a block.
#[derive(Debug)]
pub(crate) struct Needed<'a> {
    pub(crate) range: TimeRange,
    pub(crate) filter: &'a StreamFilter,
    pub(crate) columns: &'a Columns,
    pub(crate) grams: &'a NeedleGrams,
}

/// Time, own stream number and line length of the rows of a block.
pub(crate) type Keys = (Vec<i64>, Vec<u32>, Vec<u32>);

impl Segment {
    /// Reads the index. A damaged one is not an error here: the segment then answers every
    /// question that touches it with its name.
    pub(crate) fn open(dir: &Path, file: SegmentFile, catalogue: &mut Catalogue) -> Self {
        let path = dir.join(&file.name);
        let index = read_index(&path, &file);
        Segment::new(path, file, index, catalogue)
    }

    pub(crate) fn written(
        dir: &Path,
        file: SegmentFile,
        index: SegmentIndex,
        catalogue: &mut Catalogue,
    ) -> Self {
        Segment::new(dir.join(&file.name), file, Ok(index), catalogue)
    }

    fn new(
        path: PathBuf,
        file: SegmentFile,
        index: Result<SegmentIndex, String>,
        catalogue: &mut Catalogue,
    ) -> Self {
        let entries = index.iter().flat_map(|index| &index.streams);
        let streams =
            entries.map(|entry| catalogue.intern(&entry.stream.tenant, &entry.stream.labels)).collect();
        let (footer, sound_footer, is_obsolete) = (OnceLock::new(), OnceLock::new(), AtomicBool::new(false));
        let templates = Arc::default();
        Segment { file, path, index, streams, footer, sound_footer, templates, is_obsolete }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// No longer in the manifest: remove the file when nobody reads it.
    pub(crate) fn retire(&self) {
        self.is_obsolete.store(true, Ordering::Release);
    }

    pub(crate) fn damage(&self) -> Option<&str> {
        self.index.as_ref().err().map(String::as_str)
    }

    pub(crate) fn index(&self) -> Result<&SegmentIndex, ReadError> {
        self.index.as_ref().map_err(|reason| self.damaged(reason))
    }

    pub(crate) fn damaged(&self, reason: &str) -> ReadError {
        ReadError::Damaged { path: self.path.display().to_string(), reason: reason.to_owned() }
    }

    /// Catalogue numbers of all its streams.
    pub(crate) fn streams(&self) -> &[u32] {
        &self.streams
    }

    /// The catalogue number of one of its streams.
    pub(crate) fn stream(&self, own: u32) -> u32 {
        self.streams.get(own as usize).copied().unwrap_or(u32::MAX)
    }

    pub(crate) fn source(&self) -> Result<Source, ReadError> {
        let index = self.index()?;
        let (granules, templates) = (Arc::clone(&index.granules), Arc::clone(&self.templates));
        let source = Source::open(&self.path, self.file.index_offset, granules, templates)
            .map_err(|source| ReadError::Io { path: self.path.display().to_string(), source })?;
        if index.layout.is_some() && self.sound_footer.get().is_none() {
            // The store itself does not need the footer, but every other reader does.
            self.footer_bytes(&source)?;
            let _ = self.sound_footer.set(());
        }
        Ok(source)
    }

    /// What lies behind the index, checked.
    pub(super) fn footer_bytes(&self, source: &Source) -> Result<Bytes, ReadError> {
        let start = self.file.index_offset + self.file.index_bytes;
        let length = self.file.bytes.saturating_sub(start) as usize;
        let bytes = source.get_bytes(start, length).map_err(|error| read_error(source.path(), error))?;
        if crc32fast::hash(&bytes) != self.file.footer_crc {
            return Err(self.damaged("the checksum of its footer is wrong"));
        }
        Ok(bytes)
    }

    /// The rows of a block that pass, with the wanted columns.
    pub(crate) fn load(
        &self,
        source: &Source,
        at: usize,
        needed: &Needed<'_>,
    ) -> Result<Option<Loaded>, ReadError> {
        match &self.index()?.layout {
            Some(layout) => self.load_block(source, layout, at, needed),
            None => self.load_old(source, at, needed),
        }
    }

    /// Times, streams and, if asked for, line lengths of a whole block.
    pub(crate) fn keys(&self, source: &Source, at: usize, with_bytes: bool) -> Result<Keys, ReadError> {
        let index = self.index()?;
        match (&index.layout, index.blocks.get(at)) {
            (Some(layout), _) => Segment::block_keys(source, layout, at, with_bytes),
            (None, Some(block)) => self.keys_old(source, block, with_bytes),
            (None, None) => Ok(Keys::default()),
        }
    }
}

fn read_index(path: &Path, file: &SegmentFile) -> Result<SegmentIndex, String> {
    use std::os::unix::fs::FileExt;
    if file.version > SEGMENT_VERSION {
        return Err(format!("it has format version {}: upgrade quaywatch", file.version));
    }
    if file.index_bytes > INDEX_BYTES_MAX || file.index_bytes > file.bytes {
        return Err("its index is larger than the format allows".to_owned());
    }
    let opened = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = vec![0; file.index_bytes as usize];
    opened.read_exact_at(&mut bytes, file.index_offset).map_err(|error| error.to_string())?;
    if crc32fast::hash(&bytes) != file.index_crc {
        return Err("the checksum of its index is wrong".to_owned());
    }
    SegmentIndex::decode(&bytes).map_err(|error| error.to_string())
}
