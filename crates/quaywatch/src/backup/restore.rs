//! Reads an archive back into a data folder that has nothing yet.
//!
//! An archive is foreign bytes: only plain files below `hub/` and `sensor/` are taken, never a
//! link, never a path that leads out.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Read,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Component, Path},
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::archive::{HEAD, VERSION};
use crate::{config::Config, supervisor};

/// The head is a line.
const HEAD_BYTES_MAX: u64 = 4096;

#[derive(Deserialize)]
struct Head {
    version: u64,
    program: String,
    created: String,
}

/// What was read.
pub(crate) struct Restored {
    /// Files written.
    pub(crate) files: u64,
    /// When the backup was made, and by which version.
    pub(crate) made: String,
}

/// Fills the data folder from `input`.
///
/// # Errors
/// The folder holds something already, the archive is none or damaged, the disk is full. What was
/// written until then stays, to be looked at and removed.
pub(crate) fn read(config: &Config, input: impl Read) -> Result<Restored> {
    for folder in [config.hub_dir(), config.sensor_dir()] {
        ensure!(
            !holds_files(&folder)?,
            "{} is not empty: stop quaywatch and move it away first; nothing was changed",
            folder.display()
        );
    }
    let mut archive = tar::Archive::new(zstd::Decoder::new(input)?);
    let mut entries = archive.entries()?;
    let first = entries.next().context("the archive is empty")?.context("this is no backup")?;
    ensure!(first.path()?.as_ref() == Path::new(HEAD), "this is no backup: it does not begin with {HEAD}");
    let head: Head = serde_json::from_reader(first.take(HEAD_BYTES_MAX)).with_context(|| HEAD.to_owned())?;
    ensure!(
        head.version <= VERSION,
        "the backup has form {}, this program knows up to {VERSION}: use the version that made it, {}",
        head.version,
        head.program
    );
    supervisor::prepare_folders(config)?;
    let mut files = 0;
    for entry in entries {
        let mut entry = entry.context("the backup is damaged or cut short")?;
        let path = entry.path()?.into_owned();
        ensure!(entry.header().entry_type().is_file(), "{} is no plain file", path.display());
        ensure!(is_ours(&path), "{} is not a place in a data folder", path.display());
        let target = config.data_dir.join(&path);
        let folder = target.parent().context("a file without a folder")?;
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
        let file = file.as_mut().map_err(|error| anyhow::anyhow!("{}: {error}", target.display()))?;
        let copied = std::io::copy(&mut entry, file).with_context(|| target.display().to_string())?;
        ensure!(copied == entry.size(), "the backup ends within {}", path.display());
        file.sync_all()?;
        files += 1;
    }
    give_to_hub(&config.hub_dir())?;
    Ok(Restored { files, made: format!("{} by quaywatch {}", head.created, head.program) })
}

/// Plain names below the two folders.
fn is_ours(path: &Path) -> bool {
    let mut parts = path.components();
    let below = matches!(parts.next(), Some(Component::Normal(top)) if top == "hub" || top == "sensor");
    let rest: Vec<Component<'_>> = parts.collect();
    below && !rest.is_empty() && rest.iter().all(|part| matches!(part, Component::Normal(_)))
}

/// Whether any file lies below; empty folders are what a first start leaves.
fn holds_files(folder: &Path) -> Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        other => other.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || holds_files(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn give_to_hub(folder: &Path) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = Some(supervisor::HUB_UID);
    std::os::unix::fs::lchown(folder, owner, owner)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            give_to_hub(&entry.path())?;
        } else {
            std::os::unix::fs::lchown(entry.path(), owner, owner)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn config(folder: &Path) -> Config {
        Config { data_dir: folder.join("data"), ..Config::default() }
    }

    #[test]
    fn what_was_written_comes_back_and_never_over_something() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        let source = config(&from);
        for (path, content) in [
            ("hub/store/wal/0.wal", "lines"),
            ("hub/store/lock", ""),
            ("hub/access/users.json", "{}"),
            ("hub/access/sessions.json", "{}"),
            ("sensor/id", "7"),
        ] {
            let path = source.data_dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let mut bytes = Vec::new();
        assert_eq!(super::super::write(&source, &mut bytes).unwrap().files, 3);
        let target = config(&to);
        assert_eq!(read(&target, bytes.as_slice()).unwrap().files, 3);
        assert_eq!(fs::read(target.data_dir.join("hub/store/wal/0.wal")).unwrap(), b"lines");
        assert!(!target.data_dir.join("hub/access/sessions.json").exists());
        let error = read(&target, bytes.as_slice()).err().unwrap().to_string();
        assert!(error.contains("not empty"), "{error}");
        // Cut anywhere, it is an error, never a silent half.
        for cut in [10, bytes.len() / 2, bytes.len() - 10] {
            let empty = config(&folder.path().join(format!("cut-{cut}")));
            assert!(read(&empty, &bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn an_archive_cannot_write_elsewhere() {
        let check = |path: &str, ours: bool| assert_eq!(is_ours(Path::new(path)), ours, "{path}");
        check("hub/store/manifest", true);
        check("sensor/id", true);
        check("hub", false);
        check("hub/../../etc/passwd", false);
        check("/etc/passwd", false);
        check("run/hub.sock", false);

        let folder = tempfile::tempdir().unwrap();
        let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        let head = br#"{"version":1,"program":"0","created":"x"}"#;
        let mut header = tar::Header::new_gnu();
        header.set_size(head.len() as u64);
        archive.append_data(&mut header, HEAD, &head[..]).unwrap();
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        archive.append_link(&mut link, "hub/access", "/etc").unwrap();
        let mut encoder = archive.into_inner().unwrap();
        encoder.flush().unwrap();
        let bytes = encoder.finish().unwrap();
        let error = read(&config(folder.path()), bytes.as_slice()).err().unwrap().to_string();
        assert!(error.contains("no plain file"), "{error}");
    }
}
