//! Captures of this machine: the state they start with, and the files they go to.

mod config;
mod descriptors;
mod machine;
mod on_alert;
mod proc_text;
mod processes;
mod sockets;
mod tape;

use std::path::Path;

use event::{EVENTS, Interest, tables::StartState};

pub(crate) use config::CaptureConfig;
pub(crate) use on_alert::OnAlert;
pub(crate) use tape::{Bounds, Ended, Tape};

/// What a capture of this machine starts with, read from a proc file system.
pub(crate) fn start_state(proc: &Path) -> StartState {
    let processes = processes::read(proc);
    let descriptors = descriptors::read(proc, &processes);
    let (users, groups) = machine::users();
    StartState {
        machine: machine::machine(proc),
        interfaces: machine::interfaces(proc),
        users,
        groups,
        processes,
        descriptors,
    }
}

/// What is asked of the kernel for a capture: all there is.
pub(crate) fn everything() -> Interest {
    let names = EVENTS.iter().filter(|row| !row.unused).map(|row| row.name.to_owned());
    Interest::everything(names)
}

#[cfg(test)]
mod tests {
    use event::tables::DescriptorKind;

    use super::*;

    #[test]
    fn this_process_and_its_sockets_are_in_the_state() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = start_state(Path::new("/proc"));
        let pid = i64::from(std::process::id());
        let own = state.processes.iter().find(|process| process.tid == pid).unwrap();
        assert_eq!(own.parent_tid, i64::from(std::os::unix::process::parent_id()));
        assert!(!own.comm.is_empty() && !own.exepath.is_empty() && own.exe_inode > 0);
        assert!(!own.cgroups.is_empty() && own.descriptor_limit > 0);
        let is_ours = |kind: &DescriptorKind| matches!(kind, DescriptorKind::Ipv4Server { address, protocol: 2 } if address.1 == port);
        let mut tables = state.descriptors.iter().filter(|descriptor| descriptor.tid == pid);
        assert!(tables.any(|descriptor| is_ours(&descriptor.kind)));
        assert!(state.machine.cpu_count > 0 && state.machine.boot_ns > 0);
        assert!(state.users.iter().any(|user| user.uid == 0 && user.name == b"root"));
    }
}
