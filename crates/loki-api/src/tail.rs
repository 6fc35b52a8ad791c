//! `tail`: new lines over a WebSocket, in Loki's frames.
//!
//! Polls the engine. Each poll looks a few seconds back, because entries may arrive late, and
//! remembers what it sent. The first frame holds what happened since `start`.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
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

use crate::{
    caller, encode, json, limits, parameters::Parameters, query, reply::Refusal, state::LokiApi, times,
};

const SECOND_NS: i64 = 1_000_000_000;
const POLL_MS: u64 = 500;
/// How far back each poll looks for entries that arrived late.
const LATE_NS: i64 = 5 * SECOND_NS;
/// How far a client may fall behind before lines are left out for it.
const LAG_NS_MAX: i64 = 30 * SECOND_NS;
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
    let slot = Slot::take(&api, &tenant)?;
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
            let follower = Follower { api, params, delay_ns: delay_s * SECOND_NS, sent: HashMap::new() };
            follow(follower, socket).await;
            drop(slot);
        })),
        Err(rejection) => Ok(rejection.into_response()),
    }
}

/// One of the tails that may run at once.
struct Slot {
    tails: Arc<Mutex<HashMap<String, usize>>>,
    tenant: String,
}

impl Slot {
    fn take(api: &LokiApi, tenant: &str) -> Result<Self, Refusal> {
        let mut tails = api.tails.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = tails.values().sum();
        let own = tails.get(tenant).copied().unwrap_or(0);
        let (count, limit) = if all >= limits::TAILS_OF_ALL_MAX {
            (all, limits::TAILS_OF_ALL_MAX)
        } else {
            (own, limits::TAILS_MAX)
        };
        if count >= limit {
            api.metrics.refused_tails.increment();
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!(
                    "max concurrent tail requests limit exceeded, count > limit ({} > {limit})",
                    count + 1
                ),
            ));
        }
        tails.insert(tenant.to_owned(), own + 1);
        Ok(Slot { tails: api.tails.clone(), tenant: tenant.to_owned() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        match tails.get_mut(&self.tenant) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                tails.remove(&self.tenant);
            }
        }
    }
}

/// Where a tail is in the log.
struct Follower {
    api: LokiApi,
    params: RangeParams,
    delay_ns: i64,
    /// What was sent of the time that is looked at again.
    sent: HashMap<u64, i64>,
}

/// What one poll found.
#[derive(Default)]
struct Found {
    new: Vec<LogEntry>,
    dropped: Vec<LogEntry>,
}

impl Follower {
    /// Looks once. The first look gives the newest lines since the start, later ones all that came,
    /// oldest first; a full answer is gone on with at the next look.
    async fn poll(&mut self, first: bool) -> Result<Found, Refusal> {
        let mut found = Found::default();
        let end_ns = times::now_ns().saturating_sub(self.delay_ns);
        if !first && end_ns.saturating_sub(self.params.start_ns) > LAG_NS_MAX {
            // The client is too slow: what it cannot get any more is named.
            self.params.end_ns = end_ns.saturating_sub(LATE_NS);
            self.params.limit = limits::TAIL_DROPPED_MAX;
            let skipped = self.ask().await?;
            found.dropped =
                skipped.into_iter().filter(|entry| !self.sent.contains_key(&identity(entry))).collect();
            self.params.start_ns = self.params.end_ns;
        }
        self.params.end_ns = end_ns.max(self.params.start_ns + 1);
        if !first {
            self.params.direction = Direction::Forward;
            self.params.limit = self.api.engine.limits().entries_max;
        }
        let mut entries = self.ask().await?;
        let full = entries.len() >= self.params.limit;
        if first {
            entries.reverse();
        }
        let last_ns = entries.last().map_or(self.params.end_ns, |entry| entry.timestamp_ns);
        let first_ns = entries.first().map_or(i64::MIN, |entry| entry.timestamp_ns);
        found.new = entries
            .into_iter()
            .filter(|entry| self.sent.insert(identity(entry), entry.timestamp_ns).is_none())
            .collect();
        let mut looked_at_ns =
            if full && !first { last_ns } else { self.params.end_ns.saturating_sub(LATE_NS) };
        if full && first {
            // What the limit cut off is not to come later.
            looked_at_ns = looked_at_ns.max(first_ns);
        }
        self.params.start_ns = self.params.start_ns.max(looked_at_ns);
        self.sent.retain(|_, timestamp_ns| *timestamp_ns >= self.params.start_ns);
        Ok(found)
    }

    async fn ask(&self) -> Result<Vec<LogEntry>, Refusal> {
        // A cancel flag of its own: it is raised when the query is done.
        let asked = RangeParams { cancel: Cancel::default(), ..self.params.clone() };
        let engine = self.api.engine.clone();
        match query::blocking(asked.cancel.clone(), move || engine.query_range(&asked)).await?.data {
            Data::Lines(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }
}

async fn follow(mut follower: Follower, mut socket: WebSocket) {
    let mut pace = tokio::time::interval(Duration::from_millis(POLL_MS));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut poll = 0;
    while poll < POLLS_MAX {
        tokio::select! {
            _ = pace.tick() => {}
            // Anything but a close is ignored; the end of the stream ends the tail.
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        }
        let found = match follower.poll(poll == 0).await {
            Ok(found) => found,
            Err(refusal) => {
                let reason = refusal.text().chars().take(100).collect::<String>().into();
                let close = CloseFrame { code: INTERNAL_ERROR, reason };
                let _ = socket.send(Message::Close(Some(close))).await;
                return;
            }
        };
        let message = if !found.new.is_empty() || !found.dropped.is_empty() {
            Message::Text(frame(&found).into())
        } else if poll % 2 == 0 {
            Message::Ping(Vec::new().into())
        } else {
            poll += 1;
            continue;
        };
        poll += 1;
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// `{"streams":[…],"dropped_entries":[…]}`
fn frame(found: &Found) -> String {
    let mut out = String::from("{\"streams\":");
    encode::streams(&mut out, &found.new, false);
    if !found.dropped.is_empty() {
        out.push_str(",\"dropped_entries\":");
        json::push_array(&mut out, &found.dropped, |out, entry| {
            out.push_str("{\"labels\":");
            let labels = &entry.labels;
            let all = labels.stream.iter().chain(&labels.metadata).chain(&labels.parsed);
            json::push_object(out, all.map(|(name, value)| (&**name, &**value)));
            out.push_str(&format!(",\"timestamp\":\"{}\"}}", entry.timestamp_ns));
        });
    }
    out.push('}');
    out
}

fn identity(entry: &LogEntry) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.timestamp_ns.hash(&mut hasher);
    entry.line.hash(&mut hasher);
    entry.labels.hash(&mut hasher);
    hasher.finish()
}
