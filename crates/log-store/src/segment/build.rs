//! The rows of one row group while it is built: columns, block borders, block filters.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, DictionaryArray, MapArray, StringArray, StructArray, TimestampNanosecondArray, UInt32Array,
    types::UInt32Type,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use parquet::errors::ParquetError;

use super::{columns::Shredder, grams::GramCollector, index::BlockEntry, props::pair_fields};
use crate::{
    limits::{BLOCK_BYTES_MAX, BLOCK_ROWS_MAX},
    rows::{Rows, Texts},
};

/// Rows on their way into one row group; streams are the segment's own numbers.
#[derive(Debug, Default)]
pub(crate) struct GroupBuilder {
    pub(crate) rows: Rows,
    pub(crate) shredder: Shredder,
    pub(crate) bytes: usize,
    /// The block that is filled.
    block: BlockEntry,
    block_streams: Vec<(u32, bool)>,
    grams: GramCollector,
    /// Of all blocks of the segment.
    pub(crate) all_grams: GramCollector,
}

impl GroupBuilder {
    /// Adds a row; rows come in time order. Gives the block back that this row did not fit into.
    pub(crate) fn push<'a>(
        &mut self,
        stream: u32,
        timestamp_ns: i64,
        line: &str,
        metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<(BlockEntry, Vec<u8>)> {
        let is_full = self.block.rows as usize >= BLOCK_ROWS_MAX
            || (self.block.rows > 0 && self.block.line_bytes as usize + line.len() > BLOCK_BYTES_MAX);
        let done = is_full.then(|| self.end_block()).flatten();
        if self.block.rows == 0 {
            self.block.first_row = self.rows.len() as u32;
            self.block.oldest_ns = timestamp_ns;
        }
        self.block.newest_ns = timestamp_ns;
        self.block.rows += 1;
        self.block.line_bytes += line.len() as u64;
        self.rows.push(stream, timestamp_ns, line, metadata);
        self.bytes += line.len();
        self.grams.add(line);
        let is_clean = self.shredder.push(line);
        self.block_streams.push((stream, is_clean));
        done
    }

    /// Ends the block, if it has rows; gives it with its filter.
    pub(crate) fn end_block(&mut self) -> Option<(BlockEntry, Vec<u8>)> {
        if self.block.rows == 0 {
            return None;
        }
        let mut block = std::mem::take(&mut self.block);
        let mut streams = std::mem::take(&mut self.block_streams);
        // False sorts first: of a stream with an unclean line that one stays.
        streams.sort_unstable();
        streams.dedup_by_key(|(stream, _)| *stream);
        block.streams = streams.iter().map(|(stream, _)| *stream).collect();
        block.unclean = streams.iter().filter(|(_, is_clean)| !is_clean).map(|(stream, _)| *stream).collect();
        let filter = self.grams.filter();
        self.all_grams.merge(&self.grams);
        self.grams.clear();
        Some((block, filter))
    }

    /// The columns in schema order, one at a time so that each is freed once written; the
    /// builder is empty afterwards. `tenants` and `streams` are the texts by stream number.
    pub(crate) fn take(
        &mut self,
        tenants: &[String],
        streams: &[String],
        mut each: impl FnMut(ArrayRef) -> Result<(), ParquetError>,
    ) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let lengths = rows.lines.view().offsets.windows(2).map(|pair| match pair {
            [start, end] => (end - start) as u32,
            _ => 0,
        });
        let lengths: UInt32Array = lengths.collect::<Vec<u32>>().into();
        let numbers = UInt32Array::from(rows.streams);
        each(Arc::new(TimestampNanosecondArray::from(rows.timestamps_ns).with_timezone("UTC")))?;
        each(Arc::new(numbers.clone()))?;
        each(Arc::new(lengths))?;
        for texts in [tenants, streams] {
            let values = Arc::new(StringArray::from_iter_values(texts));
            each(Arc::new(DictionaryArray::<UInt32Type>::try_new(numbers.clone(), values)?))?;
        }
        each(Arc::new(strings(rows.lines)?))?;
        let (offsets, names, values) = rows.metadata.into_parts();
        let pairs: Vec<ArrayRef> = vec![Arc::new(strings(names)?), Arc::new(strings(values)?)];
        let entries = StructArray::try_new(pair_fields(), pairs, None)?;
        let field = Field::new("key_value", DataType::Struct(pair_fields()), false);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        each(Arc::new(MapArray::try_new(Arc::new(field), offsets, entries, None, false)?))?;
        self.shredder.take(each)
    }
}

fn strings(texts: Texts) -> Result<StringArray, ParquetError> {
    let (offsets, data) = texts.into_parts();
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(StringArray::try_new(offsets, Buffer::from_vec(data.into_bytes()), None)?)
}
