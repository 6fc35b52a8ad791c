//! An alert as bytes in the queue.
//!
//! ```text
//! version 1 | received i64 ns | matched i64 ns or 0 | sent i64 ns or 0
//! | sensor length u16 | sensor | epoch u64 | sequence u64 | alert JSON
//! ```
//! Little endian; a sensor length of 0 means a foreign alert without identity.

use alert::{Alert, AlertId, Epoch, Sequence};
use bytes::{Buf as _, BufMut as _, Bytes};

const VERSION: u8 = 1;
const FIXED_BYTES: usize = 1 + 3 * 8 + 2;

/// When an alert passed the hops before the queue, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// The rule engine made the alert, if the sensor told.
    pub matched_ns: Option<i64>,
    /// The sensor sent it, if it told.
    pub sent_ns: Option<i64>,
    /// The hub had read it.
    pub received_ns: i64,
}

/// One decoded record of the queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Payload {
    pub(crate) id: Option<AlertId>,
    pub(crate) timings: Timings,
    pub(crate) alert: Alert,
}

pub(crate) fn encode(id: Option<&AlertId>, timings: Timings, alert: &Alert) -> Bytes {
    let line = alert.to_json_line();
    let sensor = id.map_or("", |id| id.sensor.as_str());
    let mut out = Vec::with_capacity(FIXED_BYTES + sensor.len() + 16 + line.len());
    out.put_u8(VERSION);
    out.put_i64_le(timings.received_ns);
    out.put_i64_le(timings.matched_ns.unwrap_or(0));
    out.put_i64_le(timings.sent_ns.unwrap_or(0));
    out.put_u16_le(u16::try_from(sensor.len()).unwrap_or(0));
    if let Some(id) = id {
        out.put_slice(sensor.as_bytes());
        out.put_u64_le(id.epoch.0);
        out.put_u64_le(id.sequence.0);
    }
    out.put_slice(line.as_bytes());
    out.into()
}

/// The identity alone, without reading the alert.
pub(crate) fn decode_id(bytes: &[u8]) -> Option<Option<AlertId>> {
    decode_head(bytes).map(|(id, _, _)| id)
}

/// `None` when the bytes are not an alert of this version.
pub(crate) fn decode(bytes: &[u8]) -> Option<Payload> {
    let (id, timings, line) = decode_head(bytes)?;
    let alert = Alert::parse_json(line, id.as_ref()).ok()?;
    Some(Payload { id, timings, alert })
}

fn decode_head(mut bytes: &[u8]) -> Option<(Option<AlertId>, Timings, &[u8])> {
    if bytes.len() < FIXED_BYTES || bytes.get_u8() != VERSION {
        return None;
    }
    let received_ns = bytes.get_i64_le();
    let matched_ns = Some(bytes.get_i64_le()).filter(|ns| *ns != 0);
    let sent_ns = Some(bytes.get_i64_le()).filter(|ns| *ns != 0);
    let sensor_bytes = usize::from(bytes.get_u16_le());
    let timings = Timings { matched_ns, sent_ns, received_ns };
    if sensor_bytes == 0 {
        return Some((None, timings, bytes));
    }
    let (sensor, rest) = bytes.split_at_checked(sensor_bytes)?;
    let (epoch, rest) = rest.split_first_chunk::<8>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let id = AlertId {
        sensor: std::str::from_utf8(sensor).ok()?.to_owned(),
        epoch: Epoch(u64::from_le_bytes(*epoch)),
        sequence: Sequence(u64::from_le_bytes(*sequence)),
    };
    Some((Some(id), timings, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::alert;

    #[test]
    fn an_alert_survives_the_queue() {
        let id = AlertId { sensor: "ab/internal".into(), epoch: Epoch(3), sequence: Sequence(u64::MAX) };
        let timings = Timings { matched_ns: Some(5), sent_ns: None, received_ns: 7 };
        for id in [None, Some(id)] {
            let bytes = encode(id.as_ref(), timings, &alert(4));
            assert_eq!(decode_id(&bytes), Some(id.clone()));
            assert_eq!(decode(&bytes), Some(Payload { id, timings, alert: alert(4) }));
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            let _ = decode(&bytes);
        }
    }
}
