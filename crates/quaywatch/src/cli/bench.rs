//! `quaywatch bench`: what parts of this program cost, measured where they run.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Subcommand;
use rule_engine::FalcoConfig;

use super::doctor::Output;
use crate::replay::{Alerts, measure};

/// Measure what replaying a capture costs
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Replay a capture and print CPU time per event of decoding, state and rules
    Replay {
        /// The capture, plain or gzip
        capture: PathBuf,
        /// Rule files in the order of loading
        #[arg(long, value_name = "FILE", num_args = 1..)]
        rules: Vec<PathBuf>,
        /// Replays; the median counts
        #[arg(long, value_name = "N", default_value_t = 3)]
        repeat: usize,
        /// One of Falco's configuration keys, such as rule_matching=all
        #[arg(short = 'O', value_name = "KEY=VALUE")]
        options: Vec<String>,
        /// Form of the answer
        #[arg(short, long, value_enum, default_value = "text")]
        output: Output,
    },
}

impl Bench {
    /// Measures and prints.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let What::Replay { capture, rules, repeat, options, output } = self.what;
        let mut config = FalcoConfig::default();
        for option in &options {
            config.set(option)?;
        }
        let mut alerts = Alerts::load(&rules, &config)?;
        let cost = measure(&capture, &mut alerts, repeat)?;
        if output == Output::Json {
            println!("{}", serde_json::to_string(&cost)?);
            return Ok(ExitCode::SUCCESS);
        }
        println!("events            {}", cost.events);
        println!("alerts            {}", cost.alerts);
        println!("decode ns/event   {:.1}", cost.decode_ns_per_event);
        println!("state ns/event    {:.1}", cost.state_ns_per_event);
        println!("rules ns/event    {:.1}", cost.rules_ns_per_event);
        println!("total ns/event    {:.1}", cost.total_ns_per_event);
        println!("CPU seconds       {:.3}", cost.cpu_seconds);
        println!("RSS at most, MB   {:.1}", cost.rss_max_mb);
        Ok(ExitCode::SUCCESS)
    }
}
