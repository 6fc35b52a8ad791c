//! Fields of single events; expected values are Falco's, where a recorded case has them.

use container_runtimes::{Container, ContainerId, Directory, Mount, Runtime, State};
use event::event_code;
use telemetry::Registry;

use crate::{
    Enricher,
    testing::{Built, NOBODY, clone, enricher, exec, field, openat, take, with_directory},
};

const A: &str = "2c663a2c4b7e48e96ae52882c231e10c9822c5288bba4efba028a653f35aaaef";

fn check_all(enricher: &mut Enricher, event: &Built, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(field(enricher, event, name), *value, "{name}");
    }
}

fn shell() -> Enricher {
    let mut enricher = enricher();
    take(&mut enricher, exec(NOBODY, "act", "read\0/etc/shadow\0"));
    enricher
}

#[test]
fn an_open() {
    let expected = [
        ("evt.type", "openat"),
        ("evt.category", "file"),
        ("evt.res", "SUCCESS"),
        ("evt.rawres", "3"),
        ("evt.failed", "false"),
        ("evt.is_open_read", "true"),
        ("evt.is_open_write", "false"),
        ("evt.is_open_create", "false"),
        ("evt.count.error.file", "0"),
        ("evt.source", "syscall"),
        ("evt.hostname", "golden"),
        ("syscall.type", "openat"),
        ("fd.num", "3"),
        ("fd.name", "/etc/shadow"),
        ("fd.nameraw", "/etc/shadow"),
        ("fd.directory", "/etc"),
        ("fd.filename", "shadow"),
        ("fd.type", "file"),
        ("fd.typechar", "f"),
        ("fd.l4proto", "<NA>"),
        ("fd.dev", "41"),
        ("fd.dev.major", "0"),
        ("fd.dev.minor", "41"),
        ("fd.ino", "53"),
        ("fd.uid", "50000003"),
        ("fd.name_changed", "true"),
        ("fd.ip", "-"),
        ("fd.connected", "-"),
        ("fs.path.name", "/etc/shadow"),
        ("fs.path.nameraw", "/etc/shadow"),
        ("fs.path.source", "-"),
        ("evt.abspath[src]", "-"),
    ];
    check_all(&mut shell(), &openat(NOBODY, 3, "/etc/shadow", 1), &expected);
}

#[test]
fn paths_are_made_absolute() {
    let mut enricher = shell();
    let mut name = |event: Built| field(&mut enricher, &event, "fd.name");
    assert_eq!(name(openat(NOBODY, 3, "/etc/../etc//passwd", 1)), "/etc/passwd");
    assert_eq!(name(openat(NOBODY, 3, "../etc/passwd", 1)), "/etc/passwd");
    assert_eq!(name(openat(NOBODY, 3, "link", 1).resolved("/etc/passwd")), "/etc/passwd");
    // A link by an absolute name keeps the name that was asked for, as in Falco.
    assert_eq!(name(openat(NOBODY, 3, "/tmp/link", 1).resolved("/etc/passwd")), "/tmp/link");
    assert_eq!(name(openat(NOBODY, -2, "x", 1).number("dirfd", 9)), "<UNKNOWN>/x");
}

#[test]
fn a_failed_open() {
    let expected = [
        ("evt.res", "ENOENT"),
        ("evt.rawres", "-2"),
        ("evt.failed", "true"),
        ("evt.count.error", "1"),
        ("fd.num", "-1"),
        ("fd.typechar", "f"),
        ("fd.type", "-"),
        ("fd.name", "/etc/nothing"),
        ("fd.directory", "/etc"),
        ("fd.filename", "-"),
        ("fd.l4proto", "-"),
    ];
    check_all(&mut shell(), &openat(NOBODY, -2, "/etc/nothing", 1), &expected);
}

