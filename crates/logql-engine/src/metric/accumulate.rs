//! Per-series state of a range aggregation: samples go in once, in any order, and every step gets
//! the value of its window.

use super::statistics::{self, Deviation};

/// Folds samples into the steps whose windows hold them.
pub(crate) trait Accumulate: Default {
    /// A sample for the steps `first..=last`.
    fn add(&mut self, first: usize, last: usize, timestamp_ns: i64, value: f64);

    /// One value per step.
    fn values(self, steps: usize, finish: &Finish) -> Vec<Option<f64>>;

    /// How much is held now: steps with state, plus samples that are kept one by one.
    fn cells(&self) -> usize;
}

/// What turns a window's state into a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish {
    /// Length of the window.
    pub(crate) range_ns: i64,
    /// Divide by the window's seconds.
    pub(crate) per_second: bool,
    /// Of `quantile_over_time`.
    pub(crate) quantile: f64,
    /// Square root of the variance.
    pub(crate) root: bool,
    /// `rate_counter`
    pub(crate) counter: bool,
}

impl Finish {
    fn scale(&self, value: f64) -> f64 {
        if self.per_second { value / (self.range_ns as f64 / 1e9) } else { value }
    }
}

/// Counts and whole-number sums: constant work per sample however many windows overlap, by
/// writing only where a sample enters and where it leaves.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Change of (samples, sum) at each step.
    changes: Vec<(i64, f64)>,
}

impl Accumulate for Tally {
    fn add(&mut self, first: usize, last: usize, _timestamp_ns: i64, value: f64) {
        if self.changes.len() < last + 2 {
            self.changes.resize(last + 2, (0, 0.0));
        }
        if let Some(enter) = self.changes.get_mut(first) {
            *enter = (enter.0 + 1, enter.1 + value);
        }
        if let Some(leave) = self.changes.get_mut(last + 1) {
            *leave = (leave.0 - 1, leave.1 - value);
        }
    }

    fn values(self, steps: usize, finish: &Finish) -> Vec<Option<f64>> {
        let mut samples = 0;
        let mut sum = 0.0;
        let mut values: Vec<Option<f64>> = self
            .changes
            .iter()
            .take(steps)
            .map(|(count, change)| {
                samples += count;
                sum += change;
                (samples > 0).then(|| finish.scale(sum))
            })
            .collect();
        values.resize(steps, None);
        values
    }

    fn cells(&self) -> usize {
        self.changes.len()
    }
}

/// State of one window.
pub(crate) trait Cell: Default + Clone {
    /// Keeps every sample.
    const KEEPS_SAMPLES: bool = false;

    fn add(&mut self, timestamp_ns: i64, value: f64);
    fn value(self, finish: &Finish) -> Option<f64>;
}

/// One cell per step, from the first step that was touched.
#[derive(Debug)]
pub(crate) struct Windows<C> {
    first: usize,
    cells: Vec<C>,
    samples: usize,
}

impl<C> Default for Windows<C> {
    fn default() -> Self {
        Windows { first: 0, cells: Vec::new(), samples: 0 }
    }
}

impl<C: Cell> Accumulate for Windows<C> {
    fn add(&mut self, first: usize, last: usize, timestamp_ns: i64, value: f64) {
        if self.cells.is_empty() {
            self.first = first;
        } else if first < self.first {
            let missing = self.first - first;
            self.cells.splice(0..0, std::iter::repeat_n(C::default(), missing));
            self.first = first;
        }
        let length = last + 1 - self.first;
        if self.cells.len() < length {
            self.cells.resize(length, C::default());
        }
        if C::KEEPS_SAMPLES {
            self.samples += last + 1 - first;
        }
        for cell in self.cells.iter_mut().take(length).skip(first - self.first) {
            cell.add(timestamp_ns, value);
        }
    }

    fn values(self, steps: usize, finish: &Finish) -> Vec<Option<f64>> {
        let mut values = vec![None; self.first.min(steps)];
        values.extend(self.cells.into_iter().map(|cell| cell.value(finish)));
        values.resize(steps, None);
        values
    }

    fn cells(&self) -> usize {
        self.cells.len() + self.samples
    }
}

/// `sum_over_time`, `avg_over_time`, `rate` of unwrapped values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    samples: u64,
    sum: f64,
}

impl Cell for Sum {
    fn add(&mut self, _timestamp_ns: i64, value: f64) {
        self.samples += 1;
        self.sum += value;
    }

    fn value(self, finish: &Finish) -> Option<f64> {
        (self.samples > 0).then(|| finish.scale(self.sum))
    }
}

/// `avg_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct Average(Sum);

impl Cell for Average {
    fn add(&mut self, timestamp_ns: i64, value: f64) {
        self.0.add(timestamp_ns, value);
    }

    fn value(self, _finish: &Finish) -> Option<f64> {
        (self.0.samples > 0).then(|| self.0.sum / self.0.samples as f64)
    }
}

/// `max_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct Maximum(Option<f64>);

impl Cell for Maximum {
    fn add(&mut self, _timestamp_ns: i64, value: f64) {
        self.0 = Some(self.0.map_or(value, |best| if value > best || best.is_nan() { value } else { best }));
    }

    fn value(self, _finish: &Finish) -> Option<f64> {
        self.0
    }
}

/// `min_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct Minimum(Option<f64>);

impl Cell for Minimum {
    fn add(&mut self, _timestamp_ns: i64, value: f64) {
        self.0 = Some(self.0.map_or(value, |best| if value < best || best.is_nan() { value } else { best }));
    }

    fn value(self, _finish: &Finish) -> Option<f64> {
        self.0
    }
}

/// `first_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct First(Option<(i64, f64)>);

impl Cell for First {
    fn add(&mut self, timestamp_ns: i64, value: f64) {
        if self.0.is_none_or(|(found, _)| timestamp_ns < found) {
            self.0 = Some((timestamp_ns, value));
        }
    }

    fn value(self, _finish: &Finish) -> Option<f64> {
        self.0.map(|(_, value)| value)
    }
}

/// `last_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct Last(Option<(i64, f64)>);

impl Cell for Last {
    fn add(&mut self, timestamp_ns: i64, value: f64) {
        if self.0.is_none_or(|(found, _)| timestamp_ns >= found) {
            self.0 = Some((timestamp_ns, value));
        }
    }

    fn value(self, _finish: &Finish) -> Option<f64> {
        self.0.map(|(_, value)| value)
    }
}

/// `stdvar_over_time`, `stddev_over_time`
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread(Deviation);

impl Cell for Spread {
    fn add(&mut self, _timestamp_ns: i64, value: f64) {
        self.0.add(value);
    }

    fn value(self, finish: &Finish) -> Option<f64> {
        let variance = self.0.variance()?;
        Some(if finish.root { variance.sqrt() } else { variance })
    }
}

/// `quantile_over_time` and `rate_counter`: these need every sample of the window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<(i64, f64)>);

impl Cell for Samples {
    const KEEPS_SAMPLES: bool = true;

    fn add(&mut self, timestamp_ns: i64, value: f64) {
        self.0.push((timestamp_ns, value));
    }

    fn value(mut self, finish: &Finish) -> Option<f64> {
        if self.0.is_empty() {
            return None;
        }
        if finish.counter {
            self.0.sort_by_key(|(timestamp_ns, _)| *timestamp_ns);
            return Some(statistics::counter_rate(&self.0, finish.range_ns));
        }
        let mut values: Vec<f64> = self.0.iter().map(|(_, value)| *value).collect();
        Some(statistics::quantile(finish.quantile, &mut values))
    }
}
