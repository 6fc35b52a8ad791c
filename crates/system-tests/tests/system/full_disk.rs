//! A full disk: ingest says so, the sensor keeps what it has, and nothing is lost once there is
//! room again.

use testkit::{Docker, PATIENCE, RunOptions, Setup, await_until, request, require};

use crate::{alone, image::image_name, ingest, loop_disk::LoopDisk, pipeline};

#[test]
fn a_full_disk_is_answered_and_survived() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quaywatch-full-disk");
    let mut setup = Setup::new();
    let Some(disk) = LoopDisk::mount(&setup.data_dir().join("hub")) else { return };
    setup.hub_config = LoopDisk::SMALL_DISK_CONFIG.to_owned();
    let service = pipeline::watching(setup, &docker);
    let filler = disk.fill(10_000_000);

    let post = || {
        let alert = ingest::falco_alert();
        request("POST", service.setup.ports.ingest, "/", &[], alert.as_bytes()).unwrap()
    };
    let refused = post();
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.head.to_ascii_lowercase().contains("retry-after"), "{}", refused.head);

    let made = docker.run(&RunOptions {
        image: image_name(),
        command: ["/bin/touch", "/etc/made-while-full"].map(str::to_owned).to_vec(),
        ..RunOptions::default()
    });
    assert_eq!(made.code, 0, "{}", made.text);
    service.await_log("they stay in the spool");

    std::fs::remove_file(filler).unwrap();
    await_until("ingest to take alerts again", PATIENCE, || post().status == 200);
    let lines = service.logql().await_lines("{source=\"syscall\"} |= `/etc/made-while-full`", 1, PATIENCE);
    assert_eq!(lines.len(), 1, "{lines:?}");
}
