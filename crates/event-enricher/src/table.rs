//! The process table: living processes by pid, ended ones for a while, and who begot whom.
//!
//! A [`Slot`] names one process for good: a pid that is used again gets another slot, so a
//! parent link never leads to a stranger.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
};

use crate::{
    limits::{ANCESTORS_MAX, ENDED_KEPT_NS, ENDED_PROCESSES_MAX, PROCESSES_MAX},
    process::Process,
};

/// Names one process; stale when that process was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    index: u32,
    generation: u32,
}

#[derive(Debug, Default)]
pub(crate) struct ProcessTable {
    places: Vec<Place>,
    free: Vec<u32>,
    /// The newest process of each pid, also when it has ended.
    by_pid: ByPid<Slot>,
    /// Ended processes, the longest gone first. One that turned out to live stands here in vain.
    ended: VecDeque<(u64, Slot)>,
    /// Threads that are not leaders, for events that tell only a thread id.
    leader_of: ByPid<u32>,
}

/// The kernel hands out pids one after another: nobody can choose them to collide, and each event
/// looks one up, so a multiplication is hash enough.
type ByPid<V> = HashMap<u32, V, BuildHasherDefault<PidHasher>>;

#[derive(Debug, Clone, Copy, Default)]
struct PidHasher(u64);

impl Hasher for PidHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u32(&mut self, pid: u32) {
        self.0 = (u64::from(pid) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(8) ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
}

#[derive(Debug, Default)]
struct Place {
    generation: u32,
    process: Option<Process>,
}

impl ProcessTable {
    pub(crate) fn get(&self, slot: Slot) -> Option<&Process> {
        let place = self.places.get(usize::try_from(slot.index).ok()?)?;
        place.process.as_ref().filter(|_| place.generation == slot.generation)
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Process> {
        let place = self.places.get_mut(usize::try_from(slot.index).ok()?)?;
        place.process.as_mut().filter(|_| place.generation == slot.generation)
    }

    /// The newest process with this pid, ended or not.
    pub(crate) fn slot_of(&self, pid: u32) -> Option<Slot> {
        self.by_pid.get(&pid).copied()
    }

    pub(crate) fn by_pid(&self, pid: u32) -> Option<&Process> {
        self.get(self.slot_of(pid)?)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Adds a process as the newest of its pid and links it to its parent. A former owner of the
    /// pid is ended. `Err`: the table is full of living processes.
    pub(crate) fn insert(&mut self, mut process: Process, now_ns: u64) -> Result<Slot, TableFull> {
        if let Some(former) = self.slot_of(process.pid) {
            self.end(former, now_ns);
        }
        self.purge(now_ns);
        if self.len() >= PROCESSES_MAX && !self.forget_longest_gone() {
            return Err(TableFull);
        }
        let pid = process.pid;
        if process.parent.is_none() {
            process.parent = self.slot_of(process.parent_pid).filter(|_| process.parent_pid != pid);
        }
        let parent = process.parent;
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.places.push(Place::default());
                u32::try_from(self.places.len() - 1).map_err(|_| TableFull)?
            }
        };
        let place =
            usize::try_from(index).ok().and_then(|index| self.places.get_mut(index)).ok_or(TableFull)?;
        place.process = Some(process);
        let slot = Slot { index, generation: place.generation };
        self.by_pid.insert(pid, slot);
        if let Some(parent) = parent.and_then(|parent| self.get_mut(parent)) {
            parent.children.push(slot);
        }
        Ok(slot)
    }

    /// Notes that a process ended. It stays for its children's lineage and for late events.
    pub(crate) fn end(&mut self, slot: Slot, now_ns: u64) {
        let Some(process) = self.get_mut(slot).filter(|process| process.ended_ns.is_none()) else { return };
        process.ended_ns = Some(now_ns);
        let parent = process.parent;
        self.ended.push_back((now_ns, slot));
        if let Some(parent) = parent.and_then(|parent| self.get_mut(parent)) {
            parent.children.retain(|child| *child != slot);
        }
    }

    /// An event of a process that was thought to have ended (its leader thread did).
    pub(crate) fn revive(&mut self, slot: Slot) {
        let Some(process) = self.get_mut(slot) else { return };
        process.ended_ns = None;
        let parent = process.parent;
        if let Some(parent) = parent.and_then(|parent| self.get_mut(parent))
            && !parent.children.contains(&slot)
        {
            parent.children.push(slot);
        }
    }

    /// Gives a process another parent.
    pub(crate) fn adopt(&mut self, child: Slot, parent_pid: u32) {
        let parent = self.slot_of(parent_pid).filter(|parent| *parent != child);
        let Some(process) = self.get_mut(child) else { return };
        let former = std::mem::replace(&mut process.parent, parent);
        process.parent_pid = parent_pid;
        if former == parent {
            return;
        }
        if let Some(former) = former.and_then(|former| self.get_mut(former)) {
            former.children.retain(|other| *other != child);
        }
        if let Some(parent) = parent.and_then(|parent| self.get_mut(parent)) {
            parent.children.push(child);
        }
    }

