//! The protobuf encoding (`opentelemetry.proto.collector.logs.v1`), messages written by hand.

use prost::{Message, Oneof};

use super::model::{Any, LogRecord, Request, ResourceLogs, ScopeLogs};

#[derive(Clone, PartialEq, Message)]
struct ExportLogsServiceRequest {
    #[prost(message, repeated, tag = "1")]
    resource_logs: Vec<ProtoResourceLogs>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoResourceLogs {
    #[prost(message, optional, tag = "1")]
    resource: Option<ProtoResource>,
    #[prost(message, repeated, tag = "2")]
    scope_logs: Vec<ProtoScopeLogs>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoResource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoScopeLogs {
    #[prost(message, optional, tag = "1")]
    scope: Option<ProtoScope>,
    #[prost(message, repeated, tag = "2")]
    log_records: Vec<ProtoLogRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoScope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
    #[prost(message, repeated, tag = "3")]
    attributes: Vec<KeyValue>,
    #[prost(uint32, tag = "4")]
    dropped_attributes_count: u32,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoLogRecord {
    #[prost(fixed64, tag = "1")]
    time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    severity_number: i32,
    #[prost(string, tag = "3")]
    severity_text: String,
    #[prost(message, optional, tag = "5")]
    body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    attributes: Vec<KeyValue>,
    #[prost(uint32, tag = "7")]
    dropped_attributes_count: u32,
    #[prost(fixed32, tag = "8")]
    flags: u32,
    #[prost(bytes = "vec", tag = "9")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    span_id: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    observed_time_unix_nano: u64,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "AnyKind", tags = "1, 2, 3, 4, 5, 6, 7")]
    value: Option<AnyKind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum AnyKind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    List(ArrayValue),
    #[prost(message, tag = "6")]
    Map(KeyValueList),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    values: Vec<KeyValue>,
}

/// Decodes a body. `prost` stops at 100 levels of nesting.
pub(super) fn decode(body: &[u8]) -> Result<Request, String> {
    let request = ExportLogsServiceRequest::decode(body).map_err(|error| error.to_string())?;
    Ok(Request { resources: request.resource_logs.into_iter().map(resource).collect() })
}

fn resource(sent: ProtoResourceLogs) -> ResourceLogs {
    ResourceLogs {
        attributes: pairs(sent.resource.unwrap_or_default().attributes),
        scopes: sent.scope_logs.into_iter().map(scope).collect(),
    }
}

fn scope(sent: ProtoScopeLogs) -> ScopeLogs {
    let scope = sent.scope.unwrap_or_default();
    ScopeLogs {
        name: scope.name,
        version: scope.version,
        attributes: pairs(scope.attributes),
        dropped_attributes: scope.dropped_attributes_count,
        records: sent.log_records.into_iter().map(record).collect(),
    }
}

fn record(sent: ProtoLogRecord) -> LogRecord {
    LogRecord {
        time_ns: sent.time_unix_nano,
        observed_ns: sent.observed_time_unix_nano,
        severity_number: sent.severity_number,
        severity_text: sent.severity_text,
        body: sent.body.map_or(Any::Empty, any),
        attributes: pairs(sent.attributes),
        dropped_attributes: sent.dropped_attributes_count,
        flags: sent.flags,
        trace_id: sent.trace_id,
        span_id: sent.span_id,
    }
}

fn pairs(sent: Vec<KeyValue>) -> Vec<(String, Any)> {
    sent.into_iter().map(|pair| (pair.key, pair.value.map_or(Any::Empty, any))).collect()
}

fn any(sent: AnyValue) -> Any {
    match sent.value {
        None => Any::Empty,
        Some(AnyKind::Text(text)) => Any::Text(text),
        Some(AnyKind::Bool(value)) => Any::Bool(value),
        Some(AnyKind::Int(value)) => Any::Int(value),
        Some(AnyKind::Double(value)) => Any::Double(value),
        Some(AnyKind::List(list)) => Any::List(list.values.into_iter().map(any).collect()),
        Some(AnyKind::Map(map)) => Any::Map(pairs(map.values)),
        Some(AnyKind::Bytes(bytes)) => Any::Bytes(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_numbers_of_the_protocol() {
        let text = |text: &str| Some(AnyValue { value: Some(AnyKind::Text(text.to_owned())) });
        let body = ExportLogsServiceRequest {
            resource_logs: vec![ProtoResourceLogs {
                resource: Some(ProtoResource {
                    attributes: vec![KeyValue { key: "service.name".to_owned(), value: text("s") }],
                }),
                scope_logs: vec![ProtoScopeLogs {
                    scope: None,
                    log_records: vec![ProtoLogRecord {
                        time_unix_nano: 7,
                        body: text("line"),
                        ..ProtoLogRecord::default()
                    }],
                }],
            }],
        }
        .encode_to_vec();
        let decoded = decode(&body).unwrap();
        assert_eq!(
            decoded.resources[0].attributes,
            vec![("service.name".to_owned(), Any::Text("s".to_owned()))]
        );
        let record = &decoded.resources[0].scopes[0].records[0];
        assert_eq!((record.time_ns, record.body.text().as_str()), (7, "line"));
        assert!(decode(&[0xff; 9]).is_err());
    }
}
