//! Alerts and other things tests are made of.

use alert::{Alert, AlertId, Epoch, Priority, Sequence};

/// A made-up alert of a container; the same index gives the same alert.
pub fn alert(index: u64) -> Alert {
    let id = AlertId { sensor: "fixture".into(), epoch: Epoch(0), sequence: Sequence(index) };
    let mut fields = serde_json::Map::new();
    for (name, value) in [
        ("container.id", "0123456789ab"),
        ("container.image.repository", "docker.io/library/nginx"),
        ("container.name", "web"),
        ("proc.cmdline", "sh -c '<id>'"),
        ("proc.name", "sh"),
        ("user.name", "root"),
    ] {
        fields.insert(name.into(), value.into());
    }
    fields.insert("proc.pid".into(), (100 + index).into());
    fields.insert("k8s.pod.name".into(), serde_json::Value::Null);
    let time_ns = 1_795_442_601_123_456_000 + i64::try_from(index).unwrap_or(0);
    Alert {
        uuid: id.uuid(),
        time_ns,
        rule: "Terminal shell in container".into(),
        priority: Priority::Notice,
        source: "syscall".into(),
        hostname: "nas".into(),
        output: format!("14:03:21.123456789: Notice A shell was spawned (number={index} container=web)"),
        output_fields: fields,
        tags: vec!["T1059".into(), "container".into(), "mitre_execution".into()],
    }
}
