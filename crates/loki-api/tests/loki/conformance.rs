//! Real Loki's answers (`conformance/logql`) against ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use axum::Router;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::server;

#[derive(serde::Deserialize)]
struct Case {
    cat: String,
    id: String,
    method: String,
    path: String,
    params: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    ctype: Option<String>,
    body: Option<Value>,
    response: Response,
    stable: bool,
    tier: u8,
}

#[derive(serde::Deserialize)]
struct Response {
    status: u16,
    body: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance/logql")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// Every file's cases, those that read what `push.json` leaves last.
fn files() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json") && name != "dataset.json")
        .collect();
    names.sort_by_key(|name| (name == "pushread.json", name == "push.json", name.clone()));
    names
}

#[tokio::test]
async fn answers_are_those_of_real_loki() {
    let router = server::router();
    push_dataset(&router).await;
    let known = read("known_failing.txt");
    let known: BTreeSet<&str> =
        known.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let verbose = std::env::var("VERBOSE").unwrap_or_default();
    let mut failed = BTreeSet::new();
    for name in files() {
        let cases: Vec<Case> = serde_json::from_str(&read(&name)).unwrap();
        let (mut passed, mut total) = (0, 0);
        for case in cases.iter().filter(|case| case.tier < 3) {
            let got = ask(&router, case).await;
            total += 1;
            if passes(case, got.0, &got.1) {
                passed += 1;
                continue;
            }
            failed.insert(case.id.clone());
            if !verbose.is_empty() && case.id.starts_with(&verbose) {
                let cut = |value: &Value| canonical(value).to_string().chars().take(3000).collect::<String>();
                println!(
                    "FAIL {} {:?}\n  want {} {}\n  got  {} {}",
                    case.id,
                    case.params.first(),
                    case.response.status,
                    cut(&case.response.body),
                    got.0,
                    cut(&got.1)
                );
            }
        }
        println!("{name:20} {passed:4} of {total:4}   ({})", cases.first().map_or("", |case| &case.cat));
    }
    let failed: BTreeSet<&str> = failed.iter().map(String::as_str).collect();
    let new: Vec<_> = failed.difference(&known).collect();
    let mended: Vec<_> = known.difference(&failed).collect();
    assert!(new.is_empty(), "cases that fail and are not in known_failing.txt: {new:?}");
    assert!(mended.is_empty(), "cases that pass now, take them out of known_failing.txt: {mended:?}");
}

async fn push_dataset(router: &Router) {
    let dataset: Value = serde_json::from_str(&read("dataset.json")).unwrap();
    for stream in dataset["streams"].as_array().unwrap() {
        let body = json!({ "streams": [stream] }).to_string().into_bytes();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("x-scope-orgid", HeaderValue::from_static("golden"));
        let (status, text) = server::ask(router, "POST", "/loki/api/v1/push", headers, body).await;
        assert_eq!(status, 204, "{text}");
    }
}

async fn ask(router: &Router, case: &Case) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("golden"));
    for (name, value) in &case.headers {
        let name: HeaderName = name.to_lowercase().parse().unwrap();
        if value.is_empty() {
            headers.remove(&name);
        } else {
            headers.insert(name, value.parse().unwrap());
        }
    }
    if let Some(kind) = case.ctype.as_ref().filter(|kind| !kind.is_empty()) {
        headers.insert("content-type", kind.parse().unwrap());
    }
    let query: Vec<String> =
        case.params.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    let uri = if query.is_empty() { case.path.clone() } else { format!("{}?{}", case.path, query.join("&")) };
    let body = match &case.body {
        Some(Value::String(text)) => text.clone().into_bytes(),
        _ => Vec::new(),
    };
    let (status, text) = server::ask(router, &case.method, &uri, headers, body).await;
    let json = text.starts_with(['{', '[']).then(|| serde_json::from_str(&text).ok()).flatten();
    (status.as_u16(), json.unwrap_or(Value::String(text)))
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn passes(case: &Case, status: u16, body: &Value) -> bool {
    let want = &case.response;
    if (case.tier == 2 || !case.stable)
        && want.status == status
        && (want.status >= 400 || shape(&want.body) == shape(body))
    {
        return true;
    }
    want.status == status && same(&canonical(&want.body), &canonical(body))
}

fn shape(body: &Value) -> Vec<String> {
    match body {
        Value::Object(members) => {
            let mut keys: Vec<String> = members.keys().cloned().collect();
            keys.sort();
            keys
        }
        Value::Array(_) => vec!["[".to_owned()],
        _ => vec!["text".to_owned()],
    }
}

/// Drops `stats`, and orders what real Loki returns in no particular order.
fn canonical(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(data) = body.get_mut("data") {
        if let Some(data) = data.as_object_mut() {
            data.remove("stats");
            if let Some(result) = data.get_mut("result").and_then(Value::as_array_mut)
                && result.iter().all(Value::is_object)
            {
                result.sort_by_key(|one| sorted_text(&json!([one.get("metric"), one.get("stream")])));
            }
        } else if let Some(items) = data.as_array_mut() {
            items.sort_by_key(sorted_text);
        }
    }
    for key in ["fields", "values", "detectedLabels"] {
        if let Some(items) = body.get_mut(key).and_then(Value::as_array_mut) {
            items.sort_by_key(sorted_text);
        }
    }
    body
}

fn sorted_text(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, String> =
                members.iter().map(|(name, value)| (name, sorted_text(value))).collect();
            format!("{sorted:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted_text).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}

fn same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            want.len() == got.len()
                && want.iter().all(|(name, value)| got.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(want), Value::Array(got)) => {
            want.len() == got.len() && want.iter().zip(got).all(|(want, got)| same(want, got))
        }
        (Value::String(want), Value::String(got)) if want != got => {
            let (Ok(want), Ok(got)) = (want.parse::<f64>(), got.parse::<f64>()) else { return false };
            want == got
                || (want.is_nan() && got.is_nan())
                || (want - got).abs() <= 1e-9 * want.abs().max(got.abs())
        }
        (Value::Number(want), Value::Number(got)) => want.as_f64() == got.as_f64(),
        (want, got) => want == got,
    }
}
