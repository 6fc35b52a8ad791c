//! OTLP records made into Loki streams: seventeen resource attributes become labels, everything
//! else structured metadata.

use std::collections::HashMap;

use log_record::Entry;

use super::model::{Any, LogRecord, Request, ScopeLogs};
use crate::{
    limits,
    push::{SentStream, service_name},
};

/// Resource attributes that become labels (Loki's default `otlp_config`).
const INDEX_LABELS: &[&str] = &[
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "cloud.region",
    "cloud.availability_zone",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "container.name",
    "k8s.replicaset.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
];

/// The same, for clients that ask.
pub(crate) fn index_labels() -> &'static [&'static str] {
    INDEX_LABELS
}

type Pairs = Vec<(String, String)>;

/// What a pair takes in memory beside its texts.
const PAIR_BYTES: usize = size_of::<(String, String)>();

/// The streams of a request, one per set of labels, in order of first appearance.
///
/// # Errors
/// Bytes of metadata, when every record repeats so much of its resource and scope that memory
/// would not hold it.
pub(super) fn streams(
    request: Request,
    discover_service_name: bool,
    now_ns: i64,
) -> Result<Vec<SentStream>, usize> {
    let mut repeated_bytes = 0usize;
    let mut streams: Vec<SentStream> = Vec::new();
    let mut numbers: HashMap<Pairs, usize> = HashMap::new();
    for resource in request.resources {
        let (mut labels, mut resource_metadata) = (Pairs::new(), Pairs::new());
        for (name, value) in &resource.attributes {
            let indexed = INDEX_LABELS.contains(&name.as_str());
            flatten(name, value, "", if indexed { &mut labels } else { &mut resource_metadata });
        }
        if discover_service_name
            && !labels.iter().any(|(name, value)| name == "service_name" && !value.is_empty())
        {
            labels.retain(|(name, _)| name != "service_name");
            // Here the sender's order decides, not the order of the names (Loki).
            let found = labels.iter().find(|(name, _)| service_name::is_source(name));
            let name = found.map_or_else(|| service_name::UNKNOWN.to_owned(), |(_, value)| value.clone());
            labels.push(("service_name".to_owned(), name));
        }
        labels.sort();
        for scope in resource.scopes {
            if scope.records.is_empty() {
                continue;
            }
            let scope_metadata = scope_metadata(&scope);
            let shared = resource_metadata.iter().chain(&scope_metadata);
            let bytes: usize = shared.map(|(name, value)| name.len() + value.len() + PAIR_BYTES).sum();
            repeated_bytes = repeated_bytes.saturating_add(bytes.saturating_mul(scope.records.len()));
            if repeated_bytes > limits::OTLP_REPEATED_BYTES_MAX {
                return Err(repeated_bytes);
            }
            let number = *numbers.entry(labels.clone()).or_insert_with(|| {
                streams.push(SentStream { labels: labels.clone(), entries: Vec::new() });
                streams.len() - 1
            });
            let Some(stream) = streams.get_mut(number) else { continue };
            for record in scope.records {
                let mut entry = entry(record, now_ns);
                entry.metadata.extend(resource_metadata.iter().cloned());
                entry.metadata.extend(scope_metadata.iter().cloned());
                stream.entries.push(entry);
            }
        }
    }
    Ok(streams)
}

fn scope_metadata(scope: &ScopeLogs) -> Pairs {
    let mut all = Pairs::new();
    scope.attributes.iter().for_each(|(name, value)| flatten(name, value, "", &mut all));
    let mut push = |name: &str, value: String| {
        if !value.is_empty() {
            all.push((name.to_owned(), value));
        }
    };
    push("scope_name", scope.name.clone());
    push("scope_version", scope.version.clone());
    push("scope_dropped_attributes_count", positive(scope.dropped_attributes));
    all
}

