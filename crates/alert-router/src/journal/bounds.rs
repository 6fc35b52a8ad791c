//! What keeps a journal within its bytes, its age and the disk.
//!
//! Invariant: no record an essential cursor still needs is ever dropped; what an expendable cursor
//! loses is counted under its name.

use std::io;

use super::{
    cursor::Hold,
    error::AppendError,
    segment::SEGMENT_HEADER_BYTES,
    state::{Appender, Shared, View},
};

impl Shared {
    pub(super) fn check_disk(&self) -> Result<(), AppendError> {
        // A disk that cannot be asked is found out by the write itself.
        let Ok(free_bytes) = self.environment.free_space.free_bytes(&self.directory) else { return Ok(()) };
        if free_bytes < self.config.free_bytes_min {
            return Err(AppendError::DiskFull { free_bytes, reserve_bytes: self.config.free_bytes_min });
        }
        Ok(())
    }

    /// Frees the oldest segments until `bytes` more fit, without touching what an essential cursor
    /// needs.
    pub(super) fn make_room(&self, appender: &mut Appender, bytes: u64) -> Result<(), AppendError> {
        loop {
            let mut view = self.view.lock();
            if view.bytes() + bytes <= self.config.bytes_max {
                return Ok(());
            }
            let essential = view.cursors.values().filter(|cursor| cursor.hold == Hold::Essential);
            let needed_from = essential.map(|cursor| cursor.position).min();
            let oldest = view.segments.front().map_or(0, |segment| segment.last);
            let alone = view.segments.len() <= 1;
            let empty = appender.offset <= SEGMENT_HEADER_BYTES as u64;
            let essential_has_it = needed_from.is_none_or(|position| position >= oldest);
            if view.cursors.is_empty() || !essential_has_it || (alone && empty) {
                let holder = view.slowest().map_or_else(|| "nobody".to_owned(), |(name, _)| name.clone());
                let (bytes, bytes_max) = (view.bytes(), self.config.bytes_max);
                return Err(AppendError::Full { bytes, bytes_max, holder });
            }
            if alone {
                drop(view);
                self.roll(appender).map_err(|error| self.io_error(error))?;
                continue;
            }
            self.move_cursors_past(&mut view, oldest);
            self.delete_passed(&mut view);
        }
    }

    /// Moves expendable cursors past segments whose newest record is older than the age bound.
    pub(super) fn expire_old(&self, view: &mut View) {
        if self.config.age_s_max == 0 {
            return;
        }
        let age_ns = i64::try_from(self.config.age_s_max).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
        let limit_ns = self.environment.clock.now_ns().saturating_sub(age_ns);
        // A segment's newest record is not newer than the creation of the segment after it.
        let last_expired = view
            .segments
            .iter()
            .zip(view.segments.iter().skip(1))
            .take_while(|(_, next)| next.created_ns < limit_ns)
            .map(|(segment, _)| segment.last)
            .last();
        if let Some(last) = last_expired {
            self.move_cursors_past(view, last);
        }
    }

    fn move_cursors_past(&self, view: &mut View, last: u64) {
        for (name, cursor) in &mut view.cursors {
            if cursor.hold == Hold::Expendable && cursor.position < last {
                self.metrics.expired(name, last - cursor.position);
                tracing::warn!(
                    cursor = name,
                    records = last - cursor.position,
                    "the queue is at its bound: dropped what this reader had not taken"
                );
                if let Err(error) = cursor.commit(last) {
                    tracing::warn!(cursor = name, %error, "writing the cursor failed");
                }
            }
        }
    }

    pub(super) fn delete_passed(&self, view: &mut View) {
        let Some(position) = view.slowest().map(|(_, cursor)| cursor.position) else { return };
        while view.segments.len() > 1 {
            let Some(oldest) = view.segments.front().filter(|oldest| oldest.last <= position) else { break };
            if let Err(error) = std::fs::remove_file(&oldest.path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %oldest.path.display(), %error, "deleting a passed segment failed");
                break;
            }
            view.segments.pop_front();
        }
        self.metrics.bytes.set(i64::try_from(view.bytes()).unwrap_or(i64::MAX));
    }
}
