//! What a load found: errors and warnings with Falco's codes, their places, and three ways to
//! show them (struct, text, JSON).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    limits::DIAGNOSTICS_MAX,
    rules::RuleSet,
    source::{Place, Sources},
};

/// Falco's load result codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Falco's, LOAD_ERR_* and LOAD_* in its output")]
pub enum Code {
    ErrFileRead,
    ErrYamlParse,
    ErrYamlValidate,
    ErrCompileCondition,
    ErrCompileOutput,
    ErrValidate,
    ErrExtension,
    UnknownSource,
    UnsafeNaCheck,
    NoEvttype,
    UnknownFilter,
    UnusedMacro,
    UnusedList,
    UnknownItem,
    DeprecatedItem,
    WarningExtension,
    AppendNoValues,
    ExceptionNameNotUnique,
    InvalidMacroName,
    InvalidListName,
    CompileCondition,
    UnknownKey,
}

impl Code {
    /// As Falco prints it.
    pub fn name(self) -> &'static str {
        match self {
            Code::ErrFileRead => "LOAD_ERR_FILE_READ",
            Code::ErrYamlParse => "LOAD_ERR_YAML_PARSE",
            Code::ErrYamlValidate => "LOAD_ERR_YAML_VALIDATE",
            Code::ErrCompileCondition => "LOAD_ERR_COMPILE_CONDITION",
            Code::ErrCompileOutput => "LOAD_ERR_COMPILE_OUTPUT",
            Code::ErrValidate => "LOAD_ERR_VALIDATE",
            Code::ErrExtension => "LOAD_ERR_EXTENSION",
            Code::UnknownSource => "LOAD_UNKNOWN_SOURCE",
            Code::UnsafeNaCheck => "LOAD_UNSAFE_NA_CHECK",
            Code::NoEvttype => "LOAD_NO_EVTTYPE",
            Code::UnknownFilter => "LOAD_UNKNOWN_FILTER",
            Code::UnusedMacro => "LOAD_UNUSED_MACRO",
            Code::UnusedList => "LOAD_UNUSED_LIST",
            Code::UnknownItem => "LOAD_UNKNOWN_ITEM",
            Code::DeprecatedItem => "LOAD_DEPRECATED_ITEM",
            Code::WarningExtension => "LOAD_WARNING_EXTENSION",
            Code::AppendNoValues => "LOAD_APPEND_NO_VALUES",
            Code::ExceptionNameNotUnique => "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
            Code::InvalidMacroName => "LOAD_INVALID_MACRO_NAME",
            Code::InvalidListName => "LOAD_INVALID_LIST_NAME",
            Code::CompileCondition => "LOAD_COMPILE_CONDITION",
            Code::UnknownKey => "LOAD_UNKNOWN_KEY",
        }
    }

    /// Errors stop the load, warnings do not.
    pub fn is_error(self) -> bool {
        self <= Code::ErrExtension
    }
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Falco's code.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The item it is in, such as `rule "Shell in container"`; empty outside of items.
    pub item: String,
    /// File name.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line of the file.
    pub source_line: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// All errors and warnings of one load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// They stop the load.
    pub errors: Vec<Problem>,
    /// They do not.
    pub warnings: Vec<Problem>,
    /// Problems beyond [`crate::limits::DIAGNOSTICS_MAX`], counted only.
    pub dropped_count: usize,
}

impl Report {
    /// No errors.
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        sources: &Sources,
        code: Code,
        place: Place,
        item: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.errors.len() + self.warnings.len() >= DIAGNOSTICS_MAX {
            self.dropped_count += 1;
            return;
        }
        let (line, column, source_line) = sources.position(place);
        let problem = Problem {
            code,
            message: message.into(),
            item: item.to_owned(),
            file: sources.name(place.file).to_owned(),
            line,
            column,
            source_line: source_line.chars().take(400).collect(),
            help,
        };
        // One mistake in a macro shows once, however many rules use it.
        let list = if code.is_error() { &mut self.errors } else { &mut self.warnings };
        if code != Code::ErrCompileCondition || !list.iter().any(|old| same(old, &problem)) {
            list.push(problem);
        }
    }

    /// For a terminal: place, source line, reason and help, most important first. Control
    /// characters of the files are shown escaped.
    pub fn render(&self, color: bool) -> String {
        let mut out = String::new();
        let paint = |code: &'static str, text: &str| {
            if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        for problem in self.errors.iter().chain(&self.warnings) {
            let kind =
                if problem.code.is_error() { paint("1;31", "error") } else { paint("1;33", "warning") };
            let item = if problem.item.is_empty() {
                String::new()
            } else {
                format!(" (in {})", escape(&problem.item))
            };
            let line_text = escape(&problem.source_line);
            // Escaping may widen what stands before the mark.
            let before: String = problem.source_line.chars().take(problem.column.saturating_sub(1)).collect();
            let margin = problem.line.to_string().len();
            let _ = writeln!(
                out,
                "{kind}[{}]: {}{item}\n{:margin$}--> {}:{}:{}\n{:margin$} |\n{} | {line_text}\n{:margin$} | {:indent$}{}",
                problem.code.name(),
                escape(&problem.message),
                "",
                escape(&problem.file),
                problem.line,
                problem.column,
                "",
                problem.line,
                "",
                "",
                paint("1", "^"),
                indent = escape(&before).chars().count(),
            );
            if let Some(help) = &problem.help {
                let _ = writeln!(out, "{:margin$} = help: {}", "", escape(help));
            }
        }
        if self.dropped_count > 0 {
            let _ = writeln!(out, "and {} more", self.dropped_count);
        }
        out
    }

    /// `{ok, errors, warnings, rules}` as `quaywatch rules check -o json` prints it.
    pub fn to_json(&self, rules: &RuleSet) -> Value {
        let problems = |list: &[Problem]| list.iter().map(Problem::to_json).collect::<Vec<_>>();
        json!({
            "ok": self.is_ok(),
            "errors": problems(&self.errors),
            "warnings": problems(&self.warnings),
            "rules": rules.rules().iter().map(crate::rules::Rule::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Problem {
    /// `{code, message, item, file, line, column, help}`.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code.name(),
            "message": self.message,
            "item": self.item,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "help": self.help,
        })
    }
}

fn same(a: &Problem, b: &Problem) -> bool {
    a.file == b.file && a.line == b.line && a.column == b.column && a.message == b.message
}

/// Text of a rule file may hold escape sequences meant for the reader's terminal.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Direction marks reorder what is shown; they are no use in a message.
        if c == '\t' {
            out.push(' ');
        } else if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
