//! What the answers must be: kept line by line while the lines are made.

use std::collections::{BTreeMap, HashMap, VecDeque};

use anyhow::{Context, Result};

use super::lines::{Line, NEEDLE};

const KEPT: usize = 1000;

/// What of a line is asked for.
#[derive(Clone, Copy)]
struct Row {
    timestamp_ns: i64,
    rule: u16,
    container: u16,
    is_severe: bool,
    has_word: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Naive {
    rows: Vec<Row>,
    names: Vec<String>,
    numbers: HashMap<String, u16>,
    pub(super) raw_bytes: u64,
    pub(super) newest: Newest,
    pub(super) with_word: Newest,
    pub(super) with_field: Newest,
    pub(super) with_needle: Newest,
}

/// The newest lines that pass, oldest first, and how many pass.
#[derive(Default)]
pub(super) struct Newest {
    pub(super) lines: VecDeque<(i64, String)>,
    pub(super) count: u64,
}

impl Newest {
    fn push(&mut self, line: &Line) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back((line.timestamp_ns, line.text.clone()));
        self.count += 1;
    }
}

/// By name and end of the window.
pub(super) type Counts = BTreeMap<(String, i64), u64>;

impl Naive {
    pub(super) fn add(&mut self, line: &Line) -> Result<()> {
        let parsed: serde_json::Value = serde_json::from_str(&line.text).context("a line is no JSON")?;
        let field =
            |name: &str| parsed.pointer(&format!("/output_fields/{name}")).and_then(|value| value.as_str());
        self.raw_bytes += line.text.len() as u64;
        self.newest.push(line);
        let has_word = line.text.contains("nzbget");
        if has_word {
            self.with_word.push(line);
        }
        if field("proc.name") == Some("apk") {
            self.with_field.push(line);
        }
        if line.text.contains(NEEDLE) {
            self.with_needle.push(line);
        }
        let container = field("container.name").unwrap_or("").to_owned();
        let row = Row {
            timestamp_ns: line.timestamp_ns,
            rule: self.number(&line.rule),
            container: self.number(&container),
            is_severe: matches!(line.priority.as_str(), "Error" | "Critical"),
            has_word,
        };
        self.rows.push(row);
        Ok(())
    }

    fn number(&mut self, name: &str) -> u16 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u16;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn lines(&self) -> u64 {
        self.rows.len() as u64
    }

    /// First and last instant.
    pub(super) fn span(&self) -> (i64, i64) {
        let at = |row: Option<&Row>| row.map_or(0, |row| row.timestamp_ns);
        (at(self.rows.first()), at(self.rows.last()))
    }

    fn windows(&self, step_ns: i64, kept: impl Fn(&Row) -> Option<u16>) -> Counts {
        let mut counts: HashMap<(u16, i64), u64> = HashMap::new();
        for row in &self.rows {
            if let Some(name) = kept(row) {
                // Windows leave their start out and include their end.
                let end = (row.timestamp_ns - 1).div_euclid(step_ns) + 1;
                *counts.entry((name, end * step_ns)).or_default() += 1;
            }
        }
        let name = |number: u16| self.names.get(usize::from(number)).cloned().unwrap_or_default();
        counts.into_iter().map(|((number, end), count)| ((name(number), end), count)).collect()
    }

    pub(super) fn by_rule(&self, step_ns: i64) -> Counts {
        self.windows(step_ns, |row| Some(row.rule))
    }

    pub(super) fn by_container(&self, step_ns: i64) -> Counts {
        self.windows(step_ns, |row| Some(row.container))
    }

    pub(super) fn with_word_by_step(&self, step_ns: i64) -> Counts {
        self.windows(step_ns, |row| row.has_word.then_some(0))
    }

    pub(super) fn severe_by_rule(&self, step_ns: i64) -> Counts {
        self.windows(step_ns, |row| row.is_severe.then_some(row.rule))
    }
}
