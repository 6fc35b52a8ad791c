//! Counters and gauges every part owns, and their text exposition.
//!
//! A part creates its metrics once, from a [`Registry`] it is handed, and keeps the handles:
//! updating one is an atomic addition. Names are `<part>_<noun>_<unit>_total`; labels are fixed
//! when the handle is made. Knows no part by name.

#![forbid(unsafe_code)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

/// All metrics of one process. Cheap to clone; clones share.
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Mutex<BTreeMap<&'static str, Family>>>);

#[derive(Debug)]
struct Family {
    help: &'static str,
    kind: &'static str,
    series: BTreeMap<String, Cell>,
}

#[derive(Debug, Clone)]
enum Cell {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicI64>),
}

/// Only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `amount`.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Raises it to a total that is counted elsewhere (in the kernel); never lowers it.
    pub fn raise_to(&self, total: u64) {
        self.0.fetch_max(total, Ordering::Relaxed);
    }

    /// The current value.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds (or with a negative number takes away).
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The current value.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Registry {
    /// The counter with this name and these labels; the same handle for the same labels.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        match self.cell(name, help, "counter", labels, || Cell::Counter(Arc::default())) {
            Cell::Counter(counter) => Counter(counter),
            Cell::Gauge(_) => Counter::default(),
        }
    }

    /// The gauge with this name and these labels; the same handle for the same labels.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        match self.cell(name, help, "gauge", labels, || Cell::Gauge(Arc::default())) {
            Cell::Gauge(gauge) => Gauge(gauge),
            Cell::Counter(_) => Gauge::default(),
        }
    }

    /// Every series as `(name with labels, value)`, sorted: for status pages.
    pub fn snapshot(&self) -> Vec<(String, i64)> {
        let families = self.0.lock();
        let mut all = Vec::new();
        for (name, family) in families.iter() {
            for (labels, cell) in &family.series {
                all.push((format!("{name}{labels}"), cell.value()));
            }
        }
        all
    }

    /// Prometheus text exposition format 0.0.4.
    pub fn exposition(&self) -> String {
        let families = self.0.lock();
        let mut out = String::new();
        for (name, family) in families.iter() {
            let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {}", family.help, family.kind);
            for (labels, cell) in &family.series {
                let _ = writeln!(out, "{name}{labels} {}", cell.value());
            }
        }
        out
    }

    fn cell(
        &self,
        name: &'static str,
        help: &'static str,
        kind: &'static str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Cell,
    ) -> Cell {
        let mut families = self.0.lock();
        let family = families.entry(name).or_insert_with(|| Family { help, kind, series: BTreeMap::new() });
        family.series.entry(label_text(labels)).or_insert_with(make).clone()
    }
}

impl Cell {
    fn value(&self) -> i64 {
        match self {
            Cell::Counter(counter) => i64::try_from(counter.load(Ordering::Relaxed)).unwrap_or(i64::MAX),
            Cell::Gauge(gauge) => gauge.load(Ordering::Relaxed),
        }
    }
}

/// `{a="b"}` with the exposition format's escapes, or nothing.
fn label_text(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_share_a_series_and_labels_are_escaped() {
        let registry = Registry::default();
        registry.counter("a_things_total", "Things.", &[("why", "x\"y")]).add(2);
        registry.counter("a_things_total", "Things.", &[("why", "x\"y")]).increment();
        registry.gauge("b_open", "Open.", &[]).set(-1);
        assert_eq!(
            registry.exposition(),
            "# HELP a_things_total Things.\n# TYPE a_things_total counter\na_things_total{why=\"x\\\"y\"} 3\n\
             # HELP b_open Open.\n# TYPE b_open gauge\nb_open -1\n"
        );
    }
}
