//! The folder in the BPF file system: made, mounted if need be, locked, cleared.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rustix::{
    fs::{FlockOperation, flock, statfs},
    io::Errno,
    mount::{MountFlags, mount},
};

use crate::StartError;

/// `BPF_FS_MAGIC` of linux/magic.h.
const BPF_MAGIC: i64 = 0xcafe_4a11;
/// Where distributions mount it.
const USUAL_PLACE: &str = "/sys/fs/bpf";

/// The folder, locked as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    _lock: File,
}

impl Folder {
    /// Makes `dir` in a BPF file system and locks it.
    ///
    /// # Errors
    /// `NoBpffs` when there is none and none can be mounted; `InUse` when another has the lock.
    pub(crate) fn open(dir: &Path) -> Result<Self, StartError> {
        make(dir).map_err(|source| StartError::NoBpffs { dir: dir.into(), source })?;
        let lock = File::open(dir)
            .map_err(|source| StartError::Io { what: format!("cannot open {}", dir.display()), source })?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Folder { _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(StartError::InUse { dir: dir.into() }),
            Err(errno) => {
                Err(StartError::Io { what: format!("cannot lock {}", dir.display()), source: errno.into() })
            }
        }
    }
}

fn make(dir: &Path) -> io::Result<()> {
    if dir.starts_with(USUAL_PLACE) && !is_bpffs(Path::new(USUAL_PLACE)) {
        mount("bpf", USUAL_PLACE, "bpf", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)?;
    }
    fs::create_dir_all(dir)?;
    if is_bpffs(dir) { Ok(()) } else { Err(io::Error::other("it is another kind of file system")) }
}

fn is_bpffs(path: &Path) -> bool {
    statfs(path).is_ok_and(|stat| stat.f_type == BPF_MAGIC)
}

/// Removes every pin of the folder: links go first, so nothing is shipped into maps that go.
pub(crate) fn clear(dir: &Path) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name());
    }
    names.sort_by_key(|name| !name.to_string_lossy().starts_with("link_"));
    for name in names {
        fs::remove_file(dir.join(name))?;
    }
    Ok(())
}
