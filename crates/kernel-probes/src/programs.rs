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
pub const FINISHERS: [Finisher; 2] =
    [Finisher { program: "submit", slot: 510 }, Finisher { program: "submit_resolved", slot: 511 }];

/// All maps, pinned under these names. `state` says whose they are.
pub const MAPS: [&str; 8] =
    ["config", "counters", "interest", "prefixes", "programs", "ring", "scratch", "state"];
