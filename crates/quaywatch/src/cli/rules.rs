//! `quaywatch rules`: what is wrong with rule files, what a rule means, whether it does what it
//! should, what it costs, and one way to write it.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use rule_compiler::{Code, Options, Problem, Report, RuleFile, RuleSet, compile};
use rule_engine::FalcoConfig;

use super::{command::Common, doctor::Output};
use crate::{config::SensorConfig, link::HubClient, rule_files, rules_tools, supervisor};

/// How long a reload may take: 100,000 rules take some seconds.
const RELOAD_S_MAX: u64 = 60;

/// Check, explain, test and format rule files
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
        /// One of Falco's configuration keys, such as append_output[0].extra_output=TEXT
        #[arg(short = 'O', value_name = "KEY=VALUE")]
        options: Vec<String>,
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
    /// Write rule files in one way: blanks, indentation, conditions; comments stay
    Fmt {
        /// Files to write
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Change nothing; exit code 1 when a file would change
        #[arg(long)]
        check: bool,
    },
    /// Show what each rule costs and how often it fires, on a capture or on this host
    Profile {
        /// A capture; the running sensor of this host when none is named
        capture: Option<PathBuf>,
        /// Rule files in the order of loading; the built-in rules when none is named
        #[arg(long, value_name = "FILE", num_args = 1..)]
        rules: Vec<PathBuf>,
        /// Also the rules that their files switch off
        #[arg(long)]
        enable_all: bool,
        /// Form of the answer
        #[arg(short, long, value_enum, default_value = "text")]
        output: Output,
        #[command(flatten)]
        common: Common,
    },
    /// Have the running sensor read its rule files again; exit code 1 when it refuses them
    Reload {
        #[command(flatten)]
        common: Common,
    },
    /// Run tests of rules: given fields, or a capture, which rules fire; exit code 1 on a failure
    Test {
        /// Files of tests; docs/rule-tests.md shows their form
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Form of the answer
        #[arg(short, long, value_enum, default_value = "text")]
        output: Output,
    },
}

impl Rules {
    /// 1 when a file has an error, a test fails, or a file is not formatted.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.action {
            Action::Check { files, options, output } => check(&files, &options, output),
            Action::Explain { rule, files } => explain(&rule, &files),
            Action::Fmt { files, check } => format_files(&files, check),
            Action::Profile { capture, rules, enable_all, output, common } => {
                profile(capture.as_deref(), &rules, enable_all, output, &common)
            }
            Action::Reload { common } => reload(&common),
            Action::Test { files, output } => {
                rules_tools::run_tests(&files, output == Output::Json).map(code)
            }
        }
    }
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::from(supervisor::EXIT_BAD_INPUT) }
}

/// Reads and compiles; a file that cannot be read is a mistake among others.
fn load(files: &[PathBuf], options: &Options) -> Result<(Vec<RuleFile>, RuleSet, Report)> {
    if files.is_empty() {
        let built_in = rule_files::read(&SensorConfig::default())?;
        let (rules, report) = compile(&built_in, options);
        return Ok((built_in, rules, report));
    }
    let mut read = Vec::new();
    let mut unreadable = Vec::new();
    for path in files {
        match rule_files::read_file(path) {
            Ok(file) => read.push(file),
            Err(error) => unreadable.push(file_problem(path, &error)),
        }
    }
    let (rules, mut report) = compile(&read, options);
    report.errors.splice(0..0, unreadable);
    Ok((read, rules, report))
}

fn file_problem(path: &Path, error: &anyhow::Error) -> Problem {
    Problem {
        code: Code::ErrFileRead,
        message: format!("{error:#}"),
        item: String::new(),
        file: path.display().to_string(),
        line: 1,
        column: 1,
        source_line: String::new(),
        help: None,
    }
}

