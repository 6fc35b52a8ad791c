//! Writes one segment in memory: Parquet row groups, block filters, index, footer. The file is
//! bounded by the memtable or by compaction, a few megabytes; `SegmentFile::store` makes it
//! durable. FORMAT.md has the bytes.

use std::{collections::HashMap, mem};

use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves},
    },
    basic::ZstdLevel,
    errors::ParquetError,
    file::{metadata::KeyValue, writer::SerializedFileWriter},
};

use super::{
    build::GroupBuilder,
    counts::MinuteCollector,
    index::{BlockEntry, GRANULE_BYTES, SegmentIndex, StreamEntry},
    props::{FIXED_COLUMNS, properties, schema},
};
use crate::{
    index::Stream,
    limits::{FIELD_NAMES_MAX, ROW_GROUP_ROWS_MAX},
};

/// Text bytes of one row group: bounds the memory of a flush and of a compaction.
const ROW_GROUP_BYTES_MAX: usize = 8 << 20;

/// A finished segment, not yet on disk.
#[derive(Debug)]
pub(crate) struct WrittenSegment {
    pub(crate) bytes: Vec<u8>,
    pub(crate) index: SegmentIndex,
    pub(crate) index_offset: u64,
    pub(crate) index_bytes: u64,
    /// CRC-32 of the index.
    pub(crate) index_crc: u32,
    /// CRC-32 of everything behind the index.
    pub(crate) footer_crc: u32,
}

/// Takes rows in time order.
#[derive(Debug, Default)]
pub(crate) struct SegmentWriter {
    level: i32,
    group: GroupBuilder,
    file: Option<OpenFile>,
    index: SegmentIndex,
    filters: Vec<u8>,
    numbers: HashMap<u32, u32>,
    minutes: Vec<MinuteCollector>,
    tenants: Vec<String>,
    stream_texts: Vec<String>,
}

struct OpenFile {
    writer: SerializedFileWriter<Vec<u8>>,
    factory: ArrowRowGroupWriterFactory,
    schema: arrow_schema::SchemaRef,
    row_groups: usize,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("row_groups", &self.row_groups).finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// `fields` are columns that the segment has in any case; `level` is zstd's.
    pub(crate) fn new(level: i32, fields: &[String]) -> Self {
        let mut writer = SegmentWriter { level, ..SegmentWriter::default() };
        writer.group.shredder.declare(fields);
        writer
    }

    /// Makes room for a row group of so many rows and bytes of lines.
    pub(crate) fn reserve(&mut self, rows: usize, line_bytes: usize) {
        self.group.rows.reserve(rows.min(ROW_GROUP_ROWS_MAX), line_bytes.min(ROW_GROUP_BYTES_MAX));
    }