#[test]
fn ways_of_opening() {
    let mut enricher = shell();
    let mut check = |event: Built, expected: &str| {
        let names = ["read", "write", "exec", "create"];
        let set = names
            .iter()
            .filter(|name| field(&mut enricher, &event, &format!("evt.is_open_{name}")) == "true");
        assert_eq!(set.copied().collect::<Vec<_>>().join(" "), expected);
    };
    check(openat(NOBODY, 3, "/x", 3), "read write");
    check(openat(NOBODY, 3, "/x", 2 | 4 | 16_384).number("mode", 0o755), "write exec create");
    check(openat(NOBODY, 3, "/x", 2 | 4).number("mode", 0o644), "write");
    check(
        Built::new(event_code::SYSCALL_CREAT_X, NOBODY)
            .number("fd", 3)
            .text("name", "/x")
            .number("mode", 0o700),
        "write exec",
    );
    check(Built::new(event_code::SYSCALL_CHMOD_X, NOBODY).number("res", 0), "");
}

#[test]
fn a_directory() {
    let expected = [
        ("fd.type", "directory"),
        ("fd.typechar", "d"),
        ("fd.directory", "/root"),
        ("fd.filename", "-"),
        ("fd.name", "/root"),
    ];
    check_all(&mut shell(), &openat(NOBODY, 4, "/root", 1025), &expected);
}

#[test]
fn a_connection() {
    let tuple = [2, 10, 0, 0, 5, 0x28, 0xe6, 1, 2, 3, 4, 0xbb, 0x01];
    let connect = Built::new(event_code::SOCKET_CONNECT_X, NOBODY)
        .number("res", 0)
        .bytes("tuple", &tuple)
        .number("fd", 4);
    let expected = [
        ("evt.category", "net"),
        ("evt.res", "SUCCESS"),
        ("fd.type", "ipv4"),
        ("fd.typechar", "4"),
        ("fd.name", "10.0.0.5:58920->1.2.3.4:443"),
        ("fd.cip", "10.0.0.5"),
        ("fd.sip", "1.2.3.4"),
        ("fd.lip", "10.0.0.5"),
        ("fd.rip", "1.2.3.4"),
        ("fd.ip", "10.0.0.5,1.2.3.4"),
        ("fd.snet", "1.2.3.4"),
        ("fd.sport", "443"),
        ("fd.lport", "58920"),
        ("fd.rport", "443"),
        ("fd.port", "58920,443"),
        ("fd.sockfamily", "ip"),
        ("fd.connected", "true"),
        ("fd.name_changed", "true"),
        ("fd.is_server", "false"),
        ("fd.directory", "-"),
    ];
    check_all(&mut shell(), &connect, &expected);
    let refused = Built::new(event_code::SOCKET_CONNECT_X, NOBODY)
        .number("res", -111)
        .number("fd", 4)
        .bytes("addr", &[2, 1, 2, 3, 4, 0xbb, 0x01]);
    let expected = [
        ("evt.res", "ECONNREFUSED"),
        ("fd.connected", "false"),
        ("fd.sip", "1.2.3.4"),
        ("fd.cip", "-"),
        ("fd.name", "1.2.3.4:443"),
    ];
    check_all(&mut shell(), &refused, &expected);
    let unix = Built::new(event_code::SOCKET_CONNECT_X, NOBODY)
        .number("res", -2)
        .number("fd", 4)
        .bytes("addr", b"\x01/run/x\0");
    check_all(
        &mut shell(),
        &unix,
        &[("fd.type", "unix"), ("fd.name", "/run/x"), ("fd.sockfamily", "unix"), ("fd.sip", "-")],
    );
    let accept = Built::new(event_code::SOCKET_ACCEPT4_6_X, NOBODY).number("fd", 5).bytes("tuple", &tuple);
    let expected = [
        ("fd.num", "5"),
        ("fd.is_server", "true"),
        ("fd.lip", "1.2.3.4"),
        ("fd.rport", "58920"),
        ("fd.cport", "58920"),
    ];
    check_all(&mut shell(), &accept, &expected);
}

