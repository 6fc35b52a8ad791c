//! The JSON encoding: camel case (snake case too), 64-bit numbers as texts, ids in hex, bytes in
//! base64, unknown members left aside.

use base64::Engine as _;
use serde_json::{Map, Value};

use super::model::{Any, LogRecord, Request, ResourceLogs, ScopeLogs};

type Members = Map<String, Value>;

/// Decodes a body.
pub(super) fn decode(body: &[u8]) -> Result<Request, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let root = object(&value, "the body")?;
    let resources = list(root, "resourceLogs", "resource_logs")?;
    Ok(Request { resources: resources.iter().map(resource).collect::<Result<_, _>>()? })
}

fn resource(value: &Value) -> Result<ResourceLogs, String> {
    let members = object(value, "resourceLogs")?;
    let attributes = match get(members, "resource", "resource") {
        Some(resource) => attributes(object(resource, "resource")?)?,
        None => Vec::new(),
    };
    let scopes = list(members, "scopeLogs", "scope_logs")?;
    Ok(ResourceLogs { attributes, scopes: scopes.iter().map(scope).collect::<Result<_, _>>()? })
}

fn scope(value: &Value) -> Result<ScopeLogs, String> {
    let members = object(value, "scopeLogs")?;
    let records = list(members, "logRecords", "log_records")?;
    let mut logs =
        ScopeLogs { records: records.iter().map(record).collect::<Result<_, _>>()?, ..ScopeLogs::default() };
    if let Some(scope) = get(members, "scope", "scope") {
        let scope = object(scope, "scope")?;
        logs.name = text(scope, "name", "name")?;
        logs.version = text(scope, "version", "version")?;
        logs.attributes = attributes(scope)?;
        logs.dropped_attributes = number(scope, "droppedAttributesCount", "dropped_attributes_count")?;
    }
    Ok(logs)
}

fn record(value: &Value) -> Result<LogRecord, String> {
    let members = object(value, "logRecords")?;
    Ok(LogRecord {
        time_ns: number(members, "timeUnixNano", "time_unix_nano")?,
        observed_ns: number(members, "observedTimeUnixNano", "observed_time_unix_nano")?,
        severity_number: severity(members)?,
        severity_text: text(members, "severityText", "severity_text")?,
        body: match get(members, "body", "body") {
            Some(body) => any(body)?,
            None => Any::Empty,
        },
        attributes: attributes(members)?,
        dropped_attributes: number(members, "droppedAttributesCount", "dropped_attributes_count")?,
        flags: number(members, "flags", "flags")?,
        trace_id: hex(&text(members, "traceId", "trace_id")?)?,
        span_id: hex(&text(members, "spanId", "span_id")?)?,
    })
}

/// A number, or the name of the protocol's enum (`SEVERITY_NUMBER_ERROR2`).
fn severity(members: &Members) -> Result<i32, String> {
    if let Some(Value::String(name)) = get(members, "severityNumber", "severity_number")
        && let Some(name) = name.strip_prefix("SEVERITY_NUMBER_")
    {
        let names = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        let found = names.iter().zip(0i32..).find_map(|(level, index)| {
            let rest = name.strip_prefix(level)?;
            let step: i32 = if rest.is_empty() { 1 } else { rest.parse().ok()? };
            Some(index * 4 + step)
        });
        return Ok(found.unwrap_or(0));
    }
    number(members, "severityNumber", "severity_number")
}

fn attributes(members: &Members) -> Result<Vec<(String, Any)>, String> {
    list(members, "attributes", "attributes")?.iter().map(pair).collect()
}

fn pair(value: &Value) -> Result<(String, Any), String> {
    let members = object(value, "an attribute")?;
    let value = match get(members, "value", "value") {
        Some(value) => any(value)?,
        None => Any::Empty,
    };
    Ok((text(members, "key", "key")?, value))
}

