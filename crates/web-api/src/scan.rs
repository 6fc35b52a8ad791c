//! Runs a scan over the store on a thread that may block, bounded in number and time, and stops
//! it when the client has gone.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use log_record::{Columns, Direction, LogReader, ReadError, RecordBlock, ScanRequest};

use crate::{answer::ApiError, filter::Filter, limits, state::Shared};

/// When a running scan must stop.
pub(crate) struct Stop {
    cancelled: Arc<AtomicBool>,
    deadline: Instant,
    /// Set when the deadline cut the scan off.
    pub(crate) partial: bool,
}

impl Stop {
    /// Asked once per block.
    pub(crate) fn now(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            self.partial = true;
        }
        self.partial || self.cancelled.load(Ordering::Relaxed)
    }
}

/// Runs `work` once there is room for another scan.
pub(crate) async fn blocking<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce(&Shared, &mut Stop) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let permit = shared.scans.clone().acquire_owned().await.map_err(|error| ApiError::internal(&error))?;
    let cancelled = Arc::new(AtomicBool::new(false));
    // Dropped with this future, that is, also when the client closes the connection.
    let _cancel = CancelOnDrop(cancelled.clone());
    let shared = shared.clone();
    let task = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let mut stop = Stop { cancelled, deadline: Instant::now() + limits::SCAN_TIME_MAX, partial: false };
        work(&shared, &mut stop)
    });
    task.await.map_err(|error| ApiError::internal(&error))?
}

/// Visits every block with rows that pass the filter's selector.
pub(crate) fn run(
    shared: &Shared,
    filter: &Filter,
    direction: Direction,
    line: bool,
    visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
) -> Result<(), ApiError> {
    let request = ScanRequest {
        tenant: shared.api.tenant.clone(),
        range: filter.range,
        matchers: filter.matchers()?,
        line_contains: Vec::new(),
        direction,
        columns: Columns { line, ..Columns::default() },
    };
    scan(&*shared.api.reader, &request, visit)
}

pub(crate) fn scan(
    reader: &dyn LogReader,
    request: &ScanRequest,
    visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
) -> Result<(), ApiError> {
    reader.scan(request, visit).map(|_| ()).map_err(|error: ReadError| ApiError::internal(&error))
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
