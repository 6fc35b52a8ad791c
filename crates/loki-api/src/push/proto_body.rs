//! The protobuf push body (`logproto.PushRequest`), messages written by hand.

use log_record::Entry;
use logql_syntax::MatchOp;
use prost::Message;

use super::SentStream;
use crate::{limits, reply::Refusal};

#[derive(Clone, PartialEq, Message)]
struct PushRequest {
    #[prost(message, repeated, tag = "1")]
    streams: Vec<StreamAdapter>,
}

#[derive(Clone, PartialEq, Message)]
struct StreamAdapter {
    #[prost(string, tag = "1")]
    labels: String,
    #[prost(message, repeated, tag = "2")]
    entries: Vec<EntryAdapter>,
}

#[derive(Clone, PartialEq, Message)]
struct EntryAdapter {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(string, tag = "2")]
    line: String,
    #[prost(message, repeated, tag = "3")]
    structured_metadata: Vec<LabelPair>,
}

#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// Decodes a body; any mistake refuses all of it.
pub(super) fn decode(body: &[u8]) -> Result<Vec<SentStream>, Refusal> {
    let request = PushRequest::decode(body)
        .map_err(|error| Refusal::bad(format!("the push body is not a valid protobuf message: {error}\n")))?;
    let entries: usize = request.streams.iter().map(|stream| stream.entries.len()).sum();
    if entries > limits::PUSH_ENTRIES_MAX {
        return Err(Refusal::bad(format!("more than {} entries in one push\n", limits::PUSH_ENTRIES_MAX)));
    }
    request
        .streams
        .into_iter()
        .map(|stream| {
            Ok(SentStream {
                labels: labels(&stream.labels)?,
                entries: stream.entries.into_iter().map(entry).collect(),
            })
        })
        .collect()
}

fn entry(sent: EntryAdapter) -> Entry {
    let timestamp = sent.timestamp.unwrap_or_default();
    Entry {
        timestamp_ns: timestamp
            .seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(i64::from(timestamp.nanos)),
        line: sent.line,
        metadata: sent.structured_metadata.into_iter().map(|pair| (pair.name, pair.value)).collect(),
    }
}

/// `{a="b", c="d"}`
pub(super) fn labels(text: &str) -> Result<Vec<(String, String)>, Refusal> {
    let parsed = logql_syntax::parse_selector(text)
        .map_err(|error| Refusal::bad(format!("couldn't parse labels: {error}\n")))?;
    parsed
        .into_iter()
        .map(|matcher| match matcher.op {
            MatchOp::Equal => Ok((matcher.name, matcher.value)),
            _ => Err(Refusal::bad(format!("couldn't parse labels: {matcher} is not a label of a stream\n"))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let body = PushRequest {
            streams: vec![StreamAdapter {
                labels: r#"{a="b"}"#.to_owned(),
                entries: vec![EntryAdapter {
                    timestamp: Some(Timestamp { seconds: 1, nanos: 5 }),
                    line: "x".to_owned(),
                    structured_metadata: vec![LabelPair { name: "m".to_owned(), value: "v".to_owned() }],
                }],
            }],
        }
        .encode_to_vec();
        let decoded = decode(&body).unwrap();
        let expected = SentStream {
            labels: vec![("a".to_owned(), "b".to_owned())],
            entries: vec![Entry {
                timestamp_ns: 1_000_000_005,
                line: "x".to_owned(),
                metadata: vec![("m".to_owned(), "v".to_owned())],
            }],
        };
        assert_eq!(decoded, vec![expected]);
    }
}
