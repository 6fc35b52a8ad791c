//! Values and outputs as text and as JSON, as Falco prints them.

use std::fmt::Write as _;

use event::{EVENTS, FieldArgument, FieldId, FieldSource, ParamType, UnixNs, Value, ValueType, field_id};
use jiff::{Timestamp, tz::TimeZone};
use rule_compiler::{FieldRef, Format, Operand, OwnedArgument, Part};

/// How values are shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// Bytes as base64 instead of text with dots.
    pub(crate) base64: bool,
}

/// Printed for a missing value.
const MISSING: &str = "<NA>";

/// The text of an output.
pub(crate) fn format<S: FieldSource>(format: &Format, source: &S, style: Style, out: &mut String) {
    for part in &format.parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Value { operand, width } => {
                let start = out.len();
                match value_of(operand, source, style) {
                    Some(value) => print(&value, operand, style, out),
                    None => out.push_str(MISSING),
                }
                if let Some(width) = width {
                    fit(out, start, *width);
                }
            }
        }
    }
}

/// The value; bytes that an argument would print as text stay bytes where base64 is asked for.
fn value_of<'s, S: FieldSource>(operand: &Operand, source: &'s S, style: Style) -> Option<Value<'s>> {
    match operand {
        Operand::Field(field) => value_of_field(field, source, style),
        other => other.evaluate(source),
    }
}

/// A field's value as it is printed. Falco compares `fd.ip`, `fd.port` and `fd.net` with either end
/// of a connection and prints none of them.
fn value_of_field<'s, S: FieldSource>(field: &FieldRef, source: &'s S, style: Style) -> Option<Value<'s>> {
    if field.id.is_some_and(|id| [field_id::FD_IP, field_id::FD_NET, field_id::FD_PORT].contains(&id)) {
        return None;
    }
    if field.id == Some(field_id::FD_DEV) {
        return field.extract(source).map(hexadecimal);
    }
    if style.base64
        && field.id == Some(field_id::EVT_ARG)
        && let OwnedArgument::Key(name) = &field.argument
    {
        let params = EVENTS.get(usize::from(source.code().0)).map_or(&[][..], |event| event.params);
        if params.iter().any(|param| param.name == name && param.param_type == ParamType::Bytebuf)
            && let Some(bytes) = source.extract(field_id::EVT_RAWARG, FieldArgument::Key(name))
        {
            return Some(match bytes {
                Value::Text(text) => Value::Bytes(text),
                other => other,
            });
        }
    }
    field.extract(source)
}

/// A device number as Falco prints it, in JSON too: `fd00` for 64768.
fn hexadecimal(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Int(number) => Value::Text(format!("{number:x}").into_bytes().into()),
        Value::Uint(number) => Value::Text(format!("{number:x}").into_bytes().into()),
        other => other,
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

fn print(value: &Value<'_>, operand: &Operand, style: Style, out: &mut String) {
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
        Value::Bytes(bytes) if style.base64 => base64(bytes, out),
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
                print(item, operand, style, out);
            }
            out.push(')');
        }
        Value::AnyOf(values) => {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                print(value, operand, style, out);
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

/// The standard alphabet with padding.
fn base64(bytes: &[u8], out: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for index in 0..4 {
            let six = (bits >> (18 - 6 * index) & 63) as usize;
            let letter = ALPHABET.get(six).copied().unwrap_or(b'=');
            out.push(if index <= group.len() { char::from(letter) } else { '=' });
        }
    }
}

/// A field's value in `output_fields`: numbers stay numbers, a missing value is null.
pub(crate) fn json<S: FieldSource>(field: &FieldRef, source: &S, style: Style) -> serde_json::Value {
    if field.id == Some(field_id::EVT_TIME) {
        return source.timestamp().0.into();
    }
    value_of_field(field, source, style).map_or(serde_json::Value::Null, |value| to_json(&value, style))
}

/// The same for any operand.
pub(crate) fn operand_json<S: FieldSource>(operand: &Operand, source: &S, style: Style) -> serde_json::Value {
    match operand {
        Operand::Field(field) => json(field, source, style),
        other => other.evaluate(source).map_or(serde_json::Value::Null, |value| to_json(&value, style)),
    }
}

fn to_json(value: &Value<'_>, style: Style) -> serde_json::Value {
    match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Text(text) => String::from_utf8_lossy(text).into(),
        Value::Bytes(bytes) if style.base64 => {
            let mut out = String::new();
            base64(bytes, &mut out);
            out.into()
        }
        Value::Bytes(bytes) => bytes.iter().map(|byte| printable(*byte)).collect::<String>().into(),
        Value::Ip(address) => address.to_string().into(),
        Value::Net(_) => "<IPNET>".into(),
        Value::List(items) => items.iter().map(|item| to_json(item, style)).collect::<Vec<_>>().into(),
        Value::AnyOf(values) => match values.as_slice() {
            [only] => to_json(only, style),
            all => all
                .iter()
                .map(|value| match to_json(value, style) {
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
