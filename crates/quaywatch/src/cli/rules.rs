//! `quaywatch rules`: what is wrong with rule files, and what a rule means.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Subcommand;
use rule_compiler::{Options, compile};

use super::doctor::Output;
use crate::{config::SensorConfig, rule_files, supervisor};

/// Check and explain rule files
#[derive(Debug, clap::Args)]
pub(crate) struct Rules {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is wrong with rule files, and where; exit code 1 when something is
    Check {
        /// Files in the order of loading; the built-in rules when none is named
        files: Vec<PathBuf>,
        /// Form of the answer
        #[arg(short, long, value_enum, default_value = "text")]
        output: Output,
    },
    /// Show what a rule compiles to, which events it needs, and what is asked of the kernel
    Explain {
        /// The rule's name
        rule: String,
        /// Files in the order of loading; the built-in rules when none is named
        files: Vec<PathBuf>,
    },
}

impl Rules {
    /// 1 when a file has an error.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.action {
            Action::Check { files, output } => check(files, output),
            Action::Explain { rule, files } => explain(&rule, files),
        }
    }
}

fn load(files: Vec<PathBuf>) -> Result<Vec<rule_compiler::RuleFile>> {
    rule_files::read(&SensorConfig { rules_files: files, ..SensorConfig::default() })
}

fn check(files: Vec<PathBuf>, output: Output) -> Result<ExitCode> {
    let (rules, report) = compile(&load(files)?, &Options::default());
    match output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&report.to_json(&rules))?),
        Output::Text => {
            print!("{}", report.render(std::io::stdout().is_terminal()));
            let count = rules.rules().len();
            println!("{count} rules, {} errors, {} warnings", report.errors.len(), report.warnings.len());
        }
    }
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(supervisor::EXIT_BAD_INPUT) })
}

fn explain(rule: &str, files: Vec<PathBuf>) -> Result<ExitCode> {
    let (rules, report) = compile(&load(files)?, &Options::default());
    if !report.is_ok() {
        print!("{}", report.render(std::io::stdout().is_terminal()));
        return Ok(ExitCode::from(supervisor::EXIT_BAD_INPUT));
    }
    match rules.explain(rule) {
        Some(text) => {
            print!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        None => anyhow::bail!("there is no rule {rule:?}; `quaywatch rules check -o json` lists the names"),
    }
}
