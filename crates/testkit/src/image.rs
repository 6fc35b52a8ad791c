//! Container images made of the host's static busybox: no registry is asked.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
};

/// From Debian's package busybox-static.
pub(crate) const BUSYBOX: &str = "/bin/busybox";

/// Label of every container, with the process that made it.
pub(crate) const LABEL: &str = "quaywatch.test";

/// An image that exists while this value lives.
#[derive(Debug)]
pub struct Image {
    names: Vec<String>,
}

/// Folders every image has, beside `/bin`.
const FOLDERS: &[&str] = &[
    "dev",
    "etc/cron.d",
    "etc/nginx/conf.d",
    "etc/profile.d",
    "etc/sudoers.d",
    "etc/systemd/system",
    "home/user",
    "host",
    "mnt",
    "opt",
    "proc",
    "root/.ssh",
    "run",
    "sbin",
    "sys",
    "usr/bin",
    "usr/local/bin",
    "usr/sbin",
    "var/log",
    "var/run",
    "var/spool/cron/crontabs",
    "var/tmp",
];

/// Small files every image has.
const FILES: &[(&str, &str)] = &[
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n"),
    ("etc/group", "root:x:0:\nuser:x:1000:\n"),
    ("etc/shadow", "root:*:20000:0:99999:7:::\n"),
    ("etc/nginx/nginx.conf", "events {}\n"),
    ("etc/nginx/conf.d/default.conf", "listen 80;\n"),
    ("root/.bashrc", "\n"),
    ("root/.ssh/authorized_keys", "\n"),
    ("var/log/syslog", "\n"),
];

impl Image {
    /// Imports an image named `name` with every applet of busybox in `/bin`, links to busybox at
    /// `links` (absolute paths), and whole copies of it at `copies`, for programs whose file
    /// must have a name of its own.
    ///
    /// # Panics
    /// When Docker refuses.
    pub fn import(name: &str, links: &[&str], copies: &[&str]) -> Image {
        let root = tempfile::tempdir().expect("a folder for the image");
        let inside = |path: &str| root.path().join(path.trim_start_matches('/'));
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["bin", "tmp"].iter().chain(FOLDERS) {
            fs::create_dir_all(inside(folder)).unwrap();
        }
        fs::set_permissions(inside("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        for (file, text) in FILES {
            fs::write(inside(file), text).unwrap();
        }
        fs::copy(BUSYBOX, inside("bin/busybox")).unwrap();
        for applet in applets() {
            // The shell's own names for tests are no programs.
            if !applet.contains('[') && applet != "busybox" {
                symlink("busybox", inside(&format!("bin/{applet}"))).unwrap();
            }
        }
        for link in links {
            let path = inside(link);
            if path.symlink_metadata().is_err() {
                symlink("/bin/busybox", path).unwrap();
            }
        }
        for copy in copies {
            fs::copy(BUSYBOX, inside(copy)).unwrap();
        }
        import_folder(root.path(), name);
        Image { names: vec![name.to_owned()] }
    }

    /// The image's name.
    pub fn name(&self) -> &str {
        &self.names[0]
    }

    /// Gives the image another name, with a tag of this process so that no real image is hidden;
    /// gives the whole name.
    ///
    /// # Panics
    /// When Docker refuses.
    pub fn tag(&mut self, repository: &str) -> String {
        let name = format!("{repository}:quaywatch-test-{}", std::process::id());
        if !self.names.contains(&name) {
            docker(&["tag", self.name(), &name]);
            self.names.push(name.clone());
        }
        name
    }

    /// Takes the names given by [`Image::tag`] away again.
    pub fn remove_tags(&mut self) {
        for name in self.names.drain(1..) {
            let _ = Command::new("docker")
                .args(["rmi", &name])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.remove_tags();
        let _ = Command::new("docker")
            .args(["rmi", "--force", self.name()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// Removes containers of test runs that were killed: those whose process is gone.
///
/// # Panics
/// When Docker does not answer.
pub fn remove_leftovers() {
    let format = format!("{{{{.ID}}}} {{{{.Label \"{LABEL}\"}}}}");
    let listed = Command::new("docker")
        .args(["ps", "--all", "--filter", &format!("label={LABEL}"), "--format", &format])
        .output()
        .expect("docker ps");
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        if let Some((id, process)) = line.split_once(' ')
            && !Path::new("/proc").join(process).exists()
        {
            docker(&["rm", "--force", id]);
        }
    }
}

fn applets() -> Vec<String> {
    let listed = Command::new(BUSYBOX).arg("--list").output().expect("busybox --list");
    String::from_utf8(listed.stdout).expect("names").lines().map(str::to_owned).collect()
}

fn import_folder(root: &Path, name: &str) {
    let mut tar = Command::new("tar")
        .arg("--directory")
        .arg(root)
        .args(["--owner=0", "--group=0", "--numeric-owner", "--create", "."])
        .stdout(Stdio::piped())
        .spawn()
        .expect("tar");
    let archive = tar.stdout.take().expect("piped");
    let imported =
        Command::new("docker").args(["import", "-", name]).stdin(archive).output().expect("docker import");
    assert!(tar.wait().expect("tar").success());
    assert!(imported.status.success(), "docker import: {}", String::from_utf8_lossy(&imported.stderr));
}

fn docker(arguments: &[&str]) {
    let done = Command::new("docker").args(arguments).output().expect("docker");
    assert!(done.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
