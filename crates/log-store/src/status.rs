//! What the page and the commands show of a store.

use std::{path::PathBuf, sync::Arc};

use crate::{Store, index::SetAside, segment::Segment};

/// How a store is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Live segments.
    pub segments: u64,
    /// Their bytes on disk.
    pub segment_bytes: u64,
    /// Rows in segments.
    pub segment_rows: u64,
    /// Bytes of the lines in segments, as they were sent.
    pub segment_line_bytes: u64,
    /// Rows that are only in the write-ahead log and in memory.
    pub memory_rows: u64,
    /// What they take.
    pub memory_bytes: u64,
    /// Bytes of the write-ahead log.
    pub wal_bytes: u64,
    /// The oldest row, nanoseconds since 1970.
    pub oldest_ns: Option<i64>,
    /// The newest row, nanoseconds since 1970.
    pub newest_ns: Option<i64>,
    /// Free bytes of the disk, when it tells.
    pub free_bytes: Option<u64>,
    /// Below this the store takes no more.
    pub reserve_bytes: u64,
    /// Bytes of batches that wait for the disk.
    pub queued_bytes: u64,
    /// Segments that cannot be read, with the reason; those set aside first.
    pub damaged: Vec<String>,
    /// Rows in segments that were set aside.
    pub set_aside_rows: u64,
    /// Delete requests that are not processed.
    pub pending_deletes: u64,
    /// The head of the chain of hashes.
    pub chain_head: String,
}

/// The live segments at one instant. Their files stay as long as this is held.
#[derive(Debug)]
pub struct LiveSegments(Vec<Arc<Segment>>);

/// One live segment: a Parquet file that other engines can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSegment {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Its oldest row, nanoseconds since 1970.
    pub oldest_ns: i64,
    /// Its newest row, nanoseconds since 1970.
    pub newest_ns: i64,
}

impl LiveSegments {
    /// The segments, in the manifest's order.
    pub fn iter(&self) -> impl Iterator<Item = LiveSegment> {
        self.0.iter().map(|segment| LiveSegment {
            path: segment.path().to_owned(),
            bytes: segment.file.bytes,
            rows: segment.file.rows,
            oldest_ns: segment.file.oldest_ns,
            newest_ns: segment.file.newest_ns,
        })
    }
}

impl Store {
    /// A consistent set of segments; rows that are not yet flushed are in none of them.
    pub fn live_segments(&self) -> LiveSegments {
        LiveSegments(self.shared.state.read().segments.clone())
    }

    /// How the store is doing.
    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let mut status = Status {
            wal_bytes: u64::try_from(shared.metrics.wal_bytes.value()).unwrap_or(0),
            free_bytes: shared.free_bytes().ok(),
            reserve_bytes: shared.config.reserve_bytes_free,
            queued_bytes: shared.queue.bytes(),
            ..Status::default()
        };
        {
            let manifest = shared.manifest.lock();
            status.chain_head.clone_from(&manifest.chain.head);
            status.set_aside_rows = manifest.set_aside.iter().map(|file| file.rows).sum();
            let told = |file: &SetAside| {
                format!("{} ({} lines) was set aside: {}", file.name, file.rows, file.reason)
            };
            status.damaged = manifest.set_aside.iter().map(told).collect();
        }
        let state = shared.state.read();
        status.pending_deletes = state.deletes.len() as u64;
        for segment in &state.segments {
            status.segments += 1;
            status.segment_bytes += segment.file.bytes;
            status.segment_rows += segment.file.rows;
            status.segment_line_bytes += segment.file.line_bytes;
            status.see(segment.file.oldest_ns, segment.file.newest_ns);
            status
                .damaged
                .extend(segment.damage().map(|reason| format!("{}: {reason}", segment.path().display())));
        }
        let tables = state.frozen.iter().map(|frozen| &frozen.table).chain([&state.active]);
        for table in tables {
            status.memory_rows += table.rows as u64;
            status.memory_bytes += table.bytes as u64;
            table.blocks().for_each(|block| status.see(block.min_ns, block.max_ns));
        }
        status
    }
}

impl Status {
    fn see(&mut self, oldest_ns: i64, newest_ns: i64) {
        self.oldest_ns = Some(self.oldest_ns.map_or(oldest_ns, |seen| seen.min(oldest_ns)));
        self.newest_ns = Some(self.newest_ns.map_or(newest_ns, |seen| seen.max(newest_ns)));
    }
}
