//! `quaywatch replay`: rules, filters or fields on a recorded capture.

use std::{
    io::{self, BufRead as _, BufWriter, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use rule_engine::{Columns, FalcoConfig};

use super::doctor::Output;
use crate::{
    replay::{Alerts, Chosen, Recording, count_filters, print_alerts, print_rows},
    supervisor,
};

/// Filters that standard input may hold: a set of golden cases has some thousand.
const FILTERS_MAX: usize = 1_000_000;

/// Evaluate rules or filters on a recorded capture (.scap)
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The capture, plain or gzip
    capture: PathBuf,
    /// Rule files in the order of loading; their alerts are printed
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["filter", "filters", "fields"])]
    rules: Vec<PathBuf>,
    /// Whether the first rule that matches an event ends the search [default: first]
    #[arg(long, value_name = "first|all")]
    rule_matching: Option<Matching>,
    /// Switch on the rules that their files switch off
    #[arg(long)]
    enable_all: bool,
    /// One of Falco's configuration keys, such as append_output[0].extra_fields[0]=evt.num
    #[arg(short = 'O', value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// Choose the events that this filter is true for
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// Print how many events were chosen, and the numbers of the first and last
    #[arg(long, requires = "filter", conflicts_with = "fields")]
    count: bool,
    /// Read filters, one a line; print a line of JSON for each: count, first and last, or error
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["filter", "fields"])]
    filters: Option<PathBuf>,
    /// Choose events by number (evt.num): 3,17,90-95
    #[arg(long, value_name = "NUMBERS", conflicts_with = "filter", requires = "fields")]
    events: Option<String>,
    /// Print these fields of the chosen events: evt.num,proc.name,fd.name
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Matching {
    First,
    All,
}

impl Replay {
    /// 1 when the capture cannot be read to its end or a file has a mistake.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.replay() {
            // A reader that went away, such as `head`, is no error.
            Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("quaywatch: {error:#}");
                Ok(ExitCode::from(supervisor::EXIT_BAD_INPUT))
            }
            Ok(()) => Ok(ExitCode::SUCCESS),
        }
    }

    fn replay(&self) -> Result<()> {
        let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        if let Some(path) = &self.filters {
            let filters = read_filters(path)?;
            let (answers, outcome) = count_filters(&mut Recording::open(&self.capture)?, &filters)?;
            for answer in answers {
                writeln!(out, "{answer}")?;
            }
            out.flush()?;
            return outcome;
        }
        if let (Some(filter), true) = (&self.filter, self.count) {
            let filters = [filter.clone()];
            let (answers, outcome) = count_filters(&mut Recording::open(&self.capture)?, &filters)?;
            for answer in answers {
                if let Some(reason) = answer.get("error").and_then(serde_json::Value::as_str) {
                    bail!("the filter cannot be used: {reason}");
                }
                writeln!(out, "{answer}")?;
            }
            out.flush()?;
            return outcome;
        }
        if !self.rules.is_empty() {
            let mut alerts = Alerts::load(&self.rules, &self.falco_config()?)?;
            return print_alerts(&mut Recording::open(&self.capture)?, &mut alerts, &mut out);
        }
        let mut chosen = match (&self.filter, &self.events) {
            (Some(filter), _) => Chosen::filter(filter)?,
            (None, Some(events)) => Chosen::numbers(events)?,
            (None, None) => Chosen::All,
        };
        let default_fields =
            ["evt.num", "evt.time", "evt.cpu", "proc.name", "thread.tid", "evt.type", "evt.args"];
        let columns = if self.fields.is_empty() {
            Columns::parse(default_fields)
        } else {
            Columns::parse(self.fields.iter().map(String::as_str))
        };
        let columns = columns.map_err(|reason| anyhow::anyhow!("--fields: {reason}"))?;
        let is_json = self.output == Output::Json;
        let mut recording = Recording::open(&self.capture)?;
        // As the reference shows events that are picked by number.
        recording.is_each_alone = self.events.is_some();
        print_rows(&mut recording, &mut chosen, &columns, is_json, &mut out)
    }

    fn falco_config(&self) -> Result<FalcoConfig> {
        let mut config = FalcoConfig::default();
        for option in &self.options {
            config.set(option)?;
        }
        if let Some(matching) = self.rule_matching {
            config.set(match matching {
                Matching::First => "rule_matching=first",
                Matching::All => "rule_matching=all",
            })?;
        }
        if self.enable_all {
            config.set(r#"rules[]={"enable":{"rule":"*"}}"#)?;
        }
        if self.output == Output::Json {
            config.set("json_output=true")?;
        }
        Ok(config)
    }
}

fn read_filters(path: &std::path::Path) -> Result<Vec<String>> {
    let lines = if path.as_os_str() == "-" {
        io::stdin().lock().lines().take(FILTERS_MAX).collect::<io::Result<Vec<_>>>()
    } else {
        std::fs::read_to_string(path).map(|text| text.lines().map(str::to_owned).collect())
    };
    lines.with_context(|| format!("cannot read filters from {}", path.display()))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
