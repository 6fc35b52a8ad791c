//! The store's own index of a segment: streams, blocks, fields, counts, checksums. It lies inside
//! the Parquet file, between the data and the footer, where other readers do not look. All of it
//! is kept in memory while the segment is live, except the blocks' text filters.

use std::collections::HashMap;

use log_record::Labels;

use super::layout::Layout;
use crate::{
    codec::{Cursor, Malformed, put_signed, put_text, put_varint},
    index::Stream,
};

const MAGIC: &[u8; 4] = b"QWIX";
const VERSION: u32 = 2;

/// Bytes that one checksum covers: what a read is widened to.
pub(crate) const GRANULE_BYTES: usize = 32 << 10;

/// What a segment knows about itself.
#[derive(Debug, Default)]
pub(crate) struct SegmentIndex {
    /// By the segment's own stream number.
    pub(crate) streams: Vec<StreamEntry>,
    /// In time order.
    pub(crate) blocks: Vec<BlockEntry>,
    /// Where the columns lie; none in version 1, which has the next four instead.
    pub(crate) layout: Option<Layout>,
    /// Flattened name to its Parquet column, or none when it is only in the line.
    pub(crate) fields: HashMap<String, Option<u32>>,
    /// Whether `fields` has every name that occurs in clean lines.
    pub(crate) knows_all_fields: bool,
    /// Text filter of the whole segment.
    pub(crate) filter: Vec<u8>,
    /// Where the blocks' filters begin in the file.
    pub(crate) filters_offset: u64,
    /// CRC-32 of each [`GRANULE_BYTES`] of the file before the index.
    pub(crate) granules: std::sync::Arc<[u32]>,
}

/// One stream of a segment.
#[derive(Debug)]
pub(crate) struct StreamEntry {
    pub(crate) stream: Stream,
    pub(crate) rows: u64,
    pub(crate) line_bytes: u64,
    pub(crate) oldest_ns: i64,
    pub(crate) newest_ns: i64,
    /// Rows and line bytes by minute: see [`super::counts`].
    pub(crate) minutes: Vec<u8>,
}

/// One block of a segment: consecutive rows of one row group. From version 2 on a block is a page
/// of each column, and the lists of streams are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    pub(crate) row_group: u32,
    /// Within the row group.
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
    pub(crate) oldest_ns: i64,
    pub(crate) newest_ns: i64,
    pub(crate) line_bytes: u64,
    /// Streams that occur, ascending.
    pub(crate) streams: Vec<u32>,
    /// Those of them with a line whose fields must be parsed by the reader.
    pub(crate) unclean: Vec<u32>,
    /// Of its filter, from `filters_offset`.
    pub(crate) filter_offset: u32,
    pub(crate) filter_bytes: u32,
}

