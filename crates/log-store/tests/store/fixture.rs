//! A store of format version 1, as it was written once, opens and answers.

use std::{fs, path::Path};

use log_record::LogWriter;

use crate::support::{append, batch, entry, labels, lines, open};

const EXPECTED: [&str; 4] = [
    r#"{"rule":"Write below etc","output_fields":{"proc.name":"touch"}}"#,
    "plain text in a segment",
    "only in the log",
    "ünïcode",
];

fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn version_1_opens() {
    if std::env::var_os("LOG_STORE_WRITE_FIXTURE").is_some() {
        write(&fixture());
    }
    let dir = tempfile::tempdir().unwrap();
    copy(&fixture(), dir.path());
    let store = open(dir.path());
    assert_eq!(lines(&store), EXPECTED);
    assert_eq!(store.mark("test"), Some(42));
    assert_eq!((store.status().segments, store.status().memory_rows), (1, 2));
    // And can be written on.
    append(&store, batch(&labels(&[("app", "b")]), vec![entry(5, "new")], None)).unwrap();
    assert_eq!(lines(&store).len(), 5);
}

/// How the fixture was made: run once per format version, never again.
fn write(dir: &Path) {
    let store = open(dir);
    let [json, plain, log, unicode] = EXPECTED;
    append(&store, batch(&labels(&[("app", "a")]), vec![entry(1, json), entry(2, plain)], Some(41))).unwrap();
    store.flush().unwrap();
    append(&store, batch(&labels(&[("app", "b")]), vec![entry(3, log), entry(4, unicode)], Some(42)))
        .unwrap();
}
