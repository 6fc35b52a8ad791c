//! `quaywatch doctor`: what stands in the way, and how to mend it.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use super::command::Common;
use crate::{doctor, supervisor};

/// Check kernel, rights, container runtimes, disk and ports, and say how to mend each
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    common: Common,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

/// Form of an answer on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Doctor {
    /// 0 when nothing stands in the way, 3 when the kernel or the rights do, else 1.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let findings = doctor::examine(&config);
        match self.output {
            Output::Json => println!("{}", serde_json::to_string_pretty(&findings)?),
            Output::Text => {
                for finding in &findings {
                    println!("{finding}");
                }
            }
        }
        let worst = findings.iter().filter(|finding| finding.state == doctor::State::Bad);
        let code = worst.map(|finding| if finding.is_kernel { supervisor::EXIT_NO_KERNEL } else { 1 }).max();
        Ok(ExitCode::from(code.unwrap_or(0)))
    }
}
