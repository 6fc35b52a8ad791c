//! Arithmetic functions. Those on floats are sprig's, which adds and multiplies decimals: 0.1 and
//! 0.2 are 0.3.

use logql_syntax::{parse_bytes, parse_go_duration};

use super::{functions::Arguments, value::Value};

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let values = &arguments.values;
    let first = arguments.get(0);
    let ints = |fold: fn(i64, i64) -> i64| {
        Value::Int(values.iter().skip(1).fold(first.int(), |total, next| fold(total, next.int())))
    };
    let floats = |fold: fn(f64, f64) -> f64| {
        Value::Float(values.iter().skip(1).fold(first.float(), |total, next| fold(total, next.float())))
    };
    Ok(match arguments.function {
        "add" if values.is_empty() => Value::Int(0),
        "addf" if values.is_empty() => Value::Float(0.0),
        "add" => ints(i64::wrapping_add),
        "sub" => ints(i64::wrapping_sub),
        "mul" => ints(i64::wrapping_mul),
        "max" => ints(i64::max),
        "min" => ints(i64::min),
        "div" | "mod" if arguments.int(1) == 0 => {
            return Err("runtime error: integer divide by zero".to_owned());
        }
        "div" => ints(i64::wrapping_div),
        "mod" => ints(i64::wrapping_rem),
        "addf" => decimals(values, |left, right| left.add(right), |left, right| left + right),
        "subf" => decimals(values, |left, right| left.sub(right), |left, right| left - right),
        "mulf" => decimals(values, |left, right| left.mul(right), |left, right| left * right),
        "divf" if values.iter().skip(1).any(|value| value.float() == 0.0) => {
            return Err("decimal division by 0".to_owned());
        }
        "divf" => floats(|left, right| {
            // Sprig divides to sixteen decimal places.
            let quotient = left / right;
            format!("{quotient:.16}").parse().unwrap_or(quotient)
        }),
        "maxf" => floats(f64::max),
        "minf" => floats(f64::min),
        "ceil" => Value::Float(first.float().ceil()),
        "floor" => Value::Float(first.float().floor()),
        "round" => {
            let up_from = values.get(2).map_or(0.5, Value::float);
            let scale = 10f64.powf(arguments.int(1) as f64);
            let scaled = first.float() * scale;
            let rounded = if scaled.fract() >= up_from { scaled.ceil() } else { scaled.floor() };
            Value::Float(rounded / scale)
        }
        "int" => Value::Int(first.int()),
        "float64" => Value::Float(first.float()),
        "bytes" => match parse_bytes(&first.text()) {
            Some(bytes) => Value::Float(bytes as f64),
            None => return Err(crate::pipeline::bytes_error(&first.text())),
        },
        _ => match parse_go_duration(&first.text()) {
            Some(length) => Value::Float(length as f64 / 1e9),
            None => return Err(crate::pipeline::duration_error(&first.text())),
        },
    })
}

/// Folds decimals; what does not fit into them is folded as floats.
fn decimals(
    values: &[Value],
    exact: fn(Decimal, Decimal) -> Option<Decimal>,
    rounded: fn(f64, f64) -> f64,
) -> Value {
    let mut floats = values.iter().map(Value::float);
    let first = floats.next().unwrap_or(0.0);
    let folded = floats.clone().try_fold(Decimal::of(first), |total, next| {
        let total = total?;
        Some(exact(total, Decimal::of(next)?))
    });
    match folded.flatten() {
        Some(total) => Value::Float(total.float()),
        None => Value::Float(floats.fold(first, rounded)),
    }
}

/// `digits` times ten to the `exponent`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that reads as this float.
    fn of(value: f64) -> Option<Decimal> {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Decimal { digits, exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)? })
    }

    fn aligned(self, other: Decimal) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |decimal: Decimal| {
            let shift = u32::try_from(decimal.exponent.checked_sub(exponent)?).ok()?;
            decimal.digits.checked_mul(10i128.checked_pow(shift)?)
        };
        Some((scaled(self)?, scaled(other)?, exponent))
    }

    fn add(self, other: Decimal) -> Option<Decimal> {
        let (left, right, exponent) = self.aligned(other)?;
        Some(Decimal { digits: left.checked_add(right)?, exponent })
    }

    fn sub(self, other: Decimal) -> Option<Decimal> {
        let (left, right, exponent) = self.aligned(other)?;
        Some(Decimal { digits: left.checked_sub(right)?, exponent })
    }

    fn mul(self, other: Decimal) -> Option<Decimal> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Decimal { digits, exponent: self.exponent.checked_add(other.exponent)? })
    }

    fn float(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }
}
