//! The loop, as a process of the host or in a container, and what a sensor makes of it meanwhile.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use event::Interest;
use rustix::{
    fs::{Mode, OFlags, open},
    time::{ClockId, clock_gettime},
};
use sensor::Sensor;

use crate::probe_time::ProbeTime;

/// A loop to run.
pub(crate) struct Load {
    pub(crate) title: String,
    pub(crate) iterations: u64,
    command: Vec<String>,
}

/// Seconds that the loop says it took.
pub(crate) struct Loop {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

pub(crate) struct Measured {
    pub(crate) loop_: Loop,
    pub(crate) sensor_cpu: f64,
    pub(crate) probe_ns: f64,
    pub(crate) shipped: f64,
    pub(crate) filtered: f64,
    pub(crate) lost: f64,
}

impl Load {
    pub(crate) fn on_the_host(iterations: u64, path: &str) -> Self {
        let own = std::env::current_exe().unwrap().to_string_lossy().into_owned();
        Load {
            title: format!("{iterations} x open+close of {path} on the host"),
            iterations,
            command: vec![own, "loop".into(), iterations.to_string(), path.into()],
        }
    }

    pub(crate) fn in_a_container(image: &str, iterations: u64, path: &str) -> Self {
        let docker = ["docker", "run", "--rm", "--network", "none", image, "/open_loop"];
        let mut command: Vec<String> = docker.map(str::to_owned).into();
        command.extend([iterations.to_string(), path.to_owned()]);
        Load { title: format!("{iterations} x open+close of {path} in a container"), iterations, command }
    }

    pub(crate) fn run(&self) -> Loop {
        let (program, arguments) = self.command.split_first().unwrap();
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap());
        Loop { wall: numbers.next().unwrap(), cpu: numbers.next().unwrap() }
    }

    /// Runs the loop while the sensor reads what `interest` makes the probes ship.
    pub(crate) fn run_watched(&self, sensor: &mut Sensor, interest: &Interest, timed: bool) -> Measured {
        sensor.set_interest(interest).unwrap();
        let (before, lost_before) = (opens(sensor), losses(sensor));
        let time = timed.then(ProbeTime::start).flatten();
        let done = AtomicBool::new(false);
        let (loop_, sensor_cpu) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let began = cpu_seconds(ClockId::ThreadCPUTime);
                while !done.load(Ordering::Relaxed) {
                    let mut bytes = 0usize;
                    sensor.poll(Duration::from_millis(20), &mut |event| bytes += event.params.len()).unwrap();
                    std::hint::black_box(bytes);
                    sensor.release();
                }
                cpu_seconds(ClockId::ThreadCPUTime) - began
            });
            let loop_ = self.run();
            done.store(true, Ordering::Relaxed);
            (loop_, reader.join().unwrap())
        });
        let after = opens(sensor);
        Measured {
            loop_,
            sensor_cpu,
            probe_ns: time.map_or(f64::NAN, |time| time.nanoseconds()),
            shipped: (after.shipped - before.shipped) as f64,
            filtered: (after.filtered - before.filtered) as f64,
            lost: (losses(sensor) - lost_before) as f64,
        }
    }
}

fn opens(sensor: &Sensor) -> sensor::FamilyCounts {
    sensor.counts().into_iter().find(|counts| counts.event == "open").unwrap()
}

/// Opens that did not arrive. Processes of the host that have nothing to do with the loop lose
/// events of other families, or parameters of theirs: see `all_losses`.
fn losses(sensor: &Sensor) -> u64 {
    let opens =
        sensor.losses().into_iter().filter(|loss| loss.event == "open" && loss.reason != "user_fault");
    opens.map(|loss| loss.count).sum()
}

/// Everything that was lost since the sensor started, in words.
pub(crate) fn all_losses(sensor: &Sensor) -> String {
    let words =
        sensor.losses().into_iter().map(|loss| format!("{} {} {}", loss.event, loss.reason, loss.count));
    words.collect::<Vec<_>>().join(", ")
}

/// The loop on the host; `open_loop.c` is the same for containers.
pub(crate) fn run_loop(iterations: u64, path: &str) {
    let path = std::ffi::CString::new(path).unwrap();
    let (began, cpu) = (Instant::now(), cpu_seconds(ClockId::ProcessCPUTime));
    for _ in 0..iterations {
        drop(open(path.as_c_str(), OFlags::RDONLY, Mode::empty()));
    }
    println!("{} {}", began.elapsed().as_secs_f64(), cpu_seconds(ClockId::ProcessCPUTime) - cpu);
}

fn cpu_seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
