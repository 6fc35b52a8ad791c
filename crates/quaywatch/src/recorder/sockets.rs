//! What a socket's inode number stands for, from the tables of its network namespace.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
};

use event::tables::{DescriptorClass, DescriptorKind};

use super::proc_text::{link, table};

/// Network namespaces whose tables are read: some hundred containers.
const NAMESPACES_MAX: usize = 4096;
/// State of a listening TCP socket.
const LISTEN: &str = "0A";
/// libscap's numbers of protocols.
const TCP: u8 = 2;
const UDP: u8 = 3;
const RAW: u8 = 5;

/// Tables of the namespaces seen so far.
#[derive(Default)]
pub(super) struct SocketTables {
    by_namespace: HashMap<Vec<u8>, HashMap<u64, DescriptorKind>>,
}

impl SocketTables {
    /// What a socket of a process is; `None` when no table has it.
    pub(super) fn kind(&mut self, process: &Path, inode: u64) -> Option<DescriptorKind> {
        let namespace = link(&process.join("ns/net"));
        if !self.by_namespace.contains_key(&namespace) && self.by_namespace.len() < NAMESPACES_MAX {
            self.by_namespace.insert(namespace.clone(), read(&process.join("net")));
        }
        self.by_namespace.get(&namespace)?.get(&inode).cloned()
    }
}

fn read(net: &Path) -> HashMap<u64, DescriptorKind> {
    let mut found = HashMap::new();
    for (name, protocol) in [("tcp", TCP), ("udp", UDP), ("raw", RAW)] {
        inet(&table(&net.join(name)), protocol, &mut found);
        inet(&table(&net.join(format!("{name}6"))), protocol, &mut found);
    }
    unix(&table(&net.join("unix")), &mut found);
    let netlink = table(&net.join("netlink"));
    for line in netlink.lines().skip(1) {
        if let Some(inode) = line.split_whitespace().next_back().and_then(|word| word.parse().ok()) {
            found.insert(inode, DescriptorKind::Named { class: DescriptorClass::Netlink, name: Vec::new() });
        }
    }
    found
}

/// `sl local_address rem_address st …`; the inode is the tenth word.
fn inet(lines: &str, protocol: u8, found: &mut HashMap<u64, DescriptorKind>) {
    for line in lines.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, ..] = words.as_slice() else { continue };
        let Some(inode) = words.get(9).and_then(|word| word.parse().ok()) else { continue };
        let (Some((local, local_port)), Some((remote, remote_port))) = (address(local), address(remote))
        else {
            continue;
        };
        let is_server = *state == LISTEN || remote.is_unspecified() && remote_port == 0;
        let kind = match (local, remote) {
            (std::net::IpAddr::V4(local), _) if is_server => {
                DescriptorKind::Ipv4Server { address: (local, local_port), protocol }
            }
            (std::net::IpAddr::V6(local), _) if is_server => {
                DescriptorKind::Ipv6Server { address: (local, local_port), protocol }
            }
            (std::net::IpAddr::V4(local), std::net::IpAddr::V4(remote)) => DescriptorKind::Ipv4 {
                source: (local, local_port),
                destination: (remote, remote_port),
                protocol,
            },
            (std::net::IpAddr::V6(local), std::net::IpAddr::V6(remote)) => DescriptorKind::Ipv6 {
                source: (local, local_port),
                destination: (remote, remote_port),
                protocol,
            },
            _ => continue,
        };
        found.insert(inode, kind);
    }
}

/// `0100007F:0050`: words of the address in the machine's byte order, the port as a number.
fn address(text: &str) -> Option<(std::net::IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Option<Vec<u32>> = address
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok())
        .collect();
    let address = match *words? {
        [word] => Ipv4Addr::from(word.to_ne_bytes()).into(),
        [a, b, c, d] => {
            let bytes: Vec<u8> = [a, b, c, d].iter().flat_map(|word| word.to_ne_bytes()).collect();
            Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()
        }
        _ => return None,
    };
    Some((address, port))
}

/// `Num RefCount Protocol Flags Type St Inode Path`; the number is a kernel address.
fn unix(lines: &str, found: &mut HashMap<u64, DescriptorKind>) {
    for line in lines.lines().skip(1) {
        let mut words = line.split_whitespace();
        let source = words.next().and_then(|word| u64::from_str_radix(word.trim_end_matches(':'), 16).ok());
        let Some(inode) = words.nth(5).and_then(|word| word.parse().ok()) else { continue };
        let name = words.next().unwrap_or("").as_bytes().to_vec();
        found.insert(inode, DescriptorKind::Unix { source: source.unwrap_or(0), destination: 0, name });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_prints_them() {
        assert_eq!(address("0100007F:0050"), Some((Ipv4Addr::LOCALHOST.into(), 80)));
        assert_eq!(address("00000000000000000000000001000000:01BB"), Some((Ipv6Addr::LOCALHOST.into(), 443)));
        assert_eq!(address("01:0"), Some((Ipv4Addr::from(1u32.to_ne_bytes()).into(), 0)));
        assert_eq!(address("x"), None);
    }
}
