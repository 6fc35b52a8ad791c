//! Alerts to Alertmanagers, by their v2 API.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use http_client::{Client, Target};
use telemetry::{Counter, Registry};
use tokio::sync::mpsc;

use crate::{alert::Alert, evaluate::LabelMap, limits};

/// An alert on its way, as the API wants it.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    labels: LabelMap,
    annotations: LabelMap,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

impl Notice {
    /// `valid_ns` is how long a firing alert counts as such without being sent again.
    pub(crate) fn new(
        alert: &Alert,
        external: &LabelMap,
        generator_url: String,
        now_ns: i64,
        valid_ns: i64,
    ) -> Self {
        let mut labels = external.clone();
        labels.extend(alert.labels.clone());
        let ends_ns =
            if alert.resolved_at_ns > 0 { alert.resolved_at_ns } else { now_ns.saturating_add(valid_ns) };
        Notice {
            labels,
            annotations: alert.annotations.clone(),
            starts_at: rfc3339(alert.fired_at_ns),
            ends_at: rfc3339(ends_ns),
            generator_url,
        }
    }
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(timestamp_ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(timestamp_ns))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// The sending side: a queue, and a task that empties it.
#[derive(Clone)]
pub(crate) struct Notifier {
    queue: Option<mpsc::Sender<Notice>>,
    dropped: Counter,
}

impl Notifier {
    /// Starts the task; without targets every notice is left aside.
    pub(crate) fn start(client: Client, targets: Vec<Target>, registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let dropped = counter("ruler_dropped_notifications_total", "Alerts that found the queue full.");
        if targets.is_empty() {
            return Notifier { queue: None, dropped };
        }
        let (queue, waiting) = mpsc::channel(limits::QUEUE_ALERTS_MAX);
        let sent = counter("ruler_notifications_total", "Alerts an Alertmanager took.");
        let failed = counter("ruler_failed_notifications_total", "Alerts an Alertmanager did not take.");
        tokio::spawn(empty(client, targets, waiting, sent, failed));
        Notifier { queue: Some(queue), dropped }
    }

    /// Hands a notice over.
    pub(crate) fn send(&self, notice: Notice) {
        if let Some(queue) = &self.queue
            && queue.try_send(notice).is_err()
        {
            self.dropped.increment();
        }
    }
}

async fn empty(
    client: Client,
    targets: Vec<Target>,
    mut waiting: mpsc::Receiver<Notice>,
    sent: Counter,
    failed: Counter,
) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, limits::BATCH_ALERTS_MAX).await > 0 {
        let count = batch.len() as u64;
        let body = Bytes::from(serde_json::to_vec(&batch).unwrap_or_default());
        batch.clear();
        for target in &targets {
            match post(&client, target, json_headers(), body.clone()).await {
                Ok(()) => sent.add(count),
                Err(reason) => {
                    failed.add(count);
                    tracing::warn!(alertmanager = target.server(), reason, "alerts were not taken");
                }
            }
        }
    }
}

fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// Posts with a few tries.
pub(crate) async fn post(
    client: &Client,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(), String> {
    let mut reason = String::new();
    for attempt in 0..limits::TRIES_MAX {
        if attempt > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(250 << attempt)).await;
        }
        match client.send(Method::POST, target, headers.clone(), body.clone()).await {
            Ok(response) if response.status.is_success() => return Ok(()),
            Ok(response) => {
                let text: String = String::from_utf8_lossy(&response.body).chars().take(200).collect();
                reason = format!("{}: {text}", response.status);
                // What is wrong with the request stays wrong.
                if response.status.is_client_error() && response.status.as_u16() != 429 {
                    return Err(reason);
                }
            }
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}
