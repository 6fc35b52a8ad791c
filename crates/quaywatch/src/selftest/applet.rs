//! What this program is inside the selftest's container: the container's image holds nothing but
//! this one static binary under a few names, and does as little as those names promise.

use std::{ffi::OsStr, path::Path, process::ExitCode, time::Duration};

/// The container's own process: waits to be removed.
pub(crate) const WAIT: &str = "quaywatch-selftest-wait";
/// Stands for a package manager.
pub(crate) const PACKAGE_MANAGER: &str = "apk";
/// Stands for a shell.
pub(crate) const SHELL: &str = "sh";
/// Makes a file.
pub(crate) const TOUCH: &str = "touch";
/// All of them.
pub(crate) const ALL: [&str; 4] = [WAIT, PACKAGE_MANAGER, SHELL, TOUCH];

/// A container whose maker was killed ends by itself.
const WAIT_SECONDS_MAX: u64 = 120;

/// Runs the applet this program was called as, if it was called as one.
pub(crate) fn run() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let name = arguments.next()?;
    let name = Path::new(&name).file_name().and_then(OsStr::to_str)?.to_owned();
    match name.as_str() {
        WAIT => std::thread::sleep(Duration::from_secs(WAIT_SECONDS_MAX)),
        // To have been started is all that the test wants of these two.
        PACKAGE_MANAGER | SHELL => {}
        TOUCH => {
            let opened =
                arguments.next().map(|path| std::fs::OpenOptions::new().create(true).append(true).open(path));
            if !matches!(opened, Some(Ok(_))) {
                return Some(ExitCode::FAILURE);
            }
        }
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}
