//! Values inside a template, printed and compared as Go does.

use std::collections::BTreeMap;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Go's nil.
    Nothing,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Nanoseconds since 1970; Go's zero time is two thousand years before.
    Time(i128),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    /// Names and texts; one that is missing is an empty text.
    Labels(BTreeMap<String, String>),
}

impl Value {
    /// A number literal.
    pub(super) fn number(text: &str) -> Option<Value> {
        let digits = text.replace('_', "");
        let (negative, plain) = match digits.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
        };
        match whole(plain) {
            Some(value) => Some(Value::Int(if negative { value.checked_neg()? } else { value })),
            None => digits.parse().ok().map(Value::Float),
        }
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

    /// As `{{.}}` prints it.
    pub(super) fn text(&self) -> String {
        match self {
            Value::Nothing => "<no value>".to_owned(),
            Value::Text(text) => text.clone(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => go_float(*value),
            Value::Bool(value) => value.to_string(),
            Value::Time(nanoseconds) => super::dates::print(*nanoseconds),
            Value::List(items) => {
                let all: Vec<String> = items.iter().map(Value::inner_text).collect();
                format!("[{}]", all.join(" "))
            }
            Value::Map(members) => {
                let all: Vec<String> =
                    members.iter().map(|(name, value)| format!("{name}:{}", value.inner_text())).collect();
                format!("map[{}]", all.join(" "))
            }
            Value::Labels(members) => {
                let all: Vec<String> =
                    members.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("map[{}]", all.join(" "))
            }
        }
    }

    fn inner_text(&self) -> String {
        if *self == Value::Nothing { "<nil>".to_owned() } else { self.text() }
    }

    /// What Go calls its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Nothing => "<nil>",
            Value::Text(_) => "string",
            Value::Int(_) => "int",
            Value::Float(_) => "float64",
            Value::Bool(_) => "bool",
            Value::Time(_) => "time.Time",
            Value::List(_) => "[]interface {}",
            Value::Map(_) => "map[string]interface {}",
            Value::Labels(_) => "map[string]string",
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
            Value::Labels(members) => !members.is_empty(),
        }
    }

    /// As a whole number, as sprig casts: a text in any base Go reads, anything else 0.
    pub(super) fn int(&self) -> i64 {
        match self {
            Value::Int(value) => *value,
            Value::Float(value) => *value as i64,
            Value::Bool(value) => i64::from(*value),
            Value::Text(text) => {
                // `12.00` is 12, `12.5` is nothing.
                let text = match text.split_once('.') {
                    Some((whole, zeros)) if zeros.chars().all(|next| next == '0') => whole,
                    _ => text.as_str(),
                };
                match text.strip_prefix('-') {
                    Some(positive) => whole(positive).map_or(0, i64::wrapping_neg),
                    None => whole(text.strip_prefix('+').unwrap_or(text)).unwrap_or(0),
                }
            }
            _ => 0,
        }
    }

    /// As a number; texts are parsed, anything else is 0 (sprig).
    pub(super) fn float(&self) -> f64 {
        match self {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            Value::Bool(value) => f64::from(u8::from(*value)),
            Value::Text(text) => text.parse().unwrap_or(0.0),
            _ => 0.0,
        }
    }
}

/// Digits in base 10, or after Go's prefixes in base 16, 8 or 2.
fn whole(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (lower.as_str(), 8)
    } else {
        (lower.as_str(), 10)
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, base).ok()
}

/// `%v` of a float: the shortest form, with an exponent below 1e-4 and from 1e6 on.
pub(super) fn go_float(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-4..1e6).contains(&size) {
        return exponent(value, 'e');
    }
    logql_syntax::format_float(value)
}

/// Go's `1.5e+06`.
pub(super) fn exponent(value: f64, mark: char) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let number: i32 = exponent.parse().unwrap_or(0);
            format!("{mantissa}{mark}{}{:02}", if number < 0 { '-' } else { '+' }, number.abs())
        }
        None => text,
    }
}
