//! Durations, sizes and quoted texts, read and printed as Go and Loki do.

/// A duration as LogQL reads it: Go's form, or Prometheus' with `d`, `w`, `y`.
pub fn parse_duration(text: &str) -> Option<i64> {
    parse_go_duration(text).or_else(|| parse_prometheus_duration(text).ok())
}

/// Go's `time.ParseDuration`, in nanoseconds.
pub fn parse_go_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: f64 = 0.0;
    let mut exact: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit() && next != '.')?;
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() || number == "." {
            return None;
        }
        let unit_end = tail.find(|next: char| next.is_ascii_digit() || next == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let scale = go_unit(unit)?;
        match number.parse::<i128>() {
            Ok(whole) => exact = exact.checked_add(whole.checked_mul(i128::from(scale))?)?,
            Err(_) => total += number.parse::<f64>().ok()? * scale as f64,
        }
        rest = tail;
    }
    let sum = exact.checked_add(total.round() as i128)?;
    i64::try_from(if negative { -sum } else { sum }).ok()
}

fn go_unit(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// Prometheus' `model.ParseDuration`, in nanoseconds, with its error texts.
pub(crate) fn parse_prometheus_duration(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Err("empty duration string".to_owned());
    }
    if text == "0" {
        return Ok(0);
    }
    let bad = || format!("not a valid duration string: {}", crate::quote(text));
    let units: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut rest = text;
    let mut total: i64 = 0;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit()).ok_or_else(bad)?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|next: char| next.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let index = units.iter().position(|(name, _)| *name == unit).ok_or_else(bad)?;
        if index < next_unit || number.is_empty() {
            return Err(bad());
        }
        next_unit = index + 1;
        let scale = units.get(index).map_or(0, |(_, scale)| *scale);
        let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(scale));
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| "duration out of range".to_owned())?;
        rest = tail;
    }
    total.checked_mul(1_000_000).ok_or_else(|| "duration out of range".to_owned())
}

/// Sizes as `go-humanize` reads them: `5`, `5B`, `5kB`, `5 KiB`; units in any case.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits =
        text.find(|next: char| !next.is_ascii_digit() && next != '.' && next != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.replace(',', "").parse().ok()?;
    let scale = match unit.trim().to_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "p" | "pb" => 1e15,
        "e" | "eb" => 1e18,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0f64.powi(3),
        "ti" | "tib" => 1024.0f64.powi(4),
        "pi" | "pib" => 1024.0f64.powi(5),
        "ei" | "eib" => 1024.0f64.powi(6),
        _ => return None,
    };
    let bytes = number * scale;
    (bytes >= 0.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// As `go-humanize` prints sizes, without the blank: `5.0kB`.
pub fn format_bytes(bytes: u64) -> String {
    if bytes < 10 {
        return format!("{bytes}B");
    }
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes as f64;
    let mut index = 0;
    while value >= 1000.0 && index + 1 < units.len() {
        value /= 1000.0;
        index += 1;
    }
    let unit = units.get(index).copied().unwrap_or("B");
    let value = (value * 10.0 + 0.5).floor() / 10.0;
    if value < 10.0 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}

/// As Prometheus prints durations: `1h30m`, `5m`, `0s`.
pub fn format_duration(nanoseconds: i64) -> String {
    let mut milliseconds = nanoseconds / 1_000_000;
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    if milliseconds < 0 {
        out.push('-');
        milliseconds = milliseconds.saturating_neg();
    }
    // Years and weeks appear only when they divide evenly.
    for (unit, scale, exact) in [
        ("y", 365 * 86_400_000, true),
        ("w", 7 * 86_400_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1_000, false),
        ("ms", 1, false),
    ] {
        if exact && milliseconds % scale != 0 {
            continue;
        }
        let count = milliseconds / scale;
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
            milliseconds -= count * scale;
        }
    }
    out
}

/// As Go's `time.Duration.String` prints: `1.5s`, `1h0m0s`, `10ms`.
pub fn format_duration_go(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let total = nanoseconds.unsigned_abs();
    let fraction = |value: u64, scale: u64| {
        let text = format!("{}.{:0width$}", value / scale, value % scale, width = scale.ilog10() as usize);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match total {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{total}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(total, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", fraction(total, 1_000_000)),
        _ => {
            let (hours, minutes) = (total / 3_600_000_000_000, total / 60_000_000_000 % 60);
            let seconds = fraction(total % 60_000_000_000, 1_000_000_000);
            match (hours, minutes) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, _) => format!("{sign}{minutes}m{seconds}s"),
                _ => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// The inside of a Go string literal; `None` for an escape Go does not know.
pub fn unquote(inner: &str) -> Option<String> {
    let mut out: Vec<u8> = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(next) = rest.next() {
        if next != '\\' {
            out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let simple = match rest.next()? {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' => b'\\',
            '\'' => b'\'',
            '"' => b'"',
            'x' => u8::try_from(digits(&mut rest, 2, 16)?).ok()?,
            'u' => {
                let code = char::from_u32(digits(&mut rest, 4, 16)?)?;
                out.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            'U' => {
                let code = char::from_u32(digits(&mut rest, 8, 16)?)?;
                out.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            first @ '0'..='7' => {
                let head = first.to_digit(8)?;
                u8::try_from(head * 64 + digits(&mut rest, 2, 8)?).ok()?
            }
            _ => return None,
        };
        out.push(simple);
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn digits(rest: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..count {
        value = value.checked_mul(radix)?.checked_add(rest.next()?.to_digit(radix)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_both_notations() {
        for (text, expected) in [
            ("1.5s", Some(1_500_000_000)),
            ("3h0m1s", Some(10_801_000_000_000)),
            ("900us", Some(900_000)),
            ("1d", Some(86_400_000_000_000)),
            ("-5m", Some(-300_000_000_000)),
            ("5", None),
            ("s", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
        assert_eq!(format_duration_go(1_500_000_000), "1.5s");
        assert_eq!(format_duration_go(10_801_000_000_000), "3h0m1s");
        assert_eq!(format_duration(5_400_000_000_000), "1h30m");
    }

    #[test]
    fn sizes() {
        for (text, expected) in
            [("5KB", Some(5000)), ("2KiB", Some(2048)), ("1MB", Some(1_000_000)), ("x", None)]
        {
            assert_eq!(parse_bytes(text), expected, "{text}");
        }
        assert_eq!(format_bytes(5000), "5.0kB");
    }
}
