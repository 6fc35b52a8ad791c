//! Names of the maps and of the programs that hang on a tracepoint.

/// A program and the tracepoint it is attached to.
#[derive(Debug, Clone, Copy)]
pub struct Attached {
    /// Name of the C function.
    pub program: &'static str,
    /// Name of the tracepoint.
    pub tracepoint: &'static str,
}

/// Programs with a link of their own; the dispatcher jumps to the others.
pub const ATTACHED: [Attached; 4] = [
    Attached { program: "process_fork", tracepoint: "sched_process_fork" },
    Attached { program: "process_exec", tracepoint: "sched_process_exec" },
    Attached { program: "process_exit", tracepoint: "sched_process_exit" },
    Attached { program: "dispatch", tracepoint: "sys_exit" },
];

/// The tracepoint of all programs in the dispatcher's table.
pub const DISPATCHED_TRACEPOINT: &str = "sys_exit";

/// A program that ends the events of others, and its place in the dispatcher's table.
#[derive(Debug, Clone, Copy)]
pub struct Finisher {
    /// Name of the C function.
    pub program: &'static str,
    /// Behind every system call's number.
    pub slot: u32,
}

/// All of them.
pub const FINISHERS: [Finisher; 8] = [
    Finisher { program: "submit", slot: 510 },
    Finisher { program: "submit_resolved", slot: 511 },
    Finisher { program: "submit_described", slot: 509 },
    Finisher { program: "submit_again", slot: 508 },
    Finisher { program: "generic", slot: 507 },
    Finisher { program: "next_sendmmsg", slot: 505 },
    Finisher { program: "next_recvmmsg", slot: 504 },
    Finisher { program: "submit_parent", slot: 503 },
];

/// All maps, pinned under these names. `state` says whose they are.
pub const MAPS: [&str; 10] = [
    "config", "counters", "interest", "numbers", "peers", "prefixes", "programs", "ring", "scratch", "state",
];
