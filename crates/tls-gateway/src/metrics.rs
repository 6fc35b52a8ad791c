//! What the gateway counts.

use std::{collections::HashMap, time::Duration};

use http::StatusCode;
use parking_lot::RwLock;
use telemetry::{Counter, Gauge, Registry};

/// Handles of all counters.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) reloads: Counter,
    pub(crate) failed_handshakes: Counter,
    request_bytes: Counter,
    response_bytes: Counter,
    microseconds: Counter,
    /// By entry point and status: Traefik's own name, so that its dashboards go on.
    requests: RwLock<HashMap<(String, u16), Counter>>,
}

/// One open connection; no longer counted when dropped.
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        Metrics {
            reloads: counter("gateway_config_reloads_total", "Route tables put in force."),
            failed_handshakes: counter(
                "gateway_handshakes_failed_total",
                "Connections that never spoke TLS.",
            ),
            request_bytes: counter("gateway_request_bytes_total", "Bytes of request bodies."),
            response_bytes: counter("gateway_response_bytes_total", "Bytes of answers' bodies."),
            microseconds: counter(
                "gateway_request_microseconds_total",
                "Time of all requests, from head to last byte.",
            ),
            requests: RwLock::default(),
            registry: registry.clone(),
        }
    }

    pub(crate) fn connection(&self, entry_point: &str) -> Open {
        let labels = [("entrypoint", entry_point)];
        self.registry.counter("gateway_connections_total", "Connections taken.", &labels).increment();
        let open = self.registry.gauge("gateway_connections_open", "Connections that are open.", &labels);
        open.add(1);
        Open(open)
    }

    pub(crate) fn refused_connection(&self, reason: &str) {
        let help = "Connections that were closed without an answer, by reason.";
        self.registry.counter("gateway_connections_refused_total", help, &[("reason", reason)]).increment();
    }

    pub(crate) fn refused_request(&self, reason: &'static str) {
        let help = "Requests that reached no service, by reason.";
        self.registry.counter("gateway_requests_refused_total", help, &[("reason", reason)]).increment();
    }

    pub(crate) fn request(
        &self,
        entry_point: &str,
        status: StatusCode,
        request_bytes: u64,
        response_bytes: u64,
        duration: Duration,
    ) {
        self.request_bytes.add(request_bytes);
        self.response_bytes.add(response_bytes);
        self.microseconds.add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
        let code = status.as_u16();
        let known = self.requests.read();
        // Few pairs, so a scan is cheaper than building a key.
        if let Some((_, counter)) =
            known.iter().find(|((entry, known), _)| *known == code && entry == entry_point)
        {
            return counter.increment();
        }
        drop(known);
        let text = code.to_string();
        let counter = self.registry.counter(
            "traefik_entrypoint_requests_total",
            "Requests answered.",
            &[("code", text.as_str()), ("entrypoint", entry_point)],
        );
        counter.increment();
        self.requests.write().insert((entry_point.to_owned(), code), counter);
    }
}
