//! Bounds of the ruler.

/// Longest rule group or rule file, in bytes.
pub(crate) const YAML_BYTES_MAX: usize = 1 << 20;
/// Most groups of one tenant; Loki has no default bound.
pub(crate) const GROUPS_MAX: usize = 1_000;
/// Most rules of one group.
pub(crate) const RULES_MAX: usize = 200;
/// Most alerts one rule has at once: a bad rule must not fill memory and mailboxes.
pub(crate) const ALERTS_MAX: usize = 10_000;
/// Most alerts that wait to be sent; further ones are dropped and counted.
pub(crate) const QUEUE_ALERTS_MAX: usize = 10_000;
/// Alerts of one request to an Alertmanager (Prometheus).
pub(crate) const BATCH_ALERTS_MAX: usize = 256;
/// Groups that are evaluated at once.
pub(crate) const EVALUATIONS_MAX: usize = 2;
/// Tries of one request; alerts are sent again every minute anyway.
pub(crate) const TRIES_MAX: u32 = 3;
/// How long a resolved alert is kept and sent (Prometheus: 15 minutes).
pub(crate) const RESOLVED_NS: i64 = 15 * 60 * 1_000_000_000;
/// Kept states older than this are not taken up again after a restart (Prometheus: an hour).
pub(crate) const OUTAGE_NS_MAX: i64 = 3600 * 1_000_000_000;
/// Shortest interval between evaluations.
pub(crate) const INTERVAL_NS_MIN: i64 = 1_000_000_000;
