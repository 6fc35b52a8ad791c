//! One comparison with constants, ready to run: sets hashed, searches prepared.

use std::{collections::HashSet, net::IpAddr};

use aho_corasick::AhoCorasick;
use event::{IpNet, Value};
use memchr::memmem::Finder;
use rule_syntax::{Modifier, Operator};

use crate::{constants::Number, glob::Glob, hash::FastHash, path_set::PathSet};

/// What a value is compared with.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant is one operator on one kind of value")]
pub enum Test {
    Exists,
    TextIs(Box<[u8]>),
    TextIsNot(Box<[u8]>),
    TextIn(HashSet<Box<[u8]>, FastHash>),
    /// `<`, `<=`, `>`, `>=` of texts, byte by byte: `4` is greater than `100` (Falco).
    TextOrder(Operator, Box<[u8]>),
    Contains(Box<Finder<'static>>),
    /// Several needles in one value.
    ContainsAny(Box<AhoCorasick>),
    /// Needle in lower case.
    ContainsFolded(Box<[u8]>),
    /// Several needles, ASCII case aside.
    ContainsFoldedAny(Box<AhoCorasick>),
    StartsWith(Box<[u8]>),
    /// Several prefixes of one value, sorted, none a prefix of another.
    StartsWithAny(Vec<Box<[u8]>>),
    EndsWith(Box<[u8]>),
    /// Several suffixes of one value.
    EndsWithAny(Vec<Box<[u8]>>),
    Glob(Glob),
    Regex(Box<regex::bytes::Regex>),
    Paths(Box<PathSet>),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Number(Operator, Number),
    NumberIn(HashSet<i128, FastHash>),
    Bool(bool),
    BoolNot(bool),
    BoolIn {
        yes: bool,
        no: bool,
    },
    Ip(IpAddr),
    IpNot(IpAddr),
    IpIn(HashSet<IpAddr, FastHash>),
    Net(IpNet),
    NetNot(IpNet),
    NetIn(Vec<IpNet>),
    /// `oneof`, `anyof`, `allof`.
    Many(Modifier, Vec<Test>),
    /// `in` on a list field: every item is in the set.
    Every(Box<Test>),
    /// `!=` on ancestors: one that differs is enough.
    OfAny(Box<Test>),
}

impl Test {
    /// Whether the comparison holds. A missing value never gets here: for it every comparison is
    /// false, `!=` included (Falco).
    pub fn holds(&self, value: &Value<'_>) -> bool {
        match value {
            Value::List(items) => match self {
                Test::Exists => true,
                // Also true of a list without items (Falco): a process that has nothing open.
                Test::Every(test) => items.iter().all(|item| test.holds(item)),
                _ => items.iter().any(|item| self.holds(item)),
            },
            Value::AnyOf(values) => match self {
                Test::Exists => true,
                Test::OfAny(test) => values.iter().any(|value| test.holds(value)),
                _ if self.is_negative() => !values.is_empty() && values.iter().all(|value| self.holds(value)),
                _ => values.iter().any(|value| self.holds(value)),
            },
            Value::Text(text) => self.holds_text(text),
            Value::Bytes(bytes) => self.holds_text(bytes),
            Value::Int(number) => self.holds_number(i128::from(*number)),
            Value::Uint(number) => self.holds_number(i128::from(*number)),
            Value::Double(number) => self.holds_double(*number),
            Value::Bool(truth) => self.holds_bool(*truth),
            Value::Ip(address) | Value::Net(address) => self.holds_address(*address),
        }
    }

    fn holds_text(&self, text: &[u8]) -> bool {
        match self {
            Test::Exists => true,
            Test::TextIs(wanted) => **wanted == *text,
            Test::TextIsNot(wanted) => **wanted != *text,
            Test::TextOrder(operator, other) => ordering(*operator, text.cmp(other)),
            Test::TextIn(set) => set.contains(text),
            Test::Contains(finder) => finder.find(text).is_some(),
            Test::ContainsAny(automaton) | Test::ContainsFoldedAny(automaton) => automaton.is_match(text),
            Test::ContainsFolded(needle) => contains_folded(text, needle),
            Test::StartsWith(prefix) => text.starts_with(prefix),
            Test::StartsWithAny(prefixes) => starts_with_any(text, prefixes),
            Test::EndsWith(suffix) => text.ends_with(suffix),
            Test::EndsWithAny(suffixes) => suffixes.iter().any(|suffix| text.ends_with(suffix)),
            Test::Glob(glob) => glob.matches(text),
            Test::Regex(regex) => regex.is_match(text),
            Test::Paths(paths) => paths.matches(text),
            Test::Many(modifier, tests) => many(*modifier, tests, |test| test.holds_text(text)),
            Test::Every(test) | Test::OfAny(test) => test.holds_text(text),
            _ => false,
        }
    }

    fn holds_number(&self, number: i128) -> bool {
        match self {
            Test::Exists => true,
            Test::Number(operator, Some(wanted)) => ordering(*operator, number.cmp(wanted)),
            Test::NumberIn(set) => set.contains(&number),
            Test::Many(modifier, tests) => many(*modifier, tests, |test| test.holds_number(number)),
            Test::Every(test) | Test::OfAny(test) => test.holds_number(number),
            _ => false,
        }
    }

