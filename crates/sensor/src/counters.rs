//! The probes' own counters: summed over CPUs, copied into metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kernel_probes::abi::{FAMILY_COUNT, Family, LOSS_COUNT, Loss};
use telemetry::{Counter, Registry};

use crate::maps::{COUNTER_WORDS, Maps};

/// Losses of one reason in one family of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossCount {
    /// Why: `ring_full`, `too_large`, `user_fault`, `recursion`, `no_program`, `compat`, `shed`.
    pub reason: &'static str,
    /// Family of the events: `open`, `exec`, …
    pub event: &'static str,
    /// How many, since the probes were loaded.
    pub count: u64,
}

/// What became of one family of events, since the probes were loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyCounts {
    /// Family of the events: `open`, `exec`, …
    pub event: &'static str,
    /// Asked for by name, from any process that is not ignored.
    pub seen: u64,
    /// Put into the ring.
    pub shipped: u64,
    /// Left out by scope, flags or path.
    pub filtered: u64,
}

/// All CPUs' counters, added up.
#[derive(Debug, Clone)]
pub(crate) struct Totals(Vec<u64>);

impl Totals {
    pub(crate) fn read(maps: &Maps) -> Self {
        let mut totals = vec![0u64; COUNTER_WORDS];
        if let Ok(cpus) = maps.counters.get(&0, 0) {
            for cpu in cpus.iter() {
                for (total, word) in totals.iter_mut().zip(cpu) {
                    *total = total.wrapping_add(*word);
                }
            }
        }
        Totals(totals)
    }

    fn word(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn families(&self) -> Vec<FamilyCounts> {
        Family::ALL
            .iter()
            .map(|family| {
                let slot = *family as usize;
                FamilyCounts {
                    event: family.name(),
                    seen: self.word(slot),
                    shipped: self.word(FAMILY_COUNT + slot),
                    filtered: self.word(2 * FAMILY_COUNT + slot),
                }
            })
            .collect()
    }

    /// The losses that are not zero.
    pub(crate) fn losses(&self) -> Vec<LossCount> {
        let mut losses = Vec::new();
        for loss in Loss::ALL {
            for family in Family::ALL {
                let count = self.loss(loss, family);
                if count > 0 {
                    losses.push(LossCount { reason: loss.name(), event: family.name(), count });
                }
            }
        }
        losses
    }

    /// Events that did not arrive, for whatever reason. A missing parameter is not one.
    pub(crate) fn lost_events(&self) -> u64 {
        let whole = Loss::ALL.into_iter().filter(|loss| *loss != Loss::UserFault);
        whole.flat_map(|loss| Family::ALL.map(|family| self.loss(loss, family))).sum()
    }

    fn loss(&self, loss: Loss, family: Family) -> u64 {
        const { assert!(Loss::ALL.len() <= LOSS_COUNT && Family::ALL.len() <= FAMILY_COUNT) };
        self.word(3 * FAMILY_COUNT + loss as usize * FAMILY_COUNT + family as usize)
    }
}

/// The handles of the metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    families: Vec<[Counter; 3]>,
    /// By reason and family; made when there is something to count.
    losses: Mutex<BTreeMap<(Loss, Family), Counter>>,
    registry: Registry,
    read: Counter,
    malformed: Counter,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let family = |family: &Family| {
            let labels = [("event", family.name())];
            [
                registry.counter(
                    "sensor_events_seen_total",
                    "Events that some rule or state asks for.",
                    &labels,
                ),
                registry.counter("sensor_events_shipped_total", "Events put into the ring buffer.", &labels),
                registry.counter(
                    "sensor_events_filtered_total",
                    "Events left out in the kernel: no rule can match them.",
                    &labels,
                ),
            ]
        };
        Metrics {
            families: Family::ALL.iter().map(family).collect(),
            losses: Mutex::default(),
            registry: registry.clone(),
            read: registry.counter("sensor_events_read_total", "Events read from the ring buffer.", &[]),
            malformed: registry.counter(
                "sensor_events_malformed_total",
                "Records of the ring buffer that are not events.",
                &[],
            ),
        }
    }

    pub(crate) fn publish(&self, totals: &Totals) {
        for (counters, counts) in self.families.iter().zip(totals.families()) {
            let [seen, shipped, filtered] = counters;
            seen.raise_to(counts.seen);
            shipped.raise_to(counts.shipped);
            filtered.raise_to(counts.filtered);
        }
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        for loss in Loss::ALL {
            for family in Family::ALL {
                let count = totals.loss(loss, family);
                if count > 0 {
                    let labels = [("reason", loss.name()), ("event", family.name())];
                    let help = "Events lost in the kernel (user_fault: parameters).";
                    let make = || self.registry.counter("sensor_events_lost_total", help, &labels);
                    losses.entry((loss, family)).or_insert_with(make).raise_to(count);
                }
            }
        }
    }

    pub(crate) fn read(&self, count: u64) {
        self.read.add(count);
    }

    pub(crate) fn malformed(&self) {
        self.malformed.increment();
    }
}
