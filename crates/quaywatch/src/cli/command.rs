//! The command line: what `quaywatch --help` shows.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use super::{
    backup, bench, ca, doctor, events, fields, hub, query, ready, record, replay, rules, run, selftest,
    sensor, status, store, user,
};
use crate::config::{self, Config};

/// Watches what happens inside the containers of this host: kernel events, rules, alerts,
/// a log store with LogQL and a page, in one program.
#[derive(Debug, Parser)]
#[command(name = "quaywatch", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Options of the commands that start something.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// Configuration file (YAML), `-` for standard input [default: /etc/quaywatch/quaywatch.yaml,
    /// which may be absent]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Folder for everything that is kept [default: /var/lib/quaywatch]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Ask for a user or token on every listener, or on none
    #[arg(long, value_name = "on|off", global = true)]
    pub(crate) auth: Option<OnOff>,
}

/// A switch on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOff {
    /// Yes.
    On,
    /// No.
    Off,
}

impl Common {
    /// Reads the configuration and lays these options over it.
    pub(crate) fn load(&self) -> Result<Config> {
        let mut config = config::load(self.config.as_deref())?;
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        if let Some(auth) = self.auth {
            config.auth = auth == OnOff::On;
        }
        if config.data_dir.is_relative() {
            config.data_dir = std::env::current_dir()?.join(&config.data_dir);
        }
        Ok(config)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure what replaying a capture costs
    Bench(bench::Bench),
    /// Write alerts, log lines, users and certificates into one file, while everything runs
    Backup(backup::Backup),
    /// Show the certificate of the local authority
    Ca(ca::Ca),
    /// Check kernel, rights, container runtimes, disk and ports, and say how to mend each
    Doctor(doctor::Doctor),
    /// List the events, with the parameters that evt.arg.NAME reads
    Events(events::Events),
    /// List the fields that conditions and outputs may use
    Fields(fields::Fields),
    /// Run the hub alone: ingest, queue, store, LogQL and page
    Hub(hub::Hub),
    /// Record what happens on this host into a capture (.scap)
    Record(record::Record),
    /// Evaluate rules or filters on a recorded capture (.scap)
    Replay(replay::Replay),
    /// Check, explain, test and format rule files
    Rules(rules::Rules),
    /// Print the lines that a LogQL query finds, as many as there are
    Query(query::Query),
    /// Say by the exit code whether the hub answers, or the sensor reports to it
    Ready(ready::Ready),
    /// Fill an empty data folder from a backup; start quaywatch afterwards
    Restore(backup::Restore),
    /// Run everything: starts the sensor and the hub, and starts them again when they die
    Run(run::Run),
    /// Make harmless alerts in a throwaway container and follow each through every hop
    Selftest(selftest::Selftest),
    /// Run the sensor alone: kernel probes, containers and rules
    Sensor(sensor::Sensor),
    /// Show what the sensor sees, filters and loses
    Status(status::Status),
    /// Prove that nothing stored was altered, and hand the data to other engines
    Store(store::Store),
    /// Add, list and remove users and tokens
    User(user::User),
}

impl Arguments {
    /// Runs the command; its exit code is the program's.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Bench(command) => command.run(),
            Command::Backup(command) => command.run(),
            Command::Ca(command) => command.run(),
            Command::Doctor(command) => command.run(),
            Command::Events(command) => command.run(),
            Command::Fields(command) => command.run(),
            Command::Hub(command) => command.run(),
            Command::Query(command) => command.run(),
            Command::Ready(command) => command.run(),
            Command::Restore(command) => command.run(),
            Command::Record(command) => command.run(),
            Command::Replay(command) => command.run(),
            Command::Rules(command) => command.run(),
            Command::Run(command) => command.run(),
            Command::Selftest(command) => command.run(),
            Command::Sensor(command) => command.run(),
            Command::Status(command) => command.run(),
            Command::Store(command) => command.run(),
            Command::User(command) => command.run(),
        }
    }
}
