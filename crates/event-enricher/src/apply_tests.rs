//! Births, program changes, ends: what the process table makes of events.

use event::{Pid, event_code};

use super::*;
use crate::{
    lifecycle::CLONE_THREAD,
    limits::RECONCILE_EVERY_NS,
    testing::{Built, NOBODY, clone, enricher, exec, exit, field, openat, take},
};

const A: &str = "2c663a2c4b7e48e96ae52882c231e10c9822c5288bba4efba028a653f35aaaef";

/// init, a shell below it, and a program that the shell started.
fn family() -> Enricher {
    let mut enricher = enricher();
    take(&mut enricher, exec(NOBODY + 1, "init", ""));
    take(&mut enricher, clone(NOBODY + 2, NOBODY + 1, "init"));
    take(&mut enricher, exec(NOBODY + 2, "bash", "-l\0").parent(NOBODY + 1));
    take(&mut enricher, clone(NOBODY + 3, NOBODY + 2, "bash"));
    enricher
}

#[test]
fn a_child_is_its_parents_image_until_it_execs() {
    let mut enricher = family();
    let open = openat(NOBODY + 3, 3, "/x", 1).parent(NOBODY + 2);
    assert_eq!(field(&mut enricher, &open, "proc.cmdline"), "bash -l");
    assert_eq!(field(&mut enricher, &open, "proc.exepath"), "/usr/bin/bash");
    assert_eq!(field(&mut enricher, &open, "proc.env[HOME]"), "/root");
    take(&mut enricher, exec(NOBODY + 3, "cat", "/etc/shadow\0").parent(NOBODY + 2));
    assert_eq!(field(&mut enricher, &open, "proc.cmdline"), "cat /etc/shadow");
    assert_eq!(field(&mut enricher, &open, "proc.pcmdline"), "bash -l");
    assert_eq!(field(&mut enricher, &open, "proc.aname"), "bash,init");
    assert_eq!(field(&mut enricher, &open, "proc.aname[0]"), "cat");
    assert_eq!(field(&mut enricher, &open, "proc.aname[2]"), "init");
    assert_eq!(field(&mut enricher, &open, "proc.aname[3]"), "-");
}

#[test]
fn lineage_outlives_a_parent_until_the_kernel_names_another() {
    let mut enricher = family();
    take(&mut enricher, exit(NOBODY + 2).parent(NOBODY + 1));
    let open = openat(NOBODY + 3, 3, "/x", 1);
    assert_eq!(field(&mut enricher, &open.clone().parent(NOBODY + 2), "proc.aname"), "bash,init");
    assert_eq!(field(&mut enricher, &open.parent(NOBODY + 1), "proc.aname"), "init");
}

#[test]
fn a_reused_pid_does_not_inherit_a_name() {
    let mut enricher = family();
    let stranger = openat(NOBODY + 3, 3, "/x", 1).with(|context| context.start_time.0 += 1);
    assert_eq!(field(&mut enricher, &stranger, "proc.name"), "-");
    assert_eq!(enricher.metrics.reused_pids.value(), 1);
    assert_eq!(enricher.metrics.unreadable_callers.value(), 1);
}

#[test]
fn a_failed_exec_changes_nothing() {
    let mut enricher = family();
    let failed = exec(NOBODY + 3, "ghost", "x\0").parent(NOBODY + 2).number("res", -2);
    assert_eq!(field(&mut enricher, &failed, "proc.name"), "bash");
    assert_eq!(field(&mut enricher, &failed, "evt.res"), "ENOENT");
    assert_eq!(field(&mut enricher, &failed, "evt.arg.exe"), "/bin/ghost");
}

#[test]
fn threads_are_counted_and_belong_to_their_process() {
    let mut enricher = family();
    let thread = clone(NOBODY + 3, NOBODY + 2, "bash").thread(NOBODY + 9).number("flags", CLONE_THREAD);
    take(&mut enricher, thread);
    let open = openat(NOBODY + 3, 3, "/x", 1).parent(NOBODY + 2).thread(NOBODY + 9);
    assert_eq!(field(&mut enricher, &open, "proc.nthreads"), "2");
    assert_eq!(field(&mut enricher, &open, "thread.ismain"), "false");
    // In a capture the thread id alone leads to the process.
    assert_eq!(field(&mut enricher, &open.recorded(), "proc.name"), "bash");
    take(&mut enricher, exit(NOBODY + 3).parent(NOBODY + 2).thread(NOBODY + 9));
    let open = openat(NOBODY + 3, 3, "/x", 1).parent(NOBODY + 2);
    assert_eq!(field(&mut enricher, &open, "proc.nthreads"), "1");
}

#[test]
fn the_container_follows_the_control_group() {
    let mut enricher = family();
    let open = openat(NOBODY + 3, 3, "/x", 1).parent(NOBODY + 2);
    assert_eq!(field(&mut enricher, &open, "container.id"), "host");
    let inside = format!("cpuset=/docker/{A}\0cpu=/\0");
    let exec = exec(NOBODY + 3, "sh", "").parent(NOBODY + 2).bytes("cgroups", inside.as_bytes());
    take(&mut enricher, exec);
    assert_eq!(field(&mut enricher, &open, "container.id"), "2c663a2c4b7e");
    assert_eq!(field(&mut enricher, &open, "container.full_id"), A);
    assert_eq!(field(&mut enricher, &open, "container.type"), "docker");
    assert_eq!(field(&mut enricher, &open, "thread.cgroup[cpu]"), "/");
    take(&mut enricher, clone(NOBODY + 4, NOBODY + 3, "sh").bytes("cgroups", inside.as_bytes()));
    let child = openat(NOBODY + 4, 3, "/x", 1).parent(NOBODY + 3);
    assert_eq!(field(&mut enricher, &child, "container.id"), "2c663a2c4b7e");
}

