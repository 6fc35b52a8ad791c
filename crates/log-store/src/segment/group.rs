//! The columns of an open segment: reads pages through the checksums, decodes what is asked for,
//! rebuilds lines.

use std::{ops::Range, sync::Arc};

use log_record::ReadError;

use super::{
    cache::{Cache, decode_templates},
    column::{ColumnData, ColumnPages, Decoder, NULL},
    layout::{LINE, LINE_BYTES, Layout, METADATA, STREAM, TEMPLATE, TIMESTAMP},
    line::{SlotKind, Stamp, TemplateUse, escape_into, needs_escape},
    metadata, rebuild,
    source::{Source, read_error},
};
use crate::{
    codec::Malformed,
    rows::{Metadata, Texts},
};

/// An open segment of version 2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group<'a> {
    pub(crate) source: &'a Source,
    pub(crate) layout: &'a Layout,
}

/// Pages, as a range of their numbers.
pub(crate) type Pages = Range<usize>;

impl<'a> Group<'a> {
    pub(super) fn cache<T>(&self, work: impl FnOnce(&mut Cache) -> T) -> T {
        work(&mut self.source.cache().lock())
    }

    pub(super) fn damaged(&self, bad: Malformed) -> ReadError {
        ReadError::Damaged { path: self.source.path().display().to_string(), reason: bad.to_string() }
    }

    fn bytes(&self, offset: u64, length: usize) -> Result<bytes::Bytes, ReadError> {
        let read = parquet::file::reader::ChunkReader::get_bytes(self.source, offset, length);
        read.map_err(|error| read_error(self.source.path(), error))
    }

    /// Runs `work` with the decompressor, which is put back afterwards.
    fn with_decoder<T>(
        &self,
        work: impl FnOnce(&mut Decoder) -> Result<T, Malformed>,
    ) -> Result<T, ReadError> {
        let taken = self.cache(|cache| cache.decoder.take());
        let mut decoder = match taken {
            Some(decoder) => decoder,
            None => Decoder::new()
                .map_err(|source| ReadError::Io { path: self.source.path().display().to_string(), source })?,
        };
        let done = work(&mut decoder);
        self.cache(|cache| cache.decoder = Some(decoder));
        done.map_err(|bad| self.damaged(bad))
    }

    /// The different values of a column that has them in a dictionary.
    pub(super) fn dictionary(&self, pages: &ColumnPages) -> Result<Option<Arc<Texts>>, ReadError> {
        let Some(place) = pages.dictionary else { return Ok(None) };
        if let Some(known) = self.cache(|cache| cache.dictionaries.get(&place.offset).cloned()) {
            return Ok(Some(known));
        }
        let bytes = self.bytes(place.offset, place.compressed as usize)?;
        let values = Arc::new(self.with_decoder(|decoder| decoder.dictionary(&bytes, pages))?);
        self.cache(|cache| cache.dictionaries.insert(place.offset, Arc::clone(&values)));
        Ok(Some(values))
    }

