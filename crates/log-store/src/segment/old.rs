//! Blocks of segments of version 1, which have whole lines in a column and no layout in their
//! index. Nothing writes them any more.

use arrow_array::{
    RecordBatch,
    cast::AsArray,
    types::{TimestampNanosecondType, UInt32Type},
};
use log_record::{Columns, ReadError};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
            RowSelector,
        },
    },
    errors::ParquetError,
    file::metadata::PageIndexPolicy,
};

use super::{
    grams::NeedleGrams,
    index::{BlockEntry, SegmentIndex},
    read::{Keys, Needed, Segment},
    source::{Source, read_error},
};
use crate::{
    rows::Texts,
    scan::{Loaded, MetadataHolder, TextHolder},
};

/// Places of the columns.
const TIMESTAMP: usize = 0;
const STREAM_ID: usize = 1;
const LINE_BYTES: usize = 2;
const LINE: usize = 5;
const METADATA: usize = 6;

impl Segment {
    /// The rows of a block that pass, with the wanted columns.
    pub(super) fn load_old(
        &self,
        source: &Source,
        at: usize,
        needed: &Needed<'_>,
    ) -> Result<Option<Loaded>, ReadError> {
        let index = self.index()?;
        let Some(block) = index.blocks.get(at) else { return Ok(None) };
        let wanted = block.streams.iter().filter(|&&own| needed.filter.wants(self.stream(own))).count();
        if wanted == 0 || !self.may_hold(source, index, block, needed.grams)? {
            return Ok(None);
        }
        let is_inside = block.oldest_ns >= needed.range.start_ns && block.newest_ns < needed.range.end_ns;
        let selection = if is_inside && wanted == block.streams.len() {
            vec![RowSelector::select(block.rows as usize)]
        } else {
            let (times, streams, _) = self.keys_old(source, block, false)?;
            let passes = times.iter().zip(&streams).map(|(&time, &own)| {
                time >= needed.range.start_ns
                    && time < needed.range.end_ns
                    && needed.filter.wants(self.stream(own))
            });
            runs(passes)
        };
        if selection.iter().all(|run| run.skip) {
            return Ok(None);
        }
        let fields = self.fields(index, block, needed);
        let mut roots = vec![TIMESTAMP, STREAM_ID];
        roots.extend(needed.columns.line.then_some(LINE));
        roots.extend(needed.columns.metadata.then_some(METADATA));
        roots.extend(fields.iter().filter_map(|(_, column)| column.map(|column| column as usize)));
        roots.sort_unstable();
        roots.dedup();
        let batch = self.read(source, block, &roots, selection)?;
        self.loaded(&batch, &roots, fields, needed.columns).map(Some)
    }

    fn may_hold(
        &self,
        source: &Source,
        index: &SegmentIndex,
        block: &BlockEntry,
        grams: &NeedleGrams,
    ) -> Result<bool, ReadError> {
        if grams.is_empty() {
            return Ok(true);
        }
        let filters = source.filters(index.filters_offset)?;
        let start = block.filter_offset as usize;
        let filter = filters.get(start..start.saturating_add(block.filter_bytes as usize));
        Ok(filter.is_none_or(|filter| grams.may_occur(filter)))
    }

    /// The asked fields that the block's columns can answer for every wanted row: with their
    /// column, or with none when no row has the field.
    fn fields(
        &self,
        index: &SegmentIndex,
        block: &BlockEntry,
        needed: &Needed<'_>,
    ) -> Vec<(String, Option<u32>)> {
        if block.unclean.iter().any(|&own| needed.filter.wants(self.stream(own))) {
            return Vec::new();
        }
        let known = |name: &String| match index.fields.get(name) {
            Some(Some(column)) => Some((name.clone(), Some(*column))),
            Some(None) => None,
            None => index.knows_all_fields.then(|| (name.clone(), None)),
        };
        needed.columns.json_fields.iter().filter_map(known).collect()
    }

    /// Times, streams and, if asked for, line lengths of a whole block.
    pub(super) fn keys_old(
        &self,
        source: &Source,
        block: &BlockEntry,
        with_bytes: bool,
    ) -> Result<Keys, ReadError> {
        let roots =
            if with_bytes { vec![TIMESTAMP, STREAM_ID, LINE_BYTES] } else { vec![TIMESTAMP, STREAM_ID] };
        let batch = self.read(source, block, &roots, vec![RowSelector::select(block.rows as usize)])?;
        let numbers = |place| self.column(&batch, place, |array| array.as_primitive_opt::<UInt32Type>());
        let lengths = if with_bytes { numbers(2)?.values().to_vec() } else { Vec::new() };
        Ok((self.times(&batch)?, numbers(1)?.values().to_vec(), lengths))
    }

