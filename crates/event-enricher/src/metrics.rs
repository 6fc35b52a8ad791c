//! Counters of the enricher.

use telemetry::{Counter, Gauge, Registry};

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) processes: Gauge,
    pub(crate) unknown_callers: Counter,
    pub(crate) unreadable_callers: Counter,
    pub(crate) reused_pids: Counter,
    pub(crate) table_full: Counter,
    pub(crate) missed_exits: Counter,
    pub(crate) container_waits: Counter,
    pub(crate) container_unknown: Counter,
    pub(crate) user_lists_unreadable: Counter,
}

/// Counters of a replay.
#[derive(Debug)]
pub(crate) struct ReplayMetrics {
    pub(crate) refused_threads: Counter,
    pub(crate) refused_descriptors: Counter,
    pub(crate) stray_descriptors: Counter,
    pub(crate) refused_names: Counter,
    pub(crate) refused_interfaces: Counter,
}

impl ReplayMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        ReplayMetrics {
            refused_threads: counter(
                "replay_refused_threads_total",
                "Threads of a capture that found no room in the table.",
            ),
            refused_descriptors: counter(
                "replay_refused_descriptors_total",
                "Descriptors of a capture that found no room in their process's table.",
            ),
            stray_descriptors: counter(
                "replay_stray_descriptors_total",
                "Descriptors of a capture whose thread its process list does not have.",
            ),
            refused_names: counter(
                "replay_refused_names_total",
                "Users and groups of a capture that found no room.",
            ),
            refused_interfaces: counter(
                "replay_refused_interfaces_total",
                "Addresses of a capture's machine that found no room.",
            ),
        }
    }
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        Metrics {
            processes: registry.gauge("enricher_processes", "Processes known, ended ones included.", &[]),
            unknown_callers: counter(
                "enricher_unknown_callers_total",
                "Events of processes whose start was not seen; they were looked for in /proc.",
            ),
            unreadable_callers: counter(
                "enricher_unreadable_callers_total",
                "Events of unknown processes that were gone from /proc: their fields are missing.",
            ),
            reused_pids: counter(
                "enricher_reused_pids_total",
                "Process ids that came back before the exit of their former owner was seen.",
            ),
            table_full: counter(
                "enricher_dropped_processes_total",
                "Processes forgotten or refused because the table was full.",
            ),
            missed_exits: counter(
                "enricher_missed_exits_total",
                "Processes that were gone from /proc although their exit was not seen.",
            ),
            container_waits: counter(
                "enricher_container_waits_total",
                "First events of containers that waited for metadata.",
            ),
            container_unknown: counter(
                "enricher_unknown_containers_total",
                "Such waits that ended without metadata.",
            ),
            user_lists_unreadable: counter(
                "enricher_unreadable_user_lists_total",
                "User or group files that could not be read.",
            ),
        }
    }
}
