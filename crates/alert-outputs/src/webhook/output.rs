//! Delivery by HTTP: one request per alert, and what its answer means.

use std::sync::Arc;

use alert::{Alert, Priority};
use alert_router::{DeliveryError, Failure, Output, Queued};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_client::{Client, Response, Target, TlsConfig};
use telemetry::{Counter, Registry};

use super::{
    body::falcosidekick_json,
    config::{Config, ConfigError, HttpMethod},
};
use crate::{
    limits::{ANSWER_QUOTE_BYTES_MAX, WEBHOOK_REQUESTS_IN_FLIGHT_MAX},
    list::Description,
};

/// What it is.
pub const DESCRIPTION: Description =
    Description { name: "webhook", summary: "each alert posted as JSON to a URL, as Falcosidekick does" };

/// Posts alerts.
pub struct WebhookOutput {
    name: String,
    client: Client,
    target: Target,
    method: Method,
    headers: HeaderMap,
    minimum_priority: Option<Priority>,
    requests_in_flight_max: usize,
    filtered: Counter,
}

impl WebhookOutput {
    /// Checks the configuration; connects to nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: &Config, registry: &Registry) -> Result<Self, ConfigError> {
        let client = Client::new(&http_client::Config {
            timeout_ms: config.timeout_ms,
            tls: TlsConfig {
                check_certificate: config.check_certificate,
                ca_file: config.ca_file.clone(),
                certificate_file: config.certificate_file.clone(),
                key_file: config.key_file.clone(),
            },
            ..http_client::Config::default()
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Quaywatch"));
        for (name, value) in &config.custom_headers {
            let wrong = || ConfigError::Header(name.clone());
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::try_from(name.as_str()).map_err(|_| wrong())?, value);
        }
        let minimum_priority = match config.minimum_priority.as_str() {
            "" => None,
            text => Some(text.parse()?),
        };
        let help = "Alerts below the output's minimum priority.";
        Ok(WebhookOutput {
            name: config.name.clone(),
            client,
            target: Target::parse(&config.address)?,
            method: match config.method {
                HttpMethod::Post => Method::POST,
                HttpMethod::Put => Method::PUT,
            },
            headers,
            minimum_priority,
            requests_in_flight_max: config.requests_in_flight_max.clamp(1, WEBHOOK_REQUESTS_IN_FLIGHT_MAX),
            filtered: registry.counter(
                "alert_outputs_filtered_alerts_total",
                help,
                &[("output", config.name.as_str())],
            ),
        })
    }

    /// `Emergency < Debug`: the worse, the smaller.
    fn wants(&self, alert: &Alert) -> bool {
        self.minimum_priority.is_none_or(|minimum| alert.priority <= minimum)
    }

    async fn send(&self, alert: Arc<Alert>) -> Result<(), Failure> {
        if !self.wants(&alert) {
            self.filtered.increment();
            return Ok(());
        }
        let body = Bytes::from(falcosidekick_json(&alert));
        match self.client.send(self.method.clone(), &self.target, self.headers.clone(), body).await {
            Ok(response) => judge(&response),
            Err(error) => Err(Failure::Retryable { reason: error.to_string(), after: None }),
        }
    }
}

#[async_trait]
impl Output for WebhookOutput {
    fn name(&self) -> &str {
        &self.name
    }

    fn batch_max(&self) -> usize {
        self.requests_in_flight_max
    }

    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        let alerts: Vec<Arc<Alert>> = batch.iter().map(|queued| queued.alert.clone()).collect();
        let results: Vec<(usize, Result<(), Failure>)> = stream::iter(alerts.into_iter().enumerate())
            .map(|(index, alert)| async move { (index, self.send(alert).await) })
            .buffered(self.requests_in_flight_max)
            .collect()
            .await;
        let failed: Vec<(usize, Failure)> =
            results.into_iter().filter_map(|(index, result)| Some((index, result.err()?))).collect();
        if failed.is_empty() { Ok(()) } else { Err(DeliveryError::Some(failed)) }
    }
}

/// What an answer means for the alert: any 2xx is success; what may pass by itself is tried again;
/// everything else, redirects included, needs somebody to change something.
fn judge(response: &Response) -> Result<(), Failure> {
    let status = response.status;
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("answered {status}{}", quote(&response.body));
    let may_pass = status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS]
            .contains(&status);
    Err(if may_pass {
        Failure::Retryable { reason, after: response.retry_after() }
    } else {
        Failure::Permanent { reason }
    })
}

/// The beginning of an answer's text, on one line.
fn quote(body: &[u8]) -> String {
    let start = body.get(..body.len().min(ANSWER_QUOTE_BYTES_MAX)).unwrap_or_default();
    let text: String = String::from_utf8_lossy(start)
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
