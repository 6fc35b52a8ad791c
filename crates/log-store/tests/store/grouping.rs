//! Tests and counts on columns give what a scan and a plain loop give.

use std::{collections::BTreeMap, ops::ControlFlow};

use log_record::{
    Columns, Direction, GroupRequest, LabelMatcher, LabelTest, Labels, LineTest, LogReader, MatchOperator,
    RecordBlock, RowTests,
};
use log_store::Store;
use proptest::prelude::*;
use telemetry::Registry;

use crate::support::{append, batch, config, labels, request, rows, with_metadata};

/// A row as the tests see it: time, stream, line, metadata.
type Row = (i64, Labels, String, Vec<(String, String)>);

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![Just("bash"), Just("sh"), Just("a\\\"b"), Just(""), Just("ü"), Just("ba=sh")];
    prop_oneof![
        8 => (word.clone(), word, 0..300i64, any::<bool>()).prop_map(|(name, parent, pid, is_long)| {
            let text = format!("A program was started here | process={name} parent={parent} pid={pid} #{}", pid * 7);
            let text = if is_long { text } else { format!("short {pid}") };
            format!(r#"{{"output":"{text}","f":{{"name":"{name}","pid":{pid},"parent":"{parent}"}},"tags":["a"],"x":null}}"#)
        }),
        1 => Just(r#"{"f":{"name":"bash"},"f_name":"twice"}"#.to_owned()),
        1 => Just(r#"{"f":{"name":"b\u0061sh"}}"#.to_owned()),
        1 => Just(r#"{"f":{"name":7,"pid":1.50}}"#.to_owned()),
        1 => "[a-c= ]{0,9}",
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let metadata = prop_oneof![
        Just(vec![]),
        Just(vec![("level".to_owned(), "warn".to_owned())]),
        Just(vec![("f_name".to_owned(), "from metadata".to_owned())]),
    ];
    let stream = prop_oneof![
        Just(labels(&[("app", "a")])),
        Just(labels(&[("app", "b"), ("level", "of stream")])),
        Just(labels(&[("app", "c"), ("f_name", "of stream")])),
    ];
    (0..200i64, stream, line(), metadata)
        .prop_map(|(at, stream, line, metadata)| (at * 7_000_000_000, stream, line, metadata))
}

fn needle() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("bash"),
        Just("as"),
        Just("=bash parent="),
        Just("\"name\":\"sh\",\"pid\":1"),
        Just("1"),
        Just("12"),
        Just("pid=2"),
        Just("\\\""),
        Just("ü\""),
        Just("nothing of this"),
        Just("}"),
        Just("\":\"\",\"p"),
    ]
    .prop_map(str::to_owned)
}

fn label_test() -> impl Strategy<Value = LabelTest> {
    let name = prop_oneof![Just("f_name"), Just("level"), Just("f_pid"), Just("output"), Just("none")];
    let operator = prop_oneof![
        Just(MatchOperator::Equal("bash".to_owned())),
        Just(MatchOperator::NotEqual("bash".to_owned())),
        Just(MatchOperator::Equal(String::new())),
        Just(MatchOperator::Regex(LabelMatcher::anchored("of.*|7|1.*").unwrap())),
    ];
    (name, any::<bool>(), operator).prop_map(|(name, is_parsed, operator)| LabelTest {
        name: name.to_owned(),
        is_parsed,
        operator,
    })
}

fn tests() -> impl Strategy<Value = RowTests> {
    let line = (prop::collection::vec(needle(), 1..3), any::<bool>())
        .prop_map(|(any_of, negated)| LineTest { any_of, negated });
    (prop::collection::vec(line, 0..2), prop::collection::vec(label_test(), 0..2))
        .prop_map(|(lines, labels)| RowTests { lines, labels })
}

/// The line's field as Loki's parser names it; the outer option: whether this model can tell.
fn field(line: &str, name: &str) -> Option<Option<String>> {
    let parsed: serde_json::Value = serde_json::from_str(line).ok().filter(serde_json::Value::is_object)?;
    if line.contains("twice") || line.contains("u0061") {
        return None;
    }
    if line.contains("1.50") && name == "f_pid" {
        return Some(Some("1.50".to_owned()));
    }
    let value = match name {
        "f_name" => &parsed["f"]["name"],
        "f_pid" => &parsed["f"]["pid"],
        "output" => &parsed["output"],
        _ => return Some(None),
    };
    Some(match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    })
}

fn label(row: &Row, name: &str, is_parsed: bool) -> Option<String> {
    if let Some(value) = row.1.get(name) {
        return Some(value.to_owned());
    }
    if is_parsed && let Some(value) = field(&row.2, name)? {
        return Some(value);
    }
    let found = row.3.iter().find(|(known, _)| known == name);
    Some(found.map(|(_, value)| value.clone()).unwrap_or_default())
}

/// None when this model cannot tell.
fn passes(row: &Row, tests: &RowTests) -> Option<bool> {
    let lines =
        tests.lines.iter().all(|test| test.any_of.iter().any(|text| row.2.contains(text)) != test.negated);
    let mut all = lines;
    for test in &tests.labels {
        let matcher = LabelMatcher { name: String::new(), operator: test.operator.clone() };
        all &= matcher.matches_value(&label(row, &test.name, test.is_parsed)?);
    }
    Some(all)
}

fn delivered(block: &RecordBlock<'_>) -> Vec<Row> {
    let row = |row: usize| {
        let metadata = block.metadata.row(row).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        (
            block.timestamps_ns[row],
            block.stream(row).unwrap().clone(),
            block.lines.get(row).unwrap().to_owned(),
            metadata,
        )
    };
    (0..block.len()).map(row).collect()
}

/// Rows without those that were stored once only.
fn fill(store: &Store, rows: &[Row], flush_at: usize) -> Vec<Row> {
    let mut kept: Vec<Row> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if !kept.contains(row) {
            let pairs: Vec<(&str, &str)> = row.3.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            append(store, batch(&row.1, vec![with_metadata(row.0, &row.2, &pairs)], None)).unwrap();
            kept.push(row.clone());
        }
        if at == flush_at {
            store.flush().unwrap();
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn columns_tell_what_rows_tell(
        given in prop::collection::vec(row(), 1..60),
        flush_at in 0..80usize,
        all_tests in prop::collection::vec(tests(), 6),
        by in prop::sample::subsequence(vec!["app", "f_name", "level", "f_pid", "output"], 0..3),
        is_parsed in any::<bool>(),
        step in 1..200i64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(config(dir.path()), &Registry::default()).unwrap();
        let mut kept = fill(&store, &given, flush_at);
        kept.sort();
        let mut found: Vec<Row> = Vec::new();
        store.scan(&request(Direction::Forward), &mut |block| {
            found.extend(delivered(block));
            ControlFlow::Continue(())
        }).unwrap();
        found.sort();
        prop_assert_eq!(&found, &kept, "lines come back");
        for tests in all_tests {
            check_scan(&store, &kept, &tests)?;
            let bounds: Vec<i64> = (0..12).map(|n| n * step * 1_000_000_000 + 1).collect();
            let by: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
            check_group(&store, &kept, GroupRequest {
                tenant: "fake".to_owned(),
                matchers: Vec::new(),
                tests,
                by,
                is_parsed,
                bounds,
                wants_bytes: true,
                columns: Columns { line: true, metadata: true, json_fields: Vec::new() },
            })?;
        }
    }
}

fn check_scan(store: &Store, kept: &[Row], tests: &RowTests) -> Result<(), TestCaseError> {
    let mut found = Vec::new();
    let visit = &mut |block: &RecordBlock<'_>| {
        found.extend(delivered(block));
        ControlFlow::Continue(())
    };
    store.scan_where(&request(Direction::Backward), tests, visit).unwrap();
    found.retain(|row| passes(row, tests) != Some(false));
    found.sort();
    let wanted: Vec<Row> = kept.iter().filter(|row| passes(row, tests) != Some(false)).cloned().collect();
    let sure = |rows: &[Row]| -> Vec<Row> {
        rows.iter().filter(|row| passes(row, tests) == Some(true)).cloned().collect()
    };
    prop_assert_eq!(sure(&found), sure(&wanted), "{:?}", tests);
    Ok(())
}

fn check_group(store: &Store, kept: &[Row], request: GroupRequest) -> Result<(), TestCaseError> {
    let mut rest: Vec<Row> = Vec::new();
    let visit = &mut |block: &RecordBlock<'_>| {
        rest.extend(delivered(block));
        ControlFlow::Continue(())
    };
    let (groups, _) = store.group(&request, &|| true, visit).unwrap().unwrap();
    let range = request.range();
    type Sums = BTreeMap<(Vec<String>, usize), (u64, u64)>;
    let count = |rows: &[Row], sums: &mut Sums| {
        for row in rows.iter().filter(|row| row.0 >= range.start_ns && row.0 < range.end_ns) {
            let is_parsed = request.is_parsed;
            // Rows this model cannot tell about are those the store hands out, under one name.
            let values: Option<Vec<String>> =
                request.by.iter().map(|name| label(row, name, is_parsed)).collect();
            let values = values.unwrap_or_else(|| vec!["?".to_owned(); request.by.len()]);
            if passes(row, &request.tests) == Some(true) {
                let bucket = request.bounds.partition_point(|bound| *bound <= row.0) - 1;
                let sum = sums.entry((values, bucket)).or_default();
                *sum = (sum.0 + 1, sum.1 + row.2.len() as u64);
            }
        }
    };
    let mut wanted = Sums::new();
    count(kept, &mut wanted);
    let mut found = Sums::new();
    count(&rest, &mut found);
    for group in groups {
        for (bucket, count) in group.buckets.iter().enumerate().filter(|(_, count)| count.rows > 0) {
            let sum = found.entry((group.values.clone(), bucket)).or_default();
            *sum = (sum.0 + count.rows, sum.1 + count.line_bytes);
        }
    }
    prop_assert_eq!(found, wanted, "{:?}", request);
    Ok(())
}