fn any(value: &Value) -> Result<Any, String> {
    let members = object(value, "a value")?;
    let Some((name, value)) = members.iter().next() else { return Ok(Any::Empty) };
    Ok(match (name.as_str(), value) {
        ("stringValue" | "string_value", Value::String(text)) => Any::Text(text.clone()),
        ("boolValue" | "bool_value", Value::Bool(value)) => Any::Bool(*value),
        ("intValue" | "int_value", _) => Any::Int(number(members, "intValue", "int_value")?),
        ("doubleValue" | "double_value", Value::Number(value)) => Any::Double(value.as_f64().unwrap_or(0.0)),
        ("doubleValue" | "double_value", Value::String(text)) => {
            Any::Double(text.parse().map_err(|_| format!("{text:?} is not a number"))?)
        }
        ("bytesValue" | "bytes_value", Value::String(text)) => Any::Bytes(
            base64::engine::general_purpose::STANDARD
                .decode(text)
                .map_err(|error| format!("base64 decode: {error}"))?,
        ),
        ("arrayValue" | "array_value", list_value) => {
            let items = list(object(list_value, "arrayValue")?, "values", "values")?;
            Any::List(items.iter().map(any).collect::<Result<_, _>>()?)
        }
        ("kvlistValue" | "kvlist_value", map_value) => {
            let items = list(object(map_value, "kvlistValue")?, "values", "values")?;
            Any::Map(items.iter().map(pair).collect::<Result<_, _>>()?)
        }
        (_, _) => Any::Empty,
    })
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Members, String> {
    value.as_object().ok_or_else(|| format!("{what} is not an object"))
}

fn get<'a>(members: &'a Members, camel: &str, snake: &str) -> Option<&'a Value> {
    members.get(camel).or_else(|| members.get(snake)).filter(|value| !value.is_null())
}

fn list<'a>(members: &'a Members, camel: &str, snake: &str) -> Result<&'a [Value], String> {
    match get(members, camel, snake) {
        None => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{camel} is not an array")),
    }
}

fn text(members: &Members, camel: &str, snake: &str) -> Result<String, String> {
    match get(members, camel, snake) {
        None => Ok(String::new()),
        Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| format!("{camel} is not a string")),
    }
}

/// A whole number, also written as a text.
fn number<N>(members: &Members, camel: &str, snake: &str) -> Result<N, String>
where
    N: Default + std::str::FromStr + TryFrom<i64> + TryFrom<u64>,
{
    let bad = || format!("{camel} is not a number in its range");
    match get(members, camel, snake) {
        None => Ok(N::default()),
        Some(Value::String(text)) if text.is_empty() => Ok(N::default()),
        Some(Value::String(text)) => text.parse().map_err(|_| bad()),
        Some(Value::Number(number)) => {
            let signed = number.as_i64().and_then(|number| N::try_from(number).ok());
            signed.or_else(|| number.as_u64().and_then(|number| N::try_from(number).ok())).ok_or_else(bad)
        }
        Some(_) => Err(bad()),
    }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let bad = || format!("{text:?} is not hex");
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(bad());
    }
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2).unwrap_or(""), 16).map_err(|_| bad()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cases_and_all_forms_of_numbers() {
        let body = r#"{"resourceLogs":[{"scope_logs":[{"scope":{"name":"n"},"logRecords":[
            {"timeUnixNano":"5","severityNumber":"SEVERITY_NUMBER_ERROR2","body":{"kvlistValue":{"values":[
            {"key":"b","value":{"intValue":"3"}},{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true},
            {"doubleValue":1.5}]}}}]}}}]}],"unknown":1}]}"#;
        let request = decode(body.as_bytes()).unwrap();
        let scope = &request.resources[0].scopes[0];
        assert_eq!((scope.name.as_str(), scope.records[0].time_ns), ("n", 5));
        assert_eq!(scope.records[0].severity_number, 18);
        assert_eq!(scope.records[0].body.text(), r#"{"a":[true,1.5],"b":3}"#);
        for bad in
            ["junk", "[]", r#"{"resourceLogs":5}"#, r#"{"resourceLogs":[{"resource":{"attributes":[5]}}]}"#]
        {
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
