//! A killed sensor loses nothing that fits the ring, and knows what did not.

use std::{process::Command, time::Duration};

use sensor::{Config, StartError};
use telemetry::Registry;

use crate::watch::{Watch, config, everything, skipped};

fn marker(name: &str) {
    let _ = std::fs::File::open(format!("/nosuch/{name}"));
}

#[test]
fn events_of_the_time_between_two_sensors_arrive() {
    if skipped() {
        return;
    }
    let config = config();
    let mut watch = Watch::start(&config);
    assert!(!watch.sensor().resumed());
    watch.sensor().set_interest(&everything()).unwrap();
    let epoch = watch.sensor().epoch();
    marker("before");
    let before = watch.wait_for(|seen| seen.name == "openat" && seen.text("name") == "/nosuch/before");
    watch.kill();
    marker("between");

    let mut watch = Watch::start(&config);
    assert!(watch.sensor().resumed());
    assert_eq!(watch.sensor().epoch(), epoch);
    assert!(watch.sensor().gap().waiting_bytes > 0);
    let between = watch.wait_for(|seen| seen.name == "openat" && seen.text("name") == "/nosuch/between");
    assert!(between.context.position > before.context.position);
}

#[test]
fn what_was_not_released_is_delivered_again_at_the_same_position() {
    if skipped() {
        return;
    }
    let config = config();
    let mut watch = Watch::start(&config);
    watch.sensor().set_interest(&everything()).unwrap();
    marker("again");
    let mut position = None;
    while position.is_none() {
        watch
            .sensor()
            .poll(Duration::from_millis(50), &mut |event| {
                if event.text_param("name") == Some(b"/nosuch/again") {
                    position = event.context.map(|context| context.position);
                }
            })
            .unwrap();
    }
    watch.kill();
    let mut watch = Watch::start(&config);
    let seen = watch.wait_for(|seen| seen.name == "openat" && seen.text("name") == "/nosuch/again");
    assert_eq!(Some(seen.context.position), position);
}

#[test]
fn a_full_ring_is_counted_and_reported_as_a_gap() {
    if skipped() {
        return;
    }
    let config = Config { ring_bytes: 1 << 18, ..config() };
    let mut watch = Watch::start(&config);
    watch.sensor().set_interest(&everything()).unwrap();
    watch.kill();
    // More than the ring holds.
    for _ in 0..4000 {
        marker("flood");
    }
    let mut watch = Watch::start(&config);
    let lost = watch.sensor().gap().lost_events;
    assert!(lost > 0);
    let losses = watch.sensor().losses();
    // Opens are shed before the ring is full.
    assert!(losses.iter().any(|loss| loss.reason == "shed" && loss.event == "open"), "{losses:?}");
    assert!(losses.iter().all(|loss| loss.reason == "shed"), "{losses:?}");
    let open = watch.sensor().counts().into_iter().find(|counts| counts.event == "open").unwrap();
    assert!(open.shipped > 0 && open.seen > open.shipped, "{open:?}");
    // There is room again once they are read.
    watch.wait_for(|seen| seen.name == "openat" && seen.text("name") == "/nosuch/flood");
    let mut more = 1;
    while more > 0 {
        more = watch.sensor().poll(Duration::ZERO, &mut |_| ()).unwrap();
        watch.sensor().release();
    }
    marker("after");
    watch.wait_for(|seen| seen.name == "openat" && seen.text("name") == "/nosuch/after");
    watch.kill();
    // Reported once: the next sensor's gap does not repeat it.
    let mut watch = Watch::start(&config);
    assert!(watch.sensor().gap().lost_events < lost);
}

#[test]
fn another_ring_size_replaces_what_is_pinned() {
    if skipped() {
        return;
    }
    let config = config();
    let mut watch = Watch::start(&config);
    let epoch = watch.sensor().epoch();
    watch.kill();
    let mut watch = Watch::start(&Config { ring_bytes: 1 << 20, ..config });
    assert!(!watch.sensor().resumed());
    assert_ne!(watch.sensor().epoch(), epoch);
}

#[test]
fn two_sensors_do_not_share_a_folder() {
    if skipped() {
        return;
    }
    let config = config();
    let _watch = Watch::start(&config);
    let second = sensor::Sensor::start(&config, &Registry::default());
    assert!(matches!(second.err(), Some(StartError::InUse { .. })));
}

#[test]
fn bad_configurations_are_refused_with_the_way_out() {
    let bad = Config { ring_bytes: 1000, ..config() };
    let error = sensor::Sensor::start(&bad, &Registry::default()).err().unwrap();
    assert!(matches!(error, StartError::RingSize { .. }), "{error}");
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bad = Config { bpffs_dir: folder.path().join("x"), ..config() };
    let error = sensor::Sensor::start(&bad, &Registry::default()).err().unwrap();
    assert!(error.to_string().contains("mount -t bpf"), "{error}");
}

#[test]
fn metrics_show_what_the_kernel_counted() {
    if skipped() {
        return;
    }
    let registry = Registry::default();
    let config = config();
    let watch = Watch::start(&config);
    watch.kill();
    let _ = Command::new("/bin/true").status();
    // Starting publishes the counters once.
    let sensor = sensor::Sensor::start(&config, &registry).unwrap();
    let text = registry.exposition();
    sensor.uninstall().unwrap();
    assert!(!config.bpffs_dir.exists());
    let exec =
        text.lines().find(|line| line.starts_with("sensor_events_shipped_total{event=\"exec\"}")).unwrap();
    assert!(!exec.ends_with(" 0"), "{exec}");
    // A loss has a line of its own from the first one on.
    assert!(!text.contains("sensor_events_lost_total{reason=\"ring_full\""), "{text}");
}
