//! The second part of a segment's index: where the pages of each column lie, and which fields
//! of lines have a column.

use std::collections::BTreeMap;

use super::{
    column::{ColumnPages, PageRef, ValueCoding},
    line::ValueKind,
};
use crate::{
    codec::{Cursor, Malformed, put_text, put_varint},
    limits::{BLOCK_ROWS_MAX, FIELDS_MAX, SEGMENT_ROWS_MAX},
};

/// The columns that every segment has, by their place in `Layout::fixed`. The tenant stands at 2
/// for other readers; the stream tells it here.
pub(crate) const TIMESTAMP: usize = 0;
pub(crate) const LINE_BYTES: usize = 1;
pub(crate) const STREAM: usize = 3;
pub(crate) const TEMPLATE: usize = 4;
pub(crate) const LINE: usize = 5;
pub(crate) const METADATA: usize = 6;
pub(crate) const FIXED_COLUMNS: usize = 7;

/// A run of bytes in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) bytes: u32,
}

/// A column with values of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueColumn {
    pub(crate) name: String,
    pub(crate) kind: ValueKind,
    pub(crate) pages: ColumnPages,
}

/// Where a field of Loki's `json` parser is found in lines that have a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldPlaces {
    /// At most one of them has a value in a row.
    pub(crate) columns: Vec<u32>,
    /// In some templates it is a part of the fixed text.
    pub(crate) in_templates: bool,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: u32,
    pub(crate) fixed: Vec<ColumnPages>,
    pub(crate) values: Vec<ValueColumn>,
    pub(crate) fields: BTreeMap<String, FieldPlaces>,
    /// Names of structured metadata; none when there were too many to tell.
    pub(crate) metadata_names: Option<Vec<String>>,
    /// Rows whose line is whole, without a template.
    pub(crate) whole_lines: u32,
    pub(crate) filter: Extent,
    pub(crate) templates: Extent,
}

impl Layout {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.rows));
        put_varint(out, u64::from(self.whole_lines));
        put_varint(out, self.fixed.len() as u64);
        self.fixed.iter().for_each(|pages| put_pages(out, pages));
        put_varint(out, self.values.len() as u64);
        for column in &self.values {
            put_text(out, &column.name);
            out.push(column.kind as u8);
            put_pages(out, &column.pages);
        }
        put_varint(out, self.fields.len() as u64);
        for (name, places) in &self.fields {
            put_text(out, name);
            put_varint(out, u64::from(places.in_templates));
            put_varint(out, places.columns.len() as u64);
            places.columns.iter().for_each(|column| put_varint(out, u64::from(*column)));
        }
        put_varint(out, u64::from(self.metadata_names.is_some()));
        let names = self.metadata_names.as_deref().unwrap_or(&[]);
        put_varint(out, names.len() as u64);
        names.iter().for_each(|name| put_text(out, name));
        for extent in [self.filter, self.templates] {
            put_varint(out, extent.offset);
            put_varint(out, u64::from(extent.bytes));
        }
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<Layout, Malformed> {
        let mut layout = Layout { rows: narrow(cursor)?, whole_lines: narrow(cursor)?, ..Layout::default() };
        if layout.rows as usize > SEGMENT_ROWS_MAX {
            return Err(Malformed("a segment has more rows than the format allows"));
        }
        let pages = (layout.rows as usize).div_ceil(BLOCK_ROWS_MAX);
        for _ in 0..cursor.count()? {
            layout.fixed.push(take_pages(cursor, pages)?);
        }
        if layout.fixed.len() != FIXED_COLUMNS {
            return Err(Malformed("a segment has not the columns that the format gives it"));
        }
        let count = cursor.count()?;
        if count > FIELDS_MAX {
            return Err(Malformed("a segment has too many columns"));
        }
        for _ in 0..count {
            let name = cursor.text()?.to_owned();
            let kind = match cursor.bytes(1)? {
                [0] => ValueKind::Text,
                [1] => ValueKind::Integer,
                [2] => ValueKind::Plain,
                [3] => ValueKind::Array,
                [4] => ValueKind::Part,
                _ => return Err(Malformed("a column is of an unknown kind")),
            };
            layout.values.push(ValueColumn { name, kind, pages: take_pages(cursor, pages)? });
        }
        for _ in 0..cursor.count()? {
            let name = cursor.text()?.to_owned();
            let mut places = FieldPlaces { in_templates: cursor.varint()? != 0, columns: Vec::new() };
            for _ in 0..cursor.count()? {
                places.columns.push(narrow(cursor)?);
            }
            if places.columns.iter().any(|column| *column as usize >= layout.values.len()) {
                return Err(Malformed("a field is in a column that is not there"));
            }
            layout.fields.insert(name, places);
        }
        let knows_names = cursor.varint()? != 0;
        let count = cursor.count()?;
        let names: Result<Vec<String>, Malformed> =
            (0..count).map(|_| cursor.text().map(str::to_owned)).collect();
        layout.metadata_names = Some(names?).filter(|_| knows_names);
        layout.filter = Extent { offset: cursor.varint()?, bytes: narrow(cursor)? };
        layout.templates = Extent { offset: cursor.varint()?, bytes: narrow(cursor)? };
        Ok(layout)
    }

    /// Rows of a page.
    pub(crate) fn page_rows(&self, page: usize) -> usize {
        (self.rows as usize).saturating_sub(page * BLOCK_ROWS_MAX).min(BLOCK_ROWS_MAX)
    }

    pub(crate) fn pages(&self) -> usize {
        (self.rows as usize).div_ceil(BLOCK_ROWS_MAX)
    }

    /// A column that every segment has.
    pub(crate) fn fixed(&self, column: usize) -> Option<&ColumnPages> {
        self.fixed.get(column)
    }
}

