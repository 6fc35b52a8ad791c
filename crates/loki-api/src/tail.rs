//! `tail`: new lines over a WebSocket, in Loki's frames.
//!
//! Polls the engine. Each poll looks a few seconds back, because entries may arrive late, and
//! remembers what it sent. The first frame holds what happened since `start`.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use access_control::Right;
use axum::{
    extract::{
        FromRequestParts as _, Request, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use log_record::Direction;
use logql_engine::{Cancel, Data, LogEntry, RangeParams};
use logql_syntax::Expr;

use crate::{caller, encode, limits, parameters::Parameters, query, reply::Refusal, state::LokiApi, times};

const SECOND_NS: i64 = 1_000_000_000;
const POLL_MS: u64 = 500;
/// How far back each poll looks for entries that arrived late.
const LATE_NS: i64 = 5 * SECOND_NS;
/// Loki closes a tail after an hour; clients reconnect.
const POLLS_MAX: u64 = 3600 * 1000 / POLL_MS;
const INTERNAL_ERROR: u16 = 1011;

/// `GET /loki/api/v1/tail`
pub(crate) async fn tail(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let text = parameters.get("query").to_owned();
    match logql_syntax::parse(&text) {
        Ok(Expr::Log(_)) => {}
        Ok(Expr::Sample(_)) => return Err(Refusal::bad("only log queries can be tailed")),
        Err(error) => return Err(Refusal::bad(error.to_string())),
    }
    let delay_s = match parameters.get("delay_for") {
        "" => 0,
        text => text.parse::<i64>().map_err(|_| Refusal::bad("delay_for must be a number of seconds"))?,
    };
    if !(0..=5).contains(&delay_s) {
        return Err(Refusal::bad("delay_for can't be greater than 5"));
    }
    let now = times::now_ns();
    let start_ns = times::parameter(&parameters, "start", now.saturating_sub(3600 * SECOND_NS))?;
    let limit = query::line_limit(&parameters)?.min(api.engine.limits().entries_max);
    let slot = Slot::take(&api)?;
    let params = RangeParams {
        tenant,
        query: text,
        start_ns,
        end_ns: now,
        step_ns: SECOND_NS,
        interval_ns: 0,
        limit,
        direction: Direction::Backward,
        cancel: Cancel::default(),
    };
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => Ok(upgrade.on_upgrade(move |socket| async move {
            follow(api, socket, params, delay_s * SECOND_NS).await;
            drop(slot);
        })),
        Err(rejection) => Ok(rejection.into_response()),
    }
}

/// One of the tails that may run at once.
struct Slot(std::sync::Arc<AtomicUsize>);

impl Slot {
    fn take(api: &LokiApi) -> Result<Self, Refusal> {
        let taken = api.tails.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count < limits::TAILS_MAX).then_some(count + 1)
        });
        match taken {
            Ok(_) => Ok(Slot(api.tails.clone())),
            Err(_) => Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!(
                    "max concurrent tail requests limit exceeded, count > limit ({0} > {0})",
                    limits::TAILS_MAX
                ),
            )),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn follow(api: LokiApi, mut socket: WebSocket, mut params: RangeParams, delay_ns: i64) {
    let mut sent: HashMap<u64, i64> = HashMap::new();
    let mut pace = tokio::time::interval(Duration::from_millis(POLL_MS));
    for poll in 0..POLLS_MAX {
        tokio::select! {
            _ = pace.tick() => {}
            // Anything but a close is ignored; the end of the stream ends the tail.
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        }
        params.end_ns = times::now_ns().saturating_sub(delay_ns).max(params.start_ns + 1);
        let (engine, asked) = (api.engine.clone(), params.clone());
        let outcome = query::blocking(Cancel::default(), move || engine.query_range(&asked)).await;
        let entries = match outcome.map(|result| result.data) {
            Ok(Data::Lines(entries)) => entries,
            Ok(_) => return,
            Err(refusal) => {
                let reason = refusal.text().chars().take(100).collect::<String>().into();
                let close = CloseFrame { code: INTERNAL_ERROR, reason };
                let _ = socket.send(Message::Close(Some(close))).await;
                return;
            }
        };
        let new: Vec<LogEntry> = entries
            .into_iter()
            .rev()
            .filter(|entry| sent.insert(identity(entry), entry.timestamp_ns).is_none())
            .collect();
        params.start_ns = params.start_ns.max(params.end_ns.saturating_sub(LATE_NS));
        sent.retain(|_, timestamp_ns| *timestamp_ns >= params.start_ns);
        let message = if !new.is_empty() {
            let mut frame = String::from("{\"streams\":");
            encode::streams(&mut frame, &new, false);
            frame.push('}');
            Message::Text(frame.into())
        } else if poll % 2 == 0 {
            Message::Ping(Vec::new().into())
        } else {
            continue;
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

fn identity(entry: &LogEntry) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.timestamp_ns.hash(&mut hasher);
    entry.line.hash(&mut hasher);
    entry.labels.hash(&mut hasher);
    hasher.finish()
}
