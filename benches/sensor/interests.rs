//! What is asked of the probes, from nothing to everything.

use event::{Interest, OpenInterest, PathSet, Scope};

/// Prefixes as the stock rules have them: sensitive files read, binary and system folders written.
const READ: [&str; 12] = [
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/pam.conf",
    "/etc/pam.d",
    "/etc/security/pwquality.conf",
    "/root/.ssh",
    "/home/",
    "/proc/",
    "/etc/profile",
    "/etc/bashrc",
    "/etc/kubernetes",
    "/var/run/secrets",
];
const WRITE: [&str; 11] = [
    "/etc",
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local",
    "/boot",
    "/lib",
    "/usr/lib",
    "/root",
    "/dev",
];

/// A name for the table and what it stands for.
pub(crate) type Kind = (&'static str, Interest);

/// For a loop on the host.
pub(crate) fn on_the_host() -> Vec<Kind> {
    vec![
        ("no rule has opens", Interest::default()),
        ("rules for containers only", openat(Scope::Containers, &all())),
        ("no rule tests the path", openat(Scope::Everyone, &some())),
        ("every open is shipped", openat(Scope::Everyone, &all())),
    ]
}

/// For a loop in a container, with rules that are about containers.
pub(crate) fn in_a_container() -> Vec<Kind> {
    vec![
        ("no rule has opens", Interest::default()),
        ("rules test some paths", openat(Scope::Containers, &some())),
        ("every open is shipped", openat(Scope::Containers, &all())),
    ]
}

fn all() -> OpenInterest {
    OpenInterest { read: PathSet::All, write: PathSet::All, failed: true }
}

fn some() -> OpenInterest {
    let set = |list: &[&str]| PathSet::Prefixes(list.iter().map(|text| text.as_bytes().to_vec()).collect());
    OpenInterest { read: set(&READ), write: set(&WRITE), failed: false }
}

fn openat(scope: Scope, open: &OpenInterest) -> Interest {
    let events = [("open", scope), ("openat", scope), ("openat2", scope), ("creat", scope)];
    Interest {
        events: events.into_iter().map(|(name, scope)| (name.to_owned(), scope)).collect(),
        open: open.clone(),
        ..Interest::default()
    }
}
