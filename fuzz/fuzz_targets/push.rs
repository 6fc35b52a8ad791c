//! Bodies of Loki and OpenTelemetry pushes, through the whole door. The first byte chooses path, type
//! and encoding; for snappy the bytes are packed first, so that the protobuf behind it is reached.
#![no_main]

use std::sync::Arc;

use access_control::Access;
use axum::{Router, body::Body};
use http::Request;
use libfuzzer_sys::fuzz_target;
use loki_api::LokiApi;
use quaywatch_fuzz::Lines;
use telemetry::Registry;
use tower::ServiceExt as _;

thread_local! {
    static SERVER: (Router, tokio::runtime::Runtime) = {
        let (store, registry) = (Arc::new(Lines::default()), Registry::default());
        let limits = logql_engine::Limits::default();
        let engine = Arc::new(logql_engine::Engine::new(store.clone(), limits, &registry));
        let api = LokiApi::new(engine, store.clone(), store, Access::off(), &registry);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        (loki_api::http(api), runtime.expect("a runtime"))
    };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else { return };
    let (kind, encoding) = match choice % 8 {
        0 => ("application/json", ""),
        1 => ("application/json", "gzip"),
        2 => ("application/json", "deflate"),
        3 => ("application/json", "snappy"),
        6 => ("application/json", ""),
        _ => ("application/x-protobuf", ""),
    };
    let body = match choice % 8 {
        5 => snap::raw::Encoder::new().compress_vec(body).expect("small"),
        _ => body.to_vec(),
    };
    let path = if choice % 8 >= 6 { "/otlp/v1/logs" } else { "/loki/api/v1/push" };
    let request = Request::post(path).header("content-type", kind);
    let request = request.header("content-encoding", encoding).body(Body::from(body)).expect("a request");
    SERVER.with(|(router, runtime)| {
        let status = runtime.block_on(router.clone().oneshot(request)).expect("infallible").status();
        assert!(!status.is_server_error(), "{status}");
    });
});
