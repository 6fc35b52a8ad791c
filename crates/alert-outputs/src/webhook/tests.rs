//! The webhook against a real server on the loopback.

use std::{collections::HashSet, sync::Arc, time::Duration};

use alert::{Alert, Uuid};
use alert_router::{
    DeliveryError, Failure, Output, Queued,
    testing::{Answer, Target, alert, compliance},
};
use parking_lot::Mutex;
use telemetry::Registry;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A sink that records what is posted to it and answers as it is told.
#[derive(Clone)]
struct Sink {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answer: Answer,
    poison: HashSet<Uuid>,
    heads: Vec<String>,
    bodies: Vec<String>,
    taken: Vec<Uuid>,
    connections: usize,
}

impl Sink {
    async fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().connections += 1;
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Sink { url, state }
    }

    fn config(&self) -> Config {
        Config { address: self.url.clone(), timeout_ms: 200, ..Config::default() }
    }

    fn output(&self, config: &Config) -> Arc<dyn Output> {
        Arc::new(WebhookOutput::new(config, &Registry::default()).unwrap())
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let length =
            head.to_lowercase().split("content-length: ").nth(1)?.split('\r').next()?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let uuid = Alert::parse_json(&body, None).unwrap().uuid;
        let (answer, poisoned) = {
            let mut state = state.lock();
            state.heads.push(head);
            state.bodies.push(String::from_utf8(body).unwrap());
            (state.answer, state.poison.contains(&uuid))
        };
        let reply = match answer {
            _ if poisoned => "400 Bad Request\r\ncontent-length: 8\r\n\r\nwhat\n is".to_owned(),
            Answer::Fail => "502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Answer::AskToWait(after) => {
                format!("429 Too Many\r\nretry-after: {}\r\ncontent-length: 0\r\n\r\n", after.as_secs())
            }
            Answer::Hang => std::future::pending().await,
            Answer::Take | Answer::TakeAfter(_) => {
                if let Answer::TakeAfter(wait) = answer {
                    tokio::time::sleep(wait).await;
                }
                state.lock().taken.push(uuid);
                "204 No Content\r\n\r\n".to_owned()
            }
        };
        stream.write_all(format!("HTTP/1.1 {reply}").as_bytes()).await.ok()?;
    }
}

impl Target for Sink {
    fn answer(&self, answer: Answer) {
        self.state.lock().answer = answer;
    }

    fn poison(&self, uuid: Uuid) -> bool {
        self.state.lock().poison.insert(uuid);
        true
    }

    fn delivered(&self) -> Vec<Uuid> {
        self.state.lock().taken.clone()
    }
}

fn queued(index: u64) -> Queued {
    Queued { position: index, alert: Arc::new(alert(index)) }
}

#[tokio::test]
async fn it_passes_the_compliance_harness() {
    let sink = Sink::start().await;
    compliance(|| sink.output(&sink.config()), &sink).await;
}

#[tokio::test]
async fn requests_look_like_falcosidekicks_and_share_a_connection() {
    let sink = Sink::start().await;
    let mut config = sink.config();
    config.custom_headers = [("x-team".to_owned(), "blue".to_owned())].into();
    config.method = HttpMethod::Put;
    let output = sink.output(&config);
    output.deliver(&[queued(1)]).await.unwrap();
    output.deliver(&[queued(2)]).await.unwrap();
    let state = sink.state.lock();
    let head = state.heads[1].to_lowercase();
    assert!(head.starts_with("put /hook http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json; charset=utf-8\r\n"), "{head}");
    assert!(head.contains("x-team: blue\r\n"), "{head}");
    assert_eq!(state.bodies[1], falcosidekick_json(&alert(2)));
    assert_eq!(state.connections, 1);
}

