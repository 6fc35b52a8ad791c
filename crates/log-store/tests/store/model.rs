//! The store against a plain list of rows, on random batches, flushes, restarts and questions.

use std::collections::BTreeMap;

use log_record::{
    Columns, CountRequest, Direction, Entry, LabelMatcher, LogReader, MatchOperator, ScanRequest, TimeRange,
};
use proptest::prelude::*;
use telemetry::Registry;

use crate::support::{Row, append, batch, blocks, config, labels};

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<(u8, i64, String)>),
    Flush,
    Restart,
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c ]{0,12}",
        (0..4u8, "[a-z]{0,3}").prop_map(|(n, v)| format!(r#"{{"rule":"r{n}","out":{{"x.y":"{v}"}}}}"#)),
        Just(r#"{"rule":"r","rule":"twice"}"#.to_owned()),
        Just("ünïcode 😀".to_owned()),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let row = (0..3u8, -5..40i64, line());
    prop_oneof![
        4 => prop::collection::vec(row, 1..40).prop_map(Action::Append),
        1 => Just(Action::Flush),
        1 => Just(Action::Restart),
    ]
}

fn matcher(name: &str, operator: MatchOperator) -> LabelMatcher {
    LabelMatcher { name: name.to_owned(), operator }
}

fn matchers() -> impl Strategy<Value = Vec<LabelMatcher>> {
    prop_oneof![
        Just(Vec::new()),
        Just(vec![matcher("app", MatchOperator::Equal("s1".to_owned()))]),
        Just(vec![matcher("app", MatchOperator::NotEqual("s1".to_owned()))]),
        Just(vec![matcher("app", MatchOperator::Regex(LabelMatcher::anchored("s[12]").unwrap()))]),
        Just(vec![matcher("none", MatchOperator::Equal(String::new()))]),
    ]
}

fn time(minutes: i64) -> i64 {
    minutes * 20_000_000_000
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn answers_equal_the_plain_list(
        actions in prop::collection::vec(action(), 1..8),
        matchers in matchers(),
        (from, to) in (-6..42i64, -6..42i64),
        step in 1..30i64,
        needle in prop_oneof![Just(String::new()), Just("r1\",\"out".to_owned()), Just("b a".to_owned())],
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path());
        // Small, so that some batches freeze the memtable by themselves.
        config.flush_bytes = 8 << 10;
        let mut store = log_store::Store::open(config.clone(), &Registry::default()).unwrap();
        let mut model: BTreeMap<(i64, String, String), ()> = BTreeMap::new();
        for action in actions {
            match action {
                Action::Append(rows) => for (stream, at, line) in rows {
                    let labels = labels(&[("app", &format!("s{stream}"))]);
                    let key = (time(at), format!("{labels:?}"), line.clone());
                    // The store drops what it can see cheaply; the model asks only for new rows.
                    if model.insert(key, ()).is_none() {
                        let metadata = vec![("k".to_owned(), at.to_string())];
                        let entry = Entry { timestamp_ns: time(at), line, metadata };
                        append(&store, batch(&labels, vec![entry], None)).unwrap();
                    }
                },
                Action::Flush => store.flush().unwrap(),
                Action::Restart => {
                    drop(store);
                    store = log_store::Store::open(config.clone(), &Registry::default()).unwrap();
                }
            }
        }
        let range = TimeRange { start_ns: time(from), end_ns: time(to) };
        let wanted: Vec<Row> = model.keys().filter(|(at, labels, line)| {
            let stream = crate::support::labels(&[("app", &labels[6..8])]);
            *at >= range.start_ns && *at < range.end_ns && matchers.iter().all(|m| m.matches(&stream)) && line.contains(&needle)
        }).map(|(at, labels, line)| (*at, labels.clone(), line.clone(), vec![("k".to_owned(), (at / time(1)).to_string())])).collect();
        for direction in [Direction::Forward, Direction::Backward] {
            let request = ScanRequest {
                tenant: "fake".to_owned(),
                range,
                matchers: matchers.clone(),
                line_contains: if needle.is_empty() { Vec::new() } else { vec![needle.clone()] },
                direction,
                columns: Columns { line: true, metadata: true, json_fields: vec!["rule".to_owned(), "out_x_y".to_owned()] },
            };
            let mut found: Vec<Row> = blocks(&store, &request).concat();
            found.retain(|row| row.2.contains(&needle));
            found.sort();
            prop_assert_eq!(&found, &wanted);
            check_fields(&store, &request);
        }
        if needle.is_empty() && from < to {
            let request = CountRequest { tenant: "fake".to_owned(), range, matchers: matchers.clone(), step_ns: time(step) + step };
            let counts = store.counts(&request).unwrap().unwrap();
            let mut sums: BTreeMap<(String, usize), (u64, u64)> = BTreeMap::new();
            for (at, labels, line, _) in &wanted {
                let bucket = ((at - range.start_ns) / request.step_ns) as usize;
                let sum = sums.entry((labels.clone(), bucket)).or_default();
                *sum = (sum.0 + 1, sum.1 + line.len() as u64);
            }
            let mut found = BTreeMap::new();
            for stream in counts {
                for (bucket, count) in stream.buckets.iter().enumerate().filter(|(_, count)| count.rows > 0) {
                    found.insert((format!("{:?}", stream.labels), bucket), (count.rows, count.line_bytes));
                }
            }
            prop_assert_eq!(found, sums);
        }
    }
}

/// Shredded fields, where offered, are what the line says.
fn check_fields(store: &log_store::Store, request: &ScanRequest) {
    let visit = &mut |block: &log_record::RecordBlock<'_>| {
        for (name, texts) in block.json_fields {
            assert_eq!(texts.len(), block.len());
            for row in 0..block.len() {
                let line: serde_json::Value = serde_json::from_str(block.lines.get(row).unwrap()).unwrap();
                let value = if *name == "rule" { &line["rule"] } else { &line["out"]["x.y"] };
                assert_eq!(texts.get(row), Some(value.as_str().unwrap_or("")));
            }
        }
        std::ops::ControlFlow::Continue(())
    };
    store.scan(request, visit).unwrap();
}
