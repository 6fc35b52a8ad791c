//! Tests against real servers on the loopback.