#[tokio::test]
async fn answers_decide_what_becomes_of_an_alert() {
    let sink = Sink::start().await;
    let output = sink.output(&sink.config());
    let check = async |answer: Answer, expected: Failure| {
        sink.answer(answer);
        let error = output.deliver(&[queued(1)]).await.unwrap_err();
        assert_eq!(error, DeliveryError::Some(vec![(0, expected)]));
    };
    let retryable = |reason: &str, after| Failure::Retryable { reason: reason.into(), after };
    check(Answer::Fail, retryable("answered 502 Bad Gateway", None)).await;
    let after = Duration::from_secs(9);
    check(Answer::AskToWait(after), retryable("answered 429 Too Many Requests", Some(after))).await;
    let server = sink.url.trim_end_matches("/hook");
    check(Answer::Hang, retryable(&format!("{server}: no answer within 200 ms"), None)).await;
    sink.poison(alert(1).uuid);
    let reason = "answered 400 Bad Request: what  is".to_owned();
    check(Answer::Take, Failure::Permanent { reason }).await;
}

#[tokio::test]
async fn alerts_below_the_minimum_are_left_out() {
    let sink = Sink::start().await;
    let output = sink.output(&Config { minimum_priority: "warning".into(), ..sink.config() });
    output.deliver(&[queued(1)]).await.unwrap();
    assert!(sink.delivered().is_empty(), "the alert is a notice");
    let output = sink.output(&Config { minimum_priority: "Notice".into(), ..sink.config() });
    output.deliver(&[queued(1)]).await.unwrap();
    assert_eq!(sink.delivered().len(), 1);
}

#[tokio::test]
async fn several_requests_may_be_in_flight() {
    let sink = Sink::start().await;
    sink.answer(Answer::TakeAfter(Duration::from_millis(100)));
    let output = sink.output(&Config { requests_in_flight_max: 8, ..sink.config() });
    assert_eq!(output.batch_max(), 8);
    let batch: Vec<Queued> = (0..8).map(queued).collect();
    output.deliver(&batch).await.unwrap();
    assert_eq!(sink.delivered().len(), 8);
    assert!(sink.state.lock().connections > 1);
}

#[test]
fn the_body_is_gos() {
    let mut alert = alert(0);
    alert.time_ns = 1_795_442_601_123_450_000;
    alert.output = "a<b>&\u{2028}\"\\\n\u{1}é".into();
    alert.output_fields.clear();
    for (name, value) in
        [("z", serde_json::json!("x")), ("a", 7.into()), ("m", serde_json::json!({"k": null}))]
    {
        alert.output_fields.insert(name.into(), value);
    }
    let uuid = alert.uuid;
    assert_eq!(
        falcosidekick_json(&alert),
        format!(
            "{}\"{uuid}\",{}\n",
            r#"{"uuid":"#,
            r#""output":"a\u003cb\u003e\u0026\u2028\"\\\n\u0001é","priority":"Notice","rule":"Terminal shell in container","time":"2026-11-23T14:03:21.12345Z","output_fields":{"a":7,"m":{"k":null},"z":"x"},"source":"syscall","tags":["T1059","container","mitre_execution"],"hostname":"nas"}"#
        )
    );
    alert.tags.clear();
    alert.hostname.clear();
    assert!(falcosidekick_json(&alert).ends_with("\"source\":\"syscall\"}\n"));
}

#[test]
fn bad_settings_are_named_without_secrets() {
    let check = |config: Config, expected: &str| {
        let error = WebhookOutput::new(&config, &Registry::default()).err().unwrap().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    };
    let good = || Config { address: "http://a/secret".into(), ..Config::default() };
    check(Config { address: "http//u:secret@a".into(), ..good() }, "scheme is missing");
    check(Config { minimum_priority: "loud".into(), ..good() }, "unknown priority");
    let headers = [("a b".to_owned(), "secret".to_owned())].into();
    check(Config { custom_headers: headers, ..good() }, "a b");
    assert!(!format!("{:?}", good()).contains("secret"));
}
