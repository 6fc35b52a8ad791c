//! Structured metadata as the text of one column: a JSON object whose pairs keep their order and
//! may repeat a name, so that any reader can take it apart.

use super::line::{escape_into, unescape};

pub(super) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut String) {
    out.push('{');
    for (name, value) in pairs {
        if out.len() > 1 {
            out.push(',');
        }
        for (text, behind) in [(name, "\":"), (value, "\"")] {
            out.push('"');
            escape_into(text, out);
            out.push_str(behind);
        }
    }
    out.push('}');
}

/// Undoes `encode`; None for any other text.
pub(super) fn decode(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text.strip_prefix('{')?;
    let mut pairs = Vec::new();
    if rest == "}" {
        return Some(pairs);
    }
    loop {
        let (name, behind) = string(rest)?;
        let (value, behind) = string(behind.strip_prefix(':')?)?;
        pairs.push((name, value));
        if behind == "}" {
            return Some(pairs);
        }
        rest = behind.strip_prefix(',')?;
    }
}

fn string(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut from = 0;
    let end = loop {
        let found = from + memchr::memchr2(b'"', b'\\', body.as_bytes().get(from..)?)?;
        match body.as_bytes().get(found) {
            Some(b'"') => break found,
            _ => from = found + 2,
        }
    };
    let mut value = String::new();
    // The sign that replaces broken text is one that metadata may hold; it has no escapes.
    let raw = body.get(..end)?;
    if raw.contains('\\') {
        let parts: Vec<&str> = raw.split('\u{fffd}').collect();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                value.push('\u{fffd}');
            }
            let mut plain = String::new();
            unescape(part, &mut plain).ok()?;
            value.push_str(&plain);
        }
    } else {
        value.push_str(raw);
    }
    Some((value, body.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_in_order() {
        for pairs in
            [vec![], vec![("a", "b")], vec![("z", "\"\\\n\u{1}"), ("a", ""), ("a", "ü\u{fffd}\t"), ("", "}")]]
        {
            let mut text = String::new();
            encode(pairs.iter().copied(), &mut text);
            let found = decode(&text).unwrap();
            assert_eq!(
                found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(),
                pairs,
                "{text}"
            );
        }
        for broken in ["", "{", "{\"a\"}", "{\"a\":\"b\"", "{\"a\":\"b\",}", "{\"a\":\"\\"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
