//! What an attacker hands to the kernel: sizes at their bounds and bytes that are no text. The events
//! arrive, cut where they must be, and nothing is lost for them.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, process::Command};

use crate::watch::{Watch, config, everything, skipped};

#[test]
fn huge_arguments_and_environments_are_cut() {
    if skipped() {
        return;
    }
    let mut watch = Watch::start(&config());
    watch.sensor().set_interest(&everything()).unwrap();
    let mut command = Command::new("/bin/true");
    command.args((0..10_000).map(|number| format!("argument-{number}")));
    for number in 0..10 {
        command.env(format!("BIG{number}"), "x".repeat(100_000));
    }
    command.env("ODD", OsStr::from_bytes(b"\xff\xfe\n\x1b[31m"));
    let mut child = command.spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let seen = watch.wait_for(|seen| seen.name == "execve" && seen.tid == pid && seen.number("res") == 0);
    assert_eq!(seen.bytes("args").len(), 4096);
    assert!(seen.bytes("args").starts_with(b"argument-0\0argument-1\0"));
    assert_eq!(seen.bytes("args").last(), Some(&0), "cut, and still a text");
    assert_eq!(seen.bytes("env").len(), 4096);
    let losses = watch.sensor().losses();
    assert!(losses.iter().all(|loss| loss.reason != "too_large"), "{losses:?}");
}

#[test]
fn paths_at_their_bound_and_odd_bytes_arrive() {
    if skipped() {
        return;
    }
    let mut watch = Watch::start(&config());
    watch.sensor().set_interest(&everything()).unwrap();
    // PATH_MAX with its NUL, in components that are as long as they may be.
    let mut path = b"/nosuch".to_vec();
    while path.len() + 256 < 4096 {
        path.push(b'/');
        path.extend([b'a'; 255]);
    }
    path.push(b'/');
    path.resize(4095, b'b');
    let odd = b"/nosuch/\xff\xfe\n\x1b[31m".to_vec();
    for bytes in [&path, &odd] {
        assert!(std::fs::File::open(OsStr::from_bytes(bytes)).is_err());
        let whole = [bytes.as_slice(), &[0]].concat();
        let own = std::process::id();
        watch.wait_for(|seen| {
            seen.context.pid.0 == own && seen.name == "openat" && seen.bytes("name") == whole
        });
    }
}
