//! The messages, as JSON. Both ends are this program, but one may be older during an upgrade:
//! unknown keys are ignored and every key has a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `POST /sensor/v1/status`: what the sensor says of itself, every second.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SensorStatus {
    /// The sensor's persistent id.
    pub(crate) sensor: String,
    /// The life of its ring buffer.
    pub(crate) epoch: u64,
    /// Its version.
    pub(crate) version: String,
    /// Name of its host.
    pub(crate) hostname: String,
    /// Its process.
    pub(crate) pid: u32,
    /// It took up a ring buffer that a predecessor left.
    pub(crate) resumed: bool,
    /// The probes are attached.
    pub(crate) attached: bool,
    /// The rules in force.
    pub(crate) rules: RulesStatus,
    /// Events handed to the rules.
    pub(crate) events_total: u64,
    /// Alerts made.
    pub(crate) alerts_total: u64,
    /// Alerts that wait for the hub.
    pub(crate) spool_waiting: u64,
    /// Losses by reason, since the ring buffer was made.
    pub(crate) losses: BTreeMap<String, u64>,
    /// Of those losses, how many happened before this sensor process read its first event.
    pub(crate) lost_before: u64,
    /// Every counter of the process.
    pub(crate) counters: BTreeMap<String, i64>,
    /// Containers it knows.
    pub(crate) containers: Vec<ContainerReport>,
    /// What it saw of the containers it was asked to watch.
    pub(crate) watched: BTreeMap<String, Watched>,
}

/// The rules in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RulesStatus {
    /// Enabled rules.
    pub(crate) enabled: u64,
    /// Where they came from.
    pub(crate) files: Vec<String>,
    /// How often they were read since the sensor started, with and without success.
    pub(crate) loads: u64,
    /// Why newer files are not in force; empty when they are.
    pub(crate) error: String,
    /// When they came into force, seconds since 1970.
    pub(crate) loaded_unix_s: u64,
}

/// A container the sensor knows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ContainerReport {
    /// 12 characters.
    pub(crate) id: String,
    /// Name; empty when no runtime told it.
    pub(crate) name: String,
    /// Image as the runtime names it.
    pub(crate) image: String,
    /// Labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Runtime and state.
    pub(crate) state: String,
    /// Its address in each of its networks, by the network's name.
    pub(crate) networks: BTreeMap<String, String>,
    /// TCP ports it declares, ascending.
    pub(crate) ports: Vec<u16>,
    /// It is in the host's own network.
    pub(crate) host_network: bool,
    /// When it was created, nanoseconds since 1970: of two that want one route, the elder has it.
    pub(crate) created_ns: u64,
}

/// What happened in a watched container, by process name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Watched {
    /// Nanoseconds since 1970 of the first event that was handed to the rules.
    pub(crate) events: BTreeMap<String, u64>,
    /// Rules that matched.
    pub(crate) matches: BTreeMap<String, Vec<String>>,
}

/// The hub's answer to a status: only requests to report, never rules or configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StatusAnswer {
    /// Full ids of containers to report on.
    pub(crate) watch: Vec<String>,
    /// How often this hub was asked to have the rules read from disk again.
    pub(crate) reloads: u64,
}

/// `POST /local/v1/watch`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WatchRequest {
    /// 64 hex digits.
    pub(crate) container: String,
}

/// One line of `GET /local/v1/traces`: when an alert passed which hop, nanoseconds since 1970,
/// 0 where it has not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TraceReport {
    /// The alert.
    pub(crate) uuid: String,
    /// Its rule.
    pub(crate) rule: String,
    /// 12 characters.
    pub(crate) container: String,
    /// `proc.name`.
    pub(crate) process: String,
    /// The event itself.
    pub(crate) kernel_ns: u64,
    /// A rule matched.
    pub(crate) matched_ns: u64,
    /// The hub received it.
    pub(crate) received_ns: u64,
    /// It is on disk in the hub's queue.
    pub(crate) queued_ns: u64,
    /// The queue handed it to the store.
    pub(crate) handed_ns: u64,
    /// The store has it on disk.
    pub(crate) stored_ns: u64,
}
