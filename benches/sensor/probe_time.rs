//! How long the probes themselves run, as the kernel counts it: this depends neither on how fast
//! the loop around them is nor on other sensors of the host.

use std::os::fd::OwnedFd;

use aya::{programs::loaded_programs, sys};

/// Counts while this lives; counting costs some time of its own.
pub(crate) struct ProbeTime {
    _counting: OwnedFd,
    dispatcher: Option<u32>,
    before: f64,
}

impl ProbeTime {
    /// Of the dispatcher that was loaded last; the programs it jumps to are counted with it.
    pub(crate) fn start() -> Option<Self> {
        let counting = sys::enable_stats(sys::Stats::RunTime).ok()?;
        let dispatchers = loaded_programs().flatten().filter(|program| program.name() == b"dispatch");
        let dispatcher = dispatchers.map(|program| program.id()).max();
        let mut time = ProbeTime { _counting: counting, dispatcher, before: 0.0 };
        time.before = time.read();
        Some(time)
    }

    /// Nanoseconds since `start`.
    pub(crate) fn nanoseconds(&self) -> f64 {
        self.read() - self.before
    }

    fn read(&self) -> f64 {
        let own = loaded_programs().flatten().find(|program| Some(program.id()) == self.dispatcher);
        own.map_or(f64::NAN, |program| program.run_time().as_nanos() as f64)
    }
}
