//! `GET /api/alerts` and `GET /api/alerts/{uuid}`: stored alerts, newest first.

use std::{collections::BTreeMap, ops::ControlFlow};

use alert::Uuid;
use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use log_record::{Columns, Direction, ScanRequest, TimeRange};
use serde_json::{Value, json};

use crate::{
    answer::ApiError,
    filter::Filter,
    limits,
    parameters::Parameters,
    scan::{self, Stop},
    shape::{self, Row},
    state::Shared,
};

/// Half the window in which a single alert is looked for when the request says about when it was.
const NEAR_NS: i64 = 2_000_000_000;

/// A page of the list: `{"alerts": […], "next": cursor or null, "partial": bool}`.
pub(crate) async fn list(
    State(shared): State<Shared>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, ApiError> {
    let parameters = Parameters(query);
    let filter = Filter::parse(&parameters)?;
    let limit = parameters.count("limit", limits::ALERTS_PER_ANSWER, limits::ALERTS_PER_ANSWER_MAX)?;
    let before = match parameters.get("before").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(shape::parse_cursor(text).ok_or_else(|| {
            ApiError::bad_request("before is not a cursor", "take it from the answer before this one")
        })?),
    };
    let page = scan::blocking(&shared, move |shared, stop| {
        // One more than asked tells whether there is a next page.
        newest(shared, filter, limit + 1, before.as_ref(), stop).map(|rows| (rows, stop.partial))
    });
    let (mut rows, partial) = page.await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(Row::cursor);
    let alerts: Vec<Value> = rows.into_iter().map(Row::into_json).collect();
    Ok(Json(json!({ "alerts": alerts, "next": next, "partial": partial })))
}

/// One alert with its stored line: `{"alert": {…}, "line": text}`. `at` (milliseconds) says about
/// when it was and makes the search quick.
pub(crate) async fn one(
    State(shared): State<Shared>,
    Path(uuid): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, ApiError> {
    let uuid: Uuid = uuid
        .parse()
        .map_err(|_| ApiError::bad_request("that is no UUID", "take it from the list of alerts"))?;
    let at_ns = Parameters(query).integer("at")?.map(|ms| ms.saturating_mul(1_000_000));
    let found = scan::blocking(&shared, move |shared, stop| find(shared, uuid, at_ns, stop)).await?;
    let (row, line) = found.ok_or_else(|| {
        let help = "it may be older than what the store keeps";
        ApiError::new(StatusCode::NOT_FOUND, "there is no alert with this UUID", help)
    })?;
    Ok(Json(json!({ "alert": row.into_json(), "line": line })))
}

/// The newest rows before the cursor, newest first; rows of one instant are ordered by UUID, so
/// that no page repeats or skips one.
pub(crate) fn newest(
    shared: &Shared,
    mut filter: Filter,
    limit: usize,
    before: Option<&(i64, String)>,
    stop: &mut Stop,
) -> Result<Vec<Row>, ApiError> {
    if let Some((time_ns, _)) = before {
        filter.range.end_ns = filter.range.end_ns.min(time_ns.saturating_add(1));
    }
    let mut kept: BTreeMap<(i64, String), Row> = BTreeMap::new();
    scan::run(shared, &filter, Direction::Backward, true, &mut |block| {
        let oldest_kept = |kept: &BTreeMap<(i64, String), Row>| {
            kept.first_key_value().filter(|_| kept.len() >= limit).map(|((time_ns, _), _)| *time_ns)
        };
        // Later blocks hold nothing newer than this block's newest row.
        if let (Some(oldest), Some(newest)) = (oldest_kept(&kept), block.timestamps_ns.last())
            && *newest < oldest
        {
            return ControlFlow::Break(());
        }
        for (row, &time_ns) in block.timestamps_ns.iter().enumerate().rev() {
            if oldest_kept(&kept).is_some_and(|oldest| time_ns < oldest) {
                break;
            }
            let Some(line) = block.lines.get(row).filter(|line| filter.text_matches_line(line)) else {
                continue;
            };
            let Some(row) = Row::read(time_ns, line) else {
                shared.unreadable.increment();
                continue;
            };
            let key = (time_ns, row.uuid.clone());
            if before.is_some_and(|before| key >= *before) {
                continue;
            }
            kept.insert(key, row);
            if kept.len() > limit {
                kept.pop_first();
            }
        }
        if stop.now() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(kept.into_values().rev().collect())
}

fn find(
    shared: &Shared,
    uuid: Uuid,
    at_ns: Option<i64>,
    stop: &mut Stop,
) -> Result<Option<(Row, String)>, ApiError> {
    let everything = TimeRange { start_ns: 0, end_ns: i64::MAX };
    let near = at_ns
        .map(|at| TimeRange { start_ns: at.saturating_sub(NEAR_NS), end_ns: at.saturating_add(NEAR_NS) });
    let text = uuid.to_string();
    for range in near.into_iter().chain([everything]) {
        let request = ScanRequest {
            tenant: shared.api.tenant.clone(),
            range,
            matchers: Vec::new(),
            line_contains: vec![text.clone()],
            direction: Direction::Backward,
            columns: Columns { line: true, ..Columns::default() },
        };
        let mut found = None;
        scan::scan(&*shared.api.reader, &request, &mut |block| {
            for (index, &time_ns) in block.timestamps_ns.iter().enumerate().rev() {
                let Some(line) = block.lines.get(index).filter(|line| line.contains(&text)) else { continue };
                if let Some(row) = Row::read(time_ns, line).filter(|row| row.uuid == text) {
                    found = Some((row, line.to_owned()));
                    return ControlFlow::Break(());
                }
            }
            if stop.now() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
