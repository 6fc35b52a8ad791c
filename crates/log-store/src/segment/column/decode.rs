//! Pages back into values and codes.

use super::{
    builder::NULL,
    delta,
    page::{ColumnPages, PageRef, ValueCoding, take_codes, take_levels},
};
use crate::{
    codec::{Cursor, Malformed},
    limits::{BLOCK_ROWS_MAX, PAGE_BYTES_MAX},
    rows::Texts,
};

/// Values and codes of some pages of a column. Codes are below the number of values, or NULL.
#[derive(Debug, Default, Clone)]
pub(crate) struct ColumnData {
    pub(crate) values: std::sync::Arc<Texts>,
    pub(crate) codes: Vec<u32>,
}

impl ColumnData {
    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        let code = self.codes.get(row).copied().filter(|code| *code != NULL)?;
        Some(self.values.get(code as usize))
    }
}

/// Reuses one decompressor.
pub(crate) struct Decoder {
    zstd: zstd::bulk::Decompressor<'static>,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decoder")
    }
}

impl Decoder {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Decoder { zstd: zstd::bulk::Decompressor::new()? })
    }

    /// The raw content of a page.
    fn page(&mut self, bytes: &[u8], page: PageRef, is_compressed: bool) -> Result<Vec<u8>, Malformed> {
        if page.raw as usize > PAGE_BYTES_MAX {
            return Err(Malformed("a page is larger than the format allows"));
        }
        if !is_compressed {
            return Ok(bytes.to_vec());
        }
        let raw = self.zstd.decompress(bytes, page.raw as usize);
        raw.map_err(|_| Malformed("a page does not decompress"))
    }

    /// The values of a dictionary page.
    pub(crate) fn dictionary(&mut self, bytes: &[u8], pages: &ColumnPages) -> Result<Texts, Malformed> {
        let Some(place) = pages.dictionary else { return Ok(Texts::default()) };
        let raw = self.page(bytes, place, pages.is_compressed)?;
        let mut values = Texts::default();
        match pages.coding {
            ValueCoding::IntegerCodes => {
                let (integers, _) = raw.as_chunks::<8>();
                integers.iter().for_each(|bytes| push_integer(&mut values, i64::from_le_bytes(*bytes)));
            }
            _ => {
                values.reserve(0, raw.len());
                let mut cursor = Cursor::new(&raw);
                while !cursor.is_empty() {
                    take_plain(&mut cursor, &mut values)?;
                }
            }
        }
        Ok(values)
    }

    /// Adds a data page of so many rows; values that are not in a dictionary go to `values`.
    pub(crate) fn data(
        &mut self,
        bytes: &[u8],
        pages: &ColumnPages,
        (place, rows): (PageRef, usize),
        values: &mut Texts,
        codes: &mut Vec<u32>,
    ) -> Result<(), Malformed> {
        if rows > BLOCK_ROWS_MAX {
            return Err(Malformed("a page has more rows than the format allows"));
        }
        let raw = self.page(bytes, place, pages.is_compressed)?;
        let mut cursor = Cursor::new(&raw);
        let levels = if pages.is_optional { Some(take_levels(&mut cursor, rows)?) } else { None };
        let present = levels.as_ref().map_or(rows, |levels| levels.iter().filter(|level| **level).count());
        let own: Vec<u32> = match pages.coding {
            ValueCoding::TextCodes | ValueCoding::IntegerCodes => {
                return Err(Malformed("a column of codes has no dictionary"));
            }
            ValueCoding::Texts => {
                let first = values.len() as u32;
                for _ in 0..present {
                    take_plain(&mut cursor, values)?;
                }
                (first..values.len() as u32).collect()
            }
            ValueCoding::Integers | ValueCoding::ShortIntegers => {
                let first = values.len() as u32;
                let mut integers = Vec::new();
                delta::decode(cursor.rest(), &mut integers)?;
                integers.into_iter().for_each(|value| push_integer(values, value));
                (first..values.len() as u32).collect()
            }
        };
        if own.len() != present {
            return Err(Malformed("a page has not as many values as rows"));
        }
        spread(levels, own, codes);
        Ok(())
    }

    /// Adds the codes of a data page whose values are in a dictionary of so many.
    pub(crate) fn codes(
        &mut self,
        bytes: &[u8],
        pages: &ColumnPages,
        (place, rows): (PageRef, usize),
        values: usize,
        codes: &mut Vec<u32>,
    ) -> Result<(), Malformed> {
        if rows > BLOCK_ROWS_MAX {
            return Err(Malformed("a page has more rows than the format allows"));
        }
        let raw = self.page(bytes, place, pages.is_compressed)?;
        let mut cursor = Cursor::new(&raw);
        let levels = if pages.is_optional { Some(take_levels(&mut cursor, rows)?) } else { None };
        let present = levels.as_ref().map_or(rows, |levels| levels.iter().filter(|level| **level).count());
        let own = take_codes(&mut cursor, present)?;
        if own.iter().any(|code| *code as usize >= values) {
            return Err(Malformed("a code has no value"));
        }
        spread(levels, own, codes);
        Ok(())
    }

    /// A page of packed integers, as integers.
    pub(crate) fn integers(
        &mut self,
        bytes: &[u8],
        pages: &ColumnPages,
        (place, rows): (PageRef, usize),
        out: &mut Vec<i64>,
    ) -> Result<(), Malformed> {
        let raw = self.page(bytes, place, pages.is_compressed)?;
        let before = out.len();
        delta::decode(&raw, out)?;
        if out.len() - before == rows {
            Ok(())
        } else {
            Err(Malformed("a page has not as many values as rows"))
        }
    }
}

