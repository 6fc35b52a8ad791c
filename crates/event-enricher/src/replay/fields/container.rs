//! `container.*` and `k8s.*`: a capture tells the container's id and nothing more.

use event::{FieldId, Value, field_id as id};

use crate::replay::Replayed;

pub(super) fn extract<'s>(e: &'s Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let thread = e.thread?;
    match (field, thread.container.as_deref()) {
        (id::CONTAINER_ID, Some(of)) => Some(Value::text(of.id.short().as_bytes())),
        (id::CONTAINER_FULL_ID, Some(of)) => Some(Value::text(of.id.full().as_bytes())),
        (id::CONTAINER_ID | id::CONTAINER_NAME | id::CONTAINER_TYPE, None) => Some(Value::text(b"host")),
        _ => None,
    }
}
