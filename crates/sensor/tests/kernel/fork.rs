//! New processes and threads.

use std::process::Command;

use crate::watch::{Everything, skipped};

/// Which call it is depends on the C library.
const MAKERS: [&str; 4] = ["clone", "clone3", "fork", "vfork"];

#[test]
fn a_new_process_is_described_as_itself() {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let mut child = Command::new("/bin/true").spawn().unwrap();
    let pid = child.id();
    let seen = watch.wait_for(|seen| MAKERS.contains(&seen.name) && seen.tid == pid);
    child.wait().unwrap();
    assert_eq!((seen.number("res"), seen.number("pid")), (0, i64::from(pid)));
    assert_eq!(seen.context.pid.0, pid);
    assert_eq!(seen.context.parent_pid.0, std::process::id());
    assert_eq!(seen.number("ptid"), i64::from(std::process::id()));
    assert_eq!(seen.number("vpid"), i64::from(seen.context.namespace_pid.0));
    assert_eq!(seen.number("flags") & 0x2000, 0, "not a thread");
    let own = std::fs::read("/proc/self/cmdline").unwrap();
    let mut told = seen.bytes("exe").to_vec();
    told.extend(seen.bytes("args"));
    assert_eq!(told, own);
    assert_eq!(seen.text("cwd"), std::env::current_dir().unwrap().to_str().unwrap());
    assert!(seen.text("cgroups").contains("=/"));
}

#[test]
fn a_new_thread_is_told_by_its_flags() {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let thread = std::thread::spawn(|| rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned());
    let tid = thread.join().unwrap();
    let seen = watch.wait_for(|seen| MAKERS.contains(&seen.name) && seen.tid == tid);
    // CLONE_FILES, FS, SIGHAND, THREAD, VM
    assert_eq!(seen.number("flags") & 0xa803, 0xa803);
    assert_eq!(seen.context.pid.0, std::process::id());
    assert_eq!(seen.bytes("args"), b"");
}

#[test]
fn a_new_namespace_is_told_by_its_flags() {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    // The second process is the first one in the namespace.
    let status = Command::new("unshare").args(["--pid", "--fork", "/bin/true"]).status();
    if !status.is_ok_and(|status| status.success()) {
        println!("skipped: unshare does not work here");
        return;
    }
    let seen = watch.wait_for(|seen| MAKERS.contains(&seen.name) && seen.context.namespace_pid.0 == 1);
    assert_eq!((seen.number("vpid"), seen.number("vtid")), (1, 1));
    // CLONE_CHILD_IN_PIDNS, CLONE_NEWPID
    assert_eq!(seen.number("flags") & (1 << 29 | 1 << 6), 1 << 29 | 1 << 6);
    assert_ne!(seen.context.pid_namespace, 0);
}
