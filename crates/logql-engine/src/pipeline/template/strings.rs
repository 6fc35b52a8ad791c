//! Text functions.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{functions::Arguments, value::Value};
use crate::pipeline::regex;

/// Longest text that `repeat`, `indent` and the align functions make.
const MADE_BYTES_MAX: usize = 1 << 20;

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let text = |index: usize| arguments.text(index);
    let set = |index: usize| -> Result<Vec<char>, String> { Ok(text(index)?.chars().collect()) };
    let bounded = |count: i64| usize::try_from(count).unwrap_or(0).min(MADE_BYTES_MAX);
    Ok(Value::Text(match arguments.function {
        "lower" | "ToLower" => text(0)?.to_lowercase(),
        "upper" | "ToUpper" => text(0)?.to_uppercase(),
        "title" => title(&text(0)?),
        "trim" | "TrimSpace" => text(0)?.trim().to_owned(),
        // Go's own take the text first, sprig's take it last so that it can be piped in.
        "Trim" => text(0)?.trim_matches(set(1)?.as_slice()).to_owned(),
        "TrimLeft" => text(0)?.trim_start_matches(set(1)?.as_slice()).to_owned(),
        "TrimRight" => text(0)?.trim_end_matches(set(1)?.as_slice()).to_owned(),
        "TrimPrefix" => text(0)?.strip_prefix(text(1)?.as_str()).map_or(text(0)?, str::to_owned),
        "TrimSuffix" => text(0)?.strip_suffix(text(1)?.as_str()).map_or(text(0)?, str::to_owned),
        "trimAll" => text(1)?.trim_matches(set(0)?.as_slice()).to_owned(),
        "trimPrefix" => text(1)?.strip_prefix(text(0)?.as_str()).map_or(text(1)?, str::to_owned),
        "trimSuffix" => text(1)?.strip_suffix(text(0)?.as_str()).map_or(text(1)?, str::to_owned),
        "Replace" => {
            let count = arguments.int(3)?;
            match usize::try_from(count) {
                Ok(count) => text(0)?.replacen(&text(1)?, &text(2)?, count),
                Err(_) => text(0)?.replace(&text(1)?, &text(2)?),
            }
        }
        "replace" => text(2)?.replace(&text(0)?, &text(1)?),
        "contains" => return Ok(Value::Bool(text(1)?.contains(&text(0)?))),
        "hasPrefix" => return Ok(Value::Bool(text(1)?.starts_with(&text(0)?))),
        "hasSuffix" => return Ok(Value::Bool(text(1)?.ends_with(&text(0)?))),
        "trunc" => truncate(&text(1)?, arguments.int(0)?),
        "substr" => substring(&text(2)?, arguments.int(0)?, arguments.int(1)?),
        "repeat" => {
            let piece = text(1)?;
            let count = bounded(arguments.int(0)?).min(MADE_BYTES_MAX / piece.len().max(1));
            piece.repeat(count)
        }
        "indent" | "nindent" => {
            let blanks = " ".repeat(bounded(arguments.int(0)?).min(1024));
            let indented = format!("{blanks}{}", text(1)?.replace('\n', &format!("\n{blanks}")));
            if arguments.function == "nindent" { format!("\n{indented}") } else { indented }
        }
        "alignLeft" | "alignRight" => {
            align(&text(1)?, bounded(arguments.int(0)?), arguments.function == "alignLeft")
        }
        "b64enc" => STANDARD.encode(text(0)?),
        "b64dec" => match STANDARD.decode(text(0)?) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => error.to_string(),
        },
        "urlencode" | "urlquery" => url_encode(&text(0)?),
        "urldecode" => url_decode(&text(0)?),
        "html" => html(&text(0)?),
        "js" => text(0)?
            .replace('\\', "\\\\")
            .replace('\'', "\\'")
            .replace('"', "\\\"")
            .replace('<', "\\u003C")
            .replace('>', "\\u003E")
            .replace('&', "\\u0026")
            .replace('=', "\\u003D"),
        "count" | "regexReplaceAll" | "regexReplaceAllLiteral" => return with_regex(arguments),
        "print" => arguments.values.iter().map(Value::text).collect(),
        "println" => {
            let all: Vec<String> = arguments.values.iter().map(Value::text).collect();
            format!("{}\n", all.join(" "))
        }
        "printf" => printf(arguments)?,
        other => return Err(format!("template: line:1: function {other:?} not defined")),
    }))
}

