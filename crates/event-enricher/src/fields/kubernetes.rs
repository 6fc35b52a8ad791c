//! `k8s.*`: what the labels that the kubelet puts on containers tell of the pod.

use event::{FieldArgument, FieldId, Value, field_id as id};

use crate::Enriched;

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    _argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let wanted = matches!(field, id::K8S_POD_NAME | id::K8S_NS_NAME | id::K8S_POD_ID | id::K8S_POD_UID);
    if !wanted {
        return None;
    }
    let container = e.metadata()?;
    let text = match field {
        id::K8S_POD_NAME => container.pod_name(),
        id::K8S_NS_NAME => container.pod_namespace(),
        _ => container.pod_uid(),
    };
    text.map(|text| Value::text(text.as_bytes()))
}
