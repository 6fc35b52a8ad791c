//! Loki's forms of instants, ranges and steps.

use crate::{parameters::Parameters, reply::Refusal};

/// Nanoseconds since 1970, now.
pub(crate) fn now_ns() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// Seconds (up to ten digits, or with a dot), nanoseconds, or RFC 3339.
pub(crate) fn instant(text: &str) -> Result<i64, String> {
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        let whole = seconds.trunc();
        let milliseconds = ((seconds - whole) * 1000.0).round();
        return Ok((whole as i64)
            .saturating_mul(1_000_000_000)
            .saturating_add(milliseconds as i64 * 1_000_000));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(if text.len() <= 10 { number.saturating_mul(1_000_000_000) } else { number });
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(timestamp) => Ok(i64::try_from(timestamp.as_nanosecond()).unwrap_or(i64::MAX)),
        Err(_) => Err(format!("strconv.ParseInt: parsing {}: invalid syntax", logql_syntax::quote(text))),
    }
}

/// The instant in a parameter, or a default.
pub(crate) fn parameter(parameters: &Parameters, name: &str, default: i64) -> Result<i64, Refusal> {
    match parameters.get(name) {
        "" => Ok(default),
        text => instant(text)
            .map_err(|reason| Refusal::bad(format!("could not parse '{name}' parameter: {reason}"))),
    }
}

/// `start`, `end` and `since`: the last hour by default.
pub(crate) fn bounds(parameters: &Parameters) -> Result<(i64, i64), Refusal> {
    let now = now_ns();
    let end = parameter(parameters, "end", now)?;
    let since = match parameters.get("since") {
        "" => 3_600_000_000_000,
        text => logql_syntax::parse_duration(text).ok_or_else(|| {
            Refusal::bad(format!(
                "could not parse 'since' parameter: not a valid duration string: {}",
                logql_syntax::quote(text)
            ))
        })?,
    };
    // An end in the future must not move the default start there too.
    let start = parameter(parameters, "start", end.min(now).saturating_sub(since))?;
    Ok((start, end))
}

/// Float seconds or a duration, in nanoseconds.
pub(crate) fn length(text: &str) -> Result<i64, Refusal> {
    if let Ok(seconds) = text.parse::<f64>() {
        let nanoseconds = seconds * 1e9;
        if nanoseconds.is_finite() && nanoseconds.abs() < i64::MAX as f64 {
            return Ok(nanoseconds as i64);
        }
        return Err(Refusal::bad(format!(
            "cannot parse {} to a valid duration. It overflows int64",
            logql_syntax::quote(text)
        )));
    }
    logql_syntax::parse_duration(text).ok_or_else(|| {
        Refusal::bad(format!("cannot parse {} to a valid duration", logql_syntax::quote(text)))
    })
}

/// `step`, by default about 250 points.
pub(crate) fn step(parameters: &Parameters, start: i64, end: i64) -> Result<i64, Refusal> {
    match parameters.get("step") {
        "" => Ok((end.saturating_sub(start) / 250 / 1_000_000_000).max(1) * 1_000_000_000),
        text => length(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_all_forms() {
        for (text, expected) in [
            ("1705312800", Some(1_705_312_800_000_000_000)),
            ("1705312800.5", Some(1_705_312_800_500_000_000)),
            ("1705312800000000001", Some(1_705_312_800_000_000_001)),
            ("4000000000", Some(4_000_000_000_000_000_000)),
            ("2024-01-15T10:00:00Z", Some(1_705_312_800_000_000_000)),
            ("2024-01-15T10:00:00.123Z", Some(1_705_312_800_123_000_000)),
            ("bogus", None),
        ] {
            assert_eq!(instant(text).ok(), expected, "{text}");
        }
    }
}
