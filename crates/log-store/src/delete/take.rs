//! Takes, lists and cancels requests.

use std::sync::Arc;

use log_record::{DeleteError, DeleteRequest, TimeRange};

use super::request::{StoredDelete, activate};
use crate::{
    chain::ChainEvent,
    limits::{DELETES_KEPT_MAX, DELETES_PENDING_MAX},
    maintain::now_ns,
    shared::Shared,
};

/// Takes a request. What is in memory is flushed first, so that "stored before the request" is
/// a set of segments.
pub(crate) fn take(
    shared: &Shared,
    tenant: &str,
    query: &str,
    range: TimeRange,
) -> Result<DeleteRequest, DeleteError> {
    let compiler = &*shared.config.selectors.0;
    compiler.compile(query).map_err(DeleteError::Selector)?;
    let pending = shared.state.read().deletes.len();
    if pending >= DELETES_PENDING_MAX {
        return Err(DeleteError::TooMany { pending, pending_max: DELETES_PENDING_MAX });
    }
    shared.maintenance.flush().map_err(DeleteError::Io)?;
    let mut manifest = shared.manifest.lock();
    let mut next = manifest.clone();
    let created_ns = now_ns();
    let stored = StoredDelete {
        id: new_id(&next.deletes, tenant, query, created_ns),
        tenant: tenant.to_owned(),
        query: query.to_owned(),
        start_ns: range.start_ns,
        end_ns: range.end_ns,
        created_ns,
        before_segment: next.next_segment,
        is_processed: false,
        deleted_rows: 0,
    };
    let event = ChainEvent::DeleteRequested {
        id: stored.id.clone(),
        tenant: stored.tenant.clone(),
        query: stored.query.clone(),
        start_ns: stored.start_ns,
        end_ns: stored.end_ns,
    };
    next.deletes.push(stored.clone());
    forget_oldest(&mut next.deletes);
    let (active, _) = activate(&next.deletes, compiler);
    shared.commit(&mut manifest, next, vec![event]).map_err(|error| DeleteError::Io(error.to_string()))?;
    shared.state.write().deletes = active;
    drop(manifest);
    tracing::info!(id = stored.id, tenant, query, "delete request taken");
    Ok(stored.request())
}

pub(crate) fn list(shared: &Shared, tenant: &str) -> Vec<DeleteRequest> {
    let manifest = shared.manifest.lock();
    manifest.deletes.iter().filter(|delete| delete.tenant == tenant).map(StoredDelete::request).collect()
}

pub(crate) fn cancel(shared: &Shared, tenant: &str, id: &str) -> Result<(), DeleteError> {
    let mut manifest = shared.manifest.lock();
    let found = manifest.deletes.iter().find(|delete| delete.id == id && delete.tenant == tenant);
    if found.ok_or(DeleteError::Unknown)?.is_processed {
        return Err(DeleteError::Processed);
    }
    let mut next = manifest.clone();
    next.deletes.retain(|delete| delete.id != id);
    let (active, _) = activate(&next.deletes, &*shared.config.selectors.0);
    let event = ChainEvent::DeleteCancelled { id: id.to_owned() };
    shared.commit(&mut manifest, next, vec![event]).map_err(|error| DeleteError::Io(error.to_string()))?;
    shared.state.write().deletes = active;
    drop(manifest);
    tracing::info!(id, tenant, "delete request cancelled");
    Ok(())
}

/// Eight hex digits that no kept request has.
fn new_id(kept: &[StoredDelete], tenant: &str, query: &str, created_ns: i64) -> String {
    let mut seed = created_ns as u64;
    loop {
        let text = format!("{tenant}\0{query}\0{seed}");
        let id = format!("{:08x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as u32);
        if !kept.iter().any(|delete| delete.id == id) {
            return id;
        }
        seed = seed.wrapping_add(1);
    }
}

/// Of the processed requests the newest are kept, for those who ask what became of theirs.
fn forget_oldest(deletes: &mut Vec<StoredDelete>) {
    let processed = deletes.iter().filter(|delete| delete.is_processed).count();
    let mut surplus = processed.saturating_sub(DELETES_KEPT_MAX);
    deletes.retain(|delete| {
        let goes = delete.is_processed && surplus > 0;
        surplus -= usize::from(goes);
        !goes
    });
}

/// Compiles nothing: a store that was opened without a compiler takes no requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoCompiler;

impl log_record::SelectorCompiler for NoCompiler {
    fn compile(&self, _: &str) -> Result<log_record::CompiledSelector, String> {
        Err("this store was opened without a selector compiler".to_owned())
    }
}

/// The default.
pub(crate) fn no_compiler() -> Arc<dyn log_record::SelectorCompiler> {
    Arc::new(NoCompiler)
}
