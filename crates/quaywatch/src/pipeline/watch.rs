//! What the sensor notes of containers it was asked to watch: the selftest's eyes.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use event::{FieldArgument, FieldSource, Value, field_id};
use parking_lot::Mutex;

use crate::link::Watched;

/// Names of processes kept per container.
const PROCESSES_MAX: usize = 64;

/// Shared by the thread that reads events and the task that reports.
#[derive(Debug, Default)]
pub(crate) struct WatchList {
    active: AtomicBool,
    watched: Mutex<BTreeMap<String, Watched>>,
}

impl WatchList {
    /// Watches exactly these containers; what was noted of one that stays is kept.
    pub(crate) fn set(&self, containers: &[String]) {
        let mut watched = self.watched.lock();
        watched.retain(|known, _| containers.contains(known));
        for container in containers {
            watched.entry(container.clone()).or_default();
        }
        self.active.store(!watched.is_empty(), Ordering::Release);
    }

    /// Everything noted.
    pub(crate) fn report(&self) -> BTreeMap<String, Watched> {
        self.watched.lock().clone()
    }

    /// Notes an event that is handed to the rules. Costs one load when nothing is watched.
    pub(crate) fn note_event(&self, source: &impl FieldSource) {
        if self.active.load(Ordering::Acquire) {
            self.note(source, |watched, process, at| {
                watched.events.entry(process).or_insert(at);
            });
        }
    }

    /// Notes a match.
    pub(crate) fn note_match(&self, source: &impl FieldSource, rule: &str) {
        if self.active.load(Ordering::Acquire) {
            self.note(source, |watched, process, _| {
                watched.matches.entry(process).or_default().push(rule.to_owned());
            });
        }
    }

    fn note(&self, source: &impl FieldSource, into: impl FnOnce(&mut Watched, String, u64)) {
        let Some(container) = text(source, field_id::CONTAINER_ID) else { return };
        let mut watched = self.watched.lock();
        // The field is the first 12 characters of the id that was asked for.
        let Some((_, watched)) = watched.iter_mut().find(|(id, _)| id.starts_with(&container)) else {
            return;
        };
        let Some(process) = text(source, field_id::PROC_NAME) else { return };
        if watched.events.len() < PROCESSES_MAX && watched.matches.len() < PROCESSES_MAX {
            into(watched, process, source.timestamp().0);
        }
    }
}

fn text(source: &impl FieldSource, field: event::FieldId) -> Option<String> {
    match source.extract(field, FieldArgument::None)? {
        Value::Text(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    }
}
