//! `container.*`: the container of the caller. The id comes from its control group and is always
//! there; the rest is the runtime's answer, asked for only when a rule gets this far.

use container_runtimes::{Container, Mount};
use event::{FieldArgument, FieldId, Value, field_id as id};

use super::owned;
use crate::{Enriched, process::Process, texts::matches_pattern};

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let Some(of) = e.process?.container.as_deref() else {
        return match field {
            id::CONTAINER_ID | id::CONTAINER_NAME | id::CONTAINER_TYPE => Some(Value::text(b"host")),
            _ => None,
        };
    };
    match field {
        id::CONTAINER_ID => return Some(Value::text(of.id.short().as_bytes())),
        id::CONTAINER_FULL_ID => return Some(Value::text(of.id.full().as_bytes())),
        id::CONTAINER_TYPE => return Some(Value::text(of.runtime.name().as_bytes())),
        _ => {}
    }
    let container = e.metadata()?;
    match field {
        id::CONTAINER_START_TS => container.started_ns.map(Value::Uint),
        id::CONTAINER_DURATION => {
            Some(Value::Uint(e.event.timestamp.0.saturating_sub(container.started_ns?)))
        }
        id::PROC_IS_CONTAINER_HEALTHCHECK => Some(Value::Bool(is_healthcheck(e, container))),
        _ => described(container, field, argument),
    }
}

/// What the description of a container alone answers.
pub(crate) fn described<'s>(
    container: &'s Container,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let text = |text: &'s Option<String>| text.as_deref().map(|text| Value::text(text.as_bytes()));
    match field {
        id::CONTAINER_NAME => text(&container.name),
        id::CONTAINER_IMAGE => text(&container.image),
        id::CONTAINER_IMAGE_ID => text(&container.image_id),
        id::CONTAINER_IMAGE_REPOSITORY => text(&container.image_repository),
        id::CONTAINER_IMAGE_TAG => text(&container.image_tag),
        id::CONTAINER_IMAGE_DIGEST => text(&container.image_digest),
        id::CONTAINER_IP => text(&container.ip),
        id::CONTAINER_PRIVILEGED => container.privileged.map(Value::Bool),
        id::CONTAINER_HOST_PID => container.host_pid.map(Value::Bool),
        id::CONTAINER_HOST_NETWORK => container.host_network.map(Value::Bool),
        id::CONTAINER_HOST_IPC => container.host_ipc.map(Value::Bool),
        id::CONTAINER_HEALTHCHECK => container.healthcheck.as_ref().map(|check| owned(check_text(check))),
        id::CONTAINER_LABELS => Some(owned(labels(container))),
        id::CONTAINER_LABEL => match argument {
            FieldArgument::Key(name) => container.label(name).map(|value| Value::text(value.as_bytes())),
            _ => None,
        },
        id::CONTAINER_MOUNTS => {
            let mounts: Vec<String> = container.mounts.iter().map(mount_text).collect();
            Some(owned(mounts.join(",")))
        }
        id::CONTAINER_MOUNT => mount(container, argument, by_source).map(|mount| owned(mount_text(mount))),
        id::CONTAINER_MOUNT_DEST => {
            mount(container, argument, by_source).map(|mount| Value::text(mount.destination.as_bytes()))
        }
        id::CONTAINER_MOUNT_MODE => {
            mount(container, argument, by_source).map(|mount| Value::text(mount.mode.as_bytes()))
        }
        id::CONTAINER_MOUNT_RDWR => {
            mount(container, argument, by_source).map(|mount| Value::text(truth(mount.writable)))
        }
        id::CONTAINER_MOUNT_PROPAGATION => {
            mount(container, argument, by_source).map(|mount| Value::text(mount.propagation.as_bytes()))
        }
        id::CONTAINER_MOUNT_SOURCE => {
            mount(container, argument, by_destination).map(|mount| Value::text(mount.source.as_bytes()))
        }
        _ => None,
    }
}

fn by_source(mount: &Mount) -> &str {
    &mount.source
}

fn by_destination(mount: &Mount) -> &str {
    &mount.destination
}

/// A mount by its number, or by a pattern on one of its paths.
fn mount<'c>(
    container: &'c Container,
    argument: FieldArgument<'_>,
    key: fn(&Mount) -> &str,
) -> Option<&'c Mount> {
    match argument {
        FieldArgument::Index(index) => container.mounts.get(usize::try_from(index).ok()?),
        FieldArgument::Key(pattern) => {
            container.mounts.iter().find(|mount| matches_pattern(pattern.as_bytes(), key(mount).as_bytes()))
        }
        FieldArgument::None => None,
    }
}

/// `source:dest:mode:rdwr:propagation`.
fn mount_text(mount: &Mount) -> String {
    let Mount { source, destination, mode, writable, propagation } = mount;
    format!("{source}:{destination}:{mode}:{writable}:{propagation}")
}

fn truth(is: bool) -> &'static [u8] {
    if is { b"true" } else { b"false" }
}

/// `name:value` with commas between them.
fn labels(container: &Container) -> String {
    let labels: Vec<String> =
        container.labels.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    labels.join(",")
}

/// The command of a health check; `NONE` when it was switched off.
fn check_text(check: &[String]) -> String {
    match check {
        [kind, rest @ ..] if kind == "CMD" || kind == "CMD-SHELL" => rest.join(" "),
        _ => check.join(" "),
    }
}

/// Whether the caller or one of its ancestors in the container is the container's health check:
/// the runtime starts it as a process of its own, beside the container's first one.
fn is_healthcheck(e: &Enriched<'_>, container: &Container) -> bool {
    let Some(check) = container.healthcheck.as_deref() else { return false };
    let command: Vec<&[u8]> = match check {
        [kind, rest @ ..] if kind == "CMD" => rest.iter().map(|word| word.as_bytes()).collect(),
        [kind, line] if kind == "CMD-SHELL" => vec![b"/bin/sh", b"-c", line.as_bytes()],
        _ => return false,
    };
    let own = e.process.and_then(|process| process.container.as_ref());
    let inside =
        e.process.into_iter().chain(e.ancestors()).take_while(|process| process.container.as_ref() == own);
    inside.filter(|process| process.vpid != Some(1)).any(|process| runs(process, &command))
}

fn runs(process: &Process, command: &[&[u8]]) -> bool {
    process
        .image
        .as_deref()
        .is_some_and(|image| [&*image.exe].into_iter().chain(image.arguments()).eq(command.iter().copied()))
}
