//! Text functions.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{functions::Arguments, printf, value::Value};
use crate::pipeline::regex;

/// Longest text that `repeat`, `indent` and the align functions make.
const MADE_BYTES_MAX: usize = 1 << 20;

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let text = |index: usize| arguments.text(index);
    let set = |index: usize| -> Vec<char> { arguments.text(index).chars().collect() };
    Ok(Value::Text(match arguments.function {
        "lower" | "ToLower" => text(0).to_lowercase(),
        "upper" | "ToUpper" => text(0).to_uppercase(),
        "title" => title(&text(0)),
        "trim" | "TrimSpace" => text(0).trim().to_owned(),
        // Go's own take the text first, sprig's take it last so that it can be piped in.
        "Trim" => text(0).trim_matches(set(1).as_slice()).to_owned(),
        "TrimLeft" => text(0).trim_start_matches(set(1).as_slice()).to_owned(),
        "TrimRight" => text(0).trim_end_matches(set(1).as_slice()).to_owned(),
        "TrimPrefix" => without_prefix(text(0), &text(1)),
        "TrimSuffix" => without_suffix(text(0), &text(1)),
        "trimAll" => text(1).trim_matches(set(0).as_slice()).to_owned(),
        "trimPrefix" => without_prefix(text(1), &text(0)),
        "trimSuffix" => without_suffix(text(1), &text(0)),
        "Replace" => match usize::try_from(arguments.int(3)) {
            Ok(count) => text(0).replacen(&text(1), &text(2), count),
            Err(_) => text(0).replace(&text(1), &text(2)),
        },
        "replace" => text(2).replace(&text(0), &text(1)),
        "contains" => return Ok(Value::Bool(text(1).contains(&text(0)))),
        "hasPrefix" => return Ok(Value::Bool(text(1).starts_with(&text(0)))),
        "hasSuffix" => return Ok(Value::Bool(text(1).ends_with(&text(0)))),
        "trunc" => truncate(&text(1), arguments.int(0)),
        "substr" => substring(&text(2), arguments.int(0), arguments.int(1)),
        "repeat" => {
            let piece = text(1);
            let count = repetitions(arguments.int(0))?.min(MADE_BYTES_MAX / piece.len().max(1));
            piece.repeat(count)
        }
        "indent" | "nindent" => {
            let blanks = " ".repeat(repetitions(arguments.int(0))?.min(1024));
            let indented = format!("{blanks}{}", text(1).replace('\n', &format!("\n{blanks}")));
            if arguments.function == "nindent" { format!("\n{indented}") } else { indented }
        }
        "alignLeft" | "alignRight" => align(&text(1), arguments.int(0), arguments.function == "alignLeft"),
        "b64enc" => STANDARD.encode(text(0)),
        "b64dec" => match STANDARD.decode(text(0)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => base64_error(&text(0)),
        },
        "urlencode" => url_encode(&text(0)),
        "urlquery" => url_encode(&joined(&arguments.values)),
        "urldecode" => url_decode(&text(0))?,
        "html" => html(&joined(&arguments.values)),
        "js" => js(&joined(&arguments.values)),
        "count" | "regexReplaceAll" | "regexReplaceAllLiteral" => return with_regex(arguments),
        "print" => joined(&arguments.values),
        "println" => {
            let all: Vec<String> = arguments.values.iter().map(Value::text).collect();
            format!("{}\n", all.join(" "))
        }
        _ => printf::printf(&text(0), arguments.values.get(1..).unwrap_or(&[])),
    }))
}

fn repetitions(count: i64) -> Result<usize, String> {
    usize::try_from(count).map_err(|_| "strings: negative Repeat count".to_owned())
}

fn without_prefix(text: String, prefix: &str) -> String {
    text.strip_prefix(prefix).map_or(text.clone(), str::to_owned)
}

fn without_suffix(text: String, suffix: &str) -> String {
    text.strip_suffix(suffix).map_or(text.clone(), str::to_owned)
}

