//! Query answers in Loki's JSON.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use log_record::Labels;
use logql_engine::{Data, EntryLabels, LogEntry, QueryResult};

use crate::{json, stats};

type Pair = (Arc<str>, Box<str>);

/// A stream's labels and its entries.
type Stream<'a> = (Vec<(&'a str, &'a str)>, Vec<&'a LogEntry>);

/// The whole answer. `flags` is the value of `X-Loki-Response-Encoding-Flags`, echoed as it came.
pub(crate) fn answer(result: &QueryResult, flags: &str) -> String {
    let mut out = String::with_capacity(4096);
    out.push_str("{\"status\":\"success\",\"data\":{\"resultType\":");
    match &result.data {
        Data::Lines(entries) => {
            out.push_str("\"streams\",");
            let flags: Vec<&str> = flags.split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect();
            if !flags.is_empty() {
                out.push_str("\"encodingFlags\":");
                json::push_array(&mut out, &flags, |out, flag| json::push_text(out, flag));
                out.push(',');
            }
            out.push_str("\"result\":");
            streams(&mut out, entries, flags.contains(&"categorize-labels"));
        }
        Data::Matrix(all) => {
            out.push_str("\"matrix\",\"result\":");
            json::push_array(&mut out, all, |out, series| {
                metric(out, &series.labels);
                out.push_str(",\"values\":");
                json::push_array(out, &series.points, |out, (time_ns, value)| point(out, *time_ns, *value));
                out.push('}');
            });
        }
        Data::Vector(all) => {
            out.push_str("\"vector\",\"result\":");
            json::push_array(&mut out, all, |out, sample| {
                metric(out, &sample.labels);
                out.push_str(",\"value\":");
                point(out, sample.time_ns, sample.value);
                out.push('}');
            });
        }
        Data::Scalar { time_ns, value } => {
            out.push_str("\"scalar\",\"result\":");
            // Loki reads the nanoseconds as microseconds here, and what wraps around is its stamp.
            let seconds = time_ns.wrapping_mul(1000) / 1_000_000;
            let _ = write!(out, "[{seconds},\"{}\"]", logql_syntax::format_float(*value));
        }
    }
    out.push_str(",\"stats\":");
    stats::push(&mut out, &result.stats);
    out.push_str("}}");
    out
}

/// Lines as Loki gave them before 1.0: labels in one text, times in RFC 3339.
pub(crate) fn old_answer(result: &QueryResult) -> String {
    let entries = match &result.data {
        Data::Lines(entries) => entries.as_slice(),
        _ => &[],
    };
    let mut out = String::from("{\"streams\":");
    json::push_array(&mut out, grouped(entries, false), |out, (labels, members)| {
        let texts: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={}", logql_syntax::quote(value))).collect();
        out.push_str("{\"labels\":");
        json::push_text(out, &format!("{{{}}}", texts.join(", ")));
        out.push_str(",\"entries\":");
        json::push_array(out, members, |out, entry| {
            let time = jiff::Timestamp::from_nanosecond(i128::from(entry.timestamp_ns))
                .map_or_else(|_| entry.timestamp_ns.to_string(), |time| time.to_string());
            let _ = write!(out, "{{\"ts\":\"{time}\",\"line\":");
            json::push_text(out, &entry.line);
            out.push('}');
        });
        out.push('}');
    });
    out.push_str(",\"stats\":");
    stats::push(&mut out, &result.stats);
    out.push('}');
    out
}

fn metric(out: &mut String, labels: &Labels) {
    out.push_str("{\"metric\":");
    json::push_object(out, labels.iter());
}

/// `[seconds, "value"]`, seconds with milliseconds when there are some.
fn point(out: &mut String, time_ns: i64, value: f64) {
    let milliseconds = time_ns.div_euclid(1_000_000);
    let (seconds, rest) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    let _ = write!(out, "[{seconds}");
    if rest > 0 {
        let digits = format!("{rest:03}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
    let _ = write!(out, ",\"{}\"]", logql_syntax::format_float(value));
}

/// Entries as streams, in order of first appearance.
pub(crate) fn streams(out: &mut String, entries: &[LogEntry], categorized: bool) {
    let streams = grouped(entries, categorized);
    json::push_array(out, &streams, |out, (labels, members)| {
        out.push_str("{\"stream\":");
        json::push_object(out, labels.iter().copied());
        out.push_str(",\"values\":");
        json::push_array(out, members, |out, entry| {
            let _ = write!(out, "[\"{}\",", entry.timestamp_ns);
            json::push_text(out, &entry.line);
            if categorized {
                out.push(',');
                categories(out, &entry.labels);
            }
            out.push(']');
        });
        out.push('}');
    });
}

fn grouped(entries: &[LogEntry], categorized: bool) -> Vec<Stream<'_>> {
    let mut numbers: HashMap<Vec<(&str, &str)>, usize> = HashMap::new();
    let mut known: HashMap<*const EntryLabels, usize> = HashMap::new();
    let mut streams: Vec<Stream<'_>> = Vec::new();
    for entry in entries {
        let number = *known.entry(Arc::as_ptr(&entry.labels)).or_insert_with(|| {
            let labels = if categorized { pairs(&entry.labels.stream) } else { all_pairs(&entry.labels) };
            *numbers.entry(labels.clone()).or_insert_with(|| {
                streams.push((labels, Vec::new()));
                streams.len() - 1
            })
        });
        if let Some((_, members)) = streams.get_mut(number) {
            members.push(entry);
        }
    }
    streams
}

fn categories(out: &mut String, labels: &EntryLabels) {
    out.push('{');
    if !labels.metadata.is_empty() {
        out.push_str("\"structuredMetadata\":");
        json::push_object(out, pairs(&labels.metadata).into_iter());
    }
    if !labels.parsed.is_empty() {
        if !labels.metadata.is_empty() {
            out.push(',');
        }
        out.push_str("\"parsed\":");
        json::push_object(out, pairs(&labels.parsed).into_iter());
    }
    out.push('}');
}

fn pairs(all: &[Pair]) -> Vec<(&str, &str)> {
    all.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn all_pairs(labels: &EntryLabels) -> Vec<(&str, &str)> {
    let mut all = pairs(&labels.stream);
    all.extend(pairs(&labels.metadata));
    all.extend(pairs(&labels.parsed));
    all.sort_unstable();
    all
}
