//! `container.*` and `k8s.*`: a capture tells the container's id, and has events that describe
//! containers. The host is described by empty texts, as in Falco's container plugin.

use event::{FieldArgument, FieldId, Value, field_id as id};

use crate::{
    fields::container::described,
    replay::{Replayed, containers::Described},
};

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    if let Some(about) = e.described() {
        return of_container(about, field, argument);
    }
    let thread = e.thread?;
    // Falco takes the first process's start for the container's, on the host too.
    let started_ns = Some(thread.pidns_start_ns).filter(|ns| *ns != 0);
    match field {
        id::CONTAINER_START_TS => return started_ns.map(Value::Uint),
        id::CONTAINER_DURATION => {
            return started_ns.map(|ns| Value::Uint(e.event.timestamp.0.saturating_sub(ns)));
        }
        _ => {}
    }
    let Some(of) = thread.container.as_deref() else { return of_host(field) };
    match e.replayer.containers.get(of.id.short()) {
        Some(about) => of_container(about, field, argument),
        None => (field == id::CONTAINER_ID).then(|| Value::text(of.id.short().as_bytes())),
    }
}

fn of_host(field: FieldId) -> Option<Value<'static>> {
    match field {
        id::CONTAINER_ID | id::CONTAINER_FULL_ID | id::CONTAINER_NAME | id::CONTAINER_TYPE => {
            Some(Value::text(b"host"))
        }
        id::CONTAINER_PRIVILEGED
        | id::CONTAINER_HOST_PID
        | id::CONTAINER_HOST_NETWORK
        | id::CONTAINER_HOST_IPC => Some(Value::Bool(false)),
        id::CONTAINER_IMAGE
        | id::CONTAINER_IMAGE_ID
        | id::CONTAINER_IMAGE_REPOSITORY
        | id::CONTAINER_IMAGE_TAG
        | id::CONTAINER_IMAGE_DIGEST
        | id::CONTAINER_IP
        | id::CONTAINER_LABELS
        | id::CONTAINER_MOUNTS
        | id::CONTAINER_CNI_JSON
        | id::K8S_POD_CNI_JSON
        | id::K8S_POD_IP
        | id::K8S_POD_LABELS
        | id::K8S_POD_SANDBOX_ID
        | id::K8S_POD_FULL_SANDBOX_ID => Some(Value::text(b"")),
        _ => None,
    }
}

fn of_container<'s>(about: &'s Described, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    let label = |name: &str| about.container.label(name).map(|value| Value::text(value.as_bytes()));
    match field {
        id::CONTAINER_ID => Some(Value::text(about.short_id.as_bytes())),
        id::CONTAINER_FULL_ID => Some(Value::text(about.full_id.as_bytes())),
        id::CONTAINER_TYPE => Some(Value::text(about.kind.as_bytes())),
        id::K8S_POD_NAME => label("io.kubernetes.pod.name"),
        id::K8S_POD_ID | id::K8S_POD_UID => label("io.kubernetes.pod.uid"),
        id::K8S_NS_NAME => label("io.kubernetes.pod.namespace"),
        _ => described(&about.container, field, argument).or_else(|| of_host(field)),
    }
}
