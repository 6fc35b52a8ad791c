//! Delete requests: hidden at once, gone when processed, back when cancelled.

use std::sync::Arc;

use log_record::{
    CompiledSelector, CountRequest, DeleteError, DeleteState, Direction, LabelMatcher, LogDeleter, LogReader,
    MatchOperator, SelectorCompiler, TimeRange,
};
use log_store::{Config, Selectors, Store, StreamRetention};
use telemetry::Registry;

use crate::support::{ALL, append, batch, config, entry, labels, lines, request, with_metadata};

/// `app=x`, or `app=x needle`: enough of a query language.
#[derive(Debug)]
pub(crate) struct Words;

impl SelectorCompiler for Words {
    fn compile(&self, query: &str) -> Result<CompiledSelector, String> {
        let (selector, needle) = query.split_once(' ').unwrap_or((query, ""));
        let (name, value) = selector.split_once('=').ok_or("no selector")?;
        let operator = MatchOperator::Equal(value.to_owned());
        let matchers = vec![LabelMatcher { name: name.to_owned(), operator }];
        let needle = needle.to_owned();
        let line: Option<log_record::RowPredicate> = if needle.is_empty() {
            None
        } else {
            Some(Arc::new(move |labels, _, line, pairs| {
                assert!(labels.get("app").is_some());
                line.contains(&needle) || pairs.iter().any(|(_, value)| *value == needle)
            }))
        };
        Ok(CompiledSelector { matchers, line })
    }
}

fn with_words(dir: &std::path::Path) -> Config {
    Config { selectors: Selectors(Arc::new(Words)), ..config(dir) }
}

fn open(config: &Config) -> Arc<Store> {
    Store::open(config.clone(), &Registry::default()).unwrap()
}

/// Rows per label set, counted by the index where it may be.
fn counted(store: &Store) -> u64 {
    let request = CountRequest {
        tenant: "fake".to_owned(),
        range: TimeRange { start_ns: 0, end_ns: 1000 },
        matchers: Vec::new(),
        step_ns: 1000,
    };
    let counts = store.counts(&request).unwrap().unwrap();
    counts.iter().flat_map(|stream| &stream.buckets).map(|count| count.rows).sum()
}

fn fill(store: &Store) {
    let (x, y) = (labels(&[("app", "x")]), labels(&[("app", "y")]));
    append(store, batch(&x, vec![entry(1, "keep one"), entry(2, "drop two")], None)).unwrap();
    store.flush().unwrap();
    append(store, batch(&y, vec![entry(3, "drop three")], None)).unwrap();
    append(store, batch(&x, vec![with_metadata(4, "four", &[("k", "drop")]), entry(5, "keep five")], None))
        .unwrap();
}

#[test]
fn lines_are_hidden_at_once_and_gone_when_processed() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = with_words(dir.path());
    let store = open(&config);
    fill(&store);
    let taken = store.request("fake", "app=x drop", TimeRange { start_ns: 0, end_ns: 100 }).unwrap();
    assert_eq!((taken.state, taken.id.len()), (DeleteState::Received, 8));
    let expected = ["keep one", "drop three", "keep five"];
    assert_eq!(lines(&store), expected);
    assert_eq!(counted(&store), 3);
    // Not of lines that come later.
    append(&store, batch(&labels(&[("app", "x")]), vec![entry(6, "drop six")], None)).unwrap();
    let expected = ["keep one", "drop three", "keep five", "drop six"];
    assert_eq!(lines(&store), expected);
    // Columns that were not asked for do not come.
    let mut bare = request(Direction::Forward);
    bare.columns.line = false;
    bare.columns.metadata = false;
    let visit = &mut |block: &log_record::RecordBlock<'_>| {
        assert!(block.lines.is_empty() || block.lines.len() == block.len());
        std::ops::ControlFlow::Continue(())
    };
    assert_eq!(store.scan(&bare, visit).unwrap().rows, 4);
    drop(store);

    config.delete_cancel_s = 0;
    let store = open(&config);
    assert_eq!(lines(&store), expected);
    store.flush().unwrap();
    store.flush().unwrap();
    let listed = store.list("fake");
    assert_eq!((listed[0].state, listed[0].deleted_lines), (DeleteState::Processed, 2));
    assert_eq!(lines(&store), expected);
    assert_eq!(store.status().segment_rows + store.status().memory_rows, 4);
    assert!(store.list("other").is_empty());
    assert!(matches!(store.cancel("fake", &taken.id, false), Err(DeleteError::Processed)));
    let report = log_store::verify(dir.path(), None).unwrap();
    assert_eq!((report.faults.as_slice(), report.deleted_rows), (&[][..], 2));
}

#[test]
fn a_cancelled_request_gives_its_lines_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&with_words(dir.path()));
    fill(&store);
    let taken = store.request("fake", "app=x", ALL).unwrap();
    assert_eq!(lines(&store), ["drop three"]);
    assert_eq!(counted(&store), 1);
    assert_eq!(store.streams("fake", ALL, &[]).unwrap().len(), 1);
    assert!(matches!(store.cancel("other", &taken.id, false), Err(DeleteError::Unknown)));
    store.cancel("fake", &taken.id, false).unwrap();
    assert_eq!(lines(&store).len(), 5);
    assert!(store.list("fake").is_empty());
    assert!(matches!(store.request("fake", "nonsense", ALL), Err(DeleteError::Selector(_))));
}

#[test]
fn streams_with_a_rule_of_their_own_go_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = with_words(dir.path());
    {
        let store = open(&config);
        fill(&store);
        store.flush().unwrap();
    }
    let rule = |selector: &str, priority, age_max_s| StreamRetention {
        selector: selector.to_owned(),
        priority,
        age_max_s,
    };
    // All lines are of 1970. Those of y go, those of x stay in spite of the age of all.
    config.retention_age_max_s = 3600;
    config.retention_streams = vec![rule("app=y", 1, 60), rule("app=x", 1, 3600), rule("app=x", 2, 0)];
    let store = open(&config);
    store.flush().unwrap();
    assert_eq!(lines(&store), ["keep one", "drop two", "four", "keep five"]);
    let report = log_store::verify(dir.path(), None).unwrap();
    assert_eq!((report.faults.as_slice(), report.expired_rows), (&[][..], 1));
    drop(store);
    config.retention_streams = vec![rule("app=x drop", 1, 60)];
    let refused = Store::open(config, &Registry::default()).unwrap_err().to_string();
    assert!(refused.contains("app=x drop") && refused.contains("only labels count"), "{refused}");
}
