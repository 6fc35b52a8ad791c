//! Range aggregations: one scan, folded into per-series windows as blocks stream by.

use std::{borrow::Cow, ops::ControlFlow, rc::Rc};

use log_record::{Direction, RecordBlock, ScanRequest, TimeRange};
use logql_syntax::{
    Conversion, Grouping, RangeAggregation, RangeFunction, Unwrap, parse_bytes, parse_go_duration,
};

use super::{
    accumulate::{
        Accumulate, Average, Finish, First, Last, Maximum, Minimum, Samples, Spread, Sum, Tally, Windows,
    },
    series_key::{SeriesIndex, SeriesKey},
    steps::Steps,
    value::Column,
};
use crate::{
    error::QueryError,
    fast,
    label_set::Base,
    logs,
    names::NameId,
    pipeline::{Filter, Pipeline, Row, Work, bytes_error, duration_error, number},
    scan::{Budget, Streams, Visit},
};

/// Evaluates a range aggregation; `outer` is the grouping of a `sum` around it, which can be done
/// in the same pass.
pub(crate) fn evaluate(
    range: &RangeAggregation,
    outer: Option<&Grouping>,
    steps: Steps,
    budget: &mut Budget<'_>,
) -> Result<Vec<Column>, QueryError> {
    use RangeFunction as F;
    match range.function {
        F::CountOverTime | F::BytesOverTime | F::BytesRate | F::AbsentOverTime => {
            run::<Tally>(range, outer, steps, budget)
        }
        F::Rate if range.unwrap.is_none() => run::<Tally>(range, outer, steps, budget),
        F::Rate | F::SumOverTime => run::<Windows<Sum>>(range, outer, steps, budget),
        F::AvgOverTime => run::<Windows<Average>>(range, outer, steps, budget),
        F::MinOverTime => run::<Windows<Minimum>>(range, outer, steps, budget),
        F::MaxOverTime => run::<Windows<Maximum>>(range, outer, steps, budget),
        F::StdvarOverTime | F::StddevOverTime => run::<Windows<Spread>>(range, outer, steps, budget),
        F::QuantileOverTime | F::RateCounter => run::<Windows<Samples>>(range, outer, steps, budget),
        F::FirstOverTime => run::<Windows<First>>(range, outer, steps, budget),
        F::LastOverTime => run::<Windows<Last>>(range, outer, steps, budget),
    }
}

/// What a row contributes.
enum Source {
    One,
    Bytes,
    Label { name: NameId, conversion: Option<Conversion>, filters: Vec<Filter> },
}

struct Aggregator<A> {
    pipeline: Pipeline,
    source: Source,
    key: SeriesKey,
    work: Work,
    index: SeriesIndex,
    states: Vec<A>,
    steps: Steps,
    range_ns: i64,
    offset_ns: i64,
    /// Rows need no labels of their own: the series follows from the stream.
    per_stream: bool,
    cells: usize,
}

