//! A consistent set of segments for other engines, taken from the files alone: the store may go
//! on writing, compacting and removing meanwhile.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::OpenError, index::Manifest, segment::SegmentFile};

/// A running store may remove a segment between the reading of the manifest and the link: so
/// often is begun anew.
const TRIES_MAX: usize = 50;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be linked or copied.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has files already.
    #[error("{path} is not empty: name a new folder", path = .path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Segments went faster than they could be linked.
    #[error("the store removes segments faster than they can be linked: try again")]
    Restless,
}

/// What a snapshot holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Parquet files, oldest first.
    pub files: Vec<PathBuf>,
    /// Their rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Delete requests whose lines are still in the files.
    pub pending_deletes: u64,
}

/// The live segments where they lie. A running store may remove them any time.
///
/// # Errors
/// [`SnapshotError`].
pub fn live_files(data_dir: &Path) -> Result<Snapshot, SnapshotError> {
    let manifest = Manifest::read(data_dir)?;
    let mut found = described(&manifest);
    found.files = sorted(&manifest).map(|file| data_dir.join("segments").join(&file.name)).collect();
    Ok(found)
}

/// Links the live segments into `into`, which is made; copies them where it is another file
/// system. What is only in the write-ahead log is not in it: flush first.
///
/// # Errors
/// [`SnapshotError`]; what was linked is removed again.
pub fn snapshot(data_dir: &Path, into: &Path) -> Result<Snapshot, SnapshotError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| SnapshotError::Io { path, source }
    };
    fs::create_dir_all(into).map_err(at(into))?;
    if fs::read_dir(into).map_err(at(into))?.next().is_some() {
        return Err(SnapshotError::NotEmpty { path: into.to_owned() });
    }
    for _ in 0..TRIES_MAX {
        let manifest = Manifest::read(data_dir)?;
        let mut taken = described(&manifest);
        let mut is_whole = true;
        for file in sorted(&manifest) {
            let (from, to) = (data_dir.join("segments").join(&file.name), into.join(&file.name));
            match link(&from, &to) {
                Ok(()) => taken.files.push(to),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    is_whole = false;
                    break;
                }
                Err(source) => {
                    remove(&taken.files);
                    return Err(SnapshotError::Io { path: from, source });
                }
            }
        }
        if is_whole {
            return Ok(taken);
        }
        remove(&taken.files);
    }
    Err(SnapshotError::Restless)
}

fn described(manifest: &Manifest) -> Snapshot {
    Snapshot {
        files: Vec::new(),
        rows: manifest.segments.iter().map(|file| file.rows).sum(),
        bytes: manifest.segments.iter().map(|file| file.bytes).sum(),
        pending_deletes: manifest.deletes.iter().filter(|delete| !delete.is_processed).count() as u64,
    }
}

fn sorted(manifest: &Manifest) -> impl Iterator<Item = &SegmentFile> {
    let mut files: Vec<&SegmentFile> = manifest.segments.iter().collect();
    files.sort_by_key(|file| (file.oldest_ns, &file.name));
    files.into_iter()
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::PermissionDenied) =>
        {
            fs::copy(from, to).map(drop)
        }
        other => other,
    }
}

fn remove(files: &[PathBuf]) {
    for file in files {
        let _ = fs::remove_file(file);
    }
}