fn with_regex(arguments: &Arguments) -> Result<Value, String> {
    let pattern = arguments.text(0)?;
    let Ok(regex) = regex(&pattern) else {
        return arguments.fail(format!("error parsing regexp: {pattern}"));
    };
    let text = arguments.text(1)?;
    Ok(match arguments.function {
        "count" => Value::Int(regex.find_iter(&text).count() as i64),
        "regexReplaceAll" => Value::Text(regex.replace_all(&text, arguments.text(2)?.as_str()).into_owned()),
        _ => Value::Text(regex.replace_all(&text, regex::NoExpand(&arguments.text(2)?)).into_owned()),
    })
}

fn title(text: &str) -> String {
    let mut start = true;
    text.chars()
        .flat_map(|next| {
            let upper: Vec<char> = if start { next.to_uppercase().collect() } else { vec![next] };
            start = !(next.is_alphanumeric() || next == '_' || next == '\'');
            upper
        })
        .collect()
}

fn truncate(text: &str, length: i64) -> String {
    let count = text.chars().count();
    let wanted = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
    if length < 0 {
        text.chars().skip(count.saturating_sub(wanted)).collect()
    } else {
        text.chars().take(wanted).collect()
    }
}

fn substring(text: &str, start: i64, end: i64) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let end = if end < 0 || end > count { count } else { end };
    let start = start.clamp(0, end);
    let (skip, take) = (usize::try_from(start).unwrap_or(0), usize::try_from(end - start).unwrap_or(0));
    text.chars().skip(skip).take(take).collect()
}

fn align(text: &str, width: usize, left: bool) -> String {
    let count = text.chars().count();
    let blanks = " ".repeat(width.saturating_sub(count));
    if left {
        text.chars().take(width).collect::<String>() + &blanks
    } else {
        blanks + &text.chars().skip(count.saturating_sub(width)).collect::<String>()
    }
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

fn url_decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        rest = match (first, code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                tail.get(2..).unwrap_or(&[])
            }
            (b'+', _) => {
                out.push(b' ');
                tail
            }
            (byte, _) => {
                out.push(*byte);
                tail
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
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
            next => out.push(next),
        }
    }
    out
}

/// The verbs that make sense for labels: `%s %v %q %d %f %x %t %%`, with width and precision.
fn printf(arguments: &Arguments) -> Result<String, String> {
    let format = arguments.text(0)?;
    let mut values = arguments.values.iter().skip(1);
    let mut out = String::new();
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        if next != '%' {
            out.push(next);
            continue;
        }
        let mut flags = String::new();
        let verb = loop {
            match rest.next() {
                Some(flag @ ('-' | '+' | ' ' | '#' | '.' | '0'..='9')) => flags.push(flag),
                Some(verb) => break verb,
                None => return Ok(out + "%!(NOVERB)"),
            }
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = values.next() else {
            out.push_str(&format!("%!{verb}(MISSING)"));
            continue;
        };
        out.push_str(&verb_text(verb, &flags, value));
    }
    Ok(out)
}

fn verb_text(verb: char, flags: &str, value: &Value) -> String {
    let (width, precision) = flags.split_once('.').map_or((flags, None), |(width, rest)| (width, Some(rest)));
    let precision: Option<usize> = precision.map(|digits| digits.parse().unwrap_or(0usize).min(100));
    let text = match (verb, value) {
        ('d', Value::Int(value)) => value.to_string(),
        ('x', Value::Int(value)) => format!("{value:x}"),
        ('x', value) => value.text().bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('f', Value::Float(_) | Value::Int(_)) => format!("{:.*}", precision.unwrap_or(6), value.float()),
        ('q', value) => logql_syntax::quote(&value.text()),
        ('s', Value::Int(_) | Value::Float(_)) => format!("%!s({})", value.text()),
        ('d' | 'f', value) => format!("%!{verb}(string={})", value.text()),
        ('s', value) => {
            let text = value.text();
            precision.map_or(text.clone(), |length| text.chars().take(length).collect())
        }
        (_, value) => value.text(),
    };
    let left = width.contains('-');
    let zeros = !left && width.trim_start_matches(['+', ' ', '#']).starts_with('0');
    let digits: String = width.chars().filter(char::is_ascii_digit).collect();
    let wanted = digits.parse::<usize>().unwrap_or(0).min(10_000);
    let missing = wanted.saturating_sub(text.chars().count());
    let fill = if zeros { "0" } else { " " }.repeat(missing);
    if left { text + &fill } else { fill + &text }
}
