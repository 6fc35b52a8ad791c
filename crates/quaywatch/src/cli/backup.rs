//! `quaywatch backup` and `quaywatch restore`.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};

use super::command::Common;
use crate::backup;

/// Write alerts, log lines, users and certificates into one file, while everything runs
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    common: Common,
    /// The file to write (tar, zstd), `-` for standard output; it must not exist yet
    file: PathBuf,
}

/// Fill an empty data folder from a backup; start quaywatch afterwards
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    common: Common,
    /// The file to read, `-` for standard input
    file: PathBuf,
}

impl Backup {
    /// Writes beside the file and renames, so that a file of that name is a whole backup.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        if !config.hub_dir().is_dir() {
            bail!(
                "{} holds nothing of quaywatch: name the folder with --data-dir",
                config.data_dir.display()
            );
        }
        if self.file == Path::new("-") {
            if std::io::stdout().is_terminal() {
                bail!("a backup is not for a terminal: name a file, or redirect the output");
            }
            backup::write(&config, BufWriter::new(std::io::stdout().lock()))?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.file.exists() {
            bail!("{} exists; a backup never replaces a file", self.file.display());
        }
        let mut unfinished = self.file.clone().into_os_string();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        // It holds password hashes and keys: for its owner alone.
        let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
        let out = out.with_context(|| format!("cannot write {}", unfinished.display()))?;
        let mut writer = BufWriter::new(out);
        let written = backup::write(&config, &mut writer).inspect_err(|_| {
            let _ = std::fs::remove_file(&unfinished);
        })?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        std::fs::rename(&unfinished, &self.file)?;
        println!("{}: {} files, {} bytes", self.file.display(), written.files, written.bytes);
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    /// Ends with an error before anything is written when the data folder holds something.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let restored = if self.file == Path::new("-") {
            backup::read(&config, BufReader::new(std::io::stdin().lock()))?
        } else {
            let file =
                File::open(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
            backup::read(&config, BufReader::new(file))?
        };
        println!("restored {} files of {}", restored.files, restored.made);
        Ok(ExitCode::SUCCESS)
    }
}
