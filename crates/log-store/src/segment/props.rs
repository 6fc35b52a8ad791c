//! Parquet schema and writer properties of a segment. Other engines read these columns, so their
//! names and types are part of the format.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};

use super::columns::ShreddedColumn;
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_ROWS_MAX};

/// Places of the fixed columns; the shredded fields follow.
pub(crate) const TIMESTAMP: usize = 0;
pub(crate) const STREAM_ID: usize = 1;
pub(crate) const LINE_BYTES: usize = 2;
pub(crate) const LINE: usize = 5;
pub(crate) const METADATA: usize = 6;
pub(crate) const FIXED_COLUMNS: usize = 7;

/// Before the name of a shredded field.
pub(crate) const FIELD_PREFIX: &str = "json_";

/// Rows between two looks at the size of a page.
const WRITE_BATCH_ROWS: usize = 256;

/// The fields inside the metadata column.
pub(crate) fn pair_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, false)])
}

pub(crate) fn dictionary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))
}

pub(crate) fn schema(shredded: &[ShreddedColumn]) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let entries = Field::new("key_value", DataType::Struct(pair_fields()), false);
    let mut fields = vec![
        Field::new("timestamp", time, false),
        Field::new("stream_id", DataType::UInt32, false),
        Field::new("line_bytes", DataType::UInt32, false),
        Field::new("tenant", dictionary_type(), false),
        Field::new("stream", dictionary_type(), false),
        Field::new("line", DataType::Utf8, false),
        Field::new("metadata", DataType::Map(Arc::new(entries), false), false),
    ];
    let column =
        |column: &ShreddedColumn| Field::new(format!("{FIELD_PREFIX}{}", column.name), DataType::Utf8, true);
    fields.extend(shredded.iter().map(column));
    Arc::new(Schema::new(fields))
}

/// Pages end with blocks, so that a block is read without its neighbours.
pub(crate) fn properties(shredded: &[ShreddedColumn], level: ZstdLevel) -> WriterProperties {
    let path = |name: &str| ColumnPath::new(vec![name.to_owned()]);
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by("quaywatch".to_owned())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled(path("timestamp"), EnabledStatistics::Chunk)
        .set_data_page_row_count_limit(BLOCK_ROWS_MAX)
        .set_data_page_size_limit(BLOCK_BYTES_MAX)
        .set_write_batch_size(WRITE_BATCH_ROWS)
        .set_max_row_group_row_count(None)
        .set_column_dictionary_enabled(path("timestamp"), false)
        .set_column_encoding(path("timestamp"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(path("line_bytes"), false)
        .set_column_encoding(path("line_bytes"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(path("line"), false);
    for column in shredded.iter().filter(|column| column.is_unique) {
        let path = path(&format!("{FIELD_PREFIX}{}", column.name));
        builder = builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BYTE_ARRAY);
    }
    builder.build()
}
