//! All threads by their ids, thread groups, and who begot whom.
//!
//! A [`Slot`] names one thread for good: an id that is used again gets another slot. Parents are
//! named by thread id, as in libsinsp, children by slot.

use super::{
    hasher::ByNumber,
    thread::{Blank, Thread, flag},
};
use crate::limits::{ANCESTORS_MAX, GROUP_THREADS_SCANNED_MAX, THREADS_MAX};

/// Names one thread; stale when that thread was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    index: u32,
    generation: u32,
}

/// Names one thread group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupSlot(u32);

/// The threads of a process.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pid: i64,
    /// The main thread first, when it is known.
    pub(crate) threads: Vec<Slot>,
    pub(crate) alive: u64,
    /// Takes the orphans of its descendants.
    pub(crate) is_reaper: bool,
    /// Threads that name this group; without one its place is free.
    members: u32,
}

/// Removed children that a parent's list may hold before they are swept out of it.
const EXPIRED_CHILDREN_MAX: usize = 10;
/// A list of children this long is swept before it gets more room.
const SWEPT_CHILDREN_MIN: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct ThreadTable {
    places: Vec<Place>,
    free: Vec<u32>,
    by_tid: ByNumber<Slot>,
    last: Option<(i64, Slot)>,
    groups: Vec<Group>,
    free_groups: Vec<u32>,
    group_of_pid: ByNumber<GroupSlot>,
    pub(crate) blank: Blank,
    /// Threads refused because the table was full.
    pub(crate) refused: u64,
}

