//! Parameters as Falco prints them; the expected lines are from its recorded output.

use event::event_code;
use proptest::prelude::*;

use super::*;
use crate::testing::{Built, NOBODY, enricher, exec, field, openat, take};

#[test]
fn opens() {
    let mut enricher = enricher();
    take(&mut enricher, exec(NOBODY, "sh", ""));
    let mut check =
        |event: Built, expected: &str| assert_eq!(field(&mut enricher, &event, "evt.args"), expected);
    check(
        openat(NOBODY, 3, "/etc/shadow", 1),
        "fd=3(<f>/etc/shadow) dirfd=-100(AT_FDCWD) name=/etc/shadow flags=1(O_RDONLY) mode=0 dev=29 ino=53",
    );
    check(
        openat(NOBODY, -2, "lib/x", 4097).number("dev", 0).number("ino", 0),
        "fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=lib/x(/wharf/lib/x) flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=0 ino=0",
    );
    check(
        openat(NOBODY, 4, "/root", 13377).number("ino", 14),
        "fd=4(<d>/root) dirfd=-100(AT_FDCWD) name=/root \
         flags=13377(O_DIRECTORY|O_NONBLOCK|O_RDONLY|O_CLOEXEC|O_TMPFILE) mode=0 dev=29 ino=14",
    );
    check(
        openat(NOBODY, 5, "new", 7).number("mode", 0o644).resolved("/wharf/new"),
        "fd=5(<f>/wharf/new) dirfd=-100(AT_FDCWD) name=new(/wharf/new) flags=7(O_CREAT|O_RDWR) mode=0644 dev=29 ino=53",
    );
}

#[test]
fn an_exec() {
    let mut enricher = enricher();
    let event = exec(NOBODY, "act", "read\0/etc/shadow\0")
        .bytes("env", b"PWD=/tmp\0HOME=/root\0")
        .number("fdlimit", 20000)
        .number("cap_permitted", 0x1FF_FEFF_FFFF)
        .number("flags", 1);
    let line = field(&mut enricher, &event, "evt.args");
    for part in [
        "res=0 exe=/bin/act args=read./etc/shadow. tid=5000000(act)",
        " cwd=/wharf fdlimit=20000 ",
        " comm=act cgroups=cpu=/. env=PWD=/tmp.HOME=/root. tty=34816 vpgid=5000000(act) loginuid=-1(<NONE>) flags=1(EXE_WRITABLE) \
         cap_inheritable=0 cap_permitted=1FFFEFFFFFF cap_effective=3 ",
        " trusted_exepath=/usr/bin/act pgid=5000000(act) ",
        " filename=<NA>",
    ] {
        assert!(line.contains(part), "{part}\n{line}");
    }
}

#[test]
fn single_arguments_are_the_resolved_ones() {
    let mut enricher = enricher();
    let event = openat(NOBODY, 3, "/etc/shadow", 4097);
    let mut check =
        |name: &str, expected: &str| assert_eq!(field(&mut enricher, &event, name), expected, "{name}");
    check("evt.arg.fd", "<f>/etc/shadow");
    check("evt.arg.flags", "O_RDONLY|O_CLOEXEC");
    check("evt.arg.mode", "0");
    check("evt.arg[0]", "<f>/etc/shadow");
    check("evt.arg[1]", "AT_FDCWD");
    check("evt.arg.nosuch", "-");
    check("evt.rawarg[fd]", "3");
    check("evt.rawarg[flags]", "4097");
    check("evt.rawarg[name]", "/etc/shadow");
}

#[test]
fn other_calls() {
    let mut enricher = enricher();
    let mut check =
        |event: Built, expected: &str| assert_eq!(field(&mut enricher, &event, "evt.args"), expected);
    check(
        Built::new(event_code::SYSCALL_CHMOD_X, NOBODY)
            .number("res", 0)
            .text("filename", "/tmp/w")
            .number("mode", 0o600),
        "res=0 filename=/tmp/w mode=0600(S_IWUSR|S_IRUSR)",
    );
    check(
        Built::new(event_code::SOCKET_SOCKET_X, NOBODY)
            .number("fd", 4)
            .number("domain", 1)
            .number("type", 524_289)
            .number("proto", 0)
            .number("flags", 4096),
        "fd=4(<u>) domain=1(AF_LOCAL|AF_UNIX) type=524289 proto=0 flags=4096(O_CLOEXEC)",
    );
    let tuple = [2, 127, 0, 0, 1, 0x28, 0xe6, 127, 0, 0, 1, 0x01, 0xec];
    check(
        Built::new(event_code::SOCKET_CONNECT_X, NOBODY)
            .number("res", 0)
            .bytes("tuple", &tuple)
            .number("fd", 17)
            .bytes("addr", &[2, 127, 0, 0, 1, 0x01, 0xec]),
        "res=0 tuple=127.0.0.1:58920->127.0.0.1:60417 fd=17(<4>127.0.0.1:58920->127.0.0.1:60417) addr=127.0.0.1:60417",
    );
    check(
        Built::new(event_code::SYSCALL_KILL_X, NOBODY).number("res", -3).number("pid", 7).number("sig", 9),
        "res=-3(ESRCH) pid=7 sig=9(SIGKILL)",
    );
    check(
        Built::new(event_code::PROCEXIT_1_E, NOBODY)
            .number("status", 0)
            .number("ret", 0)
            .number("sig", 0)
            .number("core", 0)
            .number("reaper_tid", 0),
        "status=0 ret=0 sig=0 core=0 reaper_tid=0",
    );
}

#[test]
fn flags_are_named_as_falco_does() {
    let check = |table: &FlagTable, mask: i64, expected: &str| {
        assert_eq!(String::from_utf8(flag_names(table, mask)).unwrap(), expected, "{mask}");
    };
    check(&flags::FILE_FLAGS, 0, "O_NONE");
    check(&flags::FILE_FLAGS, 3, "O_RDWR");
    check(&flags::FILE_FLAGS, 69633, "O_RDONLY|O_CLOEXEC|FD_LOWER_LAYER");
    check(&flags::UNLINKAT_FLAGS, 0, "");
    check(&flags::UNLINKAT_FLAGS, 512, "AT_REMOVEDIR");
    check(&flags::CLONE_FLAGS, 25_165_824, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID");
}

proptest! {
    #[test]
    fn any_parameters_are_survived(code in 0u16..454, sizes in proptest::collection::vec(0usize..20, 0..32), fill in any::<u8>()) {
        let mut bytes = Vec::new();
        for size in &sizes {
            bytes.extend(u16::try_from(*size).unwrap().to_le_bytes());
        }
        bytes.extend(sizes.iter().flat_map(|size| vec![fill; *size]));
        let event = event::Event {
            number: 1,
            timestamp: UnixNs(u64::MAX),
            tid: event::Tid(NOBODY),
            cpu: 0,
            code: event::EventCode(code),
            params: event::Params::parse(sizes.len(), &bytes).unwrap(),
            context: None,
        };
        let mut enricher = enricher();
        let enriched = enricher.enrich(&event);
        for field in &event::FIELDS {
            for argument in [event::FieldArgument::None, event::FieldArgument::Index(1), event::FieldArgument::Key("name")] {
                let _ = event::FieldSource::extract(&enriched, field.id, argument);
            }
        }
    }
}
