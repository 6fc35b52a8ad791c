//! The API as a browser and as a client meet it: who gets in, what is answered, what is refused.
//! As long as the API is wide: one helper hub, one test per behaviour.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

#[path = "../examples/demo/memory.rs"]
mod memory;

use std::sync::Arc;

use access_control::{Access, Role};
use alert::Alert;
use axum::{Router, body::Body};
use futures_util::StreamExt as _;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use log_record::Labels;
use memory::MemoryStore;
use serde_json::{Value, json};
use telemetry::Registry;
use tokio::sync::broadcast;
use tower::ServiceExt as _;
use web_api::{HealthSource, WebApi};

const PASSWORD: &str = "correct horse battery";
const SECOND_NS: i64 = 1_000_000_000;
const MARKUP: &str = "<img src=x onerror=alert(1)>";

struct Health;

impl HealthSource for Health {
    fn health(&self) -> Value {
        json!({ "status": "ok", "something new": [1, 2] })
    }
}

struct Hub {
    router: Router,
    access: Access,
    store: Arc<MemoryStore>,
    live: broadcast::Sender<Arc<Alert>>,
    token: String,
    _dir: tempfile::TempDir,
}

/// A hub with one reader's token; `live_room` alerts fit into the broadcast.
fn hub(live_room: usize) -> Hub {
    let dir = tempfile::tempdir().unwrap();
    let access = Access::open(dir.path()).unwrap();
    let token = access.add_token("t", Role::Reader, None).unwrap();
    let store = Arc::new(MemoryStore::default());
    let (live, _) = broadcast::channel(live_room);
    let subscriber = live.clone();
    let router = web_api::http(WebApi {
        reader: store.clone(),
        tenant: "fake".to_owned(),
        access: access.clone(),
        health: Arc::new(Health),
        live: Arc::new(move || subscriber.subscribe()),
        registry: Registry::default(),
    });
    Hub { router, access, store, live, token, _dir: dir }
}

fn alert(second: i64, rule: &str, priority: &str, container: &str, tags: &[&str]) -> Alert {
    let line = json!({
        "time": "1970-01-01T00:00:00Z", "rule": rule, "priority": priority, "hostname": "nas", "tags": tags,
        "output": format!("{rule} in {container}"),
        "output_fields": { "container.name": container, "proc.name": "sh", "evt.time": 1_764_000_000_000_000_001_u64 },
    });
    let mut alert = Alert::parse_json(line.to_string().as_bytes(), None).unwrap();
    alert.time_ns = second * SECOND_NS;
    alert
}

impl Hub {
    /// 200 alerts, one a second from second 1,000 on; every fourth is a Critical one of rule B in
    /// box-b, the others are Notices of rule A in box-a.
    fn filled() -> Hub {
        let hub = hub(16);
        for second in 1_000..1_200 {
            let alert = match second % 4 {
                0 => alert(second, "B", "Critical", "box-b", &["T1059", "mitre_execution"]),
                _ => alert(second, "A", "Notice", "box-a", &["container"]),
            };
            hub.store.add(&alert);
        }
        hub
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, http::HeaderMap, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.send(self.authorized(path)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    fn authorized(&self, path: &str) -> Request<Body> {
        let bearer = format!("Bearer {}", self.token);
        Request::get(path).header(header::AUTHORIZATION, bearer).body(Body::empty()).unwrap()
    }
}

fn post(path: &str) -> http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, "127.0.0.1:2802")
}

