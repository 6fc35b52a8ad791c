//! The file of the chain: one line of JSON per entry, appended and synced before the manifest
//! that counts it is written. What lies behind the manifest's tip never happened.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use super::{
    entry::{ChainEvent, ChainTip, Entry},
    hash::hash_of,
    verify::LEDGER,
};
use crate::disk::Disk;

/// A line is read back whole to check the end; longer ones are none of ours.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// Writes the ledger.
#[derive(Debug)]
pub(crate) struct Ledger {
    disk: Disk,
    root: PathBuf,
}

impl Ledger {
    pub(crate) fn new(disk: Disk, root: &Path) -> Self {
        Ledger { disk, root: root.to_owned() }
    }

    /// Appends entries behind `tip` and moves it; durable when this returns, and part of the
    /// store once a manifest with this tip is.
    pub(crate) fn append(&self, tip: &mut ChainTip, at_ns: i64, events: Vec<ChainEvent>) -> io::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut next = tip.clone();
        let mut text = String::new();
        for event in events {
            match &event {
                ChainEvent::Batches { last_sequence, batches } => {
                    (next.batches_sequence, next.batches) = (*last_sequence, batches.clone());
                }
                ChainEvent::Flushed { last_sequence, batches, .. } => {
                    next.covered.clone_from(batches);
                    if *last_sequence >= next.batches_sequence {
                        (next.batches_sequence, next.batches) = (*last_sequence, batches.clone());
                    }
                }
                _ => {}
            }
            let entry = Entry { number: next.entries + 1, previous: next.head.clone(), at_ns, event };
            let (line, hash) = entry.encode();
            text.push_str(&line);
            text.push('\n');
            next.entries += 1;
            next.head = hash.to_string();
            next.at_ns = at_ns;
        }
        next.bytes += text.len() as u64;
        let path = self.root.join(LEDGER);
        let is_new = tip.bytes == 0;
        let mut file = if is_new { self.disk.create(&path)? } else { self.disk.open_at(&path, tip.bytes)? };
        file.write(text.as_bytes())?;
        file.sync_data()?;
        if is_new {
            self.disk.sync_dir(&self.root)?;
        }
        *tip = next;
        Ok(())
    }

    /// Whether the file ends, at the tip, with the line that the tip names.
    pub(crate) fn ends_with(&self, tip: &ChainTip) -> bool {
        tip.entries == 0 || self.last_line(tip).is_ok_and(|line| hash_of(&line).to_string() == tip.head)
    }

    fn last_line(&self, tip: &ChainTip) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.root.join(LEDGER))?;
        let from = tip.bytes.saturating_sub(LINE_BYTES_MAX);
        file.seek(SeekFrom::Start(from))?;
        let mut read = Vec::new();
        file.take(tip.bytes - from).read_to_end(&mut read)?;
        let line = read.strip_suffix(b"\n").ok_or(io::ErrorKind::InvalidData)?;
        let start = line.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        Ok(line.get(start..).unwrap_or_default().to_vec())
    }

    /// Moves a ledger that does not fit the manifest out of the way.
    pub(crate) fn set_aside(&self, quarantine: &Path, at_ns: i64) -> io::Result<()> {
        let path = self.root.join(LEDGER);
        if path.exists() {
            std::fs::create_dir_all(quarantine)?;
            self.disk.rename(&path, &quarantine.join(format!("{LEDGER}-{at_ns}")))?;
            self.disk.sync_dir(quarantine)?;
            self.disk.sync_dir(&self.root)?;
        }
        Ok(())
    }
}
