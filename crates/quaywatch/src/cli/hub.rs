//! `quaywatch hub`.

use std::process::ExitCode;

use anyhow::Result;

use super::command::Common;
use crate::{
    confine::{self, Confinement},
    listeners::Listeners,
    pipeline, supervisor,
};

/// Run the hub alone: ingest, queue, store, LogQL and page
#[derive(Debug, clap::Args)]
pub(crate) struct Hub {
    #[command(flatten)]
    common: Common,
}

impl Hub {
    /// Ends when told to, or with 75 on what may pass: a full disk, a taken port.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        // In this order: no right is left, and no thread runs, when the first foreign byte is read.
        let listeners = Listeners::inherited();
        supervisor::leave_root_behind()?;
        supervisor::die_with_supervisor();
        let config = self.common.load()?;
        let folders = pipeline::hub_folders(&config)?;
        let confinement = confine::write_only_below(&folders);
        match &confinement {
            Confinement::Enforced => tracing::info!(?folders, "writes are confined"),
            Confinement::Open(why) => tracing::warn!(why, "writes are not confined by Landlock"),
        }
        Ok(match pipeline::run_hub(&config, listeners, confinement) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::try_again(&error),
        })
    }
}
