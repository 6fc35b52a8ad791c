//! What faces the network holds no rights; what holds rights does not face the network.

use testkit::{Docker, Setup, require, sockets_listening, user_of};

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
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap().trim();
    assert_eq!(capabilities.trim_start_matches('0'), "", "the hub has capabilities");

    assert_eq!(user_of(sensor), Some(0));
    assert_eq!(sockets_listening(sensor), Vec::<String>::new());
    assert_eq!(sockets_listening(service.pid()), Vec::<String>::new());
    let listening = sockets_listening(hub);
    assert_eq!(listening.len(), 3, "{listening:?}");
    // 0100007F is 127.0.0.1: nothing is open to other machines unless the owner says so.
    assert!(listening.iter().all(|socket| socket.starts_with("tcp 0100007F:")), "{listening:?}");
}
