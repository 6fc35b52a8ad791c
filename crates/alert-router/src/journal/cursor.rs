//! How far a reader has come, on disk.
//!
//! Two slots of 32 bytes are written in turn: `turn u64 | position u64 | crc32 u32 | zeros`. A write
//! that is torn by a power loss leaves the other slot. Nothing is synced: a cursor that comes
//! back too low only means that records are delivered once more.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::journal_file_name;

/// What to do with the records a cursor still needs when the journal reaches a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Keep them and refuse new ones.
    Essential,
    /// Drop the oldest and count them.
    Expendable,
}

/// Where a cursor begins that did not exist before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record that is kept.
    Oldest,
    /// After the newest record: only what comes from now on.
    Newest,
}

const SLOT_BYTES: usize = 32;

/// One named position: everything up to and including it is done.
#[derive(Debug)]
pub(crate) struct Cursor {
    file: File,
    turn: u64,
    /// The last record that is done; 0 = none.
    pub(crate) position: u64,
    /// What it holds back.
    pub(crate) hold: Hold,
}

/// What opening a cursor found.
pub(crate) enum Found {
    /// It existed.
    Existing(Cursor),
    /// It is new; the position must still be set.
    New(Cursor),
    /// Its file exists, but neither slot is good.
    Damaged(Cursor),
}

impl Cursor {
    pub(crate) fn open(directory: &Path, name: &str, hold: Hold) -> io::Result<Found> {
        let path = path(directory, name);
        let existed = path.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let mut bytes = [0_u8; 2 * SLOT_BYTES];
        let read = read_up_to(&file, &mut bytes)?;
        let best = bytes
            .get(..read)
            .unwrap_or_default()
            .chunks_exact(SLOT_BYTES)
            .filter_map(decode)
            .max_by_key(|(turn, _)| *turn);
        let (turn, position) = best.unwrap_or_default();
        let cursor = Cursor { file, turn, position, hold };
        Ok(match (existed && read > 0, best) {
            (_, Some(_)) => Found::Existing(cursor),
            (true, None) => Found::Damaged(cursor),
            (false, None) => Found::New(cursor),
        })
    }

    /// Moves forward; a lower position changes nothing.
    pub(crate) fn commit(&mut self, position: u64) -> io::Result<()> {
        if position > self.position || self.turn == 0 {
            self.position = self.position.max(position);
            self.turn += 1;
            let slot = (self.turn % 2) * SLOT_BYTES as u64;
            self.file.write_all_at(&encode(self.turn, self.position), slot)?;
        }
        Ok(())
    }
}

/// Deletes the files of cursors that are not named.
pub(crate) fn remove_all_but(directory: &Path, names: &[&str]) -> io::Result<()> {
    let keep: Vec<PathBuf> = names.iter().map(|name| path(directory, name)).collect();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "cursor") && !keep.contains(&path) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{}.cursor", journal_file_name(name)))
}

fn read_up_to(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

fn encode(turn: u64, position: u64) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    let (turn, position) = (turn.to_le_bytes(), position.to_le_bytes());
    let fields = turn.into_iter().chain(position).chain(checksum(turn, position).to_le_bytes());
    slot.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    slot
}

fn decode(slot: &[u8]) -> Option<(u64, u64)> {
    let (turn, rest) = slot.split_first_chunk::<8>()?;
    let (position, rest) = rest.split_first_chunk::<8>()?;
    let crc = rest.first_chunk::<4>()?;
    let good = u32::from_le_bytes(*crc) == checksum(*turn, *position);
    good.then(|| (u64::from_le_bytes(*turn), u64::from_le_bytes(*position)))
}

fn checksum(turn: [u8; 8], position: [u8; 8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(b"cursor");
    hasher.update(&turn);
    hasher.update(&position);
    hasher.finalize()
}
