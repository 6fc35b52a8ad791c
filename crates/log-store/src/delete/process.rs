//! Removes what delete requests mean from segments, and the requests become processed.

use std::sync::Arc;

use super::{
    apply::{Hidden, drop_rows},
    request::{ActiveDelete, activate},
};
use crate::{
    chain::ChainEvent,
    index::StreamFilter,
    maintain::{WorkError, now_ns, rewrite},
    scan::Loaded,
    segment::Segment,
    shared::Shared,
};

/// Which rows a rewrite leaves out, and how many did.
#[derive(Debug, Default)]
pub(crate) struct Dropper {
    /// Requests whose lines go.
    pub(crate) hidden: Option<Hidden>,
    /// Catalogue numbers of streams that are past their retention.
    pub(crate) expired: Option<StreamFilter>,
}

/// Rows that a rewrite left out.
#[derive(Debug, Default, Clone)]
pub(crate) struct Dropped {
    pub(crate) duplicate_rows: u64,
    pub(crate) expired_rows: u64,
    /// By request.
    pub(crate) deleted_rows: std::collections::BTreeMap<String, u64>,
}

impl Dropper {
    /// The rows of a loaded block that stay.
    pub(crate) fn apply(
        &self,
        shared: &Shared,
        segment: &Segment,
        loaded: Loaded,
        dropped: &mut Dropped,
    ) -> Option<Loaded> {
        let mut kept = match &self.hidden {
            Some(hidden) => hidden.kept(&segment.file, &loaded, &shared.catalogue, |id| {
                *dropped.deleted_rows.entry(id.to_owned()).or_default() += 1;
            }),
            None => vec![true; loaded.streams.len()],
        };
        if let Some(expired) = &self.expired {
            for (kept, &stream) in kept.iter_mut().zip(&loaded.streams) {
                if *kept && expired.wants(stream) {
                    *kept = false;
                    dropped.expired_rows += 1;
                }
            }
        }
        let all = log_record::Columns { line: true, metadata: true, json_fields: Vec::new() };
        drop_rows(loaded, &kept, &all)
    }
}

/// Carries out the requests that can no longer be cancelled.
pub(crate) fn process_due(shared: &Shared, runtime: &tokio::runtime::Runtime) -> Result<(), WorkError> {
    let cancel_ns =
        i64::try_from(shared.config.delete_cancel_s.saturating_mul(1_000_000_000)).unwrap_or(i64::MAX);
    let horizon = now_ns().saturating_sub(cancel_ns);
    let (active, segments) = {
        let state = shared.state.read();
        (Arc::clone(&state.deletes), state.segments.clone())
    };
    let due: Arc<[ActiveDelete]> =
        active.iter().filter(|delete| delete.created_ns <= horizon).cloned().collect();
    if due.is_empty() {
        return Ok(());
    }
    let everything = StreamFilter::everything(shared.catalogue.read().len());
    let hidden = Hidden::new(&due, None, &everything, &shared.catalogue);
    let mut dropper = Dropper { hidden: Some(hidden), expired: None };
    for segment in segments {
        let is_touched = dropper.hidden.as_ref().is_some_and(|hidden| !hidden.spares(&segment));
        if is_touched && segment.damage().is_none() && !rewrite(shared, runtime, &[segment], &mut dropper)? {
            // The store closes, or the segment went meanwhile: the next round sees.
            return Ok(());
        }
    }
    let mut manifest = shared.manifest.lock();
    let mut next = manifest.clone();
    let mut events = Vec::new();
    for delete in &mut next.deletes {
        if !delete.is_processed && due.iter().any(|due| due.id == delete.id) {
            delete.is_processed = true;
            events.push(ChainEvent::DeleteProcessed { id: delete.id.clone(), rows: delete.deleted_rows });
            tracing::info!(id = delete.id, rows = delete.deleted_rows, "delete request processed");
        }
    }
    let (active, _) = activate(&next.deletes, &*shared.config.selectors.0);
    shared.commit(&mut manifest, next, events)?;
    shared.state.write().deletes = active;
    Ok(())
}
