//! The map behind [`crate::Directory`]: what is known, what was gone, what is being asked.
//! Pure bookkeeping; time comes in as an argument.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Container, ContainerId, State,
    limits::{CONTAINERS_MAX, DEAD_CONTAINERS_MAX, MISSING_IDS_MAX, MISSING_KEPT},
};

#[derive(Debug, Default)]
pub(crate) struct Entries {
    known: HashMap<ContainerId, Entry>,
    /// Removed containers, the longest gone first. An id that came back stands here in vain.
    removed: VecDeque<(Instant, ContainerId)>,
    missing: HashMap<ContainerId, Instant>,
    /// Answers still to come per id.
    asked: HashMap<ContainerId, usize>,
}

#[derive(Debug)]
struct Entry {
    container: Arc<Container>,
    source: usize,
    removed_at: Option<Instant>,
}

impl Entries {
    pub(crate) fn get(&self, id: &ContainerId) -> Option<&Arc<Container>> {
        self.known.get(id).map(|entry| &entry.container)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Container>> {
        let mut all: Vec<_> = self.known.values().map(|entry| Arc::clone(&entry.container)).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Takes what a runtime said. `false`: no room.
    pub(crate) fn insert(
        &mut self,
        mut container: Container,
        source: usize,
        now: Instant,
        dead_kept: Duration,
    ) -> bool {
        self.missing.remove(&container.id);
        if let Some(entry) = self.known.get_mut(&container.id) {
            // A partial description never replaces a whole one, but its state is newer.
            if entry.container.complete && !container.complete {
                return true;
            }
            // An inspection may answer after the container was removed.
            if entry.removed_at.is_some() {
                container.state = State::Removed;
            }
            entry.container = Arc::new(container);
            entry.source = source;
            return true;
        }
        self.purge(now, dead_kept);
        if self.known.len() >= CONTAINERS_MAX && !self.drop_longest_gone() {
            return false;
        }
        let id = container.id.clone();
        self.known.insert(id, Entry { container: Arc::new(container), source, removed_at: None });
        true
    }

    /// Changes one container in place (`rename`, `die`).
    pub(crate) fn change(&mut self, id: &ContainerId, change: impl FnOnce(&mut Container)) {
        if let Some(entry) = self.known.get_mut(id) {
            change(Arc::make_mut(&mut entry.container));
        }
    }

    /// The runtime no longer knows it; its name stays for a while.
    pub(crate) fn remove(&mut self, id: &ContainerId, now: Instant, dead_kept: Duration) {
        if let Some(entry) = self.known.get_mut(id)
            && entry.removed_at.is_none()
        {
            entry.removed_at = Some(now);
            Arc::make_mut(&mut entry.container).state = State::Removed;
            self.removed.push_back((now, id.clone()));
        }
        self.purge(now, dead_kept);
    }

    /// After a new listing: whatever this source had and no longer lists is gone.
    pub(crate) fn keep_only(
        &mut self,
        source: usize,
        listed: &HashSet<ContainerId>,
        now: Instant,
        dead_kept: Duration,
    ) {
        let gone: Vec<_> = self
            .known
            .iter()
            .filter(|(id, entry)| {
                entry.source == source && entry.removed_at.is_none() && !listed.contains(*id)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.remove(&id, now, dead_kept);
        }
    }

    pub(crate) fn is_missing(&self, id: &ContainerId, now: Instant) -> bool {
        self.missing.get(id).is_some_and(|until| now < *until)
    }

    /// Nobody knows this id: do not ask again for a while.
    pub(crate) fn set_missing(&mut self, id: &ContainerId, now: Instant) {
        if self.missing.len() >= MISSING_IDS_MAX {
            self.missing.retain(|_, until| now < *until);
            if self.missing.len() >= MISSING_IDS_MAX {
                self.missing.clear();
            }
        }
        self.missing.insert(id.clone(), now + MISSING_KEPT);
    }

    pub(crate) fn is_asked(&self, id: &ContainerId) -> bool {
        self.asked.contains_key(id)
    }

    pub(crate) fn add_asked(&mut self, id: &ContainerId, answers: usize) {
        if answers > 0 {
            *self.asked.entry(id.clone()).or_default() += answers;
        }
    }

    /// One answer came, or will never come. `true`: it was the last.
    pub(crate) fn answered(&mut self, id: &ContainerId) -> bool {
        match self.asked.get_mut(id) {
            Some(answers) if *answers > 1 => {
                *answers -= 1;
                false
            }
            Some(_) => {
                self.asked.remove(id);
                true
            }
            None => true,
        }
    }

    fn purge(&mut self, now: Instant, dead_kept: Duration) {
        while let Some((removed_at, _)) = self.removed.front() {
            let too_old = now.duration_since(*removed_at) > dead_kept;
            if !too_old && self.removed.len() <= DEAD_CONTAINERS_MAX {
                break;
            }
            self.drop_longest_gone();
        }
    }

    fn drop_longest_gone(&mut self) -> bool {
        let Some((_, id)) = self.removed.pop_front() else { return false };
        self.known.remove(&id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runtime;

    const KEPT: Duration = Duration::from_secs(60);

    fn container(number: usize) -> Container {
        Container::bare(ContainerId::new(&format!("{number:064x}")), Runtime::Docker)
    }

    #[test]
    fn the_dead_are_kept_for_a_while() {
        let mut entries = Entries::default();
        let start = Instant::now();
        let id = container(1).id;
        assert!(entries.insert(container(1), 0, start, KEPT));
        entries.remove(&id, start, KEPT);
        assert_eq!(entries.get(&id).unwrap().state, State::Removed);
        assert!(entries.insert(container(2), 0, start + KEPT * 2, KEPT));
        assert!(entries.get(&id).is_none());
    }

    #[test]
    fn the_dead_make_room_and_the_living_do_not() {
        let mut entries = Entries::default();
        let now = Instant::now();
        for number in 0..CONTAINERS_MAX {
            assert!(entries.insert(container(number), 0, now, KEPT));
        }
        assert!(!entries.insert(container(CONTAINERS_MAX), 0, now, KEPT));
        entries.remove(&container(7).id, now, KEPT);
        assert!(entries.insert(container(CONTAINERS_MAX), 0, now, KEPT));
        assert_eq!(entries.len(), CONTAINERS_MAX);
    }

    #[test]
    fn a_late_partial_does_not_replace_the_whole() {
        let mut entries = Entries::default();
        let now = Instant::now();
        let whole = Container { complete: true, privileged: Some(true), ..container(1) };
        entries.insert(whole, 0, now, KEPT);
        entries.insert(container(1), 0, now, KEPT);
        assert_eq!(entries.get(&container(1).id).unwrap().privileged, Some(true));
    }

    #[test]
    fn what_is_no_longer_listed_is_gone() {
        let mut entries = Entries::default();
        let now = Instant::now();
        entries.insert(container(1), 0, now, KEPT);
        entries.insert(container(2), 0, now, KEPT);
        entries.insert(container(3), 1, now, KEPT);
        entries.keep_only(0, &HashSet::from([container(2).id]), now, KEPT);
        let states: Vec<_> =
            [1, 2, 3].iter().map(|n| entries.get(&container(*n).id).unwrap().state).collect();
        assert_eq!(states, [State::Removed, State::Created, State::Created]);
    }

    #[test]
    fn missing_ids_are_forgotten_in_time() {
        let mut entries = Entries::default();
        let now = Instant::now();
        let id = container(1).id;
        entries.set_missing(&id, now);
        assert!(entries.is_missing(&id, now));
        assert!(!entries.is_missing(&id, now + MISSING_KEPT));
        entries.set_missing(&id, now);
        entries.insert(container(1), 0, now, KEPT);
        assert!(!entries.is_missing(&id, now));
    }

    #[test]
    fn answers_are_counted() {
        let mut entries = Entries::default();
        let id = container(1).id;
        entries.add_asked(&id, 2);
        assert!(entries.is_asked(&id));
        assert!(!entries.answered(&id));
        assert!(entries.answered(&id));
        assert!(!entries.is_asked(&id));
    }
}
