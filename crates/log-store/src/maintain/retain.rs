//! Retention: by age, by age of some streams, and by size; oldest first. Whole segments go where
//! all of their streams are too old; otherwise a segment is written again without those that are.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use log_record::{LabelMatcher, Labels};

use super::{compact::rewrite, flush::WorkError, quarantine::gaps};
use crate::{
    Config, OpenError,
    chain::ChainEvent,
    delete::Dropper,
    segment::{Segment, SegmentFile},
    shared::Shared,
};

/// How long streams that match are kept.
#[derive(Debug, Clone)]
pub(crate) struct AgeRule {
    matchers: Vec<LabelMatcher>,
    priority: u32,
    age_s_max: u64,
}

impl AgeRule {
    /// The rules of a configuration.
    pub(crate) fn compile(config: &Config) -> Result<Vec<AgeRule>, OpenError> {
        let rule = |rule: &crate::StreamRetention| {
            let compiled =
                config.selectors.0.compile(&rule.selector).and_then(|compiled| match compiled.line {
                    None => Ok(compiled.matchers),
                    Some(_) => Err("only labels count here, without a pipeline".to_owned()),
                });
            match compiled {
                Ok(matchers) => Ok(AgeRule { matchers, priority: rule.priority, age_s_max: rule.age_max_s }),
                Err(reason) => Err(OpenError::Retention { selector: rule.selector.clone(), reason }),
            }
        };
        config.retention_streams.iter().map(rule).collect()
    }
}

/// How many seconds a stream is kept; 0 = for ever. Loki: the rule with the highest priority, of
/// equal ones the shortest age; without a rule the age of all.
fn age_of(labels: &Labels, rules: &[AgeRule], age_s_max: u64) -> u64 {
    let matching = rules.iter().filter(|rule| rule.matchers.iter().all(|matcher| matcher.matches(labels)));
    let shortness = |age: u64| if age == 0 { u64::MAX } else { age };
    matching
        .max_by_key(|rule| (rule.priority, std::cmp::Reverse(shortness(rule.age_s_max))))
        .map_or(age_s_max, |rule| rule.age_s_max)
}

fn is_past(newest_ns: i64, now_ns: i64, age_s_max: u64) -> bool {
    let age_ns = i64::try_from(age_s_max.saturating_mul(1_000_000_000)).unwrap_or(i64::MAX);
    age_s_max > 0 && newest_ns < now_ns.saturating_sub(age_ns)
}

/// Which segments are past retention, those by age first. `age` gives the longest age of a
/// segment's streams: when its newest row is older, all are. By size the oldest go until the rest
/// fits.
pub(crate) fn expired(
    files: &[SegmentFile],
    now_ns: i64,
    age: impl Fn(&SegmentFile) -> u64,
    bytes_max: u64,
) -> [BTreeSet<String>; 2] {
    let mut oldest_first: Vec<&SegmentFile> = files.iter().collect();
    oldest_first.sort_by_key(|file| (file.newest_ns, &file.name));
    let (old, young): (Vec<&SegmentFile>, Vec<&SegmentFile>) =
        oldest_first.into_iter().partition(|file| is_past(file.newest_ns, now_ns, age(file)));
    let mut left: u64 = young.iter().map(|file| file.bytes).sum();
    let mut surplus = BTreeSet::new();
    for file in young {
        if bytes_max == 0 || left <= bytes_max {
            break;
        }
        left -= file.bytes;
        surplus.insert(file.name.clone());
    }
    [old.into_iter().map(|file| file.name.clone()).collect(), surplus]
}

