//! Selectors compiled for whoever keeps them as text and does not know the language: delete
//! requests, retention by selector.

use std::{
    borrow::Cow,
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use log_record::{CompiledSelector, Labels, MetadataColumn, RecordBlock, SelectorCompiler, TextColumn};
use logql_syntax::{Expr, LogExpr};

use crate::{
    label_set::{Base, Category},
    pipeline::{Pipeline, Row, Work, matchers_of},
};

/// Compiles LogQL selectors with pipelines of filters and parsers.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogQlSelectors;

impl SelectorCompiler for LogQlSelectors {
    fn compile(&self, query: &str) -> Result<CompiledSelector, String> {
        let expr = match logql_syntax::parse(query).map_err(|error| error.to_string())? {
            Expr::Log(expr) => expr,
            Expr::Sample(_) => return Err("only log selectors are supported".to_owned()),
        };
        let matchers = matchers_of(&expr.matchers).map_err(|error| error.to_string())?;
        if expr.stages.is_empty() {
            return Ok(CompiledSelector { matchers, line: None });
        }
        // Mistakes in stages must show now, not when lines are deleted.
        Pipeline::compile(&expr, &mut Work::new()).map_err(|error| error.to_string())?;
        let predicate = Predicate { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), expr };
        Ok(CompiledSelector {
            matchers,
            line: Some(Arc::new(move |labels, timestamp_ns, line, metadata| {
                predicate.passes(labels, timestamp_ns, line, metadata)
            })),
        })
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Most compiled pipelines one thread keeps.
const KEPT_MAX: usize = 32;

thread_local! {
    /// A pipeline's working state belongs to one thread, so each thread compiles its own.
    static PIPELINES: RefCell<Vec<(u64, Pipeline, Work)>> = const { RefCell::new(Vec::new()) };
}

struct Predicate {
    id: u64,
    expr: LogExpr,
}

impl Predicate {
    fn passes(&self, labels: &Labels, timestamp_ns: i64, line: &str, metadata: &[(&str, &str)]) -> bool {
        PIPELINES.with_borrow_mut(|kept| {
            let at = match kept.iter().position(|(id, ..)| *id == self.id) {
                Some(at) => at,
                None => {
                    let mut work = Work::new();
                    let Ok(pipeline) = Pipeline::compile(&self.expr, &mut work) else { return false };
                    if kept.len() >= KEPT_MAX {
                        kept.remove(0);
                    }
                    kept.push((self.id, pipeline, work));
                    kept.len() - 1
                }
            };
            let Some((_, pipeline, work)) = kept.get_mut(at) else { return false };
            run(pipeline, work, labels, timestamp_ns, line, metadata)
        })
    }
}

fn run(
    pipeline: &Pipeline,
    work: &mut Work,
    labels: &Labels,
    timestamp_ns: i64,
    line: &str,
    metadata: &[(&str, &str)],
) -> bool {
    let Ok(end) = i32::try_from(line.len()) else { return false };
    let offsets = [0, end];
    let block = RecordBlock {
        streams: std::slice::from_ref(labels),
        stream_of_row: &[0],
        timestamps_ns: &[timestamp_ns],
        lines: TextColumn { offsets: &offsets, data: line },
        metadata: MetadataColumn::default(),
        json_fields: &[],
    };
    let mut rows = Vec::new();
    pipeline.select(&block, &mut rows);
    if rows.is_empty() {
        return false;
    }
    let base = Base::new(labels.clone(), &mut work.names);
    work.labels.reset(&base);
    for (name, value) in metadata {
        let Some(mut name) = work.names.foreign_id(name) else { continue };
        if work.labels.base_has(name) {
            name = work.names.extracted(name);
        }
        work.labels.set(Category::Metadata, name, value);
    }
    let mut row = Row { timestamp_ns, line: Cow::Borrowed(line) };
    pipeline.run(&mut row, &block, 0, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_see_line_labels_and_metadata() {
        let labels = Labels::new([("app", "a")]);
        let check = |query: &str, line: &str, metadata: &[(&str, &str)]| {
            let compiled = LogQlSelectors.compile(query).unwrap();
            compiled.matchers.iter().all(|matcher| matcher.matches(&labels))
                && compiled.line.is_none_or(|line_passes| line_passes(&labels, 5, line, metadata))
        };
        assert!(check(r#"{app="a"}"#, "x", &[]));
        assert!(!check(r#"{app="b"}"#, "x", &[]));
        assert!(check(r#"{app="a"} |= "x""#, "x", &[]));
        assert!(!check(r#"{app="a"} |= "y""#, "x", &[]));
        assert!(check(r#"{app="a"} | json | n > 5"#, r#"{"n":6}"#, &[]));
        assert!(!check(r#"{app="a"} | json | n > 5"#, r#"{"n":4}"#, &[]));
        assert!(check(r#"{app="a"} | user="u""#, "x", &[("user", "u")]));
        assert!(LogQlSelectors.compile(r#"rate({app="a"}[1m])"#).is_err());
        assert!(LogQlSelectors.compile("{").is_err());
    }
}
