//! `quaywatch events`: every event, with its parameters.

use std::process::ExitCode;

use anyhow::Result;

use super::fields::Form;
use crate::rules_tools::tables;

/// List the events, with the parameters that evt.arg.NAME reads
#[derive(Debug, clap::Args)]
pub(crate) struct Events {
    /// Form of the answer
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

impl Events {
    /// Prints the list.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.output {
            Form::Json => tables::print(&format!("{:#}", tables::events_json())),
            Form::Markdown => tables::print(&tables::events_markdown()),
            Form::Text => tables::print(&tables::events_text()),
        }
    }
}
