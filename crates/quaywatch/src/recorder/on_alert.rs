//! Captures that rules start: `capture: true` in a rule, or every match, as Falco 0.44 does.
//!
//! A match begins a capture with the state of that moment, or lets the one that runs go on. The
//! matching event is in it, what went before is not.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use capture_file::Compression;
use event::Event;
use rule_compiler::RuleSet;
use telemetry::{Counter, Registry};

use super::{
    config::{CaptureConfig, CaptureMode},
    start_state,
    tape::{Bounds, Tape},
};

/// Starts and ends captures as events and matches come.
pub(crate) struct OnAlert {
    config: CaptureConfig,
    prefix: PathBuf,
    tape: Option<Tape>,
    /// The deadline that matches at the current event ask for.
    wanted_ns: Option<u64>,
    started: Counter,
    failed: Counter,
}

impl OnAlert {
    /// `None` when captures are switched off.
    pub(crate) fn new(config: &CaptureConfig, sensor_dir: &Path, registry: &Registry) -> Option<OnAlert> {
        if !config.enabled {
            return None;
        }
        let prefix = if config.path_prefix.as_os_str().is_empty() {
            sensor_dir.join("captures/quaywatch")
        } else {
            config.path_prefix.clone()
        };
        Some(OnAlert {
            config: config.clone(),
            prefix,
            tape: None,
            wanted_ns: None,
            started: registry.counter("captures_started_total", "Captures that rules started.", &[]),
            failed: registry.counter("captures_failed_total", "Captures that could not be written.", &[]),
        })
    }

    /// A rule matched at the current event.
    pub(crate) fn matched(&mut self, event: &Event<'_>, rules: &RuleSet, rule: &str) {
        let rule = rules.rule(rule);
        if self.config.mode == CaptureMode::Rules && !rule.is_some_and(|rule| rule.capture) {
            return;
        }
        let duration_ms = rule
            .map(|rule| rule.capture_duration_ms)
            .filter(|duration_ms| *duration_ms > 0)
            .unwrap_or(self.config.default_duration_ms);
        let deadline = event.timestamp.0.saturating_add(u64::from(duration_ms).saturating_mul(1_000_000));
        self.wanted_ns = Some(self.wanted_ns.unwrap_or(0).max(deadline));
    }

    /// After the rules have seen an event: begins a capture if one is wanted, and writes the event
    /// to the one that runs.
    pub(crate) fn after(&mut self, event: &Event<'_>) {
        if let Some(deadline_ns) = self.wanted_ns.take() {
            match &mut self.tape {
                Some(tape) => tape.extend(deadline_ns),
                None => self.start(event, deadline_ns),
            }
        }
        let Some(tape) = &mut self.tape else { return };
        match tape.write(event, 0) {
            Ok(None) => {}
            Ok(Some(_)) => self.end(),
            Err(error) => self.fail(&error),
        }
    }

    /// Ends a capture whose time is over though no event came.
    pub(crate) fn tick(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Events may be some time in the ring buffer.
        let now_ns = now.saturating_sub(Duration::from_secs(1)).as_nanos();
        if self.tape.as_ref().is_some_and(|tape| tape.deadline_ns().is_some_and(|at| u128::from(at) < now_ns))
        {
            self.end();
        }
    }

    /// Whether a capture is being written.
    pub(crate) fn is_running(&self) -> bool {
        self.tape.is_some()
    }

    fn start(&mut self, event: &Event<'_>, deadline_ns: u64) {
        let path = path_of(&self.prefix, event.timestamp.0, event.number);
        let megabytes = u64::from(self.config.file_mb_max);
        let bounds = Bounds {
            deadline_ns: Some(deadline_ns),
            file_bytes_max: (megabytes > 0).then_some(megabytes << 20),
        };
        let state = start_state(Path::new("/proc"));
        let folder = path
            .parent()
            .map_or(Ok(()), |folder| fs::DirBuilder::new().recursive(true).mode(0o700).create(folder));
        match folder.and_then(|()| Tape::start(&path, Compression::Gzip, &state, bounds)) {
            Ok(tape) => {
                self.started.increment();
                tracing::info!(path = %path.display(), "a rule started a capture");
                self.tape = Some(tape);
                self.remove_oldest();
            }
            Err(error) => self.fail(&error),
        }
    }

