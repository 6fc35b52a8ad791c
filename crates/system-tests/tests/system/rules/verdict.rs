//! Whether what came is what a case expects.

use std::collections::BTreeMap;

use alert::Alert;

use super::case::Case;

/// Which of the two kinds a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fires,
    Silent,
}

/// What is wrong, if anything.
pub(crate) fn fault(rule: &str, kind: Kind, case: &Case, alerts: &[Alert]) -> Option<String> {
    match kind {
        Kind::Fires => {
            let fired: Vec<&Alert> = alerts.iter().filter(|alert| alert.rule == rule).collect();
            if fired.is_empty() {
                return Some(format!("did not fire; instead: {}", summary(alerts)));
            }
            let complete = fired.iter().any(|alert| lacks(alert, &case.fields).is_empty());
            (!complete).then(|| {
                let lacking: Vec<String> =
                    fired.iter().map(|alert| lacks(alert, &case.fields).join(", ")).collect();
                format!("fired with other fields: {}", lacking.join(" | "))
            })
        }
        Kind::Silent => {
            let unwanted: Vec<Alert> =
                alerts.iter().filter(|alert| !case.beside.contains(&alert.rule)).cloned().collect();
            (!unwanted.is_empty()).then(|| format!("should be silent, but: {}", summary(&unwanted)))
        }
    }
}

fn lacks(alert: &Alert, fields: &BTreeMap<String, String>) -> Vec<String> {
    fields
        .iter()
        .filter(|(name, part)| !alert.field_text(name).is_some_and(|text| text.contains(part.as_str())))
        .map(|(name, part)| format!("{name} is {:?}, not {part:?}", alert.field_text(name)))
        .collect()
}

fn summary(alerts: &[Alert]) -> String {
    if alerts.is_empty() {
        return "nothing".into();
    }
    let one = |alert: &Alert| {
        let field = |name: &str| alert.field_text(name).unwrap_or_default().into_owned();
        format!("{} ({} {} {})", alert.rule, field("proc.name"), field("proc.cmdline"), field("fd.name"))
    };
    alerts.iter().map(one).collect::<Vec<_>>().join("; ")
}
