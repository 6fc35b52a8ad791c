//! What the process tree was made of, kept where a killed sensor's successor finds it.
//!
//! Events that were given back to the ring buffer are gone from it; a process whose start was
//! among them, and which ended before the successor could look into /proc, would have neither a
//! name nor a container. So the few kinds of events that make the tree are also appended here,
//! before their space is given back, and taken in again at the next start of the same epoch.
//!
//! Two files of bounded size, in memory (a tmpfs) where there is one: they need to survive a
//! process, not a reboot. Record: `length u32 | head | parameters as in the ring buffer`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use event::{
    Event, EventCode, KernelContext, MonotonicNs, Params, Pid, RingPosition, Tid, UnixNs, event_code,
};

/// Of each of the two files: some ten thousand starts of processes.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Head of a record: event, then context.
const HEAD_BYTES: usize = 18 + 8 + 4 * 4 + 8 + 8 + 4 * 3;

/// Appends events of one epoch.
pub(crate) struct StateLog {
    current: PathBuf,
    older: PathBuf,
    file: File,
    bytes: u64,
    pending: Vec<u8>,
}

impl StateLog {
    /// Opens the log of this epoch. What other epochs left behind is removed.
    pub(crate) fn open(folder: &Path, epoch: u64) -> io::Result<StateLog> {
        fs::create_dir_all(folder)?;
        let current = folder.join(format!("state-{epoch:016x}"));
        let older = folder.join(format!("state-{epoch:016x}.older"));
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("state-"));
            if ours && path != current && path != older {
                fs::remove_file(path)?;
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&current)?;
        let bytes = file.metadata()?.len();
        Ok(StateLog { current, older, file, bytes, pending: Vec::new() })
    }

    /// Where the log lies: in memory when the machine has a place for that.
    pub(crate) fn folder(sensor_dir: &Path, bpffs_dir: &Path) -> PathBuf {
        const TMPFS_MAGIC: i64 = 0x0102_1994;
        // Each ring buffer has a log of its own.
        let name: String = bpffs_dir
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        for place in ["/run", "/dev/shm"] {
            if rustix::fs::statfs(place).is_ok_and(|stat| stat.f_type == TMPFS_MAGIC) {
                return Path::new(place).join("quaywatch").join(name);
            }
        }
        sensor_dir.join("state")
    }

    /// Hands every kept event to `take`, oldest first.
    pub(crate) fn replay(&self, take: &mut dyn FnMut(&Event<'_>)) -> io::Result<u64> {
        let mut count = 0;
        for path in [&self.older, &self.current] {
            let bytes = match fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let mut rest = bytes.as_slice();
            // A record that was cut short by the kill is the last one.
            while let Some((record, after)) = split(rest) {
                if let Some(event) = decode(record) {
                    take(&event);
                    count += 1;
                }
                rest = after;
            }
        }
        Ok(count)
    }

    /// Notes an event if it shapes the process tree.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        if let (true, Some(context)) = (shapes_the_tree(event.code), &event.context) {
            encode(event, context, &mut self.pending);
        }
    }

    /// Writes what was noted; to be called before the events are given back.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.pending)?;
        self.bytes = self.bytes.saturating_add(self.pending.len() as u64);
        self.pending.clear();
        if self.bytes > FILE_BYTES_MAX {
            fs::rename(&self.current, &self.older)?;
            self.file = OpenOptions::new().create(true).append(true).open(&self.current)?;
            self.bytes = 0;
        }
        Ok(())
    }
}

