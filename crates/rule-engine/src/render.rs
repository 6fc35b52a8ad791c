//! Values and outputs as text and as JSON, as Falco prints them.

use std::fmt::Write as _;

use event::{FieldId, FieldSource, UnixNs, Value, ValueType, field_id};
use jiff::{Timestamp, tz::TimeZone};
use rule_compiler::{FieldRef, Format, Operand, Part};

/// Printed for a missing value.
const MISSING: &str = "<NA>";

/// The text of an output.
pub(crate) fn format<S: FieldSource>(format: &Format, source: &S, out: &mut String) {
    for part in &format.parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Value { operand, width } => {
                let start = out.len();
                match operand.evaluate(source) {
                    Some(value) => print(&value, operand, out),
                    None => out.push_str(MISSING),
                }
                if let Some(width) = width {
                    fit(out, start, *width);
                }
            }
        }
    }
}

/// Pads with blanks or cuts what stands after `start` to `width` characters.
fn fit(out: &mut String, start: usize, width: usize) {
    let printed = out.get(start..).unwrap_or("");
    let count = printed.chars().count();
    if count < width {
        out.extend(std::iter::repeat_n(' ', width - count));
    } else if let Some((end, _)) = printed.char_indices().nth(width) {
        out.truncate(start + end);
    }
}

fn print(value: &Value<'_>, operand: &Operand, out: &mut String) {
    match value {
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => {
            let _ = write!(out, "{number}");
        }
        // Falco pads the nanoseconds of a relative time that is printed.
        Value::Uint(number) if is_relative_time(operand) => {
            let _ = write!(out, "{number:09}");
        }
        Value::Uint(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Double(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Text(text) => out.push_str(&String::from_utf8_lossy(text)),
        Value::Bytes(bytes) => out.extend(bytes.iter().map(|byte| printable(*byte))),
        Value::Ip(address) => {
            let _ = write!(out, "{address}");
        }
        Value::Net(_) => out.push_str("<IPNET>"),
        Value::List(items) => {
            out.push('(');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                print(item, operand, out);
            }
            out.push(')');
        }
        Value::AnyOf(values) => {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                print(value, operand, out);
            }
        }
    }
}

fn is_relative_time(operand: &Operand) -> bool {
    let relative: [FieldId; 1] = [field_id::EVT_RELTIME];
    matches!(operand, Operand::Field(field)
        if field.value_type == ValueType::Reltime && field.id.is_some_and(|id| relative.contains(&id)))
}

fn printable(byte: u8) -> char {
    if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' }
}

/// A field's value in `output_fields`: numbers stay numbers, a missing value is null.
pub(crate) fn json<S: FieldSource>(field: &FieldRef, source: &S) -> serde_json::Value {
    if field.id == Some(field_id::EVT_TIME) {
        return source.timestamp().0.into();
    }
    field.extract(source).map_or(serde_json::Value::Null, |value| to_json(&value))
}

fn to_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Text(text) => String::from_utf8_lossy(text).into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| printable(*byte)).collect::<String>().into(),
        Value::Ip(address) => address.to_string().into(),
        Value::Net(_) => "<IPNET>".into(),
        Value::List(items) => items.iter().map(to_json).collect::<Vec<_>>().into(),
        Value::AnyOf(values) => match values.as_slice() {
            [only] => to_json(only),
            all => all
                .iter()
                .map(|value| match to_json(value) {
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                })
                .collect::<Vec<_>>()
                .join(" ")
                .into(),
        },
    }
}

/// `13:44:05.478445995` in the given zone, or `2026-05-25T13:44:05.478445995+0000`.
pub(crate) fn time(timestamp: UnixNs, zone: &TimeZone, is_iso_8601: bool, out: &mut String) {
    let instant = Timestamp::from_nanosecond(i128::from(timestamp.0)).unwrap_or_default();
    let pattern = if is_iso_8601 { "%Y-%m-%dT%H:%M:%S" } else { "%H:%M:%S" };
    let local = instant.to_zoned(zone.clone());
    let _ = write!(out, "{}.{:09}", local.strftime(pattern), timestamp.0 % 1_000_000_000);
    if is_iso_8601 {
        let _ = write!(out, "{}", local.strftime("%z"));
    }
}
