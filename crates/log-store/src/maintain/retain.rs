//! Retention: by age and by size, a whole segment at a time, oldest first.

use std::{collections::HashSet, sync::Arc};

use super::flush::WorkError;
use crate::{segment::SegmentFile, shared::Shared};

/// Which segments are past retention. By age: the newest row of the segment is too old. By size:
/// the oldest go until the rest fits.
pub(crate) fn expired(files: &[SegmentFile], now_ns: i64, age_s_max: u64, bytes_max: u64) -> HashSet<String> {
    let age_ns = i64::try_from(age_s_max.saturating_mul(1_000_000_000)).unwrap_or(i64::MAX);
    let horizon = now_ns.saturating_sub(age_ns);
    let mut oldest_first: Vec<&SegmentFile> = files.iter().collect();
    oldest_first.sort_by_key(|file| (file.newest_ns, &file.name));
    let mut left: u64 = files.iter().map(|file| file.bytes).sum();
    let mut gone = HashSet::new();
    for file in oldest_first {
        let is_old = age_s_max > 0 && file.newest_ns < horizon;
        if is_old || (bytes_max > 0 && left > bytes_max) {
            gone.insert(file.name.clone());
            left -= file.bytes;
        }
    }
    gone
}

/// Removes what is past retention now.
pub(crate) fn expire(shared: &Shared, now_ns: i64) -> Result<(), WorkError> {
    let config = &shared.config;
    let mut manifest = shared.manifest.lock();
    let gone = expired(&manifest.segments, now_ns, config.retention_age_max_s, config.retention_bytes_max);
    if gone.is_empty() {
        return Ok(());
    }
    let mut next = manifest.clone();
    next.segments.retain(|file| !gone.contains(&file.name));
    next.write(&shared.paths.root)?;
    *manifest = next;
    let mut removed = Vec::new();
    {
        let mut state = shared.state.write();
        state.segments.retain(|segment| {
            let is_gone = gone.contains(&segment.file.name);
            if is_gone {
                removed.push(Arc::clone(segment));
            }
            !is_gone
        });
    }
    drop(manifest);
    for segment in removed {
        segment.retire();
        shared.metrics.expired_segments.increment();
        shared.metrics.expired_lines.add(segment.file.rows);
        tracing::info!(
            segment = segment.file.name,
            rows = segment.file.rows,
            "segment past retention removed"
        );
    }
    shared.refresh_gauges();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, i64, u64)], age_s_max: u64, bytes_max: u64, expected: &[&str]) {
        let file = |&(name, newest_s, bytes): &(&str, i64, u64)| SegmentFile {
            name: name.to_owned(),
            version: 1,
            bytes,
            rows: 1,
            line_bytes: 1,
            oldest_ns: 0,
            newest_ns: newest_s * 1_000_000_000,
            index_offset: 0,
            index_bytes: 0,
            index_crc: 0,
            footer_crc: 0,
        };
        let files: Vec<SegmentFile> = files.iter().map(file).collect();
        let gone = expired(&files, 1_000_000_000_000, age_s_max, bytes_max);
        let mut gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        gone.sort_unstable();
        assert_eq!(gone, expected);
    }

    #[test]
    fn oldest_goes_first_by_age_and_by_size() {
        let files = [("a", 900, 10), ("b", 500, 10), ("c", 950, 10), ("d", 100, 10)];
        check(&files, 0, 0, &[]);
        check(&files, 200, 0, &["b", "d"]);
        check(&files, 0, 25, &["b", "d"]);
        check(&files, 600, 35, &["d"]);
        check(&files, 0, 5, &["a", "b", "c", "d"]);
    }
}
