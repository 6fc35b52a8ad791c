//! From a body's bytes to alerts: one object, an array of objects, or objects one after another.
//!
//! All or nothing: one bad alert refuses the whole body, so that a sender that repeats it doubles
//! nothing.

use std::{sync::Arc, time::Duration};

use alert::{Alert, AlertId, Epoch, ParseError, Sequence};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::Rejection;
use crate::{
    limits::{
        ALERT_BYTES_MAX, ALERTS_PER_BODY_MAX, BODIES_IN_FLIGHT_MAX, BODY_BYTES_MAX, BODY_READ_SECONDS_MAX,
        SENSOR_NAME_BYTES_MAX, SHORTENED_TEXT_BYTES,
    },
    payload::Timings,
    router::Incoming,
};

/// Bounds how many bodies are in memory at once; shared by the clones of a listener's state.
#[derive(Clone)]
pub(crate) struct BodyReader(Arc<Semaphore>);

impl Default for BodyReader {
    fn default() -> Self {
        BodyReader(Arc::new(Semaphore::new(BODIES_IN_FLIGHT_MAX)))
    }
}

impl BodyReader {
    /// Reads a body within its bounds. The permit is held until the alerts are handed over.
    pub(crate) async fn read(&self, body: Body) -> Result<(Bytes, SemaphorePermit<'_>), Rejection> {
        let permit = self.0.acquire().await.map_err(|_| Rejection::Closing)?;
        let read = Limited::new(body, BODY_BYTES_MAX).collect();
        match tokio::time::timeout(Duration::from_secs(BODY_READ_SECONDS_MAX), read).await {
            Ok(Ok(collected)) => Ok((collected.to_bytes(), permit)),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(Rejection::TooLarge(format!("the body is over the limit of {BODY_BYTES_MAX} bytes")))
            }
            Ok(Err(error)) => Err(Rejection::Malformed(format!("reading the body failed: {error}"))),
            Err(_) => Err(Rejection::TooSlow),
        }
    }
}

/// Foreign alerts, without identity.
pub(crate) fn parse_foreign(bytes: &[u8], received_ns: i64) -> Result<Vec<Incoming>, Rejection> {
    let timings = Timings { received_ns, ..Timings::default() };
    let mut alerts = Vec::new();
    for_each_object(bytes, |object| {
        let alert = Alert::from_json_object(object, None).map_err(|error| numbered(alerts.len(), &error))?;
        alerts.push(Incoming { id: None, alert, timings });
        Ok(())
    })?;
    if alerts.is_empty() {
        return Err(Rejection::Malformed(ParseError::NotAnObject.to_string()));
    }
    Ok(alerts)
}

/// Alerts of a sensor: `{"sensor","epoch","sequence","matched_ns"?,"sent_ns"?,"alert":{…}}`.
/// Sequences that do not ascend are repetitions (a sensor that was killed reads its last events
/// again); the high-water marks find them.
pub(crate) fn parse_sensor(bytes: &[u8], received_ns: i64) -> Result<Vec<Incoming>, Rejection> {
    let mut alerts = Vec::new();
    for_each_object(bytes, |object| {
        let mut incoming = envelope(object, alerts.len(), received_ns)?;
        shorten(&mut incoming.alert);
        alerts.push(incoming);
        Ok(())
    })?;
    Ok(alerts)
}

/// A sensor repeats what was refused for ever, so an alert of its own that is too long is taken with
/// its longest texts cut; the marker is Falcosidekick's.
fn shorten(alert: &mut Alert) {
    let cut = |text: &mut String| {
        if text.len() > SHORTENED_TEXT_BYTES {
            let mut end = SHORTENED_TEXT_BYTES;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            text.push_str("[...]");
        }
    };
    let texts = alert.output_fields.values().filter_map(Value::as_str).map(str::len).sum::<usize>();
    // JSON may need six bytes for one; what is longer is still refused, but no sensor makes it.
    if (alert.output.len() + texts).saturating_mul(6) > ALERT_BYTES_MAX {
        cut(&mut alert.output);
        for value in alert.output_fields.values_mut() {
            if let Value::String(text) = value {
                cut(text);
            }
        }
    }
}

fn envelope(mut object: Map<String, Value>, index: usize, received_ns: i64) -> Result<Incoming, Rejection> {
    let wrong = |key: &str, wanted: &str| {
        Rejection::Malformed(format!("line {}: the envelope's {key:?} is not {wanted}", index + 1))
    };
    let number = |key: &str| object.get(key).and_then(Value::as_u64);
    let epoch = Epoch(number("epoch").ok_or_else(|| wrong("epoch", "a number"))?);
    let sequence = Sequence(number("sequence").ok_or_else(|| wrong("sequence", "a number"))?);
    let time = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(key, "nanoseconds since 1970")),
    };
    let timings = Timings { matched_ns: time("matched_ns")?, sent_ns: time("sent_ns")?, received_ns };
    let sensor = match object.get("sensor").and_then(Value::as_str) {
        Some(name) if !name.is_empty() && name.len() <= SENSOR_NAME_BYTES_MAX => name.to_owned(),
        _ => return Err(wrong("sensor", "a name of 1 to 128 bytes")),
    };
    let id = AlertId { sensor, epoch, sequence };
    let Some(Value::Object(alert)) = object.remove("alert") else {
        return Err(wrong("alert", "an object"));
    };
    let alert = Alert::from_json_object(alert, Some(&id)).map_err(|error| numbered(index, &error))?;
    Ok(Incoming { id: Some(id), alert, timings })
}

