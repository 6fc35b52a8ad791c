//! The tree, node by node.

use log_record::Labels;
use logql_syntax::{
    Grouping, MatchOp, RangeAggregation, RangeFunction, SampleExpr, Variants, VectorAggregation,
    VectorFunction,
};

use super::{
    binary, range,
    steps::Steps,
    value::{Column, Value, no_labels},
    vector,
};
use crate::{error::QueryError, pipeline::anchored, scan::Budget};

/// The value of an expression at all steps.
pub(crate) fn evaluate(
    expr: &SampleExpr,
    steps: Steps,
    budget: &mut Budget<'_>,
) -> Result<Value, QueryError> {
    budget.check()?;
    match expr {
        SampleExpr::Literal(value) => Ok(Value::Scalar(*value)),
        SampleExpr::VectorLiteral(value) => {
            Ok(Value::Table(vec![Column { labels: no_labels(), values: vec![Some(*value); steps.count] }]))
        }
        SampleExpr::Range(range) if range.function == RangeFunction::AbsentOverTime => {
            absent(range, steps, budget).map(Value::Table)
        }
        SampleExpr::Range(range) => range::evaluate(range, None, steps, budget).map(Value::Table),
        SampleExpr::Vector(vector) => aggregate(vector, steps, budget).map(Value::Table),
        SampleExpr::Binary(binary) => {
            let left = evaluate(&binary.left, steps, budget)?;
            let right = evaluate(&binary.right, steps, budget)?;
            binary::evaluate(binary, left, right, steps)
        }
        SampleExpr::LabelReplace { inner, destination, replacement, source, regex } => {
            let columns = evaluate(inner, steps, budget)?.into_columns(steps);
            replace(columns, destination, replacement, source, regex).map(Value::Table)
        }
        SampleExpr::Variants(all) => variants(all, steps, budget).map(Value::Table),
    }
}

/// Whether the order of an instant answer is the query's own.
pub(crate) fn sorts(expr: &SampleExpr) -> bool {
    matches!(
        expr,
        SampleExpr::Vector(VectorAggregation {
            function: VectorFunction::Sort
                | VectorFunction::SortDesc
                | VectorFunction::Topk
                | VectorFunction::Bottomk
                | VectorFunction::ApproxTopk,
            ..
        })
    )
}

fn aggregate(
    vector: &VectorAggregation,
    steps: Steps,
    budget: &mut Budget<'_>,
) -> Result<Vec<Column>, QueryError> {
    if let (VectorFunction::Sum, SampleExpr::Range(range)) = (vector.function, &*vector.inner)
        && range.grouping.is_none()
        && adds_up(range.function)
    {
        let everything = Grouping { without: false, labels: Vec::new() };
        let grouping = vector.grouping.as_ref().unwrap_or(&everything);
        return range::evaluate(range, Some(grouping), steps, budget);
    }
    let columns = evaluate(&vector.inner, steps, budget)?.into_columns(steps);
    Ok(vector::aggregate(vector, columns, steps))
}

/// Whether the sum of the series is the value of their union.
fn adds_up(function: RangeFunction) -> bool {
    matches!(
        function,
        RangeFunction::CountOverTime
            | RangeFunction::Rate
            | RangeFunction::BytesRate
            | RangeFunction::BytesOverTime
            | RangeFunction::SumOverTime
    )
}

/// 1 wherever no line was seen, with the labels the selector fixes.
fn absent(
    range: &RangeAggregation,
    steps: Steps,
    budget: &mut Budget<'_>,
) -> Result<Vec<Column>, QueryError> {
    let everything = Grouping { without: false, labels: Vec::new() };
    let seen = range::evaluate(range, Some(&everything), steps, budget)?;
    let values = (0..steps.count)
        .map(|step| {
            let present = seen.iter().any(|column| column.values.get(step).is_some_and(Option::is_some));
            (!present).then_some(1.0)
        })
        .collect();
    let matchers = &range.log.matchers;
    let fixed = matchers.iter().filter(|matcher| {
        matcher.op == MatchOp::Equal
            && matchers.iter().filter(|other| other.name == matcher.name).count() == 1
    });
    let labels = Labels::new(fixed.map(|matcher| (matcher.name.clone(), matcher.value.clone())));
    Ok(vec![Column { labels, values }])
}

fn replace(
    columns: Vec<Column>,
    destination: &str,
    replacement: &str,
    source: &str,
    pattern: &str,
) -> Result<Vec<Column>, QueryError> {
    let regex = anchored(pattern)?;
    Ok(columns
        .into_iter()
        .map(|mut column| {
            let value = column.labels.get(source).unwrap_or("");
            if let Some(captures) = regex.captures(value) {
                let mut new = String::new();
                captures.expand(replacement, &mut new);
                let pairs: Vec<(String, String)> = column
                    .labels
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .chain([(destination.to_owned(), new)])
                    .collect();
                column.labels = Labels::new(pairs);
            }
            column
        })
        .collect())
}

/// Each variant on its own, told apart by `__variant__`. Unaggregated ones carry a second
/// `detected_level` under Loki's name for a label that is taken, as in Loki 3.7.
fn variants(all: &Variants, steps: Steps, budget: &mut Budget<'_>) -> Result<Vec<Column>, QueryError> {
    let mut columns = Vec::new();
    for (number, variant) in all.of.iter().enumerate() {
        let bare = matches!(variant, SampleExpr::Range(range) if range.grouping.is_none());
        for mut column in evaluate(variant, steps, budget)?.into_columns(steps) {
            let level = column.labels.get("detected_level").filter(|_| bare).map(str::to_owned);
            let pairs: Vec<(String, String)> = column
                .labels
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .chain([("__variant__".to_owned(), number.to_string())])
                .chain(level.map(|level| ("detected_level_extracted".to_owned(), level)))
                .collect();
            column.labels = Labels::new(pairs);
            columns.push(column);
        }
    }
    Ok(columns)
}
