//! What the loaded rules can use of the kernel's events: made by the rule compiler, obeyed by
//! the probes. It may ask for too much, never for too little.

use std::collections::BTreeMap;

/// Which events must be shipped from the kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    /// By event name (`execve`, `connect`, …); a name that is absent is not needed by any rule
    /// (the sensor still ships what its state needs). The open family
    /// (`open`, `openat`, `openat2`, `creat`) is narrowed by `open`.
    pub events: BTreeMap<String, Scope>,
    /// What is wanted of the open family, one entry per way of opening.
    pub open: OpenInterest,
    /// What no rule can use of an event's occurrences, by event name; all of them may be used
    /// where the name is absent. Not asked for the open family.
    pub narrowing: BTreeMap<String, Narrowing>,
}

impl Interest {
    /// Everything, from everyone: what is used when nothing is known of the rules.
    pub fn everything(names: impl IntoIterator<Item = String>) -> Self {
        Interest {
            events: names.into_iter().map(|name| (name, Scope::Everyone)).collect(),
            open: OpenInterest { read: PathSet::All, write: PathSet::All, failed: true },
            narrowing: BTreeMap::new(),
        }
    }
}

/// Occurrences that no rule can use although it asks for the event. The default leaves out none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Calls that succeeded.
    pub no_success: bool,
    /// Calls that failed.
    pub no_failure: bool,
    /// Messages of connected sockets (`fd.connected=false` is needed).
    pub no_connected: bool,
    /// Messages of an unconnected socket to where its last one went (`fd.name_changed=true` is
    /// needed).
    pub no_same_peer: bool,
    /// Socket families that can be used, bit 2 for `AF_INET`; every family when absent.
    pub families: Option<u64>,
}

/// Whose events are wanted. Ordered: a larger scope includes the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Only processes in containers.
    Containers,
    /// Every process.
    Everyone,
}

/// Opens that some rule can match. A relative path is always shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInterest {
    /// Opens without write access.
    pub read: PathSet,
    /// Opens with write access, or that create.
    pub write: PathSet,
    /// Opens that failed.
    pub failed: bool,
}

impl Default for OpenInterest {
    fn default() -> Self {
        OpenInterest {
            read: PathSet::Prefixes(Vec::new()),
            write: PathSet::Prefixes(Vec::new()),
            failed: false,
        }
    }
}

/// A set of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSet {
    /// Every path.
    All,
    /// Paths that start with one of these bytes; none when empty.
    Prefixes(Vec<Vec<u8>>),
}
