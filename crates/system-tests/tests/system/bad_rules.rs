//! Rule files with errors: named, and without effect on what is running.

use std::{
    fs,
    process::{Command, Output},
};

use rustix::process::Signal;
use testkit::{Docker, PATIENCE, Quaywatch, RunOptions, Setup, await_until, kill, require};

use crate::{alone, image::image_name, pipeline};

/// The field does not exist; the fourth line holds it.
const BAD: &str = "- rule: Broken
  desc: names a field that does not exist
  condition: >
    evt.type = execve and proc.nmae = sh
  output: broken
  priority: warning
";

const GOOD: &str = "- rule: Mast climbed
  desc: for a test
  condition: evt.type in (open, openat) and evt.is_open_write = true and fd.name startswith /opt/mast
  output: climbed (file=%fd.name container=%container.name)
  priority: notice
";

#[test]
fn an_error_ends_the_start_and_names_its_place() {
    require!(Binary);
    let _alone = alone();
    let mut setup = Setup::new();
    let rules = setup.write("broken.yaml", BAD);
    setup.sensor_config = format!("  rules_files: [{}]\n", rules.display());
    let ended = setup.command("sensor").output().unwrap();
    let printed = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{printed}");
    assert!(printed.contains("broken.yaml:4:"), "no file and line:\n{printed}");
    assert!(printed.contains("proc.nmae"), "not what is wrong:\n{printed}");
    assert!(printed.contains("help"), "not how to mend it:\n{printed}");
}

#[test]
fn the_old_rules_stay_in_force() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-rules");
    let mut setup = Setup::new();
    let rules = setup.write("own.yaml", "# none yet\n");
    setup.sensor_config = format!("  extra_rules_files: [{}]\n", rules.display());
    let service = pipeline::watching(setup, &docker);
    let logql = service.logql();
    let sensor = service.child("sensor");

    fs::write(&rules, BAD).unwrap();
    kill(sensor, Signal::HUP);
    service.await_log("own.yaml:4:");
    let name = docker.fresh_name();
    pipeline::write_below_etc(&docker, &name, "/etc/qw-still");
    logql.await_lines(&format!("{{source=\"syscall\"}} |= \"{name}\""), 1, PATIENCE);
    assert_eq!(service.child("sensor"), sensor, "the sensor was started anew");

    fs::write(&rules, GOOD).unwrap();
    kill(sensor, Signal::HUP);
    await_until("the new rule to fire", PATIENCE, || {
        pipeline::write_below_etc(&docker, &docker.fresh_name(), "/opt/mast");
        !logql.lines("{rule=\"Mast climbed\"}").is_empty()
    });
    assert_eq!(service.child("sensor"), sensor, "the sensor was started anew");
}

fn reload(service: &Quaywatch) -> Output {
    let config = service.setup.folder().join("quaywatch.yaml");
    let mut command = Command::new(testkit::binary().expect("a built quaywatch"));
    command.args(["rules", "reload", "--config"]).arg(config).arg("--data-dir").arg(service.setup.data_dir());
    command.output().unwrap()
}

/// A command asks the hub, the hub the sensor; what the sensor knows of processes and containers
/// outlives the new rules.
#[test]
fn a_reload_on_command_keeps_what_is_known() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-reload");
    let mut setup = Setup::new();
    let rules = setup.write("own.yaml", "# none yet\n");
    setup.sensor_config = format!("  extra_rules_files: [{}]\n", rules.display());
    let service = pipeline::watching(setup, &docker);
    let logql = service.logql();
    let sensor = service.child("sensor");
    let shell = "until [ -e /tmp/go ]; do /bin/sleep 0.1; done; : > /opt/mast-late; /bin/sleep 60";
    let early = docker.start(&RunOptions {
        image: image_name(),
        command: ["/bin/sh", "-c", shell].map(str::to_owned).to_vec(),
        ..RunOptions::default()
    });

    fs::write(&rules, BAD).unwrap();
    let refused = reload(&service);
    let printed = String::from_utf8_lossy(&refused.stdout);
    assert_eq!(refused.status.code(), Some(1), "{printed}");
    assert!(printed.contains("own.yaml:4:"), "{printed}");

    fs::write(&rules, GOOD).unwrap();
    let taken = reload(&service);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    assert_eq!(early.exec(false, &["/bin/touch", "/tmp/go"]).code, 0);
    let alert =
        logql.await_lines("{rule=\"Mast climbed\"} |= \"/opt/mast-late\"", 1, PATIENCE).remove(0).alert();
    assert_eq!(alert.field_text("proc.name").as_deref(), Some("sh"), "{alert:?}");
    assert_eq!(alert.field_text("container.name").as_deref(), Some(early.name.as_str()), "{alert:?}");
    assert_eq!(service.child("sensor"), sensor, "the sensor was started anew");
}
