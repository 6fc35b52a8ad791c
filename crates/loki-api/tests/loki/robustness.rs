//! Bodies nobody would send: refused, never a panic.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use crate::server;

fn push(kind: &'static str, encoding: &'static str, body: Vec<u8>) -> u16 {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static(kind));
    if !encoding.is_empty() {
        headers.insert("content-encoding", HeaderValue::from_static(encoding));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = server::router();
    runtime.block_on(server::ask(&router, "POST", "/loki/api/v1/push", headers, body)).0.as_u16()
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
