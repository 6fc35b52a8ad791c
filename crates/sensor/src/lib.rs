//! Loads the probes and turns the ring buffer into events.