#[test]
fn rows_of_a_segment_are_counted_without_being_handed_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path()), &Registry::default()).unwrap();
    let rows: Vec<Row> = (0..10)
        .map(|n| (n * 1_000_000_000, labels(&[("app", "a")]), format!(r#"{{"name":"n{}"}}"#, n % 2), vec![]))
        .collect();
    fill(&store, &rows, 9);
    let request = GroupRequest {
        tenant: "fake".to_owned(),
        matchers: Vec::new(),
        tests: RowTests::default(),
        by: vec!["name".to_owned()],
        is_parsed: true,
        bounds: vec![0, 5_000_000_000, 20_000_000_000],
        wants_bytes: false,
        columns: Columns::default(),
    };
    let visit = &mut |_: &RecordBlock<'_>| panic!("a row was handed out");
    let (groups, summary) = store.group(&request, &|| true, visit).unwrap().unwrap();
    let counts: Vec<(String, u64, u64)> =
        groups.iter().map(|g| (g.values[0].clone(), g.buckets[0].rows, g.buckets[1].rows)).collect();
    assert_eq!(counts, [("n0".to_owned(), 3, 2), ("n1".to_owned(), 2, 3)]);
    assert_eq!(summary.rows, 0);
    assert_eq!(self::rows(&store, &crate::support::request(Direction::Forward)).len(), 10);
}
