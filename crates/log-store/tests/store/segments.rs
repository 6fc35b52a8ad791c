//! Flush, compaction, retention, shredded fields, and the segment as plain Parquet.

use std::ops::ControlFlow;

use arrow_array::{Array, cast::AsArray, types::Int64Type};
use log_record::{Columns, Direction, Entry, LogReader, TimeRange};
use log_store::Store;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use telemetry::Registry;

use crate::support::{append, batch, config, entry, labels, lines, open, request, rows, with_metadata};

const FALCO: &str = r#"{"rule":"Write below etc","output":"10:00 Warning","output_fields":{"proc.name":"touch","proc.pid":7,"k8s.ns.name":null},"tags":["a"]}"#;

#[test]
fn a_flush_changes_no_answer_and_shreds_fields() {
    let dir = tempfile::tempdir().unwrap();
    let stream = labels(&[("rule", "a"), ("source", "syscall")]);
    let store = open(dir.path());
    let metadata = vec![("trace".to_owned(), "1".to_owned())];
    let with_metadata = Entry { timestamp_ns: 5, line: FALCO.to_owned(), metadata };
    append(&store, batch(&stream, vec![entry(9, FALCO), with_metadata], Some(1))).unwrap();
    let before = rows(&store, &request(Direction::Forward));
    store.flush().unwrap();
    assert_eq!(rows(&store, &request(Direction::Forward)), before);
    let status = store.status();
    assert_eq!((status.segments, status.segment_rows, status.memory_rows), (1, 2, 0));
    assert_eq!((status.oldest_ns, status.newest_ns), (Some(5), Some(9)));
    // Without the log, so from the segment alone.
    drop(store);
    let store = open(dir.path());
    assert_eq!(rows(&store, &request(Direction::Forward)), before);

    let mut wanted = request(Direction::Backward);
    let fields =
        ["output_fields_proc_name", "output_fields_proc_pid", "output_fields_k8s_ns_name", "nothing", "rule"];
    wanted.columns =
        Columns { line: false, metadata: false, json_fields: fields.map(str::to_owned).to_vec() };
    let mut found = Vec::new();
    let visit = &mut |block: &log_record::RecordBlock<'_>| {
        assert!(block.lines.is_empty() && block.metadata.offsets.is_empty());
        let all = block
            .json_fields
            .iter()
            .map(|(name, texts)| (name.to_string(), texts.get(0).unwrap().to_owned()));
        found.extend(all);
        ControlFlow::Break(())
    };
    assert_eq!(store.scan(&wanted, visit).unwrap().rows, 2);
    let values = ["touch", "7", "", "", "Write below etc"];
    let expected: Vec<_> = fields.iter().zip(values).map(|(n, v)| (n.to_string(), v.to_owned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_segment_is_plain_parquet() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    append(&store, batch(&labels(&[("app", "x")]), vec![entry(1, FALCO), entry(2, "not json")], None))
        .unwrap();
    store.flush().unwrap();
    let live = store.live_segments();
    let segment = live.iter().next().unwrap();
    let file = std::fs::File::open(segment.path).unwrap();
    let batch =
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), 2);
    let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(column("line").as_string::<i32>().value(1), "not json");
    assert!(column("line").is_null(0), "rebuilt from its template");
    assert_eq!(column("json_rule").as_string::<i32>().value(0), "Write below etc");
    assert!(column("json_rule").is_null(1));
    assert_eq!(column("json_output_fields_proc_pid").as_primitive::<Int64Type>().value(0), 7);
    assert_eq!(column("stream").as_string::<i32>().value(0), r#"{"app":"x"}"#);
    assert_eq!(column("metadata").as_string::<i32>().value(0), "{}");
}

#[test]
fn many_segments_become_few_and_duplicates_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let stream = labels(&[("app", "x")]);
    let mut expected = Vec::new();
    for number in 0..98i64 {
        let line = format!("line {number:02}");
        // Each segment also has a row that others have, too late to be seen as it comes.
        let rows = vec![
            entry(1000 + number, &line),
            entry(7, "same"),
            with_metadata(7, "same but metadata", &[("n", &number.to_string())]),
            entry(3000 - number, "back"),
        ];
        append(&store, batch(&stream, rows, None)).unwrap();
        store.flush().unwrap();
        expected.push(line);
    }
    store.flush().unwrap();
    let status = store.status();
    assert!(status.segments < 10, "{status:?}");
    let found = lines(&store);
    assert_eq!(found.iter().filter(|line| line.starts_with("line")).cloned().collect::<Vec<_>>(), expected);
    assert_eq!(found.iter().filter(|line| *line == "back").count(), 98);
    assert!(found.iter().filter(|line| *line == "same").count() < 5);
    assert_eq!(found.iter().filter(|line| *line == "same but metadata").count(), 98);
    let files = std::fs::read_dir(dir.path().join("segments")).unwrap().count() as u64;
    assert_eq!(files, status.segments, "files of compacted segments are removed");
    drop(store);
    assert_eq!(lines(&open(dir.path())), found);
}

#[test]
fn retention_by_size_removes_the_oldest() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::default();
    let stream = labels(&[("app", "x")]);
    let mut config = config(dir.path());
    {
        let store = Store::open(config.clone(), &registry).unwrap();
        for number in 0..3 {
            append(&store, batch(&stream, vec![entry(number, &format!("line {number}"))], None)).unwrap();
            store.flush().unwrap();
        }
        config.retention_bytes_max = store.status().segment_bytes - 1;
    }
    let store = Store::open(config, &registry).unwrap();
    store.flush().unwrap();
    assert_eq!(lines(&store), ["line 1", "line 2"]);
    let range = TimeRange { start_ns: 0, end_ns: 1 };
    assert_eq!(store.streams("fake", range, &[]).unwrap(), []);
}
