//! Label filters over the row at hand.

use logql_syntax::{
    Comparison, FilterValue, LabelFilter, MatchOp, Matcher, parse_bytes, parse_go_duration, quote,
};
use regex::Regex;

use super::{ip::IpRange, regex_translate};
use crate::{
    error::QueryError,
    label_set::LabelSet,
    names::{NameId, Names},
};

/// A compiled filter.
#[derive(Debug)]
pub(crate) enum Filter {
    Text(NameId, TextTest),
    Compare { name: NameId, op: Comparison, value: FilterValue },
    Ip { name: NameId, negated: bool, range: IpRange },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

/// A comparison of texts; a missing label is an empty text.
#[derive(Debug)]
pub(crate) enum TextTest {
    Equal(String),
    NotEqual(String),
    Regex(Regex),
    NotRegex(Regex),
}

impl TextTest {
    pub(crate) fn compile(matcher: &Matcher) -> Result<Self, QueryError> {
        Ok(match matcher.op {
            MatchOp::Equal => TextTest::Equal(matcher.value.clone()),
            MatchOp::NotEqual => TextTest::NotEqual(matcher.value.clone()),
            MatchOp::Regex => TextTest::Regex(regex_translate::anchored(&matcher.value)?),
            MatchOp::NotRegex => TextTest::NotRegex(regex_translate::anchored(&matcher.value)?),
        })
    }

    pub(crate) fn passes(&self, value: &str) -> bool {
        match self {
            TextTest::Equal(wanted) => value == wanted,
            TextTest::NotEqual(refused) => value != refused,
            TextTest::Regex(wanted) => wanted.is_match(value),
            TextTest::NotRegex(refused) => !refused.is_match(value),
        }
    }
}

impl Filter {
    /// Compiles; `reads` collects the labels the filter looks at.
    pub(crate) fn compile(
        filter: &LabelFilter,
        names: &mut Names,
        reads: &mut Vec<NameId>,
    ) -> Result<Self, QueryError> {
        let mut read = |name: &str, names: &mut Names| {
            let id = names.id(name);
            reads.push(id);
            id
        };
        Ok(match filter {
            LabelFilter::Text(matcher) => {
                Filter::Text(read(&matcher.name, names), TextTest::compile(matcher)?)
            }
            LabelFilter::Compare { name, op, value } => {
                Filter::Compare { name: read(name, names), op: *op, value: *value }
            }
            LabelFilter::Ip { name, negated, range } => Filter::Ip {
                name: read(name, names),
                negated: *negated,
                range: IpRange::parse(range).map_err(QueryError::BadRequest)?,
            },
            LabelFilter::And(left, right) => Filter::And(
                Box::new(Filter::compile(left, names, reads)?),
                Box::new(Filter::compile(right, names, reads)?),
            ),
            LabelFilter::Or(left, right) => Filter::Or(
                Box::new(Filter::compile(left, names, reads)?),
                Box::new(Filter::compile(right, names, reads)?),
            ),
        })
    }

    /// Whether the row passes. A value that is no number lets it pass with `__error__` set, and a
    /// row with an error passes every filter on addresses (Loki).
    pub(crate) fn passes(&self, labels: &mut LabelSet) -> bool {
        match self {
            Filter::Text(name, test) => test.passes(labels.get(*name).unwrap_or("")),
            Filter::And(left, right) => left.passes(labels) && right.passes(labels),
            Filter::Or(left, right) => left.passes(labels) || right.passes(labels),
            Filter::Ip { .. } if labels.error().is_some() => true,
            Filter::Ip { name, negated, range } => {
                labels.get(*name).is_some_and(|text| range.found_in(text) != *negated)
            }
            Filter::Compare { name, op, value } => {
                let Some(text) = labels.get(*name) else { return false };
                match compare(text, *op, *value) {
                    Ok(passes) => passes,
                    Err(details) => {
                        labels.set_error("LabelFilterErr", &details);
                        true
                    }
                }
            }
        }
    }
}

fn compare(text: &str, op: Comparison, value: FilterValue) -> Result<bool, String> {
    let ordering = match value {
        FilterValue::Number(wanted) => number(text)?.partial_cmp(&wanted),
        FilterValue::Duration(wanted) => {
            let found = parse_go_duration(text).ok_or_else(|| duration_error(text))?;
            Some(found.cmp(&wanted))
        }
        FilterValue::Bytes(wanted) => {
            let found = parse_bytes(text).ok_or_else(|| bytes_error(text))?;
            Some(found.cmp(&wanted))
        }
    };
    Ok(match op {
        Comparison::Equal => ordering.is_some_and(|ordering| ordering.is_eq()),
        Comparison::NotEqual => ordering.is_none_or(|ordering| ordering.is_ne()),
        Comparison::Greater => ordering.is_some_and(|ordering| ordering.is_gt()),
        Comparison::GreaterOrEqual => ordering.is_some_and(|ordering| ordering.is_ge()),
        Comparison::Less => ordering.is_some_and(|ordering| ordering.is_lt()),
        Comparison::LessOrEqual => ordering.is_some_and(|ordering| ordering.is_le()),
    })
}

/// Go's `strconv.ParseFloat` with its error text.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("strconv.ParseFloat: parsing {}: invalid syntax", quote(text)))
}

pub(crate) fn duration_error(text: &str) -> String {
    let starts_number =
        text.trim_start_matches(['-', '+']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if starts_number && text.chars().all(|next| next.is_ascii_digit() || matches!(next, '.' | '-' | '+')) {
        format!("time: missing unit in duration {}", quote(text))
    } else {
        format!("time: invalid duration {}", quote(text))
    }
}

pub(crate) fn bytes_error(text: &str) -> String {
    let digits = text.find(|next: char| !next.is_ascii_digit() && next != '.').unwrap_or(text.len());
    match text.split_at(digits) {
        ("", _) => "strconv.ParseFloat: parsing \"\": invalid syntax".to_owned(),
        (_, unit) => format!("unhandled size name: {}", unit.trim().to_lowercase()),
    }
}