    /// Values and codes of some pages.
    pub(super) fn column(&self, pages: &ColumnPages, range: Pages) -> Result<ColumnData, ReadError> {
        let dictionary = self.dictionary(pages)?;
        let mut own = Texts::default();
        let mut codes = Vec::new();
        let places = pages.pages.get(range.clone()).unwrap_or(&[]);
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Ok(ColumnData::default());
        };
        let end = last.offset.saturating_add(u64::from(last.compressed));
        let bytes = self.bytes(first.offset, end.saturating_sub(first.offset) as usize)?;
        self.with_decoder(|decoder| {
            for (place, page) in places.iter().zip(range) {
                let start = place.offset.saturating_sub(first.offset) as usize;
                let content = bytes.get(start..start.saturating_add(place.compressed as usize));
                let content = content.ok_or(Malformed("a page lies outside its column"))?;
                let rows = self.layout.page_rows(page);
                match &dictionary {
                    Some(values) => {
                        decoder.codes(content, pages, (*place, rows), values.len(), &mut codes)?
                    }
                    None => decoder.data(content, pages, (*place, rows), &mut own, &mut codes)?,
                }
            }
            Ok(())
        })?;
        Ok(ColumnData { values: dictionary.unwrap_or_else(|| Arc::new(own)), codes })
    }

    fn fixed(&self, column: usize) -> Result<&'a ColumnPages, ReadError> {
        self.layout.fixed(column).ok_or_else(|| self.damaged(Malformed("a column is missing")))
    }

    fn integers(&self, column: usize, range: Pages) -> Result<Vec<i64>, ReadError> {
        let pages = self.fixed(column)?;
        let places = pages.pages.get(range.clone()).unwrap_or(&[]);
        let mut out = Vec::new();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(out) };
        let end = last.offset.saturating_add(u64::from(last.compressed));
        let bytes = self.bytes(first.offset, end.saturating_sub(first.offset) as usize)?;
        self.with_decoder(|decoder| {
            for (place, page) in places.iter().zip(range) {
                let start = place.offset.saturating_sub(first.offset) as usize;
                let content = bytes.get(start..start.saturating_add(place.compressed as usize));
                let content = content.ok_or(Malformed("a page lies outside its column"))?;
                decoder.integers(content, pages, (*place, self.layout.page_rows(page)), &mut out)?;
            }
            Ok(())
        })?;
        Ok(out)
    }

    pub(crate) fn timestamps(&self, range: Pages) -> Result<Vec<i64>, ReadError> {
        self.integers(TIMESTAMP, range)
    }

    pub(crate) fn line_lengths(&self, range: Pages) -> Result<Vec<u32>, ReadError> {
        Ok(self.integers(LINE_BYTES, range)?.into_iter().map(|length| length as u32).collect())
    }

    /// Own stream numbers.
    pub(crate) fn streams(&self, range: Pages) -> Result<Vec<u32>, ReadError> {
        Ok(self.column(self.fixed(STREAM)?, range)?.codes)
    }

    /// Template numbers, 0 for whole lines.
    pub(crate) fn template_codes(&self, range: Pages) -> Result<Vec<u32>, ReadError> {
        Ok(self.column(self.fixed(TEMPLATE)?, range)?.codes)
    }

    pub(crate) fn whole_lines(&self, range: Pages) -> Result<ColumnData, ReadError> {
        if self.layout.whole_lines == 0 {
            return Ok(ColumnData::default());
        }
        self.column(self.fixed(LINE)?, range)
    }

    pub(crate) fn metadata_texts(&self, range: Pages) -> Result<ColumnData, ReadError> {
        self.column(self.fixed(METADATA)?, range)
    }

    pub(crate) fn values(&self, column: u32, range: Pages) -> Result<ColumnData, ReadError> {
        match self.layout.values.get(column as usize) {
            Some(column) => self.column(&column.pages, range),
            None => Ok(ColumnData::default()),
        }
    }

    pub(crate) fn templates(&self) -> Result<Arc<Vec<TemplateUse>>, ReadError> {
        let known = self.source.templates().get().or_else(|| self.cache(|cache| cache.templates.clone()));
        if let Some(known) = known {
            return Ok(known);
        }
        let place = self.layout.templates;
        let bytes = self.bytes(place.offset, place.bytes as usize)?;
        let templates = Arc::new(decode_templates(&bytes).map_err(|bad| self.damaged(bad))?);
        self.source.templates().keep(&templates);
        self.cache(|cache| cache.templates = Some(Arc::clone(&templates)));
        Ok(templates)
    }

    pub(super) fn filter(&self) -> Result<bytes::Bytes, ReadError> {
        self.bytes(self.layout.filter.offset, self.layout.filter.bytes as usize)
    }

    /// Values with JSON escapes, or none when they need none.
    pub(super) fn escaped(&self, pages: &ColumnPages, data: &ColumnData) -> Option<Arc<Texts>> {
        let key = pages.dictionary.map(|page| page.offset);
        if let Some(known) = key.and_then(|key| self.cache(|cache| cache.escaped.get(&key).cloned())) {
            return known;
        }
        let escaped = escaped(&data.values);
        key.into_iter().for_each(|key| self.cache(|cache| drop(cache.escaped.insert(key, escaped.clone()))));
        escaped
    }

    /// Lines and fields of the chosen rows, or `only` these fields; rows count from the first of
    /// `range`.
    pub(crate) fn lines(
        &self,
        range: Pages,
        chosen: &[u32],
        only: Option<&[String]>,
    ) -> Result<Lines<'a>, ReadError> {
        let templates = self.templates()?;
        let codes = self.template_codes(range.clone())?;
        let mut is_used = vec![false; templates.len() + 1];
        for row in chosen {
            let code = codes.get(*row as usize).copied().unwrap_or(0);
            is_used.get_mut(code as usize).into_iter().for_each(|used| *used = true);
        }
        let mut is_needed = vec![false; self.layout.values.len()];
        let mut need =
            |column: u32| is_needed.get_mut(column as usize).into_iter().for_each(|need| *need = true);
        let places =
            only.iter().flat_map(|names| names.iter()).filter_map(|name| self.layout.fields.get(name));
        let of_templates = only.is_none() || places.clone().any(|place| place.in_templates);
        places.flat_map(|place| &place.columns).for_each(|column| need(*column));
        for (used, _) in templates.iter().zip(is_used.iter().skip(1)).filter(|(_, is_used)| **is_used) {
            match only {
                None => used.columns.iter().for_each(|column| need(*column)),
                Some(names) if of_templates => {
                    let spans =
                        used.spans.iter().filter(|span| names.iter().any(|name| **name == *span.name));
                    let pieces =
                        spans.flat_map(|span| used.template.pieces.get(span.from as usize..span.to as usize));
                    for piece in pieces.flatten() {
                        if let super::line::Piece::Slot(slot, _) = piece {
                            used.columns.get(*slot as usize).into_iter().for_each(|column| need(*column));
                        }
                    }
                }
                Some(_) => {}
            }
        }
        let mut columns: Vec<Option<(ColumnData, Option<Arc<Texts>>)>> = Vec::new();
        for (described, is_needed) in self.layout.values.iter().zip(&is_needed) {
            columns.push(if *is_needed {
                let data = self.column(&described.pages, range.clone())?;
                let escaped = self.escaped(&described.pages, &data);
                Some((data, escaped))
            } else {
                None
            });
        }
        let has_whole = only.is_none() && is_used.first().copied().unwrap_or(false);
        let whole = if has_whole { self.whole_lines(range)? } else { ColumnData::default() };
        Ok(Lines { templates, codes, columns, whole, layout: self.layout })
    }

    /// Metadata of the chosen rows.
    pub(crate) fn metadata(&self, range: Pages, chosen: &[u32]) -> Result<Metadata, ReadError> {
        let texts = self.metadata_texts(range)?;
        let mut all = Metadata::default();
        let mut last: (u32, Vec<(String, String)>) = (NULL, Vec::new());
        for row in chosen {
            let code = texts.codes.get(*row as usize).copied().unwrap_or(NULL);
            if code != last.0 {
                let text = texts.get(*row as usize).unwrap_or("{}");
                let pairs =
                    metadata::decode(text).ok_or_else(|| self.damaged(Malformed("metadata is not JSON")))?;
                last = (code, pairs);
            }
            all.push(last.1.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        Ok(all)
    }
}

fn escaped(values: &Texts) -> Option<Arc<Texts>> {
    if !needs_escape(values.view().data) {
        return None;
    }
    let mut all = Texts::default();
    let mut text = String::new();
    for at in 0..values.len() {
        text.clear();
        escape_into(values.get(at), &mut text);
        all.push(&text);
    }
    Some(Arc::new(all))
}

/// What the lines of some pages are made of.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    templates: Arc<Vec<TemplateUse>>,
    codes: Vec<u32>,
    columns: Vec<Option<(ColumnData, Option<Arc<Texts>>)>>,
    whole: ColumnData,
    layout: &'a Layout,
}

