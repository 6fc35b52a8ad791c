//! Counts of rows by labels and time, done on columns: what `sum by (…) (count_over_time(…))`
//! needs. Rows that columns cannot tell about are handed out instead. It is long because memory,
//! minutes and columns are counted into one state.

use std::{collections::HashMap, ops::ControlFlow};

use log_record::{
    Count, GroupCounts, GroupRequest, LabelMatcher, LabelTest, ReadError, RecordBlock, ScanSummary, TimeRange,
};
use memchr::memmem::Finder;

use super::{
    block::{Loaded, StreamNames},
    run::Snapshot,
};
use crate::{
    delete::{Hidden, drop_rows},
    index::{Stream, StreamFilter},
    limits::COUNT_BUCKETS_MAX,
    memtable::MemBlock,
    segment::{
        Group, LabelValues, Needed, NeedleGrams, Segment, Source, UNKNOWN, label_numbers, minute_of, select,
    },
    shared::Shared,
};

type Rest<'a> = dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()> + 'a;

/// None when there is nothing to count by.
pub(crate) fn group(
    shared: &Shared,
    request: &GroupRequest,
    go_on: &dyn Fn() -> bool,
    rest: &mut Rest<'_>,
) -> Result<Option<(Vec<GroupCounts>, ScanSummary)>, ReadError> {
    if request.bounds.len() < 2 || request.bounds.len() > COUNT_BUCKETS_MAX {
        return Ok(None);
    }
    let snapshot = Snapshot::take(shared);
    let filter = shared.catalogue.read().select(&request.tenant, &request.matchers);
    let hidden = Hidden::new(&snapshot.deletes, Some(&request.tenant), &filter, &shared.catalogue);
    let mut work = Grouping {
        shared,
        request,
        filter: &filter,
        hidden: &hidden,
        values: LabelValues::default(),
        groups: HashMap::new(),
        counts: Vec::new(),
        summary: ScanSummary::default(),
    };
    let range = request.range();
    let names = StreamNames { catalogue: &shared.catalogue };
    for block in &snapshot.memory {
        if !work.reads_fields() {
            work.count_memory(block);
            continue;
        }
        let chosen = block.select(range, |stream| filter.wants(stream));
        if !chosen.is_empty() {
            let loaded = Loaded::from_memory(block, &chosen, &request.columns);
            if work.hand_out(&loaded, &names, rest).is_break() {
                return Ok(Some(work.finish()));
            }
        }
    }
    for segment in &snapshot.segments {
        if segment.file.newest_ns < range.start_ns || segment.file.oldest_ns >= range.end_ns {
            continue;
        }
        if !go_on() || work.segment(segment, &names, rest)?.is_break() {
            break;
        }
    }
    work.summary.rows_set_aside = super::run::rows_set_aside(shared, range);
    Ok(Some(work.finish()))
}

struct Grouping<'a> {
    shared: &'a Shared,
    request: &'a GroupRequest,
    filter: &'a StreamFilter,
    hidden: &'a Hidden,
    values: LabelValues,
    /// Values of the labels to the place of their counts.
    groups: HashMap<Vec<u32>, usize>,
    counts: Vec<Vec<Count>>,
    summary: ScanSummary,
}

