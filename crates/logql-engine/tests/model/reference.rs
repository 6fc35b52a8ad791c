//! The model: what a query means, row by row, in the plainest code.

use std::collections::{BTreeMap, BTreeSet};

use log_record::Direction;

use crate::{
    Answer, END_NS, START_NS,
    lines::Line,
    query::{Kind, Query, Range, Stage},
};

type Labels = BTreeMap<String, String>;

/// A row on its way.
struct Row {
    line: String,
    labels: Labels,
    /// Names the stream had in the beginning.
    base: BTreeSet<String>,
    /// Set by a parser or a format: a later parser leaves it alone.
    parsed: BTreeSet<String>,
}

/// Everything the query finds, whatever its limit.
pub(crate) fn answer(lines: &[Line], query: &Query) -> Answer {
    // Equal entries of one stream are one entry.
    let mut once: Vec<Line> = Vec::new();
    for line in lines {
        if !once.iter().any(|known| same(known, line)) {
            once.push(line.clone());
        }
    }
    let lines = once.as_slice();
    match &query.kind {
        Kind::Lines { .. } => {
            let rows = lines.iter().filter_map(|line| {
                let row = passes(line, query)?;
                Some((line.time_ns, row.line, row.labels))
            });
            Answer::Lines(settled(rows.collect(), query))
        }
        Kind::Range(range) => series(lines, query, range),
    }
}

/// In the order of the query; lines of one instant have no order of their own, so they get one.
pub(crate) fn settled(mut all: Vec<(i64, String, Labels)>, query: &Query) -> Vec<(i64, String, Labels)> {
    all.sort();
    if query.direction() == Direction::Backward {
        all.reverse();
    }
    all
}

fn passes(line: &Line, query: &Query) -> Option<Row> {
    if !query.apps.contains(&line.app) {
        return None;
    }
    let mut row = Row {
        line: line.text(),
        labels: Labels::from([("app".to_owned(), line.app.to_owned())]),
        base: BTreeSet::from(["app".to_owned()]),
        parsed: BTreeSet::new(),
    };
    if let Some(user) = line.user {
        row.labels.insert("user".to_owned(), user.to_owned());
    }
    let parsers_run = !asks_for_no_label(query);
    let runs = |stage: &&Stage| parsers_run || !matches!(stage, Stage::Json | Stage::Logfmt);
    query.stages.iter().filter(runs).all(|stage| step(stage, &mut row)).then_some(row)
}

/// When nobody looks at a label, Loki does not parse, and so finds no line malformed.
fn asks_for_no_label(query: &Query) -> bool {
    let Kind::Range(range) = &query.kind else { return false };
    let sums_all = matches!(&range.outer, Some(("sum", false, names)) if names.is_empty());
    let reads = query.stages.iter().any(|stage| {
        matches!(
            stage,
            Stage::Text { .. } | Stage::Number { .. } | Stage::NoError | Stage::Rename { .. } | Stage::Format
        )
    });
    sums_all && !range.unwraps && !reads
}

