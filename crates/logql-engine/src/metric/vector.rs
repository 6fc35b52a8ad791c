//! Vector aggregations, step by step over columns.

use std::{cmp::Ordering, collections::HashMap};

use log_record::Labels;
use logql_syntax::{Grouping, VectorAggregation, VectorFunction};

use super::{
    statistics::Deviation,
    steps::Steps,
    value::{Column, no_labels},
};

/// Aggregates columns into groups.
pub(crate) fn aggregate(vector: &VectorAggregation, columns: Vec<Column>, steps: Steps) -> Vec<Column> {
    use VectorFunction as F;
    let limit = usize::try_from(vector.parameter.unwrap_or(0)).unwrap_or(0);
    match vector.function {
        F::Sort => sorted(columns, false),
        F::SortDesc => sorted(columns, true),
        F::Topk | F::ApproxTopk => best(columns, vector.grouping.as_ref(), limit, true, steps),
        F::Bottomk => best(columns, vector.grouping.as_ref(), limit, false, steps),
        F::Sum | F::Avg | F::Min | F::Max | F::Count | F::Stddev | F::Stdvar => {
            groups(columns, vector.grouping.as_ref())
                .into_iter()
                .map(|(labels, members)| Column { labels, values: fold(vector.function, &members, steps) })
                .collect()
        }
    }
}

/// The labels that remain under a grouping.
pub(crate) fn grouped(labels: &Labels, grouping: Option<&Grouping>) -> Labels {
    let Some(grouping) = grouping else { return no_labels() };
    Labels::new(
        labels
            .iter()
            .filter(|(name, _)| grouping.labels.iter().any(|label| label == name) != grouping.without)
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    )
}

fn groups(columns: Vec<Column>, grouping: Option<&Grouping>) -> Vec<(Labels, Vec<Column>)> {
    let mut numbers: HashMap<Labels, usize> = HashMap::new();
    let mut all: Vec<(Labels, Vec<Column>)> = Vec::new();
    for column in columns {
        let labels = grouped(&column.labels, grouping);
        let number = *numbers.entry(labels.clone()).or_insert_with(|| {
            all.push((labels, Vec::new()));
            all.len() - 1
        });
        if let Some((_, members)) = all.get_mut(number) {
            members.push(column);
        }
    }
    all
}

fn fold(function: VectorFunction, members: &[Column], steps: Steps) -> Vec<Option<f64>> {
    (0..steps.count)
        .map(|step| {
            let mut values =
                members.iter().filter_map(|column| column.values.get(step).copied().flatten()).peekable();
            values.peek()?;
            Some(match function {
                VectorFunction::Count => values.count() as f64,
                VectorFunction::Avg => {
                    let (count, sum) =
                        values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
                    sum / count
                }
                VectorFunction::Min => values.fold(f64::NAN, f64::min),
                VectorFunction::Max => values.fold(f64::NAN, f64::max),
                VectorFunction::Stddev | VectorFunction::Stdvar => {
                    let mut deviation = Deviation::default();
                    values.for_each(|value| deviation.add(value));
                    let variance = deviation.variance()?;
                    if function == VectorFunction::Stddev { variance.sqrt() } else { variance }
                }
                _ => values.sum(),
            })
        })
        .collect()
}

/// `topk` and `bottomk`: at each step the best columns of each group keep their value.
fn best(
    columns: Vec<Column>,
    grouping: Option<&Grouping>,
    limit: usize,
    largest: bool,
    steps: Steps,
) -> Vec<Column> {
    let mut result = Vec::new();
    for (_, mut members) in groups(columns, grouping) {
        for step in 0..steps.count {
            let mut ranked: Vec<(usize, f64)> = members
                .iter()
                .enumerate()
                .filter_map(|(number, column)| Some((number, column.values.get(step).copied().flatten()?)))
                .collect();
            ranked.sort_by(|left, right| {
                order(left.1, right.1, largest).then_with(|| {
                    members.get(left.0).map(|c| &c.labels).cmp(&members.get(right.0).map(|c| &c.labels))
                })
            });
            for (number, _) in ranked.into_iter().skip(limit) {
                if let Some(slot) = members.get_mut(number).and_then(|column| column.values.get_mut(step)) {
                    *slot = None;
                }
            }
        }
        result.extend(members.into_iter().filter(|column| column.values.iter().any(Option::is_some)));
    }
    sorted(result, largest)
}

/// By the value of the first step, for instant answers.
fn sorted(mut columns: Vec<Column>, descending: bool) -> Vec<Column> {
    let first = |column: &Column| column.values.first().copied().flatten().unwrap_or(f64::NAN);
    columns.sort_by(|left, right| {
        order(first(left), first(right), descending).then_with(|| left.labels.cmp(&right.labels))
    });
    columns
}

/// NaN comes last either way.
fn order(left: f64, right: f64, descending: bool) -> Ordering {
    let ordering = match (left.is_nan(), right.is_nan()) {
        (false, false) if descending => right.partial_cmp(&left),
        (false, false) => left.partial_cmp(&right),
        (left, right) => Some(left.cmp(&right)),
    };
    ordering.unwrap_or(Ordering::Equal)
}
