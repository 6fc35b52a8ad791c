//! One scan: takes a snapshot of what is visible, loads block after block, delivers in order.
//! Holds no lock while it visits, and at most the blocks that overlap in time.

use std::{ops::ControlFlow, sync::Arc};

use log_record::{LabelMatcher, Labels, ReadError, RecordBlock, ScanRequest, ScanSummary, TimeRange};
use memchr::memmem::Finder;

use super::{
    block::{Loaded, StreamNames},
    order::{Order, Step},
};
use crate::{index::StreamFilter, memtable::MemBlock, shared::Shared};

/// A block that may be loaded.
#[derive(Debug)]
enum Source {
    Memory(Arc<MemBlock>),
}

/// Delivers every matching row once.
pub(crate) fn scan(
    shared: &Shared,
    request: &ScanRequest,
    visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
) -> Result<ScanSummary, ReadError> {
    let mut summary = ScanSummary::default();
    let sources = snapshot(shared);
    // After the snapshot, so that every stream in it is known.
    let filter = shared.catalogue.read().select(&request.tenant, &request.matchers);
    let needles: Vec<Finder<'_>> = request.line_contains.iter().map(|text| Finder::new(text)).collect();
    let range = request.range;
    let blocks = sources.into_iter().filter_map(|source| {
        let (oldest, newest) = source.bounds();
        (newest >= range.start_ns && oldest < range.end_ns)
            .then(|| (oldest.max(range.start_ns), newest.min(range.end_ns.saturating_sub(1)), source))
    });
    let mut order: Order<Source, Loaded> = Order::new(request.direction, blocks);
    let names = StreamNames { catalogue: &shared.catalogue };
    while let Some(step) = order.next() {
        match step {
            Step::Load(source) => match load(&source, request, &filter, &needles)? {
                Some(loaded) => {
                    summary.blocks_read += 1;
                    order.put(loaded.oldest_ns(), loaded.newest_ns(), loaded);
                }
                None => summary.blocks_skipped += 1,
            },
            Step::Deliver(loaded) => {
                let flow = loaded.deliver(&names, |block| {
                    summary.rows += block.len() as u64;
                    summary.line_bytes += block.lines.data.len() as u64;
                    visit(block)
                });
                if flow.is_break() {
                    break;
                }
            }
        }
    }
    Ok(summary)
}

impl Source {
    fn bounds(&self) -> (i64, i64) {
        match self {
            Source::Memory(block) => (block.min_ns, block.max_ns),
        }
    }
}

/// Everything visible, under one short lock.
fn snapshot(shared: &Shared) -> Vec<Source> {
    let state = shared.state.read();
    let frozen = state.frozen.iter().flat_map(|frozen| frozen.table.blocks());
    frozen.chain(state.active.blocks()).map(|block| Source::Memory(Arc::clone(block))).collect()
}

/// The rows of a block that pass, if any.
fn load(
    source: &Source,
    request: &ScanRequest,
    filter: &StreamFilter,
    needles: &[Finder<'_>],
) -> Result<Option<Loaded>, ReadError> {
    match source {
        Source::Memory(block) => {
            let mut chosen = block.select(request.range, |stream| filter.wants(stream));
            if !needles.is_empty() {
                chosen.retain(|&row| {
                    let line = block.rows.lines.get(row).as_bytes();
                    needles.iter().all(|needle| needle.find(line).is_some())
                });
            }
            Ok((!chosen.is_empty()).then(|| Loaded::from_memory(block, &chosen, &request.columns)))
        }
    }
}

/// The streams with at least one row in the range that pass the matchers, sorted.
pub(crate) fn streams(
    shared: &Shared,
    tenant: &str,
    range: TimeRange,
    matchers: &[LabelMatcher],
) -> Result<Vec<Labels>, ReadError> {
    let sources = snapshot(shared);
    let catalogue = shared.catalogue.read();
    let filter = catalogue.select(tenant, matchers);
    let mut found = vec![false; catalogue.len()];
    for source in &sources {
        let Source::Memory(block) = source;
        if block.max_ns < range.start_ns || block.min_ns >= range.end_ns {
            continue;
        }
        for (&stream, &time) in block.rows.streams.iter().zip(&block.rows.timestamps_ns) {
            if time >= range.start_ns && time < range.end_ns && filter.wants(stream) {
                found.get_mut(stream as usize).into_iter().for_each(|seen| *seen = true);
            }
        }
    }
    let mut labels: Vec<Labels> = found
        .iter()
        .enumerate()
        .filter(|(_, seen)| **seen)
        .filter_map(|(number, _)| catalogue.get(number as u32).map(|stream| stream.labels.clone()))
        .collect();
    labels.sort();
    Ok(labels)
}