/// Go's `Sprint`: blanks only between two values that are no texts.
fn joined(values: &[Value]) -> String {
    let mut out = String::new();
    let mut before_is_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        if !before_is_text && !is_text {
            out.push(' ');
        }
        before_is_text = is_text;
        out.push_str(&value.text());
    }
    out
}

fn with_regex(arguments: &Arguments) -> Result<Value, String> {
    let pattern = arguments.text(0);
    let Ok(regex) = regex(&pattern) else {
        let reason = match logql_syntax::regex_mistake(&pattern) {
            Some(reason) => reason,
            None => format!("expression too large: `{pattern}`"),
        };
        return Err(format!("error parsing regexp: {reason}"));
    };
    let text = arguments.text(1);
    Ok(match arguments.function {
        "count" => Value::Int(regex.find_iter(&text).count() as i64),
        "regexReplaceAll" => Value::Text(regex.replace_all(&text, arguments.text(2).as_str()).into_owned()),
        _ => Value::Text(regex.replace_all(&text, regex::NoExpand(&arguments.text(2))).into_owned()),
    })
}

/// Go's `strings.Title`: a letter after anything but a letter, a digit or `_`.
pub(super) fn title(text: &str) -> String {
    let mut start = true;
    text.chars()
        .flat_map(|next| {
            let upper: Vec<char> = if start { next.to_uppercase().collect() } else { vec![next] };
            start = if next.is_ascii() {
                !(next.is_ascii_alphanumeric() || next == '_')
            } else {
                !next.is_alphanumeric() && next.is_whitespace()
            };
            upper
        })
        .collect()
}

fn truncate(text: &str, length: i64) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if length < 0 && count.saturating_add(length) > 0 {
        let skip = usize::try_from(count.saturating_add(length)).unwrap_or(0);
        return text.chars().skip(skip).collect();
    }
    if length >= 0 && count > length {
        return text.chars().take(usize::try_from(length).unwrap_or(0)).collect();
    }
    text.to_owned()
}

fn substring(text: &str, start: i64, end: i64) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let (start, end) = (start.min(count), end.min(count));
    let (start, end) = match (start, end) {
        (start, end) if start < 0 => (0, end.max(0)),
        (start, end) if end < 0 => (start, count),
        bounds => bounds,
    };
    let (skip, take) = (usize::try_from(start).unwrap_or(0), usize::try_from(end - start).unwrap_or(0));
    text.chars().skip(skip).take(take).collect()
}

fn align(text: &str, width: i64, left: bool) -> String {
    let Ok(width) = usize::try_from(width) else { return text.to_owned() };
    let width = width.min(MADE_BYTES_MAX);
    let count = text.chars().count();
    let blanks = " ".repeat(width.saturating_sub(count));
    if left {
        text.chars().take(width).collect::<String>() + &blanks
    } else {
        blanks + &text.chars().skip(count.saturating_sub(width)).collect::<String>()
    }
}

/// Where Go's decoder stops.
fn base64_error(text: &str) -> String {
    let bad = text.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
    format!("illegal base64 data at input byte {}", bad.unwrap_or(text.len() / 4 * 4))
}

fn url_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn url_decode(text: &str) -> Result<String, String> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'%' => {
                let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
                match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(byte) => out.push(byte),
                    None => {
                        let shown = String::from_utf8_lossy(rest.get(..3).unwrap_or(rest)).into_owned();
                        return Err(format!("invalid URL escape {}", logql_syntax::quote(&shown)));
                    }
                }
                tail.get(2..).unwrap_or(&[])
            }
            b'+' => {
                out.push(b' ');
                tail
            }
            byte => {
                out.push(*byte);
                tail
            }
        };
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        match next {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            next => out.push(next),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        match next {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\u{1f}' | '\u{7f}' => {
                out.push_str(&format!("\\u{:04X}", u32::from(next)));
            }
            next => out.push(next),
        }
    }
    out
}