    fn holds_double(&self, number: f64) -> bool {
        match self {
            Test::Exists => true,
            Test::Number(operator, Some(wanted)) => {
                number.partial_cmp(&(*wanted as f64)).is_some_and(|order| ordering(*operator, order))
            }
            Test::NumberIn(set) => number.fract() == 0.0 && set.contains(&(number as i128)),
            Test::Many(modifier, tests) => many(*modifier, tests, |test| test.holds_double(number)),
            Test::Every(test) | Test::OfAny(test) => test.holds_double(number),
            _ => false,
        }
    }

    fn holds_bool(&self, truth: bool) -> bool {
        match self {
            Test::Exists => true,
            Test::Bool(wanted) => *wanted == truth,
            Test::BoolNot(wanted) => *wanted != truth,
            Test::BoolIn { yes, no } => {
                if truth {
                    *yes
                } else {
                    *no
                }
            }
            Test::Many(modifier, tests) => many(*modifier, tests, |test| test.holds_bool(truth)),
            Test::Every(test) | Test::OfAny(test) => test.holds_bool(truth),
            _ => false,
        }
    }

    /// Families never match each other, so `!=` is true across them.
    fn holds_address(&self, address: IpAddr) -> bool {
        match self {
            Test::Exists => true,
            Test::Ip(wanted) => *wanted == address,
            Test::IpNot(wanted) => *wanted != address,
            Test::IpIn(set) => set.contains(&address),
            Test::Net(net) => net.contains(address),
            Test::NetNot(net) => !net.contains(address),
            Test::NetIn(nets) => nets.iter().any(|net| net.contains(address)),
            Test::Many(modifier, tests) => many(*modifier, tests, |test| test.holds_address(address)),
            Test::Every(test) | Test::OfAny(test) => test.holds_address(address),
            _ => false,
        }
    }

    /// `!=`: over several values it asks for all of them.
    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Test::TextIsNot(_) | Test::BoolNot(_) | Test::IpNot(_) | Test::NetNot(_) => true,
            Test::Number(operator, _) => *operator == Operator::Ne,
            Test::Many(_, tests) => tests.first().is_some_and(Test::is_negative),
            _ => false,
        }
    }
}

/// `val(field)`: one field compared with another.
pub fn compare(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::List(items), Value::List(others)) => match operator {
            Operator::In => !items.is_empty() && items.iter().all(|item| others.contains(item)),
            Operator::Intersects => items.iter().any(|item| others.contains(item)),
            _ => false,
        },
        (Value::AnyOf(values), _) if operator == Operator::Ne => {
            values.iter().all(|value| compare(operator, value, right))
        }
        (Value::AnyOf(values), _) => values.iter().any(|value| compare(operator, value, right)),
        (_, Value::AnyOf(values)) => values.iter().any(|value| compare(operator, left, value)),
        (Value::Text(a) | Value::Bytes(a), Value::Text(b) | Value::Bytes(b)) => compare_text(operator, a, b),
        (Value::Bool(a), Value::Bool(b)) => ordering(operator, a.cmp(b)),
        (Value::Ip(a), Value::Ip(b)) => ordering(operator, a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => {
            a.partial_cmp(b).is_some_and(|order| ordering(operator, order))
        }
        _ => match (integer(left), integer(right)) {
            (Some(a), Some(b)) => ordering(operator, a.cmp(&b)),
            _ => false,
        },
    }
}

fn compare_text(operator: Operator, a: &[u8], b: &[u8]) -> bool {
    match operator {
        Operator::Contains | Operator::BContains => memchr::memmem::find(a, b).is_some(),
        Operator::IContains => contains_folded(a, &b.to_ascii_lowercase()),
        Operator::StartsWith | Operator::BStartsWith => a.starts_with(b),
        Operator::EndsWith => a.ends_with(b),
        Operator::Glob => Glob::new(b, false).matches(a),
        Operator::IGlob => Glob::new(b, true).matches(a),
        _ => ordering(operator, a.cmp(b)),
    }
}

fn integer(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        _ => None,
    }
}

fn ordering(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Eq | Operator::EqEq | Operator::In | Operator::Intersects => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        _ => false,
    }
}

/// An empty list is false for all three (Falco).
fn many(modifier: Modifier, tests: &[Test], holds: impl Fn(&Test) -> bool) -> bool {
    match modifier {
        Modifier::AnyOf => tests.iter().any(holds),
        Modifier::AllOf => !tests.is_empty() && tests.iter().all(holds),
        Modifier::OneOf => tests.iter().filter(|test| holds(test)).take(2).count() == 1,
    }
}

fn contains_folded(text: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
    let starts = text.get(..=last_start).unwrap_or(&[]);
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), starts).any(|start| {
        text.get(start..start + needle.len()).is_some_and(|window| window.eq_ignore_ascii_case(needle))
    })
}

/// No prefix of the list is a prefix of another one, so the only candidate is the last one that
/// is not greater than the text.
fn starts_with_any(text: &[u8], prefixes: &[Box<[u8]>]) -> bool {
    let after = prefixes.partition_point(|prefix| **prefix <= *text);
    after.checked_sub(1).and_then(|at| prefixes.get(at)).is_some_and(|prefix| text.starts_with(prefix))
}
