//! Paths as libsinsp puts them together. Unlike `crate::path`, which is right, this follows the
//! reference letter by letter: a directory that does not begin with a slash stays relative, an
//! unknown one is a word, and a path that does not fit is replaced.

/// Longest path that libsinsp holds, its NUL included.
const PATH_BYTES_MAX: usize = 1024;
/// What a longer one becomes.
const TOO_LONG: &[u8] = b"/PATH_TOO_LONG";

/// `path` from `directory`. An absolute `path` stands alone.
pub(crate) fn concatenate(directory: &[u8], path: &[u8]) -> Vec<u8> {
    if PATH_BYTES_MAX < directory.len() + path.len() + 1 {
        return TOO_LONG.to_vec();
    }
    let relative = !path.is_empty() && path.first() != Some(&b'/');
    let mut out = Vec::with_capacity(directory.len() + path.len() + 1);
    if relative {
        out.extend_from_slice(directory);
    }
    let has_base = !out.is_empty();
    append_cleaned(&mut out, path, has_base);
    out
}

fn append_cleaned(out: &mut Vec<u8>, path: &[u8], has_base: bool) {
    let mut at = 0;
    let byte = |index: usize| path.get(index).copied().unwrap_or(0);
    while at < path.len() {
        let current = byte(at);
        let starts_component = out.is_empty() || out.last() == Some(&b'/');
        if is_control(current) {
            out.push(b'.');
            at += 1;
        } else if current == b'.' && starts_component {
            match (byte(at + 1), byte(at + 2)) {
                (b'.', b'/') => {
                    rewind(out);
                    at += 3;
                }
                (b'.', 0) => {
                    rewind(out);
                    at += 2;
                }
                (b'/', _) => at += 2,
                (0, _) => at += 1,
                _ => {
                    out.push(current);
                    at += 1;
                }
            }
        } else {
            let doubled = out.last() == Some(&b'/') || (out.is_empty() && has_base);
            if current != b'/' || !doubled {
                out.push(current);
            }
            at += 1;
        }
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Back to behind the slash in front of the last component.
fn rewind(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    while out.len() > 1 && out.last() != Some(&b'/') {
        out.pop();
    }
    if out.len() == 1 && out.first() != Some(&b'/') {
        out.clear();
    }
}

/// Control characters; all else is text in some script.
fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// libsinsp's `sanitize_string`: what is no text becomes the replacement character, byte for byte
/// for control characters, sequence for sequence for what is no UTF-8.
pub(crate) fn sanitized(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            let character =
                if character.is_ascii_control() { char::REPLACEMENT_CHARACTER } else { character };
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out
}

/// Whether [`sanitized`] would leave a text as it is.
pub(crate) fn is_sane(text: &[u8]) -> bool {
    !text.iter().any(|byte| is_control(*byte)) && std::str::from_utf8(text).is_ok()
}

/// `fd.nameraw` without doubled slashes.
pub(crate) fn without_doubled_slashes(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
    out
}

/// `fd.directory` of a file's name.
pub(crate) fn directory(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b'/') {
        Some(0) | None => b"/",
        Some(at) if at + 1 < name.len() => name.get(..at).unwrap_or(name),
        Some(_) => name,
    }
}

/// `fd.filename` of a file's name.
pub(crate) fn file_name(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b'/') {
        None => b"/",
        Some(at) if at + 1 < name.len() => name.get(at + 1..).unwrap_or(name),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(directory: &str, path: &str, expected: &str) {
        let found = concatenate(directory.as_bytes(), path.as_bytes());
        assert_eq!(String::from_utf8_lossy(&found), expected, "{directory} {path}");
    }

    #[test]
    fn paths_are_put_together_as_the_reference_does() {
        check("/tmp/", "foo/bar", "/tmp/foo/bar");
        check("/tmp/", "", "");
        check("/tmp/", "/foo//bar/", "/foo/bar");
        check("/tmp/", "../etc/./passwd", "/etc/passwd");
        check("/tmp/", "..", "/");
        check("/a/b/", "../..", "/");
        check("/a/b/", "../../../..", "/");
        check("/a/", ".", "/a");
        check("/a/", ".hidden", "/a/.hidden");
        check("/a/", "...", "/a/...");
        check("", "dir/term", "dir/term");
        check("//", "dir/term", "//dir/term");
        check("<UNKNOWN>", "x", "<UNKNOWN>x");
        check("/", "a\nb", "/a.b");
        check("/", "/", "/");
        check("/", "", "");
        check("/a/", &"x".repeat(1022), "/PATH_TOO_LONG");
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(directory(b"/etc/passwd"), b"/etc");
        assert_eq!(directory(b"/etc"), b"/");
        assert_eq!(directory(b"x"), b"/");
        assert_eq!(directory(b"a/b/"), b"a/b/");
        assert_eq!(file_name(b"/etc/passwd"), b"passwd");
        assert_eq!(file_name(b"passwd"), b"/");
        assert_eq!(file_name(b"/"), b"/");
        assert_eq!(without_doubled_slashes(b"//a///b/"), b"/a/b/");
    }

    proptest! {
        #[test]
        fn any_path_is_survived(directory in "[/.a\\n]{0,12}", path in "[/.a\\n]{0,12}") {
            let out = concatenate(directory.as_bytes(), path.as_bytes());
            prop_assert!(out.len() <= directory.len() + path.len());
        }
    }
}
