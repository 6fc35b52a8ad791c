//! Questions, limits, waiting, identities and privileges: part of the table of `calls.rs`.

use crate::{
    arguments,
    calls::{BAD, Case, FILE, NO_FILE, Notes, buffer, bytes, data, number, pieces},
    watch::{Is, call, text},
};

pub(crate) fn questions(n: &mut Notes) {
    for (event, number) in [("stat", libc::SYS_stat), ("lstat", libc::SYS_lstat)] {
        n.does(event, number, arguments![FILE, buffer()], &[("path", text("/etc/hostname"))]);
    }
    n.does(
        "newfstatat",
        libc::SYS_newfstatat,
        arguments![-100, NO_FILE, buffer(), 0x100],
        &[("dirfd", number(-100)), ("path", text("/nosuch/file")), ("flags", number(0x100))],
    );
    n.does(
        "access",
        libc::SYS_access,
        arguments![NO_FILE, 4],
        &[("name", text("/nosuch/file")), ("mode", number(4))],
    );
    n.does(
        "getcwd",
        libc::SYS_getcwd,
        arguments![buffer(), 200],
        &[("path", text(std::env::current_dir().unwrap().to_str().unwrap()))],
    );
    for (event, number) in [
        ("getuid", libc::SYS_getuid),
        ("geteuid", libc::SYS_geteuid),
        ("getgid", libc::SYS_getgid),
        ("getegid", libc::SYS_getegid),
    ] {
        n.does(event, number, arguments![], &[]);
    }
    let id = buffer();
    n.does(
        "getresuid",
        libc::SYS_getresuid,
        arguments![id, id, id],
        &[("ruid", number(0)), ("suid", number(0))],
    );
    n.does(
        "getresgid",
        libc::SYS_getresgid,
        arguments![id, id, id],
        &[("rgid", number(0)), ("egid", number(0))],
    );
    let limits = bytes(&[&512u64.to_le_bytes()[..], &1024u64.to_le_bytes()].concat());
    n.does(
        "prlimit",
        libc::SYS_prlimit64,
        arguments![0, 99, limits, 0],
        &[
            ("newcur", number(512)),
            ("newmax", number(1024)),
            ("oldcur", number(-1)),
            ("resource", number(255)),
        ],
    );
    n.does(
        "setrlimit",
        libc::SYS_setrlimit,
        arguments![99, limits],
        &[("cur", number(512)), ("max", number(1024))],
    );
    n.does("getrlimit", libc::SYS_getrlimit, arguments![99, buffer()], &[("cur", number(-1))]);
    let moment = bytes(&[&0u64.to_le_bytes()[..], &1000u64.to_le_bytes()].concat());
    n.does("nanosleep", libc::SYS_nanosleep, arguments![moment, 0], &[("interval", number(1000))]);
    n.does("ppoll", libc::SYS_ppoll, arguments![0, 0, moment, 0, 8], &[("fds", Is::Bytes(vec![0, 0]))]);
    n.does("select", libc::SYS_select, arguments![0, 0, 0, 0, bytes(&[0; 16])], &[]);
    n.does(
        "futex",
        libc::SYS_futex,
        arguments![buffer(), 0x81, 3],
        &[("op", number(0x81)), ("val", number(3))],
    );
    n.does(
        "semget",
        libc::SYS_semget,
        arguments![0x7175_6179, 1, 0o600],
        &[("key", number(0x7175_6179)), ("nsems", number(1)), ("semflg", number(0))],
    );
    n.does(
        "semctl",
        libc::SYS_semctl,
        arguments![BAD, 0, 16, 5],
        &[("semid", number(-1)), ("cmd", number(4096)), ("val", number(5))],
    );
    let operation = bytes(&[1, 0, 0xff, 0xff, 0, 8]);
    n.does(
        "semop",
        libc::SYS_semop,
        arguments![BAD, operation, 1],
        &[("semid", number(-1)), ("nsops", number(1)), ("sem_num_0", number(1)), ("sem_flg_0", number(1))],
    );
    n.cases.push(Case {
        event: "getpid",
        expected: vec![("nativeID", number(libc::SYS_getpid))],
        descriptor: None,
    });
    call(libc::SYS_getpid, arguments![]);
    n.cases.push(Case {
        event: "move_mount",
        expected: vec![("nativeID", number(libc::SYS_move_mount))],
        descriptor: None,
    });
    call(libc::SYS_move_mount, arguments![BAD, 0, BAD, 0, 0]);
}

