//! The trait between whoever has an event and whoever evaluates a rule on it.

use crate::{EventCode, FieldId, UnixNs, Value};

/// The argument of a field: `proc.aname[2]`, `proc.env[PATH]`, `evt.arg.flags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldArgument<'a> {
    /// None given.
    None,
    /// A number.
    Index(u32),
    /// A text; for `evt.arg.NAME`, `evt.rawarg.NAME` and `evt.arg[NAME]` the name.
    Key(&'a str),
}

/// An event with all that is known around it: the input of rule evaluation.
///
/// `extract` gives `None` for a missing value. Falco: a comparison with a missing value is
/// false, `!=` included; `exists` is true exactly when extraction succeeds.
pub trait FieldSource {
    /// What happened.
    fn code(&self) -> EventCode;

    /// When it happened.
    fn timestamp(&self) -> UnixNs;

    /// The value of a field. Must not allocate for plain text and numbers.
    fn extract<'s>(&'s self, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>>;
}
