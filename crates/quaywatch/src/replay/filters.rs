//! Plain filters on a capture: how many events each is true for, and the first and last of them.

use std::sync::Arc;

use anyhow::Result;
use capture_file::CapturedEvent;
use event::FieldSource;
use rule_compiler::compile_filters;
use rule_engine::{Config, Engine};
use serde_json::{Value, json};
use telemetry::Registry;

use super::recording::{Next, Recording, Visit};

/// Events that a filter is true for.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    count: u64,
    first: u64,
    last: u64,
}

/// Counts all filters in one pass. One object a filter: `count` with `first` and `last` where
/// there is one, or `error` for a filter with a mistake. An error in the capture is told beside
/// the counts of what was read before it.
pub(crate) fn count_filters(
    recording: &mut Recording,
    filters: &[String],
) -> Result<(Vec<Value>, Result<()>)> {
    struct Counter {
        engine: Engine,
        counts: Vec<Count>,
    }
    impl Visit for Counter {
        fn event<S: FieldSource>(&mut self, event: &CapturedEvent<'_>, source: &S) -> Result<Next> {
            let number = event.event.number;
            self.engine.matching(source, &mut |index| {
                if let Some(count) = self.counts.get_mut(index) {
                    count.count += 1;
                    count.last = number;
                    if count.count == 1 {
                        count.first = number;
                    }
                }
            });
            Ok(Next::Go)
        }
    }

    let (rules, results) = compile_filters(filters);
    let counts = vec![Count::default(); rules.rules().len()];
    let engine = Engine::new(Arc::new(rules), bare_config(), &Registry::default())?;
    let mut counter = Counter { engine, counts };
    let outcome = recording.run(&mut counter);
    let mut counts = counter.counts.into_iter();
    let answers = results
        .into_iter()
        .map(|result| match result {
            Err(error) => json!({ "error": error }),
            Ok(()) => match counts.next().unwrap_or_default() {
                Count { count: 0, .. } => json!({ "count": 0 }),
                Count { count, first, last } => json!({ "count": count, "first": first, "last": last }),
            },
        })
        .collect();
    Ok((answers, outcome))
}

/// No field beside those that are asked for.
pub(super) fn bare_config() -> Config {
    Config { extra_fields: Vec::new(), ..Config::default() }
}
