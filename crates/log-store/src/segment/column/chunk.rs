//! Column chunks: a dictionary page and data pages, compressed, with what Parquet's footer and
//! the segment's index say about them.

use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::metadata::ColumnChunkMetaData,
    schema::types::ColumnDescPtr,
};

use super::{
    builder::{ColumnBuilder, NULL},
    delta,
    page::{
        ColumnPages, PageRef, ValueCoding, put_codes, put_data_header, put_dictionary_header, put_levels,
    },
};
use crate::limits::BLOCK_ROWS_MAX;

/// The Parquet type that a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Physical {
    Text,
    Integer,
}

/// A chunk with all its pages; offsets count from its own start.
#[derive(Debug)]
pub(crate) struct EncodedChunk {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pages: ColumnPages,
    rows: usize,
    raw: usize,
}

/// Compresses pages.
pub(crate) struct ChunkWriter {
    zstd: zstd::bulk::Compressor<'static>,
    level: i32,
}

impl std::fmt::Debug for ChunkWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkWriter").field("level", &self.level).finish_non_exhaustive()
    }
}

/// Chunks whose content is smaller are not compressed: the frames would cost more.
const COMPRESSED_BYTES_MIN: usize = 256;

type Pages = Vec<(usize, Vec<u8>)>;

impl ChunkWriter {
    pub(crate) fn new(level: i32) -> Result<Self, ParquetError> {
        let zstd = zstd::bulk::Compressor::new(level).map_err(external)?;
        Ok(ChunkWriter { zstd, level })
    }

    /// Values with codes, or as they are where most are new.
    pub(crate) fn values(
        &mut self,
        column: &ColumnBuilder,
        physical: Physical,
        is_optional: bool,
        keeps_codes: bool,
    ) -> Result<EncodedChunk, ParquetError> {
        let is_unique = column.is_unique() && !keeps_codes;
        let integers: Vec<i64> = match physical {
            Physical::Integer => {
                (0..column.values.len()).map(|at| column.values.get(at).parse().unwrap_or(0)).collect()
            }
            Physical::Text => Vec::new(),
        };
        let coding = match (physical, is_unique) {
            (Physical::Text, false) => ValueCoding::TextCodes,
            (Physical::Text, true) => ValueCoding::Texts,
            (Physical::Integer, false) => ValueCoding::IntegerCodes,
            (Physical::Integer, true) => ValueCoding::Integers,
        };
        let mut dictionary = None;
        if !is_unique {
            let mut page = Vec::new();
            match physical {
                Physical::Integer => {
                    integers.iter().for_each(|value| page.extend_from_slice(&value.to_le_bytes()))
                }
                Physical::Text => {
                    (0..column.values.len()).for_each(|at| put_plain(&mut page, column.values.get(at)))
                }
            }
            dictionary = Some((column.values.len(), page));
        }
        let mut pages = Pages::new();
        for codes in column.codes.chunks(BLOCK_ROWS_MAX) {
            let mut page = Vec::new();
            if is_optional {
                put_levels(&mut page, codes);
            }
            let present = codes.iter().filter(|code| **code != NULL);
            match coding {
                ValueCoding::Texts => {
                    present.for_each(|code| put_plain(&mut page, column.values.get(*code as usize)));
                }
                ValueCoding::Integers => {
                    let values: Vec<i64> =
                        present.map(|code| integers.get(*code as usize).copied().unwrap_or(0)).collect();
                    delta::encode(&values, &mut page);
                }
                _ => put_codes(&mut page, codes, column.values.len()),
            }
            pages.push((codes.len(), page));
        }
        self.finish(coding, is_optional, dictionary, pages)
    }

    /// Integers, one per row, packed.
    pub(crate) fn integers(
        &mut self,
        values: &[i64],
        coding: ValueCoding,
    ) -> Result<EncodedChunk, ParquetError> {
        let pages = values.chunks(BLOCK_ROWS_MAX).map(|rows| {
            let mut page = Vec::new();
            delta::encode(rows, &mut page);
            (rows.len(), page)
        });
        let pages = pages.collect();
        self.finish(coding, false, None, pages)
    }

