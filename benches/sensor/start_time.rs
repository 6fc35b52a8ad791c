//! How long a sensor takes to be ready, with probes to load and with probes to adopt.

use std::time::Instant;

use event::Interest;

use crate::table::{least, median};

pub(crate) fn run(rounds: usize) {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        let sensor = crate::start();
        sensor.set_interest(&Interest::default()).unwrap();
        cold.push(began.elapsed().as_secs_f64());
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
}
