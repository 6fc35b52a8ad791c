//! The gateway's parsers: rules, labels, and the framing of requests.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use route_discovery::decode_labels;
use tls_gateway::{Gate, rule::Rule};

fuzz_target!(|data: &[u8]| {
    // Whole and byte by byte must agree: else the cut of packets would decide what passes.
    let mut bytewise = Gate::default();
    let bytewise = data.iter().all(|byte| bytewise.accepts(&[*byte]));
    assert_eq!(Gate::default().accepts(data), bytewise);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(rule) = Rule::parse(text) {
        let _ = (rule.hosts(), rule.named_hosts());
    }
    let labels: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (format!("traefik.{name}"), value.to_owned()))
        .collect();
    let _ = decode_labels(&labels);
});
