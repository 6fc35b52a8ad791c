//! Paths as Falco writes them: absolute, without `.`, `..` and doubled slashes.

use std::borrow::Cow;

/// `path` from `directory`, made absolute. An absolute `path` stands alone; it is borrowed when
/// there is nothing to clean.
pub(crate) fn absolute<'p>(directory: &[u8], path: &'p [u8]) -> Cow<'p, [u8]> {
    if path.first() == Some(&b'/') {
        return if is_clean(path) { Cow::Borrowed(path) } else { Cow::Owned(clean(&[path])) };
    }
    Cow::Owned(clean(&[directory, path]))
}

/// The directory of a path: `/a` of `/a/b`, `/` of `/a` and of a name without a slash.
pub(crate) fn directory(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) | None => b"/",
        Some(end) => path.get(..end).unwrap_or(b"/"),
    }
}

/// What follows the last slash.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn is_clean(path: &[u8]) -> bool {
    let mut components = path.split(|byte| *byte == b'/').skip(1).peekable();
    if path == b"/" {
        return true;
    }
    components.all(|component| !matches!(component, b"" | b"." | b".."))
}

fn clean(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for component in parts.iter().flat_map(|part| part.split(|byte| *byte == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => {
                let end = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                out.truncate(end);
            }
            component => {
                out.push(b'/');
                out.extend_from_slice(component);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_joined_and_cleaned() {
        let check = |directory: &str, path: &str, expected: &str| {
            let found = absolute(directory.as_bytes(), path.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), expected, "{directory} {path}");
        };
        check("/root/", ".aws", "/root/.aws");
        check("/root", "./a//b/../c", "/root/a/c");
        check("/root", "/etc/passwd", "/etc/passwd");
        check("/root", "/etc/../etc//passwd", "/etc/passwd");
        check("/root", "../../../etc/x", "/etc/x");
        check("/a", "b/", "/a/b");
        check("/a", "", "/a");
        check("", "b", "/b");
        check("/", "/", "/");
        check("/", "/..", "/");
        check("/a", "...", "/a/...");
    }

    #[test]
    fn paths_are_cut() {
        let check = |path: &str, expected: (&str, &str)| {
            let found = (directory(path.as_bytes()), file_name(path.as_bytes()));
            assert_eq!(found, (expected.0.as_bytes(), expected.1.as_bytes()), "{path}");
        };
        check("/etc/passwd", ("/etc", "passwd"));
        check("/etc", ("/", "etc"));
        check("/", ("/", ""));
        check("", ("/", ""));
        check("name", ("/", "name"));
    }

    proptest! {
        #[test]
        fn cleaning_is_done_once(directory in "(/|a|\\.|\\.\\.){0,9}", path in "(/|b|\\.|\\.\\.){0,9}") {
            let once = absolute(directory.as_bytes(), path.as_bytes()).into_owned();
            prop_assert!(once.starts_with(b"/"));
            let twice = absolute(b"/x", &once);
            prop_assert!(matches!(twice, Cow::Borrowed(_)), "{:?}", once);
        }
    }
}
