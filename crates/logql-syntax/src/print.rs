//! The canonical text of a tree, as Loki's `String` methods give it.

use std::fmt::Write as _;

use crate::{
    ast::{
        BinaryOperator, Comparison, Conversion, Expr, Extraction, FilterValue, Grouping, LabelFilter,
        LabelFormatSource, LabelPick, LineFilter, LineOperator, LogExpr, MatchOp, Matcher, RangeAggregation,
        RangeFunction, SampleExpr, Stage, Unwrap, VectorAggregation, VectorFunction, VectorMatching,
    },
    units,
};

const RANGE_FUNCTIONS: &[(&str, RangeFunction)] = &[
    ("rate", RangeFunction::Rate),
    ("rate_counter", RangeFunction::RateCounter),
    ("count_over_time", RangeFunction::CountOverTime),
    ("bytes_rate", RangeFunction::BytesRate),
    ("bytes_over_time", RangeFunction::BytesOverTime),
    ("avg_over_time", RangeFunction::AvgOverTime),
    ("sum_over_time", RangeFunction::SumOverTime),
    ("min_over_time", RangeFunction::MinOverTime),
    ("max_over_time", RangeFunction::MaxOverTime),
    ("stdvar_over_time", RangeFunction::StdvarOverTime),
    ("stddev_over_time", RangeFunction::StddevOverTime),
    ("quantile_over_time", RangeFunction::QuantileOverTime),
    ("first_over_time", RangeFunction::FirstOverTime),
    ("last_over_time", RangeFunction::LastOverTime),
    ("absent_over_time", RangeFunction::AbsentOverTime),
];

const VECTOR_FUNCTIONS: &[(&str, VectorFunction)] = &[
    ("sum", VectorFunction::Sum),
    ("avg", VectorFunction::Avg),
    ("min", VectorFunction::Min),
    ("max", VectorFunction::Max),
    ("count", VectorFunction::Count),
    ("stddev", VectorFunction::Stddev),
    ("stdvar", VectorFunction::Stdvar),
    ("topk", VectorFunction::Topk),
    ("bottomk", VectorFunction::Bottomk),
    ("approx_topk", VectorFunction::ApproxTopk),
    ("sort", VectorFunction::Sort),
    ("sort_desc", VectorFunction::SortDesc),
];

pub(crate) fn range_function_named(word: &str) -> Option<RangeFunction> {
    RANGE_FUNCTIONS.iter().find(|(name, _)| *name == word).map(|(_, function)| *function)
}

pub(crate) fn vector_function_named(word: &str) -> Option<VectorFunction> {
    VECTOR_FUNCTIONS.iter().find(|(name, _)| *name == word).map(|(_, function)| *function)
}

pub(crate) fn range_function(function: RangeFunction) -> &'static str {
    RANGE_FUNCTIONS.iter().find(|(_, found)| *found == function).map_or("", |(name, _)| name)
}

pub(crate) fn vector_function(function: VectorFunction) -> &'static str {
    VECTOR_FUNCTIONS.iter().find(|(_, found)| *found == function).map_or("", |(name, _)| name)
}

pub(crate) fn binary_operator(op: BinaryOperator) -> &'static str {
    match op {
        BinaryOperator::Or => "or",
        BinaryOperator::And => "and",
        BinaryOperator::Unless => "unless",
        BinaryOperator::Add => "+",
        BinaryOperator::Sub => "-",
        BinaryOperator::Mul => "*",
        BinaryOperator::Div => "/",
        BinaryOperator::Mod => "%",
        BinaryOperator::Pow => "^",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
    }
}

/// A Go string literal, as `strconv.Quote` writes it.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            next if (next as u32) < 0x20 || next as u32 == 0x7f => {
                let _ = write!(out, "\\x{:02x}", next as u32);
            }
            next => out.push(next),
        }
    }
    out.push('"');
    out
}

/// A number as Go's `FormatFloat(v, 'f', -1, 64)` writes it.
pub fn format_float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value}")
    }
}

impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expr::Log(log) => log.fmt(f),
            Expr::Sample(expr) => expr.fmt(f),
        }
    }
}

impl std::fmt::Display for LogExpr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&selector(&self.matchers))?;
        self.stages.iter().try_for_each(|stage| write!(f, " {stage}"))
    }
}

pub(crate) fn selector(matchers: &[Matcher]) -> String {
    let all: Vec<String> = matchers.iter().map(Matcher::to_string).collect();
    format!("{{{}}}", all.join(", "))
}

impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let op = match self.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        };
        write!(f, "{}{op}{}", self.name, quote(&self.value))
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stage::LineFilter(filter) => filter.fmt(f),
            Stage::Json(all) => write!(f, "| json{}", extractions(all)),
            Stage::Logfmt { strict, keep_empty, extractions: all } => {
                f.write_str("| logfmt")?;
                if *strict {
                    f.write_str(" --strict")?;
                }
                if *keep_empty {
                    f.write_str(" --keep-empty")?;
                }
                f.write_str(&extractions(all))
            }
            Stage::Regexp(pattern) => write!(f, "| regexp {}", quote(pattern)),
            Stage::Pattern(pattern) => write!(f, "| pattern {}", quote(pattern)),
            Stage::Unpack => f.write_str("| unpack"),
            Stage::LabelFilter(filter) => write!(f, "| {filter}"),
            Stage::LineFormat(template) => write!(f, "| line_format {}", quote(template)),
            Stage::LabelFormat(all) => {
                let all: Vec<String> = all
                    .iter()
                    .map(|format| match &format.source {
                        LabelFormatSource::Rename(from) => format!("{}={from}", format.name),
                        LabelFormatSource::Template(template) => {
                            format!("{}={}", format.name, quote(template))
                        }
                    })
                    .collect();
                write!(f, "| label_format {}", all.join(","))
            }
            Stage::Decolorize => f.write_str("| decolorize"),
            Stage::Drop(all) => write!(f, "| drop {}", picks(all)),
            Stage::Keep(all) => write!(f, "| keep {}", picks(all)),
        }
    }
}

fn extractions(all: &[Extraction]) -> String {
    let texts: Vec<String> =
        all.iter().map(|found| format!("{}={}", found.name, quote(&found.expression))).collect();
    if texts.is_empty() { String::new() } else { format!(" {}", texts.join(",")) }
}

fn picks(all: &[LabelPick]) -> String {
    let texts: Vec<String> = all
        .iter()
        .map(|pick| match pick {
            LabelPick::Name(name) => name.clone(),
            LabelPick::Matching(matcher) => matcher.to_string(),
        })
        .collect();
    texts.join(",")
}

impl std::fmt::Display for LineFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.op {
            LineOperator::Contains => "|=",
            LineOperator::NotContains => "!=",
            LineOperator::Matches => "|~",
            LineOperator::NotMatches => "!~",
            LineOperator::Pattern => "|>",
            LineOperator::NotPattern => "!>",
        })?;
        for (index, term) in self.terms.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { " or " })?;
            let text = quote(&term.text);
            if term.ip { write!(f, "ip({text})")? } else { f.write_str(&text)? }
        }
        Ok(())
    }
}

impl std::fmt::Display for LabelFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LabelFilter::Text(matcher) => matcher.fmt(f),
            LabelFilter::Compare { name, op, value } => {
                let op = match op {
                    Comparison::Equal => "==",
                    Comparison::NotEqual => "!=",
                    Comparison::Greater => ">",
                    Comparison::GreaterOrEqual => ">=",
                    Comparison::Less => "<",
                    Comparison::LessOrEqual => "<=",
                };
                match value {
                    FilterValue::Number(number) => write!(f, "{name}{op}{}", format_float(*number)),
                    FilterValue::Duration(length) => {
                        write!(f, "{name}{op}{}", units::format_duration_go(*length))
                    }
                    FilterValue::Bytes(bytes) => write!(f, "{name}{op}{}", units::format_bytes(*bytes)),
                }
            }
            LabelFilter::Ip { name, negated, range } => {
                write!(f, "{name}{}ip({})", if *negated { "!=" } else { "=" }, quote(range))
            }
            LabelFilter::And(left, right) => write!(f, "( {left} , {right} )"),
            LabelFilter::Or(left, right) => write!(f, "( {left} or {right} )"),
        }
    }
}