impl SegmentIndex {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        put_varint(&mut out, self.streams.len() as u64);
        for entry in &self.streams {
            put_text(&mut out, &entry.stream.tenant);
            put_varint(&mut out, entry.stream.labels.len() as u64);
            for (name, value) in entry.stream.labels.iter() {
                put_text(&mut out, name);
                put_text(&mut out, value);
            }
            put_varint(&mut out, entry.rows);
            put_varint(&mut out, entry.line_bytes);
            put_signed(&mut out, entry.oldest_ns);
            put_signed(&mut out, entry.newest_ns);
            put_bytes(&mut out, &entry.minutes);
        }
        put_varint(&mut out, self.blocks.len() as u64);
        self.blocks.iter().for_each(|block| block.encode(&mut out));
        self.layout.iter().for_each(|layout| layout.encode(&mut out));
        put_varint(&mut out, self.granules.len() as u64);
        self.granules.iter().for_each(|crc| out.extend_from_slice(&crc.to_le_bytes()));
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<SegmentIndex, Malformed> {
        let mut cursor = Cursor::new(bytes);
        if cursor.bytes(4)? != MAGIC {
            return Err(Malformed("its index has not the right magic"));
        }
        let version = cursor.u32()?;
        if version > VERSION {
            return Err(Malformed("its index is of a later version: upgrade quaywatch"));
        }
        let mut index = SegmentIndex::default();
        for _ in 0..cursor.count()? {
            index.streams.push(StreamEntry::decode(&mut cursor)?);
        }
        for _ in 0..cursor.count()? {
            index.blocks.push(BlockEntry::decode(&mut cursor)?);
        }
        if version >= 2 {
            index.layout = Some(Layout::decode(&mut cursor)?);
            index.granules = take_granules(&mut cursor)?;
            return Ok(index);
        }
        index.knows_all_fields = cursor.varint()? != 0;
        for _ in 0..cursor.count()? {
            let name = cursor.text()?.to_owned();
            let column = cursor.varint()?.checked_sub(1).map(narrow).transpose()?;
            index.fields.insert(name, column);
        }
        index.filter = take_bytes(&mut cursor)?;
        index.filters_offset = cursor.varint()?;
        index.granules = take_granules(&mut cursor)?;
        Ok(index)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.rows)).sum()
    }

    pub(crate) fn line_bytes(&self) -> u64 {
        self.streams.iter().map(|entry| entry.line_bytes).sum()
    }
}

impl StreamEntry {
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let tenant = cursor.text()?.into();
        let count = cursor.count()?;
        let pairs: Result<Vec<(&str, &str)>, Malformed> =
            (0..count).map(|_| Ok((cursor.text()?, cursor.text()?))).collect();
        Ok(StreamEntry {
            stream: Stream { tenant, labels: Labels::new(pairs?) },
            rows: cursor.varint()?,
            line_bytes: cursor.varint()?,
            oldest_ns: cursor.signed()?,
            newest_ns: cursor.signed()?,
            minutes: take_bytes(cursor)?,
        })
    }
}

impl BlockEntry {
    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.row_group, self.first_row, self.rows, self.filter_offset, self.filter_bytes] {
            put_varint(out, u64::from(number));
        }
        put_signed(out, self.oldest_ns);
        put_signed(out, self.newest_ns);
        put_varint(out, self.line_bytes);
        for list in [&self.streams, &self.unclean] {
            put_varint(out, list.len() as u64);
            let mut last = 0;
            for &stream in list {
                put_varint(out, u64::from(stream - last));
                last = stream;
            }
        }
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let mut numbers = [0; 5];
        for number in &mut numbers {
            *number = narrow(cursor.varint()?)?;
        }
        let [row_group, first_row, rows, filter_offset, filter_bytes] = numbers;
        let (oldest_ns, newest_ns, line_bytes) = (cursor.signed()?, cursor.signed()?, cursor.varint()?);
        let streams = ascending(cursor)?;
        let unclean = ascending(cursor)?;
        Ok(BlockEntry {
            row_group,
            first_row,
            rows,
            oldest_ns,
            newest_ns,
            line_bytes,
            streams,
            unclean,
            filter_offset,
            filter_bytes,
        })
    }
}

fn take_granules(cursor: &mut Cursor<'_>) -> Result<std::sync::Arc<[u32]>, Malformed> {
    let count = cursor.count()?;
    (0..count).map(|_| cursor.u32()).collect()
}

fn ascending(cursor: &mut Cursor<'_>) -> Result<Vec<u32>, Malformed> {
    let mut last = 0u64;
    let count = cursor.count()?;
    (0..count)
        .map(|_| {
            last = last.saturating_add(cursor.varint()?);
            narrow(last)
        })
        .collect()
}

fn narrow(value: u64) -> Result<u32, Malformed> {
    u32::try_from(value).map_err(|_| Malformed("a number is too large"))
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn take_bytes(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Malformed> {
    let count = cursor.count()?;
    Ok(cursor.bytes(count)?.to_vec())
}
