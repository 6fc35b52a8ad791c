//! The queries, what their answers must be, and the numbers to reach.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    http::escaped,
    lines::NEEDLE,
    naive::{Counts, Naive, Newest},
};

const SECOND: i64 = 1_000_000_000;

pub(super) type Check = Box<dyn Fn(&Value, &Naive) -> Result<()>>;

/// One question.
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) path: String,
    /// Milliseconds, where DESIGN names some.
    pub(super) target_ms: Option<f64>,
    pub(super) check: Check,
}

/// All of them, over the span of the data.
pub(super) fn all(naive: &Naive) -> Vec<Query> {
    let (start, end) = naive.span();
    let end = end + 1;
    let range = |name, query: &str, more: &str, target_ms, check| Query {
        name,
        path: format!("/loki/api/v1/query_range?query={}&start={start}&end={end}{more}", escaped(query)),
        target_ms,
        check,
    };
    let instant = |name, query: &str, target_ms, check| Query {
        name,
        path: format!("/loki/api/v1/query?query={}&time={end}", escaped(query)),
        target_ms,
        check,
    };
    let newest = "&limit=1000&direction=backward";
    let needle = format!(r#"{{source="syscall"}} |= "{NEEDLE}""#);
    let part = format!(r#"{{source="syscall"}} |~ "token={}.*""#, NEEDLE.get(..12).unwrap_or(NEEDLE));
    let inside = format!(r#"{{source="syscall"}} |= "{}""#, NEEDLE.get(3..14).unwrap_or(NEEDLE));
    vec![
        range(
            "newest 1,000 lines",
            r#"{source="syscall"}"#,
            newest,
            Some(15.0),
            lines(|naive| &naive.newest),
        ),
        range("needle word", &needle, newest, Some(4.0), lines(|naive| &naive.with_needle)),
        range("absent word", r#"{source="syscall"} |= "thisneveroccurs""#, newest, Some(4.0), nothing()),
        range("substring inside a word", &inside, newest, Some(60.0), lines(|naive| &naive.with_needle)),
        range("regex", &part, newest, Some(60.0), lines(|naive| &naive.with_needle)),
        range(
            "word, newest 1,000",
            r#"{source="syscall"} |= "nzbget""#,
            newest,
            None,
            lines(|naive| &naive.with_word),
        ),
        instant(
            "lines that hold a word",
            r#"sum(count_over_time({source="syscall"} |= "nzbget" [24h]))"#,
            Some(80.0),
            word_count(),
        ),
        instant(
            "count by label, 24 h",
            r#"sum by (rule) (count_over_time({source="syscall"}[24h]))"#,
            Some(2.0),
            totals(),
        ),
        range(
            "count by label, 1 h steps",
            r#"sum by (rule) (count_over_time({source="syscall"}[1h]))"#,
            "&step=3600",
            Some(5.0),
            matrix("rule", |naive| naive.by_rule(3600 * SECOND)),
        ),
        range(
            "json field filter, newest 1,000",
            r#"{source="syscall"} | json | output_fields_proc_name="apk""#,
            newest,
            Some(50.0),
            lines(|naive| &naive.with_field),
        ),
        range(
            "group by a json field, 5 m steps",
            r#"sum by (output_fields_container_name) (count_over_time({source="syscall"} | json [5m]))"#,
            "&step=300",
            Some(40.0),
            matrix("output_fields_container_name", |naive| naive.by_container(300 * SECOND)),
        ),
        range(
            "rates of severe rules, 5 m steps",
            r#"sum by (rule) (rate({priority=~"Error|Critical"}[5m]))"#,
            "&step=300",
            None,
            rates(),
        ),
        range(
            "log volume of a word, 5 m steps",
            r#"sum(count_over_time({source="syscall"} |= "nzbget" | drop __error__[5m]))"#,
            "&step=300",
            None,
            matrix("", |naive| naive.with_word_by_step(300 * SECOND)),
        ),
    ]
}

fn result(answer: &Value) -> Result<&Vec<Value>> {
    answer.pointer("/data/result").and_then(Value::as_array).context("the answer has no result")
}

fn nothing() -> Check {
    Box::new(|answer, _| {
        ensure!(result(answer)?.is_empty(), "lines were found");
        Ok(())
    })
}

/// The same lines at the same times.
fn lines(wanted: impl Fn(&Naive) -> &Newest + 'static) -> Check {
    Box::new(move |answer, naive| {
        let mut found = Vec::new();
        for stream in result(answer)? {
            for value in stream.get("values").and_then(Value::as_array).into_iter().flatten() {
                let text = |at: usize| value.get(at).and_then(Value::as_str).unwrap_or("");
                found.push((text(0).parse::<i64>()?, text(1).to_owned()));
            }
        }
        found.sort();
        let wanted = wanted(naive);
        ensure!(found.len() == wanted.lines.len(), "{} lines, not {}", found.len(), wanted.lines.len());
        ensure!(found.iter().eq(&wanted.lines), "other lines than a scan finds");
        Ok(())
    })
}

fn number(value: Option<&Value>) -> Result<f64> {
    Ok(value.and_then(Value::as_str).context("no value")?.parse()?)
}

fn word_count() -> Check {
    Box::new(|answer, naive| {
        let found = number(answer.pointer("/data/result/0/value/1"))?;
        let wanted = naive.with_word.count as f64;
        ensure!(found == wanted, "{found}, not {wanted}");
        Ok(())
    })
}

/// The window ends with the last line and is as long as the data, or longer.
fn totals() -> Check {
    Box::new(|answer, naive| {
        let mut found = 0.0;
        for series in result(answer)? {
            found += number(series.pointer("/value/1"))?;
        }
        ensure!(found == naive.lines() as f64, "{found} lines, not {}", naive.lines());
        Ok(())
    })
}

fn points(answer: &Value, label: &str) -> Result<Vec<((String, i64), f64)>> {
    let mut found = Vec::new();
    for series in result(answer)? {
        let name =
            series.get("metric").and_then(|metric| metric.get(label)).and_then(Value::as_str).unwrap_or("");
        for point in series.get("values").and_then(Value::as_array).into_iter().flatten() {
            let time = point.get(0).and_then(Value::as_f64).context("a point has no time")? as i64 * SECOND;
            found.push(((name.to_owned(), time), number(point.get(1))?));
        }
    }
    Ok(found)
}

fn matrix(label: &'static str, wanted: impl Fn(&Naive) -> Counts + 'static) -> Check {
    Box::new(move |answer, naive| {
        let mut wanted: Counts = wanted(naive);
        if label.is_empty() {
            wanted = wanted.into_iter().map(|((_, time), count)| ((String::new(), time), count)).collect();
        }
        let found = points(answer, label)?;
        ensure!(found.len() == wanted.len(), "{} points, not {}", found.len(), wanted.len());
        for (key, value) in found {
            let wanted = wanted.get(&key).copied().unwrap_or(0) as f64;
            ensure!(value == wanted, "{key:?}: {value}, not {wanted}");
        }
        Ok(())
    })
}

fn rates() -> Check {
    Box::new(|answer, naive| {
        let wanted = naive.severe_by_rule(300 * SECOND);
        let found = points(answer, "rule")?;
        ensure!(found.len() == wanted.len(), "{} points, not {}", found.len(), wanted.len());
        for (key, value) in found {
            let wanted = wanted.get(&key).copied().unwrap_or(0) as f64 / 300.0;
            ensure!((value - wanted).abs() < 1e-9, "{key:?}: {value}, not {wanted}");
        }
        Ok(())
    })
}
