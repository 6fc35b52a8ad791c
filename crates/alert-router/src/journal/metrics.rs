//! What a journal counts.

use telemetry::{Counter, Gauge, Registry};

/// Handles of one journal; the label `journal` is its name.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    name: String,
    pub(crate) appended: Counter,
    pub(crate) syncs: Counter,
    pub(crate) damaged: Counter,
    pub(crate) damaged_bytes: Counter,
    pub(crate) torn_bytes: Counter,
    pub(crate) bytes: Gauge,
}

impl Metrics {
    pub(crate) fn new(name: &str, registry: &Registry) -> Self {
        let labels = [("journal", name)];
        Metrics {
            appended: registry.counter("journal_appended_records_total", "Records made durable.", &labels),
            syncs: registry.counter("journal_syncs_total", "Writes to the disk, each for a group.", &labels),
            damaged: registry.counter("journal_damaged_places_total", "Places skipped as damaged.", &labels),
            damaged_bytes: registry.counter(
                "journal_damaged_bytes_total",
                "Bytes skipped as damaged.",
                &labels,
            ),
            torn_bytes: registry.counter(
                "journal_torn_bytes_total",
                "Bytes of unfinished writes cut off at start.",
                &labels,
            ),
            bytes: registry.gauge("journal_bytes", "Size of all files.", &labels),
            registry: registry.clone(),
            name: name.to_owned(),
        }
    }

    /// Records a cursor was moved past although nobody had delivered them.
    pub(crate) fn expired(&self, cursor: &str, records: u64) {
        let labels = [("journal", self.name.as_str()), ("cursor", cursor)];
        let help = "Records dropped at a bound before this cursor had them.";
        self.registry.counter("journal_expired_records_total", help, &labels).add(records);
    }

    /// Records that were not taken.
    pub(crate) fn refused(&self, reason: &'static str, records: u64) {
        let labels = [("journal", self.name.as_str()), ("reason", reason)];
        let help = "Records that were not taken.";
        self.registry.counter("journal_refused_records_total", help, &labels).add(records);
    }
}
