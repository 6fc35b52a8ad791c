//! Follows each action from hop to hop; the first hop that does not come is named.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::{
    actions::{ACTIONS, Action},
    container::Throwaway,
    report::{Failure, Hop, HopTime, Report, Step},
};
use crate::{
    config::Config,
    link::{HubClient, SensorStatus, TraceReport, WatchRequest},
};

/// How long one hop may take before it counts as broken.
const HOP_SECONDS_MAX: u64 = 10;
/// How often the hub is asked.
const ASK_MS: u64 = 5;
/// A sensor that has been silent this long is not there.
const SENSOR_SILENT_MS_MAX: u64 = 5_000;

/// How the last hop logs in.
pub(crate) struct Options {
    /// The `Authorization` header, or none where access control is off.
    pub(crate) authorization: Option<String>,
}

/// Runs the whole test; the throwaway container is removed in every case.
pub(crate) async fn run(config: &Config, options: &Options) -> Report {
    let hub = HubClient::new(&config.hub_socket());
    if let Err(error) = hub.ready().await {
        return Report::stopped(Failure {
            hop: Hop::Ingest,
            reason: format!("no hub answers on {}: {error:#}", config.hub_socket().display()),
            help: "start it with `quaywatch run`, or name its folder with --data-dir".to_owned(),
        });
    }
    let container = match Throwaway::start(&config.runtime_sockets()).await {
        Ok(container) => container,
        Err(error) => {
            return Report::stopped(Failure {
                hop: Hop::Container,
                reason: format!("{error:#}"),
                help: "`quaywatch doctor` looks at the container runtimes".to_owned(),
            });
        }
    };
    let name = container.name.clone();
    let report = match watch(&hub, &container).await {
        Err(failure) => Report { container: Some(name), ..Report::stopped(failure) },
        Ok(()) => {
            let mut steps = Vec::new();
            for action in &ACTIONS {
                let follower = Follower { hub: &hub, container: &container, action, options, config };
                steps.push(follower.follow().await);
            }
            Report::of(name, steps)
        }
    };
    container.remove().await;
    report
}

/// Asks the sensor to report on the container, and waits until it does.
async fn watch(hub: &HubClient, container: &Throwaway) -> Result<(), Failure> {
    let request = WatchRequest { container: container.id.clone() };
    let fail = |reason: String| Failure {
        hop: Hop::Kernel,
        reason,
        help: "look at the sensor's log, and run `quaywatch doctor`".to_owned(),
    };
    hub.watch(&request).await.map_err(|error| fail(format!("the hub takes no request: {error:#}")))?;
    let deadline = Instant::now() + Duration::from_secs(HOP_SECONDS_MAX);
    loop {
        match hub.sensor().await {
            Ok((age_ms, status)) if age_ms <= SENSOR_SILENT_MS_MAX => {
                if !status.attached {
                    return Err(fail("the sensor runs, but its probes are not attached".to_owned()));
                }
                if status.watched.contains_key(&container.id) {
                    return Ok(());
                }
            }
            Ok(_) | Err(_) if Instant::now() < deadline => {}
            Ok((age_ms, _)) => return Err(fail(format!("the sensor has been silent for {age_ms} ms"))),
            Err(error) => return Err(fail(format!("no sensor is connected: {error:#}"))),
        }
        if Instant::now() >= deadline {
            return Err(fail("the sensor does not report on the selftest's container".to_owned()));
        }
        sleep(Duration::from_millis(ASK_MS)).await;
    }
}

struct Follower<'a> {
    hub: &'a HubClient,
    container: &'a Throwaway,
    action: &'a Action,
    options: &'a Options,
    config: &'a Config,
}

