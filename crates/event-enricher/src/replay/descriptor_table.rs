//! The descriptors of one process.
//!
//! Listed in the order of their numbers; libsinsp lists them in the order of a hash table's
//! buckets, which only `fd.types` shows.

use std::{ops::RangeInclusive, sync::Arc};

use super::{descriptor::Fd, files::O_CLOEXEC, hasher::ByNumber};
use crate::limits::DESCRIPTORS_MAX;

/// Shared with children until one side changes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FdTable(Option<Arc<ByNumber<Fd>>>);

impl FdTable {
    pub(crate) fn get(&self, number: i64) -> Option<&Fd> {
        self.0.as_ref()?.get(&number)
    }

    /// The entry itself, to be changed.
    pub(crate) fn get_mut(&mut self, number: i64) -> Option<&mut Fd> {
        let table = self.0.as_mut()?;
        if !table.contains_key(&number) {
            return None;
        }
        Arc::make_mut(table).get_mut(&number)
    }

    /// Notes that the event about to be handled looks at this descriptor: a new name will be a
    /// change from now on.
    pub(crate) fn look_up(&mut self, number: i64) -> bool {
        match self.get(number) {
            None => false,
            Some(fd) => {
                if fd.renamed
                    && let Some(fd) = self.get_mut(number)
                {
                    fd.renamed = false;
                }
                true
            }
        }
    }

    /// `false`: the table is full.
    pub(crate) fn insert(&mut self, number: i64, fd: Fd) -> bool {
        let table = Arc::make_mut(self.0.get_or_insert_default());
        if table.len() >= DESCRIPTORS_MAX && !table.contains_key(&number) {
            return false;
        }
        table.insert(number, fd);
        true
    }

    pub(crate) fn remove(&mut self, number: i64) {
        if let Some(table) = self.0.as_mut()
            && table.contains_key(&number)
        {
            Arc::make_mut(table).remove(&number);
        }
    }

    /// Closes what does not outlive an exec.
    pub(crate) fn close_on_exec(&mut self) {
        let closes = |fd: &Fd| fd.open_flags & O_CLOEXEC != 0;
        if let Some(table) = self.0.as_mut()
            && table.values().any(closes)
        {
            Arc::make_mut(table).retain(|_, fd| !closes(fd));
        }
    }

    /// Closes a range of numbers, now or at the next exec.
    pub(crate) fn close_range(&mut self, range: RangeInclusive<i64>, on_exec: bool) {
        let Some(table) = self.0.as_mut() else { return };
        if !table.keys().any(|number| range.contains(number)) {
            return;
        }
        let table = Arc::make_mut(table);
        if on_exec {
            let inside = table.iter_mut().filter(|(number, _)| range.contains(number));
            inside.for_each(|(_, fd)| fd.set_closes_on_exec(true));
        } else {
            table.retain(|number, _| !range.contains(number));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |table| table.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fd> {
        self.0.iter().flat_map(|table| table.values())
    }

    /// All entries, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Fd> {
        self.0.iter_mut().flat_map(|table| Arc::make_mut(table).values_mut())
    }

    /// By ascending number.
    pub(crate) fn sorted(&self) -> Vec<&Fd> {
        let mut all: Vec<(i64, &Fd)> =
            self.0.iter().flat_map(|table| table.iter()).map(|(number, fd)| (*number, fd)).collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, fd)| fd).collect()
    }
}
