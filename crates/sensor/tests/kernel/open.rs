//! open, openat, openat2, creat.

use std::ffi::{CStr, CString};

use crate::{
    arguments,
    watch::{Everything, Is, Seen, call, check, skipped, text},
};

const O_RDONLY: i64 = 1;
const O_WRONLY: i64 = 2;
const O_CREAT: i64 = 4;
const O_TRUNC: i64 = 256;
const O_F_CREATED: i64 = 1 << 14;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn c(path: &std::path::Path) -> CString {
    CString::new(path.to_str().unwrap()).unwrap()
}

#[test]
fn openat_for_reading() {
    let stat = std::fs::metadata("/etc/hostname").unwrap();
    let ino = std::os::unix::fs::MetadataExt::ino(&stat);
    let dev = std::os::unix::fs::MetadataExt::dev(&stat);
    check(
        "openat",
        || drop(std::fs::File::open("/etc/hostname").unwrap()),
        &[
            ("dirfd", Is::Number(-100)),
            ("name", text("/etc/hostname")),
            // Rust's standard library adds O_CLOEXEC.
            ("flags", Is::Number(O_RDONLY | 4096)),
            ("mode", Is::Number(0)),
            ("dev", Is::Number(dev.cast_signed())),
            ("ino", Is::Number(ino.cast_signed())),
        ],
    );
}

#[test]
fn openat_that_creates() {
    let folder = folder();
    let path = c(&folder.path().join("new"));
    let flags = i64::from(libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC);
    check(
        "openat",
        || assert!(call(libc::SYS_openat, arguments![-100, path.as_c_str(), flags, 0o640]) >= 0),
        &[
            ("name", text(path.to_str().unwrap())),
            ("flags", Is::Number(O_WRONLY | O_CREAT | O_TRUNC | O_F_CREATED)),
            ("mode", Is::Number(0o640)),
        ],
    );
}

/// The event's own parameters say what was asked; the resolved path says what it was.
fn resolved(name: &str, action: impl FnOnce(), given: &str) -> Option<Seen> {
    if skipped() {
        return None;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    action();
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    Some(watch.wait_for(|seen| seen.name == name && seen.tid == tid && seen.text("name") == given))
}

/// Opens `path` from `directory`; the path that the event says it led to.
fn resolved_from(directory: &std::path::Path, path: &CStr) -> Option<(Option<String>, i64, i64)> {
    let directory = std::fs::File::open(directory).unwrap();
    let dirfd = i64::from(std::os::fd::AsRawFd::as_raw_fd(&directory));
    let action = || assert!(call(libc::SYS_openat, arguments![dirfd, path, 0]) >= 0);
    let seen = resolved("openat", action, path.to_str().unwrap())?;
    Some((seen.resolved.clone(), seen.number("dirfd"), dirfd))
}

#[test]
fn openat_relative_to_a_descriptor_is_resolved() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    let Some((to, seen, dirfd)) = resolved_from(folder.path(), c"./file") else { return };
    let real = folder.path().canonicalize().unwrap().join("file");
    assert_eq!(to.as_deref(), real.to_str());
    assert_eq!(seen, dirfd);
}

#[test]
fn openat_through_a_symbolic_link_is_resolved() {
    let folder = folder();
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link")).unwrap();
    let Some((to, ..)) = resolved_from(folder.path(), c"link") else { return };
    assert_eq!(to.as_deref(), Some("/etc/hostname"));
}

#[test]
fn openat_on_another_mount_is_resolved() {
    let Some((to, ..)) = resolved_from("/".as_ref(), c"proc/self/stat") else { return };
    assert_eq!(to.unwrap(), format!("/proc/{}/stat", std::process::id()));
}

#[test]
fn openat_of_an_absolute_path_is_not_resolved() {
    let Some((to, ..)) = resolved_from("/".as_ref(), c"/etc/../etc/hostname") else { return };
    assert_eq!(to, None);
}

#[test]
fn openat_of_a_missing_file() {
    check(
        "openat",
        || drop(std::fs::File::open("/nosuch/file").unwrap_err()),
        &[("fd", Is::Number(-2)), ("name", text("/nosuch/file")), ("ino", Is::Number(0))],
    );
}

#[test]
fn openat_of_a_bad_pointer_arrives_without_its_name() {
    check(
        "openat",
        || assert_eq!(call(libc::SYS_openat, arguments![-100, 8, 0]), -14),
        &[("fd", Is::Number(-14)), ("name", text(""))],
    );
}

#[test]
fn openat2_with_its_own_flags() {
    let how =
        [u64::from(libc::O_RDONLY.cast_unsigned()), 0, libc::RESOLVE_NO_XDEV | libc::RESOLVE_NO_SYMLINKS];
    check(
        "openat2",
        || {
            assert!(
                call(libc::SYS_openat2, arguments![-100, c"/usr/lib/os-release", how.as_ptr() as i64, 24])
                    >= 0
            )
        },
        &[
            ("name", text("/usr/lib/os-release")),
            ("flags", Is::Number(O_RDONLY)),
            // Falco's RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV
            ("resolve", Is::Number(8 | 16)),
        ],
    );
}

#[cfg(target_arch = "x86_64")]
#[test]
fn plain_open_and_creat() {
    check(
        "open",
        || assert!(call(libc::SYS_open, arguments![c"/etc/hostname", i64::from(libc::O_NONBLOCK)]) >= 0),
        &[("name", text("/etc/hostname")), ("flags", Is::Number(O_RDONLY | 64))],
    );
    let folder = folder();
    let path = c(&folder.path().join("made"));
    check(
        "creat",
        || assert!(call(libc::SYS_creat, arguments![path.as_c_str(), 0o600]) >= 0),
        &[
            ("name", text(path.to_str().unwrap())),
            ("mode", Is::Number(0o600)),
            ("creat_flags", Is::Number(0)),
        ],
    );
}
