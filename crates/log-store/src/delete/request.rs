//! A request as the manifest keeps it, and as scans use it.

use std::sync::Arc;

use log_record::{CompiledSelector, DeleteRequest, DeleteState, SelectorCompiler, TimeRange};
use serde::{Deserialize, Serialize};

use crate::segment::SegmentFile;

/// One request in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredDelete {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) query: String,
    pub(crate) start_ns: i64,
    /// Excluded.
    pub(crate) end_ns: i64,
    pub(crate) created_ns: i64,
    /// Segments born before this number hold what was stored before the request.
    pub(crate) before_segment: u64,
    pub(crate) is_processed: bool,
    pub(crate) deleted_rows: u64,
}

impl StoredDelete {
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange { start_ns: self.start_ns, end_ns: self.end_ns }
    }

    pub(crate) fn request(&self) -> DeleteRequest {
        DeleteRequest {
            id: self.id.clone(),
            tenant: self.tenant.clone(),
            query: self.query.clone(),
            range: self.range(),
            created_ns: self.created_ns,
            state: if self.is_processed { DeleteState::Processed } else { DeleteState::Received },
            deleted_lines: self.deleted_rows,
        }
    }
}

/// A request that is not processed, with what its selector means.
#[derive(Debug, Clone)]
pub(crate) struct ActiveDelete {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) range: TimeRange,
    pub(crate) created_ns: i64,
    pub(crate) before_segment: u64,
    pub(crate) selector: CompiledSelector,
}

impl ActiveDelete {
    /// Whether this segment may hold lines that are meant.
    pub(crate) fn may_touch(&self, file: &SegmentFile) -> bool {
        file.born < self.before_segment
            && file.newest_ns >= self.range.start_ns
            && file.oldest_ns < self.range.end_ns
    }

    pub(crate) fn holds(&self, timestamp_ns: i64) -> bool {
        timestamp_ns >= self.range.start_ns && timestamp_ns < self.range.end_ns
    }
}

/// The requests that are not processed, compiled; and what is wrong with those that cannot be.
pub(crate) fn activate(
    stored: &[StoredDelete],
    compiler: &dyn SelectorCompiler,
) -> (Arc<[ActiveDelete]>, Vec<String>) {
    let mut faults = Vec::new();
    let mut active = Vec::new();
    for delete in stored.iter().filter(|delete| !delete.is_processed) {
        match compiler.compile(&delete.query) {
            Ok(selector) => active.push(ActiveDelete {
                id: delete.id.clone(),
                tenant: delete.tenant.clone(),
                range: delete.range(),
                created_ns: delete.created_ns,
                before_segment: delete.before_segment,
                selector,
            }),
            Err(reason) => faults.push(format!("delete request {}: {reason}", delete.id)),
        }
    }
    (active.into(), faults)
}
