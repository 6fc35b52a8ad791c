//! Which runtimes answer: for status pages and `doctor`.

use serde::Serialize;

use crate::Runtime;

/// One watched socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuntimeHealth {
    /// Who is expected to listen there.
    pub runtime: Runtime,
    /// Path of the socket.
    pub socket: String,
    /// Whether it answers.
    pub state: HealthState,
    /// Since when, in nanoseconds since 1970.
    pub since_ns: u64,
}

/// Whether a runtime answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "message")]
pub enum HealthState {
    /// Being connected to for the first time.
    Starting,
    /// There is no such socket.
    Absent,
    /// Its events are being read.
    Connected,
    /// It could not be asked, or stopped answering.
    Error(String),
}
