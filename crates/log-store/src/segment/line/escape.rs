//! JSON string escapes: undone for columns, and put back in the one way that most writers use.
//! Lines that escape otherwise are kept as they are.

use super::scanner::Unclean;

/// Whether a text has bytes that JSON strings cannot hold as they are.
pub(crate) fn needs_escape(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
}

/// Writes a text as the inside of a JSON string.
pub(crate) fn escape_into(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or(""));
        from = at + 1;
        if short.is_empty() {
            out.push_str("\\u00");
            out.push(if byte >= 0x10 { '1' } else { '0' });
            out.push(char::from_digit(u32::from(byte & 0xf), 16).unwrap_or('0'));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(text.get(from..).unwrap_or(""));
}

/// Undoes JSON escapes; surrogates that do not pair are unclean.
pub(crate) fn unescape(raw: &str, out: &mut String) -> Result<(), Unclean> {
    let mut rest = raw;
    while let Some(place) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..place).unwrap_or(""));
        let escape = rest.as_bytes().get(place + 1).ok_or(Unclean)?;
        let mut used = 2;
        out.push(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, length) = unicode(rest.get(place..).ok_or(Unclean)?)?;
                used = length;
                character
            }
            _ => return Err(Unclean),
        });
        rest = rest.get(place + used..).ok_or(Unclean)?;
    }
    out.push_str(rest);
    if out.contains('\u{fffd}') { Err(Unclean) } else { Ok(()) }
}

/// The character of `\uXXXX` or a pair of them, and how many bytes it took.
fn unicode(text: &str) -> Result<(char, usize), Unclean> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(Unclean)
    };
    let first = unit(2)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    if text.get(6..8) != Some("\\u") {
        return Err(Unclean);
    }
    let second = unit(8)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return Err(Unclean);
    }
    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(code).map(|character| (character, 12)).ok_or(Unclean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_put_back() {
        let raw = r#"a\n\u001f\"\\\tä"#;
        let mut text = String::new();
        unescape(raw, &mut text).unwrap();
        assert_eq!(text, "a\n\u{1f}\"\\\tä");
        let mut again = String::new();
        escape_into(&text, &mut again);
        assert_eq!(again, raw);
        assert!(needs_escape(&text) && !needs_escape("ä/b"));
        let mut pair = String::new();
        unescape(r"\ud83d\ude00\/", &mut pair).unwrap();
        assert_eq!(pair, "😀/");
        assert!(unescape(r"\ud800", &mut String::new()).is_err());
        assert!(unescape(r"\x", &mut String::new()).is_err());
    }
}
