//! Writes one segment in memory: columns as Parquet, text filter, templates, index, footer. The
//! file is bounded by the memtable or by compaction, a few megabytes; whoever asked for it makes
//! it durable. FORMAT.md has the bytes. It is long because the order of
//! the file is told in one place.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
};

use bytes::Bytes;
use parquet::{
    column::writer::ColumnCloseResult,
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::ColumnDescPtr,
};

use super::{
    column::{ChunkWriter, ColumnBuilder, ColumnPages, EncodedChunk, NULL, Physical, ValueCoding},
    counts::MinuteCollector,
    filter,
    grams::GramCollector,
    index::{BlockEntry, GRANULE_BYTES, SegmentIndex, StreamEntry},
    layout::{Extent, FieldPlaces, Layout, ValueColumn},
    line::{LineEncoder, ValueKind},
    metadata,
    props::{self, parquet_name},
};
use crate::{
    codec::{put_text, put_varint},
    index::Stream,
    limits::{BLOCK_ROWS_MAX, METADATA_NAMES_MAX, SEGMENT_ROWS_MAX},
};

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
    rows: usize,
    timestamps: Vec<i64>,
    line_bytes: Vec<i64>,
    streams: Vec<u32>,
    templates: Vec<u32>,
    whole_lines: ColumnBuilder,
    metadata: ColumnBuilder,
    metadata_names: BTreeSet<String>,
    encoder: LineEncoder,
    /// By the encoder's places.
    columns: Vec<ColumnBuilder>,
    grams: GramCollector,
    index: SegmentIndex,
    numbers: HashMap<u32, u32>,
    minutes: Vec<MinuteCollector>,
    stream_texts: Vec<String>,
    pairs: String,
}

impl SegmentWriter {
    /// `level` is zstd's.
    pub(crate) fn new(level: i32) -> Self {
        SegmentWriter { level, ..SegmentWriter::default() }
    }

    /// Makes room for so many rows.
    pub(crate) fn reserve(&mut self, rows: usize) {
        for numbers in [&mut self.timestamps, &mut self.line_bytes] {
            numbers.reserve_exact(rows);
        }
        for numbers in [&mut self.streams, &mut self.templates] {
            numbers.reserve_exact(rows);
        }
    }

