//! The state of alerts over a restart: since when they hold, and whether they fire.

use std::{fs, path::Path};

use crate::{
    alert::{Alert, AlertState},
    evaluate::LabelMap,
    folder, limits,
};

/// One alert, as it is kept.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Kept {
    pub(crate) tenant: String,
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) rule: String,
    pub(crate) labels: LabelMap,
    pub(crate) state: AlertState,
    pub(crate) active_at_ns: i64,
    pub(crate) fired_at_ns: i64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct File {
    saved_at_ns: i64,
    alerts: Vec<Kept>,
}

/// What was kept, unless it is too old to go on from.
pub(crate) fn load(directory: &Path, now_ns: i64) -> Vec<Kept> {
    let path = directory.join("alerts.json");
    let Ok(text) = fs::read_to_string(&path) else { return Vec::new() };
    match serde_json::from_str::<File>(&text) {
        Ok(file) if now_ns.saturating_sub(file.saved_at_ns) <= limits::OUTAGE_NS_MAX => file.alerts,
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the state of alerts was not read");
            Vec::new()
        }
    }
}

/// Keeps the alerts.
pub(crate) fn save(directory: &Path, alerts: Vec<Kept>, now_ns: i64) {
    let outcome = serde_json::to_vec(&File { saved_at_ns: now_ns, alerts })
        .map_err(std::io::Error::from)
        .and_then(|bytes| {
            fs::create_dir_all(directory)?;
            folder::replace(&directory.join("alerts.json"), &bytes)
        });
    if let Err(error) = outcome {
        tracing::warn!(%error, "the state of alerts was not kept");
    }
}

impl Kept {
    /// The alert again; its sample and annotations come with the next evaluation.
    pub(crate) fn alert(&self) -> Alert {
        Alert {
            state: self.state,
            active_at_ns: self.active_at_ns,
            fired_at_ns: self.fired_at_ns,
            ..Alert::new(self.labels.clone(), LabelMap::new(), 0.0, self.active_at_ns)
        }
    }
}
