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

use arrow_array::{
    RecordBatch,
    cast::AsArray,
    types::{TimestampNanosecondType, UInt32Type},
};
use log_record::{Columns, ReadError, TimeRange};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
            RowSelector,
        },
    },
    errors::ParquetError,
    file::metadata::PageIndexPolicy,
};
use serde::{Deserialize, Serialize};

use super::{
    grams::NeedleGrams,
    index::{BlockEntry, SegmentIndex},
    props::{LINE, LINE_BYTES, METADATA, STREAM_ID, TIMESTAMP},
    source::{Source, read_error},
    write::WrittenSegment,
};
use crate::{
    index::{Catalogue, StreamFilter},
    limits::INDEX_BYTES_MAX,
    rows::Texts,
    scan::{Loaded, MetadataHolder, TextHolder},
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
pub(crate) const SEGMENT_VERSION: u32 = 1;

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
    footer: OnceLock<ArrowReaderMetadata>,
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
        let (footer, is_obsolete) = (OnceLock::new(), AtomicBool::new(false));
        Segment { file, path, index, streams, footer, is_obsolete }
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
        Source::open(&self.path, self.file.index_offset, Arc::clone(&index.granules))
            .map_err(|source| ReadError::Io { path: self.path.display().to_string(), source })
    }

    /// The rows of a block that pass, with the wanted columns.
    pub(crate) fn load(
        &self,
        source: &Source,
        at: usize,
        needed: &Needed<'_>,
    ) -> Result<Option<Loaded>, ReadError> {
        let index = self.index()?;
        let Some(block) = index.blocks.get(at) else { return Ok(None) };
        let wanted = block.streams.iter().filter(|&&own| needed.filter.wants(self.stream(own))).count();
        if wanted == 0 || !self.may_hold(source, index, block, needed.grams)? {
            return Ok(None);
        }
        let is_inside = block.oldest_ns >= needed.range.start_ns && block.newest_ns < needed.range.end_ns;
        let selection = if is_inside && wanted == block.streams.len() {
            vec![RowSelector::select(block.rows as usize)]
        } else {
            let (times, streams, _) = self.keys(source, block, false)?;
            let passes = times.iter().zip(&streams).map(|(&time, &own)| {
                time >= needed.range.start_ns
                    && time < needed.range.end_ns
                    && needed.filter.wants(self.stream(own))
            });
            runs(passes)
        };
        if selection.iter().all(|run| run.skip) {
            return Ok(None);
        }
        let fields = self.fields(index, block, needed);
        let mut roots = vec![TIMESTAMP, STREAM_ID];
        roots.extend(needed.columns.line.then_some(LINE));
        roots.extend(needed.columns.metadata.then_some(METADATA));
        roots.extend(fields.iter().filter_map(|(_, column)| column.map(|column| column as usize)));
        roots.sort_unstable();
        roots.dedup();
        let batch = self.read(source, block, &roots, selection)?;
        self.loaded(&batch, &roots, fields, needed.columns).map(Some)
    }

    fn may_hold(
        &self,
        source: &Source,
        index: &SegmentIndex,
        block: &BlockEntry,
        grams: &NeedleGrams,
    ) -> Result<bool, ReadError> {
        if grams.is_empty() {
            return Ok(true);
        }
        let filters = source.filters(index.filters_offset)?;
        let start = block.filter_offset as usize;
        let filter = filters.get(start..start.saturating_add(block.filter_bytes as usize));
        Ok(filter.is_none_or(|filter| grams.may_occur(filter)))
    }

    /// The asked fields that the block's columns can answer for every wanted row: with their
    /// column, or with none when no row has the field.
    fn fields(
        &self,
        index: &SegmentIndex,
        block: &BlockEntry,
        needed: &Needed<'_>,
    ) -> Vec<(String, Option<u32>)> {
        if block.unclean.iter().any(|&own| needed.filter.wants(self.stream(own))) {
            return Vec::new();
        }
        let known = |name: &String| match index.fields.get(name) {
            Some(Some(column)) => Some((name.clone(), Some(*column))),
            Some(None) => None,
            None => index.knows_all_fields.then(|| (name.clone(), None)),
        };
        needed.columns.json_fields.iter().filter_map(known).collect()
    }

    /// Times, streams and, if asked for, line lengths of a whole block.
    pub(crate) fn keys(
        &self,
        source: &Source,
        block: &BlockEntry,
        with_bytes: bool,
    ) -> Result<Keys, ReadError> {
        let roots =
            if with_bytes { vec![TIMESTAMP, STREAM_ID, LINE_BYTES] } else { vec![TIMESTAMP, STREAM_ID] };
        let batch = self.read(source, block, &roots, vec![RowSelector::select(block.rows as usize)])?;
        let numbers = |place| self.column(&batch, place, |array| array.as_primitive_opt::<UInt32Type>());
        let lengths = if with_bytes { numbers(2)?.values().to_vec() } else { Vec::new() };
        Ok((self.times(&batch)?, numbers(1)?.values().to_vec(), lengths))
    }

    fn times(&self, batch: &RecordBatch) -> Result<Vec<i64>, ReadError> {
        let times = self.column(batch, 0, |array| array.as_primitive_opt::<TimestampNanosecondType>())?;
        Ok(times.values().to_vec())
    }

    fn column<'b, A>(
        &self,
        batch: &'b RecordBatch,
        place: usize,
        cast: impl FnOnce(&'b dyn arrow_array::Array) -> Option<&'b A>,
    ) -> Result<&'b A, ReadError> {
        let column = batch.columns().get(place).and_then(|column| cast(column.as_ref()));
        column.ok_or_else(|| self.damaged("a column has not the type that the format gives it"))
    }

    fn loaded(
        &self,
        batch: &RecordBatch,
        roots: &[usize],
        fields: Vec<(String, Option<u32>)>,
        columns: &Columns,
    ) -> Result<Loaded, ReadError> {
        let place = |root: usize| roots.binary_search(&root).unwrap_or(usize::MAX);
        let text = |root: usize| {
            let texts = self.column(batch, place(root), |array| array.as_string_opt::<i32>())?;
            Ok(TextHolder::Arrow(texts.clone()))
        };
        let own = self.column(batch, 1, |array| array.as_primitive_opt::<UInt32Type>())?;
        let metadata = if columns.metadata {
            let map = self.column(batch, place(METADATA), |array| array.as_map_opt())?;
            Some(MetadataHolder::Arrow(map.clone()))
        } else {
            None
        };
        let json_fields = fields.into_iter().map(|(name, column)| {
            let texts = match column {
                Some(column) => text(column as usize)?,
                None => TextHolder::Owned(Texts::empty(batch.num_rows())),
            };
            Ok((name, texts))
        });
        Ok(Loaded {
            streams: own.values().iter().map(|&own| self.stream(own)).collect(),
            timestamps_ns: self.times(batch)?,
            lines: if columns.line { Some(text(LINE)?) } else { None },
            metadata,
            json_fields: json_fields.collect::<Result<_, ReadError>>()?,
        })
    }

    /// Decodes rows of one block; `roots` ascending.
    fn read(
        &self,
        source: &Source,
        block: &BlockEntry,
        roots: &[usize],
        within: Vec<RowSelector>,
    ) -> Result<RecordBatch, ReadError> {
        let failed = |error| read_error(source.path(), error);
        let footer = self.footer(source)?.clone();
        let mask = ProjectionMask::roots(footer.parquet_schema(), roots.iter().copied());
        let before = RowSelector::skip(block.first_row as usize);
        let selection: RowSelection = std::iter::once(before).chain(within).collect::<Vec<_>>().into();
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), footer)
            .with_row_groups(vec![block.row_group as usize])
            .with_projection(mask)
            .with_row_selection(selection)
            .with_batch_size(block.rows as usize)
            .build()
            .map_err(failed)?;
        match reader.next() {
            Some(Ok(batch)) => Ok(batch),
            Some(Err(error)) => Err(failed(ParquetError::ArrowError(error.to_string()))),
            None => Err(self.damaged("a block has no rows")),
        }
    }

    fn footer(&self, source: &Source) -> Result<&ArrowReaderMetadata, ReadError> {
        if let Some(footer) = self.footer.get() {
            return Ok(footer);
        }
        let start = self.file.index_offset + self.file.index_bytes;
        let failed = |error| read_error(source.path(), error);
        let length = self.file.bytes.saturating_sub(start) as usize;
        let bytes = parquet::file::reader::ChunkReader::get_bytes(source, start, length).map_err(failed)?;
        if crc32fast::hash(&bytes) != self.file.footer_crc {
            return Err(self.damaged("the checksum of its footer is wrong"));
        }
        let options = ArrowReaderOptions::new()
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let footer = ArrowReaderMetadata::load(source, options).map_err(failed)?;
        Ok(self.footer.get_or_init(|| footer))
    }
}

/// Runs of rows that pass and do not.
fn runs(passes: impl Iterator<Item = bool>) -> Vec<RowSelector> {
    let mut runs: Vec<RowSelector> = Vec::new();
    for pass in passes {
        match runs.last_mut() {
            Some(run) if run.skip != pass => run.row_count += 1,
            _ => runs.push(if pass { RowSelector::select(1) } else { RowSelector::skip(1) }),
        }
    }
    runs
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
