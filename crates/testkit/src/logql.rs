//! Asking the log store what it has, as Grafana would.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::{Answer, await_some, request};

/// A Loki API.
#[derive(Debug, Clone)]
pub struct LogQl {
    address: SocketAddr,
    authorization: Option<String>,
}

/// A line that a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Labels of its stream.
    pub labels: serde_json::Map<String, Value>,
    /// Nanoseconds since 1970.
    pub time_ns: i64,
    /// The line.
    pub text: String,
}

impl Line {
    /// The line as an alert.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn alert(&self) -> alert::Alert {
        alert::Alert::parse_json(self.text.as_bytes(), None)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// How far back queries look.
const LOOK_BACK: Duration = Duration::from_secs(3600);

impl LogQl {
    /// Where it listens, and what stands in `Authorization`.
    pub fn new(address: SocketAddr, authorization: Option<&str>) -> Self {
        LogQl { address, authorization: authorization.map(str::to_owned) }
    }

    /// `GET` of a path with query parameters.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> std::io::Result<Answer> {
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let headers: Vec<(&str, &str)> =
            self.authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        request("GET", self.address, &format!("{path}?{}", query.join("&")), &headers, b"")
    }

    /// `query_range` over the last hour and the next minute, oldest first.
    ///
    /// # Panics
    /// When the answer is not a list of streams.
    #[track_caller]
    pub fn lines(&self, query: &str) -> Vec<Line> {
        let now = SystemTime::now();
        let answer = self
            .get(
                "/loki/api/v1/query_range",
                &[
                    ("query", query),
                    ("start", &nanoseconds(now - LOOK_BACK)),
                    ("end", &nanoseconds(now + Duration::from_secs(60))),
                    ("limit", "5000"),
                    ("direction", "forward"),
                ],
            )
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        lines_of(&answer.json())
    }

    /// Waits until a query finds at least `count` lines.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn await_lines(&self, query: &str, count: usize, limit: Duration) -> Vec<Line> {
        let mut seen = 0;
        await_some(&format!("{count} lines of {query}"), limit, || {
            let lines = self.lines(query);
            if lines.len() != seen {
                seen = lines.len();
                eprintln!("{query}: {seen} of {count}");
            }
            (seen >= count).then_some(lines)
        })
    }
}

fn lines_of(answer: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    for stream in answer["data"]["result"].as_array().unwrap_or_else(|| panic!("no streams in {answer}")) {
        let labels = stream["stream"].as_object().cloned().unwrap_or_default();
        for value in stream["values"].as_array().into_iter().flatten() {
            lines.push(Line {
                labels: labels.clone(),
                time_ns: value[0].as_str().and_then(|time| time.parse().ok()).expect("a time"),
                text: value[1].as_str().expect("a line").to_owned(),
            });
        }
    }
    lines.sort_by_key(|line| line.time_ns);
    lines
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_nanos().to_string()
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
