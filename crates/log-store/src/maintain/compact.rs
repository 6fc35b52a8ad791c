//! Compaction: many small segments that lie next to each other in time become one. Rows keep
//! their order; exact duplicates (metadata counts) that came in different segments go.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    sync::Arc,
};

use log_record::{Columns, TimeRange};

use super::flush::{WorkError, describe, store};
use crate::{
    index::StreamFilter,
    memtable::{RowSet, row_identity},
    scan::Loaded,
    segment::{Needed, NeedleGrams, Segment, SegmentWriter, Source},
    shared::Shared,
};

/// Segments below this share of the largest allowed are small.
const SMALL_SHARE: u64 = 4;

/// So many small segments are left alone: each compaction costs as much as the flushes it joins.
const SMALL_SEGMENTS_MAX: usize = 96;

/// zstd level: written once, kept long.
const LEVEL: i32 = 3;

/// Joins small segments, if there are many. True when it did.
pub(crate) fn compact(shared: &Shared, runtime: &tokio::runtime::Runtime) -> Result<bool, WorkError> {
    let inputs = choose(&shared.state.read().segments, shared.config.segment_bytes_max);
    if inputs.len() < 2 {
        return Ok(false);
    }
    let Some(written) = merge(shared, &inputs)? else { return Ok(false) };
    let mut manifest = shared.manifest.lock();
    let names: HashSet<&str> = inputs.iter().map(|segment| segment.file.name.as_str()).collect();
    let mut next = manifest.clone();
    next.segments.retain(|file| !names.contains(file.name.as_str()));
    if next.segments.len() + inputs.len() != manifest.segments.len() {
        // Retention took one of them meanwhile: its rows must not come back.
        return Ok(false);
    }
    let added = Arc::new(store(shared, runtime, &mut next, written)?);
    next.write(&shared.paths.root)?;
    *manifest = next;
    {
        let mut state = shared.state.write();
        state.segments.retain(|segment| !names.contains(segment.file.name.as_str()));
        state.segments.push(added);
    }
    drop(manifest);
    inputs.iter().for_each(|segment| segment.retire());
    shared.metrics.compactions.increment();
    shared.refresh_gauges();
    Ok(true)
}

/// The oldest run of small neighbours that fits into one segment.
fn choose(segments: &[Arc<Segment>], bytes_max: u64) -> Vec<Arc<Segment>> {
    let is_small =
        |segment: &&Arc<Segment>| segment.file.bytes < bytes_max / SMALL_SHARE && segment.damage().is_none();
    let mut small: Vec<&Arc<Segment>> = segments.iter().filter(is_small).collect();
    if small.len() <= SMALL_SEGMENTS_MAX {
        return Vec::new();
    }
    small.sort_by_key(|segment| (segment.file.oldest_ns, &segment.file.name));
    let mut bytes = 0;
    let fits = |segment: &&&Arc<Segment>| {
        bytes += segment.file.bytes;
        bytes <= bytes_max
    };
    small.iter().take_while(fits).map(|segment| Arc::clone(segment)).collect()
}

/// One input, read block by block. Opened when its first row is due.
struct Reader<'a> {
    segment: &'a Arc<Segment>,
    source: Option<Source>,
    next_block: usize,
    block: Option<Loaded>,
    row: usize,
}

impl Reader<'_> {
    /// Makes the next row current and tells its time; none at the end.
    fn advance(&mut self, needed: &Needed<'_>) -> Result<Option<i64>, WorkError> {
        if self.block.is_some() {
            self.row += 1;
        }
        loop {
            if let Some(time) = self.block.as_ref().and_then(|block| block.timestamps_ns.get(self.row)) {
                return Ok(Some(*time));
            }
            if self.next_block >= self.segment.index()?.blocks.len() {
                (self.block, self.source) = (None, None);
                return Ok(None);
            }
            let source = match self.source.take() {
                Some(source) => source,
                None => self.segment.source()?,
            };
            self.block = self.segment.load(&source, self.next_block, needed)?;
            self.source = Some(source);
            self.next_block += 1;
            self.row = 0;
        }
    }
}

fn merge(
    shared: &Shared,
    inputs: &[Arc<Segment>],
) -> Result<Option<crate::segment::WrittenSegment>, WorkError> {
    let filter = StreamFilter::everything(shared.catalogue.read().len());
    let columns = Columns { line: true, metadata: true, json_fields: Vec::new() };
    let grams = NeedleGrams::new(&[]);
    let range = TimeRange { start_ns: i64::MIN, end_ns: i64::MAX };
    let needed = Needed { range, filter: &filter, columns: &columns, grams: &grams };

    let mut writer = SegmentWriter::new(LEVEL, &common_fields(inputs));
    let reader = |segment| Reader { segment, source: None, next_block: 0, block: None, row: 0 };
    let mut readers: Vec<Reader<'_>> = inputs.iter().map(reader).collect();
    // By time, then by age of the input. An unopened input stands at its oldest row.
    let mut due: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    due.extend(inputs.iter().enumerate().map(|(number, segment)| Reverse((segment.file.oldest_ns, number))));
    let mut same_time = RowSet::default();
    let mut last_time = i64::MIN;
    while let Some(Reverse((time, number))) = due.pop() {
        if shared.maintenance.is_closed() {
            return Ok(None);
        }
        let Some(reader) = readers.get_mut(number) else { continue };
        if reader.block.is_none() && reader.advance(&needed)?.is_none() {
            continue;
        }
        if let Some(block) = &reader.block {
            if time != last_time {
                same_time.clear();
                last_time = time;
            }
            let stream = block.streams.get(reader.row).copied().unwrap_or(u32::MAX);
            let lines = block.lines.as_ref().map(|lines| lines.view()).unwrap_or_default();
            let line = lines.get(reader.row).unwrap_or("");
            let metadata = block.metadata.as_ref().map(|metadata| metadata.view()).unwrap_or_default();
            if same_time.insert(row_identity(stream, time, line, metadata.row(reader.row))) {
                writer.push(stream, || describe(shared, stream), time, line, metadata.row(reader.row))?;
            } else {
                shared.metrics.duplicates.increment();
            }
        }
        if let Some(time) = reader.advance(&needed)? {
            due.push(Reverse((time, number)));
        }
    }
    Ok(writer.finish()?)
}

/// Fields with a column in at least half of the inputs keep theirs.
fn common_fields(inputs: &[Arc<Segment>]) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for index in inputs.iter().filter_map(|segment| segment.index().ok()) {
        for (name, _) in index.fields.iter().filter(|(_, column)| column.is_some()) {
            *counts.entry(name).or_default() += 1;
        }
    }
    let common = counts.into_iter().filter(|(_, count)| count * 2 >= inputs.len());
    common.map(|(name, _)| name.to_owned()).take(crate::limits::FIELDS_MAX).collect()
}