    /// Adds a row. `stream` is a catalogue number, and `describe` is asked once for each.
    pub(crate) fn push<'a>(
        &mut self,
        stream: u32,
        describe: impl FnOnce() -> Stream,
        timestamp_ns: i64,
        line: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), ParquetError> {
        if self.rows >= SEGMENT_ROWS_MAX {
            return Err(ParquetError::General(format!("a segment has at most {SEGMENT_ROWS_MAX} rows")));
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
        self.add_to_block(timestamp_ns, line_bytes);
        let row = self.rows;
        self.rows += 1;
        self.timestamps.push(timestamp_ns);
        self.line_bytes.push(line_bytes as i64);
        self.streams.push(number);
        let columns = &mut self.columns;
        let template = self.encoder.encode(number, timestamp_ns, line, &mut |column, _, value| {
            if columns.len() <= column as usize {
                columns.resize_with(column as usize + 1, ColumnBuilder::default);
            }
            if let Some(column) = columns.get_mut(column as usize) {
                column.put(row, value);
            }
        });
        self.templates.push(template);
        if template == 0 {
            self.whole_lines.put(row, line);
            self.grams.add_bytes(line.as_bytes());
        }
        self.put_metadata(row, pairs);
        Ok(())
    }

    fn put_metadata<'a>(&mut self, row: usize, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.pairs.clear();
        let mut names = mem::take(&mut self.metadata_names);
        let pairs = pairs.into_iter().inspect(|(name, _)| {
            if names.len() <= METADATA_NAMES_MAX && !names.contains(*name) {
                names.insert((*name).to_owned());
            }
        });
        metadata::encode(pairs, &mut self.pairs);
        self.metadata_names = names;
        self.metadata.put(row, &self.pairs);
    }

    fn add_to_block(&mut self, timestamp_ns: i64, line_bytes: u64) {
        if self.rows.is_multiple_of(BLOCK_ROWS_MAX) {
            let first_row = self.rows as u32;
            self.index.blocks.push(BlockEntry {
                first_row,
                oldest_ns: timestamp_ns,
                ..BlockEntry::default()
            });
        }
        if let Some(block) = self.index.blocks.last_mut() {
            block.newest_ns = timestamp_ns;
            block.rows += 1;
            block.line_bytes += line_bytes;
        }
    }

    fn new_stream(&mut self, stream: u32, described: Stream) -> u32 {
        let number = self.index.streams.len() as u32;
        self.numbers.insert(stream, number);
        let labels: serde_json::Map<String, serde_json::Value> =
            described.labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
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

    /// Ends the segment. None when there was no row.
    pub(crate) fn finish(mut self) -> Result<Option<WrittenSegment>, ParquetError> {
        if self.rows == 0 {
            return Ok(None);
        }
        let templates = mem::take(&mut self.templates);
        self.add_filter(&templates);
        let (writer, mut layout) = self.write_columns(&templates)?;
        let mut tail = Tail { writer };
        layout.filter = tail.put(&self.grams.filter())?;
        layout.templates = tail.put(&encode_templates(&self.encoder, self.level)?)?;
        let mut index = mem::take(&mut self.index);
        for (entry, minutes) in index.streams.iter_mut().zip(mem::take(&mut self.minutes)) {
            entry.minutes = minutes.finish();
        }
        index.layout = Some(layout);
        tail.finish(index).map(Some)
    }

    /// Lines whose values stand too close for the filter's contexts are added one by one.
    fn add_filter(&mut self, templates: &[u32]) {
        let places = &self.encoder.places;
        for column in &mut self.columns {
            column.finish(self.rows);
        }
        let (close, apart): (Vec<u32>, Vec<u32>) =
            (1..=self.encoder.templates.len() as u32).partition(|number| {
                self.encoder
                    .templates
                    .get(*number as usize - 1)
                    .is_some_and(|used| filter::needs_lines(used, places))
            });
        let apart: Vec<_> = apart
            .iter()
            .filter_map(|number| self.encoder.templates.get(*number as usize - 1).cloned())
            .collect();
        filter::add_columns(&mut self.grams, &apart, places, &self.columns);
        if close.is_empty() {
            return;
        }
        let mut line = String::new();
        for (row, template) in templates.iter().enumerate().filter(|(_, template)| close.contains(template)) {
            let Some(used) = self.encoder.templates.get(*template as usize - 1) else { continue };
            line.clear();
            let time = self.timestamps.get(row).copied().unwrap_or(0);
            super::rebuild::from_builders(used, &self.columns, row, time, &mut line);
            self.grams.add_bytes(line.as_bytes());
        }
    }

    fn write_columns(
        &mut self,
        templates: &[u32],
    ) -> Result<(SerializedFileWriter<Vec<u8>>, Layout), ParquetError> {
        self.whole_lines.finish(self.rows);
        let whole_lines = self.whole_lines.present as u32;
        // Parts and fields without a value in this segment have no column in the file.
        let used: Vec<usize> = (0..self.columns.len())
            .filter(|&at| self.columns.get(at).is_some_and(|column| column.present > 0))
            .collect();
        let named = parquet_name(&self.encoder.places, &used);
        let schema = props::schema(&named)?;
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, props::properties().into())?;
        let mut chunks = ChunkWriter::new(self.level)?;
        let mut layout = Layout { rows: self.rows as u32, whole_lines, ..Layout::default() };
        let offset = writer.bytes_written() as u64;
        let columns = writer.schema_descr().columns().to_vec().into_iter();
        let mut group = Appender { columns, group: writer.next_row_group()?, offset };
        self.write_fixed(templates, &mut chunks, &mut group, &mut layout)?;
        let mut kept: HashMap<u32, u32> = HashMap::new();
        for at in used {
            let (Some(column), Some(place)) = (self.columns.get_mut(at), self.encoder.places.get(at)) else {
                continue;
            };
            let physical = if place.kind == ValueKind::Integer { Physical::Integer } else { Physical::Text };
            let pages = group.append(chunks.values(&mem::take(column), physical, true, false)?)?;
            kept.insert(at as u32, layout.values.len() as u32);
            layout.values.push(ValueColumn { name: place.name.clone(), kind: place.kind, pages });
        }
        group.close()?;
        self.renumber(&kept);
        layout.fields = self.fields(&layout);
        layout.metadata_names = (self.metadata_names.len() <= METADATA_NAMES_MAX)
            .then(|| mem::take(&mut self.metadata_names).into_iter().collect());
        Ok((writer, layout))
    }

    /// The columns that every segment has, in their order.
    fn write_fixed(
        &mut self,
        templates: &[u32],
        chunks: &mut ChunkWriter,
        group: &mut Appender<'_>,
        layout: &mut Layout,
    ) -> Result<(), ParquetError> {
        let text = Physical::Text;
        let mut put = |chunk: EncodedChunk| group.append(chunk).map(|pages| layout.fixed.push(pages));
        put(chunks.integers(&mem::take(&mut self.timestamps), ValueCoding::Integers)?)?;
        put(chunks.integers(&mem::take(&mut self.line_bytes), ValueCoding::ShortIntegers)?)?;
        let tenants = self.index.streams.iter().map(|entry| entry.stream.tenant.as_ref());
        put(chunks.values(&by_stream(&self.streams, tenants), text, false, true)?)?;
        let streams = numbered(&self.streams, self.stream_texts.iter().map(String::as_str));
        put(chunks.values(&streams, text, false, true)?)?;
        let numbers: Vec<String> =
            (0..=self.encoder.templates.len()).map(|number| number.to_string()).collect();
        let templates = numbered(templates, numbers.iter().map(String::as_str));
        put(chunks.values(&templates, Physical::Integer, false, true)?)?;
        put(chunks.values(&mem::take(&mut self.whole_lines), text, true, false)?)?;
        self.metadata.finish(self.rows);
        put(chunks.values(&mem::take(&mut self.metadata), text, false, false)?)
    }

    /// Templates name columns as the file has them.
    fn renumber(&mut self, kept: &HashMap<u32, u32>) {
        for used in &mut self.encoder.templates {
            for column in &mut used.columns {
                *column = kept.get(column).copied().unwrap_or(u32::MAX);
            }
        }
    }

    fn fields(&self, layout: &Layout) -> std::collections::BTreeMap<String, FieldPlaces> {
        let mut fields = std::collections::BTreeMap::<String, FieldPlaces>::new();
        for (number, column) in layout.values.iter().enumerate() {
            if matches!(column.kind, ValueKind::Text | ValueKind::Integer | ValueKind::Plain) {
                fields.entry(column.name.clone()).or_default().columns.push(number as u32);
            }
        }
        for span in self.encoder.templates.iter().flat_map(|used| &used.spans) {
            fields.entry(span.name.to_string()).or_default().in_templates = true;
        }
        fields
    }
}

