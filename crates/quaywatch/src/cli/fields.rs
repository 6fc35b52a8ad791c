//! `quaywatch fields`: every field that conditions and outputs may use.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::rules_tools::tables;

/// List the fields that conditions and outputs may use
#[derive(Debug, clap::Args)]
pub(crate) struct Fields {
    /// Form of the answer
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For programs.
    Json,
    /// For a page.
    Markdown,
    /// For a terminal.
    Text,
}

impl Fields {
    /// Prints the list.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.output {
            Form::Json => tables::print(&format!("{:#}", tables::fields_json())),
            Form::Markdown => tables::print(&tables::fields_markdown()),
            Form::Text => tables::print(&tables::fields_text()),
        }
    }
}
