//! The access log: one line per request in Traefik's JSON fields, into our own store.
//!
//! A bounded queue and one task that writes in batches: a slow disk never slows a request, and
//! what does not fit is counted.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderValue, Method, StatusCode, Version};
use jiff::{Timestamp, tz::TimeZone};
use log_record::{Batch, Entry, Labels, LogWriter, StreamEntries};
use serde::Serialize;
use telemetry::{Counter, Registry};
use tokio::sync::mpsc;

use crate::{
    exchange::Exchange,
    limits::{LOG_BATCH_LINES_MAX, LOG_BATCH_PAUSE, LOG_QUEUE_LINES_MAX, LOG_TEXT_BYTES_MAX},
};

/// Where lines go; switched off it costs nothing.
#[derive(Clone)]
pub struct AccessLog(Option<Queue>);

#[derive(Clone)]
struct Queue {
    sender: mpsc::Sender<(i64, String)>,
    lines: Counter,
    lost: Counter,
}

/// One request, answered.
pub(crate) struct Record {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) version: Version,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) status: StatusCode,
    pub(crate) bytes: u64,
    pub(crate) duration: Duration,
    pub(crate) exchange: Exchange,
}

impl AccessLog {
    /// No log.
    pub fn off() -> Self {
        AccessLog(None)
    }

    /// Lines under the labels `{job="quaywatch", source="access"}`. Must be called within a
    /// runtime; the writing task ends with the last clone.
    pub fn into_store(writer: Arc<dyn LogWriter>, tenant: String, registry: &Registry) -> Self {
        let (sender, receiver) = mpsc::channel(LOG_QUEUE_LINES_MAX);
        let lost = registry.counter(
            "gateway_access_log_lost_lines_total",
            "Access log lines that were not stored.",
            &[],
        );
        let lines = registry.counter("gateway_access_log_lines_total", "Access log lines stored.", &[]);
        let queue = Queue { sender, lines, lost };
        tokio::spawn(write_batches(receiver, writer, tenant, queue.lines.clone(), queue.lost.clone()));
        AccessLog(Some(queue))
    }

    pub(crate) fn write(&self, record: impl FnOnce() -> Record) {
        let Some(queue) = &self.0 else { return };
        // Asked first: a full queue must not cost the making of a line.
        let Ok(place) = queue.sender.try_reserve() else { return queue.lost.increment() };
        let record = record();
        let since = record.exchange.started_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp_ns = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        match serde_json::to_string(&Line::of(&record)) {
            Ok(line) => place.send((timestamp_ns, line)),
            Err(_) => queue.lost.increment(),
        }
    }
}

async fn write_batches(
    mut receiver: mpsc::Receiver<(i64, String)>,
    writer: Arc<dyn LogWriter>,
    tenant: String,
    stored: Counter,
    lost: Counter,
) {
    let labels = Labels::new([("job", "quaywatch"), ("source", "access")]);
    let mut lines = Vec::new();
    while receiver.recv_many(&mut lines, LOG_BATCH_LINES_MAX).await > 0 {
        let count = lines.len() as u64;
        let entries = lines
            .drain(..)
            .map(|(timestamp_ns, line)| Entry { timestamp_ns, line, metadata: Vec::new() })
            .collect();
        let streams = vec![StreamEntries { labels: labels.clone(), entries }];
        let batch = Batch { tenant: tenant.clone(), streams, mark: None };
        match writer.append(batch).await {
            Ok(()) => stored.add(count),
            Err(error) => {
                tracing::warn!(%error, count, "access log lines are lost");
                lost.add(count);
            }
        }
        // Lines gather meanwhile: one write to disk for many.
        tokio::time::sleep(LOG_BATCH_PAUSE).await;
    }
}

/// Traefik's names and units: durations in nanoseconds.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(rename = "ClientAddr")]
    client_addr: String,
    client_host: String,
    client_port: String,
    client_username: &'a str,
    downstream_content_size: u64,
    downstream_status: u16,
    duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_status: Option<u16>,
    overhead: u64,
    request_addr: &'a str,
    request_content_size: u64,
    request_host: &'a str,
    request_method: &'a str,
    request_path: &'a str,
    request_port: &'a str,
    request_protocol: &'static str,
    request_scheme: &'static str,
    retry_attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    router_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_addr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<&'a str>,
    #[serde(rename = "ServiceURL", skip_serializing_if = "Option::is_none")]
    service_url: Option<&'a str>,
    start_local: String,
    #[serde(rename = "StartUTC")]
    start_utc: String,
    #[serde(rename = "TLSCipher", skip_serializing_if = "Option::is_none")]
    tls_cipher: Option<&'a str>,
    #[serde(rename = "TLSVersion", skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'a str>,
    #[serde(rename = "entryPointName")]
    entry_point_name: &'a str,
    level: &'static str,
    msg: &'static str,
    /// Why we answered ourselves; not a field of Traefik's.
    #[serde(rename = "refused", skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(rename = "request_User-Agent", skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    time: String,
}

impl<'a> Line<'a> {
    fn of(record: &'a Record) -> Line<'a> {
        let exchange = &record.exchange;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let authority = exchange.authority.as_str();
        let (_, port) = authority
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()))
            .unwrap_or(("", "-"));
        let url = exchange.origin.server.as_deref();
        let client = exchange.client.to_canonical();
        let start = time(exchange.started_at);
        Line {
            client_addr: std::net::SocketAddr::new(client, exchange.connection.peer.port()).to_string(),
            client_host: client.to_string(),
            client_port: exchange.connection.peer.port().to_string(),
            client_username: exchange.user.as_deref().unwrap_or("-"),
            downstream_content_size: record.bytes,
            downstream_status: record.status.as_u16(),
            duration: nanos(record.duration),
            origin_duration: exchange.origin.service.as_ref().map(|_| nanos(exchange.origin.duration)),
            origin_status: exchange.origin.status.map(|status| status.as_u16()),
            overhead: nanos(record.duration.saturating_sub(exchange.origin.duration)),
            request_addr: cut(authority),
            request_content_size: exchange.request_bytes(),
            request_host: cut(&exchange.host),
            request_method: record.method.as_str(),
            // Without the query: it may hold a token.
            request_path: cut(&record.path),
            request_port: port,
            request_protocol: protocol(record.version),
            request_scheme: exchange.scheme(),
            retry_attempts: exchange.retries,
            router_name: exchange.route.as_ref().map(|route| route.name()),
            service_addr: url.map(|url| url.split_once("://").map_or(url, |(_, address)| address)),
            service_name: exchange.origin.service.as_deref(),
            service_url: url,
            start_local: start.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%.9f%:z").to_string(),
            start_utc: start.to_string(),
            tls_cipher: exchange.connection.tls.as_ref().map(|tls| tls.cipher.as_str()),
            tls_version: exchange.connection.tls.as_ref().map(|tls| tls.version),
            entry_point_name: &exchange.connection.entry_point,
            level: "info",
            msg: "",
            refused: exchange.refused,
            user_agent: record.user_agent.as_ref().and_then(|agent| agent.to_str().ok()).map(cut),
            time: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

fn time(at: SystemTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

/// A client's text, cut at a border between characters.
fn cut(text: &str) -> &str {
    if text.len() <= LOG_TEXT_BYTES_MAX {
        return text;
    }
    let end = (0..=LOG_TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
