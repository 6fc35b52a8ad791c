//! Takes from the hub every right that it does not need, before it starts a thread or reads a
//! byte of anybody: user, groups, capabilities, and by Landlock every write outside its folders,
//! every program start, and signals to others. What the kernel cannot do of this is said.

use std::{fmt, path::PathBuf};

use anyhow::{Context as _, Result};
use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::{
    process::{DumpableBehavior, Gid, Uid},
    thread::CapabilitySet,
};

/// The newest Landlock whose meaning is known here; an older kernel enforces what it knows of it.
const LANDLOCK: ABI = ABI::V6;

/// What holds of the confinement, for the log and the health page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confinement {
    /// A write outside the folders was tried after the rules were set, and was refused.
    Enforced,
    /// Landlock is absent or does not refuse; why.
    Open(String),
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Confinement::Enforced => f.write_str("enforced"),
            Confinement::Open(why) => write!(f, "not enforced: {why}"),
        }
    }
}

/// Becomes `user` for good: bounding set, groups, group, user, in this order, each while the right
/// to do so is still there.
///
/// # Errors
/// The kernel refuses one of them: a hub with rights does not start.
pub(crate) fn become_user(user: u32) -> Result<()> {
    for capability in CapabilitySet::all().iter() {
        // EINVAL: newer than this kernel.
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error).context("cannot give up a capability"),
        }
    }
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    rustix::thread::set_thread_groups(&[]).context("cannot give up the groups")?;
    rustix::thread::set_thread_res_gid(gid, gid, gid).context("cannot become the group")?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).context("cannot become the user")?;
    rustix::thread::set_no_new_privs(true).context("cannot refuse new rights")?;
    // Another process of this user may not look into the memory that holds sessions and keys.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .context("cannot close the memory to others")
}

/// Allows writes beneath `folders` alone, and no start of a program. Holds for this thread and
/// all that it starts from now on, so it comes before the runtime.
pub(crate) fn write_only_below(folders: &[PathBuf]) -> Confinement {
    match restrict(folders) {
        Ok(RulesetStatus::NotEnforced) => {
            Confinement::Open("this kernel has no Landlock, or it is not among its `lsm=`".to_owned())
        }
        Ok(_) => tried(),
        Err(error) => Confinement::Open(format!("{error:#}")),
    }
}

fn restrict(folders: &[PathBuf]) -> Result<RulesetStatus> {
    let writes: BitFlags<AccessFs> = AccessFs::from_write(LANDLOCK);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writes | AccessFs::Execute)?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    for folder in folders {
        let opened = PathFd::new(folder).with_context(|| format!("cannot open {}", folder.display()))?;
        rules = rules.add_rule(PathBeneath::new(opened, writes))?;
    }
    // Written to by anything that throws output away.
    let null = PathFd::new("/dev/null").context("cannot open /dev/null")?;
    let to_device: BitFlags<AccessFs> = AccessFs::WriteFile | AccessFs::Truncate;
    rules = rules.add_rule(PathBeneath::new(null, to_device))?;
    Ok(rules.restrict_self()?.ruleset)
}

/// Believes the refusal only when it sees it: where everybody may write, this process may not.
fn tried() -> Confinement {
    for place in [std::env::temp_dir(), PathBuf::from("/dev/shm"), PathBuf::from("/tmp")] {
        let file = place.join(format!("quaywatch-confined-{}", std::process::id()));
        if std::fs::File::create_new(&file).is_ok() {
            let _ = std::fs::remove_file(&file);
            return Confinement::Open(format!("a write to {} was not refused", place.display()));
        }
    }
    Confinement::Enforced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folders_may_be_written_and_no_program_starts() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (own, other) = (inside.path().to_owned(), outside.path().to_owned());
        std::fs::write(other.join("old"), "").unwrap();
        // Landlock holds for one thread: this one ends with the test.
        let confined = std::thread::spawn(move || {
            let confinement = write_only_below(std::slice::from_ref(&own));
            if let Confinement::Open(why) = &confinement {
                println!("skipped: {why}");
                return;
            }
            std::fs::create_dir(own.join("folder")).unwrap();
            std::fs::write(own.join("folder/file"), "x").unwrap();
            std::fs::rename(own.join("folder/file"), own.join("moved")).unwrap();
            let refused = |result: std::io::Result<()>| {
                assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
            };
            refused(std::fs::write(other.join("new"), "x"));
            refused(std::fs::write(other.join("old"), "x"));
            refused(std::fs::remove_file(other.join("old")));
            refused(std::fs::hard_link(own.join("moved"), other.join("linked")));
            refused(std::process::Command::new("/bin/true").status().map(drop));
            std::fs::read(other.join("old")).unwrap();
            std::fs::write("/dev/null", "x").unwrap();
        });
        confined.join().unwrap();
    }
}
