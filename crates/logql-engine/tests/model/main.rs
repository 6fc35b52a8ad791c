//! Random queries on random lines: the engine over a real store, and over blocks of another cut,
//! against a model that goes through the rows one by one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test helpers")]

mod lines;
mod query;
mod reference;
mod stores;

use std::collections::BTreeMap;

use logql_engine::{Cancel, Data, Engine, Limits, QueryError, RangeParams};
use proptest::prelude::*;
use telemetry::Registry;

use crate::{lines::Line, query::Query, stores::Stores};

/// All lines lie in this minute.
pub(crate) const START_NS: i64 = 1_700_000_000_000_000_000;
pub(crate) const END_NS: i64 = START_NS + 60_000_000_000;

/// An answer in a form that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Time, line and all labels, in the order of the answer; lines of one instant sorted.
    Lines(Vec<(i64, String, BTreeMap<String, String>)>),
    /// Labels to time and value.
    Series(BTreeMap<BTreeMap<String, String>, Vec<(i64, f64)>>),
    /// A line could not be parsed.
    PipelineError,
}

impl Answer {
    /// Whether this answers for `all` that there is: equal but for the last digits of sums, and
    /// for lines up to the limit. Of the lines of one instant, any may be those that still fit.
    pub(crate) fn is_like(&self, all: &Answer, limit: usize) -> bool {
        match (self, all) {
            (Answer::Lines(ours), Answer::Lines(theirs)) => {
                let edge = ours.last().map(|(time_ns, ..)| *time_ns);
                let before = ours.iter().take_while(|(time_ns, ..)| Some(*time_ns) != edge).count();
                let mut of_the_edge: Vec<_> =
                    theirs.iter().filter(|(time_ns, ..)| Some(*time_ns) == edge).collect();
                ours.len() == theirs.len().min(limit)
                    && ours[..before] == theirs[..before]
                    && ours[before..].iter().all(|line| {
                        let found = of_the_edge.iter().position(|other| *other == line);
                        found.map(|at| of_the_edge.remove(at)).is_some()
                    })
            }
            (Answer::Series(ours), Answer::Series(theirs)) => {
                ours.len() == theirs.len()
                    && ours.iter().zip(theirs).all(|((labels, points), (others, values))| {
                        labels == others
                            && points.len() == values.len()
                            && points.iter().zip(values).all(|(point, value)| {
                                let near = (point.1 - value.1).abs() <= 1e-9 * point.1.abs().max(1.0);
                                point.0 == value.0 && near
                            })
                    })
            }
            _ => self == all,
        }
    }
}

fn ask(engine: &Engine, query: &Query) -> Answer {
    let params = RangeParams {
        tenant: "fake".to_owned(),
        query: query.text(),
        start_ns: START_NS,
        end_ns: END_NS,
        step_ns: query.step_ns(),
        interval_ns: 0,
        limit: query.limit(),
        direction: query.direction(),
        cancel: Cancel::default(),
    };
    match engine.query_range(&params) {
        Err(QueryError::Pipeline { .. }) => Answer::PipelineError,
        Err(error) => panic!("{}: {error}", query.text()),
        Ok(result) => match result.data {
            Data::Lines(entries) => {
                let entries = entries.into_iter().map(|entry| {
                    let all =
                        entry.labels.stream.iter().chain(&entry.labels.metadata).chain(&entry.labels.parsed);
                    let labels = all.map(|(name, value)| (name.to_string(), value.to_string())).collect();
                    (entry.timestamp_ns, entry.line, labels)
                });
                Answer::Lines(reference::settled(entries.collect(), query))
            }
            Data::Matrix(all) => Answer::Series(
                all.into_iter()
                    .map(|series| {
                        let labels =
                            series.labels.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                        (labels, series.points)
                    })
                    .collect(),
            ),
            other => panic!("{}: {other:?}", query.text()),
        },
    }
}

/// Few cases, since each opens a store; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases: 24, ..default },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn engines_answer_as_the_model(
        lines in proptest::collection::vec(lines::line(), 1..120),
        queries in proptest::collection::vec(query::query(), 12),
        flushed in 0usize..120,
    ) {
        let stores = Stores::new(&lines, flushed);
        for (name, reader) in stores.readers() {
            let engine = Engine::new(reader, Limits::default(), &Registry::default());
            for query in &queries {
                let (found, expected) = (ask(&engine, query), reference::answer(&lines, query));
                prop_assert!(
                    found.is_like(&expected, query.limit()),
                    "{name}: {}\nengine {found:#?}\nmodel {expected:#?}\nlines {:?}",
                    query.text(),
                    lines.iter().map(Line::text).collect::<Vec<_>>()
                );
            }
        }
    }
}