impl Unwrap {
    /// Without the filters that follow.
    pub(crate) fn head(&self) -> String {
        match self.conversion {
            None => format!("| unwrap {}", self.label),
            Some(Conversion::Bytes) => format!("| unwrap bytes({})", self.label),
            Some(Conversion::Duration) => format!("| unwrap duration({})", self.label),
            Some(Conversion::DurationSeconds) => format!("| unwrap duration_seconds({})", self.label),
        }
    }
}

impl std::fmt::Display for Unwrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.head())?;
        self.filters.iter().try_for_each(|filter| write!(f, " | {filter}"))
    }
}

impl std::fmt::Display for Grouping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, " {} ({})", if self.without { "without" } else { "by" }, self.labels.join(","))
    }
}

impl std::fmt::Display for SampleExpr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SampleExpr::Range(range) => range.fmt(f),
            SampleExpr::Vector(vector) => vector.fmt(f),
            SampleExpr::Binary(binary) => {
                write!(
                    f,
                    "({} {} {})",
                    binary.left,
                    operation(binary.op, binary.return_bool, &binary.matching),
                    binary.right
                )
            }
            SampleExpr::LabelReplace { inner, destination, replacement, source, regex } => write!(
                f,
                "label_replace({inner},{},{},{},{})",
                quote(destination),
                quote(replacement),
                quote(source),
                quote(regex)
            ),
            SampleExpr::Literal(value) => f.write_str(&format_float(*value)),
            SampleExpr::VectorLiteral(value) => write!(f, "vector({value:.6})"),
            SampleExpr::Variants(variants) => {
                let of: Vec<String> = variants.of.iter().map(SampleExpr::to_string).collect();
                let interval = units::format_duration(variants.interval_ns);
                write!(f, "variants({}) of ({}[{interval}])", of.join(", "), variants.log)
            }
        }
    }
}

/// The operator with its modifiers.
fn operation(op: BinaryOperator, return_bool: bool, matching: &VectorMatching) -> String {
    let mut out = binary_operator(op).to_owned();
    if return_bool {
        out.push_str(" bool");
    }
    if let Some(on) = matching.on {
        let _ = write!(out, " {} ({})", if on { "on" } else { "ignoring" }, matching.labels.join(","));
    }
    if let Some(left) = matching.group_left {
        out.push_str(if left { " group_left" } else { " group_right" });
        if !matching.include.is_empty() {
            let _ = write!(out, " ({})", matching.include.join(","));
        }
    }
    out
}

impl std::fmt::Display for RangeAggregation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", range_function(self.function))?;
        if let Some(parameter) = self.parameter {
            write!(f, "{},", format_float(parameter))?;
        }
        write!(f, "{}", self.log)?;
        if let Some(unwrap) = &self.unwrap {
            write!(f, " {unwrap}")?;
        }
        write!(f, "[{}]", units::format_duration(self.interval_ns))?;
        if self.offset_ns != 0 {
            write!(f, " offset {}", units::format_duration_go(self.offset_ns))?;
        }
        f.write_str(")")?;
        self.grouping.as_ref().map_or(Ok(()), |grouping| grouping.fmt(f))
    }
}

impl std::fmt::Display for VectorAggregation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(vector_function(self.function))?;
        if let Some(grouping) = &self.grouping {
            grouping.fmt(f)?;
        }
        f.write_str("(")?;
        if let Some(parameter) = self.parameter {
            write!(f, "{parameter},")?;
        }
        write!(f, "{})", self.inner)
    }
}
