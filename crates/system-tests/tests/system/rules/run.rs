//! Runs all cases under one service, several at a time, each in a container of its own.
//!
//! A case is over when a marker program, started after it, has become an alert: events come in
//! the order in which they happened, so whatever the case had to cause has come before.
//! `QUAYWATCH_CASE=text` runs only the cases whose rule or name holds the text.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use alert::Alert;
use testkit::{
    Docker, OutputLines, PATIENCE, Quaywatch, RunOptions, Setup, await_until, repository_root, require,
};

use super::{
    case::{self, Case, Place},
    verdict::{Kind, fault},
};
use crate::{
    alone,
    image::{image, image_name},
};

/// Cases at a time: containers wait more than they compute.
const WORKERS: usize = 4;

const MARKER_RULE: &str = "
- rule: Case is over
  desc: the marker that follows each case
  condition: evt.type in (execve, execveat) and proc.name = qw-case-over
  output: over (case=%proc.args)
  priority: debug
";

/// A case with what it needs to run.
struct Job {
    id: String,
    rule: String,
    kind: Kind,
    case: Case,
    image: String,
    folder: PathBuf,
}

#[test]
fn rules_fire_and_stay_silent() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut setup = Setup::new();
    let marker_rule = setup.write("marker.yaml", MARKER_RULE);
    let rules = repository_root().join("rules/quaywatch.yaml");
    setup.sensor_config = format!("  rules_files: [{}, {}]\n", marker_rule.display(), rules.display());
    let marker = setup.folder().join("qw-case-over");
    fs::copy("/bin/busybox", &marker).unwrap();
    let jobs = jobs(setup.folder());
    let service = setup.run();
    await_eyes(&service, &marker);

    let docker = Docker::new("quaywatch-case");
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(fault) = carry_out(job, &docker, &service.stdout, &marker) {
                        let line = format!("{}: {:?} {}: {fault}", job.rule, job.kind, job.case.does);
                        eprintln!("FAULT {line}");
                        faults.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    image().remove_tags();
    let faults = faults.into_inner().unwrap();
    if !faults.is_empty() {
        eprintln!("health: {}", service.health());
    }
    let fires = jobs.iter().filter(|job| job.kind == Kind::Fires).count();
    println!("rules: {fires} cases fire, {} are silent, {} faults", jobs.len() - fires, faults.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn jobs(folder: &Path) -> Vec<Job> {
    let wanted = std::env::var("QUAYWATCH_CASE").unwrap_or_default();
    let plain = image_name();
    let mut jobs = Vec::new();
    let mut add = |rule: &str, kind: Kind, case: Case| {
        if !rule.contains(&wanted) && !case.does.contains(&wanted) {
            return;
        }
        let id = format!("case-{:03}", jobs.len());
        let image = case.image.as_ref().map_or_else(|| plain.clone(), |name| image().tag(name));
        let folder = folder.join(&id);
        fs::create_dir(&folder).unwrap();
        if let Some(script) = &case.run {
            fs::write(folder.join("run.sh"), format!("{script}\nwait\n")).unwrap();
        }
        jobs.push(Job { id, rule: rule.to_owned(), kind, case, image, folder });
    };
    for rule in case::all() {
        for case in rule.fires {
            add(&rule.rule, Kind::Fires, case);
        }
        for case in rule.silent {
            add(&rule.rule, Kind::Silent, case);
        }
    }
    for case in case::ordinary() {
        add("Every rule", Kind::Silent, case);
    }
    jobs
}

/// Waits until the sensor sees: it may attach after the store is ready.
fn await_eyes(service: &Quaywatch, marker: &Path) {
    await_until("the sensor to see the marker", PATIENCE, || {
        mark(marker, "first");
        !service.stdout.alerts_from(0).is_empty()
    });
}

fn mark(marker: &Path, id: &str) {
    // It knows no applet of its own name and ends at once; being started is all it is for.
    let done = Command::new(marker).arg(id).output().expect("the marker starts");
    drop(done);
}

/// Does what the case says and gives what is wrong with what came of it.
fn carry_out(job: &Job, docker: &Docker, stdout: &OutputLines, marker: &Path) -> Option<String> {
    let start = stdout.count();
    let name = docker.fresh_name();
    let printed = match job.case.on {
        Place::Host => on_host(job),
        Place::Container => in_container(job, docker, &name),
    };
    mark(marker, &job.id);
    if !is_over(job, stdout, start) {
        return Some("the marker after it never became an alert".into());
    }
    let folder = job.folder.display().to_string();
    let is_ours = |alert: &Alert| match job.case.on {
        Place::Container => alert.field_text("container.name").as_deref() == Some(name.as_str()),
        Place::Host => alert
            .output_fields
            .values()
            .any(|value| value.as_str().is_some_and(|text| text.contains(&folder))),
    };
    let alerts: Vec<Alert> = stdout
        .alerts_from(start)
        .into_iter()
        .filter(|alert| alert.rule != "Case is over" && is_ours(alert))
        .collect();
    fault(&job.rule, job.kind, &job.case, &alerts)
        .map(|fault| format!("{fault}\n    it printed: {}", printed.trim().replace('\n', " / ")))
}

/// Waits for the marker of a case; false when it does not come.
fn is_over(job: &Job, stdout: &OutputLines, start: usize) -> bool {
    let over = format!("case={})", job.id);
    let mut seen = start;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let lines = stdout.from(seen);
        seen += lines.len();
        if lines.iter().any(|line| line.contains(&over)) {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

fn on_host(job: &Job) -> String {
    let done = Command::new("/bin/sh")
        .arg(job.folder.join("run.sh"))
        .env("MARK", &job.folder)
        .output()
        .expect("a shell");
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

fn in_container(job: &Job, docker: &Docker, name: &str) -> String {
    let case = &job.case;
    let mut options = case.docker.clone();
    let command = case.command.clone().unwrap_or_else(|| {
        options.extend(["--volume".into(), format!("{}:/case:ro", job.folder.display())]);
        vec!["/bin/sh".into(), "/case/run.sh".into()]
    });
    let mut run =
        RunOptions { image: job.image.clone(), name: Some(name.to_owned()), tty: case.tty, options, command };
    if !case.exec {
        return docker.run(&run).text;
    }
    let command = std::mem::replace(&mut run.command, vec!["/bin/sleep".into(), "600".into()]);
    run.tty = false;
    let container = docker.start(&run);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    container.exec(case.tty, &command).text
}
