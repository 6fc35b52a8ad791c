//! From a system call in a container to a line that LogQL finds.

use std::process::Command;

use testkit::{Docker, LogQl, PATIENCE, Quaywatch, RunOptions, Setup, await_until, require};

use crate::{
    alone,
    image::{HOSTILE_NAME, image_name},
};

const RULE: &str = "Write below etc in container";

/// Starts a service and waits until its sensor sees what containers do.
pub(crate) fn watching(setup: Setup, docker: &Docker) -> Quaywatch {
    let service = setup.run();
    await_eyes(&service, docker);
    service
}

/// Waits until something done in a container arrives in the store.
pub(crate) fn await_eyes(service: &Quaywatch, docker: &Docker) {
    let logql = service.logql();
    await_until("the sensor to see", PATIENCE, || {
        write_below_etc(docker, &docker.fresh_name(), "/etc/qw-eyes");
        !logql.lines("{source=\"syscall\"} |= \"/etc/qw-eyes\"").is_empty()
    });
}

/// A container that makes a file and is gone.
pub(crate) fn write_below_etc(docker: &Docker, name: &str, path: &str) {
    let done = docker.run(&RunOptions {
        image: image_name(),
        name: Some(name.to_owned()),
        command: vec!["/bin/touch".into(), path.into()],
        ..RunOptions::default()
    });
    assert_eq!(done.code, 0, "{}", done.text);
}

#[test]
fn what_a_container_does_is_found_by_logql() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-pipeline");

    // It runs before there is a sensor, so its name can come from the start scan only.
    let early = docker.start(&RunOptions {
        image: image_name(),
        command: vec!["/bin/sleep".into(), "600".into()],
        ..RunOptions::default()
    });
    let service = watching(Setup::new(), &docker);
    let logql = service.logql();

    labels_find_it(&docker, &logql);
    short_lives_have_names(&docker, &logql);

    let done = early.exec(false, &["/bin/touch", "/etc/qw-early"]);
    assert_eq!(done.code, 0, "{}", done.text);
    let line = logql.await_lines("{source=\"syscall\"} |= \"/etc/qw-early\"", 1, PATIENCE).remove(0).alert();
    assert_eq!(line.field_text("container.name").as_deref(), Some(early.name.as_str()));
    assert_eq!(line.field_text("container.id").as_deref(), Some(early.short_id()));
    assert_eq!(line.field_text("container.image.repository").as_deref(), Some(image_name().as_str()));

    hostile_names_arrive_intact(&docker, &logql);
}

/// The promise of the README: `touch /etc/x` in a container, found by stream labels, line filters
/// and fields.
fn labels_find_it(docker: &Docker, logql: &LogQl) {
    let name = docker.fresh_name();
    write_below_etc(docker, &name, "/etc/qw-labels");
    for query in [
        "{source=\"syscall\"} |= \"/etc/qw-labels\"".to_owned(),
        format!("{{source=\"syscall\", container_name=\"{name}\"}}"),
        format!("{{rule=\"{RULE}\", container_name=~\"{name}|none\"}} |~ \"qw-lab.ls\""),
        format!(
            "{{priority=\"Warning\", container_name=\"{name}\"}} | json | output_fields_fd_name=\"/etc/qw-labels\""
        ),
    ] {
        let lines = logql.await_lines(&query, 1, PATIENCE);
        assert_eq!(lines.len(), 1, "{query}: {lines:?}");
        let alert = lines[0].alert();
        assert_eq!(alert.rule, RULE);
        assert_eq!(alert.source, "syscall");
        assert_eq!(alert.field_text("fd.name").as_deref(), Some("/etc/qw-labels"), "{query}");
        assert_eq!(alert.field_text("proc.name").as_deref(), Some("touch"), "{query}");
        assert!(alert.tags.contains(&"mitre_persistence".to_owned()), "{:?}", alert.tags);
        assert!(!alert.uuid.is_nil());
    }
    let none =
        logql.lines(&format!("{{source=\"syscall\", container_name!=\"{name}\"}} |= \"/etc/qw-labels\""));
    assert!(none.is_empty(), "{none:?}");
}

fn short_lives_have_names(docker: &Docker, logql: &LogQl) {
    for _ in 0..5 {
        let name = docker.fresh_name();
        write_below_etc(docker, &name, "/etc/qw-short");
        let query = format!("{{source=\"syscall\"}} |= \"/etc/qw-short\" |= \"{name}\"");
        let alert = logql.await_lines(&query, 1, PATIENCE).remove(0).alert();
        assert_eq!(alert.field_text("container.name").as_deref(), Some(name.as_str()));
        assert_eq!(alert.field_text("container.image.repository").as_deref(), Some(image_name().as_str()));
    }
}

fn hostile_names_arrive_intact(docker: &Docker, logql: &LogQl) {
    let path = format!("/etc/{HOSTILE_NAME}");
    let done = docker.run(&RunOptions {
        image: image_name(),
        command: ["/bin/sh", "-c", &format!("( exec -a touch '/bin/{HOSTILE_NAME}' '{path}' )")]
            .map(str::to_owned)
            .to_vec(),
        ..RunOptions::default()
    });
    assert_eq!(done.code, 0, "{}", done.text);
    let lines = logql.await_lines(
        "{source=\"syscall\"} | json | output_fields_fd_name=~\".*onerror.*\"",
        1,
        PATIENCE,
    );
    let alert = lines[0].alert();
    assert_eq!(alert.field_text("fd.name").as_deref(), Some(path.as_str()));
    // The kernel keeps 15 bytes of a program's name.
    assert_eq!(alert.field_text("proc.name").as_deref(), HOSTILE_NAME.get(..15));
    assert_eq!(alert.field_text("proc.exepath").as_deref(), Some(format!("/bin/{HOSTILE_NAME}").as_str()));
    let labelled = logql.lines(&format!("{{proc_name=\"{}\"}}", &HOSTILE_NAME[..15]));
    assert!(!labelled.is_empty(), "the label proc_name does not hold the name");
}

/// What the host does in the usual way is no alert: looking around, reading, a shell.
#[test]
fn the_host_at_rest_is_quiet() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-quiet");
    let service = watching(Setup::new(), &docker);
    let folder = service.setup.folder().display().to_string();
    let script = service.setup.write(
        "ordinary.sh",
        "ls /etc; cat /etc/passwd /etc/hosts; id; ps; uname -a; find /etc/cron.d; true > \"$1/file\"; grep -r x \"$1\"\n",
    );
    let done = Command::new("/bin/sh").arg(script).arg(&folder).output().unwrap();
    drop(done);
    write_below_etc(&docker, &docker.fresh_name(), "/etc/qw-after");
    let logql = service.logql();
    logql.await_lines("{source=\"syscall\"} |= \"/etc/qw-after\"", 1, PATIENCE);
    let noise: Vec<_> = logql
        .lines("{source=\"syscall\"}")
        .into_iter()
        .filter(|line| line.text.contains(&format!("{folder}/ordinary.sh")))
        .collect();
    assert!(noise.is_empty(), "{noise:?}");
}
