//! The path's normal form: the one representation that is matched, handed on and logged.

use std::borrow::Cow;

use http::{Uri, uri::PathAndQuery};

/// What became of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathForm<'a> {
    /// In normal form.
    Normal(Cow<'a, str>),
    /// A percent sign without two digits behind it, a NUL or another control character.
    Bad,
}

/// Decodes what needs no encoding, writes encodings in upper case, removes `.` and `..` and empty
/// segments. Order matters: `%2e%2e` is a dot segment too.
pub(crate) fn normal_path(path: &str) -> PathForm<'_> {
    let simple = !path.contains('%') && !path.contains("//") && !path.contains("/.") && !path.contains('\\');
    if simple && path.starts_with('/') {
        return PathForm::Normal(Cow::Borrowed(path));
    }
    let Some(decoded) = decode_unreserved(path) else { return PathForm::Bad };
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = decoded.split('/').peekable();
    let mut directory = false;
    while let Some(segment) = rest.next() {
        let last = rest.peek().is_none();
        match segment {
            "" | "." => directory = last,
            ".." => {
                segments.pop();
                directory = last;
            }
            other => {
                segments.push(other);
                directory = false;
            }
        }
    }
    let mut out = String::with_capacity(decoded.len());
    for segment in &segments {
        out.push('/');
        out.push_str(segment);
    }
    if directory || out.is_empty() {
        out.push('/');
    }
    PathForm::Normal(Cow::Owned(out))
}

fn decode_unreserved(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let digits = after.get(..2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let byte = u8::from_str_radix(digits, 16).ok()?;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            0..0x20 | 0x7f => return None,
            _ => {
                out.push('%');
                out.push_str(&digits.to_ascii_uppercase());
            }
        }
        rest = after.get(2..)?;
    }
    out.push_str(rest);
    // A backslash is a separator to some servers; ours and the web's say it must be encoded.
    Some(out.replace('\\', "%5C"))
}

/// The delicate encoded characters of a path in normal form, as a set of bits in the order of
/// [`DELICATE`].
pub(crate) fn encoded_delicate(path: &str) -> u8 {
    if !path.contains('%') {
        return 0;
    }
    DELICATE
        .iter()
        .enumerate()
        .filter(|(_, code)| path.contains(**code))
        .fold(0, |set, (bit, _)| set | 1 << bit)
}

/// What some server behind may take for a separator: slash, backslash, semicolon, percent,
/// question mark, hash.
const DELICATE: [&str; 6] = ["%2F", "%5C", "%3B", "%25", "%3F", "%23"];

/// Replaces the path of a request and keeps the query; `None` when the path cannot stand in a
/// request.
pub(crate) fn set_path(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let target = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    parts.path_and_query = Some(target.ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        let check = |path: &str, expected: &str| {
            assert_eq!(normal_path(path), PathForm::Normal(Cow::Borrowed(expected)), "{path}");
        };
        check("/", "/");
        check("/a/b", "/a/b");
        check("/a/../b", "/b");
        check("/a/%2e%2E/b", "/b");
        check("/a/.%2e/b", "/b");
        check("/../../etc", "/etc");
        check("/a/./b/.", "/a/b/");
        check("/a/..", "/");
        check("//a///b//", "/a/b/");
        check("/a%2fb", "/a%2Fb");
        check("/%61%7e", "/a~");
        check("/a\\..\\b", "/a%5C..%5Cb");
        check("/.hidden", "/.hidden");
        check("/...", "/...");
        check("/a%252e%252e/b", "/a%252e%252e/b");
    }

    #[test]
    fn broken_encodings_are_refused() {
        for path in ["/%", "/%2", "/%zz", "/%00", "/a%0ab", "/%7f", "/%+2f"] {
            assert_eq!(normal_path(path), PathForm::Bad, "{path}");
        }
    }

    #[test]
    fn normal_form_is_stable() {
        for path in ["/a/%2e%2e//b%2f", "/%25%32%65", "//x/./..//"] {
            let PathForm::Normal(once) = normal_path(path) else { panic!("{path}") };
            assert_eq!(normal_path(&once), PathForm::Normal(Cow::Borrowed(&*once)), "{path}");
        }
    }

    #[test]
    fn delicate_characters_are_seen() {
        assert_eq!(encoded_delicate("/a"), 0);
        assert_eq!(encoded_delicate("/a%2Fb"), 1);
        assert_eq!(encoded_delicate("/a%5C%23"), 0b10_0010);
    }
}