impl Grouping<'_> {
    fn reads_fields(&self) -> bool {
        self.request.is_parsed || self.request.tests.labels.iter().any(|test| test.is_parsed)
    }

    /// Counts rows that are not yet in a segment, where no field of a line is asked for.
    fn count_memory(&mut self, block: &MemBlock) {
        let request = self.request;
        let tests: Vec<(Vec<Finder<'_>>, bool)> = request
            .tests
            .lines
            .iter()
            .map(|test| (test.any_of.iter().map(Finder::new).collect(), test.negated))
            .collect();
        let rows = &block.rows;
        let mut bounds = Bounds::new(&request.bounds);
        let catalogue = self.shared.catalogue.read();
        let mut last: (u32, Option<Stream>) = (u32::MAX, None);
        for row in 0..rows.len() {
            let number = rows.stream(row);
            let Some(bucket) = bounds.of(rows.timestamp_ns(row)).filter(|_| self.filter.wants(number)) else {
                continue;
            };
            let line = rows.lines.get(row).as_bytes();
            let mut lines = tests.iter();
            if !lines.all(|(texts, negated)| texts.iter().any(|text| text.find(line).is_some()) != *negated) {
                continue;
            }
            if last.0 != number {
                last = (number, catalogue.get(number).cloned());
            }
            let label = |name: &str| {
                let of_stream = last.1.as_ref().and_then(|stream| stream.labels.get(name));
                of_stream.or_else(|| {
                    // Of a name that comes twice the last one counts.
                    let pairs = rows.metadata.view().row(row).filter(|(known, _)| *known == name);
                    pairs.last().map(|(_, value)| value)
                })
            };
            let matches = |test: &LabelTest| {
                let matcher = LabelMatcher { name: String::new(), operator: test.operator.clone() };
                matcher.matches_value(label(&test.name).unwrap_or(""))
            };
            if !request.tests.labels.iter().all(matches) {
                continue;
            }
            let values = request.by.iter().map(|name| label(name).unwrap_or(""));
            let key: Vec<u32> = values.map(|value| self.values.number(value)).collect();
            let place = self.place(key);
            if let Some(count) = self.counts.get_mut(place).and_then(|counts| counts.get_mut(bucket)) {
                count.rows += 1;
                count.line_bytes += line.len() as u64;
            }
        }
    }

    fn hand_out(&mut self, loaded: &Loaded, names: &StreamNames<'_>, rest: &mut Rest<'_>) -> ControlFlow<()> {
        self.summary.blocks_read += 1;
        loaded.deliver(names, |block| {
            self.summary.rows += block.len() as u64;
            self.summary.line_bytes += block.lines.data.len() as u64;
            rest(block)
        })
    }

    fn segment(
        &mut self,
        segment: &Segment,
        names: &StreamNames<'_>,
        rest: &mut Rest<'_>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let index = segment.index()?;
        let wanted: Vec<bool> = segment.streams().iter().map(|stream| self.filter.wants(*stream)).collect();
        if !wanted.contains(&true) {
            return Ok(ControlFlow::Continue(()));
        }
        let request = self.request;
        let Some(layout) = index.layout.as_ref().filter(|_| self.hidden.spares(segment)) else {
            return self.hand_out_segment(segment, None, names, rest);
        };
        let no_line_is_whole = !request.is_parsed || layout.whole_lines == 0;
        let of_stream = |name: &String| crate::segment::is_of_stream(index, name, request.is_parsed, &wanted);
        if request.tests.is_empty() && no_line_is_whole && request.by.iter().all(of_stream) {
            return self.by_minutes(segment, &wanted).map(ControlFlow::Continue);
        }
        let source = segment.source()?;
        let group = Group { source: &source, layout };
        let selected = select(group, index, &[], &request.tests)?;
        if selected.rows.as_ref().is_some_and(|rows| !rows.contains(&true)) {
            self.summary.blocks_skipped += index.blocks.len() as u64;
            return Ok(ControlFlow::Continue(()));
        }
        let mut labels = Vec::new();
        for name in &request.by {
            match label_numbers(group, index, (name, request.is_parsed), &mut self.values)? {
                Some(numbers) if selected.is_exact => labels.push(numbers),
                _ => return self.hand_out_segment(segment, None, names, rest),
            }
        }
        if !selected.is_exact {
            return self.hand_out_segment(segment, None, names, rest);
        }
        let mut left = self.count_rows(segment, group, &wanted, selected.rows, &labels)?;
        match left.take() {
            None => Ok(ControlFlow::Continue(())),
            Some(left) => self.hand_out_segment(segment, Some((&source, left)), names, rest),
        }
    }

    /// Counts the selected rows; gives those back whose line is whole and matters.
    fn count_rows(
        &mut self,
        segment: &Segment,
        group: Group<'_>,
        wanted: &[bool],
        selected: Option<Vec<bool>>,
        labels: &[Vec<u32>],
    ) -> Result<Option<Vec<bool>>, ReadError> {
        let all = 0..group.layout.pages();
        let request = self.request;
        let times = group.timestamps(all.clone())?;
        let streams = if wanted.contains(&false) { group.streams(all.clone())? } else { Vec::new() };
        let lengths = if request.wants_bytes { group.line_lengths(all.clone())? } else { Vec::new() };
        // A line that is kept whole passes tests of its fields unseen.
        let has_whole = self.reads_fields() && group.layout.whole_lines > 0;
        let templates = if has_whole { group.template_codes(all)? } else { Vec::new() };
        let mut left: Option<Vec<bool>> = None;
        let mut places = Places { known: Vec::new(), key: Vec::new() };
        let mut bucket = Bounds::new(&request.bounds);
        for (row, time) in times.iter().enumerate() {
            let passes = selected.as_ref().is_none_or(|rows| rows.get(row) == Some(&true))
                && streams.get(row).is_none_or(|own| wanted.get(*own as usize) == Some(&true));
            if !passes {
                continue;
            }
            let Some(bucket) = bucket.of(*time) else { continue };
            if templates.get(row) == Some(&0) {
                let left = left.get_or_insert_with(|| vec![false; times.len()]);
                left.get_mut(row).into_iter().for_each(|left| *left = true);
                continue;
            }
            let place = places.of(row, labels, &mut self.groups, &mut self.counts, request.bounds.len() - 1);
            if let Some(count) = self.counts.get_mut(place).and_then(|counts| counts.get_mut(bucket)) {
                count.rows += 1;
                count.line_bytes += lengths.get(row).copied().map_or(0, u64::from);
            }
        }
        self.summary.blocks_read += segment.index()?.blocks.len() as u64;
        Ok(left)
    }

    /// All rows of a segment, or those that are marked, for others to count.
    fn hand_out_segment(
        &mut self,
        segment: &Segment,
        marked: Option<(&Source, Vec<bool>)>,
        names: &StreamNames<'_>,
        rest: &mut Rest<'_>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let (source, grams) = match marked {
            Some((source, rows)) => {
                source.mark(rows);
                (source.clone(), NeedleGrams::marked())
            }
            None => (segment.source()?, NeedleGrams::new(&[])),
        };
        let spared = self.hidden.spares(segment);
        let columns = if spared {
            self.request.columns.clone()
        } else {
            self.hidden.columns(segment, &self.request.columns)
        };
        let needed =
            Needed { range: self.request.range(), filter: self.filter, columns: &columns, grams: &grams };
        for at in 0..segment.index()?.blocks.len() {
            let Some(mut loaded) = segment.load(&source, at, &needed)? else { continue };
            if !spared {
                let kept = self.hidden.kept(&segment.file, &loaded, &self.shared.catalogue, |_| {});
                match drop_rows(loaded, &kept, &self.request.columns) {
                    Some(left) => loaded = left,
                    None => continue,
                }
            }
            if self.hand_out(&loaded, names, rest).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// From the counts that the index has by stream and minute; rows are read only where a bound
    /// lies inside a minute.
    fn by_minutes(&mut self, segment: &Segment, wanted: &[bool]) -> Result<(), ReadError> {
        let index = segment.index()?;
        let range = self.request.range();
        let bounds = Bounds::new(&self.request.bounds);
        let mut unsure: Vec<i64> = Vec::new();
        let mut place_of: Vec<Option<usize>> = vec![None; wanted.len()];
        for (own, entry) in index.streams.iter().enumerate() {
            if wanted.get(own) != Some(&true)
                || entry.newest_ns < range.start_ns
                || entry.oldest_ns >= range.end_ns
            {
                continue;
            }
            let key = self.request.by.iter().map(|name| entry.stream.labels.get(name).unwrap_or(""));
            let key: Vec<u32> = key.map(|value| self.values.number(value)).collect();
            let place = self.place(key);
            let Some(counts) = self.counts.get_mut(place) else { continue };
            let mut add = |bucket: usize, rows: u64, line_bytes: u64| {
                if let Some(count) = counts.get_mut(bucket) {
                    count.rows += rows;
                    count.line_bytes += line_bytes;
                }
            };
            if let (Some(first), Some(last)) = (bounds.find(entry.oldest_ns), bounds.find(entry.newest_ns))
                && first == last
            {
                add(first, entry.rows, entry.line_bytes);
                continue;
            }
            place_of.get_mut(own).into_iter().for_each(|slot| *slot = Some(place));
            entry
                .each_minute(|first_ns, last_ns, rows, line_bytes| {
                    if last_ns < range.start_ns || first_ns >= range.end_ns {
                        return;
                    }
                    match (bounds.find(first_ns), bounds.find(last_ns)) {
                        (Some(first), Some(last)) if first == last => add(first, rows, line_bytes),
                        _ => unsure.push(minute_of(first_ns)),
                    }
                })
                .map_err(|bad| segment.damaged(&bad.to_string()))?;
        }
        if unsure.is_empty() {
            return Ok(());
        }
        unsure.sort_unstable();
        unsure.dedup();
        self.by_rows(segment, &unsure, &place_of, range)
    }

    fn by_rows(
        &mut self,
        segment: &Segment,
        unsure: &[i64],
        place_of: &[Option<usize>],
        range: TimeRange,
    ) -> Result<(), ReadError> {
        let source = segment.source()?;
        for (at, block) in segment.index()?.blocks.iter().enumerate() {
            let (first, last) = (minute_of(block.oldest_ns), minute_of(block.newest_ns));
            let next = unsure.partition_point(|minute| *minute < first);
            if block.newest_ns < range.start_ns
                || block.oldest_ns >= range.end_ns
                || unsure.get(next).is_none_or(|minute| *minute > last)
            {
                continue;
            }
            self.summary.blocks_read += 1;
            let (times, streams, lengths) = segment.keys(&source, at, self.request.wants_bytes)?;
            let mut bounds = Bounds::new(&self.request.bounds);
            for (row, (time, own)) in times.iter().zip(&streams).enumerate() {
                let Some(place) = place_of.get(*own as usize).copied().flatten() else { continue };
                let Some(bucket) = bounds.of(*time) else { continue };
                if unsure.binary_search(&minute_of(*time)).is_ok()
                    && let Some(count) = self.counts.get_mut(place).and_then(|counts| counts.get_mut(bucket))
                {
                    count.rows += 1;
                    count.line_bytes += lengths.get(row).copied().map_or(0, u64::from);
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, key: Vec<u32>) -> usize {
        let buckets = self.request.bounds.len() - 1;
        let counts = &mut self.counts;
        *self.groups.entry(key).or_insert_with(|| {
            counts.push(vec![Count::default(); buckets]);
            counts.len() - 1
        })
    }

    fn finish(self) -> (Vec<GroupCounts>, ScanSummary) {
        let mut keys: Vec<(Vec<u32>, usize)> = self.groups.into_iter().collect();
        keys.sort_by_key(|(_, place)| *place);
        let counted =
            keys.into_iter().zip(self.counts).filter(|(_, counts)| counts.iter().any(|count| count.rows > 0));
        let groups = counted.map(|((key, _), buckets)| GroupCounts {
            values: key.iter().map(|number| self.values.text(*number).to_owned()).collect(),
            buckets,
        });
        (groups.collect(), self.summary)
    }
}

/// Where the counts of a row's group are.
struct Places {
    /// For a single label: place by number.
    known: Vec<Option<usize>>,
    key: Vec<u32>,
}

impl Places {
    fn of(
        &mut self,
        row: usize,
        labels: &[Vec<u32>],
        groups: &mut HashMap<Vec<u32>, usize>,
        counts: &mut Vec<Vec<Count>>,
        buckets: usize,
    ) -> usize {
        let number =
            |labels: &Vec<u32>| labels.get(row).copied().filter(|number| *number != UNKNOWN).unwrap_or(0);
        let first = labels.first().map_or(0, number) as usize;
        if labels.len() < 2
            && let Some(Some(place)) = self.known.get(first)
        {
            return *place;
        }
        self.key.clear();
        self.key.extend(labels.iter().map(number));
        let place = match groups.get(&self.key) {
            Some(place) => *place,
            None => {
                counts.push(vec![Count::default(); buckets]);
                groups.insert(self.key.clone(), counts.len() - 1);
                counts.len() - 1
            }
        };
        if labels.len() < 2 {
            if self.known.len() <= first {
                self.known.resize(first + 1, None);
            }
            self.known.get_mut(first).into_iter().for_each(|known| *known = Some(place));
        }
        place
    }
}

/// Finds buckets; rows that come in time order cost a comparison.
struct Bounds<'a> {
    bounds: &'a [i64],
    last: usize,
}

impl<'a> Bounds<'a> {
    fn new(bounds: &'a [i64]) -> Self {
        Bounds { bounds, last: 0 }
    }

    fn of(&mut self, time: i64) -> Option<usize> {
        let is_last = self.bounds.get(self.last).is_some_and(|start| *start <= time)
            && self.bounds.get(self.last + 1).is_some_and(|end| time < *end);
        if !is_last {
            self.last = self.find(time)?;
        }
        Some(self.last)
    }

    fn find(&self, time: i64) -> Option<usize> {
        let after = self.bounds.partition_point(|bound| *bound <= time);
        after.checked_sub(1).filter(|_| after < self.bounds.len())
    }
}
