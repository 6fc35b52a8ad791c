//! Kill -9 of hub and sensor at random moments in a stream of alerts made by real system calls:
//! none is lost, none is doubled.
//!
//! `QUAYWATCH_SEED` repeats a run. `QUAYWATCH_SOAK` makes it long.

use std::{collections::BTreeMap, thread, time::Duration};

use testkit::{Docker, PATIENCE, Quaywatch, Random, RunOptions, Setup, await_until, require, seed};

use crate::{alone, image::image_name, pipeline};

/// Alerts of one round.
const ALERTS: usize = 1000;

/// Opens `ALERTS` paths for writing, ten at a time with a pause of 40 ms, so that the kills of a
/// round fall in the middle of it: four seconds. In even rounds one shell does it all, in odd ones
/// each path has a process of its own. Then the container ends: who made the events that wait for
/// a new sensor is not in /proc any more.
fn stream(round: u64) -> String {
    let open = if round.is_multiple_of(2) { "true > " } else { "/bin/touch " };
    format!(
        "i=0; while [ $i -lt {ALERTS} ]; do {open}/etc/qw-{round}-$i; i=$((i+1)); \
         [ $((i%10)) -ne 0 ] || usleep 40000; done; true > /told/done-{round}"
    )
}

#[test]
fn no_alert_is_lost_or_doubled_by_a_kill() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let rounds = if std::env::var_os("QUAYWATCH_SOAK").is_some() { 50 } else { 2 };
    let mut random = Random::new(seed());
    let docker = Docker::new("quaywatch-crash");
    for round in 0..rounds {
        // A supervisor that has seen many deaths waits long before the next start.
        let service = pipeline::watching(Setup::new(), &docker);
        let kills = one_round(round, &service, &docker, &mut random);
        println!("round {round}: {kills} kills, {ALERTS} alerts, each stored once");
    }
}

fn one_round(round: u64, service: &Quaywatch, docker: &Docker, random: &mut Random) -> usize {
    let told = service.setup.folder();
    let done = told.join(format!("done-{round}"));
    let container = docker.start(&RunOptions {
        image: image_name(),
        options: vec!["--volume".into(), format!("{}:/told", told.display())],
        command: vec!["/bin/sh".into(), "-c".into(), stream(round)],
        ..RunOptions::default()
    });
    let mut kills = 0;
    while !done.exists() {
        thread::sleep(Duration::from_millis(50 + random.below(900)));
        let victim = ["hub", "sensor"][usize::try_from(random.below(2)).unwrap()];
        if service.kill_child(victim) {
            kills += 1;
        }
    }
    assert_stored_once(round, service, docker);
    drop(container);
    kills
}

fn assert_stored_once(round: u64, service: &Quaywatch, docker: &Docker) {
    let logql = service.logql();
    let ready = || logql.get("/ready", &[]).is_ok_and(|answer| answer.status == 200);
    let count = || {
        let mut paths: BTreeMap<String, usize> = BTreeMap::new();
        for line in logql.lines(&format!("{{source=\"syscall\"}} |= \"/etc/qw-{round}-\"")) {
            let alert = line.alert();
            *paths.entry(alert.field_text("fd.name").unwrap_or_default().into_owned()).or_default() += 1;
        }
        paths
    };
    await_until("the hub to be back", PATIENCE, ready);
    let end = format!("/etc/qw-end-{round}");
    // The marker comes after everything else of the stream, so what is not there by then is lost.
    pipeline::write_below_etc(docker, &docker.fresh_name(), &end);
    logql.await_lines(&format!("{{source=\"syscall\"}} |= \"{end}\""), 1, PATIENCE * 2);
    let paths = count();
    let lost: Vec<String> = (0..ALERTS)
        .map(|index| format!("/etc/qw-{round}-{index}"))
        .filter(|path| !paths.contains_key(path))
        .collect();
    let doubled: Vec<_> = paths.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        lost.is_empty() && doubled.is_empty(),
        "round {round}: {} lost: {:?}; {} doubled: {:?}",
        lost.len(),
        lost.iter().take(20).collect::<Vec<_>>(),
        doubled.len(),
        doubled.iter().take(20).collect::<Vec<_>>(),
    );
    assert_eq!(paths.len(), ALERTS);
}
