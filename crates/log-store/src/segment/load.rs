//! Blocks of an open segment, as a scan wants them: rows are chosen by text tests, time and
//! stream first, and only of the chosen ones lines, metadata and fields are put together.

use std::sync::Arc;

use log_record::ReadError;

use super::{
    group::{Group, Lines, Pages},
    layout::Layout,
    read::{Keys, Needed, Segment},
    select::select,
    source::Source,
};
use crate::{
    limits::BLOCK_ROWS_MAX,
    rows::Texts,
    scan::{Loaded, MetadataHolder, TextHolder},
};

impl Segment {
    /// The rows of a block that pass, with the wanted columns.
    pub(super) fn load_block(
        &self,
        source: &Source,
        layout: &Layout,
        at: usize,
        needed: &Needed<'_>,
    ) -> Result<Option<Loaded>, ReadError> {
        let group = Group { source, layout };
        let Some(block) = self.index()?.blocks.get(at) else { return Ok(None) };
        let wanted = self.streams().iter().filter(|&&stream| needed.filter.wants(stream)).count();
        if wanted == 0 {
            return Ok(None);
        }
        let mut chosen: Vec<u32> = (0..block.rows).collect();
        if needed.grams.selects() {
            let passing = self.passing(group, needed)?;
            chosen.retain(|row| passing.get(at * BLOCK_ROWS_MAX + *row as usize) == Some(&true));
        }
        if chosen.is_empty() {
            return Ok(None);
        }
        let pages = at..at + 1;
        let times = group.timestamps(pages.clone())?;
        let time = |row: u32| times.get(row as usize).copied().unwrap_or(0);
        if block.oldest_ns < needed.range.start_ns || block.newest_ns >= needed.range.end_ns {
            chosen.retain(|row| time(*row) >= needed.range.start_ns && time(*row) < needed.range.end_ns);
        }
        let own = group.streams(pages.clone())?;
        let stream = |row: u32| self.stream(own.get(row as usize).copied().unwrap_or(u32::MAX));
        if wanted < self.streams().len() {
            chosen.retain(|row| needed.filter.wants(stream(*row)));
        }
        if chosen.is_empty() {
            return Ok(None);
        }
        let mut loaded = Loaded {
            streams: chosen.iter().map(|row| stream(*row)).collect(),
            timestamps_ns: chosen.iter().map(|row| time(*row)).collect(),
            lines: None,
            metadata: None,
            json_fields: Vec::new(),
        };
        if needed.columns.metadata {
            loaded.metadata = Some(MetadataHolder::Owned(group.metadata(pages.clone(), &chosen)?));
        }
        if needed.columns.line || !needed.columns.json_fields.is_empty() {
            fill_texts(group, pages, &chosen, needed, &mut loaded)?;
        }
        Ok(Some(loaded))
    }

    /// The rows that pass the tests of the request; told once per segment and scan.
    fn passing(&self, group: Group<'_>, needed: &Needed<'_>) -> Result<Arc<Vec<bool>>, ReadError> {
        if let Some(known) = group.cache(|cache| cache.passing.clone()) {
            return Ok(known);
        }
        let grams = needed.grams;
        let selected = select(group, self.index()?, grams.texts(), grams.tests())?;
        let passing = Arc::new(selected.rows.unwrap_or_else(|| vec![true; group.layout.rows as usize]));
        group.cache(|cache| cache.passing = Some(Arc::clone(&passing)));
        Ok(passing)
    }

    /// Times, own stream numbers and line lengths of a whole block.
    pub(super) fn block_keys(
        source: &Source,
        layout: &Layout,
        at: usize,
        with_bytes: bool,
    ) -> Result<Keys, ReadError> {
        let group = Group { source, layout };
        let pages = at..at + 1;
        let lengths = if with_bytes { group.line_lengths(pages.clone())? } else { Vec::new() };
        Ok((group.timestamps(pages.clone())?, group.streams(pages)?, lengths))
    }
}

fn fill_texts(
    group: Group<'_>,
    pages: Pages,
    chosen: &[u32],
    needed: &Needed<'_>,
    loaded: &mut Loaded,
) -> Result<(), ReadError> {
    let fields = &needed.columns.json_fields;
    let lines = group.lines(pages, chosen, if needed.columns.line { None } else { Some(fields) })?;
    let times = &loaded.timestamps_ns;
    if needed.columns.line {
        loaded.lines =
            Some(TextHolder::Owned(texts(chosen, times, |row, time, out| lines.rebuild(row, time, out))));
    }
    // Of whole lines the columns know nothing.
    if !chosen.iter().any(|row| lines.is_whole(*row)) {
        loaded.json_fields =
            fields.iter().map(|name| (name.clone(), field(&lines, name, chosen, times))).collect();
    }
    Ok(())
}

fn field(lines: &Lines<'_>, name: &str, chosen: &[u32], times: &[i64]) -> TextHolder {
    TextHolder::Owned(texts(chosen, times, |row, time, out| {
        lines.field(name, row, time, out);
    }))
}

fn texts(chosen: &[u32], times: &[i64], mut write: impl FnMut(u32, i64, &mut String)) -> Texts {
    let mut texts = Texts::default();
    for (row, time) in chosen.iter().zip(times) {
        texts.push_with(|out| write(*row, *time, out));
    }
    texts
}
