//! Reading /proc: everything at the start, one process when an event's caller is unknown.
//!
//! Files are read whole and bounded; a process may end between two of them, so each part may be
//! missing. Times come from `stat` in ticks of 10 ms, which is what the start time's
//! uncertainty says.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    limits::{PROC_FILE_BYTES_MAX, TEXT_BYTES_MAX},
    process::{Capabilities, Image, Process, Start, Usage, items},
};

/// User space sees clock ticks of 10 ms on every architecture the probes run on.
const TICK_NS: u64 = 10_000_000;

/// A mounted proc file system.
#[derive(Debug, Clone)]
pub(crate) struct ProcFs {
    root: PathBuf,
}

/// What of `/proc/PID/stat` is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) comm: Box<[u8]>,
    pub(crate) parent_pid: u32,
    pub(crate) pgid: u32,
    pub(crate) sid: u32,
    pub(crate) tty: u32,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) threads: u32,
    pub(crate) start: Start,
    pub(crate) size_kib: u64,
}

/// What of `/proc/PID/status` is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    /// In the innermost namespace.
    pub(crate) vpid: Option<u32>,
    pub(crate) vpgid: Option<u32>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) resident_kib: Option<u64>,
    pub(crate) swapped_kib: Option<u64>,
}

impl ProcFs {
    pub(crate) fn new(root: &Path) -> Self {
        ProcFs { root: root.to_owned() }
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut pids: Vec<u32> =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable();
        pids
    }

    /// Whether a process with this pid exists.
    pub(crate) fn exists(&self, pid: u32) -> bool {
        self.path(pid, "").exists()
    }

    /// A process as /proc shows it now; `None` when it is gone. Parent link and container are
    /// for the caller to fill.
    pub(crate) fn read(&self, pid: u32) -> Option<Process> {
        let stat = self.stat(pid)?;
        let status = self.status(pid);
        let (exe, args) = self.cmdline(pid);
        let image = Image {
            comm: stat.comm.clone(),
            exe,
            exepath: self.link(pid, "exe").map(|path| without_deleted(path).into()),
            args,
            env: self.bytes(pid, "environ", TEXT_BYTES_MAX).unwrap_or_default().into(),
            ..Image::default()
        };
        Some(Process {
            pid,
            start: stat.start,
            parent_pid: stat.parent_pid,
            threads: stat.threads,
            vpid: status.vpid,
            sid: Some(stat.sid),
            pgid: Some(stat.pgid),
            vpgid: status.vpgid,
            tty: Some(stat.tty),
            uid: status.uid,
            gid: status.gid,
            loginuid: self.loginuid(pid),
            capabilities: status.capabilities,
            usage: Usage {
                descriptors_max: None,
                major_faults: Some(stat.major_faults),
                minor_faults: Some(stat.minor_faults),
                size_kib: Some(stat.size_kib),
                resident_kib: status.resident_kib,
                swapped_kib: status.swapped_kib,
            },
            cwd: self.link(pid, "cwd").map(Arc::from),
            cgroups: self.cgroups(pid),
            image: Some(Arc::new(image)),
            ..Process::default()
        })
    }

    pub(crate) fn stat(&self, pid: u32) -> Option<Stat> {
        parse_stat(&self.bytes(pid, "stat", PROC_FILE_BYTES_MAX)?)
    }

    pub(crate) fn status(&self, pid: u32) -> Status {
        parse_status(&self.bytes(pid, "status", PROC_FILE_BYTES_MAX).unwrap_or_default())
    }

    /// A thread's id in its innermost namespace.
    pub(crate) fn namespace_tid(&self, pid: u32, tid: u32) -> Option<u32> {
        parse_status(&self.bytes(pid, &format!("task/{tid}/status"), PROC_FILE_BYTES_MAX)?).vpid
    }

    /// Control groups in the form that events carry: `subsystem=path`, NUL-terminated each.
    pub(crate) fn cgroups(&self, pid: u32) -> Option<Arc<[u8]>> {
        Some(parse_cgroups(&self.bytes(pid, "cgroup", PROC_FILE_BYTES_MAX)?).into())
    }