/// Codes of the rows with a value, as codes of all rows.
fn spread(levels: Option<Vec<bool>>, own: Vec<u32>, codes: &mut Vec<u32>) {
    match levels {
        None => codes.extend(own),
        Some(levels) => {
            let mut own = own.into_iter();
            codes.extend(
                levels.into_iter().map(|level| if level { own.next().unwrap_or(NULL) } else { NULL }),
            );
        }
    }
}

fn take_plain(cursor: &mut Cursor<'_>, values: &mut Texts) -> Result<(), Malformed> {
    let length = cursor.u32()? as usize;
    let text = std::str::from_utf8(cursor.bytes(length)?).map_err(|_| Malformed("a value is not UTF-8"))?;
    values.push(text);
    Ok(())
}

fn push_integer(values: &mut Texts, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut left = value.unsigned_abs();
    loop {
        at -= 1;
        digits.get_mut(at).into_iter().for_each(|place| *place = b'0' + (left % 10) as u8);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits.get_mut(at).into_iter().for_each(|place| *place = b'-');
    }
    values.push(digits.get(at..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("0"));
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ChunkWriter, ColumnBuilder, Physical},
        *,
    };

    fn check(values: &[Option<&str>], physical: Physical) {
        let mut column = ColumnBuilder::default();
        for (row, value) in values.iter().enumerate() {
            value.iter().for_each(|value| column.put(row, value));
        }
        column.finish(values.len());
        let chunk = ChunkWriter::new(1).unwrap().values(&column, physical, true, false).unwrap();
        let bytes = chunk.bytes.clone();
        let pages = chunk.placed(0);
        let mut decoder = Decoder::new().unwrap();
        let slice = |page: PageRef| &bytes[page.offset as usize..][..page.compressed as usize];
        let mut texts = pages
            .dictionary
            .map_or_else(Texts::default, |page| decoder.dictionary(slice(page), &pages).unwrap());
        let mut codes = Vec::new();
        let mut left = values.len();
        for page in &pages.pages {
            let rows = left.min(BLOCK_ROWS_MAX);
            left -= rows;
            if pages.dictionary.is_some() {
                decoder.codes(slice(*page), &pages, (*page, rows), texts.len(), &mut codes).unwrap();
            } else {
                decoder.data(slice(*page), &pages, (*page, rows), &mut texts, &mut codes).unwrap();
            }
        }
        let data = ColumnData { values: std::sync::Arc::new(texts), codes };
        let found: Vec<Option<&str>> = (0..values.len()).map(|row| data.get(row)).collect();
        assert_eq!(found, values);
    }

    #[test]
    fn columns_come_back() {
        check(&[Some("a"), None, Some("b"), Some("a"), Some("")], Physical::Text);
        check(&[Some("a"); 5000], Physical::Text);
        let numbers: Vec<String> = (0..5000i64).map(|n| (n * 7919 - 3).to_string()).collect();
        let unique: Vec<Option<&str>> =
            numbers.iter().enumerate().map(|(n, text)| (n % 3 > 0).then_some(text.as_str())).collect();
        check(&unique, Physical::Text);
        check(&unique, Physical::Integer);
        let few: Vec<Option<&str>> = (0..5000).map(|n| numbers.get(n % 700).map(String::as_str)).collect();
        check(&few, Physical::Integer);
        check(&few, Physical::Text);
        check(&[Some("-9223372036854775808"), Some("9223372036854775807")], Physical::Integer);
    }
}