fn with(builder: http::request::Builder, body: &Value) -> Request<Body> {
    builder.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn nothing_is_answered_without_credentials() {
    let hub = Hub::filled();
    for path in ["/api/alerts", "/api/summary?from=0&to=1", "/api/health", "/api/live", "/api/alerts/x"] {
        let (status, headers, body) = hub.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(body["error"].is_string() && body["help"].is_string(), "{path}: {body}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
    let writer = hub.access.add_token("w", Role::Writer, None).unwrap();
    let request = Request::get("/api/alerts").header(header::AUTHORIZATION, format!("Bearer {writer}"));
    assert_eq!(hub.send(request.body(Body::empty()).unwrap()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(hub.send(Request::get("/ready").body(Body::empty()).unwrap()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let hub = hub(16);
    for path in ["/", "/health", "/api/session", "/api/nothing", "/missing.js"] {
        let (_, headers, _) = hub.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
    }
    let (status, _, body) = hub.send(Request::get("/api/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn the_page_is_cached_by_its_content() {
    let hub = hub(16);
    let (status, headers, _) = hub.send(Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let etag = headers[header::ETAG].clone();
    let again = Request::get("/some/view").header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
    assert_eq!(hub.send(again).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_one_time_code_opens_a_session_that_logout_ends() {
    let hub = hub(16);
    let code = hub.access.setup_code().unwrap();
    let (_, _, session) = hub.send(Request::get("/api/session").body(Body::empty()).unwrap()).await;
    assert_eq!((&session["needs_setup"], &session["user"]), (&json!(true), &Value::Null));

    let wrong = json!({ "code": "AAAA-AAAA-AAAA", "name": "anna", "password": PASSWORD });
    assert_eq!(hub.send(with(post("/api/setup"), &wrong)).await.0, StatusCode::FORBIDDEN);
    let right = json!({ "code": code, "name": "anna", "password": PASSWORD });
    let (status, headers, body) = hub.send(with(post("/api/setup"), &right)).await;
    assert_eq!((status, &body["user"]["role"]), (StatusCode::OK, &json!("admin")));
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");

    let cookie = cookie.split(';').next().unwrap().to_owned();
    let alerts = || Request::get("/api/alerts").header(header::COOKIE, &cookie).body(Body::empty()).unwrap();
    assert_eq!(hub.send(alerts()).await.0, StatusCode::OK);
    let empty = json!({});
    let logout = post("/api/logout").header(header::COOKIE, &cookie);
    assert_eq!(hub.send(with(logout, &empty)).await.0, StatusCode::OK);
    assert_eq!(hub.send(alerts()).await.0, StatusCode::UNAUTHORIZED);

    let login = json!({ "name": "anna", "password": PASSWORD });
    assert_eq!(hub.send(with(post("/api/login"), &login)).await.0, StatusCode::OK);
    let wrong = json!({ "name": "anna", "password": "something else" });
    assert_eq!(hub.send(with(post("/api/login"), &wrong)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(hub.send(with(post("/api/setup"), &right)).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn changes_from_another_site_are_refused() {
    let hub = hub(16);
    hub.access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    let login = json!({ "name": "anna", "password": PASSWORD });
    let check = async |name: &'static str, value: &'static str, expected: StatusCode| {
        let request = with(post("/api/login").header(name, value), &login);
        assert_eq!(hub.send(request).await.0, expected, "{name}: {value}");
    };
    check("origin", "http://127.0.0.1:2802", StatusCode::OK).await;
    check("origin", "http://evil.example", StatusCode::FORBIDDEN).await;
    check("origin", "null", StatusCode::FORBIDDEN).await;
    check("sec-fetch-site", "same-origin", StatusCode::OK).await;
    check("sec-fetch-site", "same-site", StatusCode::FORBIDDEN).await;
    check("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN).await;
    let form = Request::post("/api/login").header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(hub.send(with(form, &login)).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let odd = json!({ "name": "anna", "pass": 1 });
    assert!(hub.send(with(post("/api/login"), &odd)).await.0.is_client_error());
}

#[tokio::test]
async fn without_access_control_a_foreign_name_is_refused() {
    let (live, _) = broadcast::channel(1);
    let router = web_api::http(WebApi {
        reader: Arc::new(MemoryStore::default()),
        tenant: "fake".to_owned(),
        access: Access::off(),
        health: Arc::new(Health),
        live: Arc::new(move || live.subscribe()),
        registry: Registry::default(),
    });
    for (host, expected) in
        [("127.0.0.1:2802", 200), ("localhost", 200), ("[::1]:2802", 200), ("evil.example:2802", 421)]
    {
        let request = Request::get("/api/alerts").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), expected, "{host}");
    }
}

#[tokio::test]
async fn pages_of_alerts_neither_repeat_nor_skip() {
    let hub = Hub::filled();
    // Three more at one instant: the cursor must tell them apart.
    for _ in 0..3 {
        hub.store.add(&alert(1_150, "A", "Notice", "box-a", &[]));
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hub.get(&format!("/api/alerts?limit=7&before={cursor}")).await;
        seen.extend(page["alerts"].as_array().unwrap().iter().map(|alert| {
            (
                alert["time_ns"].as_str().unwrap().parse::<i64>().unwrap(),
                alert["uuid"].as_str().unwrap().to_owned(),
            )
        }));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 203);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
}

#[tokio::test]
async fn filters_include_exclude_and_add_up() {
    let hub = Hub::filled();
    hub.store.add(&alert(1_300, "C.*", "Error", "", &["T1059.004"]));
    hub.store.add_line(1_301 * SECOND_NS, Labels::new([("app", "x")]), "a line of somebody else");
    hub.store.add_line(1_302 * SECOND_NS, Labels::new([("rule", "x"), ("priority", "Error")]), "not JSON");
    let check = async |query: &str, expected: u64| {
        let summary = hub.get(&format!("/api/summary?from=0&to=1300001&{query}")).await;
        assert_eq!(summary["total"], expected, "summary {query}");
        let list = hub.get(&format!("/api/alerts?limit=500&from=0&to=1300001&{query}")).await;
        assert_eq!(list["alerts"].as_array().unwrap().len() as u64, expected, "list {query}");
    };
    check("", 201).await;
    check("rule=A", 150).await;
    check("rule=A&rule=B", 200).await;
    check("rule=A&not.rule=A", 0).await;
    check("not.rule=A", 51).await;
    check("rule=C.*", 1).await;
    check("priority=critical", 50).await;
    check("container=box-b&priority=Notice", 0).await;
    check("container=", 1).await;
    check("tag=T1059", 50).await;
    check("not.tag=T1059", 151).await;
    check("tag=T1059&tag=T1059.004", 51).await;
    check("host=nas&source=syscall&proc=sh", 201).await;
    check("q=in%20BOX-b", 50).await;
    check("q=output_fields", 0).await;
    check("q=%22", 0).await;
    check("unknown=1", 201).await;
}

#[tokio::test]
async fn the_summary_counts_by_time_and_facet() {
    let hub = Hub::filled();
    let summary = hub.get("/api/summary?from=1000000&to=1200000&buckets=4").await;
    assert_eq!(summary["bucket_ms"], 50_000.0);
    assert_eq!(summary["timeline"], json!({ "Critical": [13, 12, 13, 12], "Notice": [37, 38, 37, 38] }));
    assert_eq!(summary["facets"]["rule"]["values"], json!([["A", 150], ["B", 50]]));
    assert_eq!(
        summary["facets"]["tag"]["values"],
        json!([["container", 150], ["T1059", 50], ["mitre_execution", 50]])
    );
    assert_eq!(summary["facets"]["image"]["values"], json!([["", 200]]));
    for bad in ["", "from=5&to=1", "from=x&to=1"] {
        let (status, _, body) = hub.send(hub.authorized(&format!("/api/summary?{bad}"))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}: {body}");
    }
}

#[tokio::test]
async fn one_alert_comes_with_its_line_and_exact_numbers() {
    let hub = hub(16);
    let mut stored = alert(1_000, MARKUP, "Notice", "\u{202e}box", &[]);
    stored.output_fields.insert("proc.pid".to_owned(), 7.into());
    hub.store.add(&stored);
    for path in [format!("/api/alerts/{}", stored.uuid), format!("/api/alerts/{}?at=1000000", stored.uuid)] {
        let found = hub.get(&path).await;
        assert_eq!(found["line"], stored.to_json_line());
        assert_eq!(found["alert"]["rule"], MARKUP);
        assert_eq!(found["alert"]["time_ns"], "1000000000000");
        assert_eq!(
            found["alert"]["output_fields"]["evt.time"], "1764000000000000001",
            "JavaScript would round it"
        );
        assert_eq!(found["alert"]["output_fields"]["proc.pid"], 7);
    }
    let (status, _, _) = hub.send(hub.authorized("/api/alerts/00000000-0000-0000-0000-000000000000")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_is_passed_on_with_the_metrics() {
    let health = hub(16).get("/api/health").await;
    assert_eq!(health["something new"], json!([1, 2]));
    assert_eq!(health["metrics"]["web_live_streams"], 0);
}

/// Reads events until `count` came that are not `hello`.
async fn events(
    hub: &Hub,
    request: Request<Body>,
    count: usize,
    after_hello: impl FnOnce(),
) -> Vec<(String, Value)> {
    let response = hub.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body().into_data_stream();
    let (mut text, mut after_hello) = (String::new(), Some(after_hello));
    loop {
        text.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
        if let Some(act) = after_hello.take() {
            act();
        }
        let found: Vec<(String, Value)> = text
            .split("\n\n")
            .filter_map(|event| {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                Some((field("event: ")?.to_owned(), serde_json::from_str(field("data: ")?).ok()?))
            })
            .filter(|(name, _)| name != "hello")
            .collect();
        if found.len() >= count {
            return found;
        }
    }
}

#[tokio::test]
async fn live_alerts_are_filtered_and_a_lag_is_told() {
    let hub = hub(4);
    let send = |rule: &str| drop(hub.live.send(Arc::new(alert(2_000, rule, "Error", MARKUP, &["T1059"]))));
    let found = events(&hub, hub.authorized("/api/live?rule=B&tag=T1059"), 1, || {
        send("A");
        send("B");
    });
    let found = found.await;
    assert_eq!((found[0].0.as_str(), &found[0].1["rule"]), ("alert", &json!("B")));
    let found = events(&hub, hub.authorized("/api/live"), 2, || (0..10).for_each(|_| send("A"))).await;
    assert_eq!((found[0].0.as_str(), &found[0].1["missed"]), ("lagged", &json!(6)));
    assert_eq!(found[1].0, "alert");
}

#[tokio::test]
async fn a_live_stream_resumes_after_the_last_alert_seen() {
    let hub = Hub::filled();
    let newest = hub.get("/api/alerts?limit=3").await;
    let cursor = newest["alerts"][2]["cursor"].as_str().unwrap();
    let mut request = hub.authorized("/api/live");
    request.headers_mut().insert("last-event-id", cursor.parse().unwrap());
    let by_header = events(&hub, request, 2, || ()).await;
    let by_parameter = events(&hub, hub.authorized(&format!("/api/live?after={cursor}")), 2, || ()).await;
    assert_eq!(by_header, by_parameter);
    let seconds: Vec<&str> = by_header.iter().map(|(_, alert)| alert["time_ns"].as_str().unwrap()).collect();
    assert_eq!(seconds, ["1198000000000", "1199000000000"], "oldest first");
}

#[tokio::test(start_paused = true)]
async fn a_live_stream_ends_with_its_session() {
    let hub = hub(16);
    let found = events(&hub, hub.authorized("/api/live"), 1, || hub.access.remove_token("t").unwrap());
    let names: Vec<String> = found.await.into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"bye".to_owned()), "{names:?}");
}
