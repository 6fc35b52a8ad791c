//! LogQL over lines: parsers, templates and filters meet what senders wrote. The first line of the
//! input is the query, the others are log lines.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use log_record::Direction;
use logql_engine::{Cancel, Engine, Limits, RangeParams};
use quaywatch_fuzz::Lines;
use telemetry::Registry;

fuzz_target!(|text: &str| {
    let mut lines = text.lines().map(str::to_owned);
    let Some(query) = lines.next() else { return };
    let reader = Arc::new(Lines(lines.take(20).collect()));
    let engine = Engine::new(reader, Limits::default(), &Registry::default());
    let _ = engine.query_range(&RangeParams {
        tenant: "fake".to_owned(),
        query,
        start_ns: 0,
        end_ns: 30_000_000_000,
        step_ns: 10_000_000_000,
        interval_ns: 0,
        limit: 100,
        direction: Direction::Backward,
        cancel: Cancel::default(),
    });
});
