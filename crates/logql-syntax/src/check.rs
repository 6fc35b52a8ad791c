//! What the grammar allows and LogQL does not.

use crate::{
    ast::{Expr, LabelFilter, LogExpr, MatchOp, Matcher, RangeAggregation, RangeFunction, SampleExpr, Stage},
    parser::ParseError,
    pattern, print,
};

/// Checks a whole query.
pub(crate) fn expression(expr: &Expr) -> Result<(), ParseError> {
    match expr {
        Expr::Log(log) => log_expression(log),
        Expr::Sample(expr) => sample(expr),
    }
}

fn sample(expr: &SampleExpr) -> Result<(), ParseError> {
    match expr {
        SampleExpr::Range(range) => {
            range_aggregation(range)?;
            log_expression(&range.log)
        }
        SampleExpr::Vector(vector) => sample(&vector.inner),
        SampleExpr::Binary(binary) => {
            sample(&binary.left)?;
            sample(&binary.right)
        }
        SampleExpr::LabelReplace { inner, regex: pattern, .. } => {
            sample(inner)?;
            regex(pattern).map_err(|error| {
                ParseError::meaning(format!("invalid regex in label_replace: {}", error.message))
            })
        }
        SampleExpr::Literal(_) | SampleExpr::VectorLiteral(_) => Ok(()),
        SampleExpr::Variants(variants) => {
            log_expression(&variants.log)?;
            variants.of.iter().try_for_each(sample)
        }
    }
}

fn range_aggregation(range: &RangeAggregation) -> Result<(), ParseError> {
    use RangeFunction as F;
    let name = print::range_function(range.function);
    let groups = matches!(
        range.function,
        F::AvgOverTime
            | F::StddevOverTime
            | F::StdvarOverTime
            | F::QuantileOverTime
            | F::MaxOverTime
            | F::MinOverTime
            | F::FirstOverTime
            | F::LastOverTime
    );
    if range.grouping.is_some() && !groups {
        return Err(ParseError::meaning(format!("grouping not allowed for {name} aggregation")));
    }
    let unwraps =
        groups || matches!(range.function, F::SumOverTime | F::Rate | F::RateCounter | F::AbsentOverTime);
    let counts = matches!(
        range.function,
        F::CountOverTime | F::BytesOverTime | F::BytesRate | F::Rate | F::AbsentOverTime
    );
    match range.unwrap {
        Some(_) if !unwraps => Err(ParseError::meaning(format!("invalid aggregation {name} with unwrap"))),
        None if !counts => Err(ParseError::meaning(format!("invalid aggregation {name} without unwrap"))),
        _ => Ok(()),
    }
}

fn log_expression(log: &LogExpr) -> Result<(), ParseError> {
    for matcher in &log.matchers {
        regex_of(matcher)?;
    }
    if !log.matchers.iter().any(selects) {
        return Err(ParseError::meaning(
            "queries require at least one regexp or equality matcher that does not have an empty-compatible \
             value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
        ));
    }
    for stage in &log.stages {
        match stage {
            Stage::LabelFilter(filter) => label_filter(filter)?,
            Stage::Regexp(pattern) => regexp_parser(pattern)
                .map_err(|reason| ParseError::meaning(format!("invalid regexp parser: {reason}")))?,
            Stage::Pattern(pattern) => pattern::check(pattern)
                .map_err(|reason| ParseError::meaning(format!("invalid pattern parser: {reason}")))?,
            _ => {}
        }
    }
    Ok(())
}