    fn finish(
        &mut self,
        coding: ValueCoding,
        is_optional: bool,
        dictionary: Option<(usize, Vec<u8>)>,
        pages: Pages,
    ) -> Result<EncodedChunk, ParquetError> {
        let content: usize = dictionary.iter().chain(&pages).map(|(_, page)| page.len()).sum();
        let is_compressed = content >= COMPRESSED_BYTES_MIN;
        let mut chunk = EncodedChunk {
            bytes: Vec::new(),
            pages: ColumnPages { coding, is_optional, is_compressed, dictionary: None, pages: Vec::new() },
            rows: pages.iter().map(|(rows, _)| rows).sum(),
            raw: 0,
        };
        if let Some((values, page)) = dictionary {
            let place = self.put(&mut chunk, &page, |out, raw, compressed| {
                put_dictionary_header(out, values, raw, compressed);
            })?;
            chunk.pages.dictionary = Some(place);
        }
        for (rows, page) in pages {
            let place = self.put(&mut chunk, &page, |out, raw, compressed| {
                put_data_header(out, coding, rows, raw, compressed);
            })?;
            chunk.pages.pages.push(place);
        }
        Ok(chunk)
    }

    fn put(
        &mut self,
        chunk: &mut EncodedChunk,
        page: &[u8],
        header: impl FnOnce(&mut Vec<u8>, usize, usize),
    ) -> Result<PageRef, ParquetError> {
        let compressed;
        let content = if chunk.pages.is_compressed {
            compressed = self.zstd.compress(page).map_err(external)?;
            &compressed
        } else {
            page
        };
        let start = chunk.bytes.len();
        header(&mut chunk.bytes, page.len(), content.len());
        chunk.raw += chunk.bytes.len() - start + page.len();
        let offset = chunk.bytes.len() as u64;
        chunk.bytes.extend_from_slice(content);
        Ok(PageRef { offset, compressed: content.len() as u32, raw: page.len() as u32 })
    }
}

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn put_plain(page: &mut Vec<u8>, text: &str) {
    page.extend_from_slice(&(text.len() as u32).to_le_bytes());
    page.extend_from_slice(text.as_bytes());
}

impl EncodedChunk {
    /// What the footer says, as if the chunk stood at the front of a file.
    pub(crate) fn metadata(&self, column: ColumnDescPtr) -> Result<ColumnChunkMetaData, ParquetError> {
        let encodings = match self.pages.coding {
            ValueCoding::TextCodes | ValueCoding::IntegerCodes => {
                vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY]
            }
            ValueCoding::Texts => vec![Encoding::PLAIN, Encoding::RLE],
            ValueCoding::Integers | ValueCoding::ShortIntegers => {
                vec![Encoding::DELTA_BINARY_PACKED, Encoding::RLE]
            }
        };
        let compression = if self.pages.is_compressed {
            Compression::ZSTD(ZstdLevel::default())
        } else {
            Compression::UNCOMPRESSED
        };
        let dictionary = self.pages.dictionary.map(|_| 0);
        // Where the first data page's header begins: behind the dictionary, or at the front.
        let first = self.pages.dictionary.map_or(0, |page| page.offset + u64::from(page.compressed));
        ColumnChunkMetaData::builder(column)
            .set_encodings(encodings)
            .set_compression(compression)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(self.bytes.len() as i64)
            .set_total_uncompressed_size(self.raw as i64)
            .set_data_page_offset(first as i64)
            .set_dictionary_page_offset(dictionary)
            .build()
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The pages where they end up when the chunk begins at `offset`.
    pub(crate) fn placed(mut self, offset: u64) -> ColumnPages {
        for page in self.pages.dictionary.iter_mut().chain(&mut self.pages.pages) {
            page.offset += offset;
        }
        self.pages
    }
}