fn shapes_the_tree(code: EventCode) -> bool {
    matches!(
        code.name(),
        "execve" | "execveat" | "clone" | "procexit" | "chdir" | "fchdir" | "setsid" | "setpgid"
    )
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn encode(event: &Event<'_>, context: &KernelContext, out: &mut Vec<u8>) {
    // The environment is the largest part and no part of the tree.
    let environment = event
        .definition()
        .filter(|definition| definition.code == event_code::SYSCALL_EXECVE_19_X)
        .and_then(|definition| definition.params.iter().position(|param| param.name == "env"));
    let params = event.params.to_bytes(|index| Some(index) != environment);
    let length = u32::try_from(HEAD_BYTES + 2 + params.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend(event.timestamp.0.to_le_bytes());
    out.extend(event.tid.0.to_le_bytes());
    out.extend(event.cpu.to_le_bytes());
    out.extend(event.code.0.to_le_bytes());
    out.extend(u16::from(context.has_resolved_path).to_le_bytes());
    out.extend(context.position.0.to_le_bytes());
    for number in [context.pid.0, context.parent_pid.0, context.uid, context.gid] {
        out.extend(number.to_le_bytes());
    }
    out.extend(context.start_time.0.to_le_bytes());
    out.extend(context.cgroup_id.to_le_bytes());
    for number in [context.mount_namespace, context.pid_namespace, context.namespace_pid.0] {
        out.extend(number.to_le_bytes());
    }
    out.extend(u16::try_from(event.params.len()).unwrap_or(0).to_le_bytes());
    out.extend(params);
}

fn decode(record: &[u8]) -> Option<Event<'_>> {
    let mut reader = Reader(record);
    let timestamp = UnixNs(reader.u64()?);
    let tid = Tid(reader.u32()?);
    let cpu = reader.u16()?;
    let code = EventCode(reader.u16()?);
    let has_resolved_path = reader.u16()? == 1;
    let context = KernelContext {
        position: RingPosition(reader.u64()?),
        pid: Pid(reader.u32()?),
        parent_pid: Pid(reader.u32()?),
        uid: reader.u32()?,
        gid: reader.u32()?,
        start_time: MonotonicNs(reader.u64()?),
        cgroup_id: reader.u64()?,
        mount_namespace: reader.u32()?,
        pid_namespace: reader.u32()?,
        namespace_pid: Pid(reader.u32()?),
        has_resolved_path,
        extra: event::Extra::None,
    };
    let count = usize::from(reader.u16()?);
    let params = Params::parse(count, reader.0).ok()?;
    Some(Event { number: 0, timestamp, tid, cpu, code, params, context: Some(context) })
}

/// Little-endian numbers from the front of a slice.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (number, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*number)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: [u8; 6] = [1, 0, 1, 0, b'a', b'b'];

    fn event(pid: u32, code: EventCode) -> Event<'static> {
        let context = KernelContext {
            position: RingPosition(40),
            pid: Pid(pid),
            parent_pid: Pid(1),
            uid: 2,
            gid: 3,
            start_time: MonotonicNs(4),
            cgroup_id: 5,
            mount_namespace: 6,
            pid_namespace: 7,
            namespace_pid: Pid(8),
            has_resolved_path: pid.is_multiple_of(2),
            extra: event::Extra::None,
        };
        Event {
            number: 9,
            timestamp: UnixNs(10),
            tid: Tid(pid),
            cpu: 1,
            code,
            params: Params::parse(2, &PARAMS).unwrap(),
            context: Some(context),
        }
    }

    fn replayed(log: &StateLog) -> Vec<(u32, Option<KernelContext>, Vec<u8>)> {
        let mut found = Vec::new();
        log.replay(&mut |event| found.push((event.tid.0, event.context, event.params.to_bytes(|_| true))))
            .unwrap();
        found
    }

    #[test]
    fn events_of_the_tree_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = StateLog::open(folder.path(), 1).unwrap();
        for (pid, code) in [
            (1, event_code::SYSCALL_EXECVE_19_X),
            (2, event_code::PROCEXIT_1_E),
            (3, event_code::SYSCALL_OPENAT_2_X),
        ] {
            log.note(&event(pid, code));
        }
        log.write().unwrap();
        drop(log);
        let log = StateLog::open(folder.path(), 1).unwrap();
        let expected = [1, 2].map(|pid| (pid, event(pid, event_code::PROCEXIT_1_E).context, PARAMS.to_vec()));
        assert_eq!(replayed(&log), expected);
        // Another life of the ring buffer knows nothing of this one.
        assert_eq!(replayed(&StateLog::open(folder.path(), 2).unwrap()), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_cut_record_ends_the_replay_and_files_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = StateLog::open(folder.path(), 1).unwrap();
        log.note(&event(1, event_code::PROCEXIT_1_E));
        log.note(&event(2, event_code::PROCEXIT_1_E));
        log.write().unwrap();
        let bytes = fs::read(&log.current).unwrap();
        for cut in bytes.len() / 2..bytes.len() {
            fs::write(&log.current, &bytes[..cut]).unwrap();
            assert_eq!(replayed(&log).len(), 1, "cut at {cut}");
        }
        let record_bytes = bytes.len() as u64 / 2;
        for pid in 0..u32::try_from(3 * FILE_BYTES_MAX / record_bytes).unwrap() {
            log.note(&event(pid, event_code::PROCEXIT_1_E));
            log.write().unwrap();
        }
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(size(&log.current) + size(&log.older) <= 2 * (FILE_BYTES_MAX + record_bytes));
    }
}
