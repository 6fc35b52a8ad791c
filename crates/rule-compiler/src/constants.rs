//! Constants of conditions: text to a value of the field's type, with Falco's odd corners
//! (octal, wrapping to the width, service names, IPv4 only when there is a dot).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use event::{IpNet, ValueType};

/// A number constant.
pub(crate) type Number = Option<i128>;

/// Stands for every number of more than 64 bits: no field equals it, all are below it.
const BEYOND: i128 = 1 << 64;

/// Parses a number for a field of this type.
pub(crate) fn number(text: &str, value_type: ValueType) -> Result<Number, String> {
    let text = text.trim();
    if value_type == ValueType::Port {
        return port(text).map(Some);
    }
    let bad = || format!("{text} is not a valid number");
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    // A leading zero means octal, as C's scanf reads it.
    let radix = if digits.len() > 1 && digits.starts_with('0') { 8 } else { 10 };
    let Ok(magnitude) = i128::from_str_radix(digits, radix) else {
        let is_number = radix == 10 || digits.bytes().all(|digit| digit < b'8');
        return if is_number { Ok(Some(sign * BEYOND)) } else { Err(bad()) };
    };
    if magnitude > i128::from(u64::MAX) {
        return Ok(Some(sign * BEYOND));
    }
    let value = sign * magnitude;
    Ok(Some(match value_type {
        ValueType::Int16 => i128::from(value as i16),
        ValueType::Int32 => i128::from(value as i32),
        ValueType::Uint32 => i128::from(value as u32),
        ValueType::Uint64 | ValueType::Reltime | ValueType::Abstime => i128::from(value as u64),
        ValueType::Double => value,
        _ => i128::from(value as i64),
    }))
}

fn port(text: &str) -> Result<i128, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let value: u64 = text.parse().map_err(|_| format!("{text} is not a valid number"))?;
        return Ok(i128::from(value as u16));
    }
    SERVICES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, port)| i128::from(*port))
        .ok_or_else(|| format!("unrecognized protocol {text}"))
}

/// Exactly `true` or `false`.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("filter error: unrecognized boolean value {text}")),
    }
}

/// IPv4 when there is a dot, else IPv6.
pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    if text.contains('.') && !text.contains(':') {
        let parsed: Result<Ipv4Addr, _> = text.parse();
        parsed.map(IpAddr::V4).map_err(|_| format!("unrecognized IPv4 address {text}"))
    } else {
        let parsed: Result<Ipv6Addr, _> = text.parse();
        parsed.map(IpAddr::V6).map_err(|_| format!("unrecognized IPv6 address {text}"))
    }
}

/// `address/bits`.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let Some((address_text, bits_text)) = text.split_once('/') else {
        return Err(format!("unrecognized IP network {text}"));
    };
    let address = address(address_text).map_err(|_| {
        let family = if text.contains('.') { "IPv4" } else { "IPv6" };
        format!("unrecognized {family} address {text}")
    })?;
    let bits: i64 = bits_text.parse().map_err(|_| format!("invalid netmask {bits_text}"))?;
    let allowed = match address {
        IpAddr::V4(_) => 0..=32,
        // Falco refuses ::/0.
        IpAddr::V6(_) => 1..=128,
    };
    match u8::try_from(bits) {
        Ok(prefix_bits) if allowed.contains(&bits) => Ok(IpNet { address, prefix_bits }),
        _ if address.is_ipv6() => Err(format!("invalid v6 netmask {bits}")),
        _ => Err(format!("invalid netmask {bits}")),
    }
}

/// An even number of hexadecimal digits.
pub(crate) fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    let bad = || "filter error: bcontains and bstartswith operator support hex strings only".to_owned();
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(bad());
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap_or(""), 16).map_err(|_| bad()))
        .collect()
}

/// Services that rules name; the machine's own /etc/services is not read, so that the same file
/// compiles to the same rules everywhere.
const SERVICES: [(&str, u16); 49] = [
    ("bgp", 179),
    ("bootpc", 68),
    ("bootps", 67),
    ("domain", 53),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("ftps", 990),
    ("ftps-data", 989),
    ("gopher", 70),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap2", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("irc", 194),
    ("ircd", 6667),
    ("isakmp", 500),
    ("kerberos", 88),
    ("ldap", 389),
    ("ldaps", 636),
    ("microsoft-ds", 445),
    ("ms-sql-s", 1433),
    ("mysql", 3306),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("nntp", 119),
    ("ntp", 123),
    ("openvpn", 1194),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("radius", 1812),
    ("redis", 6379),
    ("rsync", 873),
    ("sip", 5060),
    ("smtp", 25),
    ("snmp", 161),
    ("socks", 1080),
    ("ssh", 22),
    ("submission", 587),
    ("sunrpc", 111),
    ("svn", 3690),
    ("syslog", 514),
    ("telnet", 23),
    ("tftp", 69),
    ("whois", 43),
];
