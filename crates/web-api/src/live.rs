//! `GET /api/live`: alerts as server-sent events, each after it is stored.
//!
//! Events: `hello` (the stream stands), `alert` (its id resumes the stream there), `ping` (a sign
//! of life), `lagged` (`{"missed": n}`: load again), `gap` (more was missed than is sent again),
//! `bye` (the session ended). Nothing is left out silently.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use access_control::Right;
use alert::Alert;
use axum::{
    extract::{Query, Request, State},
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream};
use http::{Extensions, HeaderMap, StatusCode};
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    alerts,
    answer::ApiError,
    filter::Filter,
    guard, limits,
    parameters::Parameters,
    scan,
    shape::{self, Row},
    state::Shared,
};

/// Takes the filters of the list; `Last-Event-ID`, or `after` with a cursor, resumes.
pub(crate) async fn live(
    State(shared): State<Shared>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let parameters = Parameters(query);
    let filter = Filter::parse(&parameters)?;
    let permit = shared.live_streams.clone().try_acquire_owned().map_err(|_| {
        let help = "close other windows of the page";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too many live streams are open", help)
    })?;
    // Subscribed before the store is read, so that nothing falls between.
    let alerts = (shared.api.live)();
    let mut first = VecDeque::from([Event::default().event("hello").data("{}")]);
    // A browser that reconnects by itself sends the header; the page's own retry the parameter.
    let last_id = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    if let Some(cursor) = last_id.or(parameters.get("after")).and_then(shape::parse_cursor) {
        resume(&shared, &filter, cursor, &mut first).await?;
    }
    shared.live_open.add(1);
    let mut heartbeat = interval_at(Instant::now() + limits::HEARTBEAT, limits::HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
    let follower = Follower {
        open: Open { shared, _permit: permit },
        filter,
        alerts,
        first,
        heartbeat,
        headers,
        extensions,
        over: false,
    };
    Ok(Sse::new(stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })))
}

struct Follower {
    open: Open,
    filter: Filter,
    alerts: broadcast::Receiver<Arc<Alert>>,
    /// Goes out before anything else.
    first: VecDeque<Event>,
    heartbeat: tokio::time::Interval,
    headers: HeaderMap,
    extensions: Extensions,
    over: bool,
}

/// Counts the stream for as long as it is open.
struct Open {
    shared: Shared,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.live_open.add(-1);
    }
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        if let Some(event) = self.first.pop_front() {
            return Some(event);
        }
        loop {
            tokio::select! {
                _ = self.heartbeat.tick() => return Some(self.sign_of_life().await),
                received = self.alerts.recv() => match received {
                    Ok(alert) if self.filter.matches(&alert) => {
                        if let Some(row) = Row::read(alert.time_ns, &alert.to_json_line()) {
                            return Some(event_of(row));
                        }
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        self.open.shared.live_missed.add(missed);
                        return Some(Event::default().event("lagged").data(json!({ "missed": missed }).to_string()));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    /// A session that ended elsewhere ends here too.
    async fn sign_of_life(&mut self) -> Event {
        let access = &self.open.shared.api.access;
        match guard::authorize(access, &self.headers, &self.extensions, Right::Read).await {
            Ok(_) => Event::default().event("ping").data("{}"),
            Err(_) => {
                self.over = true;
                Event::default().event("bye").data("{}")
            }
        }
    }
}

/// Queues what was stored after the cursor, oldest first.
async fn resume(
    shared: &Shared,
    filter: &Filter,
    cursor: (i64, String),
    first: &mut VecDeque<Event>,
) -> Result<(), ApiError> {
    let mut missed = filter.clone();
    missed.range.start_ns = cursor.0;
    missed.range.end_ns = i64::MAX;
    let rows = scan::blocking(shared, move |shared, stop| {
        alerts::newest(shared, missed, limits::RESUME_ALERTS_MAX, None, stop)
    });
    let mut rows = rows.await?;
    if rows.len() >= limits::RESUME_ALERTS_MAX {
        first.push_back(Event::default().event("gap").data("{}"));
    }
    rows.retain(|row| (row.time_ns, &row.uuid) > (cursor.0, &cursor.1));
    first.extend(rows.into_iter().rev().map(event_of));
    Ok(())
}

fn event_of(row: Row) -> Event {
    let id = row.cursor();
    // JSON has no line ends outside strings, and inside they are escaped.
    Event::default().event("alert").id(id).data(row.into_json().to_string())
}
