//! Push bodies as agents send them: snappy-compressed protobuf, or JSON.

use std::collections::BTreeMap;

use anyhow::Result;

use super::lines::Line;

/// How bodies are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Protobuf,
    Json,
}

impl Form {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Form::Protobuf => "application/x-protobuf",
            Form::Json => "application/json",
        }
    }
}

/// One body with all lines, by stream.
pub(super) fn body(form: Form, lines: &[Line]) -> Result<Vec<u8>> {
    let mut streams: BTreeMap<(&str, &str), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        streams.entry((&line.priority, &line.rule)).or_default().push(line);
    }
    match form {
        Form::Json => {
            let streams = streams.into_iter().map(|((priority, rule), lines)| {
                let values: Vec<_> = lines
                    .iter()
                    .map(|line| serde_json::json!([line.timestamp_ns.to_string(), line.text]))
                    .collect();
                serde_json::json!({
                    "stream": {"hostname": "node-1", "priority": priority, "rule": rule, "source": "syscall"},
                    "values": values,
                })
            });
            let streams: Vec<_> = streams.collect();
            Ok(serde_json::to_vec(&serde_json::json!({ "streams": streams }))?)
        }
        Form::Protobuf => {
            let mut request = Vec::new();
            for ((priority, rule), lines) in streams {
                let labels = format!(
                    r#"{{hostname="node-1", priority="{priority}", rule="{rule}", source="syscall"}}"#
                );
                let mut stream = Vec::new();
                put_bytes(&mut stream, 1, labels.as_bytes());
                for line in lines {
                    let mut time = vec![0x08];
                    put_varint(&mut time, (line.timestamp_ns / 1_000_000_000) as u64);
                    time.push(0x10);
                    put_varint(&mut time, (line.timestamp_ns % 1_000_000_000) as u64);
                    let mut entry = Vec::with_capacity(line.text.len() + 32);
                    put_bytes(&mut entry, 1, &time);
                    put_bytes(&mut entry, 2, line.text.as_bytes());
                    put_bytes(&mut stream, 2, &entry);
                }
                put_bytes(&mut request, 1, &stream);
            }
            Ok(snap::raw::Encoder::new().compress_vec(&request)?)
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
