//! A line template: fixed text and places for values. The same template serves many segments;
//! which columns its values come from is said beside it.

use std::sync::Arc;

use crate::codec::{Cursor, Malformed, put_text, put_varint};

/// How a value stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SlotKind {
    /// Inside a JSON string, so escaped.
    Escaped,
    /// As it is.
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Literal(Box<str>),
    /// The value of the template's n-th column.
    Slot(u32, SlotKind),
    /// The row's time: see [`super::Stamp`].
    Decimal,
    Iso,
    Clock,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// A template has no more pieces than this: each costs at least a byte of a line.
const PIECES_MAX: usize = 4096;

impl Template {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.pieces.len() as u64);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => {
                    out.push(0);
                    put_text(out, text);
                }
                Piece::Slot(slot, SlotKind::Escaped) => {
                    out.push(1);
                    put_varint(out, u64::from(*slot));
                }
                Piece::Slot(slot, SlotKind::Plain) => {
                    out.push(2);
                    put_varint(out, u64::from(*slot));
                }
                Piece::Decimal => out.push(3),
                Piece::Iso => out.push(4),
                Piece::Clock => out.push(5),
            }
        }
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<Arc<Template>, Malformed> {
        let count = cursor.count()?;
        if count > PIECES_MAX {
            return Err(Malformed("a template has too many pieces"));
        }
        let mut pieces = Vec::with_capacity(count);
        for _ in 0..count {
            pieces.push(match cursor.bytes(1)? {
                [0] => Piece::Literal(cursor.text()?.into()),
                [1] => Piece::Slot(slot(cursor)?, SlotKind::Escaped),
                [2] => Piece::Slot(slot(cursor)?, SlotKind::Plain),
                [3] => Piece::Decimal,
                [4] => Piece::Iso,
                [5] => Piece::Clock,
                _ => return Err(Malformed("a piece of a template is of an unknown kind")),
            });
        }
        Ok(Arc::new(Template { pieces }))
    }
}

fn slot(cursor: &mut Cursor<'_>) -> Result<u32, Malformed> {
    u32::try_from(cursor.varint()?).map_err(|_| Malformed("a number is too large"))
}
