//! Fields: the 268 names that conditions and outputs may use.

use std::{collections::HashMap, sync::LazyLock};

use crate::{FIELDS, ValueType};

/// Index into [`FIELDS`]; constants stand in [`crate::field_id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

impl FieldId {
    /// The field with this exact name (no argument, no dynamic `evt.arg.x` suffix).
    pub fn by_name(name: &str) -> Option<FieldId> {
        static BY_NAME: LazyLock<HashMap<&'static str, FieldId>> =
            LazyLock::new(|| FIELDS.iter().map(|field| (field.name, field.id)).collect());
        BY_NAME.get(name).copied()
    }

    /// The row of the field table, or `None` for an id that is not in it.
    pub fn definition(self) -> Option<&'static Field> {
        FIELDS.get(usize::from(self.0))
    }

    /// The field's name, or `"unknown"`.
    pub fn name(self) -> &'static str {
        self.definition().map_or("unknown", |field| field.name)
    }
}

/// One row of the field table.
#[derive(Debug)]
pub struct Field {
    /// The id; also the row's index.
    pub id: FieldId,
    /// Such as `proc.aname`.
    pub name: &'static str,
    /// Type of its value.
    pub value_type: ValueType,
    /// The value is a list of that type.
    pub is_list: bool,
    /// Whether `name[argument]` may or must be written.
    pub argument: Option<ArgumentRule>,
    /// Such as `process`.
    pub class: &'static str,
}

/// What a field's argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentRule {
    /// The argument may not be left out.
    pub required: bool,
    /// A number is accepted.
    pub index: bool,
    /// A text is accepted.
    pub key: bool,
}
