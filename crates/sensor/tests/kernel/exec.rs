//! execve and execveat, successful and not.

use std::{
    ffi::CStr,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    process::Command,
};

use crate::{
    arguments,
    watch::{Everything, Is, Seen, call, check, skipped, text},
};

/// Runs a command and gives the exec event whose first argument is `exe`.
fn run(command: &mut Command, exe: &str) -> Option<Seen> {
    if skipped() {
        return None;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let _ = command.status();
    Some(watch.wait_for(|seen| seen.name.starts_with("execve") && seen.text("exe") == exe))
}

#[test]
fn a_successful_exec_with_everything_it_says() {
    let mut command = Command::new("/bin/true");
    command.arg0("exec test").args(["one", "two words"]).current_dir("/etc");
    command.env_clear().env("KEY", "value").env("OTHER", "x");
    let Some(seen) = run(&mut command, "exec test") else { return };
    assert_eq!(seen.number("res"), 0);
    assert_eq!(seen.bytes("args"), b"one\0two words\0");
    assert_eq!(seen.bytes("env"), b"KEY=value\0OTHER=x\0");
    assert_eq!(seen.text("cwd"), "/etc");
    assert_eq!(seen.text("comm"), "true");
    assert_eq!(seen.text("filename"), "/bin/true");
    let file = std::fs::canonicalize("/bin/true").unwrap();
    assert_eq!(seen.text("trusted_exepath"), file.to_str().unwrap());
    let stat = file.metadata().unwrap();
    assert_eq!(seen.number("exe_ino"), stat.ino().cast_signed());
    assert_eq!(seen.number("exe_ino_mtime"), stat.mtime() * 1_000_000_000 + stat.mtime_nsec());
    assert_eq!(seen.number("exe_ino_ctime"), stat.ctime() * 1_000_000_000 + stat.ctime_nsec());
    assert_eq!(seen.number("pid"), i64::from(seen.context.pid.0));
    assert_eq!(seen.number("tid"), i64::from(seen.tid));
    assert_eq!(seen.number("ptid"), i64::from(std::process::id()));
    assert_eq!(seen.context.parent_pid.0, std::process::id());
    assert_eq!((seen.number("uid"), seen.number("gid")), (0, 0));
    assert_eq!(seen.number("cap_effective"), capabilities("CapEff"));
    assert_eq!(seen.number("cap_permitted"), capabilities("CapPrm"));
    // Of /proc and not of rustix, which takes the group 0 of what the kernel started for a mistake.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let group = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)).unwrap();
    assert_eq!(seen.number("pgid").to_string(), group);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap();
    assert_eq!(seen.number("fdlimit"), limit.cast_signed());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(u64::try_from(now.as_nanos()).unwrap().abs_diff(seen.timestamp) < 30_000_000_000);
}

fn capabilities(name: &str) -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    i64::from_str_radix(line.trim_start_matches(':').trim(), 16).unwrap()
}

#[test]
fn control_groups_are_those_of_proc() {
    let mut command = Command::new("/bin/true");
    command.arg0("exec cgroups");
    let Some(seen) = run(&mut command, "exec cgroups") else { return };
    let groups = seen.text("cgroups");
    // 4:memory:/some/path; the kernel calls blkio "io", and a v2-only host has one line.
    for line in std::fs::read_to_string("/proc/self/cgroup").unwrap().lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(names), Some(path)) = (parts.next(), parts.next()) else { continue };
        for name in names.split(',').filter(|name| !name.is_empty() && !name.starts_with("name=")) {
            let name = if name == "blkio" { "io" } else { name };
            assert!(
                groups.split(' ').any(|group| group == format!("{name}={path}")),
                "{name}={path} in {groups}"
            );
        }
    }
    assert!(groups.contains("=/"), "{groups}");
}

#[test]
fn long_arguments_are_cut_and_end_with_a_nul() {
    let mut command = Command::new("/bin/true");
    command.arg0("exec long").arg("a".repeat(10_000));
    let Some(seen) = run(&mut command, "exec long") else { return };
    let args = seen.bytes("args");
    assert_eq!((args.len(), args.last()), (4096, Some(&0)));
}

#[test]
fn a_failed_exec_says_what_was_asked_for() {
    let mut command = Command::new("/nosuch/program");
    command.arg0("exec missing").args(["one", "two"]).env_clear().env("KEY", "value");
    let Some(seen) = run(&mut command, "exec missing") else { return };
    assert_eq!((seen.name, seen.number("res")), ("execve", -2));
    assert_eq!(seen.bytes("args"), b"one\0two\0");
    assert_eq!(seen.bytes("env"), b"KEY=value\0");
    assert_eq!(seen.text("filename"), "/nosuch/program");
    // The caller is still itself.
    let own = std::env::current_exe().unwrap();
    assert_eq!(seen.text("trusted_exepath"), own.to_str().unwrap());
}

#[test]
fn a_failed_execveat_says_what_was_asked_for() {
    let list = |texts: [&CStr; 2]| [texts[0].as_ptr() as i64, texts[1].as_ptr() as i64, 0];
    let (argv, envp) = (list([c"execveat missing", c"one"]), list([c"KEY=value", c"OTHER=x"]));
    let arguments = arguments![-100, c"/nosuch/program", argv.as_ptr() as i64, envp.as_ptr() as i64, 0];
    check(
        "execveat",
        || assert_eq!(call(libc::SYS_execveat, arguments), -2),
        &[
            ("res", Is::Number(-2)),
            ("exe", text("execveat missing")),
            ("args", Is::Bytes(b"one\0".to_vec())),
            ("env", Is::Bytes(b"KEY=value\0OTHER=x\0".to_vec())),
        ],
    );
}

#[test]
fn a_program_in_memory_is_told() {
    if skipped() {
        return;
    }
    let file = rustix::fs::memfd_create("quiet", rustix::fs::MemfdFlags::empty()).unwrap();
    let mut file = std::fs::File::from(file);
    std::io::copy(&mut std::fs::File::open("/bin/true").unwrap(), &mut file).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&file));
    // Open for writing, it could not be executed.
    let readable = std::fs::File::open(&path).unwrap();
    drop(file);
    let path = format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&readable));
    let Some(seen) = run(Command::new(path).arg0("exec memfd"), "exec memfd") else { return };
    assert_eq!(seen.number("res"), 0);
    assert_eq!(seen.number("flags") & 4, 4, "EXE_FROM_MEMFD");
    assert!(seen.text("trusted_exepath").contains("memfd:quiet"), "{seen}");
}
