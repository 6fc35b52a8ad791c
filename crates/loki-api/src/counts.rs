//! How much each stream has, exactly: from the store's counts, or by reading when it has none.

use std::{collections::BTreeMap, ops::ControlFlow};

use http::StatusCode;
use log_record::{
    Columns, Count, CountRequest, Direction, Labels, LogReader, ReadError, ScanRequest, StreamCounts,
};

use crate::{reply::Refusal, state::LokiApi};

/// Counts on a thread that may block.
pub(crate) async fn counts(api: &LokiApi, request: CountRequest) -> Result<Vec<StreamCounts>, Refusal> {
    let reader = api.reader.clone();
    match tokio::task::spawn_blocking(move || of_store(&*reader, &request)).await {
        Ok(Ok(all)) => Ok(all),
        Ok(Err(error)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

fn of_store(reader: &dyn LogReader, request: &CountRequest) -> Result<Vec<StreamCounts>, ReadError> {
    if let Some(all) = reader.counts(request)? {
        return Ok(all);
    }
    let step_ns = request.step_ns.max(1);
    let bucket_of = |timestamp_ns: i64| {
        usize::try_from(timestamp_ns.saturating_sub(request.range.start_ns) / step_ns).unwrap_or(0)
    };
    let buckets = bucket_of(request.range.end_ns.saturating_sub(1)).saturating_add(1);
    let scan = ScanRequest {
        tenant: request.tenant.clone(),
        range: request.range,
        matchers: request.matchers.clone(),
        line_contains: Vec::new(),
        direction: Direction::Forward,
        columns: Columns { line: true, ..Columns::default() },
    };
    let mut found: BTreeMap<Labels, Vec<Count>> = BTreeMap::new();
    reader.scan(&scan, &mut |block| {
        for row in 0..block.len() {
            let (Some(labels), Some(timestamp_ns)) = (block.stream(row), block.timestamps_ns.get(row)) else {
                continue;
            };
            if !found.contains_key(labels) {
                found.insert(labels.clone(), vec![Count::default(); buckets]);
            }
            if let Some(count) =
                found.get_mut(labels).and_then(|counts| counts.get_mut(bucket_of(*timestamp_ns)))
            {
                count.rows += 1;
                count.line_bytes += block.lines.get(row).map_or(0, |line| line.len() as u64);
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.into_iter().map(|(labels, buckets)| StreamCounts { labels, buckets }).collect())
}
