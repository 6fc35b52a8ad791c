//! One process, and the program image that it runs.

use std::{
    cell::OnceCell,
    sync::{Arc, OnceLock},
};

use container_runtimes::{ContainerId, Runtime};

use crate::{procfs::Stat, table::Slot};

/// A process: what stays the same over an exec, and its current image.
#[derive(Debug, Default)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) start: Start,
    pub(crate) parent: Option<Slot>,
    pub(crate) parent_pid: u32,
    pub(crate) children: Vec<Slot>,
    pub(crate) threads: u32,
    /// In the process's own pid namespace.
    pub(crate) vpid: Option<u32>,
    pub(crate) sid: Option<u32>,
    pub(crate) pgid: Option<u32>,
    pub(crate) vpgid: Option<u32>,
    pub(crate) tty: Option<u32>,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) loginuid: Option<u32>,
    pub(crate) capabilities: Option<Capabilities>,
    pub(crate) usage: Usage,
    /// Nanoseconds since boot.
    pub(crate) pidns_start_ns: Option<u64>,
    pub(crate) cwd: Option<Arc<[u8]>>,
    /// `subsystem=path`, NUL-terminated each.
    pub(crate) cgroups: Option<Arc<[u8]>>,
    pub(crate) cgroup_id: u64,
    /// `None` on the host.
    pub(crate) container: Option<Arc<InContainer>>,
    pub(crate) image: Option<Arc<Image>>,
    /// Event time of the exit.
    pub(crate) ended_ns: Option<u64>,
    /// /proc/PID/stat, read when a field first needs what no event told; forgotten on exec.
    pub(crate) late_stat: OnceCell<Option<Stat>>,
}

/// When a process started, and how exactly that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Start {
    /// Nanoseconds since boot.
    pub(crate) ns: u64,
    /// The true start lies within this many nanoseconds at or behind `ns`.
    pub(crate) uncertainty_ns: u64,
}

impl Start {
    pub(crate) fn exact(ns: u64) -> Self {
        Start { ns, uncertainty_ns: 0 }
    }

    /// Whether both can be the start of one process.
    pub(crate) fn may_be(self, other: Start) -> bool {
        self.ns <= other.ns.saturating_add(other.uncertainty_ns)
            && other.ns <= self.ns.saturating_add(self.uncertainty_ns)
    }
}

/// The container that a process runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InContainer {
    pub(crate) id: ContainerId,
    pub(crate) runtime: Runtime,
}

/// Capability masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) inheritable: u64,
    pub(crate) permitted: u64,
    pub(crate) effective: u64,
}

/// Figures that exec and clone events carry; sizes in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) descriptors_max: Option<i64>,
    pub(crate) major_faults: Option<u64>,
    pub(crate) minor_faults: Option<u64>,
    pub(crate) size_kib: Option<u64>,
    pub(crate) resident_kib: Option<u64>,
    pub(crate) swapped_kib: Option<u64>,
}

/// What a process runs: shared with its children until they exec.
#[derive(Debug, Default)]
pub(crate) struct Image {
    pub(crate) comm: Box<[u8]>,
    /// The first argument.
    pub(crate) exe: Box<[u8]>,
    /// The file that is run, resolved by the kernel.
    pub(crate) exepath: Option<Box<[u8]>>,
    /// The arguments behind the first, NUL-terminated each.
    pub(crate) args: Box<[u8]>,
    /// NUL-terminated each.
    pub(crate) env: Box<[u8]>,
    /// Falco's `execve_flags`, as far as known.
    pub(crate) flags: Option<u32>,
    pub(crate) inode: Option<u64>,
    pub(crate) ctime_ns: Option<u64>,
    pub(crate) mtime_ns: Option<u64>,
    pub(crate) texts: Texts,
}

/// Texts made of an image's parts when they are first asked for.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    joined_args: OnceLock<Box<[u8]>>,
    cmdline: OnceLock<Box<[u8]>>,
    exeline: OnceLock<Box<[u8]>>,
}

