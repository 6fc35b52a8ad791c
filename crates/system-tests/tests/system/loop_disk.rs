//! A small disk of its own, in a file, that can be filled and that can fail.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// An ext4 file system on a loop device; unmounted when dropped.
pub(crate) struct LoopDisk {
    place: PathBuf,
    device: String,
    _file: tempfile::NamedTempFile,
}

const DISK_BYTES: u64 = 192 << 20;

impl LoopDisk {
    /// Lines below `hub:` that let a hub work on so small a disk.
    pub(crate) const SMALL_DISK_CONFIG: &str = "  router:\n    queue:\n      free_bytes_min: 20000000\n      \
                                                bytes_max: 50000000\n  store:\n    reserve_bytes_free: 20000000\n";

    /// Makes the disk and mounts it; says why not, and gives `None`, on a machine without loop
    /// devices.
    pub(crate) fn mount(place: &Path) -> Option<LoopDisk> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(DISK_BYTES).expect("room");
        fs::create_dir_all(place).expect("a folder");
        let made = run(Command::new("mkfs.ext4").args(["-q", "-m", "0"]).arg(file.path()));
        let mounted = made
            && run(Command::new("mount").args(["-o", "loop,errors=remount-ro"]).arg(file.path()).arg(place));
        if !mounted {
            println!("skipped: this machine mounts no loop device");
            return None;
        }
        // The hub's user works at the top of it.
        let source = Command::new("findmnt").args(["-n", "-o", "SOURCE", "-M"]).arg(place).output().unwrap();
        let device = String::from_utf8(source.stdout).unwrap().trim().trim_start_matches("/dev/").to_owned();
        Some(LoopDisk { place: place.to_owned(), device, _file: file })
    }

    /// What the kernel does to a disk that fails: every write is refused from now on, those of
    /// files that are open too.
    pub(crate) fn make_read_only(&self) {
        let trigger = format!("/sys/fs/ext4/{}/trigger_fs_error", self.device);
        fs::write(&trigger, "a test").unwrap_or_else(|error| panic!("{trigger}: {error}"));
    }

    /// Leaves about this many bytes free; removing the file gives them back.
    pub(crate) fn fill(&self, bytes_left: u64) -> PathBuf {
        let free = rustix::fs::statvfs(&self.place).unwrap();
        let free = free.f_bavail * free.f_frsize;
        let path = self.place.join("filler");
        let length = format!("{}", free.saturating_sub(bytes_left));
        assert!(run(Command::new("fallocate").args(["--length", &length]).arg(&path)));
        path
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // Lazily: a failing test may leave processes in it that end a moment later.
        run(Command::new("umount").arg("--lazy").arg(&self.place));
    }
}

fn run(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
