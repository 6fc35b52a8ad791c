//! Shorthands for values.

use event::Value;

/// An owned text.
pub(super) fn owned<'s>(text: impl Into<Vec<u8>>) -> Value<'s> {
    Value::Text(text.into().into())
}

/// A text that stands in the program.
pub(super) fn word<'s>(text: &'static str) -> Value<'s> {
    Value::text(text.as_bytes())
}
