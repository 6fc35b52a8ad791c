//! Rules from YAML to an Alertmanager and into the store.

use std::{
    collections::HashMap,
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    sync::{Arc, Mutex},
};

use log_record::{
    Batch, Entry, LabelMatcher, Labels, LogReader, LogWriter, MetadataColumn, ReadError, RecordBlock,
    ScanRequest, ScanSummary, StreamEntries, TextColumn, TimeRange, WriteError,
};
use logql_engine::Engine;
use telemetry::Registry;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

use crate::{AlertState, Config, RuleError, RuleGroup, Ruler};

const S: i64 = 1_000_000_000;

/// Rows in memory, one block per row.
#[derive(Default)]
struct Memory(Mutex<Vec<(Labels, Entry)>>);

impl LogWriter for Memory {
    fn append<'a>(
        &'a self,
        batch: Batch,
    ) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        let mut rows = self.0.lock().unwrap();
        for StreamEntries { labels, entries } in batch.streams {
            rows.extend(entries.into_iter().map(|entry| (labels.clone(), entry)));
        }
        Box::pin(async { Ok(()) })
    }

    fn mark(&self, _writer: &str) -> Option<u64> {
        None
    }
}

impl LogReader for Memory {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        for (labels, entry) in self.0.lock().unwrap().iter() {
            let inside = (request.range.start_ns..request.range.end_ns).contains(&entry.timestamp_ns);
            if !inside || !request.matchers.iter().all(|matcher| matcher.matches(labels)) {
                continue;
            }
            let offsets = [0, entry.line.len() as i32];
            let _ = visit(&RecordBlock {
                streams: std::slice::from_ref(labels),
                stream_of_row: &[0],
                timestamps_ns: &[entry.timestamp_ns],
                lines: TextColumn { offsets: &offsets, data: &entry.line },
                metadata: MetadataColumn::default(),
                json_fields: &[],
            });
        }
        Ok(ScanSummary::default())
    }

    fn streams(&self, _: &str, _: TimeRange, _: &[LabelMatcher]) -> Result<Vec<Labels>, ReadError> {
        Ok(self.0.lock().unwrap().iter().map(|(labels, _)| labels.clone()).collect())
    }
}

async fn write(store: &Memory, host: &str, at_ns: i64) {
    let labels = Labels::new([("app", "a"), ("host", host)]);
    let entries = vec![Entry { timestamp_ns: at_ns, line: "failed".to_owned(), metadata: Vec::new() }];
    let streams = vec![StreamEntries { labels, entries }];
    store.append(Batch { tenant: "t".to_owned(), streams, mark: None }).await.unwrap();
}

/// Takes posts and gives their bodies; says 200.
async fn listener() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut text = Vec::new();
            let mut buffer = [0; 4096];
            let body = loop {
                let count = socket.read(&mut buffer).await.unwrap_or(0);
                text.extend_from_slice(&buffer[..count]);
                let whole = String::from_utf8_lossy(&text).into_owned();
                let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")
                        .map(|n| n.trim().parse::<usize>().unwrap())
                });
                if count == 0 || body.len() >= length.unwrap_or(0) {
                    break format!("{}\n{body}", head.lines().next().unwrap_or(""));
                }
            };
            let _ =
                socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            let _ = sender.send(body);
        }
    });
    (url, receiver)
}

fn ruler(store: &Arc<Memory>, config: Config) -> Ruler {
    let registry = Registry::default();
    let engine = Engine::new(store.clone(), logql_engine::Limits::default(), &registry);
    Ruler::open(config, Arc::new(engine), store.clone(), &registry).unwrap()
}

async fn evaluate(ruler: &Ruler, at_ns: i64) {
    let all: Vec<_> = {
        let groups = ruler.0.groups.lock();
        let found = groups.iter().flat_map(|(tenant, all)| {
            all.values().flat_map(|found| &found.groups).map(|live| (tenant.clone(), live.clone()))
        });
        found.collect()
    };
    for (tenant, live) in all {
        ruler.evaluate(tenant, &live, at_ns).await;
    }
}