    /// Adds a row. `stream` is a catalogue number, and `describe` is asked once for each.
    pub(crate) fn push<'a>(
        &mut self,
        stream: u32,
        describe: impl FnOnce() -> Stream,
        timestamp_ns: i64,
        line: &str,
        metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), ParquetError> {
        let is_full = self.group.rows.len() >= ROW_GROUP_ROWS_MAX
            || (!self.group.rows.is_empty() && self.group.bytes + line.len() > ROW_GROUP_BYTES_MAX);
        if is_full {
            self.end_row_group()?;
        }
        let number = match self.numbers.get(&stream) {
            Some(&number) => number,
            None => self.new_stream(stream, describe()),
        };
        let line_bytes = line.len() as u64;
        if let Some(entry) = self.index.streams.get_mut(number as usize) {
            entry.rows += 1;
            entry.line_bytes += line_bytes;
            entry.oldest_ns = entry.oldest_ns.min(timestamp_ns);
            entry.newest_ns = entry.newest_ns.max(timestamp_ns);
        }
        if let Some(minutes) = self.minutes.get_mut(number as usize) {
            minutes.add(timestamp_ns, line_bytes);
        }
        if let Some(block) = self.group.push(number, timestamp_ns, line, metadata) {
            self.add_block(block);
        }
        Ok(())
    }

    fn new_stream(&mut self, stream: u32, described: Stream) -> u32 {
        let number = self.index.streams.len() as u32;
        self.numbers.insert(stream, number);
        let labels: serde_json::Map<String, serde_json::Value> =
            described.labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        self.tenants.push(described.tenant.as_ref().to_owned());
        self.stream_texts.push(serde_json::Value::Object(labels).to_string());
        self.minutes.push(MinuteCollector::default());
        self.index.streams.push(StreamEntry {
            stream: described,
            rows: 0,
            line_bytes: 0,
            oldest_ns: i64::MAX,
            newest_ns: i64::MIN,
            minutes: Vec::new(),
        });
        number
    }

    fn add_block(&mut self, (mut block, filter): (BlockEntry, Vec<u8>)) {
        block.row_group = self.file.as_ref().map_or(0, |file| file.row_groups) as u32;
        block.filter_offset = self.filters.len() as u32;
        block.filter_bytes = filter.len() as u32;
        self.filters.extend_from_slice(&filter);
        self.index.blocks.push(block);
    }

    fn end_row_group(&mut self) -> Result<(), ParquetError> {
        if let Some(block) = self.group.end_block() {
            self.add_block(block);
        }
        if self.group.rows.is_empty() {
            return Ok(());
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        let mut columns = file.factory.create_column_writers(file.row_groups)?.into_iter();
        let mut row_group = file.writer.next_row_group()?;
        let mut fields = file.schema.fields().iter();
        self.group.take(&self.tenants, &self.stream_texts, |array| {
            let field = fields.next().ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
            for leaf in compute_leaves(field, &array)? {
                let mut column =
                    columns.next().ok_or_else(|| ParquetError::General("a leaf too many".to_owned()))?;
                column.write(&leaf)?;
                column.close()?.append_to_row_group(&mut row_group)?;
            }
            Ok(())
        })?;
        row_group.close()?;
        file.row_groups += 1;
        self.file = Some(file);
        Ok(())
    }

    /// The first row group decides which fields have columns.
    fn open(&mut self) -> Result<OpenFile, ParquetError> {
        let shredded = self.group.shredder.close();
        let schema = schema(&shredded);
        let properties = properties(&shredded, ZstdLevel::try_new(self.level)?);
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        Ok(OpenFile { writer, factory, schema, row_groups: 0 })
    }

    /// Writes what is left. None when there was no row.
    pub(crate) fn finish(mut self) -> Result<Option<WrittenSegment>, ParquetError> {
        self.end_row_group()?;
        let Some(OpenFile { mut writer, .. }) = self.file.take() else { return Ok(None) };
        let mut index = mem::take(&mut self.index);
        for (entry, minutes) in index.streams.iter_mut().zip(self.minutes) {
            entry.minutes = minutes.finish();
        }
        let mut column = FIXED_COLUMNS as u32;
        for (name, is_kept) in self.group.shredder.names() {
            let place = is_kept.then_some(column);
            column += u32::from(is_kept);
            index.fields.insert(name.to_owned(), place);
        }
        index.knows_all_fields = index.fields.len() < FIELD_NAMES_MAX;
        index.filter = self.group.all_grams.filter();
        index.filters_offset = writer.bytes_written() as u64;
        writer.write_all(&self.filters)?;
        writer.flush()?;
        index.granules = writer.inner().chunks(GRANULE_BYTES).map(crc32fast::hash).collect();
        let encoded = index.encode();
        let index_offset = writer.bytes_written() as u64;
        writer.write_all(&encoded)?;
        let place = format!("1 {index_offset} {}", encoded.len());
        writer.append_key_value_metadata(KeyValue::new("quaywatch.index".to_owned(), place));
        let bytes = writer.into_inner()?;
        let footer = bytes.get(index_offset as usize + encoded.len()..).unwrap_or(&[]);
        let footer_crc = crc32fast::hash(footer);
        Ok(Some(WrittenSegment {
            footer_crc,
            index,
            index_offset,
            index_bytes: encoded.len() as u64,
            index_crc: crc32fast::hash(&encoded),
            bytes,
        }))
    }
}
