//! The instants a metric query is evaluated at.

/// `count` instants, `step_ns` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) start_ns: i64,
    pub(crate) step_ns: i64,
    pub(crate) count: usize,
}

impl Steps {
    pub(crate) fn instant(time_ns: i64) -> Self {
        Steps { start_ns: time_ns, step_ns: 1, count: 1 }
    }

    /// The start is moved down and the end up to a multiple of the step, as Loki's front end does.
    pub(crate) fn range(start_ns: i64, end_ns: i64, step_ns: i64) -> Self {
        let step_ns = step_ns.max(1);
        let start = start_ns - start_ns.rem_euclid(step_ns);
        let end = end_ns.saturating_add((step_ns - end_ns.rem_euclid(step_ns)) % step_ns);
        let count = usize::try_from(end.saturating_sub(start) / step_ns).unwrap_or(0) + 1;
        Steps { start_ns: start, step_ns, count }
    }

    pub(crate) fn at(self, index: usize) -> i64 {
        self.start_ns.saturating_add(self.step_ns.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    pub(crate) fn last(self) -> i64 {
        self.at(self.count.saturating_sub(1))
    }

    /// The steps whose window `(t - offset - length, t - offset]` holds the timestamp, both ends
    /// included; `None` when there are none.
    pub(crate) fn covering(
        self,
        timestamp_ns: i64,
        length_ns: i64,
        offset_ns: i64,
    ) -> Option<(usize, usize)> {
        let after = timestamp_ns.saturating_add(offset_ns).saturating_sub(self.start_ns);
        let last = after.saturating_add(length_ns).saturating_sub(1);
        if last < 0 || length_ns <= 0 {
            return None;
        }
        let first = if after <= 0 { 0 } else { after.saturating_sub(1) / self.step_ns + 1 };
        let last = (last / self.step_ns).min(i64::try_from(self.count).ok()? - 1);
        (first <= last).then_some((usize::try_from(first).ok()?, usize::try_from(last).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_open_at_their_start_and_closed_at_their_end() {
        let steps = Steps { start_ns: 100, step_ns: 10, count: 5 };
        for (timestamp, length, offset, expected) in [
            (100, 10, 0, Some((0, 0))),
            (101, 10, 0, Some((1, 1))),
            (90, 10, 0, None),
            (91, 10, 0, Some((0, 0))),
            (105, 25, 0, Some((1, 2))),
            (140, 100, 0, Some((4, 4))),
            (141, 100, 0, None),
            (90, 10, 10, Some((0, 0))),
            (100, 0, 0, None),
        ] {
            assert_eq!(steps.covering(timestamp, length, offset), expected, "{timestamp} {length} {offset}");
        }
        assert_eq!(Steps::range(1_705_312_800, 1_705_312_830, 14).start_ns, 1_705_312_798);
    }
}
