//! `quaywatch hub`.

use std::process::ExitCode;

use anyhow::Result;

use super::command::Common;
use crate::{pipeline, supervisor};

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
        supervisor::die_with_supervisor();
        let config = self.common.load()?;
        Ok(match pipeline::run_hub(&config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::try_again(&error),
        })
    }
}
