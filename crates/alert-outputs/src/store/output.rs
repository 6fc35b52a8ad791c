//! Delivery to the log store, exactly once.
//!
//! Every batch carries the queue position of its last alert as the writer's mark, in the same
//! atomic write. Whatever is killed between that write and the queue's own cursor: alerts at or
//! below the mark are stored and are skipped when they come again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use alert_router::{DeliveryError, Output, OutputKind, Queued};
use async_trait::async_trait;
use log_record::{Batch, Labels, LogWriter, StreamEntries, WriterMark};

use super::entry::{entry, labels};
use crate::{limits::STORE_BATCH_MAX, list::Description};

/// What it is.
pub const DESCRIPTION: Description =
    Description { name: "store", summary: "the log store of this host, queryable with LogQL" };

/// The name of this writer's mark in the store.
pub const WRITER: &str = "alert-router";

/// Whose streams alerts are, unless configured otherwise: Loki's name without authentication.
pub const TENANT: &str = "fake";

/// Settings of the store output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Store alerts on this host.
    pub enabled: bool,
    /// Whose streams they are; Loki's name without authentication is `fake`.
    pub tenant: String,
}

impl Default for Config {
    fn default() -> Self {
        Config { enabled: true, tenant: TENANT.to_owned() }
    }
}

/// Writes alerts to a [`LogWriter`].
pub struct StoreOutput {
    tenant: String,
    writer: Arc<dyn LogWriter>,
}

impl StoreOutput {
    /// An output into this store.
    pub fn new(config: &Config, writer: Arc<dyn LogWriter>) -> Self {
        StoreOutput { tenant: config.tenant.clone(), writer }
    }
}

#[async_trait]
impl Output for StoreOutput {
    fn name(&self) -> &str {
        DESCRIPTION.name
    }

    fn kind(&self) -> OutputKind {
        OutputKind::Store
    }

    fn batch_max(&self) -> usize {
        STORE_BATCH_MAX
    }

    /// It is on this host: what fails now may work in a moment, and asking costs nothing.
    fn retry_max(&self) -> Option<Duration> {
        Some(Duration::from_secs(2))
    }

    fn resume_position(&self) -> Option<u64> {
        self.writer.mark(WRITER)
    }

    /// No error is permanent here: the store refuses for want of room or disk, never for an alert.
    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        // Asked every time: after a timeout the dropped write may have been finished.
        let stored = self.writer.mark(WRITER).unwrap_or(0);
        let mut streams: Vec<StreamEntries> = Vec::new();
        let mut index_of: HashMap<Labels, usize> = HashMap::new();
        for queued in batch.iter().filter(|queued| queued.position > stored) {
            let labels = labels(&queued.alert);
            let index = *index_of.entry(labels).or_insert_with_key(|labels| {
                streams.push(StreamEntries { labels: labels.clone(), entries: Vec::new() });
                streams.len() - 1
            });
            if let Some(stream) = streams.get_mut(index) {
                stream.entries.push(entry(&queued.alert));
            }
        }
        let Some(last) = batch.last().filter(|_| !streams.is_empty()) else { return Ok(()) };
        let mark = WriterMark { writer: WRITER.to_owned(), position: last.position };
        let batch = Batch { tenant: self.tenant.clone(), streams, mark: Some(mark) };
        self.writer.append(batch).await.map_err(|error| DeliveryError::retryable(error.to_string()))
    }
}
