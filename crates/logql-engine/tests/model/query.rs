//! Random queries, and their text.

use log_record::Direction;
use proptest::prelude::*;

use crate::lines::{APPS, LEVELS, USERS, WORDS};

#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) apps: Vec<&'static str>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Contains { negated: bool, texts: Vec<&'static str> },
    Regex { negated: bool, pattern: &'static str },
    Json,
    Logfmt,
    Text { name: &'static str, negated: bool, value: &'static str },
    Number { name: &'static str, op: &'static str, value: i64 },
    NoError,
    Drop(&'static str),
    Keep(&'static str),
    Rename { to: &'static str, from: &'static str },
    Format,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Lines { limit: usize, direction: Direction },
    Range(Range),
}

#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) function: &'static str,
    pub(crate) unwraps: bool,
    pub(crate) window_s: i64,
    pub(crate) step_s: i64,
    pub(crate) offset_s: i64,
    pub(crate) outer: Option<(&'static str, bool, Vec<&'static str>)>,
}

/// Patterns, with what they mean in plain code.
pub(crate) const PATTERNS: [&str; 4] = ["alpha(bet)?", "(?i)ERROR", "took 1\\d", "^\\{.*warn"];
const NAMES: [&str; 6] = ["level", "n", "in_word", "user", "app", "missing"];

impl Query {
    pub(crate) fn step_ns(&self) -> i64 {
        match &self.kind {
            Kind::Lines { .. } => 1_000_000_000,
            Kind::Range(range) => range.step_s * 1_000_000_000,
        }
    }

    pub(crate) fn limit(&self) -> usize {
        match &self.kind {
            Kind::Lines { limit, .. } => *limit,
            Kind::Range(_) => 100,
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        match &self.kind {
            Kind::Lines { direction, .. } => *direction,
            Kind::Range(_) => Direction::Backward,
        }
    }

    pub(crate) fn text(&self) -> String {
        let selector = match self.apps.as_slice() {
            [app] => format!("{{app=\"{app}\"}}"),
            apps => format!("{{app=~\"{}\"}}", apps.join("|")),
        };
        let stages: String = self.stages.iter().map(|stage| format!(" {}", stage.text())).collect();
        let log = format!("{selector}{stages}");
        let Kind::Range(range) = &self.kind else { return log };
        let unwrap = if range.unwraps { " | unwrap n" } else { "" };
        let offset = if range.offset_s == 0 { String::new() } else { format!(" offset {}s", range.offset_s) };
        let inner = format!("{}({log}{unwrap} [{}s]{offset})", range.function, range.window_s);
        match &range.outer {
            Some((function, without, names)) => {
                let word = if *without { "without" } else { "by" };
                format!("{function} {word} ({}) ({inner})", names.join(", "))
            }
            None => inner,
        }
    }
}

impl Stage {
    fn text(&self) -> String {
        let sign = |negated: &bool| if *negated { "!" } else { "" };
        match self {
            Stage::Contains { negated, texts } => {
                let all: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
                format!("{}= {}", if *negated { "!" } else { "|" }, all.join(" or "))
            }
            Stage::Regex { negated, pattern } => {
                format!("{}~ `{pattern}`", if *negated { "!" } else { "|" })
            }
            Stage::Json => "| json".to_owned(),
            Stage::Logfmt => "| logfmt".to_owned(),
            Stage::Text { name, negated, value } => format!("| {name}{}=\"{value}\"", sign(negated)),
            Stage::Number { name, op, value } => format!("| {name} {op} {value}"),
            Stage::NoError => "| __error__=\"\"".to_owned(),
            // A filter behind the name would read as its matcher: one that passes all goes between.
            Stage::Drop(name) => format!("| drop {name} |= \"\""),
            Stage::Keep(name) => format!("| keep {name} |= \"\""),
            Stage::Rename { to, from } => format!("| label_format {to}={from}"),
            Stage::Format => "| line_format \"{{.level}}/{{.n}}/{{.user}}\"".to_owned(),
        }
    }
}

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&NAMES[..])
}

fn stage() -> impl Strategy<Value = Stage> {
    let text = || {
        let all: Vec<&'static str> = [&LEVELS[..], &WORDS[..], &["took", "\"n\":1", "1", ""][..]].concat();
        proptest::sample::select(all)
    };
    let value = || proptest::sample::select([&LEVELS[..], &USERS[..], &APPS[..], &["5", ""][..]].concat());
    prop_oneof![
        3 => (any::<bool>(), proptest::collection::vec(text(), 1..3))
            .prop_map(|(negated, texts)| Stage::Contains { negated, texts }),
        1 => (any::<bool>(), proptest::sample::select(&PATTERNS[..]))
            .prop_map(|(negated, pattern)| Stage::Regex { negated, pattern }),
        3 => Just(Stage::Json),
        2 => Just(Stage::Logfmt),
        3 => (name(), any::<bool>(), value()).prop_map(|(name, negated, value)| Stage::Text { name, negated, value }),
        2 => (name(), proptest::sample::select(vec![">", ">=", "<", "<=", "==", "!="]), 0i64..20)
            .prop_map(|(name, op, value)| Stage::Number { name, op, value }),
        3 => Just(Stage::NoError),
        1 => name().prop_map(Stage::Drop),
        1 => name().prop_map(Stage::Keep),
        1 => (proptest::sample::select(vec!["x", "level", "app"]), name()).prop_map(|(to, from)| Stage::Rename { to, from }),
        1 => Just(Stage::Format),
    ]
}

fn range() -> impl Strategy<Value = Range> {
    let plain = proptest::sample::select(vec!["count_over_time", "rate", "bytes_over_time", "bytes_rate"]);
    let unwrapped = proptest::sample::select(vec![
        "sum_over_time",
        "avg_over_time",
        "min_over_time",
        "max_over_time",
        "rate",
    ]);
    let function = prop_oneof![
        2 => plain.prop_map(|function| (function, false)),
        1 => unwrapped.prop_map(|function| (function, true)),
    ];
    let names = proptest::collection::vec(name(), 0..3);
    let outer = proptest::option::of((
        proptest::sample::select(vec!["sum", "max", "min", "count"]),
        any::<bool>(),
        names,
    ));
    (function, 1i64..40, 1i64..30, prop_oneof![2 => Just(0i64), 1 => 1i64..20], outer).prop_map(
        |((function, unwraps), window_s, step_s, offset_s, outer)| Range {
            function,
            unwraps,
            window_s,
            step_s,
            offset_s,
            outer,
        },
    )
}

pub(crate) fn query() -> impl Strategy<Value = Query> {
    let kind = prop_oneof![
        1 => (1usize..150, any::<bool>()).prop_map(|(limit, forward)| Kind::Lines {
            limit,
            direction: if forward { Direction::Forward } else { Direction::Backward },
        }),
        2 => range().prop_map(Kind::Range),
    ];
    let apps = proptest::sample::subsequence(&APPS[..], 1..=3);
    (apps, proptest::collection::vec(stage(), 0..5), kind).prop_map(|(apps, stages, kind)| Query {
        apps,
        stages,
        kind,
    })
}
