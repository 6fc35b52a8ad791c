//! The stream catalogue: every stream of the process gets one number, used by memtables and
//! scans. Segments have their own numbering on disk, mapped to this one when they are opened.

use std::{collections::HashMap, sync::Arc};

use log_record::{LabelMatcher, Labels};

/// One stream of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Stream {
    pub(crate) tenant: Arc<str>,
    pub(crate) labels: Labels,
}

/// All streams that were seen since the start. It only grows; a restart forgets streams that
/// retention has removed.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    streams: Vec<Stream>,
    tenants: HashMap<Arc<str>, HashMap<Labels, u32>>,
}

impl Catalogue {
    /// The number of a stream, made when it is new.
    pub(crate) fn intern(&mut self, tenant: &str, labels: &Labels) -> u32 {
        let known = self.tenants.get_key_value(tenant);
        if let Some(&number) = known.and_then(|(_, streams)| streams.get(labels)) {
            return number;
        }
        let tenant = known.map_or_else(|| Arc::from(tenant), |(name, _)| Arc::clone(name));
        // u32::MAX is "no stream"; four thousand million streams do not fit in memory anyway.
        let number = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        self.streams.push(Stream { tenant: Arc::clone(&tenant), labels: labels.clone() });
        self.tenants.entry(tenant).or_default().insert(labels.clone(), number);
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Stream> {
        self.streams.get(number as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Which streams pass a selector.
    pub(crate) fn select(&self, tenant: &str, matchers: &[LabelMatcher]) -> StreamFilter {
        let passes = |stream: &Stream| {
            *stream.tenant == *tenant && matchers.iter().all(|matcher| matcher.matches(&stream.labels))
        };
        StreamFilter(self.streams.iter().map(passes).collect())
    }
}

/// For every stream number whether it is wanted; numbers given later are not.
#[derive(Debug, Clone)]
pub(crate) struct StreamFilter(Vec<bool>);

impl StreamFilter {
    pub(crate) fn wants(&self, stream: u32) -> bool {
        self.0.get(stream as usize).copied().unwrap_or(false)
    }

    /// Every stream so far.
    pub(crate) fn everything(count: usize) -> Self {
        StreamFilter(vec![true; count])
    }

    /// Those of them that also pass `wanted`.
    pub(crate) fn narrow(&self, wanted: impl Fn(u32) -> bool) -> Self {
        let keep = |(number, &is_wanted): (usize, &bool)| is_wanted && wanted(number as u32);
        StreamFilter(self.0.iter().enumerate().map(keep).collect())
    }

    /// The wanted numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().enumerate().filter(|(_, wanted)| **wanted).map(|(number, _)| number as u32)
    }
}