pub(crate) fn privileges(n: &mut Notes) {
    let all = ["ruid", "euid", "suid"].map(|name| (name, number(0)));
    n.does("setresuid", libc::SYS_setresuid, arguments![0, 0, 0], &all);
    let all = ["rgid", "egid", "sgid"].map(|name| (name, number(0)));
    n.does("setresgid", libc::SYS_setresgid, arguments![0, 0, 0], &all);
    n.does("setreuid", libc::SYS_setreuid, arguments![0, 0], &[("ruid", number(0)), ("euid", number(0))]);
    n.does("setregid", libc::SYS_setregid, arguments![0, 0], &[("rgid", number(0)), ("egid", number(0))]);
    let own = i64::from(n.tid);
    let process = i64::from(std::process::id());
    n.does("tkill", libc::SYS_tkill, arguments![own, 0], &[("tid", number(own)), ("sig", number(0))]);
    n.does(
        "tgkill",
        libc::SYS_tgkill,
        arguments![process, own, 0],
        &[("pid", number(process)), ("tid", number(own))],
    );
    n.does("seccomp", libc::SYS_seccomp, arguments![99, 5, 0], &[("op", number(99)), ("flags", number(5))]);
    n.does("capset", libc::SYS_capset, arguments![0, 0], &[]);
    n.does(
        "keyctl",
        libc::SYS_keyctl,
        arguments![3, 12_345],
        &[("operation", number(3)), ("arg2", Is::Bytes([&[0][..], &12_345u64.to_le_bytes()].concat()))],
    );
    n.does(
        "quotactl",
        libc::SYS_quotactl,
        arguments![0x8000_0700_i64, c"/dev/nosuch", 7, 0],
        &[
            ("special", text("/dev/nosuch")),
            ("cmd", number(32)),
            ("type", number(1)),
            ("id", number(7)),
            ("quota_fmt", number(1)),
        ],
    );
    let target = pieces(&[b"xyz"]);
    n.does(
        "process_vm_readv",
        libc::SYS_process_vm_readv,
        arguments![process, pieces(&[b"..."]), 1, target, 1, 0],
        &[("pid", number(process)), data(b"xyz")],
    );
    n.does(
        "process_vm_writev",
        libc::SYS_process_vm_writev,
        arguments![process, pieces(&[b"abc"]), 1, target, 1, 0],
        &[("pid", number(process)), data(b"abc")],
    );
    n.does("io_uring_setup", libc::SYS_io_uring_setup, arguments![0, 0], &[("entries", number(0))]);
    n.does(
        "io_uring_enter",
        libc::SYS_io_uring_enter,
        arguments![BAD, 1, 2, 1, 0, 0],
        &[("fd", number(-1)), ("to_submit", number(1)), ("min_complete", number(2)), ("flags", number(1))],
    );
    n.does(
        "io_uring_register",
        libc::SYS_io_uring_register,
        arguments![BAD, 4, 0, 9],
        &[("fd", number(-1)), ("opcode", number(4)), ("nr_args", number(9))],
    );
    n.does(
        "fsconfig",
        libc::SYS_fsconfig,
        arguments![BAD, 1, c"source", c"/dev/nosuch", 0],
        &[
            ("fd", number(-1)),
            ("cmd", number(1)),
            ("key", text("source")),
            ("value_charbuf", text("/dev/nosuch")),
        ],
    );
    n.does("clone3", libc::SYS_clone3, arguments![0, 0], &[("pid", number(process))]);
}
