//! Both doors, as their senders meet them.

use std::sync::Arc;

use access_control::{Access, Role};
use axum::{Router as Routes, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use telemetry::Registry;
use tower::ServiceExt as _;

use crate::{
    OutputKind, Router,
    journal::JournalConfig,
    testing::{Answer, MockOutput, Target as _, alert, config, until},
};

/// As Falco 0.44 sends it.
const FALCO: &str = r#"{"hostname":"falco-xczjd","output":"13:44:05.478445995: Critical A shell","output_fields":{"container.id":"ee97d9c4186f","evt.time":1685022245478445995},"priority":"Critical","rule":"Terminal shell in container","source":"syscall","tags":["container"],"time":"2023-05-25T13:44:05.478445995Z"}"#;

struct Answered {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

async fn ask(routes: &Routes, request: Request<Body>) -> Answered {
    let (parts, body) = routes.clone().oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answered { status: parts.status, headers: parts.headers, body }
}

async fn post(routes: &Routes, uri: &str, body: impl Into<Body>) -> Answered {
    ask(routes, Request::post(uri).body(body.into()).unwrap()).await
}

async fn get(routes: &Routes, uri: &str) -> Answered {
    ask(routes, Request::get(uri).body(Body::empty()).unwrap()).await
}

fn open_router(directory: &std::path::Path) -> Router {
    Router::open(config(directory), vec![], &Registry::default()).unwrap()
}

#[tokio::test]
async fn falcos_post_is_durable_when_it_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let router = open_router(directory.path());
    let routes = super::http(router.clone(), Arc::new(Access::off()));
    let check = async |uri: &str, body: String, queued: u64| {
        let answer = post(&routes, uri, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
        assert_eq!(router.status().queue.durable, queued);
    };
    check("/", FALCO.to_owned(), 1).await;
    check("/any/path?x=y", format!("[{FALCO},{FALCO}]"), 3).await;
    check("/", format!("{FALCO}\n{FALCO}\n"), 5).await;
    let trace = &router.traces(1)[0];
    assert!(trace.received_ns > 0 && trace.queued_ns >= trace.received_ns);
    assert_eq!(trace.container_id, "ee97d9c4186f");
}

#[tokio::test]
async fn bad_requests_are_answered_with_a_sentence_and_store_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let router = open_router(directory.path());
    let routes = super::http(router.clone(), Arc::new(Access::off()));
    let check = async |body: Vec<u8>, status: StatusCode, sentence: &str| {
        let answer = post(&routes, "/", body).await;
        assert_eq!(answer.status, status);
        assert!(answer.body.contains(sentence), "{}", answer.body);
    };
    check(b"nonsense".to_vec(), StatusCode::BAD_REQUEST, "not JSON").await;
    check(b"".to_vec(), StatusCode::BAD_REQUEST, "one JSON object").await;
    check(b"\xff\xfe".to_vec(), StatusCode::BAD_REQUEST, "not JSON").await;
    check(format!("{FALCO}{{}}").into_bytes(), StatusCode::BAD_REQUEST, "alert 2").await;
    let deep = "[".repeat(100_000);
    check(deep.into_bytes(), StatusCode::BAD_REQUEST, "recursion").await;
    let huge = FALCO.replace("A shell", &"x".repeat(crate::limits::ALERT_BYTES_MAX));
    check(huge.into_bytes(), StatusCode::PAYLOAD_TOO_LARGE, "over the limit").await;
    let long = vec![b' '; crate::limits::BODY_BYTES_MAX + 1];
    check(long, StatusCode::PAYLOAD_TOO_LARGE, "over the limit").await;
    assert_eq!(router.status().queue.durable, 0);
    let answer = get(&routes, "/").await;
    assert_eq!(
        (answer.status, answer.headers["allow"].as_bytes()),
        (StatusCode::METHOD_NOT_ALLOWED, &b"POST"[..])
    );
}

#[tokio::test]
async fn a_full_queue_is_503_with_a_time_to_come_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.queue = JournalConfig { bytes_max: 16_384, ..settings.queue };
    let (store, target) = MockOutput::new("store", OutputKind::Store, 10);
    target.answer(Answer::Fail);
    let router = Router::open(settings, vec![store], &Registry::default()).unwrap();
    let routes = super::http(router.clone(), Arc::new(Access::off()));
    let mut refused = None;
    for _ in 0..100 {
        let answer = post(&routes, "/", FALCO).await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "5");
    assert!(refused.body.contains("the queue is full"), "{}", refused.body);
    target.answer(Answer::Take);
    until("there is room again", || router.status().outputs[0].lag == 0).await;
    assert_eq!(post(&routes, "/", FALCO).await.status, StatusCode::OK);
}

