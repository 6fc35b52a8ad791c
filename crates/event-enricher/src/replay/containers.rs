//! What a capture tells of containers: events with a description in JSON.

use std::{collections::HashMap, sync::Arc};

use container_runtimes::{Container, ContainerId, Mount, Runtime, State};
use event::{Event, event_code as code};
use serde_json::Value;

/// Containers remembered; a host has some hundred, a long capture some thousand.
const CONTAINERS_MAX: usize = 16_384;

/// A container as its event describes it.
#[derive(Debug)]
pub(crate) struct Described {
    /// Twelve digits.
    pub(crate) short_id: String,
    /// Empty where the event does not tell it.
    pub(crate) full_id: String,
    /// The runtime's name.
    pub(crate) kind: &'static str,
    pub(crate) container: Container,
}

/// Containers by their short ids.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    by_id: HashMap<String, Arc<Described>>,
    /// What the last event about a container said.
    pub(crate) last: Option<Arc<Described>>,
    pub(crate) refused: u64,
}

impl Containers {
    /// Takes the description out of an event, if it is one about a container.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        let json = match event.code {
            code::CONTAINER_JSON_2_E => event.params.get(0),
            code::ASYNCEVENT_E if event.text_param("name") == Some(b"container") => event.params.get(2),
            _ => return,
        };
        self.last = json.and_then(parse).map(Arc::new);
        let Some(described) = &self.last else { return };
        if self.by_id.len() >= CONTAINERS_MAX && !self.by_id.contains_key(&described.short_id) {
            self.refused += 1;
            return;
        }
        self.by_id.insert(described.short_id.clone(), Arc::clone(described));
    }

    /// What is known of a container.
    pub(crate) fn get(&self, short_id: &str) -> Option<&Described> {
        self.by_id.get(short_id).map(|described| &**described)
    }
}

fn parse(json: &[u8]) -> Option<Described> {
    let json = json.strip_suffix(&[0]).unwrap_or(json);
    let value: Value = serde_json::from_slice(json).ok()?;
    // libs' own conversion of the oldest events has no outer object.
    let of = value.get("container").unwrap_or(&value);
    let text = |key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let truth = |key: &str| Some(of.get(key).and_then(Value::as_bool).unwrap_or(false));
    let short_id = text("id");
    if short_id.is_empty() {
        return None;
    }
    let full_id = text("full_id");
    let labels = of.get("labels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let mounts = of.get("Mounts").and_then(Value::as_array).into_iter().flatten();
    Some(Described {
        kind: kind(of.get("type").and_then(Value::as_u64).unwrap_or(0)),
        container: Container {
            id: ContainerId::new(if full_id.is_empty() { &short_id } else { &full_id }),
            runtime: Runtime::Docker,
            name: Some(text("name")),
            image: Some(text("image")),
            image_id: Some(text("imageid")),
            image_repository: Some(text("imagerepo")),
            image_tag: Some(text("imagetag")),
            image_digest: Some(text("imagedigest")),
            labels: labels.collect(),
            compose_project: None,
            compose_service: None,
            privileged: truth("privileged"),
            mounts: mounts.map(mount).collect(),
            created_ns: None,
            started_ns: None,
            ip: Some(text("ip")),
            networks: std::collections::BTreeMap::new(),
            ports: Vec::new(),
            host_pid: truth("host_pid"),
            host_network: truth("host_network"),
            host_ipc: truth("host_ipc"),
            healthcheck: None,
            state: State::Running,
            complete: true,
        },
        short_id,
        full_id,
    })
}

fn mount(of: &Value) -> Mount {
    let text = |key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Mount {
        source: text("Source"),
        destination: text("Destination"),
        mode: text("Mode"),
        writable: of.get("RW").and_then(Value::as_bool).unwrap_or(false),
        propagation: text("Propagation"),
    }
}

/// libsinsp's numbers of runtimes.
fn kind(number: u64) -> &'static str {
    match number {
        0 => "docker",
        1 => "lxc",
        2 => "libvirt-lxc",
        3 => "mesos",
        4 => "rkt",
        5 => "custom",
        6 => "cri",
        7 => "containerd",
        8 => "cri-o",
        9 => "bpm",
        10 => "static",
        11 => "podman",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_read() {
        let json =
            br#"{"container":{"Mounts":[{"Source":"/a","Destination":"/b","RW":true}],"id":"9dbcbd0c435f",
            "imagerepo":"nginx","labels":{"a":"b"},"privileged":true,"type":7}}"#;
        let found = parse(json).unwrap();
        assert_eq!(
            (found.short_id.as_str(), found.full_id.as_str(), found.kind),
            ("9dbcbd0c435f", "", "containerd")
        );
        assert_eq!(found.container.image_repository.as_deref(), Some("nginx"));
        assert_eq!(found.container.mounts[0].destination, "/b");
        assert_eq!(found.container.privileged, Some(true));
        assert!(parse(b"{}").is_none() && parse(b"[").is_none());
    }
}