    fn times(&self, batch: &RecordBatch) -> Result<Vec<i64>, ReadError> {
        let times = self.column(batch, 0, |array| array.as_primitive_opt::<TimestampNanosecondType>())?;
        Ok(times.values().to_vec())
    }

    fn column<'b, A>(
        &self,
        batch: &'b RecordBatch,
        place: usize,
        cast: impl FnOnce(&'b dyn arrow_array::Array) -> Option<&'b A>,
    ) -> Result<&'b A, ReadError> {
        let column = batch.columns().get(place).and_then(|column| cast(column.as_ref()));
        column.ok_or_else(|| self.damaged("a column has not the type that the format gives it"))
    }

    fn loaded(
        &self,
        batch: &RecordBatch,
        roots: &[usize],
        fields: Vec<(String, Option<u32>)>,
        columns: &Columns,
    ) -> Result<Loaded, ReadError> {
        let place = |root: usize| roots.binary_search(&root).unwrap_or(usize::MAX);
        let text = |root: usize| {
            let texts = self.column(batch, place(root), |array| array.as_string_opt::<i32>())?;
            Ok(TextHolder::Arrow(texts.clone()))
        };
        let own = self.column(batch, 1, |array| array.as_primitive_opt::<UInt32Type>())?;
        let metadata = if columns.metadata {
            let map = self.column(batch, place(METADATA), |array| array.as_map_opt())?;
            Some(MetadataHolder::Arrow(map.clone()))
        } else {
            None
        };
        let json_fields = fields.into_iter().map(|(name, column)| {
            let texts = match column {
                Some(column) => text(column as usize)?,
                None => TextHolder::Owned(Texts::empty(batch.num_rows())),
            };
            Ok((name, texts))
        });
        Ok(Loaded {
            streams: own.values().iter().map(|&own| self.stream(own)).collect(),
            timestamps_ns: self.times(batch)?,
            lines: if columns.line { Some(text(LINE)?) } else { None },
            metadata,
            json_fields: json_fields.collect::<Result<_, ReadError>>()?,
        })
    }

    /// Decodes rows of one block; `roots` ascending.
    fn read(
        &self,
        source: &Source,
        block: &BlockEntry,
        roots: &[usize],
        within: Vec<RowSelector>,
    ) -> Result<RecordBatch, ReadError> {
        let failed = |error| read_error(source.path(), error);
        let footer = self.footer(source)?.clone();
        let mask = ProjectionMask::roots(footer.parquet_schema(), roots.iter().copied());
        let before = RowSelector::skip(block.first_row as usize);
        let selection: RowSelection = std::iter::once(before).chain(within).collect::<Vec<_>>().into();
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), footer)
            .with_row_groups(vec![block.row_group as usize])
            .with_projection(mask)
            .with_row_selection(selection)
            .with_batch_size(block.rows as usize)
            .build()
            .map_err(failed)?;
        match reader.next() {
            Some(Ok(batch)) => Ok(batch),
            Some(Err(error)) => Err(failed(ParquetError::ArrowError(error.to_string()))),
            None => Err(self.damaged("a block has no rows")),
        }
    }

    fn footer(&self, source: &Source) -> Result<&ArrowReaderMetadata, ReadError> {
        if let Some(footer) = self.footer.get() {
            return Ok(footer);
        }
        self.footer_bytes(source)?;
        let failed = |error| read_error(source.path(), error);
        let options = ArrowReaderOptions::new()
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Required);
        let footer = ArrowReaderMetadata::load(source, options).map_err(failed)?;
        Ok(self.footer.get_or_init(|| footer))
    }
}

/// Runs of rows that pass and do not.
fn runs(passes: impl Iterator<Item = bool>) -> Vec<RowSelector> {
    let mut runs: Vec<RowSelector> = Vec::new();
    for pass in passes {
        match runs.last_mut() {
            Some(run) if run.skip != pass => run.row_count += 1,
            _ => runs.push(if pass { RowSelector::select(1) } else { RowSelector::skip(1) }),
        }
    }
    runs
}
