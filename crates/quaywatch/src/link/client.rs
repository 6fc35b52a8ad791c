//! The other side of the link: the sensor and the commands of this host, over the hub's unix
//! socket; and the one query of the selftest, over TCP as any user would ask it.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, bail};
use http_client::{Bytes, Client, Config, HeaderMap, HeaderValue, Method, Response, Target};
use serde::{Serialize, de::DeserializeOwned};

use super::{SensorStatus, StatusAnswer, TraceReport, WatchRequest};

/// An answer's body as it is quoted in an error.
const QUOTED_BYTES_MAX: usize = 200;

/// Talks to the hub of this host.
pub(crate) struct HubClient {
    client: Client,
}

/// What became of alerts that were sent.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The hub has them on disk.
    Taken,
    /// The hub calls one of them bad; why.
    Refused(String),
}

impl HubClient {
    /// Connects when it is first used, and again when the hub was started again.
    pub(crate) fn new(socket: &Path) -> HubClient {
        HubClient { client: Client::unix(socket, &Config::default()) }
    }

    /// Whether a hub answers at all.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.get("/local/v1/ready").await.map(drop)
    }

    /// Has the store write what is in memory as a segment.
    pub(crate) async fn flush_store(&self) -> Result<()> {
        self.post("/local/v1/store/flush", Bytes::new()).await.map(drop)
    }

    /// Hands over alerts, one JSON object a line; returns when the hub has them on disk, or says
    /// that it never will.
    pub(crate) async fn send_alerts(&self, lines: Bytes) -> Result<Sent> {
        let answer = self.send_post("/sensor/v1/alerts", lines).await?;
        let status = answer.status;
        if status.is_client_error() && status.as_u16() != 429 && status.as_u16() != 408 {
            return Ok(Sent::Refused(quote(&answer)));
        }
        good(answer, "/sensor/v1/alerts").map(|_| Sent::Taken)
    }

    /// Reports; the answer is what else to report on.
    pub(crate) async fn report(&self, status: &SensorStatus) -> Result<StatusAnswer> {
        self.post_json("/sensor/v1/status", status).await
    }

    /// Asks the sensor, by way of the hub, to report on a container.
    pub(crate) async fn watch(&self, request: &WatchRequest) -> Result<()> {
        let body = serde_json::to_vec(request)?;
        self.post("/local/v1/watch", body.into()).await.map(drop)
    }

    /// Has the sensor read its rule files again.
    pub(crate) async fn reload_rules(&self) -> Result<()> {
        self.post("/local/v1/reload", Bytes::new()).await.map(drop)
    }

    /// The sensor's last status and its age in milliseconds.
    pub(crate) async fn sensor(&self) -> Result<(u64, SensorStatus)> {
        self.get_json("/local/v1/sensor").await
    }

    /// The latest alerts of a container and when they passed which hop.
    pub(crate) async fn traces(&self, container: &str) -> Result<Vec<TraceReport>> {
        self.get_json(&format!("/local/v1/traces?container={container}")).await
    }

    /// Whether a LogQL query over HTTP finds the alert.
    pub(crate) async fn query_uuid(
        loki: SocketAddr,
        uuid: &str,
        authorization: Option<&str>,
    ) -> Result<bool> {
        let client = Client::new(&Config::default())?;
        let query = percent(&format!("{{source=~\".+\"}} |= `{uuid}`"));
        let target =
            Target::parse(&format!("http://{loki}/loki/api/v1/query_range?query={query}&since=15m"))?;
        let mut headers = HeaderMap::new();
        if let Some(authorization) = authorization {
            headers.insert("authorization", HeaderValue::from_str(authorization)?);
        }
        let answer = client.send(Method::GET, &target, headers, Bytes::new()).await?;
        let answer = good(answer, &format!("LogQL on {loki}"))?;
        Ok(memchr::memmem::find(&answer.body, uuid.as_bytes()).is_some())
    }

    async fn get(&self, path: &str) -> Result<Response> {
        let target = Target::parse(&format!("http://hub{path}"))?;
        good(self.client.send(Method::GET, &target, HeaderMap::new(), Bytes::new()).await?, path)
    }

    async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.get(path).await?;
        serde_json::from_slice(&answer.body).with_context(|| format!("the hub's answer to {path}"))
    }

    async fn post(&self, path: &str, body: Bytes) -> Result<Response> {
        good(self.send_post(path, body).await?, path)
    }

    async fn send_post(&self, path: &str, body: Bytes) -> Result<Response> {
        let target = Target::parse(&format!("http://hub{path}"))?;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        Ok(self.client.send(Method::POST, &target, headers, body).await?)
    }

    async fn post_json<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let answer = self.post(path, serde_json::to_vec(body)?.into()).await?;
        serde_json::from_slice(&answer.body).with_context(|| format!("the hub's answer to {path}"))
    }
}

/// An answer with an error status is an error here.
fn good(answer: Response, what: &str) -> Result<Response> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    bail!("{what} answered {}", quote(&answer))
}

/// The status and the beginning of the body, without control characters.
fn quote(answer: &Response) -> String {
    let body = answer.body.get(..answer.body.len().min(QUOTED_BYTES_MAX)).unwrap_or_default();
    let words: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).collect();
    format!("{}: {words}", answer.status)
}

/// Percent-encodes everything but letters and digits.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
