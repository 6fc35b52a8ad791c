//! Reading bounded files, and writing files that hold secrets.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::{CertificateError, limits::FILE_BYTES_MAX};

/// The whole file; longer ones are no certificates.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let error = |source| CertificateError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(error)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(error)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let reason = format!("longer than {FILE_BYTES_MAX} bytes");
        return Err(CertificateError::Unusable { path: path.to_owned(), reason });
    }
    Ok(bytes)
}

/// Replaces the file as a whole; it is never there half or readable by others than its owner
/// unless `mode` says so.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let error = |source| CertificateError::File { path: path.to_owned(), source };
    let new = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new).map_err(error)?;
    file.write_all(text.as_bytes()).map_err(error)?;
    file.sync_all().map_err(error)?;
    fs::rename(&new, path).map_err(error)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(error)?;
    }
    Ok(())
}
