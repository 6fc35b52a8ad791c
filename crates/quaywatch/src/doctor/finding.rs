//! One thing that was looked at.

use std::fmt;

use serde::Serialize;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Good,
    /// It works, with something missing.
    Fair,
    /// It cannot work.
    Bad,
}

/// One thing that was looked at, and what to do about it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: &'static str,
    /// How it stands.
    pub(crate) state: State,
    /// What was found.
    pub(crate) found: String,
    /// How to mend it; empty when there is nothing to mend.
    pub(crate) mend: String,
    /// The sensor cannot start because of it.
    #[serde(skip)]
    pub(crate) is_kernel: bool,
}

impl Finding {
    /// Nothing to mend.
    pub(crate) fn good(check: &'static str, found: impl Into<String>) -> Self {
        Finding { check, state: State::Good, found: found.into(), mend: String::new(), is_kernel: false }
    }

    /// It works without.
    pub(crate) fn fair(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding { check, state: State::Fair, found: found.into(), mend: mend.into(), is_kernel: false }
    }

    /// It does not work.
    pub(crate) fn bad(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Finding { check, state: State::Bad, found: found.into(), mend: mend.into(), is_kernel: false }
    }

    /// The sensor cannot start without it.
    pub(crate) fn for_kernel(mut self) -> Self {
        self.is_kernel = true;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.state {
            State::Good => "ok  ",
            State::Fair => "note",
            State::Bad => "FAIL",
        };
        write!(f, "{mark}  {:<12} {}", self.check, self.found)?;
        if !self.mend.is_empty() {
            write!(f, "\n      {:<12} -> {}", "", self.mend)?;
        }
        Ok(())
    }
}
