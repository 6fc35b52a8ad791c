//! Entries of descriptor lists, versions 1 and 2. In version 2 an entry has its length before it.

use event::tables::{DescriptorClass, DescriptorKind, DescriptorRecord};

use super::fields::Fields;

/// Reads one entry: `None` when it is longer than what is there, `Some(None)` for an entry
/// that says nothing.
#[expect(clippy::option_option, reason = "an entry of no kind is neither a fault nor a record")]
pub(super) fn read(fields: &mut Fields<'_>, version: u8, tid: i64) -> Option<Option<DescriptorRecord>> {
    let start = fields.taken();
    let entry_bytes = if version >= 2 { fields.u32()? as usize } else { 0 };
    let number = fields.i64()?;
    let inode = fields.u64()?;
    let kind_number = fields.u8()?;
    let kind = match kind_number {
        0 => None,
        16 => Some(file(fields, start, entry_bytes)?),
        number => Some(kind(fields, number)?),
    };
    if entry_bytes > 0 {
        // What a later version appends is not known.
        let left = entry_bytes.checked_sub(fields.taken().checked_sub(start)?)?;
        fields.bytes(left)?;
    }
    Some(kind.map(|kind| DescriptorRecord { tid, number, inode, kind }))
}

/// A file with its open flags. The device was appended later.
fn file(fields: &mut Fields<'_>, start: usize, entry_bytes: usize) -> Option<DescriptorKind> {
    let open_flags = fields.u32()?;
    let name = fields.text()?;
    let taken = fields.taken().checked_sub(start)?;
    let device = if entry_bytes >= taken.checked_add(4)? { fields.u32()? } else { 0 };
    Some(DescriptorKind::File { open_flags, name, device })
}

fn kind(fields: &mut Fields<'_>, number: u8) -> Option<DescriptorKind> {
    Some(match number {
        3 => {
            let (source, destination) = (fields.ipv4()?, fields.ipv4()?);
            let (source_port, destination_port) = (fields.u16()?, fields.u16()?);
            DescriptorKind::Ipv4 {
                source: (source, source_port),
                destination: (destination, destination_port),
                protocol: fields.u8()?,
            }
        }
        4 => {
            let (source, destination) = (fields.ipv6()?, fields.ipv6()?);
            let (source_port, destination_port) = (fields.u16()?, fields.u16()?);
            DescriptorKind::Ipv6 {
                source: (source, source_port),
                destination: (destination, destination_port),
                protocol: fields.u8()?,
            }
        }
        5 => DescriptorKind::Ipv4Server { address: (fields.ipv4()?, fields.u16()?), protocol: fields.u8()? },
        6 => DescriptorKind::Ipv6Server { address: (fields.ipv6()?, fields.u16()?), protocol: fields.u8()? },
        8 => DescriptorKind::Unix { source: fields.u64()?, destination: fields.u64()?, name: fields.text()? },
        number => match DescriptorClass::of(number) {
            Some(class) => DescriptorKind::Named { class, name: fields.text()? },
            // libscap's text for kinds of later releases.
            None => DescriptorKind::Named {
                class: DescriptorClass::Unsupported,
                name: format!("unknown-type:[{number}]").into_bytes(),
            },
        },
    })
}
