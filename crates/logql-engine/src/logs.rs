//! Queries that return lines.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BinaryHeap, HashMap},
    ops::ControlFlow,
    sync::Arc,
};

use log_record::{Direction, RecordBlock, ScanRequest, TimeRange};
use logql_syntax::LogExpr;

use crate::{
    error::QueryError,
    fast,
    label_set::Category,
    limits,
    params::RangeParams,
    pipeline::{Pipeline, Row, Work},
    result::{EntryLabels, LogEntry},
    scan::{Budget, Streams},
};

/// Runs a log query: at most `limit` entries, in the order of `direction`.
pub(crate) fn run(
    log: &LogExpr,
    params: &RangeParams,
    budget: &mut Budget<'_>,
) -> Result<Vec<LogEntry>, QueryError> {
    let mut work = Work::new();
    let range = TimeRange { start_ns: params.start_ns, end_ns: params.end_ns };
    let Some(pipeline) = compile_if_streams(log, range, budget, &mut work)? else { return Ok(Vec::new()) };
    let request = ScanRequest {
        tenant: budget.tenant.to_owned(),
        range,
        matchers: pipeline.matchers.clone(),
        line_contains: pipeline.line_contains.clone(),
        direction: params.direction,
        columns: pipeline.columns(&work, true),
    };
    // An interval thins lines after the limit would have cut them, so then more are needed.
    let limit = if params.interval_ns > 0 { limits::THINNED_ENTRIES_MAX } else { params.limit };
    let mut kept = Kept { limit, direction: params.direction, heap: BinaryHeap::new(), arrivals: 0 };
    let mut streams = Streams::default();
    let mut cache: HashMap<Vec<u8>, Arc<EntryLabels>> = HashMap::new();
    let mut rows = Vec::new();
    budget.scan(&request, &fast::row_tests(log).tests, &mut |block, stats| {
        if kept.is_done_before(block) {
            return Ok(ControlFlow::Break(()));
        }
        let bases = streams.of_block(block, &mut work.names);
        pipeline.select(block, &mut rows);
        let mut visit = |index: usize| {
            let Some(timestamp_ns) = block.timestamps_ns.get(index).copied() else { return };
            if !kept.wants(timestamp_ns) {
                return;
            }
            let base = block.stream_of_row.get(index).and_then(|stream| bases.get(*stream as usize));
            let (Some(base), Some(line)) = (base, block.lines.get(index)) else { return };
            work.labels.reset(base);
            set_metadata(block, index, &mut work);
            let mut row = Row { timestamp_ns, line: Cow::Borrowed(line) };
            if !pipeline.run(&mut row, block, index, &mut work) {
                return;
            }
            stats.lines_kept += 1;
            let labels = shared_labels(&work, &mut cache);
            kept.push(LogEntry { timestamp_ns, line: row.line.into_owned(), labels });
        };
        match params.direction {
            Direction::Forward => rows.iter().for_each(|row| visit(*row as usize)),
            Direction::Backward => rows.iter().rev().for_each(|row| visit(*row as usize)),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut entries = kept.into_sorted();
    if params.interval_ns > 0 {
        thin(&mut entries, params);
    }
    Ok(entries)
}

/// Compiles the pipeline; a mistake in a stage counts only when there are streams to run it on
/// (Loki builds the pipeline where the data is).
pub(crate) fn compile_if_streams(
    log: &LogExpr,
    range: TimeRange,
    budget: &Budget<'_>,
    work: &mut Work,
) -> Result<Option<Pipeline>, QueryError> {
    match Pipeline::compile(log, work) {
        Ok(pipeline) => Ok(Some(pipeline)),
        Err(error) => {
            let matchers = crate::matchers_of(&log.matchers)?;
            let streams = budget.reader.streams(budget.tenant, range, &matchers)?;
            if streams.is_empty() { Ok(None) } else { Err(error) }
        }
    }
}

/// Copies a row's structured metadata into the label set.
pub(crate) fn set_metadata(block: &RecordBlock<'_>, row: usize, work: &mut Work) {
    for (name, value) in block.metadata.row(row) {
        let Some(mut name) = work.names.foreign_id(name) else { continue };
        if work.labels.base_has(name) {
            name = work.names.extracted(name);
        }
        work.labels.set(Category::Metadata, name, value);
    }
}

fn shared_labels(work: &Work, cache: &mut HashMap<Vec<u8>, Arc<EntryLabels>>) -> Arc<EntryLabels> {
    let mut key = Vec::with_capacity(128);
    work.labels.identity(&mut key);
    if let Some(found) = cache.get(&key) {
        return found.clone();
    }
    if cache.len() >= limits::SHARED_LABELS_MAX {
        cache.clear();
    }
    let labels = Arc::new(work.labels.snapshot(&work.names));
    cache.insert(key, labels.clone());
    labels
}

/// The best entries so far; the heap's top is the first to go.
struct Kept {
    limit: usize,
    direction: Direction,
    heap: BinaryHeap<Ranked>,
    arrivals: u64,
}

struct Ranked {
    /// Time, negated when the newest are wanted; then arrival: small is better.
    rank: (i64, u64),
    entry: LogEntry,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Kept {
    fn rank(&self, timestamp_ns: i64) -> i64 {
        match self.direction {
            Direction::Forward => timestamp_ns,
            Direction::Backward => timestamp_ns.saturating_neg(),
        }
    }

    fn is_full(&self) -> bool {
        self.heap.len() >= self.limit
    }

    /// Blocks come ordered by their better end, so one whose best row is no better than our worst
    /// ends the scan.
    fn is_done_before(&self, block: &RecordBlock<'_>) -> bool {
        let best = match self.direction {
            Direction::Forward => block.timestamps_ns.first(),
            Direction::Backward => block.timestamps_ns.last(),
        };
        self.is_full()
            && best.zip(self.heap.peek()).is_none_or(|(best, worst)| self.rank(*best) >= worst.rank.0)
    }

    fn wants(&self, timestamp_ns: i64) -> bool {
        !self.is_full() || self.heap.peek().is_some_and(|worst| self.rank(timestamp_ns) < worst.rank.0)
    }

    fn push(&mut self, entry: LogEntry) {
        let rank = (self.rank(entry.timestamp_ns), self.arrivals);
        self.arrivals += 1;
        self.heap.push(Ranked { rank, entry });
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn into_sorted(self) -> Vec<LogEntry> {
        self.heap.into_sorted_vec().into_iter().map(|ranked| ranked.entry).collect()
    }
}

/// `interval`: of each stream at most one line per interval.
fn thin(entries: &mut Vec<LogEntry>, params: &RangeParams) {
    let mut last: HashMap<Arc<EntryLabels>, i64> = HashMap::new();
    entries.retain(|entry| {
        let keeps = last
            .get(&entry.labels)
            .is_none_or(|last| entry.timestamp_ns.saturating_sub(*last).abs() >= params.interval_ns);
        if keeps {
            last.insert(entry.labels.clone(), entry.timestamp_ns);
        }
        keeps
    });
    entries.truncate(params.limit);
}