impl Lines<'_> {
    /// Whether the row's line is kept whole: its fields are then known to no column.
    pub(crate) fn is_whole(&self, row: u32) -> bool {
        self.codes.get(row as usize).copied().unwrap_or(0) == 0
    }

    /// Writes the line of a row.
    pub(crate) fn rebuild(&self, row: u32, timestamp_ns: i64, out: &mut String) {
        match self.used(row) {
            Some(used) => self.pieces(used, row, timestamp_ns, (0, usize::MAX), out),
            None => out.push_str(self.whole.get(row as usize).unwrap_or("")),
        }
    }

    fn used(&self, row: u32) -> Option<&TemplateUse> {
        let code = self.codes.get(row as usize).copied().unwrap_or(0);
        code.checked_sub(1).and_then(|code| self.templates.get(code as usize))
    }

    fn pieces(
        &self,
        used: &TemplateUse,
        row: u32,
        timestamp_ns: i64,
        range: (usize, usize),
        out: &mut String,
    ) {
        let stamp = Stamp::new(timestamp_ns);
        let value = |slot: u32, kind: SlotKind| {
            let column =
                used.columns.get(slot as usize).and_then(|column| self.columns.get(*column as usize));
            let Some(Some((data, escaped))) = column else { return "" };
            let Some(code) = data.codes.get(row as usize).copied().filter(|code| *code != NULL) else {
                return "";
            };
            match (kind, escaped) {
                (SlotKind::Escaped, Some(escaped)) => escaped.get(code as usize),
                _ => data.values.get(code as usize),
            }
        };
        rebuild::pieces(&used.template, range, stamp.as_ref(), value, out);
    }

    /// Writes the value of a field of a line with a template; false when the line has none.
    pub(crate) fn field(&self, name: &str, row: u32, timestamp_ns: i64, out: &mut String) -> bool {
        let Some(places) = self.layout.fields.get(name) else { return false };
        for column in &places.columns {
            if let Some(Some((data, _))) = self.columns.get(*column as usize)
                && let Some(value) = data.get(row as usize)
            {
                out.push_str(value);
                return true;
            }
        }
        let Some(used) = self.used(row).filter(|_| places.in_templates) else { return false };
        let Some(span) = used.spans.iter().find(|span| *span.name == *name) else { return false };
        let start = out.len();
        self.pieces(used, row, timestamp_ns, (span.from as usize, span.to as usize), out);
        if out.get(start..).is_some_and(|text| text.contains('\\')) {
            let raw = out.split_off(start);
            // It was undone once before it was stored.
            let _ = super::line::unescape(&raw, out);
        }
        true
    }
}
