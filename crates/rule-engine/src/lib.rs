//! Compiled rules times enriched event gives alerts.
