//! Operations on two vectors: which series find each other, and what they are called after.

use std::collections::{HashMap, HashSet};

use log_record::Labels;
use logql_syntax::{Binary, BinaryOperator, VectorMatching};

use super::{binary, steps::Steps, value::Column};
use crate::error::QueryError;

/// Evaluates an operation on two vectors at every step.
pub(crate) fn evaluate(
    operation: &Binary,
    left: Vec<Column>,
    right: Vec<Column>,
    steps: Steps,
) -> Result<Vec<Column>, QueryError> {
    match operation.op {
        BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Unless => {
            Ok(sets(operation, left, right, steps))
        }
        _ => arithmetic(operation, &left, &right, steps),
    }
}

/// The labels by which series find each other.
fn signature(labels: &Labels, matching: &VectorMatching) -> Labels {
    match matching.on {
        None => labels.clone(),
        Some(on) => Labels::new(
            labels
                .iter()
                .filter(|(name, _)| matching.labels.iter().any(|label| label == name) == on)
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
    }
}

fn value(column: &Column, step: usize) -> Option<f64> {
    column.values.get(step).copied().flatten()
}

fn sets(operation: &Binary, mut left: Vec<Column>, mut right: Vec<Column>, steps: Steps) -> Vec<Column> {
    let signatures = |columns: &[Column]| -> Vec<Labels> {
        columns.iter().map(|column| signature(&column.labels, &operation.matching)).collect()
    };
    let (left_signatures, right_signatures) = (signatures(&left), signatures(&right));
    for step in 0..steps.count {
        let present = |columns: &[Column], signatures: &[Labels]| -> HashSet<Labels> {
            columns
                .iter()
                .zip(signatures)
                .filter(|(column, _)| value(column, step).is_some())
                .map(|(_, signature)| signature.clone())
                .collect()
        };
        let (filtered, filtered_signatures, others, keep_if_found) = match operation.op {
            BinaryOperator::Or => {
                let others = present(&left, &left_signatures);
                (&mut right, &right_signatures, others, false)
            }
            op => {
                let others = present(&right, &right_signatures);
                (&mut left, &left_signatures, others, op == BinaryOperator::And)
            }
        };
        for (column, signature) in filtered.iter_mut().zip(filtered_signatures) {
            if others.contains(signature) != keep_if_found
                && let Some(slot) = column.values.get_mut(step)
            {
                *slot = None;
            }
        }
    }
    if operation.op == BinaryOperator::Or {
        // A series may be on both sides, at different steps.
        for column in right {
            match left.iter_mut().find(|found| found.labels == column.labels) {
                Some(found) => {
                    for (slot, other) in found.values.iter_mut().zip(column.values) {
                        *slot = slot.or(other);
                    }
                }
                None => left.push(column),
            }
        }
    }
    left
}

fn arithmetic(
    operation: &Binary,
    left: &[Column],
    right: &[Column],
    steps: Steps,
) -> Result<Vec<Column>, QueryError> {
    let matching = &operation.matching;
    // The "one" side is the right one, except with group_right.
    let swapped = matching.group_left == Some(false);
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let fail = |text: &str| Err(QueryError::Matching(text.to_owned()));
    let mut ones: HashMap<Labels, Vec<&Column>> = HashMap::new();
    for column in one {
        ones.entry(signature(&column.labels, matching)).or_default().push(column);
    }
    let mut numbers: HashMap<Labels, usize> = HashMap::new();
    let mut result: Vec<Column> = Vec::new();
    for column in many {
        let Some(partners) = ones.get(&signature(&column.labels, matching)) else { continue };
        for step in 0..steps.count {
            let Some(many_value) = value(column, step) else { continue };
            let mut found = partners.iter().filter_map(|partner| Some((*partner, value(partner, step)?)));
            let Some((partner, one_value)) = found.next() else { continue };
            if found.next().is_some() {
                let side = if swapped { "left" } else { "right" };
                return fail(&format!(
                    "found duplicate series on the {side} hand-side;many-to-many matching not allowed: matching \
                     labels must be unique on one side"
                ));
            }
            let (left_value, right_value) =
                if swapped { (one_value, many_value) } else { (many_value, one_value) };
            let labels = result_labels(&column.labels, &partner.labels, matching);
            let number = *numbers.entry(labels.clone()).or_insert_with(|| {
                result.push(Column { labels, values: vec![None; steps.count] });
                result.len() - 1
            });
            let Some(slot) = result.get_mut(number).and_then(|column| column.values.get_mut(step)) else {
                continue;
            };
            if slot.is_some() {
                return fail(if matching.group_left.is_some() {
                    "multiple matches for labels: grouping labels must ensure unique matches"
                } else {
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                });
            }
            *slot = binary::sample(operation, left_value, right_value, left_value);
        }
    }
    Ok(result)
}

fn result_labels(many: &Labels, one: &Labels, matching: &VectorMatching) -> Labels {
    let keeps = |name: &str| match (matching.group_left, matching.on) {
        (None, Some(on)) => matching.labels.iter().any(|label| label == name) == on,
        _ => !matching.include.iter().any(|label| label == name),
    };
    let own = many.iter().filter(|(name, _)| keeps(name));
    let included = matching.include.iter().filter_map(|name| Some((name.as_str(), one.get(name)?)));
    Labels::new(own.chain(included).map(|(name, value)| (name.to_owned(), value.to_owned())))
}
