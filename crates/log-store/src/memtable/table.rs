//! The memtable: blocks of columns in arrival order. Scans hold the blocks by reference count;
//! the writer copies the last block only while a scan holds it. Knows neither WAL nor segment.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
    time::Instant,
};

use log_record::{Entry, TimeRange};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use crate::{
    limits::{BLOCK_ROWS_MAX, ROW_OVERHEAD_BYTES},
    rows::Rows,
};

/// Odd numbers without a pattern: what is multiplied with one keeps apart what was apart.
const PLACE_FACTOR: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
const METADATA_FACTOR: u128 = 0xc2b2_ae3d_27d4_eb4f_1656_67b1_9e37_79f9;

/// Text bytes of a block here. Smaller than a segment's: it is copied when a scan holds it.
const MEM_BLOCK_BYTES_MAX: usize = 1 << 20;

/// A run of rows in arrival order, with its bounds in time.
#[derive(Debug, Clone)]
pub(crate) struct MemBlock {
    pub(crate) rows: Rows,
    pub(crate) min_ns: i64,
    pub(crate) max_ns: i64,
    bytes: usize,
}

impl Default for MemBlock {
    fn default() -> Self {
        MemBlock { rows: Rows::default(), min_ns: i64::MAX, max_ns: i64::MIN, bytes: 0 }
    }
}

impl MemBlock {
    /// Numbers of the rows that pass, oldest first, ties in arrival order.
    pub(crate) fn select(&self, range: TimeRange, wanted: impl Fn(u32) -> bool) -> Vec<usize> {
        let mut chosen: Vec<usize> = (0..self.rows.len())
            .filter(|&row| {
                let time = self.rows.timestamp_ns(row);
                time >= range.start_ns && time < range.end_ns && wanted(self.rows.stream(row))
            })
            .collect();
        chosen.sort_by_key(|&row| self.rows.timestamp_ns(row));
        chosen
    }
}

/// All rows since the last freeze.
#[derive(Debug)]
pub(crate) struct MemTable {
    sealed: Vec<Arc<MemBlock>>,
    active: Arc<MemBlock>,
    seen: RowSet,
    /// Memory the rows take, about.
    pub(crate) bytes: usize,
    pub(crate) rows: usize,
    /// The last WAL record that is in here.
    pub(crate) last_sequence: u64,
    /// When the first row came.
    pub(crate) since: Option<Instant>,
}

/// Identities of rows. 128 bits, since a collision would drop a line.
pub(crate) type RowSet = HashSet<u128, BuildHasherDefault<Identity>>;

impl MemTable {
    pub(crate) fn new(last_sequence: u64) -> Self {
        MemTable {
            sealed: Vec::new(),
            active: Arc::default(),
            seen: RowSet::default(),
            bytes: 0,
            rows: 0,
            last_sequence,
            since: None,
        }
    }

    /// Adds an entry; false when this stream already has this line at this time with the same
    /// metadata, here or in `before` (Loki: exact duplicates are dropped, others are kept).
    pub(crate) fn insert(&mut self, stream: u32, entry: &Entry, before: Option<&MemTable>) -> bool {
        let pairs = entry.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let identity = row_identity(stream, entry.timestamp_ns, &entry.line, pairs.clone());
        if before.is_some_and(|table| table.seen.contains(&identity)) || !self.seen.insert(identity) {
            return false;
        }
        let metadata: usize = entry.metadata.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        let bytes = entry.line.len() + metadata;
        if self.active.rows.len() >= BLOCK_ROWS_MAX
            || (!self.active.rows.is_empty() && self.active.bytes + bytes > MEM_BLOCK_BYTES_MAX)
        {
            let full = std::mem::take(&mut self.active);
            // The next block will likely look like this one.
            Arc::make_mut(&mut self.active).rows.reserve(full.rows.len(), MEM_BLOCK_BYTES_MAX);
            self.sealed.push(full);
        }
        let block = Arc::make_mut(&mut self.active);
        block.rows.push(stream, entry.timestamp_ns, &entry.line, pairs);
        block.bytes += bytes;
        block.min_ns = block.min_ns.min(entry.timestamp_ns);
        block.max_ns = block.max_ns.max(entry.timestamp_ns);
        self.bytes += bytes + ROW_OVERHEAD_BYTES;
        self.rows += 1;
        self.since.get_or_insert_with(Instant::now);
        true
    }

    /// The blocks with rows, in arrival order.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Arc<MemBlock>> {
        self.sealed.iter().chain(std::iter::once(&self.active)).filter(|block| !block.rows.is_empty())
    }
}

/// What makes two rows the same row. The order of the metadata does not count.
pub(crate) fn row_identity<'a>(
    stream: u32,
    timestamp_ns: i64,
    line: &str,
    metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> u128 {
    let seed = (timestamp_ns as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(stream);
    // The seed alone may collide for two (stream, time) pairs; both are mixed in again in full.
    let text = xxh3_128_with_seed(line.as_bytes(), seed);
    // The value is hashed under the hash of its name, so that parts of one pair cannot stand in
    // for parts of another; a sum, since it takes the pairs in any order and counts each.
    let pairs = metadata.into_iter().fold(0u128, |sum, (name, value)| {
        let pair = xxh3_128_with_seed(value.as_bytes(), xxh3_64(name.as_bytes()));
        sum.wrapping_add(pair.wrapping_mul(METADATA_FACTOR))
    });
    let place = u128::from(timestamp_ns as u64) << 64 | u128::from(stream);
    text.wrapping_add(pairs) ^ place.wrapping_mul(PLACE_FACTOR)
}

/// The key is a hash already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64 ^ (value >> 64) as u64;
    }
}
