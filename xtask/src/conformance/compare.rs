//! Small helpers for JSON values.

use serde_json::Value;

/// A text in an object; empty when it is not there.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// A sequence in an object; empty when it is not there.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a sequence, sorted.
pub(super) fn sorted(values: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> =
        values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    texts.sort();
    texts
}

/// Numbers compare by value, so that 3 and 3.0 are one.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            x == y || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64()))
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, a)| y.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// The keys of `wanted` that `got` has otherwise.
pub(super) fn differing_keys(got: &Value, wanted: &Value) -> Vec<String> {
    let Some(map) = wanted.as_object() else { return vec![format!("{got} should be {wanted}")] };
    let mut out: Vec<String> = map
        .iter()
        .filter_map(|(key, want)| match got.get(key) {
            Some(have) if same(have, want) => None,
            Some(have) => Some(format!("{key}: {have} should be {want}")),
            None => Some(format!("{key}: nothing should be {want}")),
        })
        .collect();
    for key in got.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if !map.contains_key(key) {
            out.push(format!("{key}: should not be there"));
        }
    }
    out
}
