//! Entries of the user list, versions 1 and 2. In version 2 an entry has its length before it.

use event::tables::{GroupRecord, TableRecord, UserRecord};

use super::fields::Fields;

const USER: u8 = 0;

/// Reads one entry; `None` when it is longer than what is there.
pub(super) fn read(fields: &mut Fields<'_>, version: u8) -> Option<TableRecord> {
    let start = fields.taken();
    let entry_bytes = if version >= 2 { fields.u32()? as usize } else { 0 };
    let record = if fields.u8()? == USER {
        TableRecord::User(UserRecord {
            uid: fields.u32()?,
            gid: fields.u32()?,
            name: fields.text()?,
            home: fields.text()?,
            shell: fields.text()?,
        })
    } else {
        TableRecord::Group(GroupRecord { gid: fields.u32()?, name: fields.text()? })
    };
    if entry_bytes > 0 {
        let left = entry_bytes.checked_sub(fields.taken().checked_sub(start)?)?;
        fields.bytes(left)?;
    }
    Some(record)
}
