//! Prints events as they happen: `cargo run -p sensor --example print_events [SECONDS]`.

#![expect(clippy::unwrap_used, reason = "an example may fall over")]

use std::time::{Duration, Instant};

use event::{Interest, ParamType};
use sensor::{Config, Sensor};

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2);
    let config = Config {
        bpffs_dir: format!("/sys/fs/bpf/quaywatch_print_{}", std::process::id()).into(),
        ..Config::default()
    };
    let began = Instant::now();
    let mut sensor = Sensor::start(&config, &telemetry::Registry::default()).unwrap();
    println!("started in {:?}", began.elapsed());
    let names = kernel_probes::syscalls::SYSCALLS.iter().map(|syscall| syscall.event.to_owned());
    sensor.set_interest(&Interest::everything(names)).unwrap();
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        sensor.poll(Duration::from_millis(100), &mut |event| print(&event)).unwrap();
        sensor.release();
    }
    println!("{:?}\n{:?}", sensor.counts(), sensor.losses());
    sensor.uninstall().unwrap();
}

fn print(event: &event::Event<'_>) {
    let context = event.context.unwrap();
    print!("{} {}/{} {}", event.timestamp.0, context.pid.0, event.tid.0, event.code.name());
    for param in event.definition().unwrap().params {
        let bytes = event.param(param.name).unwrap_or(b"?");
        match param.param_type {
            ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath | ParamType::Bytebuf => {
                print!(" {}={}", param.name, String::from_utf8_lossy(bytes).replace('\0', "␀"));
            }
            _ => print!(" {}={:?}", param.name, event.number_param(param.name)),
        }
    }
    println!(" resolved={:?}", event.resolved_path().map(String::from_utf8_lossy));
}
