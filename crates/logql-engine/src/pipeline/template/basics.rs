//! Go's built-in functions: logic, comparison, and looking into values.

use super::{functions::Arguments, value::Value};

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let values = &arguments.values;
    Ok(match arguments.function {
        // The values that decide never get here.
        "and" | "or" => values.last().cloned().unwrap_or(Value::Nothing),
        "not" => Value::Bool(!arguments.get(0).is_true()),
        "eq" => {
            if values.len() < 2 {
                return Err("missing argument for comparison".to_owned());
            }
            let mut found = false;
            for other in values.iter().skip(1) {
                found = found || equal(arguments.get(0), other)?;
            }
            Value::Bool(found)
        }
        "ne" => Value::Bool(!equal(arguments.get(0), arguments.get(1))?),
        "lt" | "le" | "gt" | "ge" => compare(arguments)?,
        "default" => match arguments.get(1) {
            given if given.is_true() => given.clone(),
            _ => arguments.get(0).clone(),
        },
        "len" => Value::Int(match arguments.get(0) {
            Value::Text(text) => text.len() as i64,
            Value::List(items) => items.len() as i64,
            Value::Map(members) => members.len() as i64,
            Value::Labels(members) => members.len() as i64,
            Value::Nothing => return Err("len of nil pointer".to_owned()),
            other => return Err(format!("len of type {}", other.kind())),
        }),
        "index" => index(arguments)?,
        "slice" => slice(arguments)?,
        _ => serde_json::from_str(&arguments.text(0)).map_or(Value::Nothing, Value::from_json),
    })
}

const INCOMPATIBLE: &str = "incompatible types for comparison";

fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Nothing, Value::Nothing) => Ok(true),
        (Value::Nothing, _) | (_, Value::Nothing) => Ok(false),
        (Value::List(_) | Value::Map(_) | Value::Labels(_), _)
        | (_, Value::List(_) | Value::Map(_) | Value::Labels(_)) => {
            Err(format!("non-comparable type {}: {}", left.text(), left.kind()))
        }
        (left, right) if std::mem::discriminant(left) == std::mem::discriminant(right) => Ok(left == right),
        _ => Err(INCOMPATIBLE.to_owned()),
    }
}

fn compare(arguments: &Arguments) -> Result<Value, String> {
    let (left, right) = (arguments.get(0), arguments.get(1));
    let ordering = match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Bool(_) | Value::Time(_) | Value::List(_) | Value::Map(_) | Value::Labels(_), _) => {
            return Err("invalid type for comparison".to_owned());
        }
        _ => return Err(INCOMPATIBLE.to_owned()),
    };
    Ok(Value::Bool(ordering.is_some_and(|ordering| match arguments.function {
        "lt" => ordering.is_lt(),
        "le" => ordering.is_le(),
        "gt" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })))
}

fn index(arguments: &Arguments) -> Result<Value, String> {
    let mut value = arguments.get(0).clone();
    for key in arguments.values.iter().skip(1) {
        value = match (value, key) {
            (Value::List(items), Value::Int(at)) => {
                match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
                    Some(item) => item.clone(),
                    None => return Err(format!("error calling index: index out of range: {at}")),
                }
            }
            (Value::Map(members), Value::Text(name)) => members.get(name).cloned().unwrap_or(Value::Nothing),
            (Value::Labels(members), Value::Text(name)) => {
                Value::Text(members.get(name).cloned().unwrap_or_default())
            }
            (Value::Text(text), Value::Int(at)) => {
                match usize::try_from(*at).ok().and_then(|at| text.as_bytes().get(at).copied()) {
                    Some(byte) => Value::Int(i64::from(byte)),
                    None => return Err(format!("index out of range: {at}")),
                }
            }
            (Value::Nothing, _) => return Err("index of untyped nil".to_owned()),
            (Value::List(_) | Value::Text(_), other) => {
                return Err(format!("cannot index slice/array with type {}", other.kind()));
            }
            (Value::Map(_) | Value::Labels(_), other) => {
                return Err(format!("value has type {}; should be string", other.kind()));
            }
            (other, _) => return Err(format!("can't index item of type {}", other.kind())),
        };
    }
    Ok(value)
}

fn slice(arguments: &Arguments) -> Result<Value, String> {
    let length = match arguments.get(0) {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Nothing => return Err("slice of untyped nil".to_owned()),
        other => return Err(format!("can't slice item of type {}", other.kind())),
    };
    let mut bounds = [0, length];
    for (slot, value) in bounds.iter_mut().zip(arguments.values.iter().skip(1)) {
        let Value::Int(at) = value else {
            return Err(format!("cannot index slice/array with type {}", value.kind()));
        };
        *slot = usize::try_from(*at)
            .ok()
            .filter(|at| *at <= length)
            .ok_or_else(|| format!("index out of range: {at}"))?;
    }
    let [start, end] = bounds;
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    Ok(match arguments.get(0) {
        Value::List(items) => Value::List(items.get(start..end).unwrap_or(&[]).to_vec()),
        value => {
            let text = value.text();
            Value::Text(String::from_utf8_lossy(text.as_bytes().get(start..end).unwrap_or(&[])).into_owned())
        }
    })
}
