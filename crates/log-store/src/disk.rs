//! Everything the store changes on a file system goes through here, and is on the medium when a
//! sync returns. A test may watch each change, fail it, or stop the process at it. Knows no
//! format.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Tells how many bytes an unprivileged writer may still use.
pub trait FreeSpace: fmt::Debug + Send + Sync {
    /// Free bytes on the file system of `path`.
    ///
    /// # Errors
    /// The system's.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// The file system itself.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl FreeSpace for RealDisk {
    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// One change of the file system, before it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskOperation<'a> {
    /// An empty file is made, or emptied.
    Create(&'a Path),
    /// Bytes are written at a place.
    Write {
        /// The file.
        path: &'a Path,
        /// Where in it.
        offset: u64,
        /// What.
        bytes: &'a [u8],
    },
    /// A file gets this length.
    Truncate {
        /// The file.
        path: &'a Path,
        /// Its new length.
        bytes: u64,
    },
    /// A file's content becomes durable.
    SyncFile(&'a Path),
    /// A folder's names become durable.
    SyncFolder(&'a Path),
    /// A name changes.
    Rename {
        /// From.
        from: &'a Path,
        /// To; what had this name is gone.
        to: &'a Path,
    },
    /// A name goes.
    Remove(&'a Path),
    /// A whole file appears durably, or not at all.
    Put {
        /// The file.
        path: &'a Path,
        /// Its content.
        bytes: &'a [u8],
    },
    /// No change: a writer is about to be told that its batch is durable.
    Acknowledge,
}

/// Sees every change before it happens.
pub trait DiskWatch: fmt::Debug + Send + Sync {
    /// May refuse the change, which then does not happen.
    ///
    /// # Errors
    /// What the disk is to say.
    fn before(&self, operation: &DiskOperation<'_>) -> io::Result<()>;
}

/// The disk as the store uses it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(pub(crate) Option<Arc<dyn DiskWatch>>);

impl Disk {
    pub(crate) fn announce(&self, operation: DiskOperation<'_>) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |watch| watch.before(&operation))
    }

    /// Makes names in this folder durable: a new, renamed or removed file is lost by a power cut
    /// until its folder is synced.
    pub(crate) fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.announce(DiskOperation::SyncFolder(dir))?;
        File::open(dir)?.sync_all()
    }

    /// Replaces `dir/name` as a whole: readers and a crash see the old or the new content.
    pub(crate) fn replace_file(&self, dir: &Path, name: &str, content: &[u8]) -> io::Result<()> {
        let temporary = dir.join(format!("{name}.new"));
        let mut file = self.create(&temporary)?;
        file.write(content)?;
        file.sync()?;
        self.rename(&temporary, &dir.join(name))?;
        self.sync_dir(dir)
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.announce(DiskOperation::Rename { from, to })?;
        fs::rename(from, to)
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.announce(DiskOperation::Remove(path))?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// An empty file for writing.
    pub(crate) fn create(&self, path: &Path) -> io::Result<WatchedFile> {
        self.announce(DiskOperation::Create(path))?;
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        Ok(WatchedFile { disk: self.clone(), path: path.to_owned(), file, at: 0 })
    }

    /// An existing file, to be written on from `at`; what lies behind goes.
    pub(crate) fn open_at(&self, path: &Path, at: u64) -> io::Result<WatchedFile> {
        let file = OpenOptions::new().write(true).open(path)?;
        let mut file = WatchedFile { disk: self.clone(), path: path.to_owned(), file, at };
        if file.file.metadata()?.len() != at {
            file.truncate(at)?;
        }
        file.file.seek(SeekFrom::Start(at))?;
        Ok(file)
    }
}

/// A file that is written from one end to the other.
#[derive(Debug)]
pub(crate) struct WatchedFile {
    disk: Disk,
    pub(crate) path: PathBuf,
    file: File,
    /// Where the next byte goes.
    pub(crate) at: u64,
}

impl WatchedFile {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.announce(DiskOperation::Write { path: &self.path, offset: self.at, bytes })?;
        self.file.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.disk.announce(DiskOperation::SyncFile(&self.path))?;
        self.file.sync_all()
    }

    /// Content and length, not times.
    pub(crate) fn sync_data(&self) -> io::Result<()> {
        self.disk.announce(DiskOperation::SyncFile(&self.path))?;
        self.file.sync_data()
    }

    pub(crate) fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.disk.announce(DiskOperation::Truncate { path: &self.path, bytes })?;
        self.file.set_len(bytes)?;
        self.file.seek(SeekFrom::Start(bytes))?;
        self.at = bytes;
        Ok(())
    }
}

/// Whether an error means that no room is left.
pub(crate) fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
