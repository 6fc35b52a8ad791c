//! The names under which this host is reached before anybody has configured one.

use std::net::IpAddr;

use crate::limits::ADDRESSES_MAX;

/// Names that are ours wherever we run.
const ALWAYS: [&str; 2] = ["localhost", "quaywatch.local"];

/// The host's name, with `.local` too, `localhost`, `quaywatch.local`, those configured, and the
/// addresses of this machine. Lower case, each once. The first is a name.
pub fn own_names(host_name: &str, configured: &[String]) -> Vec<String> {
    let host_name = host_name.to_ascii_lowercase();
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    };
    configured.iter().for_each(|name| add(name.to_ascii_lowercase()));
    if is_host_name(&host_name) {
        add(host_name.clone());
        if !host_name.contains('.') {
            add(format!("{host_name}.local"));
        }
    }
    ALWAYS.iter().for_each(|name| add((*name).to_owned()));
    for address in addresses() {
        add(address.to_string());
    }
    names
}

/// A kernel's host name is any text; only letters, digits, dots and hyphens reach a certificate.
fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
        })
}

/// Addresses of this network namespace, loopback first; from /proc, so that no interface is asked.
fn addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    let v4 = std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let v6 = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    for address in local_v4(&v4).into_iter().chain(global_v6(&v6)) {
        if !found.contains(&address) && found.len() < ADDRESSES_MAX {
            found.push(address);
        }
    }
    found
}

/// The line before `/32 host LOCAL` holds the address.
fn local_v4(fib_trie: &str) -> Vec<IpAddr> {
    let mut last: Option<IpAddr> = None;
    let mut found = Vec::new();
    for line in fib_trie.lines() {
        match line.trim().strip_prefix("|-- ") {
            Some(address) => last = address.parse().ok(),
            None if line.trim() == "/32 host LOCAL" => found.extend(last),
            None => {}
        }
    }
    found
}

/// Lines of `address index length scope flags name`; scope 00 is global.
fn global_v6(if_inet6: &str) -> Vec<IpAddr> {
    let address = |line: &str| {
        let mut columns = line.split_whitespace();
        let digits = columns.next()?;
        (columns.nth(2)? == "00").then_some(())?;
        Some(IpAddr::from(u128::from_str_radix(digits, 16).ok()?.to_be_bytes()))
    };
    if_inet6.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_host() {
        let check = |host: &str, configured: &[&str], expected: &[&str]| {
            let configured: Vec<String> = configured.iter().map(ToString::to_string).collect();
            let names = own_names(host, &configured);
            assert_eq!(names.iter().take(expected.len()).collect::<Vec<_>>(), expected, "{host}");
            assert!(names.contains(&"127.0.0.1".to_owned()), "{names:?}");
        };
        check("NAS", &[], &["nas", "nas.local", "localhost", "quaywatch.local"]);
        check("nas.lan", &["Quay.Example"], &["quay.example", "nas.lan", "localhost"]);
        check("no host name!", &[], &["localhost"]);
        check("", &[], &["localhost"]);
    }

    #[test]
    fn addresses_from_proc() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n  \
                    |-- 192.168.1.7\n     /32 host LOCAL\n  |-- 192.168.1.255\n     /32 link BROADCAST\n";
        assert_eq!(local_v4(trie), [IpAddr::from([192, 168, 1, 7])]);
        let inet6 = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     20010db8000000000000000000000005 02 40 00 80     eth0\nnonsense\n";
        assert_eq!(global_v6(inet6), ["2001:db8::5".parse::<IpAddr>().unwrap()]);
    }
}
