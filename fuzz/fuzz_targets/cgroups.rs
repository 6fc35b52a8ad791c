//! Control group paths, whose components anybody may name who may make a group.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|path: &[u8]| {
    let _ = container_runtimes::container_of_cgroup(path);
});
