//! What both encodings of an OTLP request are read into.

/// `ExportLogsServiceRequest`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    pub(super) resources: Vec<ResourceLogs>,
}

/// Logs of one resource.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ResourceLogs {
    pub(super) attributes: Vec<(String, Any)>,
    pub(super) scopes: Vec<ScopeLogs>,
}

/// Logs of one instrumentation scope.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ScopeLogs {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) attributes: Vec<(String, Any)>,
    pub(super) dropped_attributes: u32,
    pub(super) records: Vec<LogRecord>,
}

/// One record.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LogRecord {
    pub(super) time_ns: u64,
    pub(super) observed_ns: u64,
    pub(super) severity_number: i32,
    pub(super) severity_text: String,
    pub(super) body: Any,
    pub(super) attributes: Vec<(String, Any)>,
    pub(super) dropped_attributes: u32,
    pub(super) flags: u32,
    pub(super) trace_id: Vec<u8>,
    pub(super) span_id: Vec<u8>,
}

/// `AnyValue`.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) enum Any {
    #[default]
    Empty,
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    List(Vec<Any>),
    Map(Vec<(String, Any)>),
    Bytes(Vec<u8>),
}

impl Any {
    /// As the collector's `AsString` prints it: lists and maps as JSON with sorted keys.
    pub(super) fn text(&self) -> String {
        match self {
            Any::Empty => String::new(),
            Any::Text(text) => text.clone(),
            Any::Bytes(bytes) => base64(bytes),
            Any::Double(value) if !value.is_finite() => logql_syntax::format_float(*value),
            other => other.json().to_string(),
        }
    }

    fn json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Any::Empty => Value::Null,
            Any::Text(text) => Value::String(text.clone()),
            Any::Bool(value) => Value::Bool(*value),
            Any::Int(value) => Value::from(*value),
            // Go prints whole doubles without a fraction.
            Any::Double(value) if value.fract() == 0.0 && value.abs() < 1e15 => Value::from(*value as i64),
            Any::Double(value) => Value::from(*value),
            Any::List(items) => Value::Array(items.iter().map(Any::json).collect()),
            Any::Map(members) => {
                let mut sorted: Vec<(&String, &Any)> =
                    members.iter().map(|(name, value)| (name, value)).collect();
                sorted.sort_by(|left, right| left.0.cmp(right.0));
                Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), value.json())).collect())
            }
            Any::Bytes(bytes) => Value::String(base64(bytes)),
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
