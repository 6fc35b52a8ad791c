//! Sets segments aside that cannot be read: the file moves to the quarantine, the manifest
//! remembers its name, its rows and its time, and queries go on without it. Never silently: it is
//! in the status, the metrics, the log and the chain, and scans over its time say so.

use std::{fs, path::Path, sync::Arc};

use super::{flush::WorkError, worker::now_ns};
use crate::{
    chain::{ChainEvent, hash_of},
    index::SetAside,
    limits::SET_ASIDE_MAX,
    shared::{Gap, Shared},
};

/// Sets aside what scans or the opening found damaged. A segment that reads well now stays: the
/// fault lay elsewhere.
pub(crate) fn set_aside_damaged(shared: &Shared) -> Result<(), WorkError> {
    let mut suspects = std::mem::take(&mut *shared.suspects.lock());
    suspects.sort();
    suspects.dedup_by(|later, first| later.0 == first.0);
    for (name, reason) in suspects {
        let segment = {
            let state = shared.state.read();
            state.segments.iter().find(|segment| segment.file.name == name).cloned()
        };
        let Some(segment) = segment else { continue };
        let is_sound = match fs::read(segment.path()) {
            Ok(bytes) => !segment.file.hash.is_empty() && hash_of(&bytes).to_string() == segment.file.hash,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => {
                // The medium, or too many open files: that says nothing about the content.
                tracing::error!(segment = name, %error, "a segment cannot be read");
                continue;
            }
        };
        if is_sound {
            tracing::warn!(segment = name, reason, "a segment could not be read, but is sound now");
            continue;
        }
        let mut manifest = shared.manifest.lock();
        let mut next = manifest.clone();
        let file = &segment.file;
        next.segments.retain(|listed| listed.name != name);
        next.set_aside.push(SetAside {
            name: name.clone(),
            rows: file.rows,
            oldest_ns: file.oldest_ns,
            newest_ns: file.newest_ns,
            reason: reason.clone(),
            at_ns: now_ns(),
        });
        let surplus = next.set_aside.len().saturating_sub(SET_ASIDE_MAX);
        next.set_aside.drain(..surplus);
        // Linked before the manifest forgets it: a crash in between leaves two names for it, and
        // the next open removes the unlisted one.
        keep_copy(shared, segment.path(), &name)?;
        let event = ChainEvent::SetAside { segment: name.clone(), rows: file.rows, reason: reason.clone() };
        shared.commit(&mut manifest, next, vec![event])?;
        {
            let mut state = shared.state.write();
            state.segments.retain(|live| !Arc::ptr_eq(live, &segment));
            state.set_aside = gaps(&manifest.set_aside);
        }
        drop(manifest);
        segment.retire();
        shared.metrics.damaged.increment();
        tracing::error!(
            segment = name,
            rows = file.rows,
            reason,
            quarantine = %shared.paths.quarantine.display(),
            "damaged segment set aside; queries go on without its lines"
        );
    }
    shared.refresh_gauges();
    Ok(())
}

/// What scans must know of the segments that are gone.
pub(crate) fn gaps(set_aside: &[SetAside]) -> Vec<Gap> {
    let gap = |file: &SetAside| Gap { oldest_ns: file.oldest_ns, newest_ns: file.newest_ns, rows: file.rows };
    set_aside.iter().map(gap).collect()
}

fn keep_copy(shared: &Shared, path: &Path, name: &str) -> std::io::Result<()> {
    fs::create_dir_all(&shared.paths.quarantine)?;
    let kept = shared.paths.quarantine.join(name);
    match fs::hard_link(path, &kept) {
        // Gone, or there already: nothing more to keep.
        Err(error)
            if !matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::AlreadyExists) =>
        {
            Err(error)
        }
        _ => shared.disk.sync_dir(&shared.paths.quarantine),
    }
}
