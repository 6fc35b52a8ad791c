//! Rows and line bytes by stream and minute, and their sums over the buckets of a request.
//!
//! A minute is counted as Loki's range windows are: start excluded, end included. Minute `m`
//! holds `m * 60 s < t <= (m + 1) * 60 s`, so windows on whole minutes need no row.

use std::collections::BTreeSet;

use log_record::{Count, TimeRange};

use super::index::StreamEntry;
use crate::codec::{Cursor, Malformed, put_signed, put_varint};

const MINUTE_NS: i64 = 60_000_000_000;

/// The minute of an instant.
pub(crate) fn minute_of(timestamp_ns: i64) -> i64 {
    timestamp_ns.saturating_sub(1).div_euclid(MINUTE_NS)
}

/// Collects the minutes of one stream, whose rows come in time order.
#[derive(Debug, Default)]
pub(crate) struct MinuteCollector {
    done: Vec<u8>,
    last: i64,
    minute: i64,
    count: Count,
}

impl MinuteCollector {
    pub(crate) fn add(&mut self, timestamp_ns: i64, line_bytes: u64) {
        let minute = minute_of(timestamp_ns);
        if minute != self.minute {
            self.write();
            self.minute = minute;
        }
        self.count.rows += 1;
        self.count.line_bytes += line_bytes;
    }

    fn write(&mut self) {
        let count = std::mem::take(&mut self.count);
        if count.rows > 0 {
            put_signed(&mut self.done, self.minute.wrapping_sub(self.last));
            put_varint(&mut self.done, count.rows);
            put_varint(&mut self.done, count.line_bytes);
            self.last = self.minute;
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.write();
        self.done
    }
}

/// The buckets of a request: bucket `i` begins at `start + i * step`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets {
    pub(crate) range: TimeRange,
    pub(crate) step_ns: i64,
}

impl Buckets {
    pub(crate) fn count(&self) -> usize {
        let length = i128::from(self.range.end_ns) - i128::from(self.range.start_ns);
        usize::try_from((length.max(0) + i128::from(self.step_ns) - 1) / i128::from(self.step_ns))
            .unwrap_or(usize::MAX)
    }

    /// The bucket of an instant; none outside the range.
    pub(crate) fn of(&self, timestamp_ns: i64) -> Option<usize> {
        if timestamp_ns < self.range.start_ns || timestamp_ns >= self.range.end_ns {
            return None;
        }
        match timestamp_ns.checked_sub(self.range.start_ns) {
            Some(since) => usize::try_from(since / self.step_ns).ok(),
            // Further apart than 64 bits tell.
            None => {
                let since = i128::from(timestamp_ns) - i128::from(self.range.start_ns);
                usize::try_from(since / i128::from(self.step_ns)).ok()
            }
        }
    }

    /// Adds a stream's rows; what cannot be told without reading rows goes to `unsure`, as
    /// minutes. True when the whole stream lay in one bucket and nothing can be missing.
    pub(crate) fn add(
        &self,
        stream: &StreamEntry,
        counts: &mut [Count],
        unsure: &mut BTreeSet<i64>,
    ) -> Result<bool, Malformed> {
        let mut add = |bucket: usize, rows: u64, line_bytes: u64| {
            if let Some(count) = counts.get_mut(bucket) {
                count.rows += rows;
                count.line_bytes += line_bytes;
            }
        };
        if let (Some(first), Some(last)) = (self.of(stream.oldest_ns), self.of(stream.newest_ns))
            && first == last
        {
            add(first, stream.rows, stream.line_bytes);
            return Ok(true);
        }
        let mut cursor = Cursor::new(&stream.minutes);
        let mut minute = 0i64;
        while !cursor.is_empty() {
            minute = minute.wrapping_add(cursor.signed()?);
            let (rows, line_bytes) = (cursor.varint()?, cursor.varint()?);
            let (first_ns, last_ns) = span(minute);
            if last_ns < self.range.start_ns || first_ns >= self.range.end_ns {
                continue;
            }
            match (self.of(first_ns), self.of(last_ns)) {
                (Some(first), Some(last)) if first == last => add(first, rows, line_bytes),
                _ => {
                    unsure.insert(minute);
                }
            }
        }
        Ok(false)
    }
}

impl StreamEntry {
    /// The stream's minutes: first and last instant, rows, line bytes.
    pub(crate) fn each_minute(&self, mut visit: impl FnMut(i64, i64, u64, u64)) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(&self.minutes);
        let mut minute = 0i64;
        while !cursor.is_empty() {
            minute = minute.wrapping_add(cursor.signed()?);
            let (first_ns, last_ns) = span(minute);
            visit(first_ns, last_ns, cursor.varint()?, cursor.varint()?);
        }
        Ok(())
    }
}

/// First and last instant of a minute.
fn span(minute: i64) -> (i64, i64) {
    let start = minute.saturating_mul(MINUTE_NS);
    (start.saturating_add(1), start.saturating_add(MINUTE_NS))
}