#[test]
fn directories_are_followed() {
    let mut enricher = family();
    let chdir = |path: &str| {
        Built::new(event_code::SYSCALL_CHDIR_X, NOBODY + 3)
            .parent(NOBODY + 2)
            .number("res", 0)
            .text("path", path)
    };
    let open = openat(NOBODY + 3, -2, "x", 1).parent(NOBODY + 2);
    take(&mut enricher, exec(NOBODY + 3, "sh", "").parent(NOBODY + 2));
    assert_eq!(field(&mut enricher, &open, "fd.name"), "/wharf/x");
    take(&mut enricher, chdir("link").resolved("/srv/data"));
    assert_eq!(field(&mut enricher, &open, "fd.name"), "/srv/data/x");
    assert_eq!(field(&mut enricher, &open, "proc.cwd"), "/srv/data/");
    take(&mut enricher, chdir("../etc").recorded());
    assert_eq!(field(&mut enricher, &open, "fd.name"), "/srv/etc/x");
    take(&mut enricher, chdir("/gone").number("res", -2));
    assert_eq!(field(&mut enricher, &open, "fd.name"), "/srv/etc/x");
}

#[test]
fn a_capture_needs_no_kernel_context() {
    let mut enricher = enricher();
    take(&mut enricher, exec(10, "bash", "").recorded());
    // The parent's half first, then the child's, then an event that has only a thread id.
    let parent = Built::new(event_code::SYSCALL_CLONE_20_X, 10)
        .recorded()
        .number("res", 11)
        .number("pid", 10)
        .number("flags", 0);
    take(&mut enricher, parent);
    take(&mut enricher, clone(11, 10, "bash").recorded());
    take(&mut enricher, exec(11, "cat", "/etc/shadow\0").recorded().number("uid", 7));
    let open = openat(11, 3, "/etc/shadow", 1).recorded();
    assert_eq!(field(&mut enricher, &open, "proc.cmdline"), "cat /etc/shadow");
    assert_eq!(field(&mut enricher, &open, "proc.pname"), "bash");
    assert_eq!(field(&mut enricher, &open, "user.uid"), "7");
    take(
        &mut enricher,
        Built::new(event_code::SYSCALL_SETUID_X, 11).recorded().number("res", 0).number("uid", 8),
    );
    assert_eq!(field(&mut enricher, &open, "user.uid"), "8");
    let rename = Built::new(event_code::SYSCALL_PRCTL_X, 11).recorded().number("res", 0);
    take(&mut enricher, rename.number("option", PR_SET_NAME).text("arg2_str", "kworker"));
    assert_eq!(field(&mut enricher, &open, "proc.cmdline"), "kworker /etc/shadow");
    assert_eq!(field(&mut enricher, &open, "proc.exe"), "/bin/cat");
}

#[test]
fn exits_that_were_lost_are_noticed() {
    let mut enricher = family();
    for round in 1..=3 {
        let event = exec(NOBODY + 1, "init", "").at(RECONCILE_EVERY_NS * round + 2_000_000_000);
        take(&mut enricher, event);
    }
    // All but the one that goes on making events, which no /proc shows here either.
    assert_eq!(enricher.metrics.missed_exits.value(), 2);
}

#[test]
fn the_scan_finds_this_process_and_its_ancestors() {
    let registry = telemetry::Registry::default();
    let directory = container_runtimes::Directory::empty(&registry);
    let mut enricher = Enricher::new(crate::Config::default(), directory, &registry);
    enricher.scan_proc();
    let pid = std::process::id();
    let own = enricher.processes.by_pid(pid).unwrap();
    let start = own.start.ns + 5_000_000;
    let parent = std::os::unix::process::parent_id();
    let open = openat(pid, -2, "x", 1).with(|context| {
        context.start_time.0 = start;
        context.parent_pid = Pid(parent);
    });
    let here = std::env::current_dir().unwrap().display().to_string();
    assert_eq!(field(&mut enricher, &open, "proc.ppid"), parent.to_string());
    assert_eq!(field(&mut enricher, &open, "proc.cwd"), format!("{here}/"));
    assert_eq!(field(&mut enricher, &open, "fd.name"), format!("{here}/x"));
    assert_ne!(field(&mut enricher, &open, "proc.pname"), "-");
    // 0 where pid 1 started all this without a session: field 6 of stat, behind the name.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let sid = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(3)).unwrap().to_owned();
    assert_eq!(field(&mut enricher, &open, "proc.sid"), sid);
    assert_eq!(field(&mut enricher, &open, "user.name"), "root");
    assert_eq!(enricher.metrics.unknown_callers.value(), 0);
    // An enricher that did not scan learns the same from its first event.
    let directory = container_runtimes::Directory::empty(&registry);
    let mut late = Enricher::new(crate::Config::default(), directory, &telemetry::Registry::default());
    assert_eq!(field(&mut late, &open, "proc.pname"), field(&mut enricher, &open, "proc.pname"));
    assert_eq!(late.metrics.unknown_callers.value(), 1);
}
