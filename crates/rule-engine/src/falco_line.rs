//! Alerts as lines as Falco itself prints them: sorted keys, no `uuid`, and the parts that its
//! configuration leaves out or adds.

use alert::Alert;
use serde_json::{Map, Value};

/// Which parts a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineShape {
    /// One JSON object a line, else text.
    pub json: bool,
    /// `output`: the text with time and priority in front.
    pub output: bool,
    /// `message`: the text without them.
    pub message: bool,
    /// `output_fields`.
    pub output_fields: bool,
    /// `tags`.
    pub tags: bool,
}

impl Default for LineShape {
    fn default() -> Self {
        LineShape { json: false, output: true, message: false, output_fields: true, tags: true }
    }
}

impl LineShape {
    /// The line of an alert, without a line feed. Text may hold line feeds of its own, as in Falco.
    pub fn line(&self, alert: &Alert) -> String {
        if self.json { self.object(alert).to_string() } else { alert.output.clone() }
    }

    fn object(&self, alert: &Alert) -> Value {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("hostname", alert.hostname.as_str().into());
        if self.message {
            put("message", message(alert).into());
        }
        if self.output {
            put("output", alert.output.as_str().into());
        }
        if self.output_fields {
            let mut fields: Vec<_> = alert.output_fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            let sorted = fields.into_iter().map(|(name, value)| (name.clone(), value.clone()));
            put("output_fields", Value::Object(sorted.collect()));
        }
        put("priority", alert.priority.name().into());
        put("rule", alert.rule.as_str().into());
        put("source", alert.source.as_str().into());
        if self.tags {
            put("tags", alert.tags.clone().into());
        }
        put("time", time(alert.time_ns).into());
        Value::Object(object)
    }
}

/// The text without time and priority.
fn message(alert: &Alert) -> &str {
    let rest = alert.output.split_once(": ").map_or("", |(_, rest)| rest);
    rest.strip_prefix(alert.priority.name()).map_or(rest, |text| text.strip_prefix(' ').unwrap_or(text))
}

/// `2026-05-25T13:44:05.478445995Z`.
fn time(time_ns: i64) -> String {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(time_ns)).unwrap_or_default();
    format!("{}.{:09}Z", instant.strftime("%Y-%m-%dT%H:%M:%S"), time_ns.rem_euclid(1_000_000_000))
}
