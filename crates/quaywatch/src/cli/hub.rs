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
    /// Ends when told to.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        supervisor::die_with_supervisor();
        let config = self.common.load()?;
        pipeline::run_hub(&config)?;
        Ok(ExitCode::SUCCESS)
    }
}
