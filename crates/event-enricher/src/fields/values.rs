//! Shorthands for values.

use event::Value;

/// An owned text.
pub(super) fn owned<'s>(text: impl Into<Vec<u8>>) -> Value<'s> {
    Value::Text(text.into().into())
}

/// A signed number of an unsigned one; ids are far below the bound.
pub(super) fn int<'s>(number: impl Into<i64>) -> Value<'s> {
    Value::Int(number.into())
}
