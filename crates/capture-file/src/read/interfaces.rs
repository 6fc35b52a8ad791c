//! Entries of the interface list, versions 1 and 2. In version 2 an entry has its length before
//! it.

use event::tables::{InterfaceAddress, InterfaceRecord};

use super::fields::Fields;

const IPV4: u16 = 1;
const IPV6: u16 = 2;
/// Without the speed of the link.
const IPV4_SLIM: u16 = 3;
const IPV6_SLIM: u16 = 4;

/// Reads one entry; `None` when it is longer than what is there or of no known kind.
pub(super) fn read(fields: &mut Fields<'_>, version: u8) -> Option<InterfaceRecord> {
    // The length does not count itself.
    let entry_bytes = if version >= 2 { fields.u32()? as usize } else { 0 };
    let start = fields.taken();
    let kind = fields.u16()?;
    let name_bytes = usize::from(fields.u16()?);
    let address = match kind {
        IPV4 | IPV4_SLIM => {
            InterfaceAddress::V4 { address: fields.ipv4()?, mask: fields.ipv4()?, broadcast: fields.ipv4()? }
        }
        IPV6 | IPV6_SLIM => {
            InterfaceAddress::V6 { address: fields.ipv6()?, mask: fields.ipv6()?, broadcast: fields.ipv6()? }
        }
        _ => return None,
    };
    let link_speed = if matches!(kind, IPV4 | IPV6) { fields.u64()? } else { 0 };
    let name = fields.bytes(name_bytes)?.to_vec();
    if entry_bytes > 0 {
        let left = entry_bytes.checked_sub(fields.taken().checked_sub(start)?)?;
        fields.bytes(left)?;
    }
    Some(InterfaceRecord { name, address, link_speed })
}
