//! State and fields of replayed events; expected values are libsinsp's, as the recorded cases or
//! its sources have them.

use event::{
    event_code as code,
    tables::{GroupRecord, ProcessRecord, UserRecord},
};

use super::{Replayer, thread::flag};
use crate::testing::{Built, clone, exec, exit, openat, replayed_field, replayer, take_recorded as take};

/// A machine with `init` (1) and a shell (100), both known from the start.
fn machine() -> Replayer {
    let mut replayer = replayer();
    for (tid, parent_tid, comm, session_id) in [(1, 0, "init", 1), (100, 1, "bash", 100)] {
        replayer.seed_process(&ProcessRecord {
            tid,
            pid: tid,
            parent_tid,
            session_id,
            namespace_tid: tid,
            namespace_pid: tid,
            comm: comm.into(),
            exe: comm.into(),
            exepath: format!("/bin/{comm}").into(),
            cwd: b"/wharf/".to_vec(),
            ..ProcessRecord::default()
        });
    }
    replayer
}

fn check(replayer: &mut Replayer, event: &Built, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(replayed_field(replayer, event, name), *value, "{name}");
    }
}

/// Both halves of a clone.
fn fork(replayer: &mut Replayer, parent: u32, child: u32) {
    take(replayer, clone(child, parent, "bash").number("vtid", child.into()).number("vpid", child.into()));
    let of_parent = clone(parent, 1, "bash").number("res", child.into());
    take(replayer, of_parent.number("vtid", parent.into()).number("vpid", parent.into()));
}

fn thread_of(pid: u32, tid: u32) -> Built {
    let ids = [("pid", pid), ("vpid", pid), ("vtid", tid), ("flags", flag::CLONE_THREAD)];
    ids.iter().fold(clone(tid, 1, "bash"), |built, (name, id)| built.number(name, (*id).into()))
}

fn close(pid: u32, fd: i64) -> Built {
    Built::new(code::SYSCALL_CLOSE_X, pid).number("res", 0).number("fd", fd)
}

fn read(pid: u32, fd: i64) -> Built {
    Built::new(code::SYSCALL_READ_X, pid).number("res", 5).number("fd", fd).bytes("data", b"salt\n")
}

#[test]
fn a_child_has_its_parents_descriptors_and_directory() {
    let mut all = machine();
    take(&mut all, openat(100, 3, "/etc/shadow", 1));
    fork(&mut all, 100, 200);
    let expected = [
        ("fd.name", "/etc/shadow"),
        ("proc.pid", "200"),
        ("proc.ppid", "100"),
        ("proc.pname", "bash"),
        ("proc.aname[2]", "init"),
        ("proc.cwd", "/wharf/"),
        ("proc.sid", "100"),
        ("evt.buffer", "salt\n"),
    ];
    check(&mut all, &read(200, 3), &expected);
    // What the child closes stays open in its parent.
    take(&mut all, close(200, 3));
    check(&mut all, &read(200, 3), &[("fd.name", ""), ("fd.type", "-")]);
    check(&mut all, &read(100, 3), &[("fd.name", "/etc/shadow")]);
}

#[test]
fn a_close_still_knows_what_it_closes() {
    let mut all = machine();
    take(&mut all, openat(100, 3, "/etc/shadow", 1));
    check(&mut all, &close(100, 3), &[("evt.args", "res=0 fd=3(<f>/etc/shadow)")]);
    check(&mut all, &read(100, 3), &[("fd.name", "")]);
}

#[test]
fn an_exec_keeps_what_is_not_to_be_closed() {
    let mut all = machine();
    take(&mut all, openat(100, 3, "/etc/shadow", 1));
    take(&mut all, openat(100, 4, "/etc/passwd", 1 | 1 << 12));
    take(&mut all, exec(100, "cat", "/etc/shadow\0"));
    let expected = [("fd.name", "/etc/shadow"), ("proc.name", "cat"), ("proc.cmdline", "cat /etc/shadow")];
    check(&mut all, &read(100, 3), &expected);
    check(&mut all, &read(100, 4), &[("fd.name", ""), ("proc.env[HOME]", "/root")]);
}

#[test]
fn orphans_go_to_the_reaper() {
    let mut all = machine();
    fork(&mut all, 100, 200);
    fork(&mut all, 200, 300);
    take(&mut all, exit(200).number("reaper_tid", 1));
    check(&mut all, &read(300, 3), &[("proc.ppid", "1"), ("proc.pname", "init")]);
    assert_eq!(all.thread_count(), 3);
}

