//! Reads the WAL back at open: applies what the segments do not cover, cuts a torn end, and sets
//! damaged records aside. Never panics on what it finds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use log_record::Batch;

use super::{
    file::{FILE_HEAD_BYTES, FILE_VERSION, WalFiles, head_version},
    record::{HEADER_BYTES, Header, decode_batch, next_magic},
};
use crate::{
    chain::{Hash, hash_of},
    disk::Disk,
    error::OpenError,
};

/// What recovery found.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) files: WalFiles,
    /// The last sequence that was used.
    pub(crate) last_sequence: u64,
    /// Bytes of a torn end that were cut.
    pub(crate) torn_bytes: u64,
    /// Places that were damaged and set aside.
    pub(crate) damages: Vec<String>,
}

/// Reads all files in `dir`, oldest first, and hands over every batch above `covered_sequence`.
///
/// # Errors
/// When the medium fails, or a file is of a later version.
pub(crate) fn recover(
    disk: &Disk,
    dir: &Path,
    quarantine: &Path,
    covered_sequence: u64,
    apply: &mut dyn FnMut(u64, &Hash, Batch),
) -> Result<Recovered, OpenError> {
    let mut found = Recovered {
        files: WalFiles::new(disk.clone(), dir.to_owned()),
        last_sequence: covered_sequence,
        torn_bytes: 0,
        damages: Vec::new(),
    };
    let listed = WalFiles::list(dir).map_err(OpenError::io(dir))?;
    let count = listed.len();
    // A file whose last group failed to be synced, and could not be cut either, is followed by one
    // that gives the same sequences again: only the latter were acknowledged.
    let ends: Vec<u64> = listed.iter().skip(1).map(|(first, _)| *first).chain([u64::MAX]).collect();
    for (index, ((_, path), end)) in listed.into_iter().zip(ends).enumerate() {
        // One file is at most a WAL segment and a group; it is read whole.
        let bytes = fs::read(&path).map_err(OpenError::io(&path))?;
        let is_last = index + 1 == count;
        let replay = Replay { disk, path: &path, bytes: &bytes, quarantine, is_last, end };
        let kept = replay.run(covered_sequence, &mut found, apply)?;
        if kept > FILE_HEAD_BYTES as u64 {
            found.files.close(path, found.last_sequence, kept);
        } else {
            // Nothing in it; the next file may need its name.
            disk.remove(&path).map_err(OpenError::io(&path))?;
        }
    }
    Ok(found)
}

/// Hands over the sound records of all files, changing nothing: for those who only look.
///
/// # Errors
/// When the medium fails.
pub(crate) fn read_payloads(dir: &Path, visit: &mut dyn FnMut(u64, &[u8])) -> io::Result<()> {
    let mut last = 0;
    for (_, path) in WalFiles::list(dir)? {
        let bytes = fs::read(&path)?;
        let mut at = FILE_HEAD_BYTES;
        while let Some((header, payload)) = record_at(&bytes, at) {
            at += HEADER_BYTES + payload.len();
            if header.sequence > last {
                last = header.sequence;
                visit(header.sequence, payload);
            }
        }
    }
    Ok(())
}

struct Replay<'a> {
    disk: &'a Disk,
    path: &'a Path,
    bytes: &'a [u8],
    quarantine: &'a Path,
    is_last: bool,
    /// Records from this sequence on are not those that were acknowledged.
    end: u64,
}

impl Replay<'_> {
    /// Returns how many bytes of the file remain.
    fn run(
        &self,
        covered_sequence: u64,
        found: &mut Recovered,
        apply: &mut dyn FnMut(u64, &Hash, Batch),
    ) -> Result<u64, OpenError> {
        let io_error = || OpenError::io(self.path);
        match head_version(self.bytes) {
            Some(version) if version > FILE_VERSION => {
                return Err(OpenError::Version {
                    path: self.path.into(),
                    found: version,
                    known: FILE_VERSION,
                });
            }
            Some(_) => {}
            // A crash while the file was made leaves a short head and no record.
            None if self.bytes.len() < FILE_HEAD_BYTES => {
                found.torn_bytes += self.bytes.len() as u64;
                return Ok(self.bytes.len() as u64);
            }
            None => self.set_aside(0, FILE_HEAD_BYTES, found).map_err(io_error())?,
        }
        let mut at = FILE_HEAD_BYTES;
        while at < self.bytes.len() {
            if let Some((header, payload)) = record_at(self.bytes, at) {
                at += HEADER_BYTES + payload.len();
                if header.sequence >= self.end {
                    continue;
                }
                found.last_sequence = found.last_sequence.max(header.sequence);
                if header.sequence > covered_sequence {
                    match decode_batch(payload) {
                        Ok(batch) => apply(header.sequence, &hash_of(payload), batch),
                        Err(_) => self.set_aside(at - payload.len(), at, found).map_err(io_error())?,
                    }
                }
                continue;
            }
            match self.resume_after(at, found.last_sequence) {
                Some(next) => {
                    self.set_aside(at, next, found).map_err(io_error())?;
                    at = next;
                }
                None if self.is_last => {
                    found.torn_bytes += (self.bytes.len() - at) as u64;
                    self.cut(at as u64).map_err(io_error())?;
                    return Ok(at as u64);
                }
                None => {
                    self.set_aside(at, self.bytes.len(), found).map_err(io_error())?;
                    return Ok(self.bytes.len() as u64);
                }
            }
        }
        Ok(self.bytes.len() as u64)
    }

    /// Where to go on after a damaged record: the next sound one, if it says that what lies
    /// before it had been acknowledged. Otherwise the rest was never acknowledged as a whole, and
    /// a writer's mark in it could skip entries that are gone: it is the torn end.
    fn resume_after(&self, at: usize, last_sequence: u64) -> Option<usize> {
        let mut from = at + 1;
        let mut first_sound = None;
        while let Some(candidate) = next_magic(self.bytes, from) {
            from = candidate + 1;
            let Some((header, payload)) = record_at(self.bytes, candidate) else { continue };
            first_sound.get_or_insert(candidate);
            if header.synced_sequence > last_sequence {
                return first_sound;
            }
            from = candidate + HEADER_BYTES + payload.len();
        }
        None
    }

    /// Copies a damaged range to the quarantine, so that nothing acknowledged vanishes unseen.
    fn set_aside(&self, from: usize, to: usize, found: &mut Recovered) -> io::Result<()> {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("wal");
        let name = format!("{stem}-{from}.damaged");
        fs::create_dir_all(self.quarantine)?;
        let target: PathBuf = self.quarantine.join(&name);
        if !target.exists() {
            self.disk.replace_file(self.quarantine, &name, self.bytes.get(from..to).unwrap_or(&[]))?;
        }
        let damage = format!("{} bytes {from}..{to}", self.path.display());
        tracing::error!(place = damage, copy = %target.display(), "damaged write-ahead record set aside");
        found.damages.push(damage);
        Ok(())
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        let file = self.disk.open_at(self.path, bytes)?;
        file.sync()?;
        self.path.parent().map_or(Ok(()), |dir| self.disk.sync_dir(dir))
    }
}

/// The sound record at this place.
fn record_at(bytes: &[u8], at: usize) -> Option<(Header, &[u8])> {
    let rest = bytes.get(at..)?;
    let header = Header::decode(rest)?;
    let payload = rest.get(HEADER_BYTES..)?.get(..header.payload_bytes as usize)?;
    (crc32fast::hash(payload) == header.payload_crc).then_some((header, payload))
}