fn run<A: Accumulate>(
    range: &RangeAggregation,
    outer: Option<&Grouping>,
    steps: Steps,
    budget: &mut Budget<'_>,
) -> Result<Vec<Column>, QueryError> {
    let scanned = TimeRange {
        start_ns: steps
            .start_ns
            .saturating_sub(range.offset_ns)
            .saturating_sub(range.interval_ns)
            .saturating_add(1),
        end_ns: steps.last().saturating_sub(range.offset_ns).saturating_add(1),
    };
    let mut work = Work::new();
    let Some(pipeline) = logs::compile_if_streams(&range.log, scanned, budget, &mut work)? else {
        return Ok(Vec::new());
    };
    let key = SeriesKey::new(range.grouping.as_ref().or(outer), &mut work.names);
    work.need = key.need();
    for name in &pipeline.reads {
        work.need.add(*name);
    }
    let source = source(range, &mut work)?;
    let columns = pipeline.columns(&work, matches!(source, Source::Bytes));
    let per_stream = pipeline.is_plain() && !columns.metadata && !matches!(source, Source::Label { .. });
    let request = ScanRequest {
        tenant: budget.tenant.to_owned(),
        range: scanned,
        matchers: pipeline.matchers.clone(),
        line_contains: pipeline.line_contains.clone(),
        direction: Direction::Forward,
        columns,
    };
    let mut aggregator = Aggregator::<A> {
        pipeline,
        source,
        key,
        work,
        index: SeriesIndex::default(),
        states: Vec::new(),
        steps,
        range_ns: range.interval_ns,
        offset_ns: range.offset_ns,
        per_stream,
        cells: 0,
    };
    let mut streams = Streams::default();
    let mut rows = Vec::new();
    let (cells_max, series_max) = (budget.limits.cells_max, budget.limits.inner_series_max);
    let visit: &mut Visit<'_> = &mut |block, stats| {
        let bases = streams.of_block(block, &mut aggregator.work.names);
        aggregator.pipeline.select(block, &mut rows);
        stats.lines_kept += aggregator.block(block, &bases, &rows)?;
        if aggregator.states.len() > series_max {
            return Err(QueryError::Limit(format!(
                "maximum of series ({series_max}) reached for a single query"
            )));
        }
        if aggregator.cells > cells_max {
            return Err(QueryError::Limit(format!(
                "the query needs more than {cells_max} points at once; consider a larger step, a shorter time \
                 range, or aggregating with sum by"
            )));
        }
        Ok(ControlFlow::Continue(()))
    };
    let grouping = range.grouping.as_ref().or(outer);
    if let Some(grouped) = fast::grouped(range, grouping, steps, &request, budget, visit)? {
        let rest = aggregator.finish(&Finish { per_second: false, ..finish(range) });
        return Ok(fast::merge(range, steps, grouped, rest));
    }
    budget.scan(&request, &fast::row_tests(&range.log).tests, visit)?;
    Ok(aggregator.finish(&finish(range)))
}

fn source(range: &RangeAggregation, work: &mut Work) -> Result<Source, QueryError> {
    if let Some(Unwrap { label, conversion, filters }) = &range.unwrap {
        let name = work.names.id(label);
        let mut reads = vec![name];
        let filters = filters
            .iter()
            .map(|filter| Filter::compile(filter, &mut work.names, &mut reads))
            .collect::<Result<_, _>>()?;
        reads.into_iter().for_each(|read| work.need.add(read));
        return Ok(Source::Label { name, conversion: *conversion, filters });
    }
    Ok(match range.function {
        RangeFunction::BytesOverTime | RangeFunction::BytesRate => Source::Bytes,
        _ => Source::One,
    })
}

fn finish(range: &RangeAggregation) -> Finish {
    Finish {
        range_ns: range.interval_ns,
        per_second: matches!(range.function, RangeFunction::Rate | RangeFunction::BytesRate),
        quantile: range.parameter.unwrap_or(f64::NAN),
        root: range.function == RangeFunction::StddevOverTime,
        counter: range.function == RangeFunction::RateCounter,
    }
}

impl<A: Accumulate> Aggregator<A> {
    /// Folds the selected rows of a block in; returns how many passed the pipeline.
    fn block(
        &mut self,
        block: &RecordBlock<'_>,
        bases: &[Rc<Base>],
        rows: &[u32],
    ) -> Result<u64, QueryError> {
        let mut kept = 0;
        let mut series_of_stream: Vec<Option<usize>> = vec![None; bases.len()];
        for row in rows {
            let row = *row as usize;
            let Some(timestamp_ns) = block.timestamps_ns.get(row).copied() else { continue };
            let Some((first, last)) = self.steps.covering(timestamp_ns, self.range_ns, self.offset_ns) else {
                continue;
            };
            let Some(stream) = block.stream_of_row.get(row).map(|stream| *stream as usize) else { continue };
            let Some(base) = bases.get(stream) else { continue };
            let (series, value) = if self.per_stream {
                let series = match series_of_stream.get(stream).copied().flatten() {
                    Some(series) => series,
                    None => {
                        self.work.labels.reset(base);
                        let series = self.index.of_row(&self.key, &self.work.labels, &self.work.names);
                        if let Some(slot) = series_of_stream.get_mut(stream) {
                            *slot = Some(series);
                        }
                        series
                    }
                };
                let value = match self.source {
                    Source::Bytes => block.lines.get(row).map_or(0.0, |line| line.len() as f64),
                    _ => 1.0,
                };
                (series, value)
            } else {
                match self.row(block, row, base, timestamp_ns)? {
                    Some(found) => found,
                    None => continue,
                }
            };
            kept += 1;
            self.add(series, first, last, timestamp_ns, value);
        }
        Ok(kept)
    }

