//! Settings of the Loki door.

/// How the API behaves. The defaults are Loki's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Ask every request for `X-Scope-OrgID` (401 `no org id` without it), as Loki does with
    /// `auth_enabled`. Otherwise the tenant is `fake` unless the header names another.
    pub tenant_required: bool,
    /// Add the label `service_name` to pushed streams that lack it.
    pub discover_service_name: bool,
    /// Add the structured metadata `detected_level` to pushed entries that lack it.
    pub discover_log_levels: bool,
    /// Refuse entries older than this many seconds; 0 accepts any age. Loki: a week
    /// (`reject_old_samples_max_age`).
    pub entry_age_s_max: u64,
    /// Refuse entries this many seconds behind the newest of their stream; 0 accepts them. Loki: an
    /// hour (half of `max_chunk_age`).
    pub entry_lateness_s_max: u64,
    /// How many seconds back `patterns` looks; 0 is as far as it is asked. Loki mines what was
    /// pushed within the last three hours.
    pub patterns_within_s: u64,
    /// Most bytes of a pushed body as sent.
    pub body_bytes_max: usize,
    /// Most bytes of a pushed body after decompression.
    pub decoded_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tenant_required: false,
            discover_service_name: true,
            discover_log_levels: true,
            entry_age_s_max: 0,
            entry_lateness_s_max: 0,
            patterns_within_s: 86_400,
            body_bytes_max: 16 << 20,
            decoded_bytes_max: 64 << 20,
        }
    }
}
