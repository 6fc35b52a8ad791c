//! The tests of a pipeline that a store can do.

use log_record::{LabelTest, LineTest, MatchOperator, RowTests};
use logql_syntax::{LabelFilter, LabelPick, LineFilter, LineOperator, LogExpr, MatchOp, Matcher, Stage};
use regex_syntax::hir::{Hir, HirKind};

use crate::pipeline::{anchored, regex};

/// What the stages of a pipeline ask of stored rows.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) tests: RowTests,
    /// The tests are all that the pipeline does to rows, besides adding labels from `| json`.
    pub(crate) is_all: bool,
    /// `| json` is among the stages.
    pub(crate) is_parsed: bool,
}

/// Collects tests up to the first stage that changes lines or labels in another way.
pub(crate) fn row_tests(log: &LogExpr) -> Asked {
    let mut asked = Asked { is_all: true, ..Asked::default() };
    for stage in &log.stages {
        let is_known = match stage {
            Stage::LineFilter(filter) => line_filter(filter, &mut asked),
            Stage::Json(all) if all.is_empty() && !asked.is_parsed => {
                asked.is_parsed = true;
                true
            }
            Stage::LabelFilter(filter) => {
                let before = asked.tests.labels.len();
                let is_known = label_filter(filter, &mut asked);
                if !is_known {
                    // Half of an `and` is still a test that must pass, but others may follow that
                    // depend on an error it sets: only what came before is kept.
                    asked.tests.labels.truncate(before);
                }
                is_known
            }
            // Of a line without an error it takes nothing.
            Stage::Drop(all) => {
                all.iter().all(|pick| matches!(pick, LabelPick::Name(name) if is_error(name)))
            }
            _ => false,
        };
        if !is_known {
            asked.is_all = false;
            break;
        }
    }
    asked
}

fn is_error(name: &str) -> bool {
    name == "__error__" || name == "__error_details__"
}

/// True when the test says all that the filter does.
fn line_filter(filter: &LineFilter, asked: &mut Asked) -> bool {
    let texts: Vec<String> = filter.terms.iter().map(|term| term.text.clone()).collect();
    if filter.terms.is_empty() || filter.terms.iter().any(|term| term.ip || term.text.is_empty()) {
        asked.is_all = false;
        return true;
    }
    match filter.op {
        LineOperator::Contains | LineOperator::NotContains => {
            let negated = filter.op == LineOperator::NotContains;
            asked.tests.lines.push(LineTest { any_of: texts, negated });
        }
        LineOperator::Matches => {
            let found: Option<Vec<(String, bool)>> = texts.iter().map(|text| required(text)).collect();
            asked.is_all &= found.as_ref().is_some_and(|found| found.iter().all(|(_, is_whole)| *is_whole));
            if let Some(found) = found {
                let any_of = found.into_iter().map(|(text, _)| text).collect();
                asked.tests.lines.push(LineTest { any_of, negated: false });
            }
        }
        _ => asked.is_all = false,
    }
    true
}

/// The longest text that every match contains, and whether it is the whole pattern.
fn required(pattern: &str) -> Option<(String, bool)> {
    let compiled = regex(pattern).ok()?;
    let hir = regex_syntax::parse(compiled.as_str()).ok()?;
    let text = |hir: &Hir| match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(str::to_owned),
        _ => None,
    };
    match hir.kind() {
        HirKind::Literal(_) => text(&hir).map(|text| (text, true)),
        HirKind::Concat(parts) => {
            parts.iter().filter_map(text).max_by_key(String::len).map(|text| (text, false))
        }
        _ => None,
    }
}

/// False when the filter is none that a store can do.
fn label_filter(filter: &LabelFilter, asked: &mut Asked) -> bool {
    match filter {
        LabelFilter::Text(matcher) => match operator(matcher) {
            Some(operator) => {
                asked.tests.labels.push(LabelTest {
                    name: matcher.name.clone(),
                    is_parsed: asked.is_parsed,
                    operator,
                });
                true
            }
            None => false,
        },
        LabelFilter::And(left, right) => label_filter(left, asked) && label_filter(right, asked),
        _ => false,
    }
}

fn operator(matcher: &Matcher) -> Option<MatchOperator> {
    if is_error(&matcher.name) || matcher.name.ends_with("_extracted") {
        return None;
    }
    Some(match matcher.op {
        MatchOp::Equal => MatchOperator::Equal(matcher.value.clone()),
        MatchOp::NotEqual => MatchOperator::NotEqual(matcher.value.clone()),
        MatchOp::Regex => MatchOperator::Regex(anchored(&matcher.value).ok()?),
        MatchOp::NotRegex => MatchOperator::NotRegex(anchored(&matcher.value).ok()?),
    })
}
