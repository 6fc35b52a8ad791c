//! Parquet schema of a segment. Other engines read these columns, so their names and types are
//! part of the format.

use std::{collections::HashSet, sync::Arc};

use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::{Type, TypePtr},
};

use super::line::{Place, ValueKind};

/// A value column of the file.
#[derive(Debug, Clone)]
pub(super) struct NamedColumn {
    name: String,
    is_integer: bool,
}

/// Names of the value columns `used`: `json_<field>` for fields, `array_…` and `part_…` for what
/// is no field. A field that comes in several kinds has a column of each, the later ones with
/// the kind behind the name.
pub(super) fn parquet_name(places: &[Place], used: &[usize]) -> Vec<NamedColumn> {
    let mut taken = HashSet::new();
    let used = used.iter().filter_map(|at| places.get(*at));
    used.map(|place| {
        let (prefix, kind) = match place.kind {
            ValueKind::Text => ("json", "text"),
            ValueKind::Integer => ("json", "integer"),
            ValueKind::Plain => ("json", "plain"),
            ValueKind::Array => ("array", "array"),
            ValueKind::Part => ("part", "part"),
        };
        let mut name = format!("{prefix}_{}", place.name);
        // A field may be called like the name that another one has been given.
        while !taken.insert(name.to_lowercase()) {
            name = format!("{name}.{kind}");
        }
        NamedColumn { name, is_integer: place.kind == ValueKind::Integer }
    })
    .collect()
}

fn primitive(
    name: &str,
    physical: PhysicalType,
    logical: Option<LogicalType>,
    is_optional: bool,
) -> Result<TypePtr, ParquetError> {
    let repetition = if is_optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let built =
        Type::primitive_type_builder(name, physical).with_repetition(repetition).with_logical_type(logical);
    Ok(Arc::new(built.build()?))
}

pub(super) fn schema(values: &[NamedColumn]) -> Result<TypePtr, ParquetError> {
    let text = || Some(LogicalType::String);
    let time = LogicalType::timestamp(true, TimeUnit::NANOS);
    let mut fields = vec![
        primitive("timestamp", PhysicalType::INT64, Some(time), false)?,
        primitive("line_bytes", PhysicalType::INT32, None, false)?,
        primitive("tenant", PhysicalType::BYTE_ARRAY, text(), false)?,
        primitive("stream", PhysicalType::BYTE_ARRAY, text(), false)?,
        primitive("template", PhysicalType::INT64, None, false)?,
        primitive("line", PhysicalType::BYTE_ARRAY, text(), true)?,
        primitive("metadata", PhysicalType::BYTE_ARRAY, text(), false)?,
    ];
    for column in values {
        fields.push(if column.is_integer {
            primitive(&column.name, PhysicalType::INT64, None, true)?
        } else {
            primitive(&column.name, PhysicalType::BYTE_ARRAY, text(), true)?
        });
    }
    Ok(Arc::new(Type::group_type_builder("segment").with_fields(fields).build()?))
}

pub(super) fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by("quaywatch".to_owned())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .build()
}
