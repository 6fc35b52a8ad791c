//! One scan: takes a snapshot of what is visible, loads block after block, delivers in order.
//! Holds no lock while it visits, and at most the blocks that overlap in time.

use std::{collections::VecDeque, ops::ControlFlow, sync::Arc};

use log_record::{ReadError, RecordBlock, RowTests, ScanRequest, ScanSummary, TimeRange};
use memchr::memmem::Finder;

use super::{
    block::{Loaded, StreamNames},
    order::{Order, Step},
};
use crate::{
    delete::{ActiveDelete, Hidden, drop_rows},
    index::StreamFilter,
    memtable::MemBlock,
    segment::{Needed, NeedleGrams, Segment, Source},
    shared::Shared,
};

/// Segment files that a scan keeps open: more than one only where segments overlap in time.
const OPEN_FILES_MAX: usize = 8;

/// Everything visible at one instant.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) memory: Vec<Arc<MemBlock>>,
    /// What must be left out of segments.
    pub(super) deletes: Arc<[ActiveDelete]>,
}

impl Snapshot {
    /// Under one short lock, so that a flush is seen as a whole or not at all.
    pub(super) fn take(shared: &Shared) -> Self {
        let state = shared.state.read();
        let frozen = state.frozen.iter().flat_map(|frozen| frozen.table.blocks());
        let memory = frozen.chain(state.active.blocks()).cloned().collect();
        Snapshot { segments: state.segments.clone(), memory, deletes: Arc::clone(&state.deletes) }
    }
}

/// A block that may be loaded.
#[derive(Debug, Clone, Copy)]
enum Place {
    Memory(usize),
    /// Segment, and block of it.
    Segment(usize, usize),
}

/// Delivers every matching row once.
pub(crate) fn scan(
    shared: &Shared,
    request: &ScanRequest,
    tests: &RowTests,
    visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
) -> Result<ScanSummary, ReadError> {
    let snapshot = Snapshot::take(shared);
    // After the snapshot, so that every stream in it is known.
    let filter = shared.catalogue.read().select(&request.tenant, &request.matchers);
    let hidden = Hidden::new(&snapshot.deletes, Some(&request.tenant), &filter, &shared.catalogue);
    let mut scan = Scan {
        shared,
        hidden,
        request,
        snapshot: &snapshot,
        filter: &filter,
        grams: NeedleGrams::new(&request.line_contains).with_tests(tests),
        needles: request.line_contains.iter().map(Finder::new).collect(),
        open: VecDeque::new(),
        summary: ScanSummary::default(),
    };
    let mut order: Order<Place, Loaded> = Order::new(request.direction, scan.plan());
    let names = StreamNames { catalogue: &shared.catalogue };
    while let Some(step) = order.next() {
        match step {
            Step::Load(place) => match scan.load(place)? {
                Some(loaded) => {
                    scan.summary.blocks_read += 1;
                    order.put(loaded.oldest_ns(), loaded.newest_ns(), loaded);
                }
                None => scan.summary.blocks_skipped += 1,
            },
            Step::Deliver(loaded) => {
                let flow = loaded.deliver(&names, |block| {
                    scan.summary.rows += block.len() as u64;
                    scan.summary.line_bytes += block.lines.data.len() as u64;
                    visit(block)
                });
                if flow.is_break() {
                    break;
                }
            }
        }
    }
    scan.summary.rows_set_aside = rows_set_aside(shared, request.range);
    Ok(scan.summary)
}

/// Rows that lie in the quarantine and may have been wanted.
pub(super) fn rows_set_aside(shared: &Shared, range: TimeRange) -> u64 {
    let state = shared.state.read();
    let gaps = state.set_aside.iter();
    gaps.filter(|gap| gap.newest_ns >= range.start_ns && gap.oldest_ns < range.end_ns)
        .map(|gap| gap.rows)
        .sum()
}

struct Scan<'a> {
    shared: &'a Shared,
    hidden: Hidden,
    request: &'a ScanRequest,
    snapshot: &'a Snapshot,
    filter: &'a StreamFilter,
    grams: NeedleGrams,
    needles: Vec<Finder<'a>>,
    open: VecDeque<(usize, Source)>,
    summary: ScanSummary,
}

impl Scan<'_> {
    /// The blocks that may have rows, with their bounds.
    fn plan(&mut self) -> Vec<(i64, i64, Place)> {
        let range = self.request.range;
        let mut blocks = Vec::new();
        let mut skipped = 0;
        let mut add = |oldest: i64, newest: i64, place| {
            if newest >= range.start_ns && oldest < range.end_ns {
                blocks.push((oldest.max(range.start_ns), newest.min(range.end_ns.saturating_sub(1)), place));
            } else {
                skipped += 1;
            }
        };
        for (number, segment) in self.snapshot.segments.iter().enumerate() {
            match segment.index() {
                // Of a damaged segment only the whole is known; loading it tells the damage.
                Err(_) => add(segment.file.oldest_ns, segment.file.newest_ns, Place::Segment(number, 0)),
                Ok(index) if self.grams.may_occur(&index.filter) => {
                    for (at, block) in index.blocks.iter().enumerate() {
                        add(block.oldest_ns, block.newest_ns, Place::Segment(number, at));
                    }
                }
                Ok(index) => self.summary.blocks_skipped += index.blocks.len() as u64,
            }
        }
        for (at, block) in self.snapshot.memory.iter().enumerate() {
            add(block.min_ns, block.max_ns, Place::Memory(at));
        }
        self.summary.blocks_skipped += skipped;
        blocks
    }

    /// The rows of a block that pass, if any.
    fn load(&mut self, place: Place) -> Result<Option<Loaded>, ReadError> {
        match place {
            Place::Memory(at) => Ok(self.snapshot.memory.get(at).and_then(|block| self.load_memory(block))),
            Place::Segment(number, at) => {
                let Some(segment) = self.snapshot.segments.get(number) else { return Ok(None) };
                let source = self.source(number, segment)?;
                let (range, filter) = (self.request.range, self.filter);
                if self.hidden.spares(segment) {
                    let needed = Needed { range, filter, columns: &self.request.columns, grams: &self.grams };
                    return segment.load(&source, at, &needed);
                }
                let columns = self.hidden.columns(segment, &self.request.columns);
                let needed = Needed { range, filter, columns: &columns, grams: &self.grams };
                let Some(loaded) = segment.load(&source, at, &needed)? else { return Ok(None) };
                let kept = self.hidden.kept(&segment.file, &loaded, &self.shared.catalogue, |_| {});
                Ok(drop_rows(loaded, &kept, &self.request.columns))
            }
        }
    }

    fn load_memory(&self, block: &MemBlock) -> Option<Loaded> {
        let mut chosen = block.select(self.request.range, |stream| self.filter.wants(stream));
        if !self.needles.is_empty() {
            chosen.retain(|&row| {
                let line = block.rows.lines.get(row).as_bytes();
                self.needles.iter().all(|needle| needle.find(line).is_some())
            });
        }
        (!chosen.is_empty()).then(|| Loaded::from_memory(block, &chosen, &self.request.columns))
    }

    /// The open file of a segment.
    fn source(&mut self, number: usize, segment: &Segment) -> Result<Source, ReadError> {
        if let Some((_, source)) = self.open.iter().find(|(open, _)| *open == number) {
            return Ok(source.clone());
        }
        let source = segment.source()?;
        if self.open.len() >= OPEN_FILES_MAX {
            self.open.pop_front();
        }
        self.open.push_back((number, source.clone()));
        Ok(source)
    }
}