/// Bits of `Image::flags`.
pub(crate) const EXE_WRITABLE: u32 = 1;
/// See [`EXE_WRITABLE`].
pub(crate) const EXE_UPPER_LAYER: u32 = 2;
/// See [`EXE_WRITABLE`].
pub(crate) const EXE_FROM_MEMFD: u32 = 4;
/// See [`EXE_WRITABLE`].
pub(crate) const EXE_LOWER_LAYER: u32 = 8;

impl Image {
    /// The same program under another name (`prctl(PR_SET_NAME)`).
    pub(crate) fn renamed(&self, comm: &[u8]) -> Image {
        Image {
            comm: comm.into(),
            exe: self.exe.clone(),
            exepath: self.exepath.clone(),
            args: self.args.clone(),
            env: self.env.clone(),
            flags: self.flags,
            inode: self.inode,
            ctime_ns: self.ctime_ns,
            mtime_ns: self.mtime_ns,
            ..Image::default()
        }
    }

    /// Each argument.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        items(&self.args)
    }

    /// Arguments with a blank between them (`proc.args`).
    pub(crate) fn joined_args(&self) -> &[u8] {
        self.texts.joined_args.get_or_init(|| join(self.arguments()).into())
    }

    /// Name and arguments (`proc.cmdline`). Falco: the name, not the first argument.
    pub(crate) fn cmdline(&self) -> &[u8] {
        self.texts.cmdline.get_or_init(|| {
            let mut line = self.comm.to_vec();
            if !self.joined_args().is_empty() {
                line.push(b' ');
                line.extend_from_slice(self.joined_args());
            }
            line.into()
        })
    }

    /// First argument and arguments (`proc.exeline`). Falco: the blank is there without arguments.
    pub(crate) fn exeline(&self) -> &[u8] {
        self.texts.exeline.get_or_init(|| [&self.exe, &b" "[..], self.joined_args()].concat().into())
    }

    /// The value of an environment variable.
    pub(crate) fn environment_value(&self, name: &str) -> Option<&[u8]> {
        items(&self.env).find_map(|item| item.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    }
}

/// The texts of a NUL-separated list. A final NUL ends the last one.
pub(crate) fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = list.strip_suffix(&[0]).unwrap_or(list);
    let count = if list.is_empty() { 0 } else { usize::MAX };
    list.split(|byte| *byte == 0).take(count)
}

/// The texts of a list with blanks between them.
pub(crate) fn join<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Vec<u8> {
    let mut line = Vec::new();
    for (index, text) in texts.enumerate() {
        if index > 0 {
            line.push(b' ');
        }
        line.extend_from_slice(text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_falcos() {
        let check = |args: &[u8], cmdline: &str, exeline: &str, count: usize| {
            let image = Image {
                comm: b"cat"[..].into(),
                exe: b"/bin/cat"[..].into(),
                args: args.into(),
                ..Image::default()
            };
            assert_eq!(String::from_utf8_lossy(image.cmdline()), cmdline);
            assert_eq!(String::from_utf8_lossy(image.exeline()), exeline);
            assert_eq!(image.arguments().count(), count);
        };
        check(b"", "cat", "/bin/cat ", 0);
        check(b"-n\0/etc/x\0", "cat -n /etc/x", "/bin/cat -n /etc/x", 2);
        check(b"-n\0/etc/x", "cat -n /etc/x", "/bin/cat -n /etc/x", 2);
        check(b"\0\0", "cat  ", "/bin/cat  ", 2);
    }

    #[test]
    fn environment_values_are_found_by_their_whole_name() {
        let image = Image { env: b"HOMER=x\0HOME=/root\0EMPTY=\0"[..].into(), ..Image::default() };
        assert_eq!(image.environment_value("HOME"), Some(&b"/root"[..]));
        assert_eq!(image.environment_value("EMPTY"), Some(&b""[..]));
        assert_eq!(image.environment_value("HOM"), None);
    }

    #[test]
    fn starts_are_compared_as_exactly_as_they_are_known() {
        let tick = Start { ns: 50_000_000, uncertainty_ns: 10_000_000 };
        assert!(tick.may_be(Start::exact(57_000_000)));
        assert!(Start::exact(57_000_000).may_be(tick));
        assert!(!tick.may_be(Start::exact(61_000_000)));
        assert!(!tick.may_be(Start::exact(49_999_999)));
        assert!(!Start::exact(1).may_be(Start::exact(2)));
    }
}
