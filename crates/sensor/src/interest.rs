//! What the rules can use, written into the kernel. Two generations of each map: the one not in
//! use is filled, then one word is flipped, so a probe sees the old filter or the new one whole.

use event::{Interest, OpenInterest, PathSet, Scope};
use kernel_probes::{
    abi::{open_interest, scope},
    limits::{IGNORED_MAX, SYSCALLS_MAX},
    syscalls::{SYSCALLS, Syscall},
};

use crate::{
    InterestError,
    maps::{CONFIG_BYTES, INTEREST_BYTES, Maps, PREFIXES_BYTES},
    prefixes::automaton,
};

/// Calls that are shipped whatever the rules say: they change what is known of a process.
const STATE: [&str; 4] = ["chdir", "execve", "execveat", "fchdir"];

/// What map `config` holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct KernelConfig {
    pub(crate) generation: u32,
    pub(crate) ignored: Vec<u32>,
}

impl KernelConfig {
    /// Reads what stands in the kernel: an adopted filter stays in force until it is replaced.
    pub(crate) fn read(maps: &Maps) -> Self {
        let bytes = maps.config.get(&0, 0).unwrap_or([0; CONFIG_BYTES]);
        let generation = match bytes {
            [a, b, c, d, ..] => u32::from_ne_bytes([a, b, c, d]),
        };
        KernelConfig { generation, ..KernelConfig::default() }
    }

    pub(crate) fn write(&self, maps: &mut Maps) -> Result<(), InterestError> {
        let words = [self.generation, 0]
            .into_iter()
            .chain(self.ignored.iter().copied().chain(std::iter::repeat(0)).take(IGNORED_MAX));
        let mut bytes = [0; CONFIG_BYTES];
        for (slot, word) in bytes.chunks_exact_mut(4).zip(words) {
            slot.copy_from_slice(&word.to_ne_bytes());
        }
        maps.config.set(0, bytes, 0).map_err(|source| failed("config", source))
    }
}

/// Writes the next generation and puts it in force.
pub(crate) fn write(
    maps: &mut Maps,
    config: &mut KernelConfig,
    interest: &Interest,
) -> Result<(), InterestError> {
    let next = config.generation.wrapping_add(1);
    let slot = next & 1;
    maps.interest.set(slot, table(interest), 0).map_err(|source| failed("interest", source))?;
    let automaton = automaton(prefixes(&interest.open.read), prefixes(&interest.open.write));
    let value: &[u8; PREFIXES_BYTES] = &automaton;
    maps.prefixes.set(slot, value, 0).map_err(|source| failed("prefixes", source))?;
    config.generation = next;
    config.write(maps)?;
    // A probe that read the old generation may still be using it. Once this returns none does,
    // so the next call may overwrite it.
    // SAFETY: membarrier takes three numbers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_GLOBAL, 0, 0) };
    Ok(())
}

/// Names that are asked for and that no probe reports.
pub(crate) fn unsupported(interest: &Interest) -> Vec<String> {
    const TRACED: [&str; 5] = ["clone", "clone3", "fork", "procexit", "vfork"];
    interest
        .events
        .keys()
        .filter(|name| !TRACED.contains(&name.as_str()) && !SYSCALLS.iter().any(|s| s.name == name.as_str()))
        .cloned()
        .collect()
}

fn table(interest: &Interest) -> [u8; INTEREST_BYTES] {
    let mut bytes = [0; INTEREST_BYTES];
    for syscall in SYSCALLS {
        let index = usize::try_from(syscall.number).unwrap_or(usize::MAX);
        if let Some(slot) = bytes.get_mut(..SYSCALLS_MAX).and_then(|all| all.get_mut(index)) {
            *slot = wanted_scope(syscall, interest) | (syscall.family as u8) << 2;
        }
    }
    if let Some(slot) = bytes.get_mut(SYSCALLS_MAX..SYSCALLS_MAX + 4) {
        slot.copy_from_slice(&open_flags(&interest.open).to_ne_bytes());
    }
    bytes
}

fn wanted_scope(syscall: &Syscall, interest: &Interest) -> u8 {
    if STATE.contains(&syscall.name) {
        return scope::EVERYONE;
    }
    match interest.events.get(syscall.name) {
        None => scope::NONE,
        Some(Scope::Containers) => scope::CONTAINERS,
        Some(Scope::Everyone) => scope::EVERYONE,
    }
}

fn open_flags(open: &OpenInterest) -> u32 {
    let way = |set: &PathSet, all: u32, some: u32| match set {
        PathSet::All => all,
        PathSet::Prefixes(list) if list.iter().any(Vec::is_empty) => all,
        PathSet::Prefixes(list) if list.is_empty() => 0,
        PathSet::Prefixes(_) => some,
    };
    way(&open.read, open_interest::READ_ALL, open_interest::READ_PREFIX)
        | way(&open.write, open_interest::WRITE_ALL, open_interest::WRITE_PREFIX)
        | if open.failed { open_interest::FAILED } else { 0 }
}

fn prefixes(set: &PathSet) -> &[Vec<u8>] {
    match set {
        PathSet::All => &[],
        PathSet::Prefixes(list) => list,
    }
}

fn failed(map: &'static str, source: aya::maps::MapError) -> InterestError {
    InterestError { map, source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_is_in_the_table() {
        let mut interest = Interest::default();
        interest.events.insert("openat".into(), Scope::Containers);
        interest.events.insert("nosuch".into(), Scope::Everyone);
        interest.open.write = PathSet::Prefixes(vec![b"/etc/".to_vec()]);
        interest.open.failed = true;
        let bytes = table(&interest);
        for syscall in SYSCALLS {
            let expected = match syscall.name {
                "openat" => scope::CONTAINERS,
                name if STATE.contains(&name) => scope::EVERYONE,
                _ => scope::NONE,
            };
            assert_eq!(bytes[syscall.number as usize] & 3, expected, "{}", syscall.name);
        }
        assert_eq!(bytes[SYSCALLS_MAX..SYSCALLS_MAX + 4], (4u32 | 16).to_ne_bytes());
        assert_eq!(unsupported(&interest), ["nosuch"]);
    }
}