#[derive(Debug, Default)]
struct Place {
    generation: u32,
    thread: Option<Box<Thread>>,
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl ThreadTable {
    pub(crate) fn get(&self, slot: Slot) -> Option<&Thread> {
        let place = self.places.get(place(slot.index))?;
        place.thread.as_deref().filter(|_| place.generation == slot.generation)
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Thread> {
        let place = self.places.get_mut(place(slot.index))?;
        place.thread.as_deref_mut().filter(|_| place.generation == slot.generation)
    }

    pub(crate) fn slot_of(&self, tid: i64) -> Option<Slot> {
        match self.last {
            Some((last, slot)) if last == tid => Some(slot),
            _ => self.by_tid.get(&tid).copied(),
        }
    }

    pub(crate) fn find(&self, tid: i64) -> Option<&Thread> {
        self.get(self.slot_of(tid)?)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_tid.len()
    }

    /// All thread ids, in no order.
    pub(crate) fn tids(&self) -> Vec<i64> {
        self.by_tid.keys().copied().collect()
    }

    /// The thread with this id; one is made up when there is none. `None`: the table is full.
    pub(crate) fn find_or_invent(&mut self, tid: i64) -> Option<Slot> {
        if let Some(slot) = self.slot_of(tid) {
            self.last = Some((tid, slot));
            return Some(slot);
        }
        let mut thread = Thread::new(tid, &self.blank);
        thread.program = self.blank.unknown.clone();
        let slot = self.add(thread, true)?;
        self.last = Some((tid, slot));
        Some(slot)
    }

    /// Adds a thread. `None`: the table is full.
    pub(crate) fn add(&mut self, thread: Thread, with_relations: bool) -> Option<Slot> {
        if self.by_tid.len() >= THREADS_MAX {
            self.refused += 1;
            return None;
        }
        let tid = thread.tid;
        if let Some(former) = self.slot_of(tid) {
            self.forget(former);
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.places.push(Place::default());
                u32::try_from(self.places.len() - 1).ok()?
            }
        };
        let place = self.places.get_mut(place(index))?;
        place.thread = Some(Box::new(thread));
        let slot = Slot { index, generation: place.generation };
        self.by_tid.insert(tid, slot);
        if with_relations {
            self.relate(slot);
        }
        Some(slot)
    }

    /// Puts a thread into its group and among its parent's children.
    pub(crate) fn relate(&mut self, slot: Slot) {
        let Some(thread) = self.get(slot) else { return };
        if thread.is_invalid() || thread.group.is_some() {
            return;
        }
        let (pid, ptid) = (thread.pid, thread.ptid);
        let (is_main, is_reaper) = (thread.is_main(), pid == 1 || thread.vpid == 1);
        let group = match self.group_of_pid.get(&pid).copied() {
            Some(group) => group,
            None => {
                let group = self.new_group(pid, is_reaper);
                self.group_of_pid.insert(pid, group);
                group
            }
        };
        if let Some(members) = self.group_mut(group) {
            if is_main {
                members.threads.insert(0, slot);
            } else {
                members.threads.push(slot);
            }
            members.alive += 1;
            members.members += 1;
        }
        if let Some(thread) = self.get_mut(slot) {
            thread.group = Some(group);
        }
        if pid == 1 {
            return;
        }
        match self.slot_of(ptid).filter(|_| self.find(ptid).is_some_and(|parent| !parent.is_invalid())) {
            Some(parent) => self.add_child(parent, slot),
            None => {
                if let Some(thread) = self.get_mut(slot) {
                    thread.ptid = 0;
                }
            }
        }
    }

    fn new_group(&mut self, pid: i64, is_reaper: bool) -> GroupSlot {
        let group = Group { pid, is_reaper, ..Group::default() };
        if let Some(free) = self.free_groups.pop()
            && let Some(place) = self.groups.get_mut(place(free))
        {
            *place = group;
            return GroupSlot(free);
        }
        self.groups.push(group);
        GroupSlot(u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn group(&self, group: GroupSlot) -> Option<&Group> {
        self.groups.get(place(group.0))
    }

    pub(crate) fn group_mut(&mut self, group: GroupSlot) -> Option<&mut Group> {
        self.groups.get_mut(place(group.0))
    }

    pub(crate) fn group_of(&self, slot: Slot) -> Option<&Group> {
        self.group(self.get(slot)?.group?)
    }

    pub(crate) fn group_of_mut(&mut self, slot: Slot) -> Option<&mut Group> {
        let group = self.get(slot)?.group?;
        self.group_mut(group)
    }

    /// The group no longer stands for its pid: its last thread is about to go.
    pub(crate) fn close_group(&mut self, pid: i64) {
        self.group_of_pid.remove(&pid);
    }

    fn add_child(&mut self, parent: Slot, child: Slot) {
        let Some(thread) = self.get(parent) else { return };
        // Children whose id was used again went without notice: sweep before the list grows.
        if thread.children.len() >= SWEPT_CHILDREN_MIN && thread.children.len() == thread.children.capacity()
        {
            self.sweep_children(parent);
        }
        let Some(thread) = self.get_mut(parent) else { return };
        thread.children.push(child);
        thread.children_alive += 1;
        let tid = thread.tid;
        if let Some(child) = self.get_mut(child) {
            child.ptid = tid;
        }
    }

    /// Notes that one of a parent's children is about to go.
    pub(crate) fn release_child(&mut self, ptid: i64) {
        let Some(parent) = self.slot_of(ptid) else { return };
        let Some(thread) = self.get_mut(parent) else { return };
        thread.children_alive = thread.children_alive.saturating_sub(1);
        if thread.children.len().saturating_sub(thread.children_alive) < EXPIRED_CHILDREN_MAX {
            return;
        }
        self.sweep_children(parent);
    }

    fn sweep_children(&mut self, parent: Slot) {
        let Some(thread) = self.get_mut(parent) else { return };
        let mut children = std::mem::take(&mut thread.children);
        children.retain(|child| self.get(*child).is_some());
        if let Some(thread) = self.get_mut(parent) {
            thread.children_alive = children.len();
            thread.children = children;
        }
    }

    /// Gives all children of a thread to another one, or to nobody.
    pub(crate) fn give_children(&mut self, from: Slot, to: Option<Slot>) {
        let Some(thread) = self.get_mut(from) else { return };
        let children = std::mem::take(&mut thread.children);
        thread.children_alive = 0;
        for child in children {
            if self.get(child).is_none() {
                continue;
            }
            match to {
                Some(parent) => self.add_child(parent, child),
                None => {
                    if let Some(child) = self.get_mut(child) {
                        child.ptid = 0;
                    }
                }
            }
        }
    }

    /// Takes a thread out of its group's list.
    pub(crate) fn leave_group(&mut self, slot: Slot) {
        if let Some(group) = self.group_of_mut(slot) {
            group.threads.retain(|other| *other != slot);
        }
    }

    /// Removes a thread without regard to its relatives.
    pub(crate) fn forget(&mut self, slot: Slot) {
        if self.get(slot).is_none() {
            return;
        }
        let Some(place) = self.places.get_mut(place(slot.index)) else { return };
        let Some(thread) = place.thread.take() else { return };
        place.generation = place.generation.wrapping_add(1);
        self.free.push(slot.index);
        if self.by_tid.get(&thread.tid) == Some(&slot) {
            self.by_tid.remove(&thread.tid);
        }
        if self.last.is_some_and(|(_, last)| last == slot) {
            self.last = None;
        }
        let Some(group) = thread.group else { return };
        let Some(members) = self.group_mut(group) else { return };
        members.threads.retain(|other| *other != slot);
        members.members = members.members.saturating_sub(1);
        if members.members == 0 {
            members.threads = Vec::new();
            let pid = members.pid;
            if self.group_of_pid.get(&pid) == Some(&group) {
                self.group_of_pid.remove(&pid);
            }
            self.free_groups.push(group.0);
        }
    }

    /// The first thread of the process, which has its descriptors and its directory.
    pub(crate) fn main_of(&self, slot: Slot) -> Option<Slot> {
        let thread = self.get(slot)?;
        if thread.is_main() {
            return Some(slot);
        }
        let first = *self.group(thread.group?)?.threads.first()?;
        self.get(first).filter(|thread| thread.is_main()).map(|_| first)
    }

    /// The thread whose table holds a thread's descriptors.
    pub(crate) fn table_owner(&self, slot: Slot) -> Option<Slot> {
        if self.get(slot)?.has(flag::CLONE_FILES) { self.main_of(slot) } else { Some(slot) }
    }

    /// Another living thread of a group.
    pub(crate) fn living_member(&self, of: Slot, but: Option<Slot>) -> Option<Slot> {
        let group = self.group_of(of)?;
        if group.alive == 0 {
            return None;
        }
        let lives = |slot: &Slot| Some(*slot) != but && self.get(*slot).is_some_and(|one| !one.is_dead());
        group.threads.iter().take(GROUP_THREADS_SCANNED_MAX).find(|slot| lives(slot)).copied()
    }

    /// The parent, its parent and so on; ends before a loop closes.
    pub(crate) fn ancestors(&self, slot: Slot) -> impl Iterator<Item = Slot> {
        let mut next = self.get(slot).and_then(|thread| self.slot_of(thread.ptid));
        let mut fast = next.and_then(|slot| self.parent_of(slot));
        let mut looped = false;
        std::iter::from_fn(move || {
            let slot = next.filter(|_| !looped)?;
            self.get(slot).filter(|thread| thread.tid != -1)?;
            next = self.parent_of(slot);
            for _ in 0..2 {
                fast = fast.and_then(|slot| self.parent_of(slot));
                if next.is_some() && (next == fast || next.is_some_and(|next| self.is_own_parent(next))) {
                    looped = true;
                }
            }
            Some(slot)
        })
        .take(ANCESTORS_MAX)
    }

    pub(crate) fn parent_of(&self, slot: Slot) -> Option<Slot> {
        self.slot_of(self.get(slot)?.ptid)
    }

    fn is_own_parent(&self, slot: Slot) -> bool {
        self.get(slot).is_some_and(|thread| thread.tid == thread.ptid)
    }

    /// The process `distance` generations up: 0 is the thread's own process.
    pub(crate) fn ancestor_process(&self, slot: Slot, distance: usize) -> Option<Slot> {
        let mut main = self.main_of(slot)?;
        for _ in 0..distance {
            main = self.main_of(self.parent_of(main)?)?;
        }
        Some(main)
    }
}
