//! The page over made-up alerts, for work on the page and for its browser test.
//!
//! `cargo run -p web-api --example demo`: the page on 127.0.0.1:2802 (`DEMO_PAGE`), a Falco-shaped
//! ingest on 127.0.0.1:2801 (`DEMO_INGEST`). User `admin`, password `demo demo demo`;
//! `DEMO_SETUP=1` begins with the one-time code instead, `DEMO_EMPTY=1` without alerts,
//! `DEMO_QUIET=1` without new ones.

mod made_up;
mod memory;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use access_control::{Access, Role};
use alert::Alert;
use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use serde_json::{Value, json};
use telemetry::Registry;
use tokio::{net::TcpListener, sync::broadcast};
use web_api::{HealthSource, WebApi};

use crate::{made_up::Random, memory::MemoryStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let access = Access::open(dir.path())?;
    if is_set("DEMO_SETUP") {
        println!("one-time code: {}", access.setup_code().unwrap_or_default());
    } else {
        access.add_user("admin", Role::Admin, "demo demo demo")?;
    }

    let store = Arc::new(MemoryStore::default());
    let (live, _) = broadcast::channel::<Arc<Alert>>(256);
    let mut random = Random(7);
    if !is_set("DEMO_EMPTY") {
        fill(&store, &mut random);
    }

    let subscriber = live.clone();
    let api = WebApi {
        reader: store.clone(),
        tenant: "fake".to_owned(),
        access,
        health: Arc::new(MadeUpHealth),
        live: Arc::new(move || subscriber.subscribe()),
        registry: Registry::default(),
    };
    let page = TcpListener::bind(address("DEMO_PAGE", "127.0.0.1:2802")).await?;
    println!("page on http://{}", page.local_addr()?);
    tokio::spawn(async move {
        let service = web_api::http(api).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(page, service).await
    });

    let ingest = TcpListener::bind(address("DEMO_INGEST", "127.0.0.1:2801")).await?;
    tokio::spawn(axum::serve(ingest, ingest_routes(store.clone(), live.clone())).into_future());

    while !is_set("DEMO_QUIET") {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if let Some(alert) = made_up::alert(&mut random, now_ns()) {
            store.add(&alert);
            let _ = live.send(Arc::new(alert));
        }
    }
    std::future::pending().await
}

/// A day of alerts, in bursts.
fn fill(store: &MemoryStore, random: &mut Random) {
    let mut time_ns = now_ns() - 24 * 3_600_000_000_000;
    while time_ns < now_ns() {
        let quiet_s = if random.below(5) == 0 { 1_200 } else { 90 };
        time_ns += i64::try_from(random.below(quiet_s * 1_000)).unwrap_or(0) * 1_000_000 + 1;
        if time_ns > now_ns() {
            return;
        }
        if let Some(alert) = made_up::alert(random, time_ns) {
            store.add(&alert);
        }
    }
}

fn ingest_routes(store: Arc<MemoryStore>, live: broadcast::Sender<Arc<Alert>>) -> Router {
    Router::new().route(
        "/",
        post(move |body: Bytes| async move {
            match Alert::parse_json(&body, None) {
                Ok(alert) => {
                    store.add(&alert);
                    let _ = live.send(Arc::new(alert));
                    (StatusCode::OK, String::new())
                }
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            }
        }),
    )
}

struct MadeUpHealth;

impl HealthSource for MadeUpHealth {
    fn health(&self) -> Value {
        json!({
            "status": "degraded",
            "problems": ["the webhook output has not answered for 4 minutes; 12 alerts wait for it"],
            "hops": [
                { "name": "kernel", "status": "ok", "counts": { "events seen": 184_220_113, "events shipped": 90_412 }, "losses": { "ring buffer full": 0 } },
                { "name": "rules", "status": "ok", "counts": { "rules loaded": 27, "alerts fired": 1_204 }, "losses": {} },
                { "name": "ingest", "status": "ok", "counts": { "accepted": 1_204, "duplicates dropped": 3 }, "losses": { "malformed": 1 } },
                { "name": "queue", "status": "degraded", "counts": { "waiting": 12 }, "losses": {}, "note": "webhook is behind" },
                { "name": "store", "status": "ok", "counts": { "lines stored": 1_204, "streams": 31 }, "losses": {} },
                { "name": "page", "status": "ok", "counts": { "live streams": 1 }, "losses": {} }
            ],
            "queues": [
                { "name": "store", "depth": 0, "capacity": 100_000, "lag_ms": 2, "state": "ok" },
                { "name": "stdout", "depth": 0, "capacity": 100_000, "lag_ms": 1, "state": "ok" },
                { "name": "webhook", "depth": 12, "capacity": 100_000, "lag_ms": 241_000, "state": "retrying: connection refused" }
            ],
            "disk": { "path": "/var/lib/quaywatch", "store_bytes": 48_211_004, "free_bytes": 81_220_000_000_u64, "total_bytes": 240_000_000_000_u64 },
            "sensors": [ { "name": "nas", "connected": true, "last_seen_ms": now_ns() / 1_000_000, "epoch": "8f2c11d09a" } ],
            "containers": [
                { "id": "3f1c9a7be204", "name": "n8n", "image": "docker.io/n8nio/n8n:1.70.2", "runtime": "docker" },
                { "id": "91a0c2d3e4f5", "name": "<img src=x onerror=alert(2)>", "image": "evil:latest", "runtime": "docker" }
            ],
            "versions": { "quaywatch": "0.1.0", "kernel": "6.18.1", "store format": 1 },
            "self test": { "last run": "2026-11-23T05:00:00Z", "result": "passed", "hops ms": { "kernel": 1, "rule": 2 } }
        })
    }
}

fn address(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
