//! `quaywatch ready`: the health check of containers and scripts. An image of one program has no
//! curl.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use super::command::Common;
use crate::link::HubClient;

/// A health check that takes longer has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// A sensor reports every second; after this it is gone.
const SENSOR_SILENT_MS: u64 = 5_000;

/// Say by the exit code whether the hub answers, or the sensor reports to it
#[derive(Debug, clap::Args)]
pub(crate) struct Ready {
    #[command(flatten)]
    common: Common,
    /// Which process
    #[arg(default_value = "hub")]
    process: Process,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Process {
    /// Answers on its socket in the data folder.
    Hub,
    /// Has reported to the hub within five seconds.
    Sensor,
}

impl Ready {
    /// 0 when it is, 1 with a reason when it is not.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = HubClient::new(&config.hub_socket());
        let check = async {
            match self.process {
                Process::Hub => client.ready().await.context("the hub does not answer"),
                Process::Sensor => {
                    let (age_ms, _) = client.sensor().await.context("no word of the sensor")?;
                    if age_ms > SENSOR_SILENT_MS {
                        bail!("the sensor was last heard of {} s ago", age_ms / 1000);
                    }
                    Ok(())
                }
            }
        };
        runtime
            .block_on(async { tokio::time::timeout(ANSWER_WITHIN, check).await })
            .context("no answer in time")??;
        println!("ready");
        Ok(ExitCode::SUCCESS)
    }
}