/// The pattern of `| regexp` names its captures, each once.
fn regexp_parser(pattern: &str) -> Result<(), String> {
    regex(pattern).map_err(|error| error.message)?;
    let mut names: Vec<&str> = Vec::new();
    for head in ["(?P<", "(?<"] {
        for (at, _) in pattern.match_indices(head) {
            let rest = pattern.get(at + head.len()..).unwrap_or("");
            // `(?<=` and `(?<!` look behind; an escaped parenthesis is text.
            let escaped = pattern.get(..at).unwrap_or("").ends_with('\\');
            let Some(name) = rest.split('>').next().filter(|name| !escaped && !name.starts_with(['=', '!']))
            else {
                continue;
            };
            if names.contains(&name) {
                return Err(format!("duplicate extracted label name '{name}'"));
            }
            names.push(name);
        }
    }
    if names.is_empty() { Err("at least one named capture must be supplied".to_owned()) } else { Ok(()) }
}

/// Whether a matcher keeps the query from reading every stream.
fn selects(matcher: &Matcher) -> bool {
    match matcher.op {
        MatchOp::Equal => !matcher.value.is_empty(),
        MatchOp::NotEqual => false,
        MatchOp::Regex => !matches_empty(&matcher.value),
        MatchOp::NotRegex => false,
    }
}

fn label_filter(filter: &LabelFilter) -> Result<(), ParseError> {
    match filter {
        LabelFilter::Text(matcher) => regex_of(matcher),
        LabelFilter::And(left, right) | LabelFilter::Or(left, right) => {
            label_filter(left)?;
            label_filter(right)
        }
        LabelFilter::Compare { .. } | LabelFilter::Ip { .. } => Ok(()),
    }
}

/// The pattern of a matcher must compile.
pub(crate) fn regex_of(matcher: &Matcher) -> Result<(), ParseError> {
    match matcher.op {
        MatchOp::Regex | MatchOp::NotRegex => regex(&matcher.value),
        MatchOp::Equal | MatchOp::NotEqual => Ok(()),
    }
}

fn regex(pattern: &str) -> Result<(), ParseError> {
    regex_syntax(pattern).map(drop)
}

/// What Go says is wrong with a pattern, if anything is.
pub fn regex_mistake(pattern: &str) -> Option<String> {
    regex_syntax::Parser::new().parse(pattern).err().map(|error| regexp_error(&error, pattern))
}

fn matches_empty(pattern: &str) -> bool {
    regex_syntax(pattern).is_ok_and(|hir| hir.properties().minimum_len() == Some(0))
}

fn regex_syntax(pattern: &str) -> Result<regex_syntax::hir::Hir, ParseError> {
    regex_syntax::Parser::new().parse(pattern).map_err(|error| {
        ParseError::meaning(format!("error parsing regexp: {}", regexp_error(&error, pattern)))
    })
}

/// The words of Go's `regexp/syntax` for the mistakes people make.
fn regexp_error(error: &regex_syntax::Error, pattern: &str) -> String {
    use regex_syntax::ast::ErrorKind;
    let regex_syntax::Error::Parse(error) = error else {
        return format!("invalid regular expression: `{pattern}`");
    };
    let part = |start: usize, end: usize| pattern.get(start..end).unwrap_or(pattern);
    let span = error.span();
    match error.kind() {
        ErrorKind::GroupUnclosed => format!("missing closing ): `{pattern}`"),
        ErrorKind::GroupUnopened => format!("unexpected ): `{pattern}`"),
        ErrorKind::ClassUnclosed => {
            format!("missing closing ]: `{}`", part(span.start.offset, pattern.len()))
        }
        ErrorKind::RepetitionMissing => {
            format!("missing argument to repetition operator: `{}`", part(span.start.offset, span.end.offset))
        }
        ErrorKind::EscapeUnexpectedEof => "trailing backslash at end of expression: ``".to_owned(),
        ErrorKind::EscapeUnrecognized | ErrorKind::UnsupportedBackreference => {
            format!("invalid escape sequence: `{}`", part(span.start.offset, span.end.offset))
        }
        ErrorKind::UnsupportedLookAround => {
            format!("invalid or unsupported Perl syntax: `{}`", part(span.start.offset, span.end.offset))
        }
        _ => format!("invalid regular expression: `{pattern}`"),
    }
}
