//! Checks a data folder against its chain, and the chain against a head that was kept elsewhere.
//! Only reads, and takes no lock: a running store may go on.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    entry::{ChainEvent, ChainHead, Entry, Seal},
    hash::{BatchChain, Hash, hash_of},
};
use crate::{error::OpenError, index::Manifest, wal};

/// Name of the chain's file in the data folder.
pub(crate) const LEDGER: &str = "chain";

/// A running store replaces files while they are read: so often is begun anew.
const TRIES_MAX: usize = 8;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be read.
    #[error("reading {path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The head that was given is none.
    #[error("{0:?} is no head: it has 64 hex digits, as `quaywatch store head` prints it")]
    Head(String),
}

/// What was checked, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The chain's head now; none when there is no chain yet.
    pub head: Option<ChainHead>,
    /// Live segments whose content is what the chain says.
    pub sound_segments: u64,
    /// Their rows.
    pub rows: u64,
    /// Segments that have no seal yet: they were written before there was a chain.
    pub unsealed_segments: u64,
    /// Number of the entry that the given head names.
    pub found_head: Option<u64>,
    /// Rows that retention removed, of all entries behind the given head (or of all).
    pub expired_rows: u64,
    /// Rows that delete requests removed, likewise.
    pub deleted_rows: u64,
    /// Rows that were exact duplicates, likewise.
    pub duplicate_rows: u64,
    /// Rows in segments that could not be read, likewise.
    pub set_aside_rows: u64,
    /// Everything that is not as the chain says. Empty: nothing was altered or removed.
    pub faults: Vec<String>,
}

/// The head as the files say it; what `verify --head` takes.
///
/// # Errors
/// [`VerifyError`].
pub fn head(data_dir: &Path) -> Result<ChainHead, VerifyError> {
    Ok(ChainHead::from(&Manifest::read(data_dir)?.chain))
}

/// Verifies the store in `data_dir`.
///
/// # Errors
/// [`VerifyError`] when files cannot be read; what is wrong with their content is in the report.
pub fn verify(data_dir: &Path, head: Option<&str>) -> Result<VerifyReport, VerifyError> {
    let wanted = head.map(|head| {
        Hash::parse(head.trim())
            .filter(|hash| *hash != Hash::default())
            .ok_or_else(|| VerifyError::Head(head.to_owned()))
    });
    let wanted = wanted.transpose()?;
    let mut tries = 0;
    loop {
        tries += 1;
        let before = Manifest::read(data_dir)?;
        let report = check(data_dir, &before, wanted.as_ref())?;
        if report.faults.is_empty() || tries == TRIES_MAX || Manifest::read(data_dir)? == before {
            return Ok(report);
        }
    }
}

fn check(data_dir: &Path, manifest: &Manifest, wanted: Option<&Hash>) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::default();
    let tip = &manifest.chain;
    if tip.entries == 0 {
        report.faults.push("the store has no chain yet: start the hub once".to_owned());
        return Ok(report);
    }
    report.head = Some(ChainHead::from(tip));
    let path = data_dir.join(LEDGER);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.faults.push(format!("{} is gone", path.display()));
            return Ok(report);
        }
        Err(source) => return Err(VerifyError::Io { path, source }),
    };
    let entries = match read_entries(text.get(..tip.bytes as usize).unwrap_or(&text)) {
        Ok(entries) => entries,
        Err(fault) => {
            report.faults.push(format!("{}: {fault}", path.display()));
            return Ok(report);
        }
    };
    let last = entries.last().map(|(_, hash)| hash.to_string()).unwrap_or_default();
    if last != tip.head || entries.len() as u64 != tip.entries {
        report.faults.push("the manifest and the end of the chain do not fit".to_owned());
    }
    let mut since = 0;
    if let Some(wanted) = wanted {
        match entries.iter().position(|(_, hash)| hash == wanted) {
            Some(at) => {
                since = at + 1;
                report.found_head = Some(since as u64);
            }
            None => report.faults.push(format!(
                "no entry of the chain has the hash {wanted}: what was stored before that head is not what is \
                 stored now"
            )),
        }
    }
    let live = replay(&entries, since, &mut report);
    check_segments(data_dir, manifest, &live, &mut report)?;
    check_log(data_dir, manifest, &mut report)?;
    Ok(report)
}

