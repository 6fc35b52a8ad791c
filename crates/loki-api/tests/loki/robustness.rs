//! Bodies nobody would send: refused, never a panic.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use crate::server;

fn push(kind: &'static str, encoding: &'static str, body: Vec<u8>) -> u16 {
    push_to("/loki/api/v1/push", kind, encoding, body)
}

fn push_to(path: &str, kind: &'static str, encoding: &'static str, body: Vec<u8>) -> u16 {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static(kind));
    if !encoding.is_empty() {
        headers.insert("content-encoding", HeaderValue::from_static(encoding));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = server::router();
    runtime.block_on(server::ask(&router, "POST", path, headers, body)).0.as_u16()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_refused_not_fatal(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        kind in prop_oneof![Just("application/json"), Just("application/x-protobuf")],
        encoding in prop_oneof![Just(""), Just("gzip"), Just("deflate"), Just("snappy")],
    ) {
        let status = push(kind, encoding, body);
        prop_assert!(status == 204 || (400..500).contains(&status), "{status}");
    }

    #[test]
    fn random_otlp_is_refused_not_fatal(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        kind in prop_oneof![Just("application/json"), Just("application/x-protobuf")],
    ) {
        let status = push_to("/otlp/v1/logs", kind, "", body);
        prop_assert!(status == 204 || (400..500).contains(&status), "{status}");
    }

    #[test]
    fn random_protobuf_in_valid_snappy(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let packed = snap::raw::Encoder::new().compress_vec(&body).unwrap();
        let status = push("application/x-protobuf", "", packed);
        prop_assert!(status == 204 || (400..500).contains(&status), "{status}");
    }
}

#[test]
fn a_snappy_bomb_is_refused_by_its_length() {
    // A head that promises 4 GiB.
    assert_eq!(push("application/x-protobuf", "", vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]), 413);
}

async fn query(router: &axum::Router, path: &str, parameters: &str) -> (u16, String) {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    let (status, text) =
        server::ask(router, "GET", &format!("{path}?{parameters}"), headers, Vec::new()).await;
    (status.as_u16(), text)
}

async fn send(router: &axum::Router, body: String) -> (u16, String) {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let (status, text) = server::ask(router, "POST", "/loki/api/v1/push", headers, body.into_bytes()).await;
    (status.as_u16(), text)
}

fn stream(labels: &str, values: &str) -> String {
    format!("{{\"streams\":[{{\"stream\":{{{labels}}},\"values\":[{values}]}}]}}")
}

#[test]
fn packed_bombs_are_refused_when_they_unfold() {
    let zeros = vec![b' '; 80 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &zeros).unwrap();
    assert_eq!(push("application/json", "gzip", gzip.finish().unwrap()), 413);
    let snappy = snap::raw::Encoder::new().compress_vec(&zeros).unwrap();
    assert_eq!(push("application/x-protobuf", "", snappy), 413);
    assert_eq!(push("application/json", "zstd", zstd::encode_all(&*zeros, 1).unwrap()), 413);
    // A protobuf field that promises more than there is.
    let lying = snap::raw::Encoder::new().compress_vec(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]).unwrap();
    assert_eq!(push("application/x-protobuf", "", lying), 400);
}

