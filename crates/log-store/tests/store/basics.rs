//! Append, scan, reopen.

use log_record::{LogReader, LogWriter, TimeRange};

use crate::support::{ALL, append, batch, entry, labels, lines, open, with_metadata};

#[test]
fn acknowledged_rows_are_seen_at_once_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let stream = labels(&[("rule", "a"), ("source", "syscall")]);
    {
        let store = open(dir.path());
        append(&store, batch(&stream, vec![entry(2, "two"), entry(1, "one")], Some(7))).unwrap();
        assert_eq!(lines(&store), ["one", "two"]);
    }
    let store = open(dir.path());
    assert_eq!(lines(&store), ["one", "two"]);
    assert_eq!(store.mark("test"), Some(7));
    assert_eq!(store.mark("other"), None);
    append(&store, batch(&stream, vec![entry(2, "two"), entry(3, "three")], Some(8))).unwrap();
    assert_eq!(lines(&store), ["one", "two", "three"]);
    assert_eq!(store.streams("fake", ALL, &[]).unwrap(), [stream]);
    assert_eq!(store.streams("other", ALL, &[]).unwrap(), []);
    assert_eq!(store.streams("fake", TimeRange { start_ns: 4, end_ns: 9 }, &[]).unwrap(), []);
}

#[test]
fn a_duplicate_has_the_same_metadata_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let stream = labels(&[("app", "x")]);
    let store = open(dir.path());
    let check = |entry, expected: usize| {
        append(&store, batch(&stream, vec![entry], None)).unwrap();
        assert_eq!(lines(&store).len(), expected);
    };
    check(entry(1, "l"), 1);
    check(entry(1, "l"), 1);
    check(with_metadata(1, "l", &[("a", "1")]), 2);
    check(with_metadata(1, "l", &[("a", "1")]), 2);
    check(with_metadata(1, "l", &[("a", "2")]), 3);
    check(with_metadata(1, "l", &[("b", "1")]), 4);
    check(with_metadata(1, "l", &[("a", "1"), ("b", "2")]), 5);
    check(with_metadata(1, "l", &[("b", "2"), ("a", "1")]), 5);
    check(with_metadata(1, "l", &[("a", "2"), ("b", "1")]), 6);
    check(with_metadata(1, "l", &[("a", "1"), ("a", "1")]), 7);
}
