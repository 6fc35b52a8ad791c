//! The kernel filter: what is not wanted is counted and not shipped.

use event::{Interest, OpenInterest, PathSet, Scope};

use crate::watch::{Seen, Watch, config, skipped};

fn openat(scope: Scope, open: OpenInterest) -> Interest {
    let mut interest = Interest { open, ..Interest::default() };
    interest.events.insert("openat".into(), scope);
    interest
}

fn only(prefix: &str) -> PathSet {
    PathSet::Prefixes(vec![prefix.as_bytes().to_vec()])
}

/// Opens the paths in a child, and gives those whose events were shipped, in order.
fn shipped(watch: &mut Watch, paths: &[&str]) -> Vec<String> {
    let script: String = paths.iter().map(|path| format!("(: < {path}) 2>/dev/null;")).collect();
    let mut child = std::process::Command::new("/bin/sh").args(["-c", &script]).spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    // Subshells have pids of their own, so the end is told by the shell's exit.
    let seen = std::cell::RefCell::new(Vec::new());
    watch.wait_for(|event: &Seen| {
        if event.name == "openat" {
            seen.borrow_mut().push(event.text("name"));
        }
        event.name == "procexit" && event.tid == pid
    });
    let seen = seen.into_inner();
    paths.iter().filter(|path| seen.iter().any(|name| name == *path)).map(|path| (*path).to_owned()).collect()
}

#[test]
fn paths_that_no_rule_tests_stay_in_the_kernel() {
    if skipped() {
        return;
    }
    let mut watch = Watch::start(&config());
    let wanted = OpenInterest { read: only("/etc/hostn"), ..OpenInterest::default() };
    watch.sensor().set_interest(&openat(Scope::Everyone, wanted)).unwrap();
    let paths = [
        "/etc/hostname",
        "/etc/os-release",
        // Not what they seem, or relative: shipped.
        "/usr/../etc/passwd",
        "//etc/group",
        "/etc/./fstab",
        "../../../../../../../../etc/shells",
        // A dot in a name is nothing special.
        "/etc/.pwd.lock",
        // Failed opens are not wanted here.
        "/etc/hostname-missing",
    ];
    let expected = [paths[0], paths[2], paths[3], paths[4], paths[5]];
    assert_eq!(shipped(&mut watch, &paths), expected);
    let open = watch.sensor().counts().into_iter().find(|counts| counts.event == "open").unwrap();
    assert!(open.filtered >= 3, "{open:?}");
    assert!(open.seen >= open.filtered + open.shipped, "{open:?}");

    let wanted = OpenInterest { failed: true, ..OpenInterest::default() };
    watch.sensor().set_interest(&openat(Scope::Everyone, wanted)).unwrap();
    assert_eq!(shipped(&mut watch, &paths), [paths[7]]);

    watch.sensor().set_interest(&Interest::default()).unwrap();
    assert_eq!(shipped(&mut watch, &paths), [""; 0]);
}

#[test]
fn writes_have_prefixes_of_their_own() {
    if skipped() {
        return;
    }
    let mut watch = Watch::start(&config());
    let wanted = OpenInterest { write: only("/dev/"), ..OpenInterest::default() };
    watch.sensor().set_interest(&openat(Scope::Everyone, wanted)).unwrap();
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    drop(std::fs::File::open("/dev/null").unwrap());
    drop(std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap());
    let seen = watch.wait_for(|seen| seen.name == "openat" && seen.tid == tid);
    assert_eq!((seen.text("name").as_str(), seen.number("flags") & 3), ("/dev/null", 2));
}

#[test]
fn the_host_is_left_out_when_only_containers_are_wanted() {
    if skipped() {
        return;
    }
    let all = OpenInterest { read: PathSet::All, write: PathSet::All, failed: true };
    let mut watch = Watch::start(&config());
    watch.sensor().set_interest(&openat(Scope::Containers, all)).unwrap();
    assert_eq!(shipped(&mut watch, &["/etc/hostname"]), [""; 0]);

    // What makes a container, here: a mount namespace of its own.
    let script = ": < /etc/hostname";
    let child = std::process::Command::new("unshare").args(["--mount", "/bin/sh", "-c", script]).spawn();
    let Ok(mut child) = child else {
        println!("skipped: unshare does not work here");
        return;
    };
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    watch.wait_for(|seen| seen.name == "openat" && seen.tid == pid && seen.text("name") == "/etc/hostname");
}