    /// Where a link of the process leads, such as `cwd` or `fd/3`.
    pub(crate) fn link(&self, pid: u32, name: &str) -> Option<Vec<u8>> {
        let target = fs::read_link(self.path(pid, name)).ok()?;
        Some(target.into_os_string().as_bytes().to_vec())
    }

    /// The directory through which the process's root is reached.
    pub(crate) fn root_of(&self, pid: u32) -> PathBuf {
        self.path(pid, "root")
    }

    fn loginuid(&self, pid: u32) -> Option<u32> {
        let text = self.bytes(pid, "loginuid", 32)?;
        number(text.trim_ascii())
    }

    /// First argument, and the rest.
    fn cmdline(&self, pid: u32) -> (Box<[u8]>, Box<[u8]>) {
        let all = self.bytes(pid, "cmdline", TEXT_BYTES_MAX).unwrap_or_default();
        let exe = items(&all).next().unwrap_or_default();
        let args = all.get(exe.len() + 1..).unwrap_or_default();
        (exe.into(), args.into())
    }

    fn bytes(&self, pid: u32, name: &str, bytes_max: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.path(pid, name)).ok()?;
        file.take(u64::try_from(bytes_max).unwrap_or(u64::MAX)).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn path(&self, pid: u32, name: &str) -> PathBuf {
        let mut path = self.root.join(pid.to_string());
        if !name.is_empty() {
            path.push(OsStr::new(name));
        }
        path
    }
}

fn parse_stat(bytes: &[u8]) -> Option<Stat> {
    // The name may hold blanks and parentheses; it ends at the last one.
    let open = bytes.iter().position(|byte| *byte == b'(')?;
    let close = bytes.iter().rposition(|byte| *byte == b')')?;
    let comm = bytes.get(open + 1..close)?;
    let rest = bytes.get(close + 1..)?;
    let fields: Vec<&[u8]> = rest.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect();
    // `fields[0]` is the state, the third field of proc(5).
    let field = |position: usize| -> Option<&[u8]> { fields.get(position.checked_sub(3)?).copied() };
    let at = |position: usize| number::<u64>(field(position)?);
    let small = |position: usize| number::<u32>(field(position)?);
    Some(Stat {
        comm: comm.into(),
        parent_pid: small(4)?,
        pgid: small(5).unwrap_or(0),
        sid: small(6).unwrap_or(0),
        tty: number::<i64>(field(7)?).and_then(|tty| u32::try_from(tty).ok()).unwrap_or(0),
        minor_faults: at(10)?,
        major_faults: at(12)?,
        threads: small(20)?,
        start: Start { ns: at(22)?.saturating_mul(TICK_NS), uncertainty_ns: TICK_NS - 1 },
        size_kib: at(23)? / 1024,
    })
}

fn parse_status(bytes: &[u8]) -> Status {
    let mut status = Status::default();
    let mut masks = [None; 3];
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (key, value) = line.split_at(colon);
        let mut words =
            value.get(1..).unwrap_or_default().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match key {
            // Real, effective, saved, file system: the second one counts.
            b"Uid" => status.uid = words.nth(1).and_then(number),
            b"Gid" => status.gid = words.nth(1).and_then(number),
            b"NSpid" => status.vpid = words.next_back().and_then(number),
            b"NSpgid" => status.vpgid = words.next_back().and_then(number),
            b"VmRSS" => status.resident_kib = words.next().and_then(number),
            b"VmSwap" => status.swapped_kib = words.next().and_then(number),
            b"CapInh" => masks = [words.next().and_then(hex), masks[1], masks[2]],
            b"CapPrm" => masks = [masks[0], words.next().and_then(hex), masks[2]],
            b"CapEff" => masks = [masks[0], masks[1], words.next().and_then(hex)],
            _ => {}
        }
    }
    if let [Some(inheritable), Some(permitted), Some(effective)] = masks {
        status.capabilities = Some(Capabilities { inheritable, permitted, effective });
    }
    status
}

