//! The layout of `format_query`: an expression longer than a line is broken up.

use crate::{
    ast::{Expr, LogExpr, SampleExpr},
    print, units,
};

const LINE_CHARACTERS_MAX: usize = 100;

/// A query as Loki's `format_query` lays it out.
pub fn pretty(expr: &Expr) -> String {
    match expr {
        Expr::Log(log) => log_lines(log, 0),
        Expr::Sample(expr) => sample_lines(expr, 0),
    }
}

fn indent(level: usize) -> String {
    "  ".repeat(level)
}

fn log_lines(log: &LogExpr, level: usize) -> String {
    let whole = log.to_string();
    if whole.len() <= LINE_CHARACTERS_MAX {
        return format!("{}{whole}", indent(level));
    }
    let mut lines = vec![format!("{}{}", indent(level), print::selector(&log.matchers))];
    lines.extend(log.stages.iter().map(|stage| format!("{}{stage}", indent(level + 1))));
    lines.join("\n")
}

fn sample_lines(expr: &SampleExpr, level: usize) -> String {
    let whole = expr.to_string();
    if whole.len() <= LINE_CHARACTERS_MAX {
        return format!("{}{whole}", indent(level));
    }
    let (outer, inner) = (indent(level), indent(level + 1));
    match expr {
        SampleExpr::Range(range) => {
            let mut out = format!("{outer}{}(\n", print::range_function(range.function));
            if let Some(parameter) = range.parameter {
                out.push_str(&format!("{inner}{},\n", print::format_float(parameter)));
            }
            out.push_str(&log_lines(&range.log, level + 1));
            if let Some(unwrap) = &range.unwrap {
                out.push_str(&format!("\n{}{unwrap}", indent(level + 2)));
            }
            out.push_str(&format!(" [{}]", units::format_duration(range.interval_ns)));
            if range.offset_ns != 0 {
                out.push_str(&format!(" offset {}", units::format_duration_go(range.offset_ns)));
            }
            out.push_str(&format!("\n{outer})"));
            if let Some(grouping) = &range.grouping {
                out.push_str(&grouping.to_string());
            }
            out
        }
        SampleExpr::Vector(vector) => {
            let mut out = format!("{outer}{}", print::vector_function(vector.function));
            if let Some(grouping) = &vector.grouping {
                out.push_str(&grouping.to_string());
            }
            out.push_str("(\n");
            if let Some(parameter) = vector.parameter {
                out.push_str(&format!("{inner}{parameter},\n"));
            }
            out.push_str(&format!("{}\n{outer})", sample_lines(&vector.inner, level + 1)));
            out
        }
        SampleExpr::Binary(binary) => format!(
            "{}\n{outer}{}\n{}",
            sample_lines(&binary.left, level + 1),
            print::operation(binary.op, binary.return_bool, &binary.matching),
            sample_lines(&binary.right, level + 1)
        ),
        SampleExpr::LabelReplace { inner: vector, destination, replacement, source, regex } => {
            let texts = [destination, replacement, source, regex]
                .map(|text| format!("{inner}{}", print::quote(text)));
            format!(
                "{outer}label_replace(\n{},\n{}\n{outer})",
                sample_lines(vector, level + 1),
                texts.join(",\n")
            )
        }
        SampleExpr::Literal(_) | SampleExpr::VectorLiteral(_) | SampleExpr::Variants(_) => {
            format!("{outer}{whole}")
        }
    }
}
