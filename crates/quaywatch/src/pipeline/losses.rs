//! Losses of the kernel's side become alerts of their own: no dropped event goes unnoticed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use alert::{Alert, AlertId, Epoch, Priority, Sequence};
use sensor::Sensor;
use serde_json::{Map, Value};

/// How often the probes' counters are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Losses that go on are told once in so long.
const TELL_INTERVAL: Duration = Duration::from_secs(60);
/// What rules and filters can name.
const RULE: &str = "Quaywatch internal: kernel events lost";

/// Watches the loss counters of one sensor.
pub(crate) struct Losses {
    sensor_id: String,
    hostname: String,
    looked: Instant,
    told: Option<Instant>,
    known: u64,
}

impl Losses {
    /// Begins with what a predecessor's absence cost, which is told at the first look.
    pub(crate) fn new(sensor_id: &str, hostname: &str, probes: &Sensor) -> Losses {
        let total = probes.lost_events();
        Losses {
            sensor_id: format!("{sensor_id}/internal"),
            hostname: hostname.to_owned(),
            looked: Instant::now(),
            told: None,
            known: total.saturating_sub(probes.gap().lost_events),
        }
    }

    /// The alert to send now, if there is one.
    pub(crate) fn look(&mut self, probes: &Sensor) -> Option<(AlertId, Alert)> {
        if self.looked.elapsed() < LOOK_INTERVAL {
            return None;
        }
        self.looked = Instant::now();
        let total = probes.lost_events();
        let new = total.saturating_sub(self.known);
        if new == 0 || self.told.is_some_and(|told| told.elapsed() < TELL_INTERVAL) {
            return None;
        }
        let first_look = self.told.is_none();
        self.known = total;
        self.told = Some(Instant::now());
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        for loss in probes.losses() {
            *reasons.entry(loss.reason.to_owned()).or_default() += loss.count;
        }
        Some(self.alert(Epoch(probes.epoch()), new, first_look && probes.gap().lost_events > 0, &reasons))
    }

    fn alert(
        &self,
        epoch: Epoch,
        new: u64,
        in_gap: bool,
        reasons: &BTreeMap<String, u64>,
    ) -> (AlertId, Alert) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time_ns = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        // Time only grows, also from one sensor process to the next in the same epoch.
        let sequence = Sequence(u64::try_from(time_ns).unwrap_or(0));
        let id = AlertId { sensor: self.sensor_id.clone(), epoch, sequence };
        let when = if in_gap { "while no sensor was reading" } else { "in the last minute" };
        let mut output_fields = Map::new();
        output_fields.insert("evt.time".to_owned(), time_ns.into());
        output_fields.insert("lost.events".to_owned(), new.into());
        for (reason, count) in reasons.iter().filter(|(_, count)| **count > 0) {
            output_fields.insert(format!("lost.{reason}.total"), Value::from(*count));
        }
        let alert = Alert {
            uuid: id.uuid(),
            time_ns,
            rule: RULE.to_owned(),
            priority: Priority::Warning,
            source: "internal".to_owned(),
            hostname: self.hostname.clone(),
            output: format!("{} kernel events were lost {when}: alerts may be missing", new),
            output_fields,
            tags: Vec::new(),
        };
        (id, alert)
    }
}
