//! Rounds of bare and watched loops, and the table of their medians.

use crate::{
    interests::Kind,
    load::{self, Load, Loop, Measured},
};

/// Runs everything in turn, `rounds` times, and prints the table.
pub(crate) fn compare(load: &Load, rounds: u64, kinds: &[Kind]) {
    println!("{}, {rounds} rounds; ns per iteration: median (least)", load.title);
    let mut bare = Vec::new();
    let mut watched: Vec<Vec<Measured>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut timed = Vec::new();
    for round in 0..rounds {
        bare.push(load.run());
        let mut sensor = crate::start();
        for ((_, interest), measured) in kinds.iter().zip(&mut watched) {
            measured.push(load.run_watched(&mut sensor, interest, false));
            if round == 0 {
                timed.push(load.run_watched(&mut sensor, interest, true).probe_ns);
            }
        }
        let all_lost = load::all_losses(&sensor);
        if !all_lost.is_empty() {
            println!("round {round}: lost in all: {all_lost}");
        }
        sensor.uninstall().unwrap();
    }
    print_rows(load.iterations as f64, &bare, kinds, &watched, &timed);
}

fn print_rows(iterations: f64, bare: &[Loop], kinds: &[Kind], watched: &[Vec<Measured>], timed: &[f64]) {
    let nanoseconds = |seconds: f64| seconds / iterations * 1e9;
    let bare_cpu = || bare.iter().map(|run| run.cpu);
    println!(
        "{:<27} {:>8} {:>17} {:>9} {:>10} {:>10} {:>10} {:>6}",
        "", "CPU", "share of bare", "probes", "sensor s", "shipped", "filtered", "lost"
    );
    println!(
        "{:<27} {:>5.0} ({:.0})",
        "bare",
        nanoseconds(median(bare_cpu())),
        nanoseconds(least(bare_cpu()))
    );
    for (((name, _), measured), probe_ns) in kinds.iter().zip(watched).zip(timed) {
        let cpu = || measured.iter().map(|run| run.loop_.cpu);
        let of = |value: fn(&Measured) -> f64| median(measured.iter().map(value));
        println!(
            "{name:<27} {:>5.0} ({:.0})  {:>6.3} ({:.3}) {:>8.0} {:>10.3} {:>10.0} {:>10.0} {:>6.0}",
            nanoseconds(median(cpu())),
            nanoseconds(least(cpu())),
            median(bare_cpu()) / median(cpu()),
            least(bare_cpu()) / least(cpu()),
            probe_ns / iterations,
            of(|run| run.sensor_cpu),
            of(|run| run.shipped),
            of(|run| run.filtered),
            of(|run| run.lost),
        );
    }
    println!(
        "bare speed: {:.0} iterations/s of wall time\n",
        iterations / median(bare.iter().map(|run| run.wall))
    );
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}
