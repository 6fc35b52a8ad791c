//! Lines out of templates and values.

use super::{
    column::{ColumnBuilder, NULL},
    line::{Piece, SlotKind, Stamp, Template, TemplateUse, escape_into},
};

/// Puts pieces `from..to` of a template together; `value` gives the text of a slot as it stands
/// in the line.
pub(super) fn pieces<'a>(
    template: &Template,
    (from, to): (usize, usize),
    stamp: Option<&Stamp>,
    value: impl Fn(u32, SlotKind) -> &'a str,
    out: &mut String,
) {
    let pieces = template.pieces.get(from..to.min(template.pieces.len())).unwrap_or(&[]);
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Slot(slot, kind) => out.push_str(value(*slot, *kind)),
            Piece::Decimal => out.push_str(stamp.map_or("", Stamp::decimal)),
            Piece::Iso => out.push_str(stamp.map_or("", Stamp::iso)),
            Piece::Clock => out.push_str(stamp.map_or("", Stamp::clock)),
        }
    }
}

/// The line of a row that is still being written.
pub(super) fn from_builders(
    used: &TemplateUse,
    columns: &[ColumnBuilder],
    row: usize,
    timestamp_ns: i64,
    out: &mut String,
) {
    let stamp = Stamp::new(timestamp_ns);
    for at in 0..used.template.pieces.len() {
        let Some(Piece::Slot(slot, SlotKind::Escaped)) = used.template.pieces.get(at) else {
            pieces(
                &used.template,
                (at, at + 1),
                stamp.as_ref(),
                |slot, _| builder_value(used, columns, row, slot),
                out,
            );
            continue;
        };
        escape_into(builder_value(used, columns, row, *slot), out);
    }
}

fn builder_value<'a>(used: &TemplateUse, columns: &'a [ColumnBuilder], row: usize, slot: u32) -> &'a str {
    let column = used.columns.get(slot as usize).and_then(|column| columns.get(*column as usize));
    let code = |column: &&ColumnBuilder| column.codes.get(row).copied().filter(|code| *code != NULL);
    column.and_then(|column| code(&column).map(|code| column.values.get(code as usize))).unwrap_or("")
}
