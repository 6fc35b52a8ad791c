//! Runs LogQL over a log reader.
