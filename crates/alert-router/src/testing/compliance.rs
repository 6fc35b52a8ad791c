//! The harness every output passes: delivery, failure, hanging, poison, restart, telemetry.

use std::{sync::Arc, time::Duration};

use alert::Uuid;
use telemetry::Registry;

use super::fixtures::{alert, config, incoming, until};
use crate::{Output, OutputState, Router};

/// What a sink does with what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Takes it.
    Take,
    /// Fails in a way that may pass.
    Fail,
    /// Never answers.
    Hang,
    /// Takes it after a while.
    TakeAfter(Duration),
    /// Fails, and says when to come again. A sink without such words just fails.
    AskToWait(Duration),
}

/// The other side of an output under test.
pub trait Target: Send + Sync {
    /// What it does from now on.
    fn answer(&self, answer: Answer);

    /// This alert is refused for good from now on; `false` = this sink refuses no alert for good.
    fn poison(&self, uuid: Uuid) -> bool;

    /// Every alert it took, in order, repetitions included.
    fn delivered(&self) -> Vec<Uuid>;
}

/// Alerts of each phase.
const PHASE: u64 = 25;

/// Drives the output that `make` makes (it is made again for the restart) against its target.
///
/// # Panics
/// When the output breaks a rule; the message says which.
pub async fn check(make: impl Fn() -> Arc<dyn Output>, target: &dyn Target) {
    let directory = tempfile_directory();
    let registry = Registry::default();
    let mut settings = config(&directory.0);
    settings.delivery_timeout_ms = 300;
    let open = || {
        let opened = Router::open(settings.clone(), vec![make()], &registry);
        opened.unwrap_or_else(|error| fail(&error.to_string()))
    };
    let name = make().name().to_owned();
    let router = open();

    // Everything arrives, in order, once.
    send(&router, 0).await;
    arrived(target, PHASE, "what is sent arrives").await;

    // A sink that fails loses nothing, keeps the order, and the router says what is wrong.
    target.answer(Answer::Fail);
    send(&router, PHASE).await;
    until(
        "a failure shows in the status",
        || matches!(output_state(&router), OutputState::Retrying { attempts, .. } if attempts >= 2),
    )
    .await;
    assert!(router.status().outputs.iter().all(|output| output.last_error.is_some()));
    target.answer(Answer::Take);
    arrived(target, 2 * PHASE, "what failed arrives later").await;
    until("the status is good again", || output_state(&router) == OutputState::Ok).await;

    // A sink that hangs is given up and asked again. Some of it may come twice then.
    target.answer(Answer::Hang);
    send(&router, 2 * PHASE).await;
    let timeouts = || counter(&registry, "alert_router_timed_out_deliveries_total", &name);
    let failures = || counter(&registry, "alert_router_failed_deliveries_total", &name);
    let failures_before = failures();
    until("a hanging delivery ends", || timeouts() > 0 || failures() > failures_before).await;
    target.answer(Answer::Take);
    arrived(target, 3 * PHASE, "what hung arrives later").await;

    // A restart in the middle of failing loses nothing.
    target.answer(Answer::Fail);
    send(&router, 3 * PHASE).await;
    router.shutdown().await;
    drop(router);
    target.answer(Answer::Take);
    let router = open();
    arrived(target, 4 * PHASE, "what was queued before a restart arrives").await;

    // An alert that is refused for good goes to the dead letters and holds nobody up.
    let poison = 4 * PHASE + 3;
    if target.poison(alert(poison).uuid) {
        send(&router, 4 * PHASE).await;
        until("the others arrive", || distinct(target).len() as u64 == 5 * PHASE - 1).await;
        until("it is in the dead letters", || router.dead_letters(&name, 10).len() == 1).await;
        let letters = router.dead_letters(&name, 10);
        let kept = letters.first().and_then(|letter| letter.get("alert")?.get("uuid")?.as_str());
        assert_eq!(kept, Some(alert(poison).uuid.to_string().as_str()), "the dead letter is the alert");
        assert_eq!(counter(&registry, "alert_router_dead_letter_alerts_total", &name), 1);
    } else {
        send(&router, 4 * PHASE).await;
        arrived(target, 5 * PHASE, "what is sent arrives").await;
    }

    // What the metrics say is what happened.
    until("the lag is gone", || counter(&registry, "alert_router_output_lag_alerts", &name) == 0).await;
    let delivered = counter(&registry, "alert_router_delivered_alerts_total", &name);
    assert!(delivered >= 5 * PHASE as i64 - 1, "{delivered} alerts are counted as delivered");
    router.shutdown().await;
}

async fn send(router: &Router, first: u64) {
    for index in first..first + PHASE {
        let accepted = router.ingest(vec![incoming(index)]).await;
        assert!(accepted.is_ok_and(|accepted| accepted.new == 1), "alert {index} is taken");
    }
}

/// All alerts below `count` have arrived, their first arrivals in order.
async fn arrived(target: &dyn Target, count: u64, what: &str) {
    until(what, || distinct(target).len() as u64 >= count).await;
    let expected: Vec<Uuid> = (0..count).map(|index| alert(index).uuid).collect();
    assert_eq!(distinct(target), expected, "{what}: in order");
}

fn distinct(target: &dyn Target) -> Vec<Uuid> {
    let mut seen = std::collections::HashSet::new();
    target.delivered().into_iter().filter(|uuid| seen.insert(*uuid)).collect()
}

fn output_state(router: &Router) -> OutputState {
    router.status().outputs.pop().map_or(OutputState::Paused, |output| output.state)
}

fn counter(registry: &Registry, name: &str, output: &str) -> i64 {
    let series = format!("{name}{{output=\"{output}\"}}");
    registry.snapshot().into_iter().find(|(found, _)| *found == series).map_or(0, |(_, value)| value)
}

/// A folder of its own that goes away with it; `tempfile` is no dependency of a release build.
struct Directory(std::path::PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be deleted is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempfile_directory() -> Directory {
    Directory(std::env::temp_dir().join(format!("quaywatch-compliance-{:016x}", rand::random::<u64>())))
}

#[expect(clippy::panic, reason = "it fails the test")]
fn fail(reason: &str) -> ! {
    panic!("{reason}");
}
