//! The `patterns` request.

use std::{collections::BTreeMap, ops::ControlFlow};

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;
use log_record::{Columns, Direction, LogReader, ReadError, ScanRequest, SelectorCompiler as _, TimeRange};
use logql_engine::LogQlSelectors;

use super::{miner::Miner, tokens::Tokens};
use crate::{
    caller, json, limits,
    parameters::Parameters,
    reply::{self, Refusal},
    state::LokiApi,
    times,
};

/// A pattern of one level: counts by the seconds their step begins with.
type Found = BTreeMap<(String, String), BTreeMap<i64, u64>>;

/// `GET|POST /loki/api/v1/patterns`
pub(crate) async fn patterns(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let selector = LogQlSelectors.compile(parameters.get("query")).map_err(Refusal::bad)?;
    let (start_ns, end_ns) = times::bounds(&parameters)?;
    let step_ns = times::step(&parameters, start_ns, end_ns)?;
    let within_ns =
        i64::try_from(api.config.patterns_within_s).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
    let oldest_ns = if within_ns == 0 { i64::MIN } else { times::now_ns().saturating_sub(within_ns) };
    let request = ScanRequest {
        tenant,
        range: TimeRange { start_ns: start_ns.max(oldest_ns), end_ns },
        matchers: selector.matchers.clone(),
        line_contains: Vec::new(),
        direction: Direction::Backward,
        columns: Columns { line: true, metadata: true, json_fields: Vec::new() },
    };
    let mut found = Found::new();
    if request.range.start_ns < end_ns {
        let reader = api.reader.clone();
        // Loki's finest resolution is ten seconds.
        let step_s = (step_ns / 1_000_000_000).max(10);
        let mined = tokio::task::spawn_blocking(move || mine(&*reader, &request, &selector, step_s)).await;
        found = match mined {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
            Err(error) => return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        };
    }
    Ok(reply::json(encode(&found)))
}

fn mine(
    reader: &dyn LogReader,
    request: &ScanRequest,
    selector: &log_record::CompiledSelector,
    step_s: i64,
) -> Result<Found, ReadError> {
    let mut miners: BTreeMap<String, Miner> = BTreeMap::new();
    let mut lines = 0usize;
    reader.scan(request, &mut |block| {
        for row in (0..block.len()).rev() {
            let (Some(line), Some(labels), Some(timestamp_ns)) =
                (block.lines.get(row), block.stream(row), block.timestamps_ns.get(row))
            else {
                continue;
            };
            let metadata: Vec<(&str, &str)> = block.metadata.row(row).collect();
            let passes =
                selector.line.as_ref().is_none_or(|passes| passes(labels, *timestamp_ns, line, &metadata));
            if !passes {
                continue;
            }
            lines += 1;
            if lines > limits::PATTERN_LINES_MAX {
                return ControlFlow::Break(());
            }
            let Some(tokens) = Tokens::of(line) else { continue };
            let level = metadata.iter().find(|(name, _)| *name == "detected_level").map_or("", |(_, v)| *v);
            if !miners.contains_key(level) {
                if miners.len() >= limits::PATTERN_LEVELS_MAX {
                    continue;
                }
                miners.insert(level.to_owned(), Miner::new(step_s));
            }
            if let Some(miner) = miners.get_mut(level) {
                miner.learn(tokens, timestamp_ns.div_euclid(1_000_000_000));
            }
        }
        ControlFlow::Continue(())
    })?;
    let mut found = Found::new();
    for (level, miner) in miners {
        for cluster in miner.into_clusters() {
            let counts = found.entry((cluster.tokens.join(), level.clone())).or_default();
            for (step, count) in cluster.samples {
                *counts.entry(step).or_default() += count;
            }
        }
    }
    Ok(found)
}

fn encode(found: &Found) -> String {
    let mut sorted: Vec<_> = found.iter().collect();
    let total = |counts: &BTreeMap<i64, u64>| counts.values().sum::<u64>();
    sorted.sort_by_key(|(_, counts)| std::cmp::Reverse(total(counts)));
    let mut out = String::from("{\"status\":\"success\",\"data\":");
    json::push_array(&mut out, sorted, |out, ((pattern, level), counts)| {
        out.push_str("{\"pattern\":");
        json::push_text(out, pattern);
        out.push_str(",\"level\":");
        json::push_text(out, level);
        out.push_str(",\"samples\":");
        json::push_array(out, counts, |out, (step, count)| out.push_str(&format!("[{step},{count}]")));
        out.push('}');
    });
    out.push('}');
    out
}