fn check(files: &[PathBuf], options: &[String], output: Output) -> Result<ExitCode> {
    let mut config = FalcoConfig::bare();
    for option in options {
        config.set(option)?;
    }
    let (options, _, _) = config.build()?;
    let (_, rules, report) = load(files, &options)?;
    match output {
        Output::Json => print(&serde_json::to_string_pretty(&report.to_json(&rules))?)?,
        Output::Text => {
            let mut text = report.render(std::io::stdout().is_terminal());
            text.push_str(&rules.load_report());
            let active = rules.rules().iter().filter(|rule| rule.is_active).count();
            let all = rules.rules().len();
            let (errors, warnings) = (report.errors.len(), report.warnings.len());
            text.push_str(&format!("{all} rules, {active} of them on, {errors} errors, {warnings} warnings"));
            print(&text)?;
        }
    }
    Ok(code(report.is_ok()))
}

/// A reader that went away, such as `head`, is no error.
fn print(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn explain(rule: &str, files: &[PathBuf]) -> Result<ExitCode> {
    let (_, rules, report) = load(files, &Options::default())?;
    if !report.is_ok() {
        print(&report.render(std::io::stdout().is_terminal()))?;
        return Ok(code(false));
    }
    match rules.explain(rule) {
        Some(text) => {
            print(text.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let similar = rules.similar_name(rule).map(|name| format!("; did you mean {name:?}?"));
            anyhow::bail!(
                "there is no rule {rule:?}{}; `quaywatch rules check -o json` lists the names",
                similar.unwrap_or_default()
            )
        }
    }
}

fn profile(
    capture: Option<&Path>,
    rules: &[PathBuf],
    enable_all: bool,
    output: Output,
    common: &Common,
) -> Result<ExitCode> {
    let costs = match capture {
        Some(capture) => {
            let files =
                rule_files::read(&SensorConfig { rules_files: rules.to_vec(), ..SensorConfig::default() })?;
            rules_tools::profile::of_capture(capture, &files, enable_all)?
        }
        None => {
            let config = common.load()?;
            let every = config.sensor.rules.profile_every_events;
            anyhow::ensure!(every > 0, "sensor.rules.profile_every_events is 0: nothing is measured");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(rules_tools::profile::of_sensor(&config.hub_socket(), every))?
        }
    };
    match output {
        Output::Json => print(&format!("{:#}", rules_tools::profile::to_json(&costs)))?,
        Output::Text => print(&rules_tools::profile::text(&costs))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the hub, which asks the sensor with its next report; then waits for what came of it.
fn reload(common: &Common) -> Result<ExitCode> {
    let hub = HubClient::new(&common.load()?.hub_socket());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rules = runtime.block_on(async {
        let (_, before) = hub.sensor().await?;
        hub.reload_rules().await?;
        let end = Instant::now() + Duration::from_secs(RELOAD_S_MAX);
        loop {
            let (_, now) = hub.sensor().await?;
            if now.rules.loads != before.rules.loads || now.pid != before.pid {
                return Ok(now.rules);
            }
            anyhow::ensure!(Instant::now() < end, "the sensor did not answer within {RELOAD_S_MAX} seconds");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })?;
    if rules.error.is_empty() {
        print(&format!("{} rules are in force", rules.enabled))?;
    } else {
        print(&format!("the rules in force stay, the new ones are refused:\n{}", rules.error))?;
    }
    Ok(code(rules.error.is_empty()))
}

fn format_files(files: &[PathBuf], check: bool) -> Result<ExitCode> {
    let mut is_good = true;
    for path in files {
        let file = rule_files::read_file(path)?;
        let formatted = rules_tools::format_file(&file).with_context(|| path.display().to_string())?;
        if formatted == file.text {
            continue;
        }
        if check {
            print(&format!("{} is not formatted", path.display()))?;
            is_good = false;
        } else {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            rules_tools::replace_file(path, folder.unwrap_or(Path::new(".")), &formatted)?;
        }
    }
    Ok(code(is_good))
}