    fn add(&mut self, series: usize, first: usize, last: usize, timestamp_ns: i64, value: f64) {
        if self.states.len() <= series {
            self.states.resize_with(series + 1, A::default);
        }
        if let Some(state) = self.states.get_mut(series) {
            let before = state.cells();
            state.add(first, last, timestamp_ns, value);
            self.cells += state.cells() - before;
        }
    }

    /// Runs the pipeline over one row; gives its series and sample.
    fn row(
        &mut self,
        block: &RecordBlock<'_>,
        row: usize,
        base: &Rc<Base>,
        timestamp_ns: i64,
    ) -> Result<Option<(usize, f64)>, QueryError> {
        let work = &mut self.work;
        work.labels.reset(base);
        logs::set_metadata(block, row, work);
        let mut current = Row { timestamp_ns, line: Cow::Borrowed(block.lines.get(row).unwrap_or("")) };
        if !self.pipeline.run(&mut current, block, row, work) {
            return Ok(None);
        }
        let value = match &self.source {
            Source::One => 1.0,
            Source::Bytes => current.line.len() as f64,
            Source::Label { name, conversion, filters } => {
                let Some(value) = unwrapped(*name, *conversion, work) else { return Ok(None) };
                work.labels.remove(*name);
                if !filters.iter().all(|filter| filter.passes(&mut work.labels)) {
                    return Ok(None);
                }
                value
            }
        };
        if let Some(kind) = work.labels.error() {
            return Err(pipeline_error(kind, work));
        }
        let series = self.index.of_row(&self.key, &work.labels, &work.names);
        Ok(Some((series, value)))
    }

    fn finish(self, finish: &Finish) -> Vec<Column> {
        let steps = self.steps.count;
        self.index
            .into_labels()
            .into_iter()
            .zip(self.states)
            .map(|(labels, state)| Column { labels, values: state.values(steps, finish) })
            .collect()
    }
}

/// The label as a number; `None` when it is missing. A bad text gives 0 and sets `__error__`.
fn unwrapped(name: NameId, conversion: Option<Conversion>, work: &mut Work) -> Option<f64> {
    let text = work.labels.get(name)?;
    let parsed = match conversion {
        None => number(text),
        Some(Conversion::Bytes) => {
            parse_bytes(text).map(|bytes| bytes as f64).ok_or_else(|| bytes_error(text))
        }
        Some(Conversion::Duration | Conversion::DurationSeconds) => {
            parse_go_duration(text).map(|length| length as f64 / 1e9).ok_or_else(|| duration_error(text))
        }
    };
    Some(parsed.unwrap_or_else(|details| {
        work.labels.set_error("SampleExtractionErr", &details);
        0.0
    }))
}

fn pipeline_error(kind: &str, work: &Work) -> QueryError {
    let mut pairs: Vec<(String, String)> = Vec::new();
    work.labels.each(|id, value| pairs.push((work.names.text(id).to_string(), value.to_owned())));
    pairs.sort();
    let texts: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", logql_syntax::quote(value))).collect();
    QueryError::Pipeline { kind: kind.to_owned(), series: format!("{{{}}}", texts.join(", ")) }
}
