//! What faces the network holds no rights; what holds rights does not face the network.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rustix::process::Signal;
use testkit::{Docker, PATIENCE, Setup, await_until, kill, request, require, sockets_listening, user_of};

use crate::{alone, pipeline};

/// User of the hub, as DESIGN and the packages have it.
const HUB_USER: u32 = 10001;

#[test]
fn the_hub_has_no_rights_and_the_sensor_no_network() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-processes");
    let service = pipeline::watching(Setup::new(), &docker);
    let (hub, sensor) = (service.child("hub"), service.child("sensor"));

    assert_eq!(user_of(hub), Some(HUB_USER));
    let status = std::fs::read_to_string(format!("/proc/{hub}/status")).unwrap();
    let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(line(set).trim_start_matches('0'), "", "the hub has capabilities in {set}");
    }
    assert_eq!(line("NoNewPrivs:"), "1");
    assert_eq!(line("Groups:"), "");
    // The hub tried a write where everybody may write, after it had given the right up.
    let health: serde_json::Value = serde_json::from_str(&service.health()).unwrap();
    assert_eq!(health["confinement"], "enforced");

    assert_eq!(user_of(sensor), Some(0));
    assert_eq!(sockets_listening(sensor), Vec::<String>::new());
    let listening = sockets_listening(hub);
    // Ingest, Loki API, page, https and http.
    assert_eq!(listening.len(), 5, "{listening:?}");
    // 0100007F is 127.0.0.1: nothing is open to other machines unless the owner says so.
    assert!(listening.iter().all(|socket| socket.starts_with("tcp 0100007F:")), "{listening:?}");
    // The supervisor holds the same sockets, and no other, for the next hub.
    assert_eq!(sockets_listening(service.pid()).len(), 5);
}

#[test]
fn a_restart_of_the_hub_refuses_no_connection() {
    require!(Binary, Bpf);
    let _alone = alone();
    let mut service = Setup::new().spawn("run");
    service.await_ready();
    let (loki, stop) = (service.setup.ports.loki, Arc::new(AtomicBool::new(false)));
    let done = Arc::clone(&stop);
    let asker = std::thread::spawn(move || {
        let (mut answered, mut refused) = (0, 0);
        while !done.load(Ordering::Relaxed) {
            match request("GET", loki, "/ready", &[], b"") {
                Ok(answer) if answer.status == 200 => answered += 1,
                // What a killed hub had accepted already is cut: no kernel can hold that.
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => refused += 1,
                Err(_) => {}
            }
        }
        (answered, refused)
    });
    for signal in [Signal::TERM, Signal::KILL, Signal::TERM] {
        let before = service.child("hub");
        kill(before, signal);
        await_until("another hub", PATIENCE, || {
            testkit::child_named(service.pid(), "hub").is_some_and(|hub| hub != before)
        });
        service.await_ready();
    }
    stop.store(true, Ordering::Relaxed);
    let (answered, refused) = asker.join().unwrap();
    assert_eq!(refused, 0);
    assert!(answered > 3, "{answered} requests were answered");
}
