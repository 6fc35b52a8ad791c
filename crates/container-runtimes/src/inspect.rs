//! From the runtime's answers to [`Container`].

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, ImageInspect, MountPoint};
use jiff::Timestamp;

use crate::{
    Container, ContainerId, Mount, Runtime, State,
    image::{Reference, is_image_id},
    limits::{LABEL_BYTES_MAX, LABELS_MAX, MOUNTS_MAX, NETWORKS_MAX, PORTS_MAX},
};

/// What of an image is needed, and remembered per image.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageFacts {
    pub(crate) first_tag: Option<String>,
    pub(crate) repo_digests: Vec<String>,
}

impl From<ImageInspect> for ImageFacts {
    fn from(image: ImageInspect) -> Self {
        ImageFacts {
            first_tag: image.repo_tags.unwrap_or_default().into_iter().next(),
            repo_digests: image.repo_digests.unwrap_or_default(),
        }
    }
}

/// A container from the attributes of its `create` event: name, image and labels are there, and
/// for a container that is gone at once nothing else will ever be.
pub(crate) fn from_event(
    id: ContainerId,
    runtime: Runtime,
    attributes: HashMap<String, String>,
) -> Container {
    let mut container = Container::bare(id, runtime);
    let mut labels = HashMap::new();
    for (key, value) in attributes {
        match key.as_str() {
            "name" => container.name = Some(value.trim_start_matches('/').to_owned()),
            "image" => set_image(&mut container, &value, None),
            // What the daemon adds to events; everything else is a label.
            "exitCode" | "execDuration" | "execID" | "signal" | "oldName" | "containerExitCode" | "podId" => {
            }
            _ => {
                labels.insert(key, value);
            }
        }
    }
    set_labels(&mut container, labels);
    container
}

/// A container from its inspection.
pub(crate) fn from_inspection(
    id: ContainerId,
    runtime: Runtime,
    found: ContainerInspectResponse,
    image: Option<&ImageFacts>,
) -> Container {
    let mut container = Container::bare(id, runtime);
    container.complete = true;
    container.name = found.name.map(|name| name.trim_start_matches('/').to_owned());
    container.image_id = found.image.map(|image| strip_sha256(&image).to_owned());
    container.created_ns = found.created.as_deref().and_then(time_ns);
    if let Some(config) = found.config {
        set_image(&mut container, config.image.as_deref().unwrap_or_default(), image);
        set_labels(&mut container, config.labels.unwrap_or_default());
        set_ports(&mut container, config.exposed_ports.unwrap_or_default().into_iter());
        container.healthcheck =
            config.healthcheck.and_then(|check| check.test).filter(|test| !test.is_empty());
    }
    if let Some(state) = found.state {
        container.started_ns = state.started_at.as_deref().and_then(time_ns);
        container.state = match state.status {
            Some(ContainerStateStatusEnum::EXITED | ContainerStateStatusEnum::DEAD) => State::Exited,
            Some(ContainerStateStatusEnum::CREATED) | None => State::Created,
            Some(_) => State::Running,
        };
    }
    if let Some(host) = found.host_config {
        container.privileged = Some(host.privileged.unwrap_or(false));
        container.host_pid = Some(host.pid_mode.as_deref() == Some("host"));
        container.host_network = Some(host.network_mode.as_deref() == Some("host"));
        container.host_ipc = Some(host.ipc_mode.as_deref() == Some("host"));
    }
    container.mounts = found.mounts.unwrap_or_default().into_iter().take(MOUNTS_MAX).map(mount).collect();
    if let Some(settings) = found.network_settings {
        let addresses = settings.networks.unwrap_or_default().into_iter().filter_map(|(name, network)| {
            let address = network.ip_address.filter(|ip| !ip.is_empty());
            let address = address.or(network.global_ipv6_address.filter(|ip| !ip.is_empty()))?;
            Some((name, address))
        });
        container.networks = addresses.take(NETWORKS_MAX).collect();
        set_ports(&mut container, settings.ports.unwrap_or_default().into_keys());
    }
    // By name, so that the answer is the same each time.
    container.ip = container.networks.values().next().cloned();
    container
}

/// `80/tcp` and the like; UDP is not for a proxy of HTTP.
fn set_ports(container: &mut Container, declared: impl Iterator<Item = String>) {
    let tcp = declared.filter_map(|port| port.strip_suffix("/tcp")?.parse::<u16>().ok());
    container.ports.extend(tcp.take(PORTS_MAX));
    container.ports.sort_unstable();
    container.ports.dedup();
}

/// `image` as given; when it is an id, the name under which the image is known.
pub(crate) fn set_image(container: &mut Container, given: &str, facts: Option<&ImageFacts>) {
    if given.is_empty() {
        return;
    }
    container.image = Some(given.to_owned());
    let image_id = container.image_id.as_deref().unwrap_or_default();
    let by_id = is_image_id(given, image_id);
    let name = if by_id { facts.and_then(|facts| facts.first_tag.as_deref()) } else { Some(given) };
    let Some(name) = name else { return };
    let reference = Reference::parse(name);
    let digest = reference.digest.clone().or_else(|| {
        // `name@sha256:…`; an image may be known under several names.
        let digests = &facts?.repo_digests;
        let of_this_name = digests.iter().find(|digest| {
            digest.split_once('@').is_some_and(|(name, _)| {
                let repository = reference.repository.as_deref().unwrap_or_default();
                name == repository || name.strip_suffix(repository).is_some_and(|host| host.ends_with('/'))
            })
        });
        let digest = of_this_name.or(digests.first())?;
        digest.split_once('@').map(|(_, digest)| digest.to_owned())
    });
    if by_id {
        container.image = Some(name.to_owned());
    }
    container.image_tag = reference.tag.or_else(|| reference.digest.is_none().then(|| "latest".to_owned()));
    container.image_repository = reference.repository;
    container.image_digest = digest;
}

pub(crate) fn set_labels(container: &mut Container, labels: HashMap<String, String>) {
    container.labels = labels
        .into_iter()
        .filter(|(key, value)| key.len() + value.len() <= LABEL_BYTES_MAX)
        .take(LABELS_MAX)
        .collect();
    container.compose_project = container.label("com.docker.compose.project").map(str::to_owned);
    container.compose_service = container.label("com.docker.compose.service").map(str::to_owned);
}

fn mount(found: MountPoint) -> Mount {
    Mount {
        source: found.source.unwrap_or_default(),
        destination: found.destination.unwrap_or_default(),
        mode: found.mode.unwrap_or_default(),
        writable: found.rw.unwrap_or(false),
        propagation: found.propagation.map(|propagation| propagation.to_string()).unwrap_or_default(),
    }
}

fn strip_sha256(text: &str) -> &str {
    text.strip_prefix("sha256:").unwrap_or(text)
}

/// RFC 3339 to nanoseconds since 1970; the year 1 means never.
fn time_ns(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok()
}

#[cfg(test)]
#[path = "inspect_tests.rs"]
mod tests;
