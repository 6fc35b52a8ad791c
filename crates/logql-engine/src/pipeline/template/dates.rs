//! Date functions, with Go's layouts ("2006-01-02T15:04:05Z07:00").

use std::num::IntErrorKind;

use jiff::{Timestamp, Zoned, civil, tz::TimeZone};

use super::{functions::Arguments, value::Value};

/// Calls one.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let now = || Timestamp::now().as_nanosecond();
    // Sprig takes whole numbers for seconds, and now for what is no time at all.
    let nanoseconds = |index: usize| match arguments.get(index) {
        Value::Time(nanoseconds) => *nanoseconds,
        Value::Int(seconds) => i128::from(*seconds) * 1_000_000_000,
        _ => now(),
    };
    Ok(match arguments.function {
        "now" => Value::Time(now()),
        "date" => Value::Text(format(nanoseconds(1), &arguments.text(0))),
        "toDate" => Value::Time(parse(&arguments.text(0), &arguments.text(1), TimeZone::UTC)),
        "toDateInZone" => {
            let zone = TimeZone::get(&arguments.text(1)).unwrap_or(TimeZone::UTC);
            Value::Time(parse(&arguments.text(0), &arguments.text(2), zone))
        }
        "unixEpoch" => Value::Text(nanoseconds(0).div_euclid(1_000_000_000).to_string()),
        "unixEpochMillis" => Value::Text(nanoseconds(0).div_euclid(1_000_000).to_string()),
        "unixEpochNanos" => Value::Text(nanoseconds(0).to_string()),
        _ => {
            let text = arguments.text(0);
            if let Err(error) = text.parse::<i64>() {
                let reason = match error.kind() {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                    _ => "invalid syntax",
                };
                let quoted = logql_syntax::quote(&text);
                return Err(format!(
                    "unable to parse time '{text}': strconv.ParseInt: parsing {quoted}: {reason}"
                ));
            }
            match unix_time(&text) {
                Some(nanoseconds) => Value::Time(nanoseconds),
                None => return Err(format!("unable to parse time '{text}'")),
            }
        }
    })
}

/// Days, seconds, milliseconds, microseconds or nanoseconds, told apart by their digits.
fn unix_time(text: &str) -> Option<i128> {
    let number: i128 = text.parse().ok()?;
    let scale = match text.len() {
        5 => 86_400_000_000_000,
        10 => 1_000_000_000,
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return None,
    };
    number.checked_mul(scale)
}

/// As Go prints a time: `2024-01-15 10:00:00 +0000 UTC`.
pub(super) fn print(nanoseconds: i128) -> String {
    format(nanoseconds, "2006-01-02 15:04:05.999999999 -0700 MST")
}

fn zoned(nanoseconds: i128) -> Option<Zoned> {
    Timestamp::from_nanosecond(nanoseconds).ok().map(|timestamp| timestamp.to_zoned(TimeZone::UTC))
}

/// Layout elements, longest first where one begins another.
const ELEMENTS: &[&str] = &[
    "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00", "Z0700", "-07:00", "-0700", "-07", "002",
    "01", "02", "03", "04", "05", "06", "15", "_2", "PM", "pm", "1", "2", "3", "4", "5",
];

/// The next element of a layout: what stands before it, itself, and the rest.
fn split(layout: &str) -> Option<(&str, &str, &str)> {
    for (at, _) in layout.char_indices() {
        let rest = layout.get(at..)?;
        // A fraction of seconds: a dot or comma and only zeros or only nines.
        if rest.starts_with(['.', ',']) {
            let digits = rest.get(1..)?;
            for digit in ['0', '9'] {
                let count = digits.chars().take_while(|next| *next == digit).count();
                let ends = !digits.get(count..)?.starts_with(|next: char| next.is_ascii_digit());
                if count > 0 && ends {
                    return Some((layout.get(..at)?, rest.get(..=count)?, rest.get(count + 1..)?));
                }
            }
        }
        if let Some(element) = ELEMENTS.iter().find(|element| rest.starts_with(**element)) {
            return Some((layout.get(..at)?, rest.get(..element.len())?, rest.get(element.len()..)?));
        }
    }
    None
}

fn format(nanoseconds: i128, layout: &str) -> String {
    let Some(time) = zoned(nanoseconds) else { return nanoseconds.to_string() };
    let mut out = String::new();
    let mut rest = layout;
    while let Some((before, element, after)) = split(rest) {
        out.push_str(before);
        out.push_str(&element_text(element, &time));
        rest = after;
    }
    out + rest
}

fn element_text(element: &str, time: &Zoned) -> String {
    let hour12 = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    match element {
        "January" => time.strftime("%B").to_string(),
        "Jan" => time.strftime("%b").to_string(),
        "Monday" => time.strftime("%A").to_string(),
        "Mon" => time.strftime("%a").to_string(),
        "MST" => time.strftime("%Z").to_string(),
        "2006" => format!("{:04}", time.year()),
        "06" => format!("{:02}", time.year().rem_euclid(100)),
        "01" => format!("{:02}", time.month()),
        "1" => time.month().to_string(),
        "02" => format!("{:02}", time.day()),
        "_2" => format!("{:2}", time.day()),
        "2" => time.day().to_string(),
        "002" => format!("{:03}", time.day_of_year()),
        "15" => format!("{:02}", time.hour()),
        "03" => format!("{hour12:02}"),
        "3" => hour12.to_string(),
        "04" => format!("{:02}", time.minute()),
        "4" => time.minute().to_string(),
        "05" => format!("{:02}", time.second()),
        "5" => time.second().to_string(),
        "PM" => if time.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "pm" => if time.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "Z07:00" | "Z0700" => "Z".to_owned(),
        "-07:00" => "+00:00".to_owned(),
        "-0700" => "+0000".to_owned(),
        "-07" => "+00".to_owned(),
        fraction => {
            let count = fraction.len() - 1;
            let digits: String = format!("{:09}", time.subsec_nanosecond()).chars().take(count).collect();
            let mark = fraction.get(..1).unwrap_or(".");
            if fraction.ends_with('0') {
                format!("{mark}{digits}")
            } else {
                let digits = digits.trim_end_matches('0');
                if digits.is_empty() { String::new() } else { format!("{mark}{digits}") }
            }
        }
    }
}

