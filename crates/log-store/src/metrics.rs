//! The store's counters and gauges.

use std::time::Duration;

use telemetry::{Counter, Gauge, Registry};

/// Handles of all metrics; made once.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) lines: Counter,
    pub(crate) bytes: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) refused_batches: Counter,
    pub(crate) syncs: Counter,
    pub(crate) sync_micros: Counter,
    pub(crate) torn_bytes: Counter,
    pub(crate) damaged: Counter,
    pub(crate) flushes: Counter,
    pub(crate) flush_failures: Counter,
    pub(crate) compactions: Counter,
    pub(crate) expired_segments: Counter,
    pub(crate) expired_lines: Counter,
    pub(crate) deleted_lines: Counter,
    pub(crate) chain_breaks: Counter,
    pub(crate) set_aside: Gauge,
    pub(crate) deletes_pending: Gauge,
    pub(crate) segments: Gauge,
    pub(crate) wal_bytes: Gauge,
    pub(crate) disk_bytes: Gauge,
    pub(crate) memory_bytes: Gauge,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let gauge = |name, help| registry.gauge(name, help, &[]);
        Metrics {
            lines: counter("store_lines_total", "Lines stored."),
            bytes: counter("store_bytes_total", "Bytes of lines stored."),
            duplicates: counter("store_duplicate_lines_total", "Lines dropped because the stream had them."),
            refused_batches: counter(
                "store_refused_batches_total",
                "Batches refused by a full or failing disk.",
            ),
            syncs: counter("store_fsyncs_total", "Syncs of the write-ahead log."),
            sync_micros: counter("store_fsync_microseconds_total", "Time spent in these syncs."),
            torn_bytes: counter("store_torn_bytes_total", "Unacknowledged bytes cut off the log at open."),
            damaged: counter("store_damaged_places_total", "Damaged records and segments set aside."),
            flushes: counter("store_flushes_total", "Memtables written as segments."),
            flush_failures: counter("store_flush_failures_total", "Flushes and compactions that failed."),
            compactions: counter("store_compactions_total", "Compactions."),
            expired_segments: counter("store_expired_segments_total", "Segments removed by retention."),
            expired_lines: counter("store_expired_lines_total", "Lines removed by retention."),
            deleted_lines: counter("store_deleted_lines_total", "Lines removed by delete requests."),
            chain_breaks: counter("store_chain_breaks_total", "Times the chain of hashes had to begin anew."),
            set_aside: gauge("store_quarantined_segments", "Damaged segments that were set aside."),
            deletes_pending: gauge("store_pending_deletes", "Delete requests not yet processed."),
            segments: gauge("store_segments", "Live segments."),
            wal_bytes: gauge("store_wal_bytes", "Bytes of the write-ahead log."),
            disk_bytes: gauge("store_disk_bytes", "Bytes of live segments."),
            memory_bytes: gauge("store_memtable_bytes", "Memory of rows not yet in a segment."),
        }
    }

    pub(crate) fn synced(&self, took: Duration) {
        self.syncs.increment();
        self.sync_micros.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}
