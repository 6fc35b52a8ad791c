//! The machine, its users and its addresses.

use std::{
    fs,
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use event::tables::{GroupRecord, InterfaceAddress, InterfaceRecord, MachineRecord, UserRecord};
use rustix::time::{ClockId, clock_gettime};

use super::proc_text::{number, table, words};

/// Users and groups that are written; a directory service may have more.
const NAMES_MAX: usize = 100_000;

pub(super) fn machine(proc: &Path) -> MachineRecord {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let listed = table(&proc.join("cpuinfo")).lines().filter(|line| line.starts_with("processor")).count();
    let memory_kb: u64 = number(words(&table(&proc.join("meminfo")), "MemTotal").next()).unwrap_or(0);
    let up = clock_gettime(ClockId::Boottime);
    let up = Duration::new(up.tv_sec.unsigned_abs(), u32::try_from(up.tv_nsec).unwrap_or(0));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    MachineRecord {
        cpu_count: u32::try_from(listed.max(cpus)).unwrap_or(1),
        memory_bytes: memory_kb.saturating_mul(1024),
        // Falco leaves it at zero.
        pid_max: 0,
        hostname: rustix::system::uname().nodename().to_bytes().to_vec(),
        boot_ns: u64::try_from(now.saturating_sub(up).as_nanos()).unwrap_or(0),
        flags: 0,
    }
}

/// Users and groups of `/etc`.
pub(super) fn users() -> (Vec<UserRecord>, Vec<GroupRecord>) {
    let fields = |line: &str| line.split(':').map(|field| field.as_bytes().to_vec()).collect::<Vec<_>>();
    let id = |field: &Vec<u8>| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let users = passwd.lines().take(NAMES_MAX).filter_map(|line| match fields(line).as_slice() {
        [name, _, uid, gid, _, home, shell] => Some(UserRecord {
            uid: id(uid)?,
            gid: id(gid)?,
            name: name.clone(),
            home: home.clone(),
            shell: shell.clone(),
        }),
        _ => None,
    });
    let group = fs::read_to_string("/etc/group").unwrap_or_default();
    let groups = group.lines().take(NAMES_MAX).filter_map(|line| match fields(line).as_slice() {
        [name, _, gid, ..] => Some(GroupRecord { gid: id(gid)?, name: name.clone() }),
        _ => None,
    });
    (users.collect(), groups.collect())
}

/// Addresses of the host's own network namespace.
pub(super) fn interfaces(proc: &Path) -> Vec<InterfaceRecord> {
    let mut found = v4(&table(&proc.join("net/fib_trie")), &table(&proc.join("net/route")));
    for line in table(&proc.join("net/if_inet6")).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, _, bits, .., name] = words.as_slice() else { continue };
        let (Ok(address), Ok(bits)) = (u128::from_str_radix(address, 16), u32::from_str_radix(bits, 16))
        else {
            continue;
        };
        let mask = u128::MAX.checked_shl(128u32.saturating_sub(bits)).unwrap_or(0);
        found.push(InterfaceRecord {
            name: name.as_bytes().to_vec(),
            address: InterfaceAddress::V6 {
                address: Ipv6Addr::from_bits(address),
                mask: Ipv6Addr::from_bits(mask),
                broadcast: Ipv6Addr::UNSPECIFIED,
            },
            link_speed: 0,
        });
    }
    found
}

/// The trie names local addresses, the routes the interface and mask that each lies in.
fn v4(trie: &str, routes: &str) -> Vec<InterfaceRecord> {
    let mut found: Vec<InterfaceRecord> = Vec::new();
    let mut last: Option<Ipv4Addr> = None;
    for line in trie.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ").or_else(|| line.strip_prefix("+-- ")) {
            last = address.split('/').next().and_then(|text| text.parse().ok());
        }
        let Some(address) = last.filter(|_| line == "/32 host LOCAL") else { continue };
        let (name, mask) = if address.is_loopback() {
            ("lo".to_owned(), Ipv4Addr::new(255, 0, 0, 0))
        } else {
            // An address without a route is alone in its network.
            route_of(routes, address).unwrap_or((String::new(), Ipv4Addr::BROADCAST))
        };
        let broadcast = Ipv4Addr::from_bits(address.to_bits() | !mask.to_bits());
        let broadcast = if address.is_loopback() { Ipv4Addr::UNSPECIFIED } else { broadcast };
        let record = InterfaceRecord {
            name: name.into_bytes(),
            address: InterfaceAddress::V4 { address, mask, broadcast },
            link_speed: 0,
        };
        // The trie is printed once for each routing table.
        if !found.contains(&record) {
            found.push(record);
        }
    }
    found
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`; addresses in the machine's order.
fn route_of(routes: &str, address: Ipv4Addr) -> Option<(String, Ipv4Addr)> {
    let hex = |word: Option<&&str>| {
        u32::from_str_radix(word?, 16).ok().map(|word| Ipv4Addr::from(word.to_ne_bytes()))
    };
    routes
        .lines()
        .skip(1)
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (destination, mask) = (hex(words.get(1))?, hex(words.get(7))?);
            let is_in = mask.to_bits() != 0 && address.to_bits() & mask.to_bits() == destination.to_bits();
            is_in.then(|| (words.first().copied().unwrap_or("").to_owned(), mask))
        })
        .max_by_key(|(_, mask)| mask.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_interfaces_come_with_their_masks() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.1.2.3\n        /32 host LOCAL\n\
                    Local:\n     |-- 10.1.2.3\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        let hex = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
        let (net, mask) = (hex([10, 1, 2, 0]), hex([255, 255, 255, 0]));
        let routes = format!(
            "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
             eth0 00000000 0101010A 0003 0 0 0 00000000 0 0 0\neth0 {net} 00000000 0001 0 0 0 {mask} 0 0 0\n",
        );
        let found = v4(trie, &routes);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, b"eth0");
        let expected = InterfaceAddress::V4 {
            address: Ipv4Addr::new(10, 1, 2, 3),
            mask: Ipv4Addr::new(255, 255, 255, 0),
            broadcast: Ipv4Addr::new(10, 1, 2, 255),
        };
        assert_eq!(found[0].address, expected);
    }
}
