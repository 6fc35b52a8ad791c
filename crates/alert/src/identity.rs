//! Who made an alert, and which one it is: what makes at-least-once delivery end in one stored
//! alert.

use uuid::Uuid;

/// One life of a sensor's ring buffer. Random; made when the buffer is made, kept while it is
/// pinned, so that a restarted sensor continues it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// Grows with every alert of an epoch. For alerts made from ring buffer events: the event's byte
/// position plus the index of the match at that event (events are at least 32 bytes apart).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// Names one alert among all alerts of all sensors.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlertId {
    /// The sensor's persistent random id (32 hex digits), with `/internal` appended for alerts
    /// that the sensor makes about itself.
    pub sensor: String,
    /// Which life of that sensor.
    pub epoch: Epoch,
    /// Which alert in that life.
    pub sequence: Sequence,
}

/// Namespace of our version 5 UUIDs.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_2d0c_93a4_4e5b_8a57_51c2_7f0e_9d41);

impl AlertId {
    /// The same identity gives the same UUID, on every machine.
    pub fn uuid(&self) -> Uuid {
        let name = format!("{}/{}/{}", self.sensor, self.epoch.0, self.sequence.0);
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_stable_and_distinguishes() {
        let id = AlertId { sensor: "ab".into(), epoch: Epoch(1), sequence: Sequence(2) };
        assert_eq!(id.uuid(), id.clone().uuid());
        assert_ne!(id.uuid(), AlertId { sequence: Sequence(3), ..id.clone() }.uuid());
        assert_ne!(id.uuid(), AlertId { epoch: Epoch(2), ..id.clone() }.uuid());
    }
}
