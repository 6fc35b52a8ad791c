//! `quaywatch run`: the supervisor.

use std::process::ExitCode;

use anyhow::Result;

use super::command::{Common, OnOff};
use crate::{
    listeners::Listeners,
    supervisor::{self, Children},
};

/// Run everything: starts the sensor and the hub, and starts them again when they die
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    #[command(flatten)]
    common: Common,
}

impl Run {
    /// Ends when told to, or with the code of a child that can never work.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        let listeners = Listeners::inherited();
        let config = self.common.load()?;
        let children = Children {
            config: &config,
            config_path: self.common.config.as_deref(),
            auth_off: self.common.auth == Some(OnOff::Off),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let code = runtime.block_on(supervisor::run(&children, listeners))?;
        Ok(ExitCode::from(code))
    }
}
