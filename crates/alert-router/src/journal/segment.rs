//! One file of a journal: its name, its header, and what is found in it at start.
//!
//! ```text
//! magic 8 | created i64 ns | first position u64 | crc32 u32 | zeros 4 | records
//! ```
//! The name is the first position in 20 digits with `.journal` behind it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::frame::{self, Step};

/// Bytes before the first record.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 32;

const MAGIC: [u8; 8] = *b"QWJRNL\x00\x01";

/// What is known of a segment without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Position of the first record it may hold.
    pub(crate) first: u64,
    /// Highest position it may hold; `first - 1` when it is empty.
    pub(crate) last: u64,
    /// Durable length.
    pub(crate) bytes: u64,
    pub(crate) created_ns: i64,
}

/// What a scan of the newest segment found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Highest good position, if there is a good record.
    pub(crate) last: Option<u64>,
    /// Where the good part ends; what follows is torn.
    pub(crate) end: u64,
    /// Bytes after `end`.
    pub(crate) torn_bytes: u64,
    /// Bytes skipped between good records.
    pub(crate) damaged_bytes: u64,
}

/// Makes an empty segment file; its bytes are synced when `fsync` is set.
pub(crate) fn create(
    directory: &Path,
    first: u64,
    created_ns: i64,
    fsync: bool,
) -> io::Result<(File, Segment)> {
    let path = directory.join(format!("{first:020}.journal"));
    // A file of this name can only be what a failed creation left: no record has its position.
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
    file.write_all_at(&encode_header(first, created_ns), 0)?;
    if fsync {
        file.sync_all()?;
        File::open(directory)?.sync_all()?;
    }
    let bytes = SEGMENT_HEADER_BYTES as u64;
    Ok((file, Segment { path, first, last: first.saturating_sub(1), bytes, created_ns }))
}

/// All segments of a folder, oldest first. `last` is filled from the successor's first position;
/// the newest one must be scanned.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let Some(first) = position_of_name(&path) else { continue };
        let mut header = Vec::new();
        let mut file = File::open(&path)?;
        file.by_ref().take(SEGMENT_HEADER_BYTES as u64).read_to_end(&mut header)?;
        let bytes = file.metadata()?.len();
        // The name says the same as the header, so a damaged header costs only the age.
        let created_ns = decode_header(&header).map_or(0, |(_, created_ns)| created_ns);
        segments.push(Segment { path, first, last: first.saturating_sub(1), bytes, created_ns });
    }
    segments.sort_by_key(|segment| segment.first);
    let firsts: Vec<u64> = segments.iter().skip(1).map(|segment| segment.first).collect();
    for (segment, next) in segments.iter_mut().zip(firsts) {
        segment.last = next.saturating_sub(1);
    }
    Ok(segments)
}

/// Reads the newest segment whole (it is bounded by the segment size).
pub(crate) fn scan(segment: &Segment) -> io::Result<Scan> {
    let bytes = std::fs::read(&segment.path)?;
    let mut scan = Scan { end: SEGMENT_HEADER_BYTES as u64, ..Scan::default() };
    let mut offset = SEGMENT_HEADER_BYTES;
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        match frame::decode(rest) {
            Step::Record { position, bytes, .. } => {
                offset += bytes;
                // A lower position is what a failed write left behind a later one.
                if position >= segment.first && scan.last.is_none_or(|last| position > last) {
                    scan.last = Some(position);
                    scan.end = offset as u64;
                }
            }
            Step::Incomplete | Step::Damaged => match frame::resync(&bytes, offset) {
                Some(next) => {
                    scan.damaged_bytes += (next - offset) as u64;
                    offset = next;
                }
                None => break,
            },
        }
    }
    scan.torn_bytes = (bytes.len() as u64).saturating_sub(scan.end);
    Ok(scan)
}

fn position_of_name(path: &Path) -> Option<u64> {
    if path.extension()? != "journal" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

fn encode_header(first: u64, created_ns: i64) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut header = [0; SEGMENT_HEADER_BYTES];
    let (first, created) = (first.to_le_bytes(), created_ns.to_le_bytes());
    let crc = checksum(created, first).to_le_bytes();
    let fields = MAGIC.into_iter().chain(created).chain(first).chain(crc);
    header.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    header
}

fn decode_header(header: &[u8]) -> Option<(u64, i64)> {
    let (magic, rest) = header.split_first_chunk::<8>()?;
    let (created, rest) = rest.split_first_chunk::<8>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let crc = rest.first_chunk::<4>()?;
    let good = *magic == MAGIC && u32::from_le_bytes(*crc) == checksum(*created, *first);
    good.then(|| (u64::from_le_bytes(*first), i64::from_le_bytes(*created)))
}

fn checksum(created: [u8; 8], first: [u8; 8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&created);
    hasher.update(&first);
    hasher.finalize()
}
