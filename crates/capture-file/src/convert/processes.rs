//! Rows of the conversion table: processes, ids and time.

use event::event_code as code;

use super::table::{
    Action::{Add, Become, Pass, Store, StoreAndPass},
    EMPTY_1, EMPTY_3, ENTER_1, ENTER_2, ENTER_3, MAYBE_1, MAYBE_2, MAYBE_3, Row,
    Step::{self, Empty, Old},
};

/// What fork, clone and exec told first: res, exe, args, tid, pid, ptid, cwd, fdlimit.
macro_rules! first_eight {
    ($($more:expr),* $(,)?) => {
        &[Old(0), Old(1), Old(2), Old(3), Old(4), Old(5), Old(6), Old(7), $($more),*]
    };
}

/// The same and pgft_maj, pgft_min, vm_size, vm_rss, vm_swap.
macro_rules! first_thirteen {
    ($($more:expr),* $(,)?) => {
        first_eight![Old(8), Old(9), Old(10), Old(11), Old(12), $($more),*]
    };
}

/// comm, cgroups and the ids in the pid namespace come in.
const CLONE_17_TO_20: &[Step] = first_thirteen![Old(13), Empty, Old(14), Old(15), Old(16), Empty, Empty];
/// comm comes in.
const CLONE_16_TO_17: &[Step] = first_thirteen![Empty, Old(13), Old(14), Old(15)];

