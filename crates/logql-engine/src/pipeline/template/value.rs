//! Values inside a template, printed and compared as Go does.

use std::collections::BTreeMap;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A missing label or nil.
    Nothing,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Nanoseconds since 1970.
    Time(i64),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// A number literal.
    pub(super) fn number(text: &str) -> Option<Value> {
        let plain = text.strip_prefix('+').unwrap_or(text);
        plain.parse().map(Value::Int).or_else(|_| plain.parse().map(Value::Float)).ok()
    }

    /// From parsed JSON; numbers are floats, as in Go.
    pub(super) fn from_json(json: serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Nothing,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => Value::List(items.into_iter().map(Value::from_json).collect()),
            serde_json::Value::Object(members) => {
                Value::Map(members.into_iter().map(|(name, value)| (name, Value::from_json(value))).collect())
            }
        }
    }

    /// As `{{.}}` prints it. A missing label prints nothing.
    pub(super) fn text(&self) -> String {
        match self {
            Value::Nothing => String::new(),
            Value::Text(text) => text.clone(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => go_float(*value),
            Value::Bool(value) => value.to_string(),
            Value::Time(nanoseconds) => super::dates::print(*nanoseconds),
            Value::List(items) => {
                let all: Vec<String> = items.iter().map(Value::text).collect();
                format!("[{}]", all.join(" "))
            }
            Value::Map(members) => {
                let all: Vec<String> =
                    members.iter().map(|(name, value)| format!("{name}:{}", value.text())).collect();
                format!("map[{}]", all.join(" "))
            }
        }
    }

    /// Go's truth: not zero, not empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Nothing => false,
            Value::Text(text) => !text.is_empty(),
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Bool(value) => *value,
            Value::Time(_) => true,
            Value::List(items) => !items.is_empty(),
            Value::Map(members) => !members.is_empty(),
        }
    }

    /// As a whole number; texts are parsed, anything else is 0 (sprig).
    pub(super) fn int(&self) -> i64 {
        match self {
            Value::Int(value) => *value,
            Value::Float(value) => *value as i64,
            Value::Bool(value) => i64::from(*value),
            Value::Text(text) => text
                .trim()
                .parse()
                .unwrap_or_else(|_| text.trim().parse::<f64>().map_or(0, |value| value as i64)),
            _ => 0,
        }
    }

    /// As a number; texts are parsed, anything else is 0 (sprig).
    pub(super) fn float(&self) -> f64 {
        match self {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            Value::Bool(value) => f64::from(u8::from(*value)),
            Value::Text(text) => text.trim().parse().unwrap_or(0.0),
            _ => 0.0,
        }
    }
}

/// `%v` of a float: the shortest form, with an exponent when it is very large or small.
pub(super) fn go_float(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-4..1e21).contains(&size) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) => {
                let number: i32 = exponent.parse().unwrap_or(0);
                format!("{mantissa}e{}{:02}", if number < 0 { '-' } else { '+' }, number.abs())
            }
            None => text,
        };
    }
    logql_syntax::format_float(value)
}
