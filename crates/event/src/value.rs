//! Values of fields.

use std::{borrow::Cow, net::IpAddr};

/// Type of a field, as Falco's `--list` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are Falco's names")]
pub enum ValueType {
    Bool,
    Int16,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Double,
    Port,
    Reltime,
    Abstime,
    Charbuf,
    Bytebuf,
    Ipaddr,
    Ipnet,
    /// Depends on the argument (`evt.rawarg`).
    Dynamic,
}

/// The value of one field at one event. Text is bytes: a process may name itself anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `BOOL`.
    Bool(bool),
    /// Signed numbers.
    Int(i64),
    /// Unsigned numbers, ports, times in ns.
    Uint(u64),
    /// `DOUBLE`.
    Double(f64),
    /// `CHARBUF`.
    Text(Cow<'a, [u8]>),
    /// `BYTEBUF`.
    Bytes(Cow<'a, [u8]>),
    /// `IPADDR`.
    Ip(IpAddr),
    /// `IPNET`: for a field this is the address that networks are compared with.
    Net(IpAddr),
    /// The value of a list field (`is_list`).
    List(Vec<Value<'a>>),
    /// Several values of a field that is not a list: `proc.aname` without an index, `fd.ip`
    /// with its two ends. An operator holds when it holds for one of them, `!=` when it holds
    /// for all (Falco: `fd.ip != a` needs both ends to differ).
    AnyOf(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// A text value that borrows.
    pub fn text(bytes: &'a [u8]) -> Self {
        Value::Text(Cow::Borrowed(bytes))
    }
}

/// A network: an address and the number of its leading bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpNet {
    /// Any address of the network.
    pub address: IpAddr,
    /// 0 to 32, or 0 to 128.
    pub prefix_bits: u8,
}

impl IpNet {
    /// Whether `address` lies in the network. Families never match each other.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let shift = 32u32.saturating_sub(u32::from(self.prefix_bits));
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                net.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let shift = 128u32.saturating_sub(u32::from(self.prefix_bits));
                let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
                net.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}