/// Removes segments that are past retention now.
pub(crate) fn expire(shared: &Shared, now_ns: i64) -> Result<(), WorkError> {
    let config = &shared.config;
    let ages = longest_ages(shared);
    let age = |file: &SegmentFile| ages.get(&file.name).copied().unwrap_or(config.retention_age_max_s);
    let mut manifest = shared.manifest.lock();
    let [old, surplus] = expired(&manifest.segments, now_ns, age, config.retention_bytes_max);
    let is_gone = |name: &str| old.contains(name) || surplus.contains(name);
    let mut next = manifest.clone();
    next.segments.retain(|file| !is_gone(&file.name));
    next.set_aside.retain(|file| !is_past(file.newest_ns, now_ns, config.retention_age_max_s));
    if next.segments.len() == manifest.segments.len() && next.set_aside.len() == manifest.set_aside.len() {
        return Ok(());
    }
    let mut events = Vec::new();
    for (names, reason) in [(&old, "age"), (&surplus, "size")] {
        let files = manifest.segments.iter().filter(|file| names.contains(&file.name));
        let rows = files.clone().map(|file| file.rows).sum();
        if let Some(newest_ns) = files.map(|file| file.newest_ns).max() {
            let segments = names.iter().cloned().collect();
            events.push(ChainEvent::Expired { segments, rows, newest_ns, reason: reason.to_owned() });
        }
    }
    shared.commit(&mut manifest, next, events)?;
    let mut removed = Vec::new();
    {
        let mut state = shared.state.write();
        state.set_aside = gaps(&manifest.set_aside);
        state.segments.retain(|segment| {
            let is_gone = is_gone(&segment.file.name);
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

/// Writes segments again without the streams that are past the age of their rule. Only when all
/// rows of the segment are: so each is written again at most once per age.
pub(crate) fn expire_streams(
    shared: &Shared,
    runtime: &tokio::runtime::Runtime,
    now_ns: i64,
) -> Result<(), WorkError> {
    if shared.age_rules.is_empty() {
        return Ok(());
    }
    let segments = shared.state.read().segments.clone();
    for segment in segments.into_iter().filter(|segment| segment.damage().is_none()) {
        let expired = {
            let catalogue = shared.catalogue.read();
            let past: HashSet<u32> = ages(shared, &catalogue, &segment)
                .filter(|(_, age)| is_past(segment.file.newest_ns, now_ns, *age))
                .map(|(stream, _)| stream)
                .collect();
            if past.is_empty() {
                continue;
            }
            crate::index::StreamFilter::everything(catalogue.len()).narrow(|stream| past.contains(&stream))
        };
        let mut dropper = Dropper { hidden: None, expired: Some(expired) };
        if !rewrite(shared, runtime, &[segment], &mut dropper)? {
            return Ok(());
        }
    }
    Ok(())
}

/// The age of each of a segment's streams.
fn ages<'a>(
    shared: &'a Shared,
    catalogue: &'a crate::index::Catalogue,
    segment: &'a Segment,
) -> impl Iterator<Item = (u32, u64)> + 'a {
    let age_s_max = shared.config.retention_age_max_s;
    segment.streams().iter().map(move |&stream| {
        let labels = catalogue.get(stream).map(|stream| &stream.labels);
        (stream, labels.map_or(age_s_max, |labels| age_of(labels, &shared.age_rules, age_s_max)))
    })
}

/// For each segment the longest age of its streams; empty when there are no rules.
fn longest_ages(shared: &Shared) -> HashMap<String, u64> {
    if shared.age_rules.is_empty() {
        return HashMap::new();
    }
    let segments = shared.state.read().segments.clone();
    let catalogue = shared.catalogue.read();
    let longest = |segment: &Arc<Segment>| {
        let all: Vec<u64> = ages(shared, &catalogue, segment).map(|(_, age)| age).collect();
        if all.contains(&0) { 0 } else { all.into_iter().max().unwrap_or(0) }
    };
    segments.iter().map(|segment| (segment.file.name.clone(), longest(segment))).collect()
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
            hash: String::new(),
            born: 0,
        };
        let files: Vec<SegmentFile> = files.iter().map(file).collect();
        let gone = expired(&files, 1_000_000_000_000, |_| age_s_max, bytes_max);
        let mut gone: Vec<&str> = gone.iter().flatten().map(String::as_str).collect();
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

    #[test]
    fn the_highest_priority_counts_then_the_shortest_age() {
        let rule = |name: &str, priority, age_s_max| AgeRule {
            matchers: vec![LabelMatcher {
                name: name.to_owned(),
                operator: log_record::MatchOperator::Equal("1".to_owned()),
            }],
            priority,
            age_s_max,
        };
        let rules = [rule("a", 1, 100), rule("b", 2, 500), rule("c", 2, 300), rule("d", 2, 0)];
        let check = |labels: &[(&str, &str)], expected: u64| {
            assert_eq!(age_of(&Labels::new(labels.iter().copied()), &rules, 50), expected);
        };
        check(&[("x", "1")], 50);
        check(&[("a", "1")], 100);
        check(&[("a", "1"), ("b", "1")], 500);
        check(&[("a", "1"), ("b", "1"), ("c", "1")], 300);
        check(&[("a", "1"), ("d", "1")], 0);
        check(&[("b", "1"), ("d", "1")], 500);
    }
}
