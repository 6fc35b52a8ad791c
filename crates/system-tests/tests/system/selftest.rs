//! `quaywatch selftest` on a healthy service, and on services that are broken at one hop each:
//! it must name that hop.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;
use testkit::{Docker, Quaywatch, Setup, require};

use crate::{alone, loop_disk::LoopDisk, pipeline};

/// Runs the selftest against a service; its exit code and its report.
fn selftest(service: &Quaywatch, arguments: &[&str], input: &str) -> (Option<i32>, Value) {
    let mut command = service.setup.command("selftest");
    command.args(["-o", "json"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), report)
}

/// The selftest fails, at this hop, with words on what is wrong and what to do.
#[track_caller]
fn fails_at(service: &Quaywatch, arguments: &[&str], input: &str, hop: &str) -> Value {
    let (code, report) = selftest(service, arguments, input);
    assert_eq!(report["failed"]["hop"], hop, "{report:#}");
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(report["ok"], false);
    for words in ["reason", "help"] {
        assert!(report["failed"][words].as_str().unwrap().len() > 10, "{report:#}");
    }
    report
}

/// No container and no image of a selftest is left behind.
fn left_behind() -> String {
    let list = |arguments: &[&str]| {
        let output = Command::new("docker").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    list(&["ps", "--all", "--quiet", "--filter", "name=quaywatch-selftest"])
        + &list(&["images", "--quiet", "quaywatch-selftest"])
}

#[test]
fn every_hop_of_a_healthy_service_is_timed() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    let service = setup.run();
    let (code, report) = selftest(&service, &[], "");
    assert_eq!(code, Some(0), "{report:#}");
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3, "{report:#}");
    for step in steps {
        let hops: Vec<&str> =
            step["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].as_str().unwrap()).collect();
        assert_eq!(hops, ["kernel", "rule", "ingest", "queue", "store", "query"], "{step:#}");
        assert!(step["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{step:#}");
    }
    assert_eq!(left_behind(), "");
}

#[test]
fn detached_probes_are_the_kernel_hop() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let service = pipeline::watching(Setup::new(), &Docker::new("quaywatch-selftest-kernel"));
    // A link lives as long as its pin.
    for entry in fs::read_dir(service.setup.pins()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("link_") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fails_at(&service, &[], "", "kernel");
    assert_eq!(left_behind(), "");
}

#[test]
fn rules_that_match_nothing_are_the_rule_hop() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    let rules = setup.write("empty.yaml", "[]\n");
    setup.sensor_config = format!("  rules_files: [{}]\n", rules.display());
    let service = setup.run();
    let report = fails_at(&service, &[], "", "rule");
    assert!(report["failed"]["reason"].as_str().unwrap().contains("0 rules"), "{report:#}");
}

#[test]
fn a_stopped_queue_is_the_queue_hop() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.hub_config = "  router:\n    paused_outputs: [store]\n".to_owned();
    let service = setup.run();
    let report = fails_at(&service, &[], "", "queue");
    let hops = report["steps"][0]["hops"].as_array().unwrap();
    assert_eq!(hops.last().unwrap()["hop"], "ingest", "{report:#}");
}

#[test]
fn a_read_only_disk_is_the_ingest_hop() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    let Some(disk) = LoopDisk::mount(&setup.data_dir().join("hub")) else { return };
    setup.hub_config = LoopDisk::SMALL_DISK_CONFIG.to_owned();
    let service = pipeline::watching(setup, &Docker::new("quaywatch-selftest-disk"));
    disk.make_read_only();
    let report = fails_at(&service, &[], "", "ingest");
    assert!(report["failed"]["reason"].as_str().unwrap().contains("spool"), "{report:#}");
    drop(service);
}

#[test]
fn a_wrong_password_is_the_query_hop() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    let service = setup.run();
    let report = fails_at(&service, &["--user", "nobody"], "a wrong password\n", "query");
    assert!(report["failed"]["reason"].as_str().unwrap().contains("401"), "{report:#}");
    let hops = report["steps"][0]["hops"].as_array().unwrap();
    assert_eq!(hops.last().unwrap()["hop"], "store", "{report:#}");
}
