//! The id of a container and the runtime that made it.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use crate::limits::{HASH_CHARS, SHORT_ID_CHARS};

/// A container's id as its control group names it: 64 hexadecimal digits for Docker and its
/// kin, the container's name for LXC and systemd-nspawn. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerId(Arc<str>);

impl ContainerId {
    /// An id from its full text.
    pub fn new(full: &str) -> Self {
        ContainerId(Arc::from(full))
    }

    /// The whole id (`container.full_id`).
    pub fn full(&self) -> &str {
        &self.0
    }

    /// The first 12 characters of a hexadecimal id, a name as it is (`container.id`).
    pub fn short(&self) -> &str {
        let is_hash = self.0.len() == HASH_CHARS && self.0.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hash { self.0.get(..SHORT_ID_CHARS).unwrap_or(&self.0) } else { &self.0 }
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl Serialize for ContainerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Who runs a container. The names are Falco's `container.type`, with `systemd-nspawn` and
/// `unknown` added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// Docker Engine, Moby.
    Docker,
    /// Podman, as root or not.
    Podman,
    /// containerd, with or without Kubernetes, and nerdctl.
    Containerd,
    /// CRI-O.
    #[serde(rename = "cri-o")]
    CriO,
    /// LXC, LXD, Incus, Proxmox.
    Lxc,
    /// LXC by libvirt.
    LibvirtLxc,
    /// `systemd-nspawn` and `machinectl`.
    SystemdNspawn,
    /// A control group that has the form of a container's, by a runtime not listed here.
    Unknown,
}

impl Runtime {
    /// The name used in `container.type`.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Docker => "docker",
            Runtime::Podman => "podman",
            Runtime::Containerd => "containerd",
            Runtime::CriO => "cri-o",
            Runtime::Lxc => "lxc",
            Runtime::LibvirtLxc => "libvirt-lxc",
            Runtime::SystemdNspawn => "systemd-nspawn",
            Runtime::Unknown => "unknown",
        }
    }
}
