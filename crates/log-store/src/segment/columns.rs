//! Shredded fields of the rows of one row group, by column, while it is built.

use std::{collections::HashSet, sync::Arc};

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use parquet::errors::ParquetError;
use xxhash_rust::xxh3::xxh3_64;

use super::flatten::{Flattener, Unclean};
use crate::limits::{FIELD_MEAN_BYTES_MAX, FIELDS_MAX, UNIQUE_FIELD_MEAN_BYTES_MAX};

/// Values after which a field is judged.
const SAMPLE: usize = 256;

/// Shreds line after line.
#[derive(Debug, Default)]
pub(crate) struct Shredder {
    flattener: Flattener,
    /// By field number.
    fields: Vec<FieldColumn>,
    kept: usize,
    rows: usize,
    /// Once the file has a schema, a new field stays in the line.
    is_closed: bool,
}

#[derive(Debug, Default)]
struct FieldColumn {
    state: FieldState,
    offsets: Vec<i32>,
    data: String,
    present: Vec<bool>,
    values: usize,
    /// Values in the whole segment.
    total: u64,
    /// Hashes of the first values, to see whether they repeat.
    sample: HashSet<u64>,
    is_declared: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum FieldState {
    #[default]
    Kept,
    /// Too long or too many: the line has it.
    InLine,
}

/// A field as a column.
#[derive(Debug)]
pub(crate) struct ShreddedColumn {
    pub(crate) name: String,
    /// Mostly distinct values, for which a dictionary would be a second copy.
    pub(crate) is_unique: bool,
}

impl Shredder {
    /// Fields that must have a column (those of the segments that are compacted).
    pub(crate) fn declare(&mut self, names: &[String]) {
        names.iter().for_each(|name| self.flattener.declare(name));
        let declared = || FieldColumn { is_declared: true, ..FieldColumn::default() };
        self.fields.resize_with(names.len(), declared);
        self.kept = names.len();
    }

    /// Takes the fields of the next row. False when the line is unclean.
    pub(crate) fn push(&mut self, line: &str) -> bool {
        let row = self.rows;
        self.rows += 1;
        let (fields, kept, is_closed) = (&mut self.fields, &mut self.kept, self.is_closed);
        let flattened = self.flattener.flatten(line, &mut |number, value| {
            let number = number as usize;
            while fields.len() <= number {
                let is_kept = *kept < FIELDS_MAX && !is_closed;
                *kept += usize::from(is_kept);
                let state = if is_kept { FieldState::Kept } else { FieldState::InLine };
                fields.push(FieldColumn { state, ..FieldColumn::default() });
            }
            fields.get_mut(number).map_or(Err(Unclean), |field| field.push(row, value, is_closed))
        });
        flattened.is_ok()
    }

    /// Fixes the columns: from now on a field is in one of them or in the line.
    pub(crate) fn close(&mut self) -> Vec<ShreddedColumn> {
        self.is_closed = true;
        let names = self.flattener.names();
        self.fields.resize_with(self.fields.len().max(names.len()), FieldColumn::default);
        let mut columns = Vec::new();
        for (field, name) in self.fields.iter_mut().zip(names) {
            if !field.is_declared {
                field.judge();
            }
            let is_used = field.total > 0 || field.is_declared;
            if field.state == FieldState::Kept && is_used && columns.len() < FIELDS_MAX {
                let sampled = field.values.min(SAMPLE);
                let is_unique = sampled > 16 && field.sample.len() * 10 > sampled * 6;
                columns.push(ShreddedColumn { name: name.clone(), is_unique });
            } else {
                field.state = FieldState::InLine;
            }
        }
        columns
    }

    /// Names of all fields that occur, and whether each has a column, in the order of the columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, bool)> {
        let names = self.flattener.names().iter().map(String::as_str).zip(&self.fields);
        names.filter_map(|(name, field)| {
            let is_kept = field.state == FieldState::Kept;
            (is_kept || field.total > 0).then_some((name, is_kept))
        })
    }

    /// The columns of the rows so far, in the order that `close` gave; starts the next row group.
    pub(crate) fn take(
        &mut self,
        mut each: impl FnMut(ArrayRef) -> Result<(), ParquetError>,
    ) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        for field in &mut self.fields {
            if field.state == FieldState::Kept {
                each(field.take(rows)?)?;
            }
        }
        Ok(())
    }
}

impl FieldColumn {
    fn push(&mut self, row: usize, value: &str, is_closed: bool) -> Result<(), Unclean> {
        self.total += 1;
        if self.state == FieldState::InLine {
            // A key twice is not seen here: its value is not offered either.
            return Ok(());
        }
        if self.present.len() > row {
            return Err(Unclean);
        }
        self.fill(row);
        if self.values < SAMPLE {
            self.sample.insert(xxh3_64(value.as_bytes()));
        }
        self.values += 1;
        self.data.push_str(value);
        self.offsets.push(i32::try_from(self.data.len()).unwrap_or(i32::MAX));
        self.present.push(true);
        if self.values == SAMPLE && !is_closed && !self.is_declared {
            self.judge();
        }
        Ok(())
    }

    /// Absent up to this row.
    fn fill(&mut self, row: usize) {
        let end = self.offsets.last().copied().unwrap_or(0);
        self.offsets.resize(row, end);
        self.present.resize(row, false);
    }

    fn judge(&mut self) {
        let sampled = self.values.min(SAMPLE);
        let is_new_each_time = sampled > 64 && self.sample.len() * 100 > sampled * 97;
        let mean_bytes_max =
            if is_new_each_time { UNIQUE_FIELD_MEAN_BYTES_MAX } else { FIELD_MEAN_BYTES_MAX };
        if self.data.len() > self.values * mean_bytes_max {
            *self = FieldColumn { state: FieldState::InLine, total: self.total, ..FieldColumn::default() };
        }
    }

    fn take(&mut self, rows: usize) -> Result<ArrayRef, ParquetError> {
        self.fill(rows);
        let ends = std::mem::take(&mut self.offsets);
        let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
        let data = Buffer::from_vec(std::mem::take(&mut self.data).into_bytes());
        let nulls = NullBuffer::new(BooleanBuffer::from(std::mem::take(&mut self.present)));
        self.values = 0;
        self.sample = HashSet::new();
        let array = StringArray::try_new(OffsetBuffer::new(offsets), data, Some(nulls))?;
        Ok(Arc::new(array))
    }
}
