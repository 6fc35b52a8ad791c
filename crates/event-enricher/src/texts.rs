//! Small texts: dates, capability names, masks, patterns, a socket's protocol.

use event::UnixNs;
use jiff::{Timestamp, tz::TimeZone};
use rustix::{
    net::{SocketType, sockopt::socket_type},
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

/// Names of capabilities; the index is the bit.
const CAPABILITIES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// Names of the bits that are set, with blanks between them.
pub(crate) fn capabilities(mask: u64) -> String {
    let set = CAPABILITIES.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

/// A time in the host's zone, by a `strftime` pattern.
pub(crate) fn local_time(time: UnixNs, pattern: &str) -> Option<String> {
    let time = Timestamp::from_nanosecond(i128::from(time.0)).ok()?;
    Some(time.to_zoned(TimeZone::system()).strftime(pattern).to_string())
}

/// `2026-05-25T13:44:05.478445995+0000`, always UTC (Falco's `evt.time.iso8601`).
pub(crate) fn iso_time(time: UnixNs) -> Option<String> {
    let time = Timestamp::from_nanosecond(i128::from(time.0)).ok()?;
    Some(time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.9f+0000").to_string())
}

/// `tcp` or `udp`: asked of the socket itself, through a duplicate of the descriptor.
pub(crate) fn protocol_of(pid: u32, descriptor: i64) -> Option<&'static str> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let socket = pidfd_getfd(process, i32::try_from(descriptor).ok()?, PidfdGetfdFlags::empty()).ok()?;
    match socket_type(socket).ok()? {
        SocketType::STREAM => Some("tcp"),
        SocketType::DGRAM => Some("udp"),
        _ => None,
    }
}

/// Shell patterns with `*`, `?` and `[…]`; `*` crosses slashes.
pub(crate) fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where to go on after a star: behind it, with one more byte of text eaten.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        let step = pattern.get(at).and_then(|_| match_one(pattern.get(at..)?, text.get(from).copied()?));
        if pattern.get(at) == Some(&b'*') {
            star = Some((at + 1, from));
            at += 1;
        } else if let Some(length) = step {
            at += length;
            from += 1;
        } else if let Some((behind, eaten)) = star {
            star = Some((behind, eaten + 1));
            (at, from) = (behind, eaten + 1);
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// Matches one byte; the length of the pattern that did it.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().skip(1).position(|b| *b == b']').map(|end| end + 1) else {
                return (byte == b'[').then_some(1);
            };
            let (set, negated) = match rest.get(..end)? {
                [b'!' | b'^', set @ ..] => (set, true),
                set => (set, false),
            };
            (in_set(set, byte) != negated).then_some(end + 2)
        }
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

fn in_set(mut set: &[u8], byte: u8) -> bool {
    loop {
        set = match set {
            [low, b'-', high, rest @ ..] => {
                if (*low..=*high).contains(&byte) {
                    return true;
                }
                rest
            }
            [one, rest @ ..] => {
                if *one == byte {
                    return true;
                }
                rest
            }
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn capability_masks_are_named() {
        assert_eq!(capabilities(0), "");
        assert_eq!(capabilities(0b11), "CAP_CHOWN CAP_DAC_OVERRIDE");
        assert_eq!(capabilities(1 << 40), "CAP_CHECKPOINT_RESTORE");
        assert!(!capabilities(0x1FF_FEFF_FFFF).contains("CAP_SYS_RESOURCE"));
    }

    #[test]
    fn times_have_nine_digits() {
        assert_eq!(
            iso_time(UnixNs(1_685_022_245_478_445_990)).unwrap(),
            "2023-05-25T13:44:05.478445990+0000"
        );
        assert_eq!(iso_time(UnixNs(0)).unwrap(), "1970-01-01T00:00:00.000000000+0000");
        assert_eq!(local_time(UnixNs(0), "%H:%M:%S%.9f").unwrap().len(), 18);
    }

    #[test]
    fn patterns() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(matches_pattern(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        };
        check("/proc*", "/proc/1/root", true);
        check("/etc", "/etc", true);
        check("/etc", "/etc/x", false);
        check("*.sock", "/var/run/docker.sock", true);
        check("/a?c/[a-c]*[!x]", "/abc/bzz", true);
        check("/a?c/[a-c]*[!x]", "/abc/bzx", false);
        check("", "", true);
        check("*", "", true);
        check("[", "[", true);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXbYbZ", false);
    }

    proptest! {
        #[test]
        fn any_pattern_is_survived(pattern in "[*?\\[\\]a\\-!\\\\]{0,12}", text in "[a\\[\\]-]{0,12}") {
            matches_pattern(pattern.as_bytes(), text.as_bytes());
            prop_assert!(matches_pattern(b"*", text.as_bytes()));
        }
    }
}
