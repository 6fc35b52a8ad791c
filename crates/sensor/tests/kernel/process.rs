//! What a process does to itself or another one. Most calls fail on purpose: the event is there
//! all the same, and the test process stays as it is.

use crate::{
    arguments,
    watch::{Everything, Is, call, check, skipped, text},
};

/// The call gives `result` and its event has it as `res`.
fn does(name: &str, number: libc::c_long, arguments: [u64; 6], result: i64, expected: &[(&str, Is)]) {
    let mut all = vec![("res", Is::Number(result))];
    all.extend_from_slice(expected);
    check(name, || assert_eq!(call(number, arguments), result), &all);
}

#[test]
fn a_new_working_directory_is_resolved() {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new("/bin/sh");
    child.args(["-c", "cd ..; cd /nosuch"]).current_dir(folder.path());
    let mut child = child.spawn().unwrap();
    let pid = child.id();
    let seen = watch.wait_for(|seen| seen.name == "chdir" && seen.tid == pid && seen.resolved.is_some());
    if seen.text("path") == folder.path().to_str().unwrap() {
        assert_eq!(seen.resolved.as_deref(), folder.path().canonicalize().unwrap().to_str());
    }
    let seen = watch.wait_for(|seen| seen.name == "chdir" && seen.tid == pid && seen.number("res") == -2);
    assert_eq!((seen.text("path").as_str(), seen.resolved), ("/nosuch", None));
    child.wait().unwrap();
}

#[test]
fn directories() {
    does("fchdir", libc::SYS_fchdir, arguments![-1], -9, &[("fd", Is::Number(-1))]);
    does("chroot", libc::SYS_chroot, arguments![c"/nosuch"], -2, &[("path", text("/nosuch"))]);
}

#[test]
fn namespaces() {
    // CLONE_NEWNS | CLONE_NEWPID in the kernel's and in Falco's numbers
    let (kernel, falco) = (0x0002_0000 | 0x2000_0000, 1 << 5 | 1 << 6);
    does(
        "setns",
        libc::SYS_setns,
        arguments![-1, kernel],
        -9,
        &[("fd", Is::Number(-1)), ("nstype", Is::Number(falco))],
    );
    // A flag that does not exist makes it fail.
    does("unshare", libc::SYS_unshare, arguments![kernel | 1], -22, &[("flags", Is::Number(falco))]);
}

#[test]
fn identities() {
    does("setuid", libc::SYS_setuid, arguments![0], 0, &[("uid", Is::Number(0))]);
    does("setgid", libc::SYS_setgid, arguments![0], 0, &[("gid", Is::Number(0))]);
    let all = [("ruid", Is::Number(0)), ("euid", Is::Number(0)), ("suid", Is::Number(0))];
    does("setresuid", libc::SYS_setresuid, arguments![0, 0, 0], 0, &all);
    does("setpgid", libc::SYS_setpgid, arguments![-1, 0], -22, &[("pid", Is::Number(-1))]);
}

#[test]
fn signals_names_and_tracing() {
    let own = i64::from(std::process::id());
    does("kill", libc::SYS_kill, arguments![own, 0], 0, &[("pid", Is::Number(own)), ("sig", Is::Number(0))]);
    let name = [("option", Is::Number(15)), ("arg2_str", text("a name"))];
    does("prctl", libc::SYS_prctl, arguments![15, c"a name"], 0, &name);
    // PTRACE_ATTACH is 16 for the kernel, 11 for Falco.
    let attach = [("request", Is::Number(11)), ("pid", Is::Number(own))];
    does("ptrace", libc::SYS_ptrace, arguments![16, own], -1, &attach);
}

#[test]
fn descriptors() {
    does("dup", libc::SYS_dup, arguments![-1], -9, &[("oldfd", Is::Number(-1))]);
    let both = [("oldfd", Is::Number(-1)), ("newfd", Is::Number(77))];
    #[cfg(target_arch = "x86_64")]
    does("dup2", libc::SYS_dup2, arguments![-1, 77], -9, &both);
    let flags = [&both[..], &[("flags", Is::Number(4096))]].concat();
    does("dup3", libc::SYS_dup3, arguments![-1, 77, i64::from(libc::O_CLOEXEC)], -9, &flags);
}