/// Go's zero time: the year 1.
const YEAR_ONE_NS: i128 = -62_135_596_800 * 1_000_000_000;

/// A text by a layout, in nanoseconds; what does not fit is Go's zero time.
fn parse(layout: &str, text: &str, zone: TimeZone) -> i128 {
    read(layout, text, zone).unwrap_or(YEAR_ONE_NS)
}

fn read(layout: &str, text: &str, zone: TimeZone) -> Option<i128> {
    let (mut year, mut month, mut day) = (0i16, 1i8, 1i8);
    let (mut hour, mut minute, mut second, mut fraction) = (0i8, 0i8, 0i8, 0i32);
    let (mut afternoon, mut offset_s) = (None, None);
    let (mut layout, mut text) = (layout, text);
    while let Some((before, element, after)) = split(layout) {
        text = text.strip_prefix(before)?;
        layout = after;
        match element {
            "2006" => year = take(&mut text, 4)?.parse().ok()?,
            "06" => {
                // Two digits from 69 on are of the last century.
                let short: i16 = take(&mut text, 2)?.parse().ok()?;
                year = if short >= 69 { 1900 + short } else { 2000 + short };
            }
            "01" | "1" => month = number(&mut text)?,
            "02" | "2" | "_2" => day = number(&mut text)?,
            "15" | "03" | "3" => hour = number(&mut text)?,
            "04" | "4" => minute = number(&mut text)?,
            "05" | "5" => second = number(&mut text)?,
            "PM" | "pm" => afternoon = Some(take(&mut text, 2)?.eq_ignore_ascii_case("pm")),
            "Jan" | "January" => {
                let names =
                    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
                let word: String = text.chars().take_while(|next| next.is_alphabetic()).collect();
                let wanted = word.get(..3)?.to_lowercase();
                month = i8::try_from(names.iter().position(|name| *name == wanted)? + 1).ok()?;
                text = text.get(word.len()..)?;
            }
            "Mon" | "Monday" | "MST" => {
                let length = text.find(|next: char| !next.is_alphabetic()).unwrap_or(text.len());
                text = text.get(length..)?;
            }
            "Z07:00" | "Z0700" if text.starts_with('Z') => {
                take(&mut text, 1)?;
                offset_s = Some(0);
            }
            "Z07:00" | "-07:00" | "Z0700" | "-0700" | "-07" => {
                let sign = if take(&mut text, 1)? == "-" { -1 } else { 1 };
                let hours: i64 = take(&mut text, 2)?.parse().ok()?;
                text = text.strip_prefix(':').unwrap_or(text);
                let minutes: i64 = if element == "-07" { 0 } else { take(&mut text, 2)?.parse().ok()? };
                offset_s = Some(sign * (hours * 3600 + minutes * 60));
            }
            _ => {
                if let Some(digits) = text.strip_prefix(['.', ',']) {
                    let count =
                        digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len()).min(9);
                    let padded = format!("{:0<9}", digits.get(..count)?);
                    fraction = padded.parse().ok()?;
                    text = digits.get(count..)?;
                }
            }
        }
    }
    if text != layout {
        return None;
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let civil = civil::DateTime::new(year, month, day, hour, minute, second, fraction).ok()?;
    let zone = if offset_s.is_some() { TimeZone::UTC } else { zone };
    let local = civil.to_zoned(zone).ok()?.timestamp().as_nanosecond();
    Some(local - i128::from(offset_s.unwrap_or(0)) * 1_000_000_000)
}

fn take<'a>(text: &mut &'a str, count: usize) -> Option<&'a str> {
    let taken = text.get(..count)?;
    *text = text.get(count..)?;
    Some(taken)
}

/// One or two digits.
fn number(text: &mut &str) -> Option<i8> {
    let trimmed = text.trim_start_matches(' ');
    let count = trimmed.find(|next: char| !next.is_ascii_digit()).unwrap_or(trimmed.len()).min(2);
    let value = trimmed.get(..count)?.parse().ok()?;
    *text = trimmed.get(count..)?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_layouts_both_ways() {
        let at = 1_705_312_811_123_000_000;
        for (layout, text) in [
            ("2006-01-02T15:04:05.000Z07:00", "2024-01-15T10:00:11.123Z"),
            ("Jan _2 3:04:05.999 PM", "Jan 15 10:00:11.123 AM"),
            ("02/Jan/2006:15:04:05 -0700", "15/Jan/2024:10:00:11 +0000"),
        ] {
            assert_eq!(format(at, layout), text);
        }
        assert_eq!(
            read("2006-01-02T15:04:05.000Z07:00", "2024-01-15T10:00:11.123Z", TimeZone::UTC),
            Some(at)
        );
        assert_eq!(
            read("2006-01-02 15:04:05 -0700", "2024-01-15 12:00:11 +0200", TimeZone::UTC),
            Some(1_705_312_811_000_000_000)
        );
        assert_eq!(read("2006-01-02", "nonsense", TimeZone::UTC), None);
    }
}