fn narrow(cursor: &mut Cursor<'_>) -> Result<u32, Malformed> {
    u32::try_from(cursor.varint()?).map_err(|_| Malformed("a number is too large"))
}

/// Pages lie one behind the other: their places are told as distances.
fn put_pages(out: &mut Vec<u8>, pages: &ColumnPages) {
    let coding = match pages.coding {
        ValueCoding::TextCodes => 0,
        ValueCoding::IntegerCodes => 1,
        ValueCoding::Texts => 2,
        ValueCoding::Integers => 3,
        ValueCoding::ShortIntegers => 4,
    };
    out.push(
        coding
            | u8::from(pages.is_optional) << 4
            | u8::from(pages.is_compressed) << 5
            | u8::from(pages.dictionary.is_some()) << 6,
    );
    let mut end = 0;
    for page in pages.dictionary.iter().chain(&pages.pages) {
        put_varint(out, page.offset - end);
        put_varint(out, u64::from(page.compressed));
        put_varint(out, u64::from(page.raw));
        end = page.offset + u64::from(page.compressed);
    }
}

fn take_pages(cursor: &mut Cursor<'_>, count: usize) -> Result<ColumnPages, Malformed> {
    let &[flags] = cursor.bytes(1)? else { return Err(Malformed("a column has no flags")) };
    let coding = match flags & 0xf {
        0 => ValueCoding::TextCodes,
        1 => ValueCoding::IntegerCodes,
        2 => ValueCoding::Texts,
        3 => ValueCoding::Integers,
        4 => ValueCoding::ShortIntegers,
        _ => return Err(Malformed("a column is coded in an unknown way")),
    };
    let mut end = 0u64;
    let mut page = |cursor: &mut Cursor<'_>| -> Result<PageRef, Malformed> {
        let offset = end.saturating_add(cursor.varint()?);
        let page = PageRef { offset, compressed: narrow(cursor)?, raw: narrow(cursor)? };
        end = page.offset.saturating_add(u64::from(page.compressed));
        Ok(page)
    };
    let dictionary = if flags & 0x40 != 0 { Some(page(cursor)?) } else { None };
    let pages: Result<Vec<PageRef>, Malformed> = (0..count).map(|_| page(cursor)).collect();
    Ok(ColumnPages {
        coding,
        is_optional: flags & 0x10 != 0,
        is_compressed: flags & 0x20 != 0,
        dictionary,
        pages: pages?,
    })
}
