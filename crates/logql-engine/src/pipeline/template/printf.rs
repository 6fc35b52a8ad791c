//! Go's `fmt.Sprintf` for the values a template has.

use super::value::{Value, exponent, go_float};

/// Widest field and highest precision; more is cut.
const WIDTH_MAX: usize = 10_000;

/// What stands between `%` and the verb.
#[derive(Default, Clone, Copy)]
struct Flags {
    minus: bool,
    plus: bool,
    blank: bool,
    sharp: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Formats.
pub(super) fn printf(format: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut rest = format.chars().peekable();
    let mut next_value = 0;
    while let Some(next) = rest.next() {
        if next != '%' {
            out.push(next);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(flag) = rest.next_if(|next| "-+ #0".contains(*next)) {
            match flag {
                '-' => flags.minus = true,
                '+' => flags.plus = true,
                ' ' => flags.blank = true,
                '#' => flags.sharp = true,
                _ => flags.zero = true,
            }
        }
        let mut number = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            if rest.next_if_eq(&'*').is_some() {
                let value = values.get(next_value).map(Value::int);
                next_value += 1;
                return value;
            }
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits.parse::<i64>().ok()
        };
        let width = number(&mut rest);
        flags.minus |= width.is_some_and(|width| width < 0);
        flags.width = width.map(|width| usize::try_from(width.unsigned_abs()).unwrap_or(0).min(WIDTH_MAX));
        if rest.next_if_eq(&'.').is_some() {
            let precision = number(&mut rest).unwrap_or(0);
            flags.precision = Some(usize::try_from(precision).unwrap_or(0).min(WIDTH_MAX));
        }
        match rest.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match values.get(next_value) {
                Some(value) => {
                    out.push_str(&padded(verb, flags, value));
                    next_value += 1;
                }
                None => out.push_str(&format!("%!{verb}(MISSING)")),
            },
        }
    }
    if let Some(extra) = values.get(next_value..).filter(|extra| !extra.is_empty()) {
        let all: Vec<String> =
            extra.iter().map(|value| format!("{}={}", value.kind(), plain(value))).collect();
        out.push_str(&format!("%!(EXTRA {})", all.join(", ")));
    }
    out
}

fn plain(value: &Value) -> String {
    if *value == Value::Nothing { "<nil>".to_owned() } else { value.text() }
}

fn padded(verb: char, flags: Flags, value: &Value) -> String {
    let text = verb_text(verb, flags, value);
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if flags.minus {
        return text + &" ".repeat(missing);
    }
    if flags.zero {
        // Zeros go between sign and digits.
        let split = usize::from(text.starts_with(['-', '+', ' ']) && !matches!(value, Value::Text(_)));
        let (sign, digits) = text.split_at(split);
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + &text
}

fn verb_text(verb: char, flags: Flags, value: &Value) -> String {
    let bad = || match value {
        Value::Nothing => format!("%!{verb}(<nil>)"),
        value => format!("%!{verb}({}={})", value.kind(), plain(value)),
    };
    match (verb, value) {
        ('v', Value::Int(value)) => signed(value.to_string(), flags),
        ('v', Value::Float(value)) => signed(float('g', flags.precision, *value), flags),
        ('v', Value::Text(text)) if flags.sharp => logql_syntax::quote(text),
        ('v', value) => cut(plain(value), flags),
        ('T', value) => value.kind().to_owned(),
        ('t', Value::Bool(value)) => value.to_string(),
        ('s', Value::Text(_) | Value::Time(_)) => cut(value.text(), flags),
        ('s', Value::List(items)) => {
            let all: Vec<String> = items.iter().map(|item| verb_text(verb, flags, item)).collect();
            format!("[{}]", all.join(" "))
        }
        ('s', Value::Labels(_)) => value.text(),
        ('q', Value::Text(text)) if flags.sharp && !text.contains('`') => format!("`{text}`"),
        ('q', Value::Text(text)) => logql_syntax::quote(&cut(text.clone(), flags)),
        ('q', Value::Int(code)) => format!("'{}'", character(*code)),
        ('x' | 'X', Value::Text(text)) => {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            if verb == 'X' { hex.to_uppercase() } else { hex }
        }
        ('d' | 'b' | 'o' | 'O' | 'x' | 'X' | 'c' | 'U', Value::Int(value)) => {
            signed(integer(verb, flags, *value), flags)
        }
        ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Value::Float(value)) => {
            signed(float(verb, flags.precision, *value), flags)
        }
        _ => bad(),
    }
}

fn cut(text: String, flags: Flags) -> String {
    flags.precision.map_or(text.clone(), |length| text.chars().take(length).collect())
}

fn signed(text: String, flags: Flags) -> String {
    match (text.starts_with('-'), flags.plus, flags.blank) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text,
    }
}

fn character(code: i64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn integer(verb: char, flags: Flags, value: i64) -> String {
    let size = value.unsigned_abs();
    let sharp = |prefix: &'static str| if flags.sharp { prefix } else { "" };
    let (prefix, mut digits) = match verb {
        'b' => (sharp("0b"), format!("{size:b}")),
        'o' => (sharp("0"), format!("{size:o}")),
        'O' => ("0o", format!("{size:o}")),
        'x' => (sharp("0x"), format!("{size:x}")),
        'X' => (sharp("0X"), format!("{size:X}")),
        'c' => return character(value).to_string(),
        'U' => return format!("U+{size:04X}"),
        _ => ("", size.to_string()),
    };
    if let Some(precision) = flags.precision {
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    format!("{}{prefix}{digits}", if value < 0 { "-" } else { "" })
}

fn float(verb: char, precision: Option<usize>, value: f64) -> String {
    if !value.is_finite() {
        return logql_syntax::format_float(value);
    }
    match verb {
        'f' | 'F' => format!("{value:.*}", precision.unwrap_or(6)),
        'e' | 'E' => scientific(value, precision.unwrap_or(6), verb),
        _ => match precision {
            None => {
                let text = go_float(value);
                if verb == 'G' { text.to_uppercase() } else { text }
            }
            Some(precision) => general(value, precision.max(1), if verb == 'G' { 'E' } else { 'e' }),
        },
    }
}

fn scientific(value: f64, precision: usize, mark: char) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    format!("{mantissa}{mark}{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// `%.3g`: that many digits, without zeros at the end.
fn general(value: f64, precision: usize, mark: char) -> String {
    let text = format!("{value:.*e}", precision - 1);
    let power: i32 = text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let rounded: f64 = text.parse().unwrap_or(value);
    if power < -4 || power >= i32::try_from(precision).unwrap_or(i32::MAX) {
        exponent(rounded, mark)
    } else {
        logql_syntax::format_float(rounded)
    }
}
