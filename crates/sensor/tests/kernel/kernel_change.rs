//! Calls that change the kernel or its mounts; all of them fail or change nothing.

use crate::{
    arguments,
    watch::{Is, call, check, text},
};

#[test]
fn bpf_memfd_and_userfaultfd() {
    check("bpf", || assert!(call(libc::SYS_bpf, arguments![9999]) < 0), &[("cmd", Is::Number(9999))]);
    check(
        "memfd_create",
        || assert!(call(libc::SYS_memfd_create, arguments![c"hidden", 1]) >= 0),
        &[("name", text("hidden")), ("flags", Is::Number(1))],
    );
    check(
        "userfaultfd",
        || assert_ne!(call(libc::SYS_userfaultfd, arguments![i64::from(libc::O_CLOEXEC)]), -38),
        &[("flags", Is::Number(4096))],
    );
}

#[test]
fn modules() {
    let image = [7u8; 200];
    check(
        "init_module",
        || assert!(call(libc::SYS_init_module, arguments![image.as_ptr() as i64, 200, c"a=b"]) < 0),
        &[("img", Is::Bytes(vec![7; 80])), ("length", Is::Number(200)), ("uargs", text("a=b"))],
    );
    check(
        "finit_module",
        || assert!(call(libc::SYS_finit_module, arguments![-1, c"x=y", 2]) < 0),
        &[("fd", Is::Number(-1)), ("uargs", text("x=y")), ("flags", Is::Number(2))],
    );
    check(
        "delete_module",
        || assert!(call(libc::SYS_delete_module, arguments![c"nosuch", 0o4000]) < 0),
        &[("name", text("nosuch")), ("flags", Is::Number(2))],
    );
}

#[test]
fn mounts() {
    check(
        "mount",
        || assert!(call(libc::SYS_mount, arguments![c"what", c"/nosuch", c"tmpfs", 0xc0ed_0001]) < 0),
        &[("dev", text("what")), ("dir", text("/nosuch")), ("type", text("tmpfs")), ("flags", Is::Number(1))],
    );
    check(
        "umount2",
        || assert!(call(libc::SYS_umount2, arguments![c"/nosuch", 2]) < 0),
        &[("name", text("/nosuch")), ("flags", Is::Number(2))],
    );
}