    fn end(&mut self) {
        let Some(tape) = self.tape.take() else { return };
        let (path, events) = (tape.path().to_owned(), tape.events());
        match tape.finish() {
            Ok(bytes) => tracing::info!(path = %path.display(), events, bytes, "a capture is complete"),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.tape = None;
        self.failed.increment();
        tracing::error!(%error, "a capture cannot be written");
    }

    /// Names hold the time with all its digits: their order is that of age.
    fn remove_oldest(&self) {
        let most = self.config.files_max as usize;
        let (Some(folder), Some(name)) = (self.prefix.parent(), self.prefix.file_name()) else { return };
        let start = format!("{}_", name.to_string_lossy());
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries
            .filter(|entry| is_capture(&entry.file_name().to_string_lossy(), &start))
            .map(|entry| entry.path())
            .collect();
        files.sort();
        if most > 0 {
            for path in files.iter().rev().skip(most) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

impl Drop for OnAlert {
    fn drop(&mut self) {
        self.end();
    }
}

/// Falco's form: prefix, time and number of the event with twenty digits each.
fn path_of(prefix: &Path, timestamp_ns: u64, number: u64) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(format!("_{timestamp_ns:020}_{number:020}.scap"));
    path.into()
}

fn is_capture(name: &str, start: &str) -> bool {
    let digits = name.strip_prefix(start).and_then(|name| name.strip_suffix(".scap"));
    digits.is_some_and(|digits| digits.len() == 41 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use capture_file::{Entry, Reader};
    use event::{Params, Tid, UnixNs, event_code};
    use rule_compiler::{Options, RuleFile, compile};

    use super::*;

    const RULES: &str = "
- rule: saved
  desc: d
  condition: evt.type=close
  output: o
  priority: ERROR
  capture: true
  capture_duration: 10
- rule: not saved
  desc: d
  condition: evt.type=close
  output: o
  priority: ERROR
";

    fn rules() -> Arc<RuleSet> {
        let file = RuleFile { name: "r".to_owned(), text: RULES.to_owned() };
        let (rules, report) = compile(&[file], &Options::default());
        assert!(report.is_ok(), "{}", report.render(false));
        Arc::new(rules)
    }

    fn feed(on_alert: &mut OnAlert, at_ms: u64, rule: Option<&str>) {
        let mut body = vec![8, 0, 8, 0];
        body.extend([0; 16]);
        let event = Event {
            number: at_ms,
            timestamp: UnixNs(at_ms * 1_000_000),
            tid: Tid(1),
            cpu: 0,
            code: event_code::SYSCALL_CLOSE_X,
            params: Params::parse(2, &body).unwrap(),
            context: None,
        };
        if let Some(rule) = rule {
            on_alert.matched(&event, &rules(), rule);
        }
        on_alert.after(&event);
    }

    fn captures(folder: &Path) -> Vec<(String, Vec<u64>)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let mut reader = Reader::open(&entry.path()).unwrap();
                let mut times = Vec::new();
                while let Some(next) = reader.next().unwrap() {
                    if let Entry::Event(captured) = next {
                        times.push(captured.event.timestamp.0 / 1_000_000);
                    }
                }
                (entry.file_name().to_string_lossy().into_owned(), times)
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_match_is_kept_with_what_follows_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = CaptureConfig { enabled: true, files_max: 2, ..CaptureConfig::default() };
        let registry = Registry::default();
        let mut on_alert = OnAlert::new(&config, folder.path(), &registry).unwrap();
        feed(&mut on_alert, 1000, Some("not saved"));
        assert!(!on_alert.is_running());
        feed(&mut on_alert, 2000, Some("saved"));
        feed(&mut on_alert, 2005, None);
        // Goes on for ten milliseconds more.
        feed(&mut on_alert, 2006, Some("saved"));
        feed(&mut on_alert, 2015, None);
        assert!(on_alert.is_running());
        feed(&mut on_alert, 2016, None);
        assert!(!on_alert.is_running());
        feed(&mut on_alert, 3000, Some("saved"));
        feed(&mut on_alert, 4000, None);
        let name = |ms: u64| format!("quaywatch_{:020}_{ms:020}.scap", ms * 1_000_000);
        let folder = folder.path().join("captures");
        assert_eq!(captures(&folder), [(name(2000), vec![2000, 2005, 2006, 2015]), (name(3000), vec![3000])]);
        feed(&mut on_alert, 5000, Some("saved"));
        drop(on_alert);
        assert_eq!(
            captures(&folder).iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
            [name(3000), name(5000)]
        );
    }

    #[test]
    fn captures_are_off_unless_asked_for() {
        assert!(
            OnAlert::new(&CaptureConfig::default(), Path::new("/nonexistent"), &Registry::default())
                .is_none()
        );
    }
}