#[tokio::test]
async fn open_routes_are_open_and_the_others_ask_for_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let router = open_router(&directory.path().join("queue"));
    let access = Arc::new(Access::open(&directory.path().join("access")).unwrap());
    let writer = access.add_token("falco", Role::Writer, None).unwrap();
    let reader = access.add_token("grafana", Role::Reader, None).unwrap();
    let routes = super::http(router, access);
    assert_eq!(get(&routes, "/ping").await.body, "pong\n");
    assert_eq!(get(&routes, "/healthz").await.body, r#"{"status": "ok"}"#);
    assert_eq!(get(&routes, "/metrics").await.status, StatusCode::UNAUTHORIZED);
    let metrics = get(&routes, &format!("/metrics?token={reader}")).await;
    assert!(metrics.body.contains("alert_router_accepted_alerts_total 0"), "{}", metrics.body);
    let missing = post(&routes, "/", FALCO).await;
    assert_eq!(missing.status, StatusCode::UNAUTHORIZED);
    assert!(missing.headers.contains_key("www-authenticate"));
    let check = async |uri: String, status| assert_eq!(post(&routes, &uri, FALCO).await.status, status);
    check(format!("/?token={writer}"), StatusCode::OK).await;
    check(format!("/t/{writer}"), StatusCode::OK).await;
    check(format!("/?token={reader}"), StatusCode::FORBIDDEN).await;
    check("/?token=wrong".to_owned(), StatusCode::UNAUTHORIZED).await;
    let bearer = Request::post("/").header("authorization", format!("Bearer {writer}"));
    assert_eq!(ask(&routes, bearer.body(Body::from(FALCO)).unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_sensor_is_told_what_was_new() {
    let directory = tempfile::tempdir().unwrap();
    let router = open_router(directory.path());
    let routes = super::sensor_link(router.clone());
    let line = |sequence: u64| {
        let alert = alert(sequence).to_json_line();
        format!(
            r#"{{"sensor":"s1","epoch":18446744073709551615,"sequence":{sequence},"matched_ns":5,"sent_ns":6,"alert":{alert}}}"#
        )
    };
    let check = async |body: String, status: StatusCode, expected: &str| {
        let answer = post(&routes, "/sensor/v1/alerts", body).await;
        assert_eq!(answer.status, status);
        assert!(answer.body.contains(expected), "{}", answer.body);
    };
    check(format!("{}\n{}\n", line(1), line(2)), StatusCode::OK, r#"{"accepted":2,"duplicates":0}"#).await;
    check(format!("{}\n{}", line(2), line(3)), StatusCode::OK, r#"{"accepted":1,"duplicates":1}"#).await;
    let repeated = format!("{}{}{}{}", line(2), line(3), line(2), line(4));
    check(repeated, StatusCode::OK, r#"{"accepted":1,"duplicates":3}"#).await;
    check(String::new(), StatusCode::OK, r#"{"accepted":0,"duplicates":0}"#).await;
    check("{}".to_owned(), StatusCode::BAD_REQUEST, r#""epoch" is not a number"#).await;
    assert_eq!(router.status().queue.durable, 4);
    let trace = &router.traces(1)[0];
    assert_eq!((trace.matched_ns, trace.sent_ns), (Some(5), Some(6)));
}
