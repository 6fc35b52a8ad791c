//! Alerts and other things tests are made of.

use std::{path::Path, time::Duration};

use alert::{Alert, AlertId, Epoch, Priority, Sequence};

use crate::{Config, Incoming, Timings, journal::JournalConfig};

/// A made-up alert of a container; the same index gives the same alert.
pub fn alert(index: u64) -> Alert {
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
        uuid: id(index).uuid(),
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

/// [`alert`] as it comes from a sensor; the index is the sequence.
pub fn incoming(index: u64) -> Incoming {
    Incoming { id: Some(id(index)), alert: alert(index), timings: Timings::default() }
}

/// A router in `directory` that retries within milliseconds and does not wait for the disk.
pub fn config(directory: &Path) -> Config {
    Config {
        directory: directory.to_path_buf(),
        queue: JournalConfig { fsync: false, ..JournalConfig::default() },
        delivery_timeout_ms: 2_000,
        retry_ms_min: 2,
        retry_ms_max: 10,
        ..Config::default()
    }
}

/// Waits until the condition holds.
///
/// # Panics
/// When it does not within 20 s.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..20_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    #[expect(clippy::panic, reason = "it fails the test that waits")]
    {
        panic!("it did not happen within 20 s: {what}");
    }
}

fn id(index: u64) -> AlertId {
    AlertId { sensor: "fixture".into(), epoch: Epoch(0), sequence: Sequence(index) }
}
