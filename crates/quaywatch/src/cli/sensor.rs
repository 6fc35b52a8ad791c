//! `quaywatch sensor`.

use std::process::ExitCode;

use anyhow::Result;

use super::command::Common;
use crate::{
    pipeline::{self, SensorEnd, StateLog},
    supervisor,
};

/// Run the sensor alone: kernel probes, containers and rules
#[derive(Debug, clap::Args)]
pub(crate) struct Sensor {
    #[command(flatten)]
    common: Common,
    /// Take the probes out of the kernel and end; a sensor that dies leaves them, to lose nothing
    #[arg(long)]
    uninstall: bool,
}

impl Sensor {
    /// 0 when told to stop, 1 on bad rules or configuration, 3 when the kernel or the rights
    /// do not suffice, 75 on what may pass.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        supervisor::die_with_supervisor();
        let config = self.common.load()?;
        if self.uninstall {
            let pins = &config.sensor.probes.bpffs_dir;
            sensor::Sensor::uninstall_at(pins)?;
            // What the probes' events told of processes goes with them.
            match std::fs::remove_dir_all(StateLog::folder(&config.sensor_dir(), pins)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => println!("no probe is pinned in {}", pins.display()),
            }
            return Ok(ExitCode::SUCCESS);
        }
        Ok(match pipeline::run_sensor(&config) {
            Ok(SensorEnd::Stopped) => ExitCode::SUCCESS,
            Ok(SensorEnd::BadRules) => ExitCode::from(supervisor::EXIT_BAD_INPUT),
            Ok(SensorEnd::NoKernel) => ExitCode::from(supervisor::EXIT_NO_KERNEL),
            Err(error) => super::try_again(&error),
        })
    }
}
