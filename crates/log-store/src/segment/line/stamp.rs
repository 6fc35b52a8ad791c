//! The row's own timestamp as lines write it: nanoseconds since 1970, ISO 8601 in UTC, and the
//! time of day in UTC. Lines that repeat it need no value of their own.

/// `2026-01-01T00:00:00.000000000Z`
pub(crate) const ISO_BYTES: usize = 30;

/// `00:00:00.000000000`
pub(crate) const CLOCK_BYTES: usize = 18;

/// Nineteen digits: every instant from 2001 to 2262.
pub(crate) const DECIMAL_BYTES: usize = 19;

const DAY_S: i64 = 86_400;

/// A timestamp in all its spellings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    iso: [u8; ISO_BYTES],
    decimal: [u8; DECIMAL_BYTES],
}

impl Stamp {
    /// None where a spelling would have another length.
    pub(crate) fn new(timestamp_ns: i64) -> Option<Stamp> {
        if timestamp_ns < 1_000_000_000_000_000_000 {
            return None;
        }
        let (seconds, nanos) = (timestamp_ns / 1_000_000_000, timestamp_ns % 1_000_000_000);
        let (year, month, day) = civil(seconds / DAY_S);
        let of_day = seconds % DAY_S;
        let mut stamp = Stamp { iso: *b"0000-00-00T00:00:00.000000000Z", decimal: [b'0'; DECIMAL_BYTES] };
        for (range, value) in [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, of_day / 3600),
            (14..16, of_day / 60 % 60),
            (17..19, of_day % 60),
            (20..29, nanos),
        ] {
            digits(stamp.iso.get_mut(range).unwrap_or(&mut []), value);
        }
        digits(&mut stamp.decimal, timestamp_ns);
        Some(stamp)
    }

    pub(crate) fn iso(&self) -> &str {
        std::str::from_utf8(&self.iso).unwrap_or("")
    }

    pub(crate) fn clock(&self) -> &str {
        self.iso().get(11..29).unwrap_or("")
    }

    pub(crate) fn decimal(&self) -> &str {
        std::str::from_utf8(&self.decimal).unwrap_or("")
    }
}

fn digits(out: &mut [u8], mut value: i64) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a day since 1970, after Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_in_all_spellings() {
        for (timestamp_ns, iso) in [
            (1_767_225_600_000_000_007, "2026-01-01T00:00:00.000000007Z"),
            (1_709_210_096_128_745_936, "2024-02-29T12:34:56.128745936Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            let stamp = Stamp::new(timestamp_ns).unwrap();
            assert_eq!(stamp.iso(), iso);
            assert_eq!(stamp.clock(), &iso[11..29]);
            assert_eq!(stamp.decimal(), timestamp_ns.to_string());
        }
        assert!(Stamp::new(5).is_none() && Stamp::new(-1).is_none());
    }
}
