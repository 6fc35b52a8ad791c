//! Loki's checks of pushed streams and entries: what breaks a limit is left out and named, the
//! rest is kept.

use log_record::{Entry, Labels, StreamEntries};
use logql_syntax::quote;

use super::{SentStream, lateness::Refused, level, service_name};
use crate::{config::Config, limits, reply::Refusal, state::LokiApi};

/// What is left of a push.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) streams: Vec<StreamEntries>,
    pub(super) first_error: Option<String>,
    pub(super) entries: u64,
    pub(super) line_bytes: u64,
    pub(super) refused: u64,
}

/// Checks all streams. A label name that is no name refuses the whole push (Loki).
pub(super) fn check(
    streams: Vec<SentStream>,
    tenant: &str,
    api: &LokiApi,
    now_ns: i64,
) -> Result<Checked, Refusal> {
    let config = &*api.config;
    let mut checked = Checked::default();
    for stream in &streams {
        label_names(&stream.labels)?;
    }
    for mut stream in streams {
        // Prometheus' name label means nothing here; Loki drops it.
        stream.labels.retain(|(name, _)| name != "__name__");
        let own = stream.labels.iter().filter(|(_, value)| !value.is_empty()).count();
        let discovered =
            config.discover_service_name.then(|| service_name::discover(&stream.labels)).flatten();
        stream.labels.extend(discovered.map(|name| ("service_name".to_owned(), name)));
        let labels = Labels::new(stream.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if let Some(error) = stream_error(&labels, own) {
            checked.refused += stream.entries.len() as u64;
            checked.first_error.get_or_insert(error);
            continue;
        }
        let lateness_ns = nanoseconds(config.entry_lateness_s_max);
        let total = stream.entries.len();
        let mut late = Refused::default();
        let mut kept = Vec::with_capacity(total);
        for mut entry in stream.entries {
            if let Some(error) = entry_error(&labels, &entry, now_ns, config) {
                checked.refused += 1;
                checked.first_error.get_or_insert(error);
                continue;
            }
            if lateness_ns > 0 {
                let newest = api.newest.of(tenant, &labels);
                let oldest = newest.map(|newest| newest.saturating_sub(lateness_ns));
                if let Some(oldest) = oldest.filter(|oldest| entry.timestamp_ns < *oldest) {
                    checked.refused += 1;
                    late.add(entry.timestamp_ns, oldest);
                    continue;
                }
                api.newest.note(tenant, &labels, entry.timestamp_ns);
            }
            if config.discover_log_levels {
                let level = level::detect(&stream.labels, &entry.metadata, &entry.line);
                entry.metadata.extend(level.map(|level| ("detected_level".to_owned(), level)));
            }
            checked.entries += 1;
            checked.line_bytes += entry.line.len() as u64;
            kept.push(entry);
        }
        if checked.first_error.is_none() {
            checked.first_error = late.text(tenant, &print(&labels), total);
        }
        if !kept.is_empty() {
            checked.streams.push(StreamEntries { labels, entries: kept });
        }
    }
    Ok(checked)
}

/// `{a="b", c="d"}`, quoted as Go does.
fn print(labels: &Labels) -> String {
    let all: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    format!("{{{}}}", all.join(", "))
}

fn label_names(labels: &[(String, String)]) -> Result<(), Refusal> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
            && name.chars().all(|next| next == '_' || next.is_ascii_alphanumeric())
    };
    if labels.iter().all(|(name, _)| is_name(name)) {
        return Ok(());
    }
    // Loki prints the labels and parses them again, so the place is one in that text.
    let mut sorted: Vec<&(String, String)> = labels.iter().collect();
    sorted.sort();
    let mut column = 2;
    for (name, value) in sorted {
        for (at, next) in name.chars().enumerate() {
            let good = next == '_' || next.is_ascii_alphabetic() || (at > 0 && next.is_ascii_digit());
            if !good {
                return Err(Refusal::bad(format!(
                    "couldn't parse labels: 1:{}: parse error: unexpected character inside braces: '{next}'\n",
                    column + at
                )));
            }
        }
        column += name.chars().count() + quote(value).chars().count() + 3;
    }
    Err(Refusal::bad("couldn't parse labels: a label name is empty\n"))
}

fn stream_error(labels: &Labels, own: usize) -> Option<String> {
    if own > limits::LABEL_NAMES_MAX {
        return Some(format!(
            "entry for stream '{}' has {own} label names; limit {}",
            print(labels),
            limits::LABEL_NAMES_MAX
        ));
    }
    labels.iter().find_map(|(name, value)| {
        if name.len() > limits::LABEL_NAME_BYTES_MAX {
            Some(format!("stream '{}' has label name too long: '{name}'", print(labels)))
        } else if value.len() > limits::LABEL_VALUE_BYTES_MAX {
            Some(format!("stream '{}' has label value too long: '{value}'", print(labels)))
        } else {
            None
        }
    })
}

fn nanoseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000)
}

fn entry_error(labels: &Labels, entry: &Entry, now_ns: i64, config: &Config) -> Option<String> {
    let oldest_ns = now_ns.saturating_sub(nanoseconds(config.entry_age_s_max));
    if config.entry_age_s_max > 0 && entry.timestamp_ns < oldest_ns {
        return Some(format!(
            "entry for stream '{}' has timestamp too old: {}, oldest acceptable timestamp is: {}",
            print(labels),
            seconds(entry.timestamp_ns),
            seconds(oldest_ns)
        ));
    }
    if entry.timestamp_ns > now_ns.saturating_add(limits::FUTURE_NS_MAX) {
        return Some(format!(
            "entry for stream '{}' has timestamp too new: {}",
            print(labels),
            seconds(entry.timestamp_ns)
        ));
    }
    if entry.line.len() > limits::LINE_BYTES_MAX {
        return Some(format!(
            "max entry size '{}' bytes exceeded for stream '{}' while adding an entry with length '{}' bytes",
            limits::LINE_BYTES_MAX,
            print(labels),
            entry.line.len()
        ));
    }
    let bytes: usize = entry.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    let advice = |option: &str| {
        format!("Please see `limits_config.{option}` or contact your Loki administrator to increase it")
    };
    if bytes > limits::METADATA_BYTES_MAX {
        return Some(format!(
            "stream '{}' has structured metadata too large: '{bytes}' bytes, limit: '{}' bytes. {}",
            print(labels),
            limits::METADATA_BYTES_MAX,
            advice("max_structured_metadata_size")
        ));
    }
    if entry.metadata.len() > limits::METADATA_PAIRS_MAX {
        return Some(format!(
            "stream '{}' has too many structured metadata labels: '{}', limit: '{}'. {}",
            print(labels),
            entry.metadata.len(),
            limits::METADATA_PAIRS_MAX,
            advice("max_structured_metadata_entries_count")
        ));
    }
    None
}

/// RFC 3339 in whole seconds.
pub(super) fn seconds(timestamp_ns: i64) -> String {
    jiff::Timestamp::from_second(timestamp_ns.div_euclid(1_000_000_000))
        .map_or_else(|_| timestamp_ns.to_string(), |timestamp| timestamp.to_string())
}
