//! Open descriptors of each process, as a capture's descriptor lists hold them.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
};

use event::tables::{DescriptorClass, DescriptorKind, DescriptorRecord, ProcessRecord};

use super::{
    proc_text::{link, numbers, text},
    sockets::SocketTables,
};

/// Descriptors kept of one process (libsinsp keeps as many).
const DESCRIPTORS_MAX: usize = 4096;

/// The tables of all thread group leaders.
pub(super) fn read(proc: &Path, processes: &[ProcessRecord]) -> Vec<DescriptorRecord> {
    let mut sockets = SocketTables::default();
    let mut found = Vec::new();
    for process in processes.iter().filter(|process| process.tid == process.pid) {
        let folder = proc.join(process.pid.to_string());
        for number in numbers::<u32>(&folder.join("fd")).into_iter().take(DESCRIPTORS_MAX) {
            if let Some((inode, kind)) = descriptor(&folder, number, &mut sockets) {
                let number = i64::from(number);
                found.push(DescriptorRecord { tid: process.tid, number, inode, kind });
            }
        }
    }
    found
}

fn descriptor(folder: &Path, number: u32, sockets: &mut SocketTables) -> Option<(u64, DescriptorKind)> {
    let path = folder.join("fd").join(number.to_string());
    let target = link(&path);
    if let Some(inode) = inode_of(&target, b"socket:[") {
        return Some((inode, sockets.kind(folder, inode)?));
    }
    let named = |class, name: &[u8]| DescriptorKind::Named { class, name: name.to_vec() };
    if let Some(inode) = inode_of(&target, b"pipe:[") {
        return Some((inode, named(DescriptorClass::Fifo, b"")));
    }
    if let Some(kind) = target.strip_prefix(b"anon_inode:") {
        let class = match kind {
            b"[eventfd]" => DescriptorClass::Event,
            b"[eventpoll]" => DescriptorClass::EventPoll,
            b"[signalfd]" => DescriptorClass::Signal,
            b"[timerfd]" => DescriptorClass::Timer,
            b"[userfaultfd]" => DescriptorClass::Userfault,
            b"[io_uring]" => DescriptorClass::IoUring,
            b"[pidfd]" => DescriptorClass::Pidfd,
            b"inotify" => DescriptorClass::Inotify,
            _ if kind.starts_with(b"bpf") => DescriptorClass::Bpf,
            _ => DescriptorClass::Unsupported,
        };
        return Some((0, named(class, &target)));
    }
    if target.is_empty() {
        return None;
    }
    let file = fs::metadata(&path).ok();
    let inode = file.as_ref().map_or(0, |file| file.ino());
    let kind = match file.as_ref().map(fs::Metadata::file_type) {
        Some(of) if of.is_dir() => named(DescriptorClass::Directory, &target),
        Some(of) if of.is_fifo() => named(DescriptorClass::Fifo, &target),
        _ if target.starts_with(b"/memfd:") => named(DescriptorClass::Memfd, &target),
        _ => DescriptorKind::File {
            open_flags: open_flags(folder, number),
            name: target,
            device: file.as_ref().map_or(0, |file| device(file.dev())),
        },
    };
    Some((inode, kind))
}

fn inode_of(target: &[u8], start: &[u8]) -> Option<u64> {
    std::str::from_utf8(target.strip_prefix(start)?.strip_suffix(b"]")?).ok()?.parse().ok()
}

/// The kernel's 32-bit form of a device number.
fn device(number: u64) -> u32 {
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    minor & 0xff | major << 8 | (minor & !0xff) << 12
}

/// Flags of `open` in libscap's numbers.
fn open_flags(folder: &Path, number: u32) -> u32 {
    let info = text(&folder.join("fdinfo").join(number.to_string()));
    let info = String::from_utf8_lossy(&info).into_owned();
    let word = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("").trim();
    let Ok(flags) = u32::from_str_radix(word, 8) else { return 0 };
    let access = match flags & 3 {
        0 => 1,
        1 => 2,
        _ => 3,
    };
    // Append, non-blocking, dsync, direct, large file, directory, close-on-exec, sync.
    let bits = [
        (0o2000, 1 << 3),
        (0o4000, 1 << 6),
        (0o10000, 1 << 4),
        (0o40000, 1 << 9),
        (0o100_000, 1 << 11),
        (0o200_000, 1 << 10),
        (0o2_000_000, 1 << 12),
        (0o4_000_000, 1 << 7),
    ];
    bits.iter().filter(|(kernel, _)| flags & kernel != 0).fold(access, |all, (_, bit)| all | bit)
}