/// All entries with their hashes.
///
/// # Errors
/// The first line that does not fit the one before.
pub(crate) fn read_entries(text: &[u8]) -> Result<Vec<(Entry, Hash)>, String> {
    let mut entries: Vec<(Entry, Hash)> = Vec::new();
    let mut previous = String::new();
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if line.is_empty() && at == entries.len() && text.ends_with(b"\n") {
            continue;
        }
        let entry: Entry =
            serde_json::from_slice(line).map_err(|error| format!("line {} is no entry: {error}", at + 1))?;
        if entry.previous != previous || entry.number != at as u64 + 1 {
            return Err(format!("line {} does not follow the line before it", at + 1));
        }
        let hash = hash_of(line);
        previous = hash.to_string();
        entries.push((entry, hash));
    }
    Ok(entries)
}

/// The segments that must be there according to the entries; counts what went after `since`.
fn replay(entries: &[(Entry, Hash)], since: usize, report: &mut VerifyReport) -> BTreeMap<String, Seal> {
    let mut live = BTreeMap::<String, Seal>::new();
    for (at, (entry, _)) in entries.iter().enumerate() {
        let counts = u64::from(at >= since);
        match &entry.event {
            ChainEvent::Sealed { output } => {
                live.insert(output.name.clone(), output.clone());
            }
            ChainEvent::Flushed { output, lines, .. } => {
                let rows = output.as_ref().map_or(0, |output| output.rows);
                report.duplicate_rows += counts * lines.saturating_sub(rows);
                live.extend(output.clone().map(|output| (output.name.clone(), output)));
            }
            ChainEvent::Rewritten { inputs, output, duplicate_rows, deleted_rows, expired_rows, .. } => {
                report.duplicate_rows += counts * duplicate_rows;
                report.deleted_rows += counts * deleted_rows;
                report.expired_rows += counts * expired_rows;
                let before: Option<u64> = inputs.iter().map(|name| Some(live.remove(name)?.rows)).sum();
                let after = output.as_ref().map_or(0, |output| output.rows);
                let gone = duplicate_rows + deleted_rows + expired_rows;
                if before.is_some_and(|before| before != after + gone) {
                    let fault = format!("entry {} lost rows without a reason", entry.number);
                    report.faults.push(fault);
                }
                live.extend(output.clone().map(|output| (output.name.clone(), output)));
            }
            ChainEvent::Expired { segments, rows, .. } => {
                report.expired_rows += counts * rows;
                segments.iter().for_each(|name| drop(live.remove(name)));
            }
            ChainEvent::SetAside { segment, rows, .. } => {
                report.set_aside_rows += counts * rows;
                live.remove(segment);
            }
            ChainEvent::Began { reason } if at > 0 || !reason.is_empty() => {
                report.faults.push(format!("the chain had to begin anew: {reason}"));
            }
            ChainEvent::LogDamaged { place } if counts > 0 => {
                report.faults.push(format!("records of the log were damaged: {place}"));
            }
            _ => {}
        }
    }
    live
}

fn check_segments(
    data_dir: &Path,
    manifest: &Manifest,
    live: &BTreeMap<String, Seal>,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    for file in &manifest.segments {
        let path = data_dir.join("segments").join(&file.name);
        let Some(seal) = live.get(&file.name) else {
            if file.hash.is_empty() {
                report.unsealed_segments += 1;
            } else {
                report.faults.push(format!("{} is in no entry of the chain", file.name));
            }
            continue;
        };
        match fs::read(&path) {
            Ok(bytes) if hash_of(&bytes).to_string() == seal.hash => {
                report.sound_segments += 1;
                report.rows += seal.rows;
            }
            Ok(_) => report.faults.push(format!("{} was altered", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report.faults.push(format!("{} was removed", path.display()));
            }
            Err(source) => return Err(VerifyError::Io { path, source }),
        }
    }
    let listed = |name: &&String| !manifest.segments.iter().any(|file| file.name == **name);
    for name in live.keys().filter(listed) {
        report.faults.push(format!("{name} was removed, and no entry says why"));
    }
    Ok(())
}

/// The log's records must lead from the hash of what is in segments to that of the last entry.
fn check_log(data_dir: &Path, manifest: &Manifest, report: &mut VerifyReport) -> Result<(), VerifyError> {
    let tip = &manifest.chain;
    if tip.batches_sequence <= manifest.covered_sequence {
        return Ok(());
    }
    let dir = data_dir.join("wal");
    let failed = |source| VerifyError::Io { path: dir.clone(), source };
    let mut chain = BatchChain { head: Hash::parse(&tip.covered).unwrap_or_default(), sequence: 0 };
    wal::read_payloads(&dir, &mut |sequence, payload| {
        if sequence > manifest.covered_sequence && sequence <= tip.batches_sequence {
            chain.extend(sequence, &hash_of(payload));
        }
    })
    .map_err(failed)?;
    if chain.head.to_string() != tip.batches {
        report
            .faults
            .push("the write-ahead log is not what the chain says: lines were altered or removed".to_owned());
    }
    Ok(())
}
