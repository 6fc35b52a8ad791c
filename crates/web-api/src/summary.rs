//! `GET /api/summary`: the timeline by severity and the counts by facet, in one pass over the
//! store that reads no lines unless a text is searched for.

use std::{collections::HashMap, ops::ControlFlow};

use alert::Priority;
use axum::{
    Json,
    extract::{Query, State},
};
use log_record::{Direction, Labels, RecordBlock, TimeRange};
use serde_json::{Map, Value, json};

use crate::{
    answer::ApiError,
    filter::{FACETS, Facet, Filter},
    limits,
    parameters::Parameters,
    scan,
    state::Shared,
};

/// Buckets of a timeline unless asked otherwise.
const BUCKETS: usize = 60;

/// `{"total", "from", "to", "bucket_ms", "timeline": {priority: [count per bucket]},
/// "facets": {facet: {"values": [[value, count]…], "distinct", "other"}}, "partial"}`, times in
/// milliseconds since 1970.
pub(crate) async fn summary(
    State(shared): State<Shared>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, ApiError> {
    let parameters = Parameters(query);
    let filter = Filter::parse(&parameters)?;
    let (Some(from), Some(to)) = (parameters.integer("from")?, parameters.integer("to")?) else {
        return Err(ApiError::bad_request(
            "a summary needs from and to",
            "give both in milliseconds since 1970",
        ));
    };
    if from >= to {
        return Err(ApiError::bad_request("from is not before to", "swap them"));
    }
    let buckets = parameters.count("buckets", BUCKETS, limits::BUCKETS_MAX)?;
    let answer = scan::blocking(&shared, move |shared, stop| {
        let mut tally = Tally::new(filter.range, buckets);
        scan::run(shared, &filter, Direction::Forward, filter.needs_lines(), &mut |block| {
            tally.block(block, &filter);
            if stop.now() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(tally.into_json(stop.partial))
    });
    Ok(Json(answer.await?))
}

struct Tally {
    range: TimeRange,
    bucket_ns: i64,
    buckets: usize,
    /// By `Priority as usize`, then by bucket.
    timeline: Vec<Vec<u64>>,
    total: u64,
    streams: HashMap<Labels, u64>,
    facets: Vec<(Facet, Counts)>,
}

#[derive(Default)]
struct Counts {
    values: HashMap<Box<str>, u64>,
    /// Of values that came after the map was full.
    overflow: u64,
}

impl Tally {
    fn new(range: TimeRange, buckets: usize) -> Self {
        let span = range.end_ns.saturating_sub(range.start_ns).max(1);
        let count = i64::try_from(buckets).unwrap_or(i64::MAX).max(1);
        Tally {
            range,
            bucket_ns: span.saturating_add(count - 1).checked_div(count).unwrap_or(1).max(1),
            buckets,
            timeline: vec![vec![0; buckets]; Priority::ALL.len()],
            total: 0,
            streams: HashMap::new(),
            facets: FACETS.into_iter().map(|facet| (facet, Counts::default())).collect(),
        }
    }

    fn block(&mut self, block: &RecordBlock<'_>, filter: &Filter) {
        let priorities: Vec<Option<Priority>> =
            block.streams.iter().map(|labels| labels.get("priority")?.parse().ok()).collect();
        let mut of_stream = vec![0_u64; block.streams.len()];
        for (row, (&time_ns, &stream)) in block.timestamps_ns.iter().zip(block.stream_of_row).enumerate() {
            let wanted = !filter.needs_lines()
                || block.lines.get(row).is_some_and(|line| filter.text_matches_line(line));
            let Some(stream) = usize::try_from(stream).ok().filter(|_| wanted) else { continue };
            if let Some(count) = of_stream.get_mut(stream) {
                *count += 1;
            }
            let priority = priorities.get(stream).copied().flatten();
            self.point(time_ns, priority);
        }
        for (labels, count) in block.streams.iter().zip(of_stream).filter(|(_, count)| *count > 0) {
            self.total += count;
            if let Some(known) = self.streams.get_mut(labels) {
                *known += count;
                continue;
            }
            if self.streams.len() >= limits::STREAMS_AT_ONCE_MAX {
                self.fold();
            }
            self.streams.insert(labels.clone(), count);
        }
    }

    fn point(&mut self, time_ns: i64, priority: Option<Priority>) {
        let offset = time_ns.saturating_sub(self.range.start_ns);
        let bucket =
            usize::try_from(offset / self.bucket_ns).unwrap_or(0).min(self.buckets.saturating_sub(1));
        let line = priority.and_then(|priority| self.timeline.get_mut(priority as usize));
        if let Some(count) = line.and_then(|line| line.get_mut(bucket)) {
            *count += 1;
        }
    }

    /// Moves the counts of streams into the facets.
    fn fold(&mut self) {
        for (labels, count) in self.streams.drain() {
            for (facet, counts) in &mut self.facets {
                let value = labels.get(facet.label).unwrap_or("");
                if facet.name == "tag" {
                    value.split(',').filter(|tag| !tag.is_empty()).for_each(|tag| counts.add(tag, count));
                } else {
                    counts.add(value, count);
                }
            }
        }
    }

    fn into_json(mut self, partial: bool) -> Value {
        self.fold();
        let timeline: Map<String, Value> = Priority::ALL
            .into_iter()
            .zip(&self.timeline)
            .filter(|(_, counts)| counts.iter().any(|&count| count > 0))
            .map(|(priority, counts)| (priority.name().to_owned(), json!(counts)))
            .collect();
        let facets: Map<String, Value> = self
            .facets
            .into_iter()
            .map(|(facet, counts)| (facet.name.to_owned(), counts.into_json()))
            .collect();
        json!({
            "total": self.total,
            "from": self.range.start_ns / 1_000_000,
            "to": self.range.end_ns / 1_000_000,
            "bucket_ms": self.bucket_ns as f64 / 1e6,
            "timeline": timeline,
            "facets": facets,
            "partial": partial,
        })
    }
}

impl Counts {
    fn add(&mut self, value: &str, count: u64) {
        if let Some(known) = self.values.get_mut(value) {
            *known += count;
        } else if self.values.len() < limits::FACET_VALUES_MAX {
            self.values.insert(value.into(), count);
        } else {
            self.overflow += count;
        }
    }

    fn into_json(self) -> Value {
        let distinct = self.values.len();
        let mut values: Vec<(Box<str>, u64)> = self.values.into_iter().collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let hidden: u64 = values.iter().skip(limits::FACET_VALUES_SHOWN).map(|(_, count)| count).sum();
        values.truncate(limits::FACET_VALUES_SHOWN);
        json!({ "values": values, "distinct": distinct, "other": hidden + self.overflow })
    }
}
