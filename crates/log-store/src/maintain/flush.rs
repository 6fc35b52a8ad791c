//! Writes the frozen memtable as a segment: file, folder, manifest, each synced in this order;
//! only then the log is cut. A crash in between leaves an unlisted file, which the next open
//! removes, and the log, which still has the rows.

use std::{collections::HashSet, fs, io, path::Path, sync::Arc};

use object_store::{ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as ObjectPath};
use parquet::errors::ParquetError;

use crate::{
    chain::{ChainEvent, Seal},
    disk::{Disk, DiskOperation},
    error::OpenError,
    index::{Catalogue, Manifest, Stream},
    memtable::MemTable,
    segment::{Segment, SegmentFile, SegmentWriter, WrittenSegment},
    shared::Shared,
};

/// zstd level of a flush: the CPU that a line may cost is small.
const LEVEL: i32 = 1;

/// Why a round of maintenance failed. It is tried again; nothing is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error("encoding a segment: {0}")]
    Parquet(#[from] ParquetError),
    #[error("storing a segment: {0}")]
    Store(#[from] object_store::Error),
    #[error("replacing the manifest: {0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Read(#[from] log_record::ReadError),
}

/// Flushes the frozen memtable, if there is one.
pub(crate) fn flush(shared: &Shared, runtime: &tokio::runtime::Runtime) -> Result<(), WorkError> {
    let Some(frozen) = shared.state.read().frozen.clone() else { return Ok(()) };
    let written = write_table(shared, &frozen.table)?;
    let mut manifest = shared.manifest.lock();
    let added = match written {
        Some(written) => Some(store(shared, runtime, &mut manifest, written, None)?),
        None => None,
    };
    let mut next = manifest.clone();
    next.covered_sequence = frozen.table.last_sequence;
    next.marks = frozen.marks.clone();
    next.segments.extend(added.as_ref().map(|added| added.file.clone()));
    let event = ChainEvent::Flushed {
        last_sequence: frozen.table.last_sequence,
        lines: frozen.lines,
        batches: frozen.batches.head.to_string(),
        output: added.as_ref().map(|added| seal(&added.file)),
    };
    shared.commit(&mut manifest, next, vec![event])?;
    {
        // One lock for both: no scan sees the rows twice, or not at all.
        let mut state = shared.state.write();
        state.frozen = None;
        state.segments.extend(added.map(Arc::new));
    }
    shared.wal_files.lock().cut(manifest.covered_sequence)?;
    drop(manifest);
    shared.metrics.flushes.increment();
    shared.refresh_gauges();
    Ok(())
}

/// A segment as the chain names it.
pub(crate) fn seal(file: &SegmentFile) -> Seal {
    Seal { name: file.name.clone(), hash: file.hash.clone(), rows: file.rows, bytes: file.bytes }
}

/// Puts a segment on disk under a new name, which is not given again even when this or what
/// follows fails. It is not listed yet. `born` is that of the segments it replaces.
pub(crate) fn store(
    shared: &Shared,
    runtime: &tokio::runtime::Runtime,
    manifest: &mut Manifest,
    written: WrittenSegment,
    born: Option<u64>,
) -> Result<Segment, WorkError> {
    let number = manifest.next_segment;
    let mut file = SegmentFile::new(manifest.new_name(), &written);
    file.born = born.unwrap_or(number);
    // Syncs the file and its folder; by default object_store would not.
    let objects = LocalFileSystem::new_with_prefix(&shared.paths.segments)?.with_fsync(true);
    let WrittenSegment { bytes, index, .. } = written;
    let path = shared.paths.segments.join(&file.name);
    shared.disk.announce(DiskOperation::Put { path: &path, bytes: &bytes })?;
    runtime.block_on(objects.put(&ObjectPath::from(file.name.as_str()), PutPayload::from(bytes)))?;
    let mut catalogue = shared.catalogue.write();
    Ok(Segment::written(&shared.paths.segments, file, index, &mut catalogue))
}

fn write_table(shared: &Shared, table: &MemTable) -> Result<Option<WrittenSegment>, ParquetError> {
    let blocks: Vec<_> = table.blocks().collect();
    let mut order: Vec<(i64, u32, u32)> = Vec::with_capacity(table.rows);
    for (number, block) in blocks.iter().enumerate() {
        let times = block.rows.timestamps_ns.iter().enumerate();
        order.extend(times.map(|(row, &time)| (time, number as u32, row as u32)));
    }
    // Time, then arrival.
    order.sort_unstable();
    let mut writer = SegmentWriter::new(LEVEL);
    writer.reserve(table.rows);
    for (time, number, row) in order {
        let Some(block) = blocks.get(number as usize) else { continue };
        let (rows, row) = (&block.rows, row as usize);
        let stream = rows.stream(row);
        writer.push(
            stream,
            || describe(shared, stream),
            time,
            rows.lines.get(row),
            rows.metadata.view().row(row),
        )?;
    }
    writer.finish()
}

/// Tenant and labels of a stream.
pub(crate) fn describe(shared: &Shared, stream: u32) -> Stream {
    let unknown = || Stream { tenant: Arc::from(""), labels: log_record::Labels::new([("", ""); 0]) };
    shared.catalogue.read().get(stream).cloned().unwrap_or_else(unknown)
}

/// Opens the listed segments and removes files that are not listed: what a crash left between
/// writing a file and listing it, or between unlisting it and removing it.
pub(crate) fn open_segments(
    disk: &Disk,
    dir: &Path,
    manifest: &Manifest,
    catalogue: &mut Catalogue,
) -> Result<Vec<Arc<Segment>>, OpenError> {
    let listed: HashSet<&str> = manifest.segments.iter().map(|file| file.name.as_str()).collect();
    let mut is_changed = false;
    for entry in fs::read_dir(dir).map_err(OpenError::io(dir))? {
        let path = entry.map_err(OpenError::io(dir))?.path();
        let is_listed =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| listed.contains(name));
        if !is_listed && path.is_file() {
            disk.remove(&path).map_err(OpenError::io(&path))?;
            is_changed = true;
        }
    }
    if is_changed {
        disk.sync_dir(dir).map_err(OpenError::io(dir))?;
    }
    let open = |file: &SegmentFile| Arc::new(Segment::open(dir, file.clone(), catalogue));
    Ok(manifest.segments.iter().map(open).collect())
}