    /// The process itself, its parent, and so on. Ends at a process without a known parent.
    pub(crate) fn lineage(&self, slot: Option<Slot>) -> impl Iterator<Item = &Process> {
        let mut next = slot;
        std::iter::from_fn(move || {
            let process = self.get(next?)?;
            next = process.parent;
            Some(process)
        })
        .take(ANCESTORS_MAX)
    }

    pub(crate) fn add_thread(&mut self, tid: u32, pid: u32) {
        if tid != pid && self.leader_of.len() < PROCESSES_MAX {
            self.leader_of.insert(tid, pid);
        }
    }

    pub(crate) fn remove_thread(&mut self, tid: u32) {
        self.leader_of.remove(&tid);
    }

    /// The pid that a thread belongs to, as far as events told.
    pub(crate) fn leader_of(&self, tid: u32) -> u32 {
        self.leader_of.get(&tid).copied().unwrap_or(tid)
    }

    /// Processes that are thought to live.
    pub(crate) fn living(&self) -> Vec<(u32, Slot)> {
        let lives = |slot: &Slot| self.get(*slot).is_some_and(|process| process.ended_ns.is_none());
        self.by_pid.iter().filter(|(_, slot)| lives(slot)).map(|(pid, slot)| (*pid, *slot)).collect()
    }

    /// Forgets what ended long ago.
    pub(crate) fn purge(&mut self, now_ns: u64) {
        while let Some((ended_ns, _)) = self.ended.front() {
            let too_old = now_ns.saturating_sub(*ended_ns) > ENDED_KEPT_NS;
            if !too_old && self.ended.len() <= ENDED_PROCESSES_MAX {
                break;
            }
            self.forget_longest_gone();
        }
    }

    fn forget_longest_gone(&mut self) -> bool {
        while let Some((_, slot)) = self.ended.pop_front() {
            if self.get(slot).is_some_and(|process| process.ended_ns.is_some()) {
                self.forget(slot);
                return true;
            }
        }
        false
    }

    fn forget(&mut self, slot: Slot) {
        let Some(place) = usize::try_from(slot.index).ok().and_then(|index| self.places.get_mut(index))
        else {
            return;
        };
        let Some(process) = place.process.take() else { return };
        place.generation = place.generation.wrapping_add(1);
        self.free.push(slot.index);
        if self.by_pid.get(&process.pid) == Some(&slot) {
            self.by_pid.remove(&process.pid);
        }
    }
}

/// No room for another living process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableFull;

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent_pid: u32) -> Process {
        Process { pid, parent_pid, ..Process::default() }
    }

    fn pids(table: &ProcessTable, pid: u32) -> Vec<u32> {
        table.lineage(table.slot_of(pid)).map(|process| process.pid).collect()
    }

    #[test]
    fn lineage_survives_the_end_of_a_parent() {
        let mut table = ProcessTable::default();
        for (pid, parent) in [(1, 0), (10, 1), (11, 10)] {
            table.insert(process(pid, parent), 0).unwrap();
        }
        table.end(table.slot_of(10).unwrap(), 1);
        assert_eq!(pids(&table, 11), [11, 10, 1]);
        table.adopt(table.slot_of(11).unwrap(), 1);
        assert_eq!(pids(&table, 11), [11, 1]);
        table.purge(ENDED_KEPT_NS + 2);
        assert!(table.by_pid(10).is_none());
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let mut table = ProcessTable::default();
        table.insert(process(1, 0), 0).unwrap();
        let old = table.insert(process(10, 1), 0).unwrap();
        table.insert(process(11, 10), 0).unwrap();
        let new = table.insert(process(10, 1), 5).unwrap();
        assert_ne!(old, new);
        let parent = table.by_pid(11).unwrap().parent;
        assert_eq!(parent, Some(old));
        assert_eq!(table.get(old).unwrap().ended_ns, Some(5));
        // A forgotten slot leads nowhere, even when its place is used again.
        table.purge(ENDED_KEPT_NS + 6);
        table.insert(process(12, 1), ENDED_KEPT_NS + 7).unwrap();
        assert_eq!(pids(&table, 11), [11]);
    }

    #[test]
    fn ended_processes_make_room() {
        let mut table = ProcessTable::default();
        for pid in 1..=u32::try_from(PROCESSES_MAX).unwrap() {
            table.insert(process(pid, 0), 0).unwrap();
        }
        assert_eq!(table.insert(process(1_000_000, 0), 0), Err(TableFull));
        table.end(table.slot_of(7).unwrap(), 0);
        assert!(table.insert(process(1_000_000, 0), 0).is_ok());
        assert!(table.by_pid(7).is_none());
    }

    #[test]
    fn a_process_is_not_its_own_ancestor() {
        let mut table = ProcessTable::default();
        table.insert(process(5, 5), 0).unwrap();
        assert_eq!(pids(&table, 5), [5]);
        table.adopt(table.slot_of(5).unwrap(), 5);
        assert_eq!(pids(&table, 5), [5]);
    }
}
