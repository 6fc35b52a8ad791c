//! An alert as a log entry: its stream's labels, its line, its structured metadata.

use alert::Alert;
use log_record::{Entry, Labels};
use serde_json::Value;

use crate::limits::{
    LABEL_VALUE_BYTES_MAX, METADATA_BYTES_MAX, METADATA_ENTRIES_MAX, METADATA_VALUE_BYTES_MAX,
};

/// Output fields that are labels, in Falcosidekick's naming. The first two are its own; the others
/// are what its users list in `LOKI_EXTRALABELS`.
const LABEL_FIELDS: [(&str, &str); 5] = [
    ("k8s.ns.name", "k8s_ns_name"),
    ("k8s.pod.name", "k8s_pod_name"),
    ("container.name", "container_name"),
    ("proc.name", "proc_name"),
    ("container.image.repository", "container_image_repository"),
];

/// Fields that come first, so that the bound never cuts them.
const FIRST_FIELDS: [&str; 3] = ["container.id", "proc.pid", "user.name"];

/// Fields that say what the entry says already.
const REPEATED_FIELDS: [&str; 5] = ["evt.time", "evt.hostname", "evt.source", "evt.datetime", "evt.num"];

/// The labels of an alert's stream: `rule`, `source`, `priority`, `hostname`, `tags` (joined by
/// commas) as Falcosidekick's Loki output has them, and what few-valued fields the alert has.
pub fn labels(alert: &Alert) -> Labels {
    let tags = alert.tags.join(",");
    let fixed = [
        ("rule", alert.rule.as_str()),
        ("source", &alert.source),
        ("priority", alert.priority.name()),
        ("hostname", &alert.hostname),
        ("tags", &tags),
    ];
    // Falcosidekick takes only strings as labels; a number there is a mistake of the rule.
    let from_fields = LABEL_FIELDS.iter().filter_map(|(field, label)| {
        let value = alert.output_fields.get(*field)?.as_str()?;
        Some((*label, value))
    });
    Labels::new(from_fields.chain(fixed).map(|(name, value)| (name, cut(value, LABEL_VALUE_BYTES_MAX))))
}

/// Structured metadata: identity and level, then scalar output fields that are not labels, with
/// dots as underscores. Bounded in number and size; the line has everything.
pub fn metadata(alert: &Alert) -> Vec<(String, String)> {
    let mut metadata = vec![
        ("uuid".to_owned(), alert.uuid.to_string()),
        ("detected_level".to_owned(), alert.priority.detected_level().to_owned()),
    ];
    let mut bytes = 0;
    let first = FIRST_FIELDS.iter().copied();
    let others = alert.output_fields.keys().map(String::as_str).filter(|name| {
        !FIRST_FIELDS.contains(name)
            && !REPEATED_FIELDS.contains(name)
            && !LABEL_FIELDS.iter().any(|(field, _)| field == name)
    });
    for name in first.chain(others) {
        let scalar = alert
            .output_fields
            .get(name)
            .filter(|value| !matches!(value, Value::Array(_) | Value::Object(_)));
        let Some(value) = scalar.and_then(|_| alert.field_text(name)) else { continue };
        if value.is_empty() {
            continue;
        }
        let value = cut(&value, METADATA_VALUE_BYTES_MAX);
        bytes += name.len() + value.len();
        if metadata.len() >= METADATA_ENTRIES_MAX || bytes > METADATA_BYTES_MAX {
            break;
        }
        let name = label_name(name);
        if !metadata.iter().any(|(known, _)| *known == name) {
            metadata.push((name, value.to_owned()));
        }
    }
    metadata
}

/// The whole entry; the line is the alert's JSON.
pub(super) fn entry(alert: &Alert) -> Entry {
    Entry { timestamp_ns: alert.time_ns, line: alert.to_json_line(), metadata: metadata(alert) }
}

/// `proc.aname[2]` becomes `proc_aname2` (as Falcosidekick has it); other foreign characters become
/// underscores, where Falcosidekick would make a name that Loki refuses.
fn label_name(field: &str) -> String {
    let mut name: String = field
        .chars()
        .filter(|character| !matches!(character, '[' | ']'))
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
