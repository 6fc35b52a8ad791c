//! Entries of the process list, versions 1 to 9. From version 9 on an entry has its length
//! before it, and later releases append fields.

use event::tables::ProcessRecord;

use super::fields::Fields;

/// loginuid, exe_writable and three sets of capabilities: all that libs before 0.10 appended.
/// Later ones put two fields before these, so an entry this short has neither.
const APPENDED_BEFORE_0_10_BYTES: usize = 29;

/// Reads one entry; `None` when it is longer than what is there.
pub(super) fn read(fields: &mut Fields<'_>, version: u8) -> Option<ProcessRecord> {
    let start = fields.taken();
    let entry_bytes = if version >= 9 { fields.u32()? as usize } else { 0 };
    let mut process = ProcessRecord { tid: fields.i64()?, ..ProcessRecord::default() };
    process.pid = fields.i64()?;
    process.parent_tid = fields.i64()?;
    if version >= 6 {
        process.session_id = fields.i64()?;
    }
    if version >= 8 {
        process.namespace_group_id = fields.i64()?;
    }
    process.comm = fields.text()?;
    process.exe = fields.text()?;
    if version >= 7 {
        process.exepath = fields.text()?;
    }
    process.args = fields.text()?;
    process.cwd = fields.text()?;
    process.descriptor_limit = fields.i64()?;
    process.flags = fields.u32()?;
    process.uid = fields.u32()?;
    process.gid = fields.u32()?;
    if version >= 2 {
        process.vm_size_kb = fields.u32()?;
        process.vm_rss_kb = fields.u32()?;
        process.vm_swap_kb = fields.u32()?;
        process.faults_major = fields.u64()?;
        process.faults_minor = fields.u64()?;
    }
    if version >= 3 {
        process.env = fields.text()?;
    }
    if version >= 4 {
        process.namespace_tid = fields.i64()?;
        process.namespace_pid = fields.i64()?;
        process.cgroups = fields.text()?;
    }
    if version >= 5 {
        process.root = fields.text()?;
    }
    if entry_bytes > 0 {
        let left = entry_bytes.checked_sub(fields.taken().checked_sub(start)?)?;
        appended(&mut Fields::new(fields.bytes(left)?), left, &mut process);
    }
    Some(process)
}

/// Fields that releases appended one after another: each is there only if the entry is long
/// enough.
fn appended(fields: &mut Fields<'_>, left: usize, process: &mut ProcessRecord) -> Option<()> {
    if left > APPENDED_BEFORE_0_10_BYTES {
        process.pid_namespace_start_ns = fields.u64()?;
        process.tty = fields.u32()?;
    }
    process.login_uid = fields.u32()?;
    process.exe_writable = fields.u8()? != 0;
    process.capabilities_inheritable = fields.u64()?;
    process.capabilities_permitted = fields.u64()?;
    process.capabilities_effective = fields.u64()?;
    process.exe_upper_layer = fields.u8()? != 0;
    process.exe_inode = fields.u64()?;
    process.exe_ctime_ns = fields.u64()?;
    process.exe_mtime_ns = fields.u64()?;
    process.exe_from_memfd = fields.u8()? != 0;
    process.exe_lower_layer = fields.u8()? != 0;
    process.group_id = fields.i64()?;
    Some(())
}