/// The row group while it is written.
struct Appender<'a> {
    columns: std::vec::IntoIter<ColumnDescPtr>,
    group: SerializedRowGroupWriter<'a, Vec<u8>>,
    /// Where the next chunk begins.
    offset: u64,
}

impl Appender<'_> {
    fn close(self) -> Result<(), ParquetError> {
        self.group.close().map(|_| ())
    }

    /// Adds a chunk; tells where its pages are.
    fn append(&mut self, mut chunk: EncodedChunk) -> Result<ColumnPages, ParquetError> {
        let column =
            self.columns.next().ok_or_else(|| ParquetError::General("a column too many".to_owned()))?;
        let close = ColumnCloseResult {
            bytes_written: chunk.bytes.len() as u64,
            rows_written: chunk.rows() as u64,
            metadata: chunk.metadata(column)?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        let bytes = Bytes::from(mem::take(&mut chunk.bytes));
        self.group.append_column(&bytes, close)?;
        let pages = chunk.placed(self.offset);
        self.offset += bytes.len() as u64;
        Ok(pages)
    }
}

/// A column whose codes are known beforehand.
fn numbered<'a>(codes: &[u32], values: impl Iterator<Item = &'a str>) -> ColumnBuilder {
    let mut column = ColumnBuilder::default();
    (column.codes, column.present) = (codes.to_vec(), codes.len());
    values.for_each(|value| column.values.push(value));
    column
}

/// A column with a value per stream.
fn by_stream<'a>(streams: &[u32], values: impl Iterator<Item = &'a str>) -> ColumnBuilder {
    let mut column = ColumnBuilder::default();
    values.enumerate().for_each(|(stream, value)| column.put(stream, value));
    let codes = std::mem::take(&mut column.codes);
    column.codes =
        streams.iter().map(|stream| codes.get(*stream as usize).copied().unwrap_or(NULL)).collect();
    column.present = streams.len();
    column
}

fn encode_templates(encoder: &LineEncoder, level: i32) -> Result<Vec<u8>, ParquetError> {
    let mut out = Vec::new();
    put_varint(&mut out, encoder.templates.len() as u64);
    let mut body = Vec::new();
    for used in &encoder.templates {
        body.clear();
        used.template.encode(&mut body);
        put_varint(&mut out, body.len() as u64);
        out.extend_from_slice(&body);
        put_varint(&mut out, used.columns.len() as u64);
        used.columns.iter().for_each(|column| put_varint(&mut out, u64::from(*column)));
        put_varint(&mut out, used.spans.len() as u64);
        for span in &used.spans {
            put_text(&mut out, &span.name);
            put_varint(&mut out, u64::from(span.from));
            put_varint(&mut out, u64::from(span.to));
        }
    }
    let mut packed = (out.len() as u32).to_le_bytes().to_vec();
    packed
        .extend(zstd::bulk::compress(&out, level).map_err(|error| ParquetError::External(Box::new(error)))?);
    Ok(packed)
}

/// What lies behind the columns.
struct Tail {
    writer: SerializedFileWriter<Vec<u8>>,
}

impl Tail {
    fn put(&mut self, bytes: &[u8]) -> Result<Extent, ParquetError> {
        let extent = Extent { offset: self.writer.bytes_written() as u64, bytes: bytes.len() as u32 };
        self.writer.write_all(bytes)?;
        Ok(extent)
    }

    fn finish(self, mut index: SegmentIndex) -> Result<WrittenSegment, ParquetError> {
        let mut writer = self.writer;
        writer.flush()?;
        index.granules = writer.inner().chunks(GRANULE_BYTES).map(crc32fast::hash).collect();
        let encoded = index.encode();
        let index_offset = writer.bytes_written() as u64;
        writer.write_all(&encoded)?;
        let place = format!("2 {index_offset} {}", encoded.len());
        writer.append_key_value_metadata(KeyValue::new("quaywatch.index".to_owned(), place));
        let bytes = writer.into_inner()?;
        let footer = bytes.get(index_offset as usize + encoded.len()..).unwrap_or(&[]);
        Ok(WrittenSegment {
            footer_crc: crc32fast::hash(footer),
            index,
            index_offset,
            index_bytes: encoded.len() as u64,
            index_crc: crc32fast::hash(&encoded),
            bytes,
        })
    }
}
