//! Threads, as a capture's process list holds them.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use event::tables::ProcessRecord;

use super::proc_text::{link, number, numbers, text, words};

/// libscap's `PPM_CL_CLONE_FILES` and `PPM_CL_CLONE_THREAD`: what a thread shares.
const THREAD_FLAGS: u32 = 1 | 1 << 13;
/// The kernel marks the path of a removed file.
const DELETED: &[u8] = b" (deleted)";

/// Every thread there is; those of one process stand together, the leader first.
pub(super) fn read(proc: &Path) -> Vec<ProcessRecord> {
    let mut found = Vec::new();
    for pid in numbers::<u32>(proc) {
        let folder = proc.join(pid.to_string());
        let Some(leader) = leader(&folder, pid) else { continue };
        let tids = numbers::<u32>(&folder.join("task"));
        let others = tids.into_iter().filter(|tid| *tid != pid);
        let threads: Vec<_> = others.map(|tid| thread(&folder, &leader, tid)).collect();
        found.push(leader);
        found.extend(threads);
    }
    found
}

fn leader(folder: &Path, pid: u32) -> Option<ProcessRecord> {
    let stat = String::from_utf8_lossy(&text(&folder.join("stat"))).into_owned();
    // The name may hold blanks and parentheses; it ends at the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // The first one is the state, the third field of proc(5).
    let field = |position: usize| fields.get(position.checked_sub(3)?).copied();
    let status = String::from_utf8_lossy(&text(&folder.join("status"))).into_owned();
    let innermost = |key: &str| number(words(&status, key).next_back());
    let second = |key: &str| number(words(&status, key).nth(1));
    let first = |key: &str| number(words(&status, key).next()).unwrap_or(0);
    let mask = |key: &str| words(&status, key).next().and_then(|word| u64::from_str_radix(word, 16).ok());
    let cmdline = text(&folder.join("cmdline"));
    let exe_length = cmdline.iter().position(|byte| *byte == 0).unwrap_or(cmdline.len());
    let exepath = link(&folder.join("exe"));
    let file = fs::metadata(folder.join("exe")).ok();
    let time = |seconds: i64, rest: i64| u64::try_from(seconds * 1_000_000_000 + rest).unwrap_or(0);
    Some(ProcessRecord {
        tid: i64::from(pid),
        pid: i64::from(pid),
        parent_tid: number(field(4))?,
        session_id: innermost("NSsid").unwrap_or(-1),
        namespace_group_id: innermost("NSpgid").unwrap_or(-1),
        group_id: number(field(5)).unwrap_or(-1),
        comm: text(&folder.join("comm")).trim_ascii_end().to_vec(),
        exe: cmdline.get(..exe_length).unwrap_or_default().to_vec(),
        exepath: exepath.strip_suffix(DELETED).unwrap_or(&exepath).to_vec(),
        args: cmdline.get(exe_length + 1..).unwrap_or_default().to_vec(),
        env: text(&folder.join("environ")),
        cwd: link(&folder.join("cwd")),
        root: link(&folder.join("root")),
        cgroups: cgroups(&text(&folder.join("cgroup"))),
        descriptor_limit: descriptor_limit(folder),
        flags: 0,
        uid: second("Uid").unwrap_or(0),
        gid: second("Gid").unwrap_or(0),
        login_uid: number(std::str::from_utf8(&text(&folder.join("loginuid"))).ok()).unwrap_or(u32::MAX),
        vm_size_kb: first("VmSize"),
        vm_rss_kb: first("VmRSS"),
        vm_swap_kb: first("VmSwap"),
        faults_major: number(field(12)).unwrap_or(0),
        faults_minor: number(field(10)).unwrap_or(0),
        namespace_tid: innermost("NSpid").unwrap_or(i64::from(pid)),
        namespace_pid: innermost("NStgid").unwrap_or(i64::from(pid)),
        pid_namespace_start_ns: 0,
        tty: number::<i64>(field(7)).and_then(|tty| u32::try_from(tty).ok()).unwrap_or(0),
        exe_writable: false,
        exe_upper_layer: false,
        exe_lower_layer: false,
        exe_from_memfd: exepath.starts_with(b"/memfd:"),
        capabilities_inheritable: mask("CapInh").unwrap_or(0),
        capabilities_permitted: mask("CapPrm").unwrap_or(0),
        capabilities_effective: mask("CapEff").unwrap_or(0),
        exe_inode: file.as_ref().map_or(0, fs::Metadata::ino),
        exe_ctime_ns: file.as_ref().map_or(0, |file| time(file.ctime(), file.ctime_nsec())),
        exe_mtime_ns: file.as_ref().map_or(0, |file| time(file.mtime(), file.mtime_nsec())),
    })
}

/// A thread has a name and ids of its own; the rest is its process's.
fn thread(folder: &Path, leader: &ProcessRecord, tid: u32) -> ProcessRecord {
    let folder = folder.join("task").join(tid.to_string());
    let comm = text(&folder.join("comm")).trim_ascii_end().to_vec();
    let status = String::from_utf8_lossy(&text(&folder.join("status"))).into_owned();
    ProcessRecord {
        tid: i64::from(tid),
        namespace_tid: number(words(&status, "NSpid").next_back()).unwrap_or(i64::from(tid)),
        flags: THREAD_FLAGS,
        comm: if comm.is_empty() { leader.comm.clone() } else { comm },
        ..leader.clone()
    }
}

/// `4:cpu,memory:/a` becomes `cpu=/a` and `memory=/a`, each with a NUL after it.
fn cgroups(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in String::from_utf8_lossy(text).lines() {
        let mut parts = line.splitn(3, ':');
        if let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) {
            for controller in controllers.split(',') {
                out.extend(format!("{controller}={path}\0").into_bytes());
            }
        }
    }
    out
}

fn descriptor_limit(folder: &Path) -> i64 {
    let limits = String::from_utf8_lossy(&text(&folder.join("limits"))).into_owned();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    number(line.and_then(|line| line.split_whitespace().next())).unwrap_or(0)
}