pub(crate) const ROWS: &[Row] = &[
    (code::SYSCALL_EXECVE_8_E, 0, Become(code::SYSCALL_EXECVE_13_E, &[])),
    (
        code::SYSCALL_EXECVE_8_X,
        8,
        Become(code::SYSCALL_EXECVE_13_X, first_eight![Empty, Empty, Empty, Empty, Empty]),
    ),
    (code::SYSCALL_EXECVE_13_E, 0, Become(code::SYSCALL_EXECVE_14_E, &[])),
    (code::SYSCALL_EXECVE_13_X, 13, Become(code::SYSCALL_EXECVE_14_X, first_thirteen![Empty])),
    (code::SYSCALL_EXECVE_14_E, 0, Become(code::SYSCALL_EXECVE_15_E, &[])),
    (code::SYSCALL_EXECVE_14_X, 14, Become(code::SYSCALL_EXECVE_15_X, first_thirteen![Empty, Old(13)])),
    (code::SYSCALL_EXECVE_15_E, 0, Become(code::SYSCALL_EXECVE_16_E, &[])),
    (
        code::SYSCALL_EXECVE_15_X,
        15,
        Become(code::SYSCALL_EXECVE_16_X, first_thirteen![Old(13), Empty, Old(14)]),
    ),
    (code::SYSCALL_EXECVE_16_E, 0, Become(code::SYSCALL_EXECVE_17_E, &[])),
    (
        code::SYSCALL_EXECVE_16_X,
        16,
        Become(code::SYSCALL_EXECVE_17_X, first_thirteen![Old(13), Old(14), Old(15), Empty]),
    ),
    (code::SYSCALL_EXECVE_17_E, 0, Become(code::SYSCALL_EXECVE_18_E, &[Empty])),
    (
        code::SYSCALL_EXECVE_17_X,
        17,
        Become(code::SYSCALL_EXECVE_18_X, first_thirteen![Old(13), Old(14), Old(15), Old(16)]),
    ),
    (code::SYSCALL_EXECVE_18_E, 1, Become(code::SYSCALL_EXECVE_19_E, &[Old(0)])),
    (
        code::SYSCALL_EXECVE_18_X,
        17,
        Become(code::SYSCALL_EXECVE_19_X, first_thirteen![Old(13), Old(14), Old(15), Old(16), Empty]),
    ),
    (code::SYSCALL_EXECVE_19_E, 1, StoreAndPass),
    (code::SYSCALL_EXECVE_19_X, 18, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 19, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 20, Add(EMPTY_3)),
    (code::SYSCALL_EXECVE_19_X, 23, Add(EMPTY_3)),
    (code::SYSCALL_EXECVE_19_X, 26, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 27, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 28, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 29, Add(EMPTY_1)),
    (code::SYSCALL_EXECVE_19_X, 30, Add(MAYBE_1)),
    (code::SYSCALL_EXECVEAT_E, 3, Pass),
    (code::SYSCALL_EXECVEAT_X, 19, Add(EMPTY_1)),
    (code::SYSCALL_EXECVEAT_X, 20, Add(EMPTY_3)),
    (code::SYSCALL_EXECVEAT_X, 23, Add(EMPTY_3)),
    (code::SYSCALL_EXECVEAT_X, 26, Add(EMPTY_1)),
    (code::SYSCALL_EXECVEAT_X, 27, Add(EMPTY_1)),
    (code::SYSCALL_EXECVEAT_X, 28, Add(EMPTY_1)),
    (code::SYSCALL_EXECVEAT_X, 29, Add(EMPTY_1)),
    (
        code::SYSCALL_CLONE_11_X,
        11,
        Become(
            code::SYSCALL_CLONE_16_X,
            first_eight![Empty, Empty, Empty, Empty, Empty, Old(8), Old(9), Old(10)],
        ),
    ),
    (code::SYSCALL_CLONE_16_X, 16, Become(code::SYSCALL_CLONE_17_X, CLONE_16_TO_17)),
    (code::SYSCALL_CLONE_17_X, 17, Become(code::SYSCALL_CLONE_20_X, CLONE_17_TO_20)),
    (code::SYSCALL_CLONE_20_X, 20, Add(EMPTY_1)),
    (code::SYSCALL_CLONE3_X, 20, Add(EMPTY_1)),
    (code::SYSCALL_FORK_X, 16, Become(code::SYSCALL_FORK_17_X, CLONE_16_TO_17)),
    (code::SYSCALL_FORK_17_X, 17, Become(code::SYSCALL_FORK_20_X, CLONE_17_TO_20)),
    (code::SYSCALL_FORK_20_X, 20, Add(EMPTY_1)),
    (code::SYSCALL_VFORK_X, 16, Become(code::SYSCALL_VFORK_17_X, CLONE_16_TO_17)),
    (code::SYSCALL_VFORK_17_X, 17, Become(code::SYSCALL_VFORK_20_X, CLONE_17_TO_20)),
    (code::SYSCALL_VFORK_20_X, 20, Add(EMPTY_1)),
    (code::PROCEXIT_E, 0, Become(code::PROCEXIT_1_E, &[Empty, Empty, Empty, Empty, Empty])),
    (code::SCHEDSWITCH_1_E, 1, Become(code::SCHEDSWITCH_6_E, &[Old(0), Empty, Empty, Empty, Empty, Empty])),
    (code::SYSCALL_PTRACE_E, 2, Store),
    (code::SYSCALL_PTRACE_X, 0, Add(EMPTY_3)),
    (code::SYSCALL_PTRACE_X, 3, Add(MAYBE_2)),
    (code::SYSCALL_KILL_E, 2, Store),
    (code::SYSCALL_KILL_X, 1, Add(ENTER_2)),
    (code::SYSCALL_TKILL_E, 2, Store),
    (code::SYSCALL_TKILL_X, 1, Add(ENTER_2)),
    (code::SYSCALL_TGKILL_E, 3, Store),
    (code::SYSCALL_TGKILL_X, 1, Add(ENTER_3)),
    (code::SYSCALL_NANOSLEEP_E, 1, Store),
    (code::SYSCALL_NANOSLEEP_X, 1, Add(ENTER_1)),
    (code::SYSCALL_FUTEX_E, 3, Store),
    (code::SYSCALL_FUTEX_X, 1, Add(ENTER_3)),
    (code::SYSCALL_GETRLIMIT_E, 1, Store),
    (code::SYSCALL_GETRLIMIT_X, 3, Add(ENTER_1)),
    (code::SYSCALL_SETRLIMIT_E, 1, Store),
    (code::SYSCALL_SETRLIMIT_X, 3, Add(ENTER_1)),
    (code::SYSCALL_PRLIMIT_E, 2, Store),
    (code::SYSCALL_PRLIMIT_X, 5, Add(MAYBE_2)),
    (code::SYSCALL_SETRESUID_E, 3, Store),
    (code::SYSCALL_SETRESUID_X, 1, Add(MAYBE_3)),
    (code::SYSCALL_SETRESGID_E, 3, Store),
    (code::SYSCALL_SETRESGID_X, 1, Add(MAYBE_3)),
    (code::SYSCALL_SETUID_E, 1, Store),
    (code::SYSCALL_SETUID_X, 1, Add(MAYBE_1)),
    (code::SYSCALL_SETGID_E, 1, Store),
    (code::SYSCALL_SETGID_X, 1, Add(MAYBE_1)),
    (code::SYSCALL_SETPGID_E, 2, Store),
    (code::SYSCALL_SETPGID_X, 1, Add(MAYBE_2)),
];