const RULES: &str = "
name: g
interval: 30s
rules:
- alert: Failures
  expr: sum by (host) (count_over_time({app=\"a\"} |= \"failed\" [1m])) > 1
  for: 1m
  labels: {severity: page, where: \"{{ $labels.host }}\"}
  annotations:
    summary: \"{{ $labels.host }} failed {{ $value }} times\"
- record: app:failures:count1m
  expr: sum by (host) (count_over_time({app=\"a\"}[1m]))
  labels: {team: x}
";

#[tokio::test]
async fn alerts_fire_reach_the_alertmanager_and_resolve() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Memory::default());
    let (url, mut posts) = listener().await;
    let config = Config {
        directory: folder.path().to_owned(),
        alertmanager_urls: vec![format!("{url}/am")],
        external_labels: [("site".to_owned(), "home".to_owned())].into(),
        ..Config::default()
    };
    let ruler = ruler(&store, config.clone());
    ruler.put("t", "ns", RULES).unwrap();
    let base = 1_700_000_000 * S;
    for second in [10, 20, 70, 80, 100] {
        write(&store, "h1", base + second * S).await;
    }
    write(&store, "h2", base + 20 * S).await;

    evaluate(&ruler, base + 30 * S).await;
    let pending = &ruler.status("t")[0].rules[0];
    assert_eq!((pending.state, pending.alerts.len()), (AlertState::Pending, 1));
    assert_eq!(pending.alerts[0].labels["where"], "h1");

    // A restart in between does not begin the minute anew.
    ruler.keep(crate::schedule::now_ns());
    let ruler = self::ruler(&store, config);
    evaluate(&ruler, base + 90 * S).await;
    assert_eq!(ruler.status("t")[0].rules[0].state, AlertState::Firing);
    let post = posts.recv().await.unwrap();
    assert!(post.starts_with("POST /am/api/v2/alerts HTTP/1.1\n"), "{post}");
    let body: serde_json::Value = serde_json::from_str(post.split_once('\n').unwrap().1).unwrap();
    assert_eq!(
        body[0]["labels"],
        serde_json::json!({"alertname": "Failures", "host": "h1", "severity": "page", "site": "home", "where": "h1"})
    );
    assert_eq!(body[0]["annotations"]["summary"], "h1 failed 2 times");
    assert_eq!(body[0]["startsAt"], "2023-11-14T22:14:50Z");

    evaluate(&ruler, base + 300 * S).await;
    let body = posts.recv().await.unwrap();
    assert!(body.contains("\"endsAt\":\"2023-11-14T22:18:20Z\""), "{body}");
    assert_eq!(ruler.status("t")[0].rules[0].state, AlertState::Inactive);

    // Recorded samples are lines.
    let rows = store.0.lock().unwrap();
    let recorded: HashMap<&str, &str> = rows
        .iter()
        .filter(|(labels, entry)| {
            labels.get("recording_rule") == Some("app:failures:count1m")
                && entry.timestamp_ns == base + 30 * S
        })
        .map(|(_, entry)| (entry.line.as_str(), entry.metadata[2].1.as_str()))
        .collect();
    let expected = HashMap::from([
        ("app:failures:count1m{host=\"h1\",site=\"home\",team=\"x\"} 2", "x"),
        ("app:failures:count1m{host=\"h2\",site=\"home\",team=\"x\"} 1", "x"),
    ]);
    assert_eq!(recorded, expected);
}

#[tokio::test]
async fn groups_are_kept_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { directory: folder.path().to_owned(), ..Config::default() };
    let store = Arc::new(Memory::default());
    let first = ruler(&store, config.clone());
    assert_eq!(first.list("t", None), Err(RuleError::NoGroups));
    first.put("t", "a/b", RULES).unwrap();
    let again = ruler(&store, config);
    assert_eq!(again.list("t", Some("a/b")), first.list("t", None));
    assert_eq!(RuleGroup::parse(&again.get("t", "a/b", "g").unwrap()), RuleGroup::parse(RULES));
    assert_eq!(again.get("other", "a/b", "g"), Err(RuleError::Unknown));
    assert_eq!(again.remove("t", "a/b", Some("nope")), Err(RuleError::Unknown));
    again.remove("t", "a/b", Some("g")).unwrap();
    assert_eq!(again.list("t", None), Err(RuleError::NoGroups));
    assert_eq!(again.remove("t", "a/b", None), Err(RuleError::Unknown));
}

#[tokio::test]
async fn files_are_shown_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let indented = RULES.trim().replace('\n', "\n  ");
    std::fs::write(&path, format!("groups:\n- {indented}\n")).unwrap();
    let config = Config {
        directory: folder.path().join("api"),
        files: vec![path.clone(), folder.path().join("missing.yaml")],
        files_tenant: "t".to_owned(),
        ..Config::default()
    };
    let ruler = ruler(&Arc::new(Memory::default()), config);
    assert!(ruler.list("t", Some("mine.yaml")).unwrap().contains("alert: Failures"));
    assert!(matches!(ruler.put("t", "mine.yaml", RULES), Err(RuleError::ReadOnly(_))));
    // A file that broke leaves its rules in force.
    std::fs::write(&path, "groups: [").unwrap();
    ruler.reload_files();
    assert_eq!(ruler.status("t").len(), 1);
}

#[test]
fn what_is_no_group_is_refused() {
    for (yaml, expected) in [
        ("rules: []", "invalid rules config: rule group name must not be empty"),
        ("name: g", "invalid rules config: rule group 'g' has no rules"),
        ("name: g\nrules: [{expr: \"1\"}]", "one of 'record' or 'alert' must be set"),
        ("name: g\nrules: [{alert: A}]", "field 'expr' must be set in rule"),
        ("name: g\nrules: [{alert: A, expr: '{a=\"b\"}'}]", "not a metric query"),
        (
            "name: g\nrules: [{alert: A, expr: 'sum('}]",
            "could not parse expression: parse error at line 1, col 5",
        ),
        ("name: g\nrules: [{alert: A, expr: '1', for: 5x}]", "not a valid duration string: \"5x\""),
        ("name: g\nrules: [{record: a-b, expr: '1'}]", "invalid recording rule name: a-b"),
        ("name: g\nrules: [{alert: A, expr: '1', labels: {l: '{{'}}]", "l: template: alert:1: "),
        ("name: g\nunknown: 1\nrules: []", "unable to decode rule group: "),
        ("[", "unable to decode rule group: "),
    ] {
        let error = RuleGroup::parse(yaml).unwrap_err().to_string();
        assert!(error.contains(expected), "{yaml}: {error}");
    }
}
