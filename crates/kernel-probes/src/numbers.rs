//! Numbers of system calls, by name: those of this architecture, and those that 32-bit and x32
//! programs use for the same calls. From the kernel's headers (`numbers.tsv`: name, x86-64, arm64,
//! i386, x32; several numbers with commas).

use std::{collections::HashMap, sync::LazyLock};

use crate::limits::{SYSCALLS_MAX, X32_CALLS_MAX};

const TABLE: &str = include_str!("numbers.tsv");

/// In the table of 32-bit numbers: nobody knows this call.
pub const COMPAT_UNKNOWN: u16 = 0xffff;
/// A 32-bit call that has no native one and is not reported.
pub const COMPAT_UNREPORTED: u16 = 0xfffe;
/// `umount` exists for 32-bit programs only; its program stands behind the native ones.
pub const UMOUNT_SLOT: u32 = 506;

struct Row {
    name: &'static str,
    native: Option<u32>,
    compat: &'static str,
    x32: Option<usize>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| TABLE.lines().filter_map(parse).collect());

static NATIVE: LazyLock<HashMap<&'static str, u32>> =
    LazyLock::new(|| ROWS.iter().filter_map(|row| Some((row.name, row.native?))).collect());

fn parse(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let (x86_64, arm64, i386, x32) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let native = if cfg!(target_arch = "x86_64") { x86_64 } else { arm64 };
    let native = if name == "umount" { Some(UMOUNT_SLOT) } else { native.parse().ok() };
    let (compat, x32) = if cfg!(target_arch = "x86_64") { (i386, x32.parse().ok()) } else { ("-", None) };
    Some(Row { name, native, compat, x32 })
}

/// The number of a call on this architecture.
pub fn native(name: &str) -> Option<u32> {
    NATIVE.get(name).copied()
}

/// Every call of this architecture.
pub fn all() -> impl Iterator<Item = (&'static str, u32)> {
    ROWS.iter().filter_map(|row| Some((row.name, row.native?)))
}

/// Native numbers of 32-bit calls, and behind them those of the calls that x32 numbers itself: map
/// `numbers`, member `compat`.
pub fn compat() -> [u16; SYSCALLS_MAX + X32_CALLS_MAX] {
    let mut table = [COMPAT_UNKNOWN; SYSCALLS_MAX + X32_CALLS_MAX];
    for row in ROWS.iter() {
        let native = row.native.and_then(|number| u16::try_from(number).ok()).unwrap_or(COMPAT_UNREPORTED);
        for number in row.compat.split(',').filter_map(|number| number.parse::<usize>().ok()) {
            if let Some(slot) = table.get_mut(..SYSCALLS_MAX).and_then(|calls| calls.get_mut(number)) {
                *slot = native;
            }
        }
        // x32's own calls start at 512, as the table behind the 32-bit ones does.
        if let Some(slot) = row.x32.and_then(|number| table.get_mut(number)) {
            *slot = native;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_this_architecture() {
        for (name, number) in [("openat", libc::SYS_openat), ("execve", libc::SYS_execve)] {
            assert_eq!(native(name).map(i64::from), Some(number));
        }
        assert_eq!(native("nosuch"), None);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn numbers_of_other_programs() {
        let table = compat();
        // i386: open 5, execve 11, setuid32 213, mmap2 192, the old select 82, and none at 222.
        assert_eq!([table[5], table[11], table[213], table[192]], [2, 59, 105, 9]);
        assert_eq!([table[82], table[222]], [COMPAT_UNREPORTED, COMPAT_UNKNOWN]);
        // x32: execve 520
        assert_eq!(table[520], 59);
    }
}