#[test]
fn orphans_without_a_told_reaper_go_up() {
    let mut all = machine();
    fork(&mut all, 100, 200);
    fork(&mut all, 200, 300);
    take(&mut all, exit(200).number("reaper_tid", -1));
    check(&mut all, &read(300, 3), &[("proc.ppid", "1")]);
}

#[test]
fn threads_share_the_descriptors_of_their_process() {
    let mut all = machine();
    take(&mut all, thread_of(100, 101));
    take(&mut all, openat(100, 5, "/etc/hosts", 1).thread(101));
    let expected =
        [("fd.name", "/etc/hosts"), ("proc.nthreads", "2"), ("proc.nchilds", "1"), ("thread.ismain", "true")];
    check(&mut all, &read(100, 5), &expected);
    // The main thread goes first: the process lives on.
    take(&mut all, exit(100));
    check(&mut all, &read(100, 5).thread(101), &[("fd.name", "/etc/hosts"), ("thread.ismain", "false")]);
    take(&mut all, exit(101));
    take(&mut all, read(1, 0));
    assert_eq!(all.thread_count(), 1);
}

#[test]
fn a_copy_is_a_descriptor_of_its_own() {
    let mut all = machine();
    take(&mut all, openat(100, 3, "/etc/shadow", 1));
    let dup = Built::new(code::SYSCALL_DUP2_X, 100).number("res", 9).number("oldfd", 3).number("newfd", 9);
    check(&mut all, &dup, &[("fd.num", "9"), ("fd.name", "/etc/shadow")]);
    take(&mut all, close(100, 3));
    check(&mut all, &read(100, 9), &[("fd.name", "/etc/shadow")]);
}

#[test]
fn a_pipe_has_two_ends() {
    let mut all = machine();
    let pipe = Built::new(code::SYSCALL_PIPE_X, 100).number("res", 0).number("fd1", 3).number("fd2", 4);
    take(&mut all, pipe.number("ino", 77));
    check(&mut all, &read(100, 4), &[("fd.type", "pipe"), ("fd.typechar", "p"), ("fd.ino", "77")]);
}

fn connected(pid: u32) -> Built {
    // 10.0.0.1:5000 to 10.0.0.2:443, as libscap writes a pair of IPv4 ends.
    let tuple = [2, 10, 0, 0, 1, 0x88, 0x13, 10, 0, 0, 2, 0xbb, 0x01];
    let connect = Built::new(code::SOCKET_CONNECT_X, pid).number("res", 0).number("fd", 3);
    connect.bytes("tuple", &tuple)
}

#[test]
fn a_socket_that_connects_is_a_client() {
    let mut all = machine();
    let socket = Built::new(code::SOCKET_SOCKET_X, 100).number("fd", 3).number("domain", 2);
    take(&mut all, socket.number("type", 1).number("proto", 0));
    take(&mut all, connected(100));
    let expected = [
        ("fd.name", "10.0.0.1:5000->10.0.0.2:443"),
        ("fd.type", "ipv4"),
        ("fd.l4proto", "tcp"),
        ("fd.is_server", "false"),
        ("fd.cport", "5000"),
        ("fd.sport", "443"),
        ("fd.sip", "10.0.0.2"),
        ("fd.lport", "-"),
    ];
    check(&mut all, &read(100, 3), &expected[..7]);
}

#[test]
fn sessions_and_names_change() {
    let mut all = machine();
    fork(&mut all, 100, 200);
    take(&mut all, Built::new(code::SYSCALL_SETSID_X, 200).number("res", 200));
    check(&mut all, &read(200, 0), &[("proc.sid", "200"), ("proc.sname", "bash")]);
}

#[test]
fn an_unknown_thread_is_made_up() {
    let mut all = machine();
    let expected = [("proc.name", "<NA>"), ("proc.pid", "-1"), ("thread.tid", "4000")];
    check(&mut all, &read(4000, 0), &expected);
}

#[test]
fn users_and_groups_have_names() {
    let mut all = machine();
    all.seed_user(&UserRecord {
        uid: 1000,
        gid: 1000,
        name: b"harbour".to_vec(),
        home: b"/home/harbour".to_vec(),
        shell: b"/bin/sh".to_vec(),
    });
    all.seed_group(&GroupRecord { gid: 1000, name: b"wharf".to_vec() });
    let setuid = Built::new(code::SYSCALL_SETUID_X, 100).number("res", 0).number("uid", 1000);
    let setgid = Built::new(code::SYSCALL_SETGID_X, 100).number("res", 0).number("gid", 1000);
    take(&mut all, setuid);
    take(&mut all, setgid);
    let expected = [("user.name", "harbour"), ("user.uid", "1000"), ("group.name", "wharf")];
    check(&mut all, &read(100, 0), &expected);
}
