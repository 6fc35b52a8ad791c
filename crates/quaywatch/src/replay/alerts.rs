//! Rules on a capture: each match printed as a line, as Falco prints it.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use alert::Alert;
use anyhow::{Result, bail};
use capture_file::CapturedEvent;
use event::FieldSource;
use rule_engine::{Engine, FalcoConfig, LineShape};
use telemetry::Registry;

use super::recording::{Next, Recording, Visit};
use crate::rule_files;

/// Rules, and how their matches are printed.
pub(crate) struct Alerts {
    engine: Engine,
    shape: LineShape,
}

impl Alerts {
    /// Loads rules under a configuration; warnings go to standard error.
    pub(crate) fn load(files: &[PathBuf], config: &FalcoConfig) -> Result<Alerts> {
        let (options, mut engine_config, shape) = config.build()?;
        engine_config.hostname = hostname();
        let files = files.iter().map(|path| rule_files::read_file(path)).collect::<Result<Vec<_>>>()?;
        let (rules, report) = rule_files::compile_all(&files, &options);
        let Some(rules) = rules else { bail!("the rules cannot be loaded\n{}", report.render(false)) };
        if !report.warnings.is_empty() {
            eprint!("{}", report.render(false));
        }
        let engine = Engine::new(rules, engine_config, &Registry::default())?;
        Ok(Alerts { engine, shape })
    }

    /// Evaluates the rules on one event.
    pub(crate) fn evaluate<S: FieldSource>(&mut self, source: &S, on_match: &mut dyn FnMut(Alert)) {
        self.engine.evaluate(source, on_match);
    }
}

/// What Falco prints as `hostname`: it is told, or the name of this machine.
fn hostname() -> String {
    std::env::var("FALCO_HOSTNAME")
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// Replays a capture and prints its alerts. Those before an error in the capture are printed.
pub(crate) fn print_alerts(
    recording: &mut Recording,
    alerts: &mut Alerts,
    out: &mut impl Write,
) -> Result<()> {
    struct Printer<'a, W> {
        alerts: &'a mut Alerts,
        out: &'a mut W,
        failed: io::Result<()>,
    }
    impl<W: Write> Visit for Printer<'_, W> {
        fn event<S: FieldSource>(&mut self, _event: &CapturedEvent<'_>, source: &S) -> Result<Next> {
            let Alerts { engine, shape } = &mut *self.alerts;
            engine.evaluate(source, &mut |alert| {
                if self.failed.is_ok() {
                    self.failed = writeln!(self.out, "{}", shape.line(&alert));
                }
            });
            std::mem::replace(&mut self.failed, Ok(()))?;
            Ok(Next::Go)
        }
    }
    let mut printer = Printer { alerts, out, failed: Ok(()) };
    let outcome = recording.run(&mut printer);
    out.flush()?;
    outcome
}
