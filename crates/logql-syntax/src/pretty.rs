//! The layout of `format_query`: an expression longer than a line is broken up.

use crate::{
    ast::{Binary, Expr, Grouping, LogExpr, RangeAggregation, SampleExpr, Stage},
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
    let inner = indent(level + 1);
    let mut lines = vec![format!("{}{}", indent(level), print::selector(&log.matchers))];
    let mut stages = log.stages.iter().peekable();
    while let Some(stage) = stages.next() {
        match stage {
            // Line filters side by side are one expression, and share a line while they fit.
            Stage::LineFilter(_) => {
                let mut filters = vec![stage.to_string()];
                while let Some(next) = stages.next_if(|next| matches!(next, Stage::LineFilter(_))) {
                    filters.push(next.to_string());
                }
                lines.extend(filter_lines(&filters).into_iter().map(|line| format!("{inner}{line}")));
            }
            // Loki forgets to indent this one.
            Stage::Decolorize => lines.push(stage.to_string()),
            stage => lines.push(format!("{inner}{stage}")),
        }
    }
    lines.join("\n")
}

/// A chain of filters: on one line, or the last one on a line of its own.
fn filter_lines(filters: &[String]) -> Vec<String> {
    match filters {
        [head @ .., last] if !head.is_empty() && filters.join(" ").len() > LINE_CHARACTERS_MAX => {
            let mut lines = filter_lines(head);
            lines.push(last.clone());
            lines
        }
        all => vec![all.join(" ")],
    }
}

fn sample_lines(expr: &SampleExpr, level: usize) -> String {
    let whole = expr.to_string();
    if whole.len() <= LINE_CHARACTERS_MAX {
        return format!("{}{whole}", indent(level));
    }
    let (outer, inner) = (indent(level), indent(level + 1));
    match expr {
        SampleExpr::Range(range) => range_lines(range, level),
        SampleExpr::Vector(vector) => {
            let mut out = format!("{outer}{}", print::vector_function(vector.function));
            out.push_str(&vector.grouping.as_ref().map_or_else(String::new, grouping));
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
            operation(binary),
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

fn range_lines(range: &RangeAggregation, level: usize) -> String {
    let (outer, inner) = (indent(level), indent(level + 1));
    let mut out = format!("{outer}{}(\n", print::range_function(range.function));
    if let Some(parameter) = range.parameter {
        out.push_str(&format!("{inner}{},\n", print::format_float(parameter)));
    }
    out.push_str(&log_lines(&range.log, level + 1));
    if let Some(unwrap) = &range.unwrap {
        let deeper = indent(level + 2);
        let bare = unwrap.head();
        out.push_str(&format!("\n{deeper}{bare}"));
        for filter in &unwrap.filters {
            out.push_str(&format!("\n{deeper}| {filter}"));
        }
    }
    out.push_str(&format!(" [{}]", units::format_duration(range.interval_ns)));
    if range.offset_ns != 0 {
        out.push_str(&format!(" offset {}", units::format_duration(range.offset_ns)));
    }
    out.push_str(&format!("\n{outer})"));
    out.push_str(&range.grouping.as_ref().map_or_else(String::new, grouping));
    out
}

/// Unlike in one line, blanks follow the commas, and an empty list vanishes.
fn grouping(grouping: &Grouping) -> String {
    let word = match (grouping.without, grouping.labels.is_empty()) {
        (true, _) => " without",
        (false, false) => " by",
        (false, true) => "",
    };
    if grouping.labels.is_empty() {
        return word.to_owned();
    }
    format!("{word} ({})", grouping.labels.join(", "))
}

/// The operator with its modifiers; what is to be matched is followed by a blank in any case.
fn operation(binary: &Binary) -> String {
    let mut out = print::binary_operator(binary.op).to_owned();
    if binary.return_bool {
        out.push_str(" bool");
    }
    let matching = &binary.matching;
    let mut group = match matching.group_left {
        Some(true) => "group_left".to_owned(),
        Some(false) => "group_right".to_owned(),
        None => String::new(),
    };
    if !matching.include.is_empty() {
        group = format!("{group} ({})", matching.include.join(", "));
    }
    if let Some(on) = matching.on.filter(|_| !matching.labels.is_empty()) {
        let word = if on { "on" } else { "ignoring" };
        out = format!("{out} {word} ({}) {group}", matching.labels.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_queries_are_broken_up() {
        let long = "x".repeat(40);
        for (query, expected) in [
            (r#"1 + 2 * 3"#, "7".to_owned()),
            (
                &*format!(r#"{{a="b"}} |= "{long}" != "y" |~ "{long}" | decolorize | json | drop x"#),
                format!(
                    "{{a=\"b\"}}\n  |= \"{long}\" != \"y\" |~ \"{long}\"\n| decolorize\n  | json\n  | drop x"
                ),
            ),
            (
                &*format!(
                    r#"quantile_over_time(0.9,{{a="{long}"}} | json | unwrap duration(d) | d>1s | {long}="x" [5m] offset 1h) by (a,b)"#
                ),
                format!(
                    "quantile_over_time(\n  0.9,\n  {{a=\"{long}\"}} | json\n    | unwrap duration(d)\n    | d>1s\n    | {long}=\"x\" [5m] \
                     offset 1h\n) by (a, b)"
                ),
            ),
            (
                &*format!(
                    r#"sum by (a) (rate({{a="{long}"}}[1m])) / on (a, b) group_left (c) sum without () (rate({{a="{long}"}}[1m]))"#
                ),
                format!(
                    "  sum by (a)(rate({{a=\"{long}\"}}[1m]))\n/ on (a, b) group_left (c)\n  sum without ()(rate({{a=\"{long}\"}}[1m]))"
                ),
            ),
        ] {
            let found = crate::parse(query).map(|expr| pretty(&expr)).map_err(|error| error.to_string());
            assert_eq!(found.as_deref(), Ok(expected.as_str()), "{query}");
        }
    }
}
