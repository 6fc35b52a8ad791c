//! The containers of a host, as the sensor tells of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    /// In any order.
    pub containers: Vec<InventoryItem>,
}

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryItem {
    /// The full id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Addresses by network.
    pub networks: BTreeMap<String, NetworkAddress>,
    /// Exposed TCP ports, ascending.
    pub ports: Vec<u16>,
    /// It shares the host's network.
    pub host_network: bool,
    /// `running`, `exited`, …
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; empty without a health check.
    pub health: String,
    /// Nanoseconds since 1970.
    pub created_ns: u64,
}

/// Addresses in one network; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkAddress {
    /// IPv4.
    pub ipv4: String,
    /// IPv6.
    pub ipv6: String,
}

impl InventoryItem {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// It takes requests now.
    pub(crate) fn is_well(&self) -> bool {
        self.state == "running" && matches!(self.health.as_str(), "" | "none" | "healthy")
    }

    /// What notices call it.
    pub(crate) fn title(&self) -> String {
        format!("container {}", if self.name.is_empty() { &self.id } else { &self.name })
    }

    pub(crate) fn project(&self) -> Option<&str> {
        self.label("com.docker.compose.project").filter(|project| !project.is_empty())
    }

    /// The name of its service where labels give none: `service-project` of Compose, else the
    /// container's name, without what is neither letter nor digit.
    pub(crate) fn service_name(&self) -> String {
        match (self.label("com.docker.compose.service"), self.project()) {
            (Some(service), Some(project)) => normalize(&format!("{service}_{project}")),
            _ => normalize(&self.name),
        }
    }
}

/// Every run of characters that are neither letters nor digits becomes a hyphen.
fn normalize(name: &str) -> String {
    let parts: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    parts.join("-")
}
