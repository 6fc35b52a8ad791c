//! The newest alerts in memory, so that outputs which keep up never read the queue's files.

use std::{collections::VecDeque, sync::Arc};

use alert::Alert;
use parking_lot::Mutex;

use crate::{
    limits::{TAIL_ALERTS_MAX, TAIL_BYTES_MAX},
    output::Queued,
};

/// A bounded window over the end of the queue, without holes.
#[derive(Debug, Default)]
pub(crate) struct Tail(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    entries: VecDeque<(Queued, usize)>,
    bytes: usize,
}

/// What the tail knows from a position on.
#[derive(Debug, PartialEq)]
pub(crate) enum Look {
    /// The alerts from there, at most as many as asked for.
    Alerts(Vec<Queued>),
    /// That position has left the window, or was never in it.
    Behind,
}

impl Tail {
    /// Adds alerts with the size of each, in the order of their positions.
    pub(crate) fn push(&self, alerts: impl IntoIterator<Item = (u64, Arc<Alert>, usize)>) {
        let mut window = self.0.lock();
        for (position, alert, bytes) in alerts {
            window.bytes += bytes;
            window.entries.push_back((Queued { position, alert }, bytes));
        }
        while window.entries.len() > TAIL_ALERTS_MAX || window.bytes > TAIL_BYTES_MAX {
            let Some((_, bytes)) = window.entries.pop_front() else { break };
            window.bytes -= bytes;
        }
    }

    /// Forgets what every output has.
    pub(crate) fn forget(&self, through: u64) {
        let mut window = self.0.lock();
        while window.entries.front().is_some_and(|(oldest, _)| oldest.position <= through) {
            let Some((_, bytes)) = window.entries.pop_front() else { break };
            window.bytes -= bytes;
        }
    }

    /// The alerts from `next` on. Positions may have gaps, but only behind what this process wrote,
    /// so a window that begins at or before `next` misses nothing after it.
    pub(crate) fn look(&self, next: u64, alerts_max: usize) -> Look {
        let window = self.0.lock();
        if window.entries.front().is_none_or(|(oldest, _)| oldest.position > next) {
            return Look::Behind;
        }
        let start = window.entries.partition_point(|(queued, _)| queued.position < next);
        Look::Alerts(
            window.entries.range(start..).take(alerts_max).map(|(queued, _)| queued.clone()).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::alert;

    #[test]
    fn the_window_is_bounded_and_knows_what_it_lost() {
        let tail = Tail::default();
        assert_eq!(tail.look(1, 10), Look::Behind);
        tail.push((1..=TAIL_ALERTS_MAX as u64 + 1).map(|position| (position, Arc::new(alert(0)), 10)));
        assert_eq!(tail.look(1, 10), Look::Behind);
        let Look::Alerts(alerts) = tail.look(2, 3) else { panic!("not in the window") };
        assert_eq!(alerts.iter().map(|queued| queued.position).collect::<Vec<_>>(), [2, 3, 4]);
        tail.push([(9_999, Arc::new(alert(0)), TAIL_BYTES_MAX)]);
        assert_eq!(tail.look(100, 3), Look::Behind);
        let Look::Alerts(alerts) = tail.look(10_000, 3) else { panic!("not in the window") };
        assert!(alerts.is_empty());
        tail.forget(9_999);
        assert_eq!(tail.look(10_000, 3), Look::Behind);
        assert_eq!(tail.0.lock().bytes, 0);
    }
}
