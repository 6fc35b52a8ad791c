//! Values of fields at chosen events of a capture.

use std::{collections::BTreeSet, io::Write, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use capture_file::CapturedEvent;
use event::FieldSource;
use rule_compiler::compile_filters;
use rule_engine::{Columns, Engine};
use serde_json::Value;
use telemetry::Registry;

use super::{
    filters::bare_config,
    recording::{Next, Recording, Visit},
};

/// Which events are printed.
pub(crate) enum Chosen {
    /// All that rules see.
    All,
    /// Those with these numbers (`evt.num`).
    Numbers(BTreeSet<u64>),
    /// Those that a filter is true for.
    Filter(Box<Engine>),
}

impl Chosen {
    /// Events with numbers from a list such as `3,17,90-95`.
    pub(crate) fn numbers(text: &str) -> Result<Chosen> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || format!("--events {part:?} is neither a number nor a range such as 90-95");
            match part.split_once('-') {
                None => drop(numbers.insert(part.parse().with_context(wrong)?)),
                Some((first, last)) => {
                    let (first, last): (u64, u64) =
                        (first.parse().with_context(wrong)?, last.parse().with_context(wrong)?);
                    anyhow::ensure!(last.saturating_sub(first) <= 10_000_000, wrong());
                    numbers.extend(first..=last);
                }
            }
        }
        Ok(Chosen::Numbers(numbers))
    }

    /// Events that a filter is true for.
    pub(crate) fn filter(text: &str) -> Result<Chosen> {
        let (rules, results) = compile_filters(&[text.to_owned()]);
        for result in results {
            result.map_err(|reason| anyhow!("the filter cannot be used: {reason}"))?;
        }
        let engine = Engine::new(Arc::new(rules), bare_config(), &Registry::default())?;
        Ok(Chosen::Filter(Box::new(engine)))
    }

    fn wants<S: FieldSource>(&mut self, number: u64, source: &S) -> bool {
        match self {
            Chosen::All => true,
            Chosen::Numbers(numbers) => numbers.contains(&number),
            Chosen::Filter(engine) => {
                let mut is_match = false;
                engine.matching(source, &mut |_| is_match = true);
                is_match
            }
        }
    }

    fn is_past(&self, number: u64) -> bool {
        match self {
            Chosen::Numbers(numbers) => numbers.last().is_none_or(|last| number >= *last),
            Chosen::All | Chosen::Filter(_) => false,
        }
    }
}

/// Prints a line for each chosen event: a JSON object, or values with tabs between them.
pub(crate) fn print_rows(
    recording: &mut Recording,
    chosen: &mut Chosen,
    columns: &Columns,
    is_json: bool,
    out: &mut impl Write,
) -> Result<()> {
    struct Printer<'a, W> {
        chosen: &'a mut Chosen,
        columns: &'a Columns,
        is_json: bool,
        out: &'a mut W,
    }
    impl<W: Write> Visit for Printer<'_, W> {
        fn event<S: FieldSource>(&mut self, event: &CapturedEvent<'_>, source: &S) -> Result<Next> {
            let number = event.event.number;
            if self.chosen.wants(number, source) {
                let row = self.columns.row(source);
                if self.is_json {
                    writeln!(self.out, "{row}")?;
                } else {
                    writeln!(self.out, "{}", plain(&row))?;
                }
            }
            Ok(if self.chosen.is_past(number) { Next::Stop } else { Next::Go })
        }
    }
    let outcome = recording.run(&mut Printer { chosen, columns, is_json, out });
    out.flush()?;
    outcome
}

fn plain(row: &Value) -> String {
    let values = row.as_object().into_iter().flatten().map(|(_, value)| match value {
        Value::Null => "<NA>".to_owned(),
        // A line stays a line, a column a column; nothing reaches a terminal as a command.
        Value::String(text) => text.chars().map(|c| if c.is_control() { '.' } else { c }).collect(),
        other => other.to_string(),
    });
    values.collect::<Vec<_>>().join("\t")
}
