//! How long a sensor takes to be ready, with probes to load and with probes to adopt.

use std::time::Instant;

use aya::programs::{ProgramInfo, loaded_programs};
use event::Interest;

use crate::table::{least, median};

pub(crate) fn run(rounds: usize) {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    let mut sizes = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        let sensor = crate::start();
        sensor.set_interest(&Interest::default()).unwrap();
        cold.push(began.elapsed().as_secs_f64());
        sizes = verified_instructions();
        drop(sensor);
        let began = Instant::now();
        let sensor = crate::start();
        warm.push(began.elapsed().as_secs_f64());
        assert!(sensor.resumed());
        sensor.uninstall().unwrap();
    }
    println!("{rounds} starts; seconds until ready: median (least)");
    for (name, times) in [("probes are loaded", cold), ("probes are adopted", warm)] {
        let times = || times.iter().copied();
        println!("{name:<28} {:.3} ({:.3})", median(times()), least(times()));
    }
    let total: u32 = sizes.iter().map(|(count, _)| count).sum();
    let most: Vec<String> = sizes.iter().take(8).map(|(count, name)| format!("{name} {count}")).collect();
    println!("instructions verified: {total}, most of them in {}", most.join(", "));
}

/// Per program of the sensor loaded last, the largest first: what the verifier walked through.
fn verified_instructions() -> Vec<(u32, String)> {
    let own = kernel_probes::programs::ATTACHED.len()
        + kernel_probes::programs::FINISHERS.len()
        + kernel_probes::syscalls::SYSCALLS.len();
    let mut loaded: Vec<_> = loaded_programs().flatten().collect();
    loaded.sort_by_key(|program| std::cmp::Reverse(program.id()));
    let name = |program: &ProgramInfo| String::from_utf8_lossy(program.name()).into_owned();
    let sizes = loaded.iter().take(own).map(|p| (p.verified_instruction_count().unwrap_or(0), name(p)));
    let mut sizes: Vec<_> = sizes.collect();
    sizes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    sizes
}
