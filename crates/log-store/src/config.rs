//! What a user may set of the store, and the probe of the disk that tests replace.

use std::{path::PathBuf, sync::Arc};

use log_record::SelectorCompiler;

use serde::Deserialize;

use crate::{
    delete::no_compiler,
    disk::{DiskWatch, FreeSpace, RealDisk},
};

/// Where the store lies and how much it may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the store; made when absent.
    pub data_dir: PathBuf,
    /// Oldest data goes when segments take more than this many bytes of disk; 0 = no bound.
    pub retention_bytes_max: u64,
    /// Data older than this many seconds goes; 0 = kept for ever.
    pub retention_age_max_s: u64,
    /// Ages for some streams, in place of `retention_age_max_s`. Of several that match a stream
    /// the one with the highest priority counts, of equal ones the shortest (Loki's
    /// `retention_stream`).
    pub retention_streams: Vec<StreamRetention>,
    /// For so many seconds a delete request can be cancelled; only then its lines are removed from
    /// the disk. Answers leave them out at once.
    pub delete_cancel_s: u64,
    /// So often, in seconds, the chain of hashes gets an entry for what was written since; 0 =
    /// only with each flush.
    pub chain_entry_s: u64,
    /// Writes are refused when the disk has fewer free bytes than this.
    pub reserve_bytes_free: u64,
    /// Memory of rows that are not yet in a segment; they are flushed at this many bytes.
    pub flush_bytes: u64,
    /// Rows are flushed when the oldest of them waits longer than this many seconds.
    pub flush_age_s: u64,
    /// A write-ahead file is followed by the next one at this many bytes.
    pub wal_segment_bytes: u64,
    /// Bytes of batches that may wait for the disk; more are refused.
    pub queue_bytes_max: u64,
    /// So many small segments are left alone; one more, and the oldest become one.
    pub small_segments_max: usize,
    /// Compaction stops at segments of this many bytes on disk.
    pub segment_bytes_max: u64,
    /// Asks how much of the disk is free.
    #[serde(skip)]
    pub free_space: FreeSpaceProbe,
    /// Tells what a selector means.
    #[serde(skip)]
    pub selectors: Selectors,
    /// Sees every change of the disk: for tests.
    #[serde(skip)]
    pub disk_watch: Option<Arc<dyn DiskWatch>>,
}

/// How long lines of some streams are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamRetention {
    /// Which streams, as a LogQL selector: `{namespace="dev"}`.
    pub selector: String,
    /// Of several that match, the highest counts.
    pub priority: u32,
    /// Lines older than this many seconds go; 0 = kept for ever.
    pub age_max_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data_dir: PathBuf::from("/var/lib/quaywatch/store"),
            retention_bytes_max: 10 << 30,
            // Lines may be back-dated by years; only size bounds them unless the user says so.
            retention_age_max_s: 0,
            retention_streams: Vec::new(),
            delete_cancel_s: 24 * 3600,
            chain_entry_s: 300,
            reserve_bytes_free: 256 << 20,
            flush_bytes: 16 << 20,
            flush_age_s: 3600,
            wal_segment_bytes: 8 << 20,
            queue_bytes_max: 16 << 20,
            small_segments_max: 96,
            segment_bytes_max: 4 << 20,
            free_space: FreeSpaceProbe::default(),
            selectors: Selectors::default(),
            disk_watch: None,
        }
    }
}

/// Who is asked for free space: the file system, or a test.
#[derive(Debug, Clone)]
pub struct FreeSpaceProbe(pub Arc<dyn FreeSpace>);

impl Default for FreeSpaceProbe {
    fn default() -> Self {
        FreeSpaceProbe(Arc::new(RealDisk))
    }
}

/// Who compiles selectors: the store knows no query language.
#[derive(Debug, Clone)]
pub struct Selectors(pub Arc<dyn SelectorCompiler>);

impl Default for Selectors {
    fn default() -> Self {
        Selectors(no_compiler())
    }
}
