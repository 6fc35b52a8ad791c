//! What a scan must leave out of one segment's blocks.

use std::sync::Arc;

use log_record::{Columns, Labels};
use parking_lot::RwLock;

use super::request::ActiveDelete;
use crate::{
    index::{Catalogue, StreamFilter},
    rows::{Metadata, Texts},
    scan::{Loaded, MetadataHolder, TextHolder},
    segment::{Segment, SegmentFile},
};

/// The requests that one scan meets, with the streams they mean.
#[derive(Debug)]
pub(crate) struct Hidden {
    deletes: Vec<(ActiveDelete, StreamFilter)>,
}

impl Hidden {
    /// Of all requests those that can mean a wanted line.
    pub(crate) fn new(
        active: &Arc<[ActiveDelete]>,
        tenant: Option<&str>,
        wanted: &StreamFilter,
        catalogue: &RwLock<Catalogue>,
    ) -> Self {
        let mut deletes = Vec::new();
        if !active.is_empty() {
            let catalogue = catalogue.read();
            for delete in active.iter().filter(|delete| tenant.is_none_or(|tenant| delete.tenant == tenant)) {
                let streams = catalogue.select(&delete.tenant, &delete.selector.matchers);
                if streams.iter().any(|stream| wanted.wants(stream)) {
                    deletes.push((delete.clone(), streams));
                }
            }
        }
        Hidden { deletes }
    }

    /// No request can mean a line of this segment.
    pub(crate) fn spares(&self, segment: &Segment) -> bool {
        !self.deletes.iter().any(|one| touches(one, segment))
    }

    /// No request can mean a line of this stream in this segment.
    pub(crate) fn spares_stream(&self, segment: &SegmentFile, stream: u32) -> bool {
        !self.deletes.iter().any(|(delete, streams)| delete.may_touch(segment) && streams.wants(stream))
    }

    /// The columns that must be there to tell which lines are meant, beside those wanted.
    pub(crate) fn columns(&self, segment: &Segment, wanted: &Columns) -> Columns {
        let reads_line =
            self.deletes.iter().any(|one| touches(one, segment) && one.0.selector.line.is_some());
        Columns {
            line: wanted.line || reads_line,
            metadata: wanted.metadata || reads_line,
            json_fields: wanted.json_fields.clone(),
        }
    }

    /// For each row whether it stays; the ids of the requests that mean rows get their counts.
    pub(crate) fn kept(
        &self,
        file: &SegmentFile,
        loaded: &Loaded,
        catalogue: &RwLock<Catalogue>,
        mut meant: impl FnMut(&str),
    ) -> Vec<bool> {
        let deletes: Vec<_> = self.deletes.iter().filter(|(delete, _)| delete.may_touch(file)).collect();
        let lines = loaded.lines.as_ref().map(TextHolder::view).unwrap_or_default();
        let metadata = loaded.metadata.as_ref().map(MetadataHolder::view).unwrap_or_default();
        let mut labels: Option<(u32, Labels)> = None;
        let rows = loaded.streams.iter().zip(&loaded.timestamps_ns).enumerate();
        rows.map(|(row, (&stream, &time))| {
            let by = deletes.iter().find(|(delete, streams)| {
                if !delete.holds(time) || !streams.wants(stream) {
                    return false;
                }
                let Some(line) = &delete.selector.line else { return true };
                if labels.as_ref().is_none_or(|(known, _)| *known != stream) {
                    labels = catalogue.read().get(stream).map(|found| (stream, found.labels.clone()));
                }
                let pairs: Vec<(&str, &str)> = metadata.row(row).collect();
                labels
                    .as_ref()
                    .is_some_and(|(_, labels)| line(labels, time, lines.get(row).unwrap_or(""), &pairs))
            });
            if let Some((delete, _)) = by {
                meant(&delete.id);
            }
            by.is_none()
        })
        .collect()
    }
}

fn touches((delete, streams): &(ActiveDelete, StreamFilter), segment: &Segment) -> bool {
    delete.may_touch(&segment.file) && segment.streams().iter().any(|&stream| streams.wants(stream))
}

/// Keeps only these rows, and of the columns those that were wanted; none when no row is left.
pub(crate) fn drop_rows(loaded: Loaded, kept: &[bool], wanted: &Columns) -> Option<Loaded> {
    if !kept.contains(&true) {
        return None;
    }
    let mut loaded = loaded;
    loaded.lines = loaded.lines.filter(|_| wanted.line);
    loaded.metadata = loaded.metadata.filter(|_| wanted.metadata);
    if !kept.contains(&false) {
        return Some(loaded);
    }
    let mut flags = kept.iter();
    loaded.streams.retain(|_| flags.next() == Some(&true));
    let mut flags = kept.iter();
    loaded.timestamps_ns.retain(|_| flags.next() == Some(&true));
    loaded.lines = loaded.lines.map(|lines| keep_texts(&lines, kept));
    loaded.metadata = loaded.metadata.map(|metadata| {
        let view = metadata.view();
        let mut left = Metadata::default();
        rows(kept).for_each(|row| left.push(view.row(row)));
        MetadataHolder::Owned(left)
    });
    let fields = loaded.json_fields.into_iter();
    loaded.json_fields = fields.map(|(name, texts)| (name, keep_texts(&texts, kept))).collect();
    Some(loaded)
}

fn rows(kept: &[bool]) -> impl Iterator<Item = usize> {
    kept.iter().enumerate().filter(|(_, kept)| **kept).map(|(row, _)| row)
}

fn keep_texts(texts: &TextHolder, kept: &[bool]) -> TextHolder {
    let view = texts.view();
    let mut left = Texts::default();
    rows(kept).for_each(|row| left.push(view.get(row).unwrap_or("")));
    TextHolder::Owned(left)
}
