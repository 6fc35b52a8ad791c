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
    Some(match text.to_ascii_lowercase().as_str() {
        "trace" | "trc" => "trace",
        "debug" | "dbg" => "debug",
        "info" | "inf" | "information" => "info",
        "warn" | "wrn" | "warning" => "warn",
        "error" | "err" => "error",
        "critical" => "critical",
        "fatal" => "fatal",
        _ => return None,
    })
}

/// OpenTelemetry's severity number.
fn number(metadata: &[(String, String)]) -> Option<&'static str> {
    let (_, text) = metadata.iter().find(|(name, _)| name == "severity_number")?;
    Some(match text.parse::<u8>().ok()? {
        1..=4 => "trace",
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

/// The level field of a JSON line, found without parsing it: `"level":"warn"`.
fn json_field(line: &str) -> Option<&str> {
    FIELDS.iter().find_map(|field| {
        let mut rest = line;
        while let Some(at) = rest.find(field) {
            let after = rest.get(at + field.len()..).unwrap_or("");
            let quoted = rest.get(..at).is_some_and(|before| before.ends_with('"')) && after.starts_with('"');
            if quoted {
                let value = after.get(1..).unwrap_or("").trim_start().strip_prefix(':')?.trim_start();
                return value.strip_prefix('"').and_then(|value| value.split('"').next());
            }
            rest = after;
        }
        None
    })
}

fn logfmt_field(line: &str) -> Option<&str> {
    FIELDS.iter().find_map(|field| {
        line.split_ascii_whitespace().find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == *field).then(|| value.trim_matches('"'))
        })
    })
}

/// The first word of the line that names a level. A word that touches an escape sequence does not
/// count (Loki).
fn word(line: &str) -> Option<&'static str> {
    let ends_word = |next: char| !next.is_ascii_alphanumeric() && next != '\u{1b}';
    line.split(ends_word).filter(|word| (3..=11).contains(&word.len())).find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (line, expected) in [
            (r#"{"level":"warn","msg":"error"}"#, "warn"),
            ("level=error x=1", "error"),
            ("ERROR something", "error"),
            ("nothing here", "unknown"),
            ("10:00: Critical rule", "critical"),
            ("\u{1b}[31mred error\u{1b}[0m", "unknown"),
        ] {
            assert_eq!(in_line(line), expected, "{line}");
        }
    }
}
