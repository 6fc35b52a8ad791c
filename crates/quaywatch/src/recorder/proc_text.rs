//! Small files of a proc file system: bounded reads, lines, numbers.

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::ffi::OsStringExt as _,
    path::Path,
    str::FromStr,
};

/// Socket tables of a busy host have some hundred thousand lines.
const TABLE_BYTES_MAX: u64 = 64 << 20;
/// Arguments, environments, control groups.
const TEXT_BYTES_MAX: u64 = 4096;

/// A small file, cut where a capture would cut it.
pub(super) fn text(path: &Path) -> Vec<u8> {
    bytes(path, TEXT_BYTES_MAX)
}

/// A table.
pub(super) fn table(path: &Path) -> String {
    String::from_utf8_lossy(&bytes(path, TABLE_BYTES_MAX)).into_owned()
}

fn bytes(path: &Path, most: u64) -> Vec<u8> {
    let mut found = Vec::new();
    if let Ok(file) = File::open(path) {
        // What was read before an error still counts: a process may end meanwhile.
        let _ = file.take(most).read_to_end(&mut found);
    }
    found
}

/// Where a link leads; empty when it cannot be told.
pub(super) fn link(path: &Path) -> Vec<u8> {
    fs::read_link(path).map(|target| target.into_os_string().into_vec()).unwrap_or_default()
}

/// Names in a folder that are numbers, in order.
pub(super) fn numbers<N: FromStr + Ord>(folder: &Path) -> Vec<N> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<N> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    found.sort_unstable();
    found
}

/// The words after `KEY:` in a file such as `status`.
pub(super) fn words<'t>(status: &'t str, key: &str) -> impl DoubleEndedIterator<Item = &'t str> {
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or("").split_whitespace()
}

/// The number in a word.
pub(super) fn number<N: FromStr>(word: Option<&str>) -> Option<N> {
    word?.parse().ok()
}
