//! Append, scan, reopen.

use log_record::{LogReader, LogWriter, TimeRange};

use crate::support::{ALL, append, batch, entry, labels, lines, open};

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
