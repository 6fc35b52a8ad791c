//! Ends of threads, and who takes their children.

use event::Event;

use super::{
    Replayer,
    args::Args,
    step::{Current, tid_of},
    thread::flag,
    thread_table::Slot,
};

impl Replayer {
    /// Marks the thread; it is removed when the event was looked at.
    pub(crate) fn apply_exit(&mut self, event: &Event<'_>, current: &mut Current) {
        let args = Args::of(event);
        let Some(slot) = current.slot else { return };
        let Some(thread) = self.threads.get_mut(slot) else { return };
        let was_dead = thread.is_dead();
        thread.flags |= flag::CLOSED;
        if !thread.children.is_empty() {
            if args.len() > 4 {
                thread.reaper_tid = args.signed(4).unwrap_or(thread.reaper_tid);
            } else {
                thread.reaper_tid = -1;
            }
        }
        if !was_dead && let Some(group) = self.threads.group_of_mut(slot) {
            group.alive = group.alive.saturating_sub(1);
        }
        self.ending = Some(tid_of(event));
    }

    /// Removes a thread. The first thread of a process stays until the last one has gone.
    pub(crate) fn remove_thread(&mut self, tid: i64) {
        let Some(slot) = self.threads.slot_of(tid) else { return };
        let Some(thread) = self.threads.get(slot) else { return };
        let (pid, ptid) = (thread.pid, thread.ptid);
        if thread.is_invalid() || thread.group.is_none() {
            self.threads.release_child(ptid);
            self.threads.forget(slot);
            return;
        }
        if !thread.is_dead() {
            if let Some(group) = self.threads.group_of_mut(slot) {
                group.alive = group.alive.saturating_sub(1);
            }
            if let Some(thread) = self.threads.get_mut(slot) {
                thread.flags |= flag::CLOSED;
            }
        }
        self.find_home_for_children(slot);
        let is_last = self.threads.group_of(slot).is_none_or(|group| group.alive == 0);
        let is_main = self.threads.get(slot).is_some_and(|thread| thread.is_main());
        if is_last {
            self.threads.leave_group(slot);
            self.threads.release_child(ptid);
            self.threads.close_group(pid);
            if let Some(main) = self.threads.slot_of(pid) {
                self.threads.forget(main);
            }
        }
        if !is_main {
            self.threads.leave_group(slot);
            self.threads.release_child(ptid);
            self.threads.forget(slot);
        }
    }

    fn find_home_for_children(&mut self, slot: Slot) {
        let Some(thread) = self.threads.get(slot).filter(|thread| !thread.children.is_empty()) else {
            return;
        };
        let (pid, told) = (thread.pid, thread.reaper_tid);
        let told = if told > 0 { self.threads.find_or_invent(told) } else { None };
        let told = told.filter(|home| {
            *home != slot && self.threads.get(*home).is_some_and(|thread| !thread.is_invalid())
        });
        let home = told.or_else(|| self.find_reaper(slot));
        if let Some(home) = home {
            let home_pid = self.threads.get(home).map(|thread| thread.pid);
            if home_pid != Some(pid)
                && let Some(group) = self.threads.group_of_mut(home)
            {
                group.is_reaper = true;
            }
        }
        self.threads.give_children(slot, home);
    }

    /// As the kernel does: another thread of the process, else the nearest ancestor that takes
    /// orphans in.
    fn find_reaper(&self, slot: Slot) -> Option<Slot> {
        if let Some(member) = self.threads.living_member(slot, Some(slot)) {
            return Some(member);
        }
        let is_inside = self.threads.get(slot)?.is_in_pid_namespace();
        for ancestor in self.threads.ancestors(slot) {
            if ancestor == slot || self.threads.get(ancestor)?.is_in_pid_namespace() != is_inside {
                return None;
            }
            if self.threads.group_of(ancestor).is_some_and(|group| group.is_reaper)
                && let Some(member) = self.threads.living_member(ancestor, None)
            {
                return Some(member);
            }
        }
        None
    }
}
