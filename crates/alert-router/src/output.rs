//! What an output is to the router: a name, and a way to deliver some alerts.

use std::{sync::Arc, time::Duration};

use alert::Alert;
use async_trait::async_trait;

/// One alert on its way to an output.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// Position in the queue; grows from alert to alert, with gaps.
    pub position: u64,
    /// The alert.
    pub alert: Arc<Alert>,
}

/// What an output is for; decides what the queue does at its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// Keeps alerts for queries. The queue never drops what it still needs, subscribers hear of an
    /// alert after it has it, and on its first start it begins at the oldest alert.
    Store,
    /// Tells somebody. At the queue's bound its oldest alerts are dropped (and counted); on its
    /// first start it begins with the next alert.
    Notification,
}

/// Why alerts were not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Try again later.
    #[error("{reason}")]
    Retryable {
        /// For status and log; without secrets.
        reason: String,
        /// Not before this has passed, if the other side said so.
        after: Option<Duration>,
    },
    /// Trying again cannot help: the alert goes to the dead letters.
    #[error("{reason}")]
    Permanent {
        /// For status, log and dead letter; without secrets.
        reason: String,
    },
}

/// Why a delivery was not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Nothing of the batch arrived. If permanent, the router finds the guilty alert by halves.
    #[error("{0}")]
    All(Failure),
    /// These alerts of the batch (by index) did not arrive; the others did.
    #[error("{} alerts of a batch were not delivered", .0.len())]
    Some(Vec<(usize, Failure)>),
}

impl DeliveryError {
    /// Nothing arrived; try again.
    pub fn retryable(reason: impl Into<String>) -> Self {
        DeliveryError::All(Failure::Retryable { reason: reason.into(), after: None })
    }

    /// Nothing arrived, and nothing will.
    pub fn permanent(reason: impl Into<String>) -> Self {
        DeliveryError::All(Failure::Permanent { reason: reason.into() })
    }
}

/// Somewhere alerts go. The router calls one delivery at a time per output, in the order of the
/// queue, at least once each.
#[async_trait]
pub trait Output: Send + Sync {
    /// Names its cursor, its metrics and its dead letters; unique among the outputs.
    fn name(&self) -> &str;

    /// What it is for.
    fn kind(&self) -> OutputKind {
        OutputKind::Notification
    }

    /// Most alerts in one delivery.
    fn batch_max(&self) -> usize {
        1
    }

    /// Longest wait between two tries, when it is to be shorter than the configured one.
    fn retry_max(&self) -> Option<Duration> {
        None
    }

    /// The queue position up to which this output knows that it has everything. Positions of new
    /// alerts begin after it.
    fn resume_position(&self) -> Option<u64> {
        None
    }

    /// Delivers the batch. May be called again with the same alerts after an error or a timeout
    /// (then the future is dropped). Never blocks the thread.
    ///
    /// # Errors
    /// [`DeliveryError`], which says what to try again and what never to.
    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError>;
}
