//! Arithmetic functions.

use logql_syntax::{parse_bytes, parse_go_duration};

use super::{functions::Arguments, value::Value};

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let values = &arguments.values;
    let first = arguments.get(0)?;
    let ints = |fold: fn(i64, i64) -> i64| {
        Value::Int(values.iter().skip(1).fold(first.int(), |total, next| fold(total, next.int())))
    };
    let floats = |fold: fn(f64, f64) -> f64| {
        Value::Float(values.iter().skip(1).fold(first.float(), |total, next| fold(total, next.float())))
    };
    Ok(match arguments.function {
        "add" => ints(i64::wrapping_add),
        "sub" => ints(i64::wrapping_sub),
        "mul" => ints(i64::wrapping_mul),
        "max" => ints(i64::max),
        "min" => ints(i64::min),
        "div" | "mod" if arguments.int(1)? == 0 => {
            return arguments.fail("runtime error: integer divide by zero");
        }
        "div" => ints(i64::wrapping_div),
        "mod" => ints(i64::wrapping_rem),
        "addf" => floats(|left, right| left + right),
        "subf" => floats(|left, right| left - right),
        "mulf" => floats(|left, right| left * right),
        "divf" => floats(|left, right| left / right),
        "maxf" => floats(f64::max),
        "minf" => floats(f64::min),
        "ceil" => Value::Float(first.float().ceil()),
        "floor" => Value::Float(first.float().floor()),
        "round" => {
            let scale = 10f64.powi(i32::try_from(arguments.int(1)?).unwrap_or(0));
            Value::Float((first.float() * scale).round() / scale)
        }
        "int" => Value::Int(first.int()),
        "float64" => Value::Float(first.float()),
        "bytes" => match parse_bytes(&first.text()) {
            Some(bytes) => Value::Float(bytes as f64),
            None => return arguments.fail(crate::pipeline::bytes_error(&first.text())),
        },
        _ => match parse_go_duration(&first.text()) {
            Some(length) => Value::Float(length as f64 / 1e9),
            None => return arguments.fail(crate::pipeline::duration_error(&first.text())),
        },
    })
}