fn for_each_object(
    bytes: &[u8],
    mut visit: impl FnMut(Map<String, Value>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    // As Go's decoder in Falcosidekick: a process name that is not UTF-8 must not cost its alert.
    let text = String::from_utf8_lossy(bytes);
    let mut count = 0;
    let mut take = |value| {
        count += 1;
        if count > ALERTS_PER_BODY_MAX {
            return Err(Rejection::TooLarge(format!("a body may hold {ALERTS_PER_BODY_MAX} alerts")));
        }
        match value {
            Value::Object(object) => visit(object),
            _ => Err(Rejection::Malformed(ParseError::NotAnObject.to_string())),
        }
    };
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        match value.map_err(|error| Rejection::Malformed(ParseError::NotJson(error).to_string()))? {
            Value::Array(values) => values.into_iter().try_for_each(&mut take)?,
            value => take(value)?,
        }
    }
    Ok(())
}

fn numbered(index: usize, error: &ParseError) -> Rejection {
    Rejection::Malformed(if index == 0 { error.to_string() } else { format!("alert {}: {error}", index + 1) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::alert;

    #[test]
    fn an_object_an_array_and_lines_are_the_same() {
        let (one, two) = (alert(1).to_json_line(), alert(2).to_json_line());
        for body in [format!("[{one}, {two}]"), format!("{one}\n{two}\n"), format!(" {one}{two}")] {
            let alerts = parse_foreign(body.as_bytes(), 5).unwrap();
            assert_eq!(alerts.iter().map(|i| i.alert.clone()).collect::<Vec<_>>(), [alert(1), alert(2)]);
            assert_eq!(alerts[1].timings.received_ns, 5);
        }
    }

    #[test]
    fn a_sensors_long_alert_is_cut_and_not_refused() {
        let mut long = alert(1);
        long.output = "é".repeat(ALERT_BYTES_MAX);
        long.output_fields.insert("proc.cmdline".into(), "\u{1}".repeat(ALERT_BYTES_MAX).into());
        let line = format!(r#"{{"sensor":"s","epoch":1,"sequence":1,"alert":{}}}"#, long.to_json_line());
        let taken = parse_sensor(line.as_bytes(), 0).unwrap().remove(0).alert;
        assert!(taken.output.ends_with("é[...]") && taken.to_json_line().len() < ALERT_BYTES_MAX / 2);
        assert_eq!(taken.uuid, long.uuid);
    }

    #[test]
    fn a_name_that_is_no_utf8_costs_no_alert() {
        let mut body = alert(1).to_json_line().into_bytes();
        let at = body.windows(3).position(|window| window == b"web").unwrap();
        body[at] = 0xff;
        let alerts = parse_foreign(&body, 0).unwrap();
        assert!(alerts[0].alert.output.ends_with("container=\u{fffd}eb)"));
    }

    #[test]
    fn bad_bodies_are_named() {
        let good = alert(1).to_json_line();
        let check = |body: &str, expected: &str| {
            let rejection = parse_foreign(body.as_bytes(), 0).unwrap_err();
            assert!(rejection.to_string().contains(expected), "{body}: {rejection}");
        };
        check("", "one JSON object");
        check("[]", "one JSON object");
        check("7", "one JSON object");
        check("{", "not JSON");
        check(&format!("{good}\n{{}}"), r#"alert 2: the alert has no "time""#);
        check(&format!("{good} x"), "not JSON");
    }

    #[test]
    fn envelopes_give_identity_and_timings() {
        let line = |sequence: u64| {
            let alert = alert(sequence).to_json_line();
            format!(r#"{{"sensor":"s","epoch":1,"sequence":{sequence},"sent_ns":9,"alert":{alert}}}"#)
        };
        let alerts = parse_sensor(format!("{}\n{}\n", line(1), line(2)).as_bytes(), 5).unwrap();
        assert_eq!(alerts[1].id.as_ref().unwrap().sequence, Sequence(2));
        assert_eq!(alerts[0].timings, Timings { matched_ns: None, sent_ns: Some(9), received_ns: 5 });
        assert_eq!(parse_sensor(format!("{}{}", line(2), line(1)).as_bytes(), 5).unwrap().len(), 2);
        let rejection = parse_sensor(br#"{"sensor":"","epoch":1,"sequence":1}"#, 5).unwrap_err();
        assert!(rejection.to_string().contains("sensor"), "{rejection}");
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_foreign(&bytes, 0);
            let _ = parse_sensor(&bytes, 0);
        }

        #[test]
        fn broken_alerts_never_panic(at: prop::sample::Index, byte: u8) {
            let mut bytes = alert(1).to_json_line().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = parse_foreign(&bytes, 0);
            let _ = parse_foreign(&bytes[..at], 0);
        }
    }
}
