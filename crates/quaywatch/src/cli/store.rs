//! `quaywatch store`: the chain of hashes, and snapshots for other engines. Works on the files; a
//! running hub goes on.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use super::command::Common;
use crate::{config::Config, link::HubClient, pipeline::store_config};

/// Prove that nothing stored was altered, and hand the data to other engines
#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the head of the chain of hashes: keep it elsewhere, to prove later what came before
    Head,
    /// Check everything that is stored against the chain of hashes
    Verify {
        /// A head that was kept: what was stored before it must be there unaltered, or be gone by
        /// retention or a delete request
        #[arg(long, value_name = "HEX")]
        head: Option<String>,
    },
    /// Give DuckDB, ClickHouse and others a consistent set of Parquet files
    Snapshot {
        /// New folder; the files are linked, so they take no space on the same file system
        #[arg(required_unless_present = "list")]
        folder: Option<PathBuf>,
        /// Only print the paths of the live files; the store may remove them any time
        #[arg(long, conflicts_with = "folder")]
        list: bool,
        /// Leave out what is only in the write-ahead log
        #[arg(long)]
        no_flush: bool,
    },
}

impl Store {
    /// 0 when all is well; 1 when `verify` found something altered, or nothing could be done.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let folder = store_config(&config).data_dir;
        match self.action {
            Action::Head => {
                let report = log_store::verify_head(&folder)?;
                println!("{}", report.hash);
                eprintln!(
                    "entry {}, batches up to {}, made {}",
                    report.entries,
                    report.sequence,
                    instant(report.at_ns)
                );
            }
            Action::Verify { head } => return verify(&folder, head.as_deref()),
            Action::Snapshot { folder: into, list, no_flush } => {
                if !no_flush {
                    flush(&config)?;
                }
                let taken = match into {
                    Some(into) if !list => log_store::snapshot(&folder, &into)?,
                    _ => log_store::live_files(&folder)?,
                };
                if list {
                    taken.files.iter().for_each(|file| println!("{}", file.display()));
                }
                eprintln!("{} files, {} lines, {} bytes", taken.files.len(), taken.rows, taken.bytes);
                if taken.pending_deletes > 0 {
                    eprintln!(
                        "{} delete requests can still be cancelled: their lines are in these files",
                        taken.pending_deletes
                    );
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn verify(folder: &std::path::Path, head: Option<&str>) -> Result<ExitCode> {
    let report = log_store::verify(folder, head)?;
    if let Some(head) = &report.head {
        println!("chain     {} entries, head {}", head.entries, head.hash);
    }
    if let Some(number) = report.found_head {
        println!("from      entry {number}, the head that was given");
    }
    println!("sound     {} segments, {} lines", report.sound_segments, report.rows);
    if report.unsealed_segments > 0 {
        println!("unsealed  {} segments of before the chain; the hub seals them", report.unsealed_segments);
    }
    for (what, rows) in [
        ("expired", report.expired_rows),
        ("deleted", report.deleted_rows),
        ("doubles", report.duplicate_rows),
        ("damaged", report.set_aside_rows),
    ] {
        if rows > 0 {
            println!("{what}   {rows} lines");
        }
    }
    for fault in &report.faults {
        println!("FAULT     {fault}");
    }
    if report.faults.is_empty() {
        println!("nothing was altered, and nothing removed without an entry");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Has the hub flush, or does it where none runs.
fn flush(config: &Config) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = HubClient::new(&config.hub_socket());
    if runtime.block_on(client.ready()).is_ok() {
        return runtime.block_on(client.flush_store()).context("the hub could not flush");
    }
    let store = store_config(config);
    if !store.data_dir.join("manifest").exists() && !store.data_dir.join("wal").exists() {
        bail!("{} holds no store", store.data_dir.display());
    }
    let store = log_store::Store::open(store, &telemetry::Registry::default()).context(
        "no hub answers, and the store cannot be opened; --no-flush leaves out what is in the log",
    )?;
    store.flush()?;
    Ok(())
}

fn instant(at_ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at_ns))
        .map_or_else(|_| at_ns.to_string(), |at| at.to_string())
}
