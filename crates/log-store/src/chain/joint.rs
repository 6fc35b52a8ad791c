//! Joins the chain of the last run to this one: the log that recovery read must be what the last
//! entry says.

use std::io;

use super::{
    entry::{ChainEvent, ChainTip},
    hash::{BatchChain, Hash},
};
use crate::{index::Manifest, maintain::now_ns, shared::Shared};

/// Follows recovery.
#[derive(Debug)]
pub(crate) struct Joint {
    tip: ChainTip,
    covered_sequence: u64,
    /// The running hash at the tip's last batch; none when the log does not reach it.
    at_tip: Option<Hash>,
}

impl Joint {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        Joint { tip: manifest.chain.clone(), covered_sequence: manifest.covered_sequence, at_tip: None }
    }

    /// Where the running hash begins.
    pub(crate) fn batches(&self) -> BatchChain {
        BatchChain {
            head: Hash::parse(&self.tip.covered).unwrap_or_default(),
            sequence: self.covered_sequence,
        }
    }

    /// A batch was applied.
    pub(crate) fn see(&mut self, batches: &BatchChain) {
        if batches.sequence == self.tip.batches_sequence {
            self.at_tip = Some(batches.head);
        }
    }

    /// Writes what the chain must say about this start.
    pub(crate) fn close(self, shared: &Shared, damages: &[String]) -> io::Result<()> {
        let mut manifest = shared.manifest.lock();
        let mut next = manifest.clone();
        let mut events = Vec::new();
        if !shared.ledger.ends_with(&self.tip) {
            let reason = "its file did not end as the manifest says";
            tracing::error!(reason, "the chain of hashes is broken and begins anew");
            shared.metrics.chain_breaks.increment();
            shared.ledger.set_aside(&shared.paths.quarantine, now_ns())?;
            next.chain = ChainTip { covered: next.chain.covered, ..ChainTip::default() };
            events.push(ChainEvent::Began { reason: reason.to_owned() });
            // The segments keep their hashes; the new chain must name them again.
            next.segments.iter_mut().for_each(|file| file.hash.clear());
        } else if self.tip.entries == 0 {
            events.push(ChainEvent::Began { reason: String::new() });
        }
        let reaches_into_log = self.tip.batches_sequence > self.covered_sequence;
        let batches = shared.state.read().batches;
        let is_broken =
            reaches_into_log && self.at_tip.is_none_or(|found| found.to_string() != self.tip.batches);
        for place in damages {
            events.push(ChainEvent::LogDamaged { place: place.clone() });
        }
        if is_broken && damages.is_empty() {
            let place = "the log is not what the chain says".to_owned();
            tracing::error!(place, "lines were altered or removed outside of this program");
            events.push(ChainEvent::LogDamaged { place });
        }
        if is_broken || !damages.is_empty() {
            let head = batches.head.to_string();
            events.push(ChainEvent::Batches { last_sequence: batches.sequence, batches: head });
        }
        if events.is_empty() {
            return Ok(());
        }
        shared.commit(&mut manifest, next, events)
    }
}