#[test]
fn a_process() {
    let mut enricher = enricher();
    let start = enricher.boot_ns + u64::from(NOBODY);
    let event = exec(NOBODY, "act", "read\0/etc/shadow\0")
        .number("exe_ino", 489)
        .number("exe_ino_ctime", 5)
        .number("exe_ino_mtime", 7)
        .number("fdlimit", 20000)
        .at(start + 77);
    let start = start.to_string();
    let expected = [
        ("proc.name", "act"),
        ("proc.exe", "/bin/act"),
        ("proc.exepath", "/usr/bin/act"),
        ("proc.args", "read /etc/shadow"),
        ("proc.args[1]", "/etc/shadow"),
        ("proc.args[2]", "-"),
        ("proc.cmdline", "act read /etc/shadow"),
        ("proc.exeline", "/bin/act read /etc/shadow"),
        ("proc.cmdnargs", "2"),
        ("proc.cmdlenargs", "15"),
        ("proc.env", "HOME=/root PATH=/bin"),
        ("proc.env[HOME]", "/root"),
        ("proc.env[NOSUCH]", ""),
        ("proc.cwd", "/wharf/"),
        ("proc.tty", "34816"),
        ("proc.pid", "5000000"),
        ("proc.vpid", "5000000"),
        ("proc.ppid", "5000000"),
        ("proc.pname", "-"),
        ("proc.duration", "77"),
        ("proc.pid.ts", &start),
        ("proc.is_exe_upper_layer", "true"),
        ("proc.is_exe_writable", "false"),
        ("proc.is_exe_from_memfd", "false"),
        ("proc.is_vpgid_leader", "true"),
        ("proc.is_pgid_leader", "true"),
        ("proc.exe_ino", "489"),
        ("proc.exe_ino.ctime", "5"),
        ("proc.exe_ino.mtime", "7"),
        ("proc.fdlimit", "20000"),
        ("proc.vpgid.name", "act"),
        ("proc.loginshellid", "-"),
        ("thread.cap_effective", "CAP_CHOWN CAP_DAC_OVERRIDE"),
        ("thread.cap_inheritable", ""),
        ("thread.cgroups", "cpu=/"),
        ("thread.tid", "5000000"),
        ("user.uid", "0"),
        ("user.name", "root"),
        ("user.loginuid", "-1"),
        ("user.loginname", "<NA>"),
        ("group.gid", "0"),
        ("group.name", "root"),
        ("container.id", "host"),
        ("container.name", "host"),
        ("container.image", "-"),
        ("k8s.ns.name", "-"),
    ];
    check_all(&mut enricher, &event, &expected);
}

#[test]
fn a_login_shell_and_a_session() {
    let mut enricher = enricher();
    take(&mut enricher, exec(NOBODY + 1, "sshd", ""));
    take(&mut enricher, clone(NOBODY + 2, NOBODY + 1, "sshd"));
    take(&mut enricher, exec(NOBODY + 2, "bash", "").parent(NOBODY + 1));
    let setsid = Built::new(event_code::SYSCALL_SETSID_X, NOBODY + 2).parent(NOBODY + 1).number("res", 0);
    take(&mut enricher, setsid);
    take(&mut enricher, clone(NOBODY + 3, NOBODY + 2, "bash"));
    let event = exec(NOBODY + 3, "sh", "-c\0id\0").parent(NOBODY + 2);
    let bash = (NOBODY + 2).to_string();
    let expected = [
        ("proc.sid", bash.as_str()),
        ("proc.sname", "bash"),
        ("proc.sid.exepath", "/usr/bin/bash"),
        ("proc.is_sid_leader", "false"),
        ("proc.loginshellid", &bash),
        ("proc.acmdline[1]", "bash"),
        ("proc.apid[1]", &bash),
        ("proc.aenv[HOME]", "/root"),
    ];
    check_all(&mut enricher, &event, &expected);
}

#[test]
fn two_paths() {
    let rename = Built::new(event_code::SYSCALL_RENAMEAT2_X, NOBODY)
        .number("res", 0)
        .number("olddirfd", -100)
        .text("oldpath", "a")
        .number("newdirfd", -100)
        .text("newpath", "/b");
    let expected = [
        ("fs.path.name", "-"),
        ("fs.path.source", "/wharf/a"),
        ("fs.path.sourceraw", "a"),
        ("fs.path.target", "/b"),
        ("evt.abspath[src]", "/wharf/a"),
        ("evt.abspath[dst]", "/b"),
        ("fd.name", "-"),
    ];
    check_all(&mut shell(), &rename, &expected);
}

