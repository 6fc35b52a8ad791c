//! Reading a journal's files in order, around damage, while it is being written and cut.

use std::{fs::File, io, os::unix::fs::FileExt};

use bytes::Bytes;

use super::{
    frame::{self, Step},
    segment::SEGMENT_HEADER_BYTES,
    state::Journal,
};
use crate::limits::{READ_CHUNK_BYTES, RECORD_BYTES_MAX};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its position.
    pub position: u64,
    /// Its bytes.
    pub payload: Bytes,
}

/// What one read gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadBatch {
    /// In order.
    pub records: Vec<Record>,
    /// Nothing up to here remains unread; also moves over damaged and missing records.
    pub through: u64,
}

/// Reads forward from a position. Independent of cursors; several may read at once.
pub struct Reader {
    journal: Journal,
    next: u64,
    open: Option<OpenSegment>,
    chunk: Vec<u8>,
}

struct OpenSegment {
    file: File,
    first: u64,
    offset: u64,
}

/// The segment to read, as the view showed it.
struct Target {
    first: u64,
    last: u64,
    bytes: u64,
}

/// A good record of a chunk.
struct Found {
    record: Record,
    /// Offset in the file after it.
    end: u64,
    /// What was skipped to reach it; counted once it is taken.
    damaged_bytes_before: u64,
}

impl Journal {
    /// A reader whose first record is the first one at or after `next`.
    pub fn reader(&self, next: u64) -> Reader {
        Reader { journal: self.clone(), next, open: None, chunk: Vec::new() }
    }
}

impl Reader {
    /// Goes to another position.
    pub fn seek(&mut self, next: u64) {
        if next != self.next {
            self.next = next;
            self.open = None;
        }
    }

    /// Up to `records_max` records and about `bytes_max` payload bytes, at least one record if
    /// there is any; an empty batch means that the end is reached. Blocking.
    ///
    /// # Errors
    /// When a file cannot be read. Damage is skipped and counted instead.
    pub fn read(&mut self, records_max: usize, bytes_max: usize) -> io::Result<ReadBatch> {
        let mut batch = ReadBatch::default();
        let mut bytes = 0;
        while batch.records.len() < records_max && bytes < bytes_max {
            let Some(target) = self.target()? else { break };
            for found in self.read_chunk(&target, records_max - batch.records.len())? {
                if bytes >= bytes_max {
                    break;
                }
                self.damaged(found.damaged_bytes_before);
                bytes += found.record.payload.len();
                self.next = found.record.position + 1;
                if let Some(open) = &mut self.open {
                    open.offset = found.end;
                }
                batch.records.push(found.record);
            }
        }
        batch.through = self.next.saturating_sub(1);
        Ok(batch)
    }

    /// Opens the segment that holds the next position, or tells that there is none.
    fn target(&mut self) -> io::Result<Option<Target>> {
        loop {
            let view = self.journal.0.view.lock();
            if self.next > view.durable {
                return Ok(None);
            }
            let index = view.segments.partition_point(|segment| segment.first <= self.next).saturating_sub(1);
            let Some(segment) = view.segments.get(index) else { return Ok(None) };
            // What was here may have been deleted at a bound.
            self.next = self.next.max(segment.first);
            let target = Target { first: segment.first, last: segment.last, bytes: segment.bytes };
            if self.open.as_ref().is_some_and(|open| open.first == target.first) {
                return Ok(Some(target));
            }
            let path = segment.path.clone();
            drop(view);
            match File::open(&path) {
                Ok(file) => {
                    let offset = SEGMENT_HEADER_BYTES as u64;
                    self.open = Some(OpenSegment { file, first: target.first, offset });
                    return Ok(Some(target));
                }
                // Deleted between the look and the opening: look again. If it is still listed, then
                // somebody else deleted it, and its records are gone.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let view = self.journal.0.view.lock();
                    if view.segments.iter().any(|segment| segment.first == target.first) {
                        drop(view);
                        self.damaged(target.bytes);
                        self.next = target.last.max(self.next) + 1;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Up to `records_max` good records of one chunk at the current offset. When it gives none,
    /// `self` has moved on.
    fn read_chunk(&mut self, target: &Target, records_max: usize) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        let Some(open) = &mut self.open else { return Ok(found) };
        let left = target.bytes.saturating_sub(open.offset);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(READ_CHUNK_BYTES);
        self.chunk.resize(want, 0);
        let got = read_full(&open.file, &mut self.chunk, open.offset)?;
        self.chunk.truncate(got);
        if got == 0 {
            // Whatever the segment should still hold is damaged away.
            self.next = self.next.max(target.last + 1);
            self.open = None;
            return Ok(found);
        }
        let at_end = got as u64 == left || got < want;
        let start = open.offset;
        let (mut at, mut next, mut damaged_bytes) = (0, self.next, 0);
        while let Some(rest) = self.chunk.get(at..).filter(|rest| !rest.is_empty()) {
            match frame::decode(rest) {
                Step::Record { position, payload, bytes } => {
                    at += bytes;
                    if position >= next {
                        next = position + 1;
                        let record = Record { position, payload: Bytes::copy_from_slice(payload) };
                        let damaged_bytes_before = std::mem::take(&mut damaged_bytes);
                        found.push(Found { record, end: start + at as u64, damaged_bytes_before });
                    }
                    if found.len() == records_max {
                        break;
                    }
                }
                // Goes on behind this chunk; a record always fits into one.
                Step::Incomplete if !at_end && at > 0 => break,
                Step::Incomplete | Step::Damaged => {
                    let Some(good) = frame::resync(&self.chunk, at).or_else(|| skip(at, got, at_end)) else {
                        break;
                    };
                    damaged_bytes += (good - at) as u64;
                    at = good;
                }
            }
        }
        if found.is_empty() {
            open.offset = start + at as u64;
            self.damaged(damaged_bytes);
        }
        self.shrink();
        Ok(found)
    }

    fn shrink(&mut self) {
        // Readers live as long as their outputs; most of the time they read a few records.
        self.chunk.clear();
        self.chunk.shrink_to(64 * 1024);
    }

    fn damaged(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let shared = &self.journal.0;
        shared.metrics.damaged.increment();
        shared.metrics.damaged_bytes.add(bytes);
        tracing::warn!(directory = %shared.directory.display(), bytes, "damaged records in the journal are skipped");
    }
}

/// Where to go on when no good record follows in a chunk of `got` bytes: a record that begins in
/// its last part may be whole in the next chunk. `None`: read on from here first.
fn skip(at: usize, got: usize, at_end: bool) -> Option<usize> {
    if at_end {
        return Some(got);
    }
    Some(got.saturating_sub(RECORD_BYTES_MAX + frame::HEADER_BYTES)).filter(|safe| *safe > at)
}

fn read_full(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
