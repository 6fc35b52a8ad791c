//! Counters of the directory.

use telemetry::{Counter, Gauge, Registry};

#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    pub(crate) lookups: Counter,
    pub(crate) misses: Counter,
    pub(crate) waits: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) inspected: Counter,
    pub(crate) not_found: Counter,
    pub(crate) failed: Counter,
    pub(crate) full: Counter,
    pub(crate) queue_full: Counter,
    pub(crate) reconnects: Counter,
    pub(crate) containers: Gauge,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let inspections = |result| {
            registry.counter(
                "container_runtimes_inspections_total",
                "Containers asked for at a runtime, by result.",
                &[("result", result)],
            )
        };
        let lost = |reason| {
            registry.counter(
                "container_runtimes_lost_containers_total",
                "Containers whose metadata was not kept, by reason.",
                &[("reason", reason)],
            )
        };
        Metrics {
            lookups: counter("container_runtimes_lookups_total", "Containers looked up by id."),
            misses: counter("container_runtimes_misses_total", "Lookups of ids that were not known."),
            waits: counter("container_runtimes_waits_total", "Lookups that waited for a runtime."),
            timeouts: counter("container_runtimes_timeouts_total", "Waits that ended without an answer."),
            inspected: inspections("found"),
            not_found: inspections("not_found"),
            failed: inspections("failed"),
            full: lost("directory_full"),
            queue_full: lost("queue_full"),
            reconnects: counter("container_runtimes_reconnects_total", "Connections to runtimes that ended."),
            containers: registry.gauge(
                "container_runtimes_containers",
                "Containers known, dead ones included.",
                &[],
            ),
        }
    }
}
