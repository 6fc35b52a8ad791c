//! Samples of recording rules to a Prometheus, by remote write 1.0: protobuf in a snappy block.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_client::{Client, Target};
use prost::Message;

use crate::{evaluate::LabelMap, notify};

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp_ms: i64,
}

/// A recorded sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    /// With `__name__`.
    pub(crate) labels: LabelMap,
    pub(crate) value: f64,
    pub(crate) time_ns: i64,
}

/// Sends samples.
pub(crate) async fn send(client: &Client, target: &Target, samples: &[Recorded]) -> Result<(), String> {
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf")),
        (header::CONTENT_ENCODING, HeaderValue::from_static("snappy")),
        (HeaderName::from_static("x-prometheus-remote-write-version"), HeaderValue::from_static("0.1.0")),
    ]);
    notify::post(client, target, headers, encode(samples)?).await
}

fn encode(samples: &[Recorded]) -> Result<Bytes, String> {
    let timeseries = samples
        .iter()
        .map(|sample| TimeSeries {
            // Sorted by name already, as the protocol wants them.
            labels: sample
                .labels
                .iter()
                .map(|(name, value)| Label { name: name.clone(), value: value.clone() })
                .collect(),
            samples: vec![Sample { value: sample.value, timestamp_ms: sample.time_ns.div_euclid(1_000_000) }],
        })
        .collect();
    let message = WriteRequest { timeseries }.encode_to_vec();
    snap::raw::Encoder::new().compress_vec(&message).map(Bytes::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_read_back() {
        let labels = LabelMap::from([("__name__".to_owned(), "a:b".to_owned())]);
        let body = encode(&[Recorded { labels, value: 1.5, time_ns: 5_000_000 }]).unwrap();
        let plain = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
        let request = WriteRequest::decode(&*plain).unwrap();
        assert_eq!(request.timeseries[0].labels[0].value, "a:b");
        assert_eq!(request.timeseries[0].samples[0], Sample { value: 1.5, timestamp_ms: 5 });
    }
}
