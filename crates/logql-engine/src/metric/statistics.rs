//! Numbers over the samples of a window, as Prometheus and Loki compute them.

/// Linear interpolation between the two nearest ranks; infinite outside 0..=1.
pub(crate) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(f64::total_cmp);
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    at(lower) * (1.0 - weight) + at(upper) * weight
}

/// Increase per second of a counter that may reset, extrapolated to the whole range.
///
/// Samples are (nanoseconds, value), oldest first.
pub(crate) fn counter_rate(samples: &[(i64, f64)], range_ns: i64) -> f64 {
    let (Some((first_ns, first)), Some((last_ns, last))) = (samples.first(), samples.last()) else {
        return 0.0;
    };
    if samples.len() < 2 {
        return 0.0;
    }
    let mut increase = last - first;
    let mut previous = 0.0;
    for (_, value) in samples {
        if *value < previous {
            increase += previous;
        }
        previous = *value;
    }
    let seconds = |nanoseconds: i64| (nanoseconds / 1_000_000) as f64 / 1000.0;
    let sampled = seconds(last_ns - first_ns);
    // Loki measures the range from the first sample, so its start is always a full range away.
    let mut to_start = seconds(range_ns);
    let average = sampled / (samples.len() - 1) as f64;
    if increase > 0.0 && *first >= 0.0 {
        to_start = to_start.min(sampled * (first / increase));
    }
    let threshold = average * 1.1;
    let covered = sampled + if to_start < threshold { to_start } else { average / 2.0 };
    increase * (covered / sampled) / (range_ns as f64 / 1e9)
}

/// Mean and sum of squared distances, updated sample by sample (Welford).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deviation {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Deviation {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    /// Of the population; `None` without samples.
    pub(crate) fn variance(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.squares / self.count)
    }
}
