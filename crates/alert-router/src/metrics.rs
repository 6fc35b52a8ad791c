//! What the router counts.

use telemetry::{Counter, Gauge, Registry};

/// Handles of the intake.
#[derive(Debug, Clone)]
pub(crate) struct IntakeMetrics {
    pub(crate) accepted: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) refused: Counter,
    pub(crate) unreadable: Counter,
    pub(crate) marks: Gauge,
}

impl IntakeMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        IntakeMetrics {
            accepted: counter("alert_router_accepted_alerts_total", "New alerts that are in the queue."),
            duplicates: counter("alert_router_duplicate_alerts_total", "Alerts that came once more."),
            refused: counter("alert_router_refused_alerts_total", "Alerts the queue could not take."),
            unreadable: counter(
                "alert_router_unreadable_records_total",
                "Records of the queue that are no alert of a known version.",
            ),
            marks: registry.gauge(
                "alert_router_marks_saved_position",
                "Queue position of the marks' file.",
                &[],
            ),
        }
    }
}

/// Handles of one output; the label `output` is its name.
#[derive(Debug, Clone)]
pub(crate) struct OutputMetrics {
    pub(crate) delivered: Counter,
    pub(crate) failures: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) dead_letters: Counter,
    pub(crate) dead_letters_discarded: Counter,
    pub(crate) lag: Gauge,
    pub(crate) failing: Gauge,
}

impl OutputMetrics {
    pub(crate) fn new(output: &str, registry: &Registry) -> Self {
        let labels = [("output", output)];
        let counter = |name, help| registry.counter(name, help, &labels);
        OutputMetrics {
            delivered: counter("alert_router_delivered_alerts_total", "Alerts the output has taken."),
            failures: counter("alert_router_failed_deliveries_total", "Deliveries that failed."),
            timeouts: counter("alert_router_timed_out_deliveries_total", "Deliveries that took too long."),
            dead_letters: counter(
                "alert_router_dead_letter_alerts_total",
                "Alerts the output will never take.",
            ),
            dead_letters_discarded: counter(
                "alert_router_discarded_dead_letters_total",
                "Dead letters dropped because there were too many.",
            ),
            lag: registry.gauge(
                "alert_router_output_lag_alerts",
                "Queue positions the output is behind.",
                &labels,
            ),
            failing: registry.gauge("alert_router_output_failing", "1 while deliveries fail.", &labels),
        }
    }
}