#[tokio::test]
async fn odd_entries_are_kept_or_named() {
    let router = server::router();
    let long = "x".repeat(10 << 20);
    let labels: Vec<String> = (0..1000).map(|index| format!("\"l{index}\":\"v\"")).collect();
    let metadata: Vec<String> = (0..200).map(|index| format!("\"m{index}\":\"v\"")).collect();
    let deep = format!("{}1{}", "{\\\"a\\\":".repeat(5000), "}".repeat(5000));
    for (body, status, part) in [
        (
            stream("\"a\":\"b\"", &format!("[\"1\",\"{long}\"]")),
            400,
            "max entry size '262144' bytes exceeded",
        ),
        (stream(&labels.join(","), "[\"1\",\"x\"]"), 400, "has 1000 label names; limit 15"),
        (
            stream("\"a\":\"b\"", &format!("[\"1\",\"x\",{{{}}}]", metadata.join(","))),
            400,
            "too many structured metadata",
        ),
        (stream("\"a\":\"b\"", &format!("[\"1\",\"{deep}\"]")), 204, ""),
        (stream("\"a\":\"b\",\"a\":\"c\"", "[\"1\",\"x\"]"), 204, ""),
        (stream("\"a\":\"b\"", "[\"-9223372036854775808\",\"x\"]"), 400, "too far behind"),
        (stream("\"a\":\"future\"", "[\"9223372036854775807\",\"x\"]"), 400, "has timestamp too new"),
        (stream("\"a\":\"b\"", "[\"9223372036854775808\",\"x\"]"), 400, ""),
        (stream("\"a\":\"b\"", "[\"NaN\",\"x\"]"), 400, ""),
        (stream("\"a\":\"b\"", "[\"1\",\"\\ud800\"]"), 400, ""),
        ("[".repeat(100_000), 400, ""),
    ] {
        let (got, text) = send(&router, body).await;
        assert!(got == status && text.contains(part), "{part}: {got} {}", text.get(..200).unwrap_or(&text));
    }
    let mut invalid = stream("\"a\":\"b\"", "[\"1\",\"ZZ\"]").into_bytes();
    let at = invalid.windows(2).position(|pair| pair == b"ZZ").unwrap();
    invalid[at] = 0xff;
    let body = invalid.clone();
    let status = tokio::task::spawn_blocking(move || push("application/json", "", body)).await.unwrap();
    assert_eq!(status, 400);
    // Deep JSON is a line like any other; asked for, it is malformed.
    let ask = "query=%7Ba%3D%22b%22%7D%20%7C%20json&start=0&end=10";
    let (status, text) = query(&router, "/loki/api/v1/query_range", ask).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn costly_questions_end_with_a_sentence() {
    let router = server::router();
    send(&router, stream("\"a\":\"b\"", "[\"1705312800000000000\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]"))
        .await;
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    for (body, part) in [("(".repeat(140_000), "input size too long"), ("(".repeat(100_000), "nested deeper")]
    {
        let form = format!("query={body}").into_bytes();
        let (status, text) =
            server::ask(&router, "POST", "/loki/api/v1/query_range", headers.clone(), form).await;
        assert!(status == 400 && text.contains(part), "{status} {text}");
    }
    for (path, parameters, status) in [
        ("query_range", "query=%7B%7D".to_owned(), 400),
        // Exponential for engines that go back; linear here.
        ("query_range", "query=%7Ba%3D%22b%22%7D%20%7C~%20%22%28a%2B%29%2B%24%22&start=1705312000&end=1705313000".to_owned(), 200),
        // Would compile to gigabytes.
        ("query_range", "query=%7Ba%3D%22b%22%7D%20%7C~%20%22%28%28a%7B1000%7D%29%7B1000%7D%29%7B1000%7D%22&start=1705312000&end=1705313000".to_owned(), 400),
        ("query_range", "query=%7Ba%3D%22b%22%7D&start=-9000000000&end=9000000000".to_owned(), 200),
        ("query_range", "query=%7Ba%3D%22b%22%7D&start=1970-01-01T00:00:00Z&end=2200-01-01T00:00:00Z".to_owned(), 200),
        ("query_range", "query=rate(%7Ba%3D%22b%22%7D%5B1m%5D)&start=0&end=1705313000&step=1".to_owned(), 400),
        ("query_range", "query=rate(%7Ba%3D%22b%22%7D%5B100y%5D)&start=0&end=1705313000&step=1y".to_owned(), 200),
        ("query_range", "query=1e308*1e308&start=0&end=10&step=1".to_owned(), 200),
        ("query_range", "query=vector(NaN)&start=0&end=10&step=NaN".to_owned(), 400),
        ("query_range", "query=1&start=0&end=10&step=1e300".to_owned(), 400),
        ("query_range", "query=1&start=NaN&end=10".to_owned(), 400),
        ("query_range", "query=1&start=1e400.0&end=10".to_owned(), 400),
        ("query_range", "query=%7Ba%3D%22b%22%7D&limit=99999999999999999999".to_owned(), 400),
        ("query_range", "query=%7Ba%3D%22b%22%7D&limit=1000000".to_owned(), 400),
        ("query", "query=topk(9223372036854775808,vector(1))".to_owned(), 400),
        ("series", format!("match[]={}", "%7B%7D&match[]=".repeat(200)), 400),
        ("detected_fields", "query=%7Ba%3D%22b%22%7D&line_limit=99999999&start=1705312000&end=1705313000".to_owned(), 400),
        ("index/volume_range", "query=%7Ba%3D%22b%22%7D&start=0&end=1705313000&step=1ms".to_owned(), 400),
    ] {
        let (got, text) = query(&router, &format!("/loki/api/v1/{path}"), &parameters).await;
        let shown = parameters.get(..80).unwrap_or(&parameters);
        assert!(got == status, "{shown}: {got} {}", text.get(..300).unwrap_or(&text));
        assert!(status == 200 || text.len() > 10, "{shown}: {text}");
    }
}
