//! What the rules can use, written into the kernel. Two generations of each map: the one not in
//! use is filled, then one word is flipped, so a probe sees the old filter or the new one whole.

use event::{Interest, Narrowing, OpenInterest, PathSet, Scope};
use kernel_probes::{
    abi::{Family, entry, open_interest, scope},
    limits::{IGNORED_MAX, SYSCALLS_MAX},
    numbers,
    syscalls::{GENERIC, SYSCALLS},
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
    // Reported by tracepoints, and what Falco lists under every rule.
    const OTHERS: [&str; 2] = ["asyncevent", "procexit"];
    let is_known = |name: &str| {
        OTHERS.contains(&name)
            || SYSCALLS.iter().any(|syscall| syscall.event == name)
            || GENERIC.iter().any(|(generic, ..)| *generic == name)
    };
    interest.events.keys().filter(|name| !is_known(name)).cloned().collect()
}

/// What the table says of the calls whose event is `name`.
fn entry(name: &str, family: Family, interest: &Interest) -> u16 {
    let scope = match interest.events.get(name) {
        _ if STATE.contains(&name) => scope::EVERYONE,
        None => return (family as u16) << 2,
        Some(Scope::Containers) => scope::CONTAINERS,
        Some(Scope::Everyone) => scope::EVERYONE,
    };
    let narrowing = match interest.narrowing.get(name) {
        Some(narrowing) if !STATE.contains(&name) => *narrowing,
        _ => Narrowing::default(),
    };
    let bit = |is_set, bit| if is_set { bit } else { 0 };
    scope
        | (family as u16) << 2
        | bit(narrowing.no_success, entry::NO_SUCCESS)
        | bit(narrowing.no_failure, entry::NO_FAILURE)
        | bit(narrowing.no_connected, entry::NO_CONNECTED)
        | bit(narrowing.no_same_peer, entry::NO_SAME_PEER)
        | bit(narrowing.families.is_some(), entry::SOME_FAMILIES)
}

fn entries(interest: &Interest) -> [u16; SYSCALLS_MAX] {
    let mut entries = [0; SYSCALLS_MAX];
    let own = SYSCALLS.iter().map(|syscall| (syscall.event, syscall.number, syscall.family));
    for (name, number, family) in own.chain(GENERIC.iter().copied()) {
        if let Some(slot) = usize::try_from(number).ok().and_then(|number| entries.get_mut(number)) {
            *slot = entry(name, family, interest);
        }
    }
    mark_compat(&mut entries);
    entries
}

/// The dispatcher looks at whether a call is a 32-bit one only where some 32-bit call with that
/// number leads to a wanted one.
fn mark_compat(entries: &mut [u16; SYSCALLS_MAX]) {
    /// Socket calls in one.
    const SOCKETCALL: usize = 102;
    let wanted = entries.map(|entry| entry & 3 != scope::NONE);
    let mut is_socket_wanted = false;
    for (number, native) in numbers::compat().into_iter().enumerate().take(SYSCALLS_MAX) {
        if !wanted.get(usize::from(native)).is_some_and(|is_wanted| *is_wanted) {
            continue;
        }
        // i386 has its direct socket calls from 359 on, recvmmsg and sendmmsg apart.
        is_socket_wanted |= (359..=373).contains(&number) || number == 337 || number == 345;
        if let Some(entry) = entries.get_mut(number) {
            *entry |= entry::COMPAT;
        }
    }
    if let Some(entry) = entries.get_mut(SOCKETCALL).filter(|_| is_socket_wanted) {
        *entry |= entry::COMPAT;
    }
}

fn table(interest: &Interest) -> [u8; INTEREST_BYTES] {
    let families = |narrowing: &Narrowing| narrowing.families.unwrap_or(0);
    let families = interest.narrowing.values().map(families).fold(0, |all, some| all | some);
    let entries = entries(interest).into_iter().flat_map(u16::to_ne_bytes);
    let rest = families.to_ne_bytes().into_iter().chain(open_flags(&interest.open).to_ne_bytes());
    let mut bytes = [0; INTEREST_BYTES];
    for (slot, byte) in bytes.iter_mut().zip(entries.chain(rest)) {
        *slot = byte;
    }
    bytes
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
        interest.events.insert("move_mount".into(), Scope::Everyone);
        interest.events.insert("nosuch".into(), Scope::Everyone);
        interest.open.write = PathSet::Prefixes(vec![b"/etc/".to_vec()]);
        interest.open.failed = true;
        let entries = entries(&interest);
        for syscall in SYSCALLS.iter() {
            let expected = match syscall.name {
                "openat" => scope::CONTAINERS,
                name if STATE.contains(&name) => scope::EVERYONE,
                _ => scope::NONE,
            };
            assert_eq!(entries[syscall.number as usize] & 3, expected, "{}", syscall.name);
        }
        assert_eq!(entries[numbers::native("move_mount").unwrap() as usize] & 3, scope::EVERYONE);
        assert_eq!(unsupported(&interest), ["nosuch"]);
        let flags = SYSCALLS_MAX * 2 + 8;
        assert_eq!(table(&interest)[flags..flags + 4], (4u32 | 16).to_ne_bytes());
    }

    #[test]
    fn what_cannot_be_used_is_marked() {
        let mut interest = Interest::default();
        interest.events.insert("sendto".into(), Scope::Containers);
        let narrowing =
            Narrowing { no_failure: true, families: Some(1 << 2 | 1 << 10), ..Narrowing::default() };
        interest.narrowing.insert("sendto".into(), narrowing);
        let sendto = entries(&interest)[numbers::native("sendto").unwrap() as usize];
        assert_eq!(sendto & (entry::NO_FAILURE | entry::NO_SUCCESS), entry::NO_FAILURE);
        assert_ne!(sendto & entry::SOME_FAMILIES, 0);
        let families = SYSCALLS_MAX * 2;
        assert_eq!(table(&interest)[families..families + 8], 0x404u64.to_ne_bytes());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn numbers_of_32_bit_calls_are_looked_at_where_one_is_wanted() {
        let mut interest = Interest::default();
        interest.events.insert("connect".into(), Scope::Everyone);
        let entries = entries(&interest);
        // i386: connect 362, socketcall 102, unlink 10
        let marked = [362, 102, 10].map(|number: usize| entries[number] & entry::COMPAT != 0);
        assert_eq!(marked, [true, true, false]);
    }
}
