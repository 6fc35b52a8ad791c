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
