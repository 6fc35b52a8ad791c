//! One program: sensor, hub and supervisor.
fn main() {}
