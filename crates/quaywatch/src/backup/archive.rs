//! Writes the archive.

use std::io::{self, Read as _, Write};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::contents;
use crate::config::Config;

/// The first file of an archive says what it is.
pub(super) const HEAD: &str = "quaywatch-backup.json";
/// The form of the archive. A reader refuses a version it does not know.
pub(super) const VERSION: u64 = 1;
/// Segments are compressed already; a fast level is enough for the rest.
const ZSTD_LEVEL: i32 = 3;

/// What was written.
pub(crate) struct Written {
    /// Files of the data folder.
    pub(crate) files: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Writes everything of this data folder to `out`. The hub and the sensor may go on.
///
/// # Errors
/// A file cannot be read, or `out` not be written.
pub(crate) fn write(config: &Config, out: impl Write) -> Result<Written> {
    let parts = contents::open(config)?;
    let mut archive = tar::Builder::new(zstd::Encoder::new(out, ZSTD_LEVEL)?);
    let head = json!({
        "version": VERSION,
        "program": env!("CARGO_PKG_VERSION"),
        "created": jiff::Timestamp::now().to_string(),
    });
    let head = serde_json::to_vec(&head)?;
    append(&mut archive, HEAD.as_ref(), head.len() as u64, head.as_slice())?;
    let mut written = Written { files: 0, bytes: 0 };
    for part in parts {
        let place = || part.path.display().to_string();
        // A log grows while it is read: what was there when its turn came is what is kept.
        let bytes = part.file.metadata().with_context(place)?.len();
        // A log that is cut meanwhile is filled up with zeros, which its reader takes for a torn end.
        let content = (&part.file).chain(io::repeat(0)).take(bytes);
        append(&mut archive, &part.path, bytes, content).with_context(place)?;
        written.files += 1;
        written.bytes += bytes;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(written)
}

fn append(
    archive: &mut tar::Builder<impl Write>,
    path: &std::path::Path,
    bytes: u64,
    content: impl io::Read,
) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    Ok(archive.append_data(&mut header, path, content)?)
}
