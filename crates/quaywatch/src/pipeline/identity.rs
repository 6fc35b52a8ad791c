//! The sensor's persistent id.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};

/// Reads the id, or makes one: 32 hex digits, kept in the sensor's folder.
pub(crate) fn sensor_id(folder: &Path) -> Result<String> {
    let path = folder.join("id");
    if let Ok(text) = fs::read_to_string(&path) {
        let id = text.trim();
        if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(id.to_owned());
        }
        tracing::warn!(path = %path.display(), "holds no sensor id, making a new one");
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let fresh = folder.join("id.new");
    let mut file = fs::File::create(&fresh).with_context(|| fresh.display().to_string())?;
    file.write_all(id.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, &path).with_context(|| path.display().to_string())?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = super::sensor_id(folder.path()).unwrap();
        assert_eq!(super::sensor_id(folder.path()).unwrap(), first);
        std::fs::write(folder.path().join("id"), "damaged").unwrap();
        assert_ne!(super::sensor_id(folder.path()).unwrap(), first);
    }
}
