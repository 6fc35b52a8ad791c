//! Ends of processes.

use std::process::Command;

use crate::watch::{Everything, skipped};

fn check(script: &str, expected: (i64, i64, i64)) {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let mut child = Command::new("/bin/sh").args(["-c", script]).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let seen = watch.wait_for(|seen| seen.name == "procexit" && seen.tid == pid);
    assert_eq!((seen.number("status"), seen.number("ret"), seen.number("sig")), expected);
    assert_eq!(seen.context.pid.0, pid);
}

#[test]
fn an_exit_code() {
    check("exit 7", (7 << 8, 7, 0));
}

#[test]
fn a_signal() {
    check("kill -9 $$", (9, 0, 9));
}
