//! Counts by stream and step. Most come from the segments' minutes; rows are read only where a
//! bucket begins or ends inside a minute, and in the memtable.

use std::collections::{BTreeSet, HashMap};

use log_record::{Columns, Count, CountRequest, LabelMatcher, Labels, ReadError, StreamCounts, TimeRange};

use super::run::Snapshot;
use crate::{
    delete::Hidden,
    index::StreamFilter,
    limits::COUNT_BUCKETS_MAX,
    segment::{Buckets, Needed, NeedleGrams, Segment, minute_of},
    shared::Shared,
};

/// Counts by catalogue number of the stream.
type Sums = HashMap<u32, Vec<Count>>;

/// None when the answer would be too large to hold.
pub(crate) fn counts(
    shared: &Shared,
    request: &CountRequest,
) -> Result<Option<Vec<StreamCounts>>, ReadError> {
    let wanted = shared.catalogue.read().select(&request.tenant, &request.matchers).iter().count();
    let buckets = Buckets { range: request.range, step_ns: request.step_ns.max(1) };
    if buckets.count().saturating_mul(wanted) > COUNT_BUCKETS_MAX {
        return Ok(None);
    }
    count(shared, request, buckets).map(Some)
}

fn count(shared: &Shared, request: &CountRequest, buckets: Buckets) -> Result<Vec<StreamCounts>, ReadError> {
    let snapshot = Snapshot::take(shared);
    let filter = shared.catalogue.read().select(&request.tenant, &request.matchers);
    let mut sums = Sums::new();
    for block in &snapshot.memory {
        let rows = &block.rows;
        for (row, &time) in rows.timestamps_ns.iter().enumerate() {
            let stream = rows.stream(row);
            if let Some(bucket) = buckets.of(time).filter(|_| filter.wants(stream)) {
                add(&mut sums, &buckets, stream, bucket, rows.lines.get(row).len() as u64);
            }
        }
    }
    let hidden = Hidden::new(&snapshot.deletes, Some(&request.tenant), &filter, &shared.catalogue);
    for segment in &snapshot.segments {
        if hidden.spares(segment) {
            count_segment(segment, &buckets, &filter, &mut sums)?;
            continue;
        }
        let is_spared = |stream| hidden.spares_stream(&segment.file, stream);
        count_segment(segment, &buckets, &filter.narrow(is_spared), &mut sums)?;
        let touched = filter.narrow(|stream| !is_spared(stream));
        count_rows(shared, segment, &buckets, &touched, &hidden, &mut sums)?;
    }
    let catalogue = shared.catalogue.read();
    let is_used = |counts: &Vec<Count>| counts.iter().any(|count| count.rows > 0);
    let mut found: Vec<StreamCounts> = sums
        .into_iter()
        .filter(|(_, counts)| is_used(counts))
        .filter_map(|(stream, buckets)| {
            catalogue.get(stream).map(|stream| StreamCounts { labels: stream.labels.clone(), buckets })
        })
        .collect();
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

/// The streams with at least one row in the range, sorted: one bucket, as wide as the range.
pub(crate) fn streams(
    shared: &Shared,
    tenant: &str,
    range: TimeRange,
    matchers: &[LabelMatcher],
) -> Result<Vec<Labels>, ReadError> {
    let step_ns = range.end_ns.saturating_sub(range.start_ns).max(1);
    let request = CountRequest { tenant: tenant.to_owned(), range, matchers: matchers.to_vec(), step_ns };
    // A bucket or two per stream: bounded by the streams themselves.
    let found = count(shared, &request, Buckets { range, step_ns })?;
    Ok(found.into_iter().map(|stream| stream.labels).collect())
}

fn add(sums: &mut Sums, buckets: &Buckets, stream: u32, bucket: usize, line_bytes: u64) {
    let counts = sums.entry(stream).or_insert_with(|| vec![Count::default(); buckets.count()]);
    if let Some(count) = counts.get_mut(bucket) {
        count.rows += 1;
        count.line_bytes += line_bytes;
    }
}

/// Counts row by row the streams of which a delete request hides some.
fn count_rows(
    shared: &Shared,
    segment: &Segment,
    buckets: &Buckets,
    filter: &StreamFilter,
    hidden: &Hidden,
    sums: &mut Sums,
) -> Result<(), ReadError> {
    let wanted = Columns { line: true, metadata: false, json_fields: Vec::new() };
    let columns = hidden.columns(segment, &wanted);
    let grams = NeedleGrams::new(&[]);
    let needed = Needed { range: buckets.range, filter, columns: &columns, grams: &grams };
    let source = segment.source()?;
    for at in 0..segment.index()?.blocks.len() {
        let Some(loaded) = segment.load(&source, at, &needed)? else { continue };
        let kept = hidden.kept(&segment.file, &loaded, &shared.catalogue, |_| {});
        let lines = loaded.lines.as_ref().map(|lines| lines.view()).unwrap_or_default();
        for (row, (&stream, &time)) in loaded.streams.iter().zip(&loaded.timestamps_ns).enumerate() {
            if kept.get(row) == Some(&true)
                && let Some(bucket) = buckets.of(time)
            {
                add(sums, buckets, stream, bucket, lines.get(row).unwrap_or("").len() as u64);
            }
        }
    }
    Ok(())
}

fn count_segment(
    segment: &Segment,
    buckets: &Buckets,
    filter: &StreamFilter,
    sums: &mut Sums,
) -> Result<(), ReadError> {
    let range = buckets.range;
    if segment.file.newest_ns < range.start_ns || segment.file.oldest_ns >= range.end_ns {
        return Ok(());
    }
    let index = segment.index()?;
    // Of these streams the rows of unsure minutes are still missing.
    let mut by_rows = vec![false; index.streams.len()];
    let mut unsure = BTreeSet::new();
    for (own, entry) in index.streams.iter().enumerate() {
        let stream = segment.stream(own as u32);
        if !filter.wants(stream) || entry.newest_ns < range.start_ns || entry.oldest_ns >= range.end_ns {
            continue;
        }
        let counts = sums.entry(stream).or_insert_with(|| vec![Count::default(); buckets.count()]);
        let is_whole =
            buckets.add(entry, counts, &mut unsure).map_err(|bad| segment.damaged(&bad.to_string()))?;
        by_rows.get_mut(own).into_iter().for_each(|flag| *flag = !is_whole);
    }
    if unsure.is_empty() {
        return Ok(());
    }
    let source = segment.source()?;
    for (at, block) in index.blocks.iter().enumerate() {
        let minutes = minute_of(block.oldest_ns)..=minute_of(block.newest_ns);
        if unsure.range(minutes).next().is_none() {
            continue;
        }
        let (times, streams, lengths) = segment.keys(&source, at, true)?;
        for ((&time, &own), &length) in times.iter().zip(&streams).zip(&lengths) {
            if by_rows.get(own as usize) == Some(&true)
                && unsure.contains(&minute_of(time))
                && let Some(bucket) = buckets.of(time)
            {
                add(sums, buckets, segment.stream(own), bucket, u64::from(length));
            }
        }
    }
    Ok(())
}
