//! Settings of captures that rules start; the words are Falco's.

use std::path::PathBuf;

use serde::Deserialize;

/// Captures (.scap) of what happens after a rule matched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CaptureConfig {
    /// Whether rules may start captures at all.
    pub(crate) enabled: bool,
    /// `rules`: those with `capture: true`. `all_rules`: every rule that matches.
    pub(crate) mode: CaptureMode,
    /// Files are named after this, the time and the event; `captures/quaywatch` in the sensor's
    /// folder when empty.
    pub(crate) path_prefix: PathBuf,
    /// How long a capture goes on after the last match that wants it, where the rule says nothing
    /// (`capture_duration`).
    pub(crate) default_duration_ms: u32,
    /// A capture ends when its file has this size; 0 for no bound.
    pub(crate) file_mb_max: u32,
    /// The oldest captures beyond this number are removed; 0 keeps all.
    pub(crate) files_max: u32,
}

/// Which matches start a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureMode {
    /// Those of rules with `capture: true`.
    Rules,
    /// All.
    AllRules,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        CaptureConfig {
            enabled: false,
            mode: CaptureMode::Rules,
            path_prefix: PathBuf::new(),
            default_duration_ms: 5000,
            file_mb_max: 100,
            files_max: 50,
        }
    }
}
