//! How far behind the newest entry of its stream an entry may be, when that is limited.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use log_record::Labels;

use crate::limits;

/// The newest entry of each stream that was pushed to since the start. A stream that is not known
/// yet takes any entry, as in Loki.
#[derive(Debug, Default)]
pub(crate) struct Newest(Mutex<HashMap<(String, u64), i64>>);

impl Newest {
    /// The newest entry so far.
    pub(super) fn of(&self, tenant: &str, labels: &Labels) -> Option<i64> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest.get(&(tenant.to_owned(), labels.stream_hash())).copied()
    }

    /// Notes an entry that was taken.
    pub(super) fn note(&self, tenant: &str, labels: &Labels, timestamp_ns: i64) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() >= limits::LATENESS_STREAMS_MAX {
            newest.clear();
        }
        let slot = newest.entry((tenant.to_owned(), labels.stream_hash())).or_insert(timestamp_ns);
        *slot = (*slot).max(timestamp_ns);
    }
}

/// The entries of one stream that come too late, in Loki's words.
#[derive(Debug, Default)]
pub(super) struct Refused {
    count: usize,
    first: Option<(i64, i64)>,
}

impl Refused {
    /// Notes one, and the oldest instant that would have been taken.
    pub(super) fn add(&mut self, timestamp_ns: i64, oldest_ns: i64) {
        self.count += 1;
        self.first.get_or_insert((timestamp_ns, oldest_ns));
    }

    /// What Loki says of them.
    pub(super) fn text(&self, tenant: &str, printed_labels: &str, total: usize) -> Option<String> {
        let (timestamp_ns, oldest_ns) = self.first?;
        let (at, oldest) = (super::validate::seconds(timestamp_ns), super::validate::seconds(oldest_ns));
        Some(format!(
            "entry with timestamp {} ignored, reason: 'entry too far behind, entry timestamp is: {at}, oldest \
             acceptable timestamp is: {oldest}',\nuser '{tenant}', total ignored: {} out of {total} for stream: \
             {printed_labels}",
            go_time(timestamp_ns),
            self.count
        ))
    }
}

/// As Go prints a time: `2024-01-15 10:00:00.5 +0000 UTC`.
fn go_time(timestamp_ns: i64) -> String {
    let (seconds, rest) = (timestamp_ns.div_euclid(1_000_000_000), timestamp_ns.rem_euclid(1_000_000_000));
    let whole = jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| timestamp_ns.to_string(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let fraction =
        if rest == 0 { String::new() } else { format!(".{}", format!("{rest:09}").trim_end_matches('0')) };
    format!("{whole}{fraction} +0000 UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch() {
        assert_eq!(go_time(-5), "1969-12-31 23:59:59.999999995 +0000 UTC");
        assert_eq!(go_time(1_705_312_800_500_000_000), "2024-01-15 10:00:00.5 +0000 UTC");
    }
}