fn known_container() -> Container {
    Container {
        name: Some("web".into()),
        image: Some("ghcr.io/acme/web:1.2".into()),
        image_repository: Some("ghcr.io/acme/web".into()),
        image_tag: Some("1.2".into()),
        labels: [("io.kubernetes.pod.name", "web-1"), ("team", "red")]
            .map(|(key, value)| (key.into(), value.into()))
            .into(),
        privileged: Some(true),
        mounts: vec![Mount {
            source: "/var/run/docker.sock".into(),
            destination: "/docker.sock".into(),
            mode: "ro".into(),
            writable: false,
            propagation: "rprivate".into(),
        }],
        started_ns: Some(400),
        healthcheck: Some(vec!["CMD-SHELL".into(), "curl -f http://localhost".into()]),
        state: State::Running,
        complete: true,
        ..Container::bare(ContainerId::new(A), Runtime::Docker)
    }
}

#[test]
fn a_container() {
    let directory = Directory::empty(&Registry::default());
    directory.insert(known_container());
    let mut enricher = with_directory(directory);
    let inside = |event: Built| event.bytes("cgroups", format!("memory=/docker/{A}\0").as_bytes()).at(1000);
    let expected = [
        ("container.id", "2c663a2c4b7e"),
        ("container.name", "web"),
        ("container.image", "ghcr.io/acme/web:1.2"),
        ("container.image.repository", "ghcr.io/acme/web"),
        ("container.image.tag", "1.2"),
        ("container.image.digest", "-"),
        ("container.privileged", "true"),
        ("container.start_ts", "400"),
        ("container.duration", "600"),
        ("container.label[team]", "red"),
        ("container.label[none]", "-"),
        ("container.labels", "io.kubernetes.pod.name:web-1,team:red"),
        ("container.mounts", "/var/run/docker.sock:/docker.sock:ro:false:rprivate"),
        ("container.mount[0]", "/var/run/docker.sock:/docker.sock:ro:false:rprivate"),
        ("container.mount.dest[/var/run/*]", "/docker.sock"),
        ("container.mount.dest[/etc]", "-"),
        ("container.mount.source[/docker.sock]", "/var/run/docker.sock"),
        ("container.mount.rdwr[0]", "false"),
        ("container.healthcheck", "curl -f http://localhost"),
        ("k8s.pod.name", "web-1"),
        ("k8s.ns.name", "-"),
        ("proc.is_container_healthcheck", "false"),
        ("fd.containername", "-"),
    ];
    check_all(&mut enricher, &inside(exec(NOBODY, "sh", "")), &expected);
    let check =
        exec(NOBODY + 1, "sh", "-c\0curl -f http://localhost\0").with(|context| context.namespace_pid.0 = 9);
    take(&mut enricher, inside(check));
    let child = clone(NOBODY + 2, NOBODY + 1, "sh");
    assert_eq!(field(&mut enricher, &inside(child), "proc.is_container_healthcheck"), "true");
}

#[test]
fn a_container_that_nobody_knows_is_waited_for_once() {
    let mut enricher = enricher();
    let event = exec(NOBODY, "sh", "").bytes("cgroups", format!("memory=/docker/{A}\0").as_bytes());
    for _ in 0..3 {
        assert_eq!(field(&mut enricher, &event, "container.image"), "-");
        assert_eq!(field(&mut enricher, &event, "container.id"), "2c663a2c4b7e");
    }
    assert_eq!(enricher.metrics.container_waits.value(), 1);
    assert_eq!(enricher.metrics.container_unknown.value(), 1);
}

#[test]
fn times_between_events() {
    let mut enricher = enricher();
    take(&mut enricher, exec(NOBODY, "a", "").at(5_000_000_000));
    let later = exec(NOBODY, "a", "").at(7_500_000_000);
    assert_eq!(field(&mut enricher, &later, "evt.deltatime"), "2500000000");
    assert_eq!(field(&mut enricher, &later, "evt.reltime.s"), "2");
    assert_eq!(field(&mut enricher, &later, "evt.rawtime.ns"), "500000000");
    assert_eq!(field(&mut enricher, &later, "evt.time.iso8601"), "1970-01-01T00:00:07.500000000+0000");
}
