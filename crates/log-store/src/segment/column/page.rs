//! Parquet data pages, version 1, in the few forms this store writes: codes as whole bytes, and
//! levels as one run. Page headers are written here; readers of this store do not need them,
//! since the segment's index says where each page's content lies.

use super::builder::NULL;
use crate::codec::{Cursor, Malformed, put_signed, put_varint};

/// Where the compressed content of a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PageRef {
    /// In the file.
    pub(crate) offset: u64,
    pub(crate) compressed: u32,
    pub(crate) raw: u32,
}

/// How the values of a column lie in its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ValueCoding {
    /// A dictionary page of texts, and codes.
    #[default]
    TextCodes,
    /// A dictionary page of 64-bit integers, and codes.
    IntegerCodes,
    /// Texts as they are.
    Texts,
    /// Packed 64-bit integers.
    Integers,
    /// Packed 32-bit integers.
    ShortIntegers,
}

/// The pages of one column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ColumnPages {
    pub(crate) coding: ValueCoding,
    pub(crate) is_optional: bool,
    pub(crate) is_compressed: bool,
    pub(crate) dictionary: Option<PageRef>,
    pub(crate) pages: Vec<PageRef>,
}

const PLAIN: i64 = 0;
const RLE: i64 = 3;
const DELTA_BINARY_PACKED: i64 = 5;
const RLE_DICTIONARY: i64 = 8;

/// A field of Thrift's compact protocol: the difference to the field before, an i32, a value.
fn put_i32(out: &mut Vec<u8>, difference: u8, value: i64) {
    out.push(difference << 4 | 5);
    put_signed(out, value);
}

const STRUCT: u8 = 12;

pub(super) fn put_dictionary_header(out: &mut Vec<u8>, values: usize, raw: usize, compressed: usize) {
    put_i32(out, 1, 2);
    put_i32(out, 1, raw as i64);
    put_i32(out, 1, compressed as i64);
    out.push(4 << 4 | STRUCT);
    put_i32(out, 1, values as i64);
    put_i32(out, 1, PLAIN);
    out.extend_from_slice(&[0, 0]);
}

pub(super) fn put_data_header(
    out: &mut Vec<u8>,
    coding: ValueCoding,
    rows: usize,
    raw: usize,
    compressed: usize,
) {
    put_i32(out, 1, 0);
    put_i32(out, 1, raw as i64);
    put_i32(out, 1, compressed as i64);
    out.push(2 << 4 | STRUCT);
    put_i32(out, 1, rows as i64);
    put_i32(
        out,
        1,
        match coding {
            ValueCoding::TextCodes | ValueCoding::IntegerCodes => RLE_DICTIONARY,
            ValueCoding::Texts => PLAIN,
            ValueCoding::Integers | ValueCoding::ShortIntegers => DELTA_BINARY_PACKED,
        },
    );
    put_i32(out, 1, RLE);
    put_i32(out, 1, RLE);
    out.extend_from_slice(&[0, 0]);
}

/// Which rows have a value.
pub(super) fn put_levels(out: &mut Vec<u8>, codes: &[u32]) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let present = codes.iter().filter(|code| **code != NULL).count();
    if present == codes.len() || present == 0 {
        put_varint(out, (codes.len() as u64) << 1);
        out.push(u8::from(present > 0));
    } else {
        put_varint(out, (codes.len().div_ceil(8) as u64) << 1 | 1);
        for eight in codes.chunks(8) {
            out.push(eight.iter().rev().fold(0, |bits, code| bits << 1 | u8::from(*code != NULL)));
        }
    }
    let length = (out.len() - start - 4) as u32;
    out.get_mut(start..start + 4).into_iter().for_each(|place| place.copy_from_slice(&length.to_le_bytes()));
}

/// Bytes of a code: whole ones, so that the compressor sees the codes as they repeat.
pub(super) fn code_bytes(values: usize) -> usize {
    match values {
        0..=1 => 0,
        2..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// The codes of the rows with a value.
pub(super) fn put_codes(out: &mut Vec<u8>, codes: &[u32], values: usize) {
    let width = code_bytes(values);
    out.push(width as u8 * 8);
    let present = codes.iter().filter(|code| **code != NULL).count();
    if width == 0 {
        put_varint(out, (present as u64) << 1);
        return;
    }
    put_varint(out, (present.div_ceil(8) as u64) << 1 | 1);
    for code in codes.iter().filter(|code| **code != NULL) {
        out.extend(code.to_le_bytes().into_iter().take(width));
    }
    out.resize(out.len() + (present.next_multiple_of(8) - present) * width, 0);
}

/// Undoes `put_levels`: for each row whether it has a value. All rows when there are no levels.
pub(super) fn take_levels(cursor: &mut Cursor<'_>, rows: usize) -> Result<Vec<bool>, Malformed> {
    let length = cursor.u32()? as usize;
    let mut levels = Cursor::new(cursor.bytes(length)?);
    let head = levels.varint()?;
    if head & 1 == 0 {
        return Ok(vec![levels.bytes(1)? == [1]; rows]);
    }
    let bits = levels.bytes(rows.div_ceil(8))?;
    Ok(bits.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).take(rows).collect())
}

/// Undoes `put_codes`, for `present` rows.
pub(super) fn take_codes(cursor: &mut Cursor<'_>, present: usize) -> Result<Vec<u32>, Malformed> {
    let &[width] = cursor.bytes(1)? else { return Err(Malformed("a page ends before its codes")) };
    let _runs = cursor.varint()?;
    let width = usize::from(width / 8);
    let bytes = cursor.bytes(present.saturating_mul(width))?;
    Ok(match width {
        0 => vec![0; present],
        1 => bytes.iter().map(|&byte| u32::from(byte)).collect(),
        2 => bytes.as_chunks::<2>().0.iter().map(|pair| u32::from(u16::from_le_bytes(*pair))).collect(),
        4 => bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect(),
        _ => return Err(Malformed("codes of a width that this release does not write")),
    })
}