fn step(stage: &Stage, row: &mut Row) -> bool {
    let get = |row: &Row, name: &str| row.labels.get(name).cloned();
    match stage {
        Stage::Contains { negated, texts } => texts.iter().any(|text| row.line.contains(text)) != *negated,
        Stage::Regex { negated, pattern } => regex(pattern, &row.line) != *negated,
        Stage::Json => {
            json(row);
            true
        }
        Stage::Logfmt => {
            for pair in row.line.clone().split(' ') {
                let Some((name, value)) = pair.split_once('=') else { continue };
                if !value.contains('=') && !pair.contains('"') && !name.is_empty() && !value.is_empty() {
                    parsed(row, name, value);
                }
            }
            true
        }
        Stage::Text { name, negated, value } => (get(row, name).unwrap_or_default() == *value) != *negated,
        Stage::Number { name, op, value } => {
            let Some(text) = get(row, name) else { return false };
            let Ok(number) = text.parse::<f64>() else {
                fail(row, "LabelFilterErr", &format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"));
                return true;
            };
            let value = *value as f64;
            match *op {
                ">" => number > value,
                ">=" => number >= value,
                "<" => number < value,
                "<=" => number <= value,
                "==" => number == value,
                _ => number != value,
            }
        }
        Stage::NoError => !row.labels.contains_key("__error__"),
        Stage::Drop(name) => {
            row.labels.remove(*name);
            row.parsed.remove(*name);
            true
        }
        Stage::Keep(name) => {
            row.labels.retain(|found, _| found == name || found.starts_with("__error"));
            let left: BTreeSet<String> = row.labels.keys().cloned().collect();
            row.parsed.retain(|found| left.contains(found));
            true
        }
        Stage::Rename { to, from } => {
            if let Some(value) = get(row, from) {
                row.labels.insert((*to).to_owned(), value);
                row.parsed.insert((*to).to_owned());
                row.labels.remove(*from);
                row.parsed.remove(*from);
            }
            true
        }
        Stage::Format => {
            let part = |name: &str| get(row, name).unwrap_or_default();
            row.line = format!("{}/{}/{}", part("level"), part("n"), part("user"));
            true
        }
    }
}

/// The patterns of the queries in plain words.
fn regex(pattern: &str, line: &str) -> bool {
    match pattern {
        "alpha(bet)?" => line.contains("alpha"),
        "(?i)ERROR" => line.to_lowercase().contains("error"),
        "took 1\\d" => (10..20).any(|number| line.contains(&format!("took {number}"))),
        _ => line.starts_with('{') && line.contains("warn"),
    }
}

fn json(row: &mut Row) {
    if !row.line.starts_with('{') {
        fail(row, "JSONParserErr", "Value looks like object, but can't find closing '}' symbol");
        return;
    }
    let value: serde_json::Value = serde_json::from_str(&row.line).unwrap();
    for (name, value) in [
        ("level", value["level"].as_str().unwrap().to_owned()),
        ("n", value["n"].to_string()),
        ("in_word", value["in"]["word"].as_str().unwrap().to_owned()),
    ] {
        parsed(row, name, &value);
    }
}

fn parsed(row: &mut Row, name: &str, value: &str) {
    let name = if row.base.contains(name) { format!("{name}_extracted") } else { name.to_owned() };
    if !row.parsed.contains(&name) {
        row.labels.insert(name.clone(), value.to_owned());
        row.parsed.insert(name);
    }
}

fn fail(row: &mut Row, kind: &str, details: &str) {
    if !row.labels.contains_key("__error__") {
        row.labels.insert("__error__".to_owned(), kind.to_owned());
        row.labels.insert("__error_details__".to_owned(), details.to_owned());
    }
}

fn series(lines: &[Line], query: &Query, range: &Range) -> Answer {
    let second = 1_000_000_000;
    let step_ns = range.step_s * second;
    let start = START_NS - START_NS.rem_euclid(step_ns);
    let end = END_NS + (step_ns - END_NS.rem_euclid(step_ns)) % step_ns;
    let mut samples: Vec<(i64, Labels, f64)> = Vec::new();
    for line in lines {
        let at = line.time_ns + range.offset_s * second;
        let first = start - range.window_s * second;
        // What no window holds is not looked at.
        let steps = (0..).map(|index| start + index * step_ns).take_while(|step| *step <= end);
        let mut held = steps.filter(|step| at > step - range.window_s * second && at <= *step);
        if at <= first || held.next().is_none() {
            continue;
        }
        let Some(mut row) = passes(line, query) else { continue };
        let value = if range.unwraps {
            let Some(text) = row.labels.get("n").cloned() else { continue };
            let parsed = text.parse::<f64>();
            if parsed.is_err() {
                fail(&mut row, "SampleExtractionErr", "");
            }
            row.labels.remove("n");
            parsed.unwrap_or(0.0)
        } else if range.function.starts_with("bytes") {
            row.line.len() as f64
        } else {
            1.0
        };
        if row.labels.contains_key("__error__") {
            return Answer::PipelineError;
        }
        samples.push((at, row.labels, value));
    }
    let mut result: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
    let mut step = start;
    while step <= end {
        let mut windows: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (at, labels, value) in &samples {
            if *at > step - range.window_s * second && *at <= step {
                windows.entry(labels.clone()).or_default().push(*value);
            }
        }
        let mut values: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for (labels, window) in windows {
            let labels = grouped(labels, range);
            values.entry(labels).or_default().push(folded(range, &window));
        }
        for (labels, values) in values {
            let value = match &range.outer {
                Some(("sum", ..)) => values.iter().sum(),
                Some(("max", ..)) => values.iter().copied().fold(f64::MIN, f64::max),
                Some(("min", ..)) => values.iter().copied().fold(f64::MAX, f64::min),
                Some(_) => values.len() as f64,
                None => values[0],
            };
            result.entry(labels).or_default().push((step, value));
        }
        step += step_ns;
    }
    Answer::Series(result)
}

fn grouped(labels: Labels, range: &Range) -> Labels {
    match &range.outer {
        None => labels,
        Some((_, without, names)) => {
            labels.into_iter().filter(|(name, _)| names.contains(&name.as_str()) != *without).collect()
        }
    }
}

fn folded(range: &Range, window: &[f64]) -> f64 {
    let sum: f64 = window.iter().sum();
    match range.function {
        "rate" | "bytes_rate" => sum / range.window_s as f64,
        "avg_over_time" => sum / window.len() as f64,
        "min_over_time" => window.iter().copied().fold(f64::MAX, f64::min),
        "max_over_time" => window.iter().copied().fold(f64::MIN, f64::max),
        _ => sum,
    }
}

/// Whether two lines are one entry for a store.
fn same(left: &Line, right: &Line) -> bool {
    (left.app, left.time_ns, left.text(), left.user) == (right.app, right.time_ns, right.text(), right.user)
}
