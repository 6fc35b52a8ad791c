//! What watching costs: a loop of open and close, bare and watched in turn.
//!
//! `benches/sensor.sh` builds what is needed and runs all of this:
//!
//! * `sensor_load host [ITERATIONS] [ROUNDS] [PATH]`: the loop is a process of the host.
//! * `sensor_load container IMAGE [ITERATIONS] [ROUNDS]`: it is the program of a container.
//! * `sensor_load start [ROUNDS]`: how long a sensor takes to be ready.
//!
//! Prints, per kind of interest: CPU time of the loop per iteration and the bare loop's share in
//! it, median and least of the rounds; time in the probes per iteration (in a round of its own,
//! since counting it costs time too); the sensor's CPU seconds; events shipped, filtered and lost.
//! Kinds take turns within a round, and CPU time is compared, since the machine's speed drifts.

#![expect(clippy::unwrap_used, reason = "a bench may fall over")]

mod interests;
mod load;
mod probe_time;
mod start_time;
mod table;

use load::Load;
use sensor::{Config, Sensor};

/// Paths in the image: one that the stock rules test, and one that they do not.
const CONTAINER_PATHS: [&str; 2] = ["/etc/shadow", "/srv/file"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = |index: usize| arguments.get(index).map(String::as_str);
    let number = |index: usize, default| text(index).map_or(default, |text| text.parse().unwrap());
    match text(0).unwrap_or("host") {
        "loop" => load::run_loop(number(1, 1), text(2).unwrap()),
        "start" => start_time::run(number(1, 5) as usize),
        "host" => {
            let load = Load::on_the_host(number(1, 1_000_000), text(3).unwrap_or("/etc/hostname"));
            table::compare(&load, number(2, 5), &interests::on_the_host());
        }
        "container" => {
            for path in CONTAINER_PATHS {
                let load = Load::in_a_container(text(1).unwrap(), number(2, 1_000_000), path);
                table::compare(&load, number(3, 5), &interests::in_a_container());
            }
        }
        other => {
            eprintln!("`{other}` is not `host`, `container` or `start`");
            std::process::exit(2);
        }
    }
}

fn start() -> Sensor {
    let config = Config {
        bpffs_dir: format!("/sys/fs/bpf/quaywatch_bench_{}", std::process::id()).into(),
        ..Config::default()
    };
    Sensor::start(&config, &telemetry::Registry::default()).unwrap()
}