fn positive(count: u32) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn entry(record: LogRecord, now_ns: i64) -> Entry {
    let mut metadata = Pairs::new();
    record.attributes.iter().for_each(|(name, value)| flatten(name, value, "", &mut metadata));
    let mut push = |name: &str, value: String| {
        if !value.is_empty() {
            metadata.push((name.to_owned(), value));
        }
    };
    // Without a time of its own a record carries the observed one as its timestamp already.
    if record.time_ns != 0 && record.observed_ns != 0 {
        push("observed_timestamp", record.observed_ns.to_string());
    }
    if record.severity_number != 0 {
        push("severity_number", record.severity_number.to_string());
    }
    push("severity_text", record.severity_text);
    push("dropped_attributes_count", positive(record.dropped_attributes));
    push("flags", positive(record.flags));
    push("trace_id", id(&record.trace_id));
    push("span_id", id(&record.span_id));
    let time = [record.time_ns, record.observed_ns].into_iter().find(|time| *time != 0);
    let timestamp_ns = time.map_or(now_ns, |time| i64::try_from(time).unwrap_or(i64::MAX));
    Entry { timestamp_ns, line: record.body.text(), metadata }
}

/// Hex; nothing for an id of zeros.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn flatten(name: &str, value: &Any, prefix: &str, out: &mut Pairs) {
    let name = if prefix.is_empty() { label_name(name) } else { label_name(&format!("{prefix}_{name}")) };
    match value {
        Any::Map(members) => members.iter().for_each(|(inner, value)| flatten(inner, value, &name, out)),
        value => out.push((name, value.text())),
    }
}

/// What OTLP's translation to Prometheus makes of an attribute's name.
fn label_name(name: &str) -> String {
    let sanitized: String = name
        .chars()
        .map(|next| if next.is_ascii_alphanumeric() || next == '_' { next } else { '_' })
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("key_{sanitized}")
    } else if sanitized.starts_with('_') && !sanitized.starts_with("__") {
        format!("key{sanitized}")
    } else {
        sanitized
    }
}

#[cfg(test)]
mod tests {
    use super::{super::model::ResourceLogs, *};

    #[test]
    fn names_are_labels() {
        for (name, expected) in
            [("a.b", "a_b"), ("1x", "key_1x"), ("_x", "key_x"), ("__x", "__x"), ("ü", "key_")]
        {
            assert_eq!(label_name(name), expected, "{name}");
        }
    }

    #[test]
    fn attributes_go_where_loki_puts_them() {
        let text = |text: &str| Any::Text(text.to_owned());
        let record = LogRecord {
            observed_ns: 9,
            body: text("line"),
            trace_id: vec![0; 16],
            span_id: vec![1, 0xab],
            attributes: vec![("m".to_owned(), Any::Map(vec![("k.x".to_owned(), Any::Int(5))]))],
            ..LogRecord::default()
        };
        let scope = ScopeLogs { name: "sc".to_owned(), records: vec![record], ..ScopeLogs::default() };
        let resource = ResourceLogs {
            attributes: vec![
                ("k8s.container.name".to_owned(), text("c")),
                ("host.name".to_owned(), text("h")),
            ],
            scopes: vec![scope],
        };
        let streams = streams(Request { resources: vec![resource] }, true, 1).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(streams[0].labels, vec![pair("k8s_container_name", "c"), pair("service_name", "c")]);
        let entry = &streams[0].entries[0];
        assert_eq!((entry.timestamp_ns, entry.line.as_str()), (9, "line"));
        let expected = vec![
            pair("m_k_x", "5"),
            pair("span_id", "01ab"),
            pair("host_name", "h"),
            pair("scope_name", "sc"),
        ];
        assert_eq!(entry.metadata, expected);
    }

    #[test]
    fn a_large_resource_of_many_records_is_refused() {
        let attributes = vec![("big".to_owned(), Any::Text("x".repeat(1 << 20)))];
        let records = (0..1_000).map(|_| LogRecord::default()).collect();
        let scopes = vec![ScopeLogs { records, ..ScopeLogs::default() }];
        let request = Request { resources: vec![ResourceLogs { attributes, scopes }] };
        assert!(streams(request, true, 1).is_err());
    }
}
