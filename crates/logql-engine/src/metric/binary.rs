//! Binary operations: numbers with numbers, numbers with columns.

use logql_syntax::{Binary, BinaryOperator};

use super::{
    matching,
    steps::Steps,
    value::{Column, Value},
};
use crate::error::QueryError;

/// Evaluates an operation on two values.
pub(crate) fn evaluate(
    binary: &Binary,
    left: Value,
    right: Value,
    steps: Steps,
) -> Result<Value, QueryError> {
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => Ok(Value::Scalar(binary.op.of_literals(left, right))),
        (Value::Table(columns), Value::Scalar(right)) => {
            Ok(Value::Table(with_scalar(binary, columns, |value| (value, right))))
        }
        (Value::Scalar(left), Value::Table(columns)) => {
            Ok(Value::Table(with_scalar(binary, columns, |value| (left, value))))
        }
        (Value::Table(left), Value::Table(right)) => {
            matching::evaluate(binary, left, right, steps).map(Value::Table)
        }
    }
}

/// What a sample becomes, or nothing when a comparison filters it out. `kept` is the value a
/// passing comparison returns.
pub(crate) fn sample(binary: &Binary, left: f64, right: f64, kept: f64) -> Option<f64> {
    match compare(binary.op, left, right) {
        Some(holds) if binary.return_bool => Some(f64::from(u8::from(holds))),
        Some(holds) => holds.then_some(kept),
        None => Some(binary.op.of_literals(left, right)),
    }
}

fn with_scalar(binary: &Binary, columns: Vec<Column>, sides: impl Fn(f64) -> (f64, f64)) -> Vec<Column> {
    columns
        .into_iter()
        .map(|mut column| {
            for slot in &mut column.values {
                *slot = slot.and_then(|value| {
                    let (left, right) = sides(value);
                    sample(binary, left, right, value)
                });
            }
            column
        })
        .collect()
}

fn compare(op: BinaryOperator, left: f64, right: f64) -> Option<bool> {
    Some(match op {
        BinaryOperator::Equal => left == right,
        BinaryOperator::NotEqual => left != right,
        BinaryOperator::Greater => left > right,
        BinaryOperator::GreaterOrEqual => left >= right,
        BinaryOperator::Less => left < right,
        BinaryOperator::LessOrEqual => left <= right,
        _ => return None,
    })
}
