//! Lines as templates and values: what many lines have in common is kept once, what differs goes
//! to columns, and each line is rebuilt byte for byte.

mod encoder;
mod escape;
mod scanner;
mod shape;
mod stamp;
mod template;
mod text;

pub(super) use encoder::{FieldSpan, LineEncoder, Place, TemplateUse, ValueKind};
pub(super) use escape::{escape_into, needs_escape, unescape};
pub(super) use stamp::{CLOCK_BYTES, DECIMAL_BYTES, ISO_BYTES, Stamp};
pub(super) use template::{Piece, SlotKind, Template};
