//! Which files belong to a backup, and in which order they are opened so that what is read while
//! the hub goes on writing fits together.
//!
//! Invariant: a reader's position is opened before the log it points into. The store's write-ahead
//! log comes before its manifest (a line flushed in between is in a segment the manifest names),
//! the store with its mark before the queue's journal (which then holds all that the mark lacks),
//! cursors before the journal too.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::config::Config;

/// Compaction replaces segments while they are opened; each round it must have done so again.
const MANIFEST_ROUNDS_MAX: usize = 20;
/// Folders below the data folder are few levels deep; what is deeper is a loop of links.
const DEPTH_MAX: usize = 8;

/// A file of the archive, held open: what is deleted from now on is still read.
pub(crate) struct Part {
    /// Its place below the data folder.
    pub(crate) path: PathBuf,
    /// Open for reading.
    pub(crate) file: File,
}

/// Opens everything, in order.
pub(crate) fn open(config: &Config) -> Result<Vec<Part>> {
    let data_dir = config.data_dir.as_path();
    let mut parts = Parts { data_dir, found: Vec::new() };
    let store = Path::new("hub/store");
    let queue = Path::new("hub/queue");
    parts.all_below(&store.join("wal"), &|_| true)?;
    parts.live_segments(store)?;
    parts.all_below(queue, &|path| !is_journal(path))?;
    parts.all_below(queue, &is_journal)?;
    let before = [store.join("wal"), store.join("segments"), store.join("manifest"), queue.to_owned()];
    parts.all_below(Path::new("hub"), &|path| !before.iter().any(|known| path.starts_with(known)))?;
    parts.all_below(Path::new("sensor"), &|_| true)?;
    Ok(parts.found)
}

/// The part of the manifest that names files; the rest is the store's own.
#[derive(Deserialize)]
struct Manifest {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    name: String,
}

struct Parts<'a> {
    data_dir: &'a Path,
    found: Vec<Part>,
}

impl Parts<'_> {
    /// The manifest and the segments it names, all of one moment.
    fn live_segments(&mut self, store: &Path) -> Result<()> {
        let manifest = store.join("manifest");
        for _ in 0..MANIFEST_ROUNDS_MAX {
            let Some(held) = self.file(&manifest)? else { return Ok(()) };
            let path = self.data_dir.join(&manifest);
            let text = io::read_to_string(&held.file).with_context(|| path.display().to_string())?;
            let (_, body) =
                text.split_once('\n').with_context(|| format!("{}: no header", path.display()))?;
            let named: Manifest = serde_json::from_str(body).with_context(|| path.display().to_string())?;
            let mut segments = Vec::with_capacity(named.segments.len());
            for segment in &named.segments {
                segments.extend(self.file(&store.join("segments").join(&segment.name))?);
            }
            if segments.len() == named.segments.len() {
                io::Seek::rewind(&mut &held.file)?;
                self.found.push(held);
                self.found.append(&mut segments);
                return Ok(());
            }
        }
        bail!("the store's segments changed {MANIFEST_ROUNDS_MAX} times while they were opened; try again")
    }

    fn all_below(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<()> {
        self.below(folder, wanted, 0)
    }

    fn below(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool, depth: usize) -> Result<()> {
        let full = self.data_dir.join(folder);
        let entries = match fs::read_dir(&full) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            other => other.with_context(|| full.display().to_string())?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            names.push((entry.file_name(), entry.file_type()?));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, kind) in names {
            let path = folder.join(&name);
            if kind.is_dir() && depth < DEPTH_MAX {
                self.below(&path, wanted, depth + 1)?;
            } else if kind.is_file() && wanted(&path) && !is_passing(&path) {
                let part = self.file(&path)?;
                self.found.extend(part);
            }
        }
        Ok(())
    }

    /// Nothing when it is gone by now.
    fn file(&self, path: &Path) -> Result<Option<Part>> {
        match File::open(self.data_dir.join(path)) {
            Ok(file) => Ok(Some(Part { path: path.to_owned(), file })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| self.data_dir.join(path).display().to_string()),
        }
    }
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "journal")
}

/// Locks, half-written files, and sessions, which are not to outlive a restore.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "lock"
        || name.ends_with(".lock")
        || name == "sessions.json"
        || name.ends_with(".new")
        || name.ends_with(".tmp")
}
