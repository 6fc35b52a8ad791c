//! `sum by (…) (count_over_time(…))` and its kin, counted by the store.

use std::{collections::HashMap, ops::ControlFlow};

use log_record::{GroupCounts, GroupRequest, Labels, ScanRequest};
use logql_syntax::{Grouping, RangeAggregation, RangeFunction};

use super::row_tests;
use crate::{
    error::QueryError,
    metric::{Column, Steps},
    scan::{Budget, Visit},
};

/// Windows that are cut into buckets; more go the general way.
const BOUNDS_MAX: usize = 30_000;

/// What the store counted, by labels.
pub(crate) struct Grouped {
    by: Vec<String>,
    groups: Vec<GroupCounts>,
    bounds: Vec<i64>,
}

/// Lets the store count what it can and hands the other rows to `visit`. None when nothing was
/// done: the query is of another kind, or the store cannot.
pub(crate) fn grouped(
    range: &RangeAggregation,
    grouping: Option<&Grouping>,
    steps: Steps,
    request: &ScanRequest,
    budget: &mut Budget<'_>,
    visit: &mut Visit<'_>,
) -> Result<Option<Grouped>, QueryError> {
    use RangeFunction as F;
    let counts = matches!(
        range.function,
        F::CountOverTime | F::Rate | F::BytesOverTime | F::BytesRate | F::AbsentOverTime
    );
    let Some(grouping) = grouping.filter(|grouping| !grouping.without) else { return Ok(None) };
    let asked = row_tests(&range.log);
    let is_odd = |name: &String| name.starts_with("__error") || name.ends_with("_extracted");
    if !counts || range.unwrap.is_some() || !asked.is_all || grouping.labels.iter().any(is_odd) {
        return Ok(None);
    }
    let Some(bounds) = bounds(range, steps) else { return Ok(None) };
    let mut by = grouping.labels.clone();
    by.sort();
    by.dedup();
    let request = GroupRequest {
        tenant: request.tenant.clone(),
        matchers: request.matchers.clone(),
        tests: asked.tests,
        by,
        is_parsed: asked.is_parsed,
        bounds,
        wants_bytes: matches!(range.function, F::BytesOverTime | F::BytesRate),
        columns: request.columns.clone(),
    };
    let Some(groups) = budget.group(&request, visit)? else { return Ok(None) };
    Ok(Some(Grouped { by: request.by, groups, bounds: request.bounds }))
}

/// The ends of all windows, so that each window is made of whole buckets.
fn bounds(range: &RangeAggregation, steps: Steps) -> Option<Vec<i64>> {
    if steps.count > BOUNDS_MAX / 2 || range.interval_ns <= 0 {
        return None;
    }
    let mut bounds = Vec::with_capacity(steps.count * 2);
    for step in 0..steps.count {
        let (start, end) = window(range, steps, step)?;
        bounds.extend([start, end]);
    }
    bounds.sort_unstable();
    bounds.dedup();
    Some(bounds)
}

/// A window leaves its start out and includes its end; as a half-open range both move by one.
fn window(range: &RangeAggregation, steps: Steps, step: usize) -> Option<(i64, i64)> {
    let end = steps.at(step).checked_sub(range.offset_ns)?.checked_add(1)?;
    Some((end.checked_sub(range.interval_ns)?, end))
}

impl Budget<'_> {
    /// Like `scan`, with the store counting what it can.
    fn group(
        &mut self,
        request: &GroupRequest,
        visit: &mut Visit<'_>,
    ) -> Result<Option<Vec<GroupCounts>>, QueryError> {
        self.check()?;
        let reader = self.reader;
        let mut failure = None;
        let go_on = {
            let (cancel, started, limits) = (self.cancel, self.started, self.limits);
            move || {
                !cancel.is_cancelled()
                    && started.elapsed().as_millis() <= u128::from(limits.query_timeout_max_ms)
            }
        };
        let counted = reader.group(request, &go_on, &mut |block| {
            self.stats.lines += block.len() as u64;
            self.stats.bytes += block.lines.data.len() as u64;
            match self.check().and_then(|()| visit(block, &mut self.stats)) {
                Ok(flow) => flow,
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        self.check()?;
        let Some((groups, summary)) = counted else { return Ok(None) };
        self.noted(&summary);
        let rows: u64 = groups.iter().flat_map(|group| &group.buckets).map(|count| count.rows).sum();
        self.stats.lines += rows;
        self.stats.lines_kept += rows;
        Ok(Some(groups))
    }
}

/// Puts what the store counted together with what the general way counted of the other rows;
/// `rest` has plain sums, not rates.
pub(crate) fn merge(
    range: &RangeAggregation,
    steps: Steps,
    grouped: Grouped,
    rest: Vec<Column>,
) -> Vec<Column> {
    use RangeFunction as F;
    let is_bytes = matches!(range.function, F::BytesOverTime | F::BytesRate);
    let seconds = match range.function {
        F::Rate | F::BytesRate => Some(range.interval_ns as f64 / 1e9),
        _ => None,
    };
    let mut columns: Vec<Column> = Vec::new();
    let mut places: HashMap<Labels, usize> = HashMap::new();
    let mut add = |labels: Labels, values: Vec<Option<f64>>| match places.get(&labels) {
        Some(place) => {
            let Some(column) = columns.get_mut(*place) else { return };
            for (to, from) in column.values.iter_mut().zip(values) {
                *to = match (*to, from) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
        }
        None => {
            places.insert(labels.clone(), columns.len());
            columns.push(Column { labels, values });
        }
    };
    for group in grouped.groups {
        let labels = Labels::new(grouped.by.iter().cloned().zip(group.values));
        // Sums from the left: a window is a difference of two of them.
        let mut sums = Vec::with_capacity(group.buckets.len() + 1);
        let (mut rows, mut bytes) = (0u64, 0u64);
        sums.push((rows, bytes));
        for count in &group.buckets {
            rows += count.rows;
            bytes += count.line_bytes;
            sums.push((rows, bytes));
        }
        let sum_at = |bound: i64| {
            grouped.bounds.binary_search(&bound).ok().and_then(|at| sums.get(at)).copied().unwrap_or((0, 0))
        };
        let values = (0..steps.count).map(|step| {
            let (start, end) = window(range, steps, step)?;
            let (before, after) = (sum_at(start), sum_at(end));
            let rows = after.0 - before.0;
            let sum = if is_bytes { after.1 - before.1 } else { rows };
            (rows > 0).then_some(sum as f64)
        });
        add(labels, values.collect());
    }
    rest.into_iter().for_each(|column| add(column.labels, column.values));
    if let Some(seconds) = seconds {
        columns
            .iter_mut()
            .flat_map(|column| &mut column.values)
            .flatten()
            .for_each(|value| *value /= seconds);
    }
    columns
}
