//! Calls that make, remove, rename and change files. Paths that do not exist are as good.

use crate::{
    arguments,
    watch::{Is, call, check, text},
};

const NONE: i64 = -2;

/// The call fails with ENOENT and says what was asked for.
fn missing(name: &str, number: libc::c_long, arguments: [u64; 6], expected: &[(&str, Is)]) {
    let mut all = vec![("res", Is::Number(NONE))];
    all.extend_from_slice(expected);
    check(name, || assert_eq!(call(number, arguments), NONE), &all);
}

#[test]
fn unlinkat_and_rmdir() {
    let (dirfd, name) = (("dirfd", Is::Number(-100)), ("name", text("/nosuch/a")));
    let flags = ("flags", Is::Number(0x200));
    missing("unlinkat", libc::SYS_unlinkat, arguments![-100, c"/nosuch/a", 0x200], &[dirfd, name, flags]);
    #[cfg(target_arch = "x86_64")]
    {
        missing("unlink", libc::SYS_unlink, arguments![c"/nosuch/u"], &[("path", text("/nosuch/u"))]);
        missing("rmdir", libc::SYS_rmdir, arguments![c"/nosuch/r"], &[("path", text("/nosuch/r"))]);
    }
}

#[test]
fn renames() {
    let paths = [("oldpath", text("/nosuch/o")), ("newpath", text("/nosuch/n"))];
    let arguments = arguments![-100, c"/nosuch/o", -100, c"/nosuch/n", 1];
    missing("renameat", libc::SYS_renameat, arguments, &paths);
    missing("renameat2", libc::SYS_renameat2, arguments, &[&paths[..], &[("flags", Is::Number(1))]].concat());
    #[cfg(target_arch = "x86_64")]
    missing("rename", libc::SYS_rename, arguments![c"/nosuch/o", c"/nosuch/n"], &paths);
}

#[test]
fn made_directories_and_nodes() {
    let expected = [("path", text("/nosuch/m")), ("mode", Is::Number(0o750))];
    missing("mkdirat", libc::SYS_mkdirat, arguments![-100, c"/nosuch/m", 0o750], &expected);
    let node = [("path", text("/nosuch/k")), ("mode", Is::Number(0o10600))];
    missing("mknodat", libc::SYS_mknodat, arguments![-100, c"/nosuch/k", 0o10600, 0], &node);
    #[cfg(target_arch = "x86_64")]
    {
        missing("mkdir", libc::SYS_mkdir, arguments![c"/nosuch/m", 0o750], &expected);
        missing("mknod", libc::SYS_mknod, arguments![c"/nosuch/k", 0o10600, 0], &node);
    }
}

#[test]
fn links() {
    let symbolic = [("target", text("/etc/shadow")), ("linkpath", text("/nosuch/l"))];
    missing("symlinkat", libc::SYS_symlinkat, arguments![c"/etc/shadow", -100, c"/nosuch/l"], &symbolic);
    let hard = [("oldpath", text("/nosuch/o")), ("newpath", text("/nosuch/n"))];
    let arguments = arguments![-100, c"/nosuch/o", -100, c"/nosuch/n", 0x400];
    missing("linkat", libc::SYS_linkat, arguments, &[&hard[..], &[("flags", Is::Number(0x400))]].concat());
    #[cfg(target_arch = "x86_64")]
    {
        missing("symlink", libc::SYS_symlink, arguments![c"/etc/shadow", c"/nosuch/l"], &symbolic);
        missing("link", libc::SYS_link, arguments![c"/nosuch/o", c"/nosuch/n"], &hard);
    }
}

#[test]
fn modes_and_owners() {
    let mode = [("filename", text("/nosuch/f")), ("mode", Is::Number(0o4755))];
    missing("fchmodat", libc::SYS_fchmodat, arguments![-100, c"/nosuch/f", 0o4755], &mode);
    check(
        "fchmod",
        || assert_eq!(call(libc::SYS_fchmod, arguments![-1, 0o2755]), -9),
        &[("fd", Is::Number(-1)), ("mode", Is::Number(0o2755))],
    );
    let owner = [("pathname", text("/nosuch/f")), ("uid", Is::Number(1)), ("gid", Is::Number(2))];
    let arguments = arguments![-100, c"/nosuch/f", 1, 2, 0x100];
    missing(
        "fchownat",
        libc::SYS_fchownat,
        arguments,
        &[&owner[..], &[("flags", Is::Number(0x400))]].concat(),
    );
    check(
        "fchown",
        || assert_eq!(call(libc::SYS_fchown, arguments![-1, 1, 2]), -9),
        &[("fd", Is::Number(-1)), ("uid", Is::Number(1)), ("gid", Is::Number(2))],
    );
    #[cfg(target_arch = "x86_64")]
    {
        missing("chmod", libc::SYS_chmod, arguments![c"/nosuch/f", 0o4755], &mode);
        let owner = [("path", text("/nosuch/f")), ("uid", Is::Number(1)), ("gid", Is::Number(2))];
        missing("chown", libc::SYS_chown, arguments![c"/nosuch/f", 1, 2], &owner);
        missing("lchown", libc::SYS_lchown, arguments![c"/nosuch/f", 1, 2], &owner);
    }
}
