//! The manifest: one file that says which segments are live, which log records they cover, and
//! how far each writer had come then. It is replaced as a whole, so a crash leaves the old or the
//! new state: a segment that is not listed does not exist.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    chain::ChainTip,
    delete::StoredDelete,
    disk::Disk,
    error::OpenError,
    limits::{MANIFEST_BYTES_MAX, SEGMENTS_MAX},
    segment::SegmentFile,
};

/// Name of the file in the data folder.
const NAME: &str = "manifest";

/// First word of the file.
const MAGIC: &str = "QWMANIFEST";

/// The newest version this release reads.
const VERSION: u32 = 2;

/// Which data is live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Log records up to this one are in segments.
    pub(crate) covered_sequence: u64,
    /// Number of the next segment file.
    pub(crate) next_segment: u64,
    /// Writers' progress as of `covered_sequence`.
    pub(crate) marks: BTreeMap<String, u64>,
    pub(crate) segments: Vec<SegmentFile>,
    /// Segments that could not be read, until their time is past retention.
    #[serde(default)]
    pub(crate) set_aside: Vec<SetAside>,
    /// Delete requests, oldest first.
    #[serde(default)]
    pub(crate) deletes: Vec<StoredDelete>,
    /// Where the chain ends.
    #[serde(default)]
    pub(crate) chain: ChainTip,
}

/// A segment that could not be read and lies in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetAside {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) oldest_ns: i64,
    pub(crate) newest_ns: i64,
    pub(crate) reason: String,
    pub(crate) at_ns: i64,
}

impl Manifest {
    /// Reads it; an absent one is an empty store.
    pub(crate) fn read(dir: &Path) -> Result<Manifest, OpenError> {
        let path = dir.join(NAME);
        let damaged = |reason: &str| OpenError::Manifest { path: path.clone(), reason: reason.to_owned() };
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
            Err(source) => return Err(OpenError::Io { path, source }),
            Ok(metadata) if metadata.len() > MANIFEST_BYTES_MAX => return Err(damaged("it is too large")),
            Ok(_) => {}
        }
        let text = fs::read_to_string(&path).map_err(OpenError::io(&path))?;
        let (head, body) = text.split_once('\n').ok_or_else(|| damaged("its head is missing"))?;
        let mut words = head.split(' ');
        if words.next() != Some(MAGIC) {
            return Err(damaged("it does not begin with QWMANIFEST"));
        }
        let version: u32 = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| damaged("its version is missing"))?;
        if version > VERSION {
            return Err(OpenError::Version { path: path.clone(), found: version, known: VERSION });
        }
        let crc = words.next().and_then(|word| u32::from_str_radix(word, 16).ok());
        if crc != Some(crc32fast::hash(body.as_bytes())) {
            return Err(damaged("its checksum is wrong"));
        }
        let manifest: Manifest = serde_json::from_str(body).map_err(|error| damaged(&error.to_string()))?;
        if manifest.segments.len() > SEGMENTS_MAX {
            return Err(damaged("it lists too many segments"));
        }
        Ok(manifest)
    }

    /// Replaces it; durable when this returns.
    pub(crate) fn write(&self, disk: &Disk, dir: &Path) -> io::Result<()> {
        let body = serde_json::to_string(self).map_err(io::Error::other)?;
        let text = format!("{MAGIC} {VERSION} {:08x}\n{body}", crc32fast::hash(body.as_bytes()));
        disk.replace_file(dir, NAME, text.as_bytes())
    }

    /// A name for a new segment file, never given before.
    pub(crate) fn new_name(&mut self) -> String {
        let name = format!("{:016x}.parquet", self.next_segment);
        self.next_segment += 1;
        name
    }
}
