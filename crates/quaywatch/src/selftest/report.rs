//! What the selftest found.

use std::fmt;

use serde::Serialize;

/// The way of an alert, in order. A hop that fails is named by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Hop {
    /// The throwaway container could be made.
    Container,
    /// A probe shipped the event.
    Kernel,
    /// A rule matched it.
    Rule,
    /// The hub took the alert and has it on disk.
    Ingest,
    /// The queue handed it to the store.
    Queue,
    /// The store has it on disk.
    Store,
    /// A LogQL query over HTTP answers with it.
    Query,
}

impl Hop {
    /// As it stands in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Hop::Container => "container",
            Hop::Kernel => "kernel",
            Hop::Rule => "rule",
            Hop::Ingest => "ingest",
            Hop::Queue => "queue",
            Hop::Store => "store",
            Hop::Query => "query",
        }
    }
}

/// How long a hop took, counted from the one before.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HopTime {
    /// Which.
    pub(crate) hop: Hop,
    /// Milliseconds since the hop before; the kernel's counts from the start of the action.
    pub(crate) ms: f64,
}

/// Where it stopped.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Failure {
    /// The first hop that did not happen.
    pub(crate) hop: Hop,
    /// What was seen there.
    pub(crate) reason: String,
    /// What to look at.
    pub(crate) help: String,
}

/// One action's way.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    /// What was done.
    pub(crate) action: &'static str,
    /// The alert it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    /// The rule that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The hops it made.
    pub(crate) hops: Vec<HopTime>,
    /// Where it stopped, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Failure>,
}

/// The whole selftest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// Everything arrived.
    pub(crate) ok: bool,
    /// The throwaway container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// One per action.
    pub(crate) steps: Vec<Step>,
    /// The first failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<Failure>,
}

impl Report {
    /// From the steps; fails when one of them did.
    pub(crate) fn of(container: String, steps: Vec<Step>) -> Report {
        let failed = steps.iter().find_map(|step| step.failed.clone());
        Report { ok: failed.is_none(), container: Some(container), steps, failed }
    }

    /// Nothing could be tried.
    pub(crate) fn stopped(failure: Failure) -> Report {
        Report { ok: false, container: None, steps: Vec::new(), failed: Some(failure) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let mark = if step.failed.is_none() { "ok  " } else { "FAIL" };
            writeln!(f, "{mark}  {:<18} {}", step.action, step.rule.as_deref().unwrap_or("-"))?;
            let hops: Vec<String> =
                step.hops.iter().map(|hop| format!("{} {:.1} ms", hop.hop.name(), hop.ms)).collect();
            if !hops.is_empty() {
                writeln!(f, "      {}", hops.join(" -> "))?;
            }
        }
        match &self.failed {
            None => write!(f, "every hop works"),
            Some(failure) => {
                write!(
                    f,
                    "FAILED at hop `{}`: {}\n      -> {}",
                    failure.hop.name(),
                    failure.reason,
                    failure.help
                )
            }
        }
    }
}
