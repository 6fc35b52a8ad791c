//! Rules in force, and newer ones beside them. A file with an error changes nothing.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rule_compiler::{RuleFile, RuleSet};

use crate::{config::SensorConfig, link::RulesStatus, rule_files};

/// Shared by the detecting thread, which takes new rules, and the task that loads them.
#[derive(Debug)]
pub(crate) struct Rules {
    new: Mutex<Option<Arc<RuleSet>>>,
    status: Mutex<RulesStatus>,
}

impl Rules {
    /// Remembers what is in force at the start.
    pub(crate) fn new(rules: &RuleSet, files: &[RuleFile]) -> Rules {
        Rules { new: Mutex::new(None), status: Mutex::new(status(rules, files)) }
    }

    /// Rules that are to come into force, once.
    pub(crate) fn take_new(&self) -> Option<Arc<RuleSet>> {
        self.new.lock().take()
    }

    /// What is in force.
    pub(crate) fn status(&self) -> RulesStatus {
        self.status.lock().clone()
    }

    /// Reads and compiles the configured files again.
    pub(crate) fn reload(&self, config: &SensorConfig) {
        let refuse = |reason: String| {
            tracing::error!("the rules in force stay, the new ones are refused:\n{reason}");
            // Counted together with how it ended: whoever waits for the number reads the reason.
            let mut status = self.status.lock();
            (status.loads, status.error) = (status.loads + 1, reason);
        };
        let files = match rule_files::read(config) {
            Ok(files) => files,
            Err(error) => return refuse(format!("{error:#}")),
        };
        match rule_files::compile_all(&files, &config.rules.compile_options()) {
            (Some(rules), _) => {
                let new = status(&rules, &files);
                tracing::info!(rules = new.enabled, "new rules are in force");
                *self.new.lock() = Some(rules);
                let mut status = self.status.lock();
                *status = RulesStatus { loads: status.loads + 1, ..new };
            }
            (None, report) => refuse(report.render(false)),
        }
    }
}

fn status(rules: &RuleSet, files: &[RuleFile]) -> RulesStatus {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RulesStatus {
        enabled: rules.rules().iter().filter(|rule| rule.is_active).count() as u64,
        loads: 1,
        files: files.iter().map(|file| file.name.clone()).collect(),
        error: String::new(),
        loaded_unix_s: since.as_secs(),
    }
}
