//! A sensor without rights says what is missing, and how to mend it, with an exit code of its own.

use std::os::unix::process::CommandExt as _;

use testkit::{Setup, require};

/// User and group `nobody` of Debian.
const NOBODY: u32 = 65534;
/// The kernel or the rights do not carry a sensor.
const EXIT_NO_KERNEL: i32 = 3;

#[test]
fn a_sensor_without_rights_names_them() {
    require!(Binary, Bpf);
    let setup = Setup::new();
    // A folder it may write to, so that only the kernel's rights are missing.
    std::fs::create_dir(setup.data_dir()).unwrap();
    std::os::unix::fs::chown(setup.data_dir(), Some(NOBODY), Some(NOBODY)).unwrap();
    for word in ["sensor", "doctor"] {
        let output = setup.command(word).uid(NOBODY).gid(NOBODY).output().unwrap();
        let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(EXIT_NO_KERNEL), "{text}");
        for expected in ["CAP_BPF", "CAP_PERFMON", "cap_add", "run as root"] {
            assert!(text.contains(expected), "{word} does not say {expected:?}: {text}");
        }
    }
    // It got as far as its folder for pins.
    let _ = std::fs::remove_dir(setup.pins());
}
