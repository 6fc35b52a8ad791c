//! Which file answers a field. The groups are contiguous in the table, in this order.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{container, descriptor, event as event_fields, file_path, polled, process, user};
use crate::replay::Replayed;

/// The value of a field.
pub(crate) fn extract<'s>(
    e: &'s Replayed<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    if field < id::PROC_EXE {
        event_fields::extract(e, field, argument)
    } else if field < id::USER_UID {
        process::extract(e, field, argument)
    } else if field < id::FD_NUM {
        user::extract(e, field)
    } else if field < id::FS_PATH_NAME {
        descriptor::extract(e, field, argument)
    } else if field < id::FDLIST_NUMS {
        file_path::extract(e, field)
    } else if field < id::CONTAINER_ID {
        polled::extract(e, field)
    } else {
        container::extract(e, field, argument)
    }
}
