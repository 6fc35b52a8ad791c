//! Falco's JSON form of an alert: one line out, any valid object in.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{Alert, AlertId};

/// Why bytes are not an alert. Each message is an answer for whoever sent it.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON at all.
    #[error("the body is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// JSON, but no object.
    #[error("the body must be one JSON object, as Falco's http_output sends it")]
    NotAnObject,
    /// A key every alert has is absent.
    #[error("the alert has no {0:?}: Falco sends time, rule and priority with json_output: true")]
    MissingKey(&'static str),
    /// A key has a value of the wrong type or range.
    #[error("the alert's {key:?} is not {wanted}")]
    WrongValue {
        /// The key.
        key: &'static str,
        /// What stands there in a good alert.
        wanted: &'static str,
    },
}

impl Alert {
    /// One line of JSON without a line end: Falco's keys in Falco's order, then `uuid`.
    pub fn to_json_line(&self) -> String {
        let mut object = Map::new();
        object.insert("hostname".into(), self.hostname.clone().into());
        object.insert("output".into(), self.output.clone().into());
        object.insert("output_fields".into(), Value::Object(self.output_fields.clone()));
        object.insert("priority".into(), self.priority.name().into());
        object.insert("rule".into(), self.rule.clone().into());
        object.insert("source".into(), self.source.clone().into());
        object.insert("tags".into(), self.tags.clone().into());
        object.insert("time".into(), format_time(self.time_ns).into());
        object.insert("uuid".into(), self.uuid.to_string().into());
        Value::Object(object).to_string()
    }

    /// Reads what Falco, Falcosidekick or our own sensor sends. `uuid` is taken when present;
    /// otherwise it comes from `id`, and without one it is random (as Falcosidekick does).
    /// `source` defaults to `syscall`, `tags` and `output_fields` to empty, `hostname` and `output`
    /// to "" (Falco leaves `output` out with `json_include_output_property: false`).
    ///
    /// # Errors
    /// [`ParseError`], worded for the sender.
    pub fn parse_json(bytes: &[u8], id: Option<&AlertId>) -> Result<Alert, ParseError> {
        let Value::Object(object) = serde_json::from_slice(bytes)? else {
            return Err(ParseError::NotAnObject);
        };
        Alert::from_json_object(object, id)
    }

    /// [`Alert::parse_json`] for an object that is already read, such as one of an array.
    ///
    /// # Errors
    /// [`ParseError`], worded for the sender.
    pub fn from_json_object(
        mut object: Map<String, Value>,
        id: Option<&AlertId>,
    ) -> Result<Alert, ParseError> {
        let time = take_text(&mut object, "time")?.ok_or(ParseError::MissingKey("time"))?;
        let time: Timestamp =
            time.parse().map_err(|_| ParseError::WrongValue { key: "time", wanted: "an RFC 3339 time" })?;
        let time_ns = i64::try_from(time.as_nanosecond())
            .map_err(|_| ParseError::WrongValue { key: "time", wanted: "between 1678 and 2262" })?;
        let priority = take_text(&mut object, "priority")?.ok_or(ParseError::MissingKey("priority"))?;
        let priority = priority
            .parse()
            .map_err(|_| ParseError::WrongValue { key: "priority", wanted: "one of Falco's priorities" })?;
        let uuid = match take_text(&mut object, "uuid")? {
            Some(text) => {
                text.parse().map_err(|_| ParseError::WrongValue { key: "uuid", wanted: "a UUID" })?
            }
            None => id.map_or_else(uuid::Uuid::new_v4, AlertId::uuid),
        };
        let output_fields = match object.remove("output_fields") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(_) => return Err(ParseError::WrongValue { key: "output_fields", wanted: "an object" }),
        };
        let mut tags = match object.remove("tags") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(tags)) => tags
                .into_iter()
                .map(|tag| match tag {
                    Value::String(text) => Ok(text),
                    _ => Err(ParseError::WrongValue { key: "tags", wanted: "a list of strings" }),
                })
                .collect::<Result<Vec<String>, _>>()?,
            Some(_) => return Err(ParseError::WrongValue { key: "tags", wanted: "a list of strings" }),
        };
        tags.sort();
        tags.dedup();
        Ok(Alert {
            uuid,
            time_ns,
            rule: take_text(&mut object, "rule")?.ok_or(ParseError::MissingKey("rule"))?,
            priority,
            source: take_text(&mut object, "source")?.unwrap_or_else(|| "syscall".to_owned()),
            hostname: take_text(&mut object, "hostname")?.unwrap_or_default(),
            output: take_text(&mut object, "output")?.unwrap_or_default(),
            output_fields,
            tags,
        })
    }
}

/// `2026-05-25T13:44:05.478445995Z`, always nine digits.
fn format_time(time_ns: i64) -> String {
    match Timestamp::from_nanosecond(i128::from(time_ns)) {
        Ok(time) => format!("{time:.9}"),
        Err(_) => "1970-01-01T00:00:00.000000000Z".to_owned(),
    }
}

fn take_text(object: &mut Map<String, Value>, key: &'static str) -> Result<Option<String>, ParseError> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ParseError::WrongValue { key, wanted: "a string" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FALCO: &str = r#"{"hostname":"falco-xczjd","output":"13:44:05.478445995: Critical A shell","priority":"Critical","rule":"Terminal shell in container","source":"syscall","tags":["container","mitre_execution","shell"],"time":"2023-05-25T13:44:05.478445995Z","output_fields":{"container.id":"ee97d9c4186f","evt.time":1685022245478445995,"k8s.pod.name":null}}"#;

    #[test]
    fn falcos_alert_survives_a_round_trip() {
        let alert = Alert::parse_json(FALCO.as_bytes(), None).unwrap();
        assert_eq!(alert.time_ns, 1_685_022_245_478_445_995);
        assert_eq!(alert.field_text("evt.time").as_deref(), Some("1685022245478445995"));
        assert_eq!(alert.field_text("k8s.pod.name"), None);
        let line = alert.to_json_line();
        assert!(!line.contains('\n'));
        assert!(line.contains(r#""time":"2023-05-25T13:44:05.478445995Z""#), "{line}");
        assert_eq!(Alert::parse_json(line.as_bytes(), None).unwrap(), alert);
    }

    #[test]
    fn whole_seconds_keep_nine_digits() {
        assert_eq!(format_time(1_000_000_000), "1970-01-01T00:00:01.000000000Z");
    }

    #[test]
    fn bad_input_is_named() {
        let check = |input: &str, expected: &str| {
            let error = Alert::parse_json(input.as_bytes(), None).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("nonsense", "not JSON");
        check("[]", "one JSON object");
        check(r#"{"rule":"a"}"#, r#"no "time""#);
        check(r#"{"time":"yesterday","priority":"Error"}"#, "RFC 3339");
        check(r#"{"time":"2023-05-25T13:44:05Z","priority":"Bad"}"#, "Falco's priorities");
        check(
            r#"{"time":"2023-05-25T13:44:05Z","priority":"error","rule":"r","output":"o","tags":[1]}"#,
            "list of strings",
        );
    }
}
