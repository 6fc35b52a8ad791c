//! One pass over the store under the query's budget.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    rc::Rc,
    time::{Duration, Instant},
};

use log_record::{Labels, LogReader, RecordBlock, RowTests, ScanRequest, ScanSummary};

use crate::{
    error::QueryError, label_set::Base, limits::Limits, names::Names, params::Cancel, result::Stats,
};

/// Sees one block; may end the scan early or fail it.
pub(crate) type Visit<'a> =
    dyn FnMut(&RecordBlock<'_>, &mut Stats) -> Result<ControlFlow<()>, QueryError> + 'a;

/// What is left of a query's time and bytes; shared by all its scans.
pub(crate) struct Budget<'a> {
    pub(crate) reader: &'a dyn LogReader,
    pub(crate) tenant: &'a str,
    pub(crate) limits: &'a Limits,
    pub(crate) cancel: &'a Cancel,
    pub(crate) started: Instant,
    pub(crate) stats: Stats,
}

impl Budget<'_> {
    /// Fails when the query was cancelled, is late, or read too much.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.cancel.is_cancelled() {
            return Err(QueryError::Cancelled);
        }
        if self.started.elapsed() > Duration::from_millis(self.limits.query_timeout_max_ms) {
            return Err(QueryError::TimedOut);
        }
        if self.limits.scanned_bytes_max > 0 && self.stats.bytes > self.limits.scanned_bytes_max {
            return Err(QueryError::Limit(format!(
                "the query would read too many bytes (query: {} B, limit: {} B); consider adding more specific \
                 stream selectors or reduce the time range of the query",
                self.stats.bytes, self.limits.scanned_bytes_max
            )));
        }
        Ok(())
    }

    /// Runs a scan; the store may leave out rows that fail `tests`, and `visit` may end it early or
    /// fail it.
    pub(crate) fn scan(
        &mut self,
        request: &ScanRequest,
        tests: &RowTests,
        visit: &mut Visit<'_>,
    ) -> Result<(), QueryError> {
        self.check()?;
        let reader = self.reader;
        let mut failure = None;
        let summary = reader.scan_where(request, tests, &mut |block| {
            self.stats.lines += block.len() as u64;
            self.stats.bytes += block.lines.data.len() as u64;
            let outcome = self.check().and_then(|()| visit(block, &mut self.stats));
            match outcome {
                Ok(flow) => flow,
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        self.noted(&summary);
        failure.map_or(Ok(()), Err)
    }

    /// Adds what a store touched.
    pub(crate) fn noted(&mut self, summary: &ScanSummary) {
        self.stats.blocks_read += summary.blocks_read;
        self.stats.blocks_skipped += summary.blocks_skipped;
    }
}

/// The streams a query has met, so that each is resolved once.
#[derive(Default)]
pub(crate) struct Streams {
    known: HashMap<Labels, Rc<Base>>,
}

impl Streams {
    /// The bases of a block's streams, by their index in the block.
    pub(crate) fn of_block(&mut self, block: &RecordBlock<'_>, names: &mut Names) -> Vec<Rc<Base>> {
        block
            .streams
            .iter()
            .map(|labels| {
                self.known.entry(labels.clone()).or_insert_with(|| Base::new(labels.clone(), names)).clone()
            })
            .collect()
    }
}
