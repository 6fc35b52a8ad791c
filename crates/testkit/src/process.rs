//! Looking at and killing processes.

use std::{collections::BTreeSet, fs};

use rustix::process::{Pid, Signal, kill_process};

/// Sends `SIGKILL`, or another signal; a process that is gone already is fine.
///
/// # Panics
/// On a pid that is none.
pub fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    let _ = kill_process(pid, signal);
}

/// The processes whose parent this is.
pub fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// The child that was started with `word` as its first argument.
pub fn child_named(parent: u32, word: &str) -> Option<u32> {
    children(parent).into_iter().find(|pid| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).nth(1) == Some(word.as_bytes())
    })
}

/// A process's parent.
pub fn parent_of(pid: u32) -> Option<u32> {
    status_line(pid, "PPid:")?.parse().ok()
}

/// A process's effective user id.
pub fn user_of(pid: u32) -> Option<u32> {
    status_line(pid, "Uid:")?.split_whitespace().nth(1)?.parse().ok()
}

/// A process's environment, as it was when it started.
pub fn environment_of(pid: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// The network sockets a process listens on, as `tcp 127.0.0.1:80`-like lines of /proc; bound UDP
/// sockets count as listening.
pub fn sockets_listening(pid: u32) -> Vec<String> {
    let own: BTreeSet<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    // States of /proc/net: 0A is a listening TCP socket, 07 an unconnected UDP socket.
    for (table, state) in
        [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07"), ("raw", "07"), ("raw6", "07")]
    {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if columns.get(3) == Some(&state) && columns.get(9).is_some_and(|inode| own.contains(*inode)) {
                found.push(format!("{table} {}", columns[1]));
            }
        }
    }
    found
}

fn status_line(pid: u32, key: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(status.lines().find_map(|line| line.strip_prefix(key))?.trim().to_owned())
}
