//! When each of the newest alerts passed each hop: what `selftest` and the page show.

use std::collections::{HashMap, VecDeque};

use alert::{Alert, Uuid};
use parking_lot::Mutex;

use crate::{limits::TRACES_MAX, payload::Timings};

/// One alert's way. All times in nanoseconds since 1970; `None` = not (yet) known.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Trace {
    /// The alert.
    #[serde(serialize_with = "as_text")]
    pub uuid: Uuid,
    /// Its rule.
    pub rule: String,
    /// `container.id` of the alert, or empty.
    pub container_id: String,
    /// `proc.name` of the alert, or empty.
    pub process: String,
    /// When the kernel saw the event.
    pub event_ns: i64,
    /// When the rule engine had made the alert.
    pub matched_ns: Option<i64>,
    /// When the sensor sent it.
    pub sent_ns: Option<i64>,
    /// When the hub had read it.
    pub received_ns: i64,
    /// When it was durable in the queue.
    pub queued_ns: i64,
    /// When it was first handed to the store.
    pub handed_ns: Option<i64>,
    /// When the store had confirmed it.
    pub stored_ns: Option<i64>,
}

/// The last [`TRACES_MAX`] traces.
#[derive(Debug, Default)]
pub(crate) struct Traces(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    traces: VecDeque<Trace>,
    /// Number of the trace in front, since the start.
    front: u64,
    by_uuid: HashMap<Uuid, u64>,
}

impl Traces {
    pub(crate) fn queued(&self, alert: &Alert, timings: Timings, queued_ns: i64) {
        let trace = Trace {
            uuid: alert.uuid,
            rule: alert.rule.clone(),
            container_id: alert.field_text("container.id").unwrap_or_default().into_owned(),
            process: alert.field_text("proc.name").unwrap_or_default().into_owned(),
            event_ns: alert.time_ns,
            matched_ns: timings.matched_ns,
            sent_ns: timings.sent_ns,
            received_ns: timings.received_ns,
            queued_ns,
            handed_ns: None,
            stored_ns: None,
        };
        let mut ring = self.0.lock();
        let number = ring.front + ring.traces.len() as u64;
        ring.by_uuid.insert(trace.uuid, number);
        ring.traces.push_back(trace);
        if ring.traces.len() > TRACES_MAX {
            let number = ring.front;
            ring.front += 1;
            if let Some(old) = ring.traces.pop_front() {
                // The same UUID may have come again under a later number.
                if ring.by_uuid.get(&old.uuid) == Some(&number) {
                    ring.by_uuid.remove(&old.uuid);
                }
            }
        }
    }

    pub(crate) fn handed(&self, uuids: impl IntoIterator<Item = Uuid>, handed_ns: i64) {
        let mut ring = self.0.lock();
        for uuid in uuids {
            if let Some(trace) = ring.find_mut(&uuid) {
                trace.handed_ns.get_or_insert(handed_ns);
            }
        }
    }

    pub(crate) fn stored(&self, uuids: impl IntoIterator<Item = Uuid>, stored_ns: i64) {
        let mut ring = self.0.lock();
        for uuid in uuids {
            if let Some(trace) = ring.find_mut(&uuid) {
                trace.stored_ns.get_or_insert(stored_ns);
            }
        }
    }

    pub(crate) fn get(&self, uuid: &Uuid) -> Option<Trace> {
        self.0.lock().find_mut(uuid).cloned()
    }

    /// Newest first. Ids are compared by their first 12 characters at least, the length Falco shows.
    pub(crate) fn of_container(&self, container_id: &str) -> Vec<Trace> {
        let ring = self.0.lock();
        let same = |found: &str| {
            !found.is_empty() && (found.starts_with(container_id) || container_id.starts_with(found))
        };
        ring.traces.iter().rev().filter(|trace| same(&trace.container_id)).cloned().collect()
    }

    /// Newest first.
    pub(crate) fn newest(&self, traces_max: usize) -> Vec<Trace> {
        self.0.lock().traces.iter().rev().take(traces_max).cloned().collect()
    }
}

impl Ring {
    fn find_mut(&mut self, uuid: &Uuid) -> Option<&mut Trace> {
        let index = self.by_uuid.get(uuid)?.checked_sub(self.front)?;
        self.traces.get_mut(usize::try_from(index).ok()?)
    }
}

fn as_text<S: serde::Serializer>(uuid: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn traces_are_found_bounded_and_completed() {
        let traces = Traces::default();
        for index in 0..=TRACES_MAX as u64 {
            traces.queued(&alert(index), Timings::default(), 1);
        }
        assert_eq!(traces.get(&alert(0).uuid), None);
        traces.stored([alert(0).uuid, alert(1).uuid], 9);
        assert_eq!(traces.get(&alert(1).uuid).unwrap().stored_ns, Some(9));
        assert_eq!(traces.of_container("0123456789ab").len(), TRACES_MAX);
        assert_eq!(traces.of_container("0123456789abcdef").len(), TRACES_MAX);
        assert_eq!(traces.of_container("ff").len(), 0);
        assert_eq!(traces.newest(1)[0].uuid, alert(TRACES_MAX as u64).uuid);
    }
}
