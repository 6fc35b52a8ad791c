//! Compaction: many small segments that lie next to each other in time become one. Rows keep
//! their order; exact duplicates (metadata counts) that came in different segments go.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    sync::Arc,
};

use log_record::{Columns, TimeRange};

use super::flush::{WorkError, describe, seal, store};
use crate::{
    Config,
    chain::ChainEvent,
    delete::{ActiveDelete, Dropped, Dropper},
    index::StreamFilter,
    memtable::{RowSet, row_identity},
    scan::Loaded,
    segment::{Needed, NeedleGrams, Segment, SegmentWriter, Source, WrittenSegment},
    shared::Shared,
};

/// Segments below this share of the largest allowed are small.
const SMALL_SHARE: u64 = 4;

/// zstd level: written once, kept long.
const LEVEL: i32 = 3;

/// Joins small segments, if there are many. True when it did.
pub(crate) fn compact(shared: &Shared, runtime: &tokio::runtime::Runtime) -> Result<bool, WorkError> {
    let inputs = {
        let state = shared.state.read();
        choose(&state.segments, &state.deletes, &shared.config)
    };
    if inputs.len() < 2 {
        return Ok(false);
    }
    let is_done = rewrite(shared, runtime, &inputs, &mut Dropper::default())?;
    shared.metrics.compactions.add(u64::from(is_done));
    Ok(is_done)
}

/// Writes the rows of `inputs` as one segment, without those that `dropper` leaves out, and puts
/// it in their place. False when something changed meanwhile, or the store closes: nothing is
/// done then.
pub(crate) fn rewrite(
    shared: &Shared,
    runtime: &tokio::runtime::Runtime,
    inputs: &[Arc<Segment>],
    dropper: &mut Dropper,
) -> Result<bool, WorkError> {
    let deletes = Arc::clone(&shared.state.read().deletes);
    let mut dropped = Dropped::default();
    let Some(written) = merge(shared, inputs, dropper, &mut dropped)? else { return Ok(false) };
    let mut manifest = shared.manifest.lock();
    let names: HashSet<&str> = inputs.iter().map(|segment| segment.file.name.as_str()).collect();
    let left = manifest.segments.iter().filter(|file| !names.contains(file.name.as_str())).count();
    if left + inputs.len() != manifest.segments.len() || !Arc::ptr_eq(&deletes, &shared.state.read().deletes)
    {
        // Retention took one of them meanwhile: its rows must not come back. Or a delete request
        // came or went, and the rows that were left out are not the right ones.
        return Ok(false);
    }
    let born = inputs.iter().map(|segment| segment.file.born).max();
    let added = match written {
        Some(written) => Some(Arc::new(store(shared, runtime, &mut manifest, written, born)?)),
        None => None,
    };
    let mut next = manifest.clone();
    next.segments.retain(|file| !names.contains(file.name.as_str()));
    next.segments.extend(added.as_ref().map(|added| added.file.clone()));
    for delete in &mut next.deletes {
        delete.deleted_rows += dropped.deleted_rows.get(&delete.id).copied().unwrap_or(0);
    }
    let event = ChainEvent::Rewritten {
        inputs: inputs.iter().map(|segment| segment.file.name.clone()).collect(),
        output: added.as_ref().map(|added| seal(&added.file)),
        duplicate_rows: dropped.duplicate_rows,
        deleted_rows: dropped.deleted_rows.values().sum(),
        expired_rows: dropped.expired_rows,
        requests: dropped.deleted_rows.keys().cloned().collect(),
    };
    shared.commit(&mut manifest, next, vec![event])?;
    {
        let mut state = shared.state.write();
        state.segments.retain(|segment| !names.contains(segment.file.name.as_str()));
        state.segments.extend(added);
    }
    drop(manifest);
    inputs.iter().for_each(|segment| segment.retire());
    shared.metrics.duplicates.add(dropped.duplicate_rows);
    shared.metrics.expired_lines.add(dropped.expired_rows);
    shared.metrics.deleted_lines.add(dropped.deleted_rows.values().sum());
    shared.refresh_gauges();
    Ok(true)
}

/// The oldest run of small neighbours that fits into one segment. Those that a delete request may
/// touch wait until it is processed: what it hides goes by the age of segments.
fn choose(segments: &[Arc<Segment>], deletes: &[ActiveDelete], config: &Config) -> Vec<Arc<Segment>> {
    let bytes_max = config.segment_bytes_max;
    let is_small = |segment: &&Arc<Segment>| {
        segment.file.bytes < bytes_max / SMALL_SHARE
            && segment.damage().is_none()
            && !deletes.iter().any(|delete| delete.may_touch(&segment.file))
    };
    let mut small: Vec<&Arc<Segment>> = segments.iter().filter(is_small).collect();
    if small.len() <= config.small_segments_max {
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
    fn advance(
        &mut self,
        shared: &Shared,
        needed: &Needed<'_>,
        dropper: &Dropper,
        dropped: &mut Dropped,
    ) -> Result<Option<i64>, WorkError> {
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
            let loaded = self.segment.load(&source, self.next_block, needed)?;
            self.block = loaded.and_then(|block| dropper.apply(shared, self.segment, block, dropped));
            self.source = Some(source);
            self.next_block += 1;
            self.row = 0;
        }
    }
}

/// None when the store closes; inside it none when no row is left.
fn merge(
    shared: &Shared,
    inputs: &[Arc<Segment>],
    dropper: &Dropper,
    dropped: &mut Dropped,
) -> Result<Option<Option<WrittenSegment>>, WorkError> {
    let filter = StreamFilter::everything(shared.catalogue.read().len());
    let columns = Columns { line: true, metadata: true, json_fields: Vec::new() };
    let grams = NeedleGrams::new(&[]);
    let range = TimeRange { start_ns: i64::MIN, end_ns: i64::MAX };
    let needed = Needed { range, filter: &filter, columns: &columns, grams: &grams };

    let mut writer = SegmentWriter::new(LEVEL);
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
        if reader.block.is_none() {
            // Its first row may be newer than the oldest of its blocks: that one was dropped.
            match reader.advance(shared, &needed, dropper, dropped)? {
                Some(first) if first != time => {
                    due.push(Reverse((first, number)));
                    continue;
                }
                Some(_) => {}
                None => continue,
            }
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
                dropped.duplicate_rows += 1;
            }
        }
        if let Some(time) = reader.advance(shared, &needed, dropper, dropped)? {
            due.push(Reverse((time, number)));
        }
    }
    Ok(Some(writer.finish()?))
}
