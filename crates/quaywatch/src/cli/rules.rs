//! `quaywatch rules`: what is wrong with rule files, what a rule means, whether it does what it
//! should, what it costs, and one way to write it.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use rule_compiler::{Code, Options, Problem, Report, RuleFile, RuleSet, compile};
use rule_engine::FalcoConfig;

use super::doctor::Output;
use crate::{config::SensorConfig, rule_files, rules_tools, supervisor};

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
