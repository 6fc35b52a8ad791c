//! What is known of one container.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{ContainerId, Runtime};

/// A container as its runtime describes it. What the runtime did not say is `None`.
/// Also the line of the inventory that the sensor sends to the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// The full id.
    #[serde(rename = "full_id")]
    pub id: ContainerId,
    /// Who runs it.
    pub runtime: Runtime,
    /// The name, without a leading slash.
    pub name: Option<String>,
    /// The image as it was asked for, such as `alpine:3`.
    pub image: Option<String>,
    /// The image's own id, without `sha256:`.
    pub image_id: Option<String>,
    /// `docker.io/library/alpine` of `docker.io/library/alpine:3`.
    pub image_repository: Option<String>,
    /// `3` of `alpine:3`; `latest` when none was given.
    pub image_tag: Option<String>,
    /// `sha256:…` as the registry knows it; local images have none.
    pub image_digest: Option<String>,
    /// Labels of image and container.
    pub labels: BTreeMap<String, String>,
    /// Compose project, from the label that Compose sets.
    pub compose_project: Option<String>,
    /// Compose service.
    pub compose_service: Option<String>,
    /// `--privileged`.
    pub privileged: Option<bool>,
    /// Bind mounts and volumes.
    pub mounts: Vec<Mount>,
    /// Nanoseconds since 1970.
    pub created_ns: Option<u64>,
    /// Nanoseconds since 1970; `None` before the first start.
    pub started_ns: Option<u64>,
    /// Address in the first of its networks.
    pub ip: Option<String>,
    /// Its address in each of its networks, by the network's name.
    pub networks: BTreeMap<String, String>,
    /// TCP ports the image or the container declares, ascending.
    pub ports: Vec<u16>,
    /// Shares the host's pid namespace.
    pub host_pid: Option<bool>,
    /// Shares the host's network namespace.
    pub host_network: Option<bool>,
    /// Shares the host's IPC namespace.
    pub host_ipc: Option<bool>,
    /// The health check as Docker stores it: `["CMD-SHELL", "curl …"]`, `["NONE"]`.
    pub healthcheck: Option<Vec<String>>,
    /// What it is doing.
    pub state: State,
    /// Everything above was asked for; before that, only what the runtime's event said is there.
    pub complete: bool,
}

/// One bind mount or volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// Path on the host.
    pub source: String,
    /// Path in the container.
    pub destination: String,
    /// Options as given, such as `z`.
    pub mode: String,
    /// Writable.
    pub writable: bool,
    /// Such as `rprivate`.
    pub propagation: String,
}

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Made, not started.
    Created,
    /// Its first process lives (paused included).
    Running,
    /// Its first process is gone.
    Exited,
    /// No longer known to the runtime.
    Removed,
}

impl Container {
    /// A container of which only the id is known.
    pub fn bare(id: ContainerId, runtime: Runtime) -> Self {
        Container {
            id,
            runtime,
            name: None,
            image: None,
            image_id: None,
            image_repository: None,
            image_tag: None,
            image_digest: None,
            labels: BTreeMap::new(),
            compose_project: None,
            compose_service: None,
            privileged: None,
            mounts: Vec::new(),
            created_ns: None,
            started_ns: None,
            ip: None,
            networks: BTreeMap::new(),
            ports: Vec::new(),
            host_pid: None,
            host_network: None,
            host_ipc: None,
            healthcheck: None,
            state: State::Created,
            complete: false,
        }
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// Name of the Kubernetes pod, from the label that the kubelet sets.
    pub fn pod_name(&self) -> Option<&str> {
        self.label("io.kubernetes.pod.name")
    }

    /// Namespace of the Kubernetes pod.
    pub fn pod_namespace(&self) -> Option<&str> {
        self.label("io.kubernetes.pod.namespace")
    }

    /// Uid of the Kubernetes pod.
    pub fn pod_uid(&self) -> Option<&str> {
        self.label("io.kubernetes.pod.uid")
    }
}
