//! Shell patterns as `fnmatch` with no flags reads them: `*` and `?` match a slash too.

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    parts: Vec<Part>,
    is_case_insensitive: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Byte(u8),
    AnyByte,
    AnyRun,
    /// One bit per byte value.
    Class([u64; 4]),
}

impl Glob {
    /// Every text is a pattern: what is no class is itself.
    pub fn new(pattern: &[u8], is_case_insensitive: bool) -> Glob {
        let fold = |byte: u8| if is_case_insensitive { byte.to_ascii_lowercase() } else { byte };
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(byte) = pattern.get(at).copied() {
            at += 1;
            match byte {
                b'*' => {
                    if parts.last() != Some(&Part::AnyRun) {
                        parts.push(Part::AnyRun);
                    }
                }
                b'?' => parts.push(Part::AnyByte),
                b'\\' if at < pattern.len() => {
                    parts.push(Part::Byte(fold(pattern.get(at).copied().unwrap_or(b'\\'))));
                    at += 1;
                }
                b'[' => match class(pattern, at, is_case_insensitive) {
                    Some((bits, end)) => {
                        parts.push(Part::Class(bits));
                        at = end;
                    }
                    None => parts.push(Part::Byte(b'[')),
                },
                other => parts.push(Part::Byte(fold(other))),
            }
        }
        Glob { parts, is_case_insensitive }
    }

    /// Whether all of `text` matches. Time is at most pattern times text.
    pub fn matches(&self, text: &[u8]) -> bool {
        let (mut part, mut at) = (0, 0);
        // Where to go on when the last `*` has to take one byte more.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.parts.get(part), text.get(at)) {
                (Some(Part::AnyRun), _) => {
                    retry = Some((part + 1, at));
                    part += 1;
                }
                (Some(expected), Some(byte)) if self.accepts(expected, *byte) => {
                    part += 1;
                    at += 1;
                }
                (None, None) => return true,
                _ => match retry {
                    Some((after, from)) if from < text.len() => {
                        retry = Some((after, from + 1));
                        part = after;
                        at = from + 1;
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Bytes every match starts with.
    pub fn literal_prefix(&self) -> Vec<u8> {
        if self.is_case_insensitive {
            return Vec::new();
        }
        self.parts
            .iter()
            .map_while(|part| match part {
                Part::Byte(byte) => Some(*byte),
                _ => None,
            })
            .collect()
    }

    fn accepts(&self, part: &Part, byte: u8) -> bool {
        let byte = if self.is_case_insensitive { byte.to_ascii_lowercase() } else { byte };
        match part {
            Part::Byte(expected) => *expected == byte,
            Part::AnyByte => true,
            Part::Class(bits) => has(bits, byte),
            Part::AnyRun => false,
        }
    }
}

fn has(bits: &[u64; 4], byte: u8) -> bool {
    bits.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 == 1)
}

fn set(bits: &mut [u64; 4], byte: u8) {
    if let Some(word) = bits.get_mut(usize::from(byte / 64)) {
        *word |= 1 << (byte % 64);
    }
}

/// The class whose `[` stands before `at`, and where it ends; `None` when it is not closed.
fn class(pattern: &[u8], mut at: usize, is_case_insensitive: bool) -> Option<([u64; 4], usize)> {
    let mut bits = [0u64; 4];
    let is_negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(is_negated);
    let first = at;
    loop {
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            at += 1;
            break;
        }
        if byte == b'[' && pattern.get(at + 1) == Some(&b':') {
            let rest = pattern.get(at + 2..)?;
            if let Some(length) = memchr::memmem::find(rest, b":]") {
                let test = named_class(rest.get(..length)?)?;
                (0..=255u8).filter(test).for_each(|byte| set(&mut bits, byte));
                at += length + 4;
                continue;
            }
        }
        let low = if byte == b'\\' {
            at += 1;
            *pattern.get(at)?
        } else {
            byte
        };
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|next| *next != b']') {
            high = *pattern.get(at + 1)?;
            at += 2;
        }
        (low..=high).for_each(|byte| set(&mut bits, byte));
    }
    if is_case_insensitive {
        for byte in b'a'..=b'z' {
            if has(&bits, byte.to_ascii_uppercase()) {
                set(&mut bits, byte);
            }
        }
    }
    if is_negated {
        bits = bits.map(|word| !word);
    }
    Some((bits, at))
}

fn named_class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |byte| byte.is_ascii_whitespace() || *byte == 0x0b,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"punct" => u8::is_ascii_punctuation,
        b"print" => |byte| matches!(byte, 0x20..=0x7e),
        b"graph" => u8::is_ascii_graphic,
        b"cntrl" => u8::is_ascii_control,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns_match_whole_texts() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(
                Glob::new(pattern.as_bytes(), false).matches(text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        };
        check("", "", true);
        check("", "a", false);
        check("/home/*/.ssh/*", "/home/a/b/.ssh/id", true);
        check("*../*../*", "/a/../b/../c", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[]x]", "]", true);
        check("/etc/[ab", "/etc/[ab", true);
        check("[[:digit:]]", "7", true);
        check(r"a\*", "a*", true);
        check("*a*b*c", "xxaxxbxxc", true);
        check("*a*b*c", "xxaxxbxxcx", false);
        assert!(Glob::new(b"AbC*", true).matches(b"aBcd"));
        assert_eq!(Glob::new(b"/etc/*.d", false).literal_prefix(), b"/etc/");
    }
}
