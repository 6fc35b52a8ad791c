//! The JSON push body, and its older form.
//!
//! `{"streams":[{"stream":{"a":"b"},"values":[["<ns>","line",{"key":"metadata"}]]}]}`; formerly
//! `{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"2024-01-15T10:00:00Z","line":"x"}]}]}`.

use std::fmt;

use log_record::Entry;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{SentStream, proto_body};
use crate::{limits, reply::Refusal, times};

/// Decodes a body; any mistake refuses all of it.
pub(super) fn decode(body: &[u8]) -> Result<Vec<SentStream>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::bad("EOF\n"));
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("the push body is not valid: {error}\n")))?;
    let streams = body.streams.unwrap_or_default();
    let entries: usize = streams.iter().map(|stream| stream.values.len() + stream.entries.len()).sum();
    if entries > limits::PUSH_ENTRIES_MAX {
        return Err(Refusal::bad(format!("more than {} entries in one push\n", limits::PUSH_ENTRIES_MAX)));
    }
    streams.into_iter().map(sent).collect()
}

fn sent(stream: Stream) -> Result<SentStream, Refusal> {
    let labels = match stream.labels {
        Some(text) => proto_body::labels(&text)?,
        None => stream.stream.0,
    };
    let mut entries: Vec<Entry> = stream.values.into_iter().map(|value| value.0).collect();
    for old in stream.entries {
        let timestamp_ns = times::instant(&old.ts).map_err(|reason| Refusal::bad(format!("{reason}\n")))?;
        entries.push(Entry { timestamp_ns, line: old.line, metadata: Vec::new() });
    }
    Ok(SentStream { labels, entries })
}

#[derive(Deserialize)]
struct Body {
    streams: Option<Vec<Stream>>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Stream {
    stream: Pairs,
    values: Vec<Value>,
    labels: Option<String>,
    entries: Vec<OldEntry>,
}

#[derive(Deserialize)]
struct OldEntry {
    #[serde(alias = "timestamp")]
    ts: String,
    line: String,
}

/// An object of texts, in its order.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose values are strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// `["<ns>", "line", {…}, anything else]`; the line may be missing.
struct Value(Entry);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of a timestamp in nanoseconds as a string, a line, and an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
                use serde::de::Error as _;
                let text: std::borrow::Cow<'de, str> =
                    parts.next_element()?.ok_or_else(|| A::Error::custom("a value without a timestamp"))?;
                let timestamp_ns = text.parse().map_err(|_| {
                    A::Error::custom(format!("the timestamp {text:?} is not a number of nanoseconds"))
                })?;
                let line = parts.next_element()?.unwrap_or_default();
                let metadata = parts.next_element::<Pairs>()?.unwrap_or_default().0;
                while parts.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value(Entry { timestamp_ns, line, metadata }))
            }
        }
        deserializer.deserialize_seq(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_all_shapes() {
        for (body, expected) in [
            (r#"{"streams":[{"stream":{"a":"b"},"values":[["5","x",{"m":"v"},1]]}]}"#, Some(("x", 1))),
            (r#"{"streams":[{"stream":{},"values":[["5"]]}],"extra":1}"#, Some(("", 0))),
            (r#"{"streams":[{"stream":{},"values":[[5,"x"]]}]}"#, None),
            (r#"{"streams":[{"stream":{},"values":[["5",6]]}]}"#, None),
            (r#"{"streams":[{"stream":{},"values":[["5","x",{"m":5}]]}]}"#, None),
            ("not json", None),
        ] {
            let decoded = decode(body.as_bytes()).ok();
            let found = decoded.as_ref().and_then(|all| all.first()?.entries.first());
            assert_eq!(found.map(|entry| (entry.line.as_str(), entry.metadata.len())), expected, "{body}");
        }
    }
}
