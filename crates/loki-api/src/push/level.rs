//! The structured metadata `detected_level`, which Loki adds to every entry.

/// Labels, metadata and fields that say the level.
const FIELDS: &[&str] = &[
    "level",
    "LEVEL",
    "Level",
    "log.level",
    "severity",
    "SEVERITY",
    "Severity",
    "SeverityText",
    "lvl",
    "LVL",
    "Lvl",
    "severity_text",
    "Severity_Text",
    "SEVERITY_TEXT",
];

/// Those names, for clients that ask.
pub(crate) fn fields() -> &'static [&'static str] {
    FIELDS
}

/// The level of an entry; `None` when its metadata already has it.
pub(super) fn detect(
    labels: &[(String, String)],
    metadata: &[(String, String)],
    line: &str,
) -> Option<String> {
    if metadata.iter().any(|(name, _)| name == "detected_level") {
        return None;
    }
    let said = |pairs: &[(String, String)]| {
        FIELDS
            .iter()
            .find_map(|field| pairs.iter().find(|(name, _)| name == field))
            .map(|(_, value)| named(value).map_or_else(|| value.clone(), str::to_owned))
    };
    let level = said(labels).or_else(|| said(metadata)).or_else(|| number(metadata).map(str::to_owned));
    Some(level.unwrap_or_else(|| in_line(line).to_owned()))
}

/// Levels under their usual spellings.
fn named(text: &str) -> Option<&'static str> {
    const SPELLINGS: &[(&str, &[&str])] = &[
        ("trace", &["trace", "trc"]),
        ("debug", &["debug", "dbg"]),
        ("info", &["info", "inf", "information"]),
        ("warn", &["warn", "wrn", "warning"]),
        ("error", &["error", "err"]),
        ("critical", &["critical"]),
        ("fatal", &["fatal"]),
    ];
    let is_one = |spellings: &&[&str]| spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling));
    SPELLINGS.iter().find(|(_, spellings)| is_one(spellings)).map(|(level, _)| *level)
}

/// OpenTelemetry's severity number.
fn number(metadata: &[(String, String)]) -> Option<&'static str> {
    let (_, text) = metadata.iter().find(|(name, _)| name == "severity_number")?;
    let Ok(number) = text.parse::<i64>() else { return Some("info") };
    Some(match number {
        0 => "unknown",
        ..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unknown",
    })
}

fn in_line(line: &str) -> &'static str {
    let trimmed = line.trim();
    let field = if trimmed.starts_with('{') && trimmed.ends_with('}') {
        json_field(trimmed)
    } else if line.contains('=') {
        logfmt_field(line)
    } else {
        None
    };
    field.and_then(named).or_else(|| word(line)).unwrap_or("unknown")
}

/// Keys of the outermost object and of objects in it are looked at (Loki).
const JSON_DEPTH_MAX: usize = 2;

/// The level field of a JSON line: the first in the line whose value is a text. Found in one pass
/// that follows nothing but quotes and brackets.
fn json_field(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let (mut objects, mut arrays, mut at) = (0usize, 0usize, 0usize);
    while let Some(next) = bytes.get(at) {
        at += 1;
        match next {
            b'{' => objects += 1,
            b'}' => objects = objects.saturating_sub(1),
            b'[' => arrays += 1,
            b']' => arrays = arrays.saturating_sub(1),
            b'"' => {
                let end = string_end(bytes, at)?;
                let key = line.get(at..end)?;
                at = end + 1;
                let after = blanks(bytes, at);
                if bytes.get(after) != Some(&b':') || arrays > 0 {
                    continue;
                }
                at = blanks(bytes, after + 1);
                if bytes.get(at) == Some(&b'"') {
                    let end = string_end(bytes, at + 1)?;
                    if objects <= JSON_DEPTH_MAX && FIELDS.contains(&key) {
                        return line.get(at + 1..end);
                    }
                    at = end + 1;
                }
            }
            _ => {}
        }
    }
    None
}

/// Where the string that begins at `at` ends: the place of its closing quote.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The pair whose key is the first of the fields, in any case of letters (Loki).
fn logfmt_field(line: &str) -> Option<&str> {
    let mut best: Option<(usize, &str)> = None;
    for pair in line.split_ascii_whitespace() {
        let Some((key, value)) = pair.split_once('=') else { continue };
        let Some(rank) = FIELDS.iter().position(|field| key.eq_ignore_ascii_case(field)) else { continue };
        if best.is_none_or(|(found, _)| rank < found) {
            best = Some((rank, value.trim_matches('"')));
        }
    }
    best.map(|(_, value)| value)
}

/// The first word of the line that names a level. A word that touches an escape sequence does not
/// count (Loki).
fn word(line: &str) -> Option<&'static str> {
    // Every line passes here at its full length: bytes, no characters, and no copies.
    let mut start = 0;
    for (at, byte) in line.bytes().chain([b' ']).enumerate() {
        if byte.is_ascii_alphanumeric() || byte == 0x1b {
            continue;
        }
        if (3..=11).contains(&(at - start))
            && let Some(word) = line.get(start..at)
            && matches!(
                word.as_bytes().first().map(u8::to_ascii_lowercase),
                Some(b't' | b'd' | b'i' | b'w' | b'e' | b'c' | b'f')
            )
            && let Some(level) = named(word)
        {
            return Some(level);
        }
        start = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (line, expected) in [
            (r#"{"level":"warn","msg":"error"}"#, "warn"),
            (r#"{"a":[{"level":"info"}],"b":{"severity" : "ERR"},"level":"warn"}"#, "error"),
            (r#"{"a":{"b":{"level":"warn"}},"msg":"no such"}"#, "warn"),
            (r#"{"msg":"say \"level\":\"warn\"","lvl":"dbg"}"#, "debug"),
            (r#"{"level":5,"msg":"nothing"}"#, "unknown"),
            ("msg=x LEVEL=warn severity=error", "warn"),
            ("level=error x=1", "error"),
            ("ERROR something", "error"),
            ("nothing here", "unknown"),
            ("10:00: Critical rule", "critical"),
            ("\u{1b}[31mred error\u{1b}[0m", "unknown"),
            (r#"{"say":"level","lvl":"ERR"}"#, "error"),
            ("errors ünfo", "unknown"),
            ("ü error", "error"),
        ] {
            assert_eq!(in_line(line), expected, "{line}");
        }
    }
}
