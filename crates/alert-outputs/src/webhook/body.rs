//! Falcosidekick's JSON of an alert, byte for byte.
//!
//! Go's `encoding/json` decides its form: keys in the order of the struct, maps sorted, `<`, `>`,
//! `&` and two line separators escaped, a line end at the end, empty tags and hostname left out.

use alert::Alert;
use serde_json::Value;

/// The body its webhook, and every output that sends "the event", posts.
pub fn falcosidekick_json(alert: &Alert) -> String {
    let mut out = String::with_capacity(1024);
    out.push_str("{\"uuid\":");
    push_value(&mut out, &alert.uuid.to_string().into());
    for (key, text) in [
        ("output", alert.output.as_str()),
        ("priority", alert.priority.name()),
        ("rule", alert.rule.as_str()),
        ("time", &go_time(alert.time_ns)),
    ] {
        push_key(&mut out, key);
        push_text(&mut out, text);
    }
    push_key(&mut out, "output_fields");
    push_object(&mut out, &alert.output_fields);
    push_key(&mut out, "source");
    push_text(&mut out, &alert.source);
    if !alert.tags.is_empty() {
        push_key(&mut out, "tags");
        push_list(&mut out, alert.tags.iter(), |out, tag| push_text(out, tag));
    }
    if !alert.hostname.is_empty() {
        push_key(&mut out, "hostname");
        push_text(&mut out, &alert.hostname);
    }
    out.push_str("}\n");
    out
}

/// Go's RFC3339Nano in UTC: no zeros at the end of the fraction.
fn go_time(time_ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time_ns)).unwrap_or_default().to_string()
}

fn push_key(out: &mut String, key: &str) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":");
}

fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_text(out, text),
        Value::Array(values) => push_list(out, values.iter(), push_value),
        Value::Object(object) => push_object(out, object),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn push_object(out: &mut String, object: &serde_json::Map<String, Value>) {
    let mut keys: Vec<&String> = object.keys().collect();
    keys.sort();
    out.push('{');
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(out, key);
        out.push(':');
        push_value(out, object.get(key).unwrap_or(&Value::Null));
    }
    out.push('}');
}

fn push_list<T>(out: &mut String, items: impl Iterator<Item = T>, push: impl Fn(&mut String, T)) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
