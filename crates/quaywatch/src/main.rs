//! One program: the supervisor, the sensor, the hub, and the commands around them.
//!
//! The flow itself stands in `pipeline/`; what a process owns in `supervisor.rs`. Everything
//! else is a command in `cli/`.

#![forbid(unsafe_code)]

mod backup;
mod cli;
mod config;
mod confine;
mod doctor;
mod gateway;
mod health;
mod link;
mod listeners;
mod pipeline;
mod query_client;
mod recorder;
mod replay;
mod rule_files;
mod rules_tools;
mod selftest;
mod supervisor;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    if let Some(code) = selftest::applet::run() {
        return code;
    }
    let arguments = cli::Arguments::parse();
    match arguments.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("quaywatch: {error:#}");
            ExitCode::FAILURE
        }
    }
}