impl Follower<'_> {
    async fn follow(&self) -> Step {
        let mut step =
            Step { action: self.action.name, uuid: None, rule: None, hops: Vec::new(), failed: None };
        let started_ns = now_ns();
        if let Err(error) = self.container.act(self.action).await {
            step.failed = Some(Failure {
                hop: Hop::Container,
                reason: format!("{error:#}"),
                help: "look at the container runtime's log".to_owned(),
            });
            return step;
        }
        match self.await_stored().await {
            Ok(trace) => {
                step.uuid = Some(trace.uuid.clone());
                step.rule = Some(trace.rule.clone());
                step.hops = hops(&trace, started_ns);
                let before = now_ns();
                match self.await_query(&trace.uuid).await {
                    Ok(found_ns) => {
                        let since =
                            if found_ns > before { before.max(trace.stored_ns) } else { trace.stored_ns };
                        step.hops.push(HopTime { hop: Hop::Query, ms: ms(found_ns.saturating_sub(since)) });
                    }
                    Err(reason) => {
                        step.failed = Some(Failure {
                            hop: Hop::Query,
                            reason,
                            help: format!("ask http://{} yourself with curl -u", self.config.hub.loki_listen),
                        });
                    }
                }
            }
            Err((trace, failure)) => {
                if let Some(trace) = trace {
                    step.uuid = Some(trace.uuid.clone());
                    step.rule = Some(trace.rule.clone());
                    step.hops = hops(&trace, started_ns);
                }
                step.failed = Some(failure);
            }
        }
        step
    }

    /// Waits for the trace of this action's alert to reach the store.
    async fn await_stored(&self) -> Result<TraceReport, (Option<TraceReport>, Failure)> {
        let short = self.container.id.get(..12).unwrap_or(&self.container.id);
        let deadline = Instant::now() + Duration::from_secs(HOP_SECONDS_MAX);
        let mut last: Option<TraceReport> = None;
        while Instant::now() < deadline {
            let traces = self.hub.traces(short).await.unwrap_or_default();
            last = traces.into_iter().find(|trace| trace.process == self.action.process).or(last);
            if let Some(trace) = last.take_if(|trace| trace.stored_ns > 0) {
                return Ok(trace);
            }
            sleep(Duration::from_millis(ASK_MS)).await;
        }
        let failure = match &last {
            Some(trace) => after_ingest(trace),
            None => self.before_ingest().await,
        };
        Err((last, failure))
    }

    /// No alert reached the hub: was there an event, did a rule match?
    async fn before_ingest(&self) -> Failure {
        let status: SensorStatus = match self.hub.sensor().await {
            Ok((age_ms, status)) if age_ms <= SENSOR_SILENT_MS_MAX => status,
            _ => {
                return Failure {
                    hop: Hop::Kernel,
                    reason: "the sensor has gone silent".to_owned(),
                    help: "look at its log, and run `quaywatch doctor`".to_owned(),
                };
            }
        };
        let watched = status.watched.get(&self.container.id).cloned().unwrap_or_default();
        let process = self.action.process;
        if !watched.events.contains_key(process) {
            return Failure {
                hop: Hop::Kernel,
                reason: format!("no event of `{process}` came out of the kernel"),
                help: format!("losses so far: {:?}; run `quaywatch doctor`", status.losses),
            };
        }
        if !watched.matches.contains_key(process) {
            return Failure {
                hop: Hop::Rule,
                reason: format!(
                    "the event came, but none of the {} rules in force matched it",
                    status.rules.enabled
                ),
                help: format!("rules come from {:?}; {}", status.rules.files, status.rules.error),
            };
        }
        Failure {
            hop: Hop::Ingest,
            reason: format!("a rule matched, but {} alerts wait in the sensor's spool", status.spool_waiting),
            help: "the hub refuses them: look at its log and at the free space of the data folder".to_owned(),
        }
    }

    async fn await_query(&self, uuid: &str) -> Result<u64, String> {
        let deadline = Instant::now() + Duration::from_secs(HOP_SECONDS_MAX);
        let address: SocketAddr = self.config.hub.loki_listen;
        loop {
            let asked =
                crate::link::HubClient::query_uuid(address, uuid, self.options.authorization.as_deref());
            let reason = match asked.await {
                Ok(true) => return Ok(now_ns()),
                Ok(false) => "the query is answered, but without the alert".to_owned(),
                // A refusal will not change by asking again.
                Err(error) => return Err(format!("{error:#}")),
            };
            if Instant::now() >= deadline {
                return Err(reason);
            }
            sleep(Duration::from_millis(ASK_MS)).await;
        }
    }
}

/// The alert reached the hub and stopped there.
fn after_ingest(trace: &TraceReport) -> Failure {
    if trace.queued_ns == 0 {
        Failure {
            hop: Hop::Ingest,
            reason: "the hub received the alert and did not get it to disk".to_owned(),
            help: "look at the hub's log and at the data folder's disk".to_owned(),
        }
    } else if trace.handed_ns == 0 {
        Failure {
            hop: Hop::Queue,
            reason: "the alert is on disk, and the queue does not hand it to the store".to_owned(),
            help: "is the store's output paused? See hub.router in the configuration, and the page's health"
                .to_owned(),
        }
    } else {
        Failure {
            hop: Hop::Store,
            reason: "the store was handed the alert and does not confirm it".to_owned(),
            help: "look at the hub's log: the store's folder may be full or read-only".to_owned(),
        }
    }
}

/// The hops of a trace, each counted from the one before.
fn hops(trace: &TraceReport, started_ns: u64) -> Vec<HopTime> {
    let passed = [
        (Hop::Kernel, trace.kernel_ns),
        (Hop::Rule, trace.matched_ns),
        (Hop::Ingest, trace.queued_ns),
        (Hop::Queue, trace.handed_ns),
        (Hop::Store, trace.stored_ns),
    ];
    let mut before = started_ns;
    let mut hops = Vec::new();
    for (hop, at) in passed {
        if at == 0 {
            continue;
        }
        hops.push(HopTime { hop, ms: ms(at.saturating_sub(before)) });
        before = at.max(before);
    }
    hops
}

fn ms(ns: u64) -> f64 {
    // Tenths of a millisecond are all that is shown.
    f64::from(u32::try_from(ns / 1_000).unwrap_or(u32::MAX)) / 1_000.0
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