/// `4:memory:/a` becomes `memory=/a`; the unified hierarchy's line has no controller and becomes
/// `=/a`. The kernel shows it last, events name each of its controllers: the path is the same.
fn parse_cgroups(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (Some(_), Some(subsystems), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        for subsystem in subsystems.split(|byte| *byte == b',') {
            if out.len() + subsystem.len() + path.len() + 2 > TEXT_BYTES_MAX {
                return out;
            }
            out.extend_from_slice(subsystem);
            out.push(b'=');
            out.extend_from_slice(path);
            out.push(0);
        }
    }
    out
}

/// The kernel marks the path of a removed file.
fn without_deleted(mut path: Vec<u8>) -> Vec<u8> {
    const MARK: &[u8] = b" (deleted)";
    if path.ends_with(MARK) {
        path.truncate(path.len() - MARK.len());
    }
    path
}

fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn hex(text: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_read() {
        let proc = ProcFs::new(Path::new("/proc"));
        let pid = std::process::id();
        assert!(proc.pids().contains(&pid));
        let process = proc.read(pid).unwrap();
        let image = process.image.unwrap();
        assert_eq!(process.parent_pid, std::os::unix::process::parent_id());
        assert_eq!(image.exepath.as_deref(), Some(std::env::current_exe().unwrap().as_os_str().as_bytes()));
        assert_eq!(&*image.exe, std::env::args_os().next().unwrap().as_bytes());
        assert_eq!(process.cwd.as_deref(), Some(std::env::current_dir().unwrap().as_os_str().as_bytes()));
        assert_eq!(process.uid, Some(rustix::process::geteuid().as_raw()));
        assert!(process.start.ns > 0);
        assert!(process.capabilities.is_some());
        assert!(!process.cgroups.unwrap().is_empty());
        assert!(process.threads >= 1);
    }

    #[test]
    fn names_may_hold_anything() {
        let line = b"7 (a) b (c) S 1 7 7 34816 7 4194560 120 0 3 0 1 2 0 0 20 0 2 0 12345 4096000 300 18446744073709551615";
        let stat = parse_stat(line).unwrap();
        assert_eq!(&*stat.comm, b"a) b (c");
        assert_eq!((stat.parent_pid, stat.sid, stat.tty, stat.threads), (1, 7, 34816, 2));
        assert_eq!((stat.minor_faults, stat.major_faults, stat.size_kib), (120, 3, 4000));
        assert_eq!(stat.start.ns, 123_450_000_000);
        assert_eq!(parse_stat(b"7 (a"), None);
        assert_eq!(parse_stat(b""), None);
    }

    #[test]
    fn status_tells_the_innermost_ids() {
        let text = b"Name:\tx\nUid:\t0\t1000\t0\t0\nGid:\t0\t5\t0\t0\nNSpid:\t4711\t1\nNSpgid:\t4711\t1\n\
            VmRSS:\t    1320 kB\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n";
        let status = parse_status(text);
        assert_eq!(
            (status.uid, status.gid, status.vpid, status.vpgid),
            (Some(1000), Some(5), Some(1), Some(1))
        );
        assert_eq!(status.resident_kib, Some(1320));
        assert_eq!(status.capabilities.unwrap().effective, 0xa804_25fb);
    }

    #[test]
    fn control_groups_take_the_form_of_events() {
        let found = parse_cgroups(b"9:name=systemd:/a\n4:cpu,cpuacct:/b:c\n0::/d\nnonsense\n");
        assert_eq!(found, b"name=systemd=/a\0cpu=/b:c\0cpuacct=/b:c\0=/d\0");
    }

    #[test]
    fn a_removed_program_keeps_its_path() {
        assert_eq!(without_deleted(b"/tmp/x (deleted)".to_vec()), b"/tmp/x");
        assert_eq!(without_deleted(b"/tmp/x".to_vec()), b"/tmp/x");
    }
}
