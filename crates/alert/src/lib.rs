//! An alert: the word between rule engine, router, store and page.
//!
//! Its JSON is Falco's (`time, rule, priority, source, hostname, output, output_fields, tags`,
//! optionally `message`) plus `uuid`. Knows no rule, no output and no store.

#![forbid(unsafe_code)]

mod identity;
mod json;
mod priority;

pub use identity::{AlertId, Epoch, Sequence};
pub use json::ParseError;
pub use priority::{Priority, UnknownPriority};
pub use uuid::Uuid;

/// One alert, as it is stored, sent and shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Derived from [`AlertId`] for our own alerts, random for foreign ones.
    pub uuid: Uuid,
    /// Nanoseconds since 1970.
    pub time_ns: i64,
    /// Name of the rule that matched.
    pub rule: String,
    /// How bad.
    pub priority: Priority,
    /// Event source, such as `syscall` or `internal`.
    pub source: String,
    /// Host that saw it.
    pub hostname: String,
    /// The rendered text, with time and priority in front, as Falco prints it.
    pub output: String,
    /// Fields of the output, in their order; numbers stay numbers, missing values are null.
    pub output_fields: serde_json::Map<String, serde_json::Value>,
    /// Sorted.
    pub tags: Vec<String>,
}

impl Alert {
    /// An output field as text: strings as they are, numbers printed, null and absent as `None`.
    pub fn field_text(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        match self.output_fields.get(name)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.as_str().into()),
            other => Some(other.to_string().into()),
        }
    }
}
