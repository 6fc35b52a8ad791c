//! WAL files: `wal/<first sequence, 16 hex digits>.wal`, a 16-byte head, then records.
//! Knows nothing of what a record holds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::disk::{Disk, WatchedFile};

/// Magic and version; bytes 0..16 of a file.
const FILE_MAGIC: &[u8; 8] = b"QWWALOG\0";
pub(crate) const FILE_VERSION: u32 = 1;
pub(crate) const FILE_HEAD_BYTES: usize = 16;

/// The head of a WAL file.
pub(crate) fn file_head() -> [u8; FILE_HEAD_BYTES] {
    let mut head = [0; FILE_HEAD_BYTES];
    let parts = FILE_MAGIC.iter().copied().chain(FILE_VERSION.to_le_bytes());
    head.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    head
}

/// The version in a head; none when it is not one of ours.
pub(crate) fn head_version(bytes: &[u8]) -> Option<u32> {
    let rest = bytes.strip_prefix(FILE_MAGIC)?;
    rest.first_chunk::<4>().map(|version| u32::from_le_bytes(*version))
}

/// The files of the log, oldest first, with the sequence that names them.
#[derive(Debug)]
pub(crate) struct WalFiles {
    disk: Disk,
    dir: PathBuf,
    closed: Vec<ClosedFile>,
    /// Bytes of the file that is written.
    pub(crate) active_bytes: u64,
}

#[derive(Debug)]
struct ClosedFile {
    path: PathBuf,
    last_sequence: u64,
    bytes: u64,
}

impl WalFiles {
    pub(crate) fn new(disk: Disk, dir: PathBuf) -> Self {
        WalFiles { disk, dir, closed: Vec::new(), active_bytes: 0 }
    }

    /// Lists `(first sequence, path)`, oldest first.
    pub(crate) fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            if let Some(Ok(first)) = name.strip_suffix(".wal").map(|stem| u64::from_str_radix(stem, 16)) {
                files.push((first, path));
            }
        }
        files.sort();
        Ok(files)
    }

    pub(crate) fn close(&mut self, path: PathBuf, last_sequence: u64, bytes: u64) {
        self.active_bytes = 0;
        self.closed.push(ClosedFile { path, last_sequence, bytes });
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.closed.iter().map(|file| file.bytes).sum::<u64>() + self.active_bytes
    }

    /// Removes files whose records are all in segments. What a crash leaves behind is removed by
    /// the next cut: their records are skipped by sequence.
    pub(crate) fn cut(&mut self, covered_sequence: u64) -> io::Result<()> {
        let (covered, kept) = std::mem::take(&mut self.closed)
            .into_iter()
            .partition(|file| file.last_sequence <= covered_sequence);
        self.closed = kept;
        let covered: Vec<ClosedFile> = covered;
        for file in &covered {
            self.disk.remove(&file.path)?;
        }
        if covered.is_empty() { Ok(()) } else { self.disk.sync_dir(&self.dir) }
    }
}

/// The file that is written.
#[derive(Debug)]
pub(crate) struct WalWriter {
    pub(crate) file: WatchedFile,
    /// Where the next record goes; everything before it is whole.
    pub(crate) bytes: u64,
    /// No record yet.
    pub(crate) is_fresh: bool,
}

impl WalWriter {
    /// Starts a new file whose first record will be `first_sequence`.
    pub(crate) fn create(disk: &Disk, dir: &Path, first_sequence: u64) -> io::Result<Self> {
        let path = dir.join(format!("{first_sequence:016x}.wal"));
        let mut file = disk.create(&path)?;
        file.write(&file_head())?;
        file.sync()?;
        disk.sync_dir(dir)?;
        Ok(WalWriter { file, bytes: FILE_HEAD_BYTES as u64, is_fresh: true })
    }

    /// Appends and syncs. After an error the file ends where it ended before, so that a later
    /// record never stands behind half of this one.
    pub(crate) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        let written = self.file.write(records).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // The caller writes no more to this file; should the cut fail too, then what is left
            // is a torn end, or a group that was never acknowledged.
            self.file.truncate(self.bytes)?;
            return Err(error);
        }
        self.bytes += records.len() as u64;
        self.is_fresh = false;
        Ok(())
    }
}
