//! The fields of rules, one file per group of names.
//!
//! Every name of the field table ends up in one of these files or is missing; a field without
//! data is `None`. Where Falco prints a value that stands for "nothing" (`<NA>` as a user's name)
//! the comment says so.

mod container;
mod descriptor;
mod event;
mod file_path;
mod kubernetes;
mod lineage;
mod process;
mod thread;
mod user;

use ::event::{FieldArgument, FieldId, Value, field_id as id};

use crate::Enriched;

/// The value of a field. The groups are contiguous in the table, in this order.
pub(crate) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    if field < id::PROC_EXE {
        event::extract(e, field, argument)
    } else if field < id::USER_UID {
        process::extract(e, field, argument).or_else(|| thread::extract(e, field, argument))
    } else if field < id::FD_NUM {
        user::extract(e, field)
    } else if field < id::FS_PATH_NAME {
        descriptor::extract(e, field, argument)
    } else if field < id::FDLIST_NUMS {
        file_path::extract(e, field)
    } else if field < id::CONTAINER_ID {
        None
    } else if field < id::K8S_POD_NAME {
        container::extract(e, field, argument)
    } else {
        kubernetes::extract(e, field, argument)
    }
}

/// An owned text.
fn owned<'s>(text: impl Into<Vec<u8>>) -> Value<'s> {
    Value::Text(text.into().into())
}

/// A signed number of an unsigned one; ids are far below the bound.
fn int<'s>(number: impl Into<i64>) -> Value<'s> {
    Value::Int(number.into())
}

#[cfg(test)]
#[path = "../fields_tests.rs"]
mod tests;
