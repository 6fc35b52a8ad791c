//! Health checks: a task per balancer that asks every server and ends with the balancer.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};

use super::{Balancer, Target};
use crate::{body::Body, dynamic::HealthCheck, limits::HEALTH_INTERVAL_MIN};

impl Balancer {
    /// Starts asking, if the settings say so. Must be called within a runtime.
    pub(crate) fn start_health_checks(self: &Arc<Self>) {
        if self.health.is_some() && tokio::runtime::Handle::try_current().is_ok() {
            tokio::spawn(ask_all(Arc::downgrade(self)));
        }
    }
}

async fn ask_all(balancer: Weak<Balancer>) {
    loop {
        let pause = {
            let Some(balancer) = balancer.upgrade() else { return };
            let Some(check) = &balancer.health else { return };
            let mut all_well = true;
            for target in &balancer.targets {
                let well = ask(&balancer, target, check).await;
                if target.well.swap(well, Ordering::Relaxed) != well {
                    tracing::info!(service = %balancer.name, server = %target.url, well, "health check");
                }
                all_well &= well;
            }
            let unwell = check.unhealthy_interval.unwrap_or(check.interval);
            if all_well { check.interval.0 } else { unwell.0 }
        };
        tokio::time::sleep(pause.max(HEALTH_INTERVAL_MIN)).await;
    }
}

async fn ask(balancer: &Balancer, target: &Target, check: &HealthCheck) -> bool {
    let Some(request) = question(target, check) else { return false };
    let timeout = if check.timeout.0.is_zero() { Duration::from_secs(5) } else { check.timeout.0 };
    match tokio::time::timeout(timeout, balancer.client.request(request)).await {
        Ok(Ok(answer)) if check.status != 0 => answer.status().as_u16() == check.status,
        Ok(Ok(answer)) => answer.status() >= StatusCode::OK && answer.status() < StatusCode::BAD_REQUEST,
        _ => false,
    }
}

fn question(target: &Target, check: &HealthCheck) -> Option<Request<Body>> {
    let host = target.authority.host();
    let authority =
        if check.port == 0 { target.authority.to_string() } else { format!("{host}:{}", check.port) };
    let scheme = if check.scheme.is_empty() { target.scheme.as_str() } else { &check.scheme };
    let uri: Uri = format!("{scheme}://{authority}{}", check.path).parse().ok()?;
    let mut request = Request::new(Body::Empty);
    *request.uri_mut() = uri;
    if !check.method.is_empty() {
        *request.method_mut() = Method::from_bytes(check.method.to_ascii_uppercase().as_bytes()).ok()?;
    }
    let host = if check.hostname.is_empty() { authority.as_str() } else { &check.hostname };
    request.headers_mut().insert(header::HOST, HeaderValue::from_str(host).ok()?);
    for (name, value) in &check.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers_mut().insert(name, HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}
