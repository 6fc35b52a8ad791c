//! The router as a whole, with outputs that fail on demand.

use std::{sync::Arc, time::Duration};

use alert::{AlertId, Epoch, Sequence};
use telemetry::Registry;

use crate::{
    Config, DeliveryError, Failure, Incoming, IngestError, Output, OutputKind, OutputState, Queued, Router,
    RouterError, Timings,
    journal::{AppendError, JournalConfig},
    testing::{Answer, MockOutput, Target as _, alert, config, incoming, until},
};

fn open(config: Config, outputs: Vec<Arc<dyn Output>>) -> Router {
    Router::open(config, outputs, &Registry::default()).unwrap()
}

fn uuids(range: std::ops::Range<u64>) -> Vec<alert::Uuid> {
    range.map(|index| alert(index).uuid).collect()
}

#[tokio::test]
async fn the_mock_passes_the_compliance_harness() {
    for (kind, batch_max) in [(OutputKind::Store, 100), (OutputKind::Notification, 1)] {
        let (output, target) = MockOutput::new("mock", kind, batch_max);
        crate::testing::compliance(|| output.clone(), &target).await;
    }
}

#[tokio::test]
async fn duplicates_are_found_also_after_a_restart_and_deleted_segments() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.queue = JournalConfig { segment_bytes: 4_096, bytes_max: 1 << 20, ..settings.queue };
    let (store, target) = MockOutput::new("store", OutputKind::Store, 100);
    let router = open(settings.clone(), vec![store.clone()]);
    for index in 0..2_000 {
        assert_eq!(router.ingest(vec![incoming(index)]).await.unwrap().new, 1);
    }
    let accepted = router.ingest(vec![incoming(1_998), incoming(1_999), incoming(2_000)]).await.unwrap();
    assert_eq!((accepted.new, accepted.duplicates), (1, 2));
    until("all stored", || target.delivered().len() == 2_001).await;
    assert!(router.status().queue.segments < 1_000, "delivered segments are deleted");
    router.shutdown().await;
    drop(router);
    let router = open(settings.clone(), vec![store.clone()]);
    assert_eq!(router.ingest(vec![incoming(2_000)]).await.unwrap().duplicates, 1);
    assert_eq!(router.ingest(vec![incoming(0)]).await.unwrap().duplicates, 1);
    // Another life of the same sensor starts anew, and foreign alerts have no identity.
    let id = AlertId { sensor: "fixture".into(), epoch: Epoch(1), sequence: Sequence(0) };
    let other = Incoming { id: Some(id), ..incoming(0) };
    let foreign = Incoming { id: None, alert: alert(0), timings: Timings::default() };
    assert_eq!(router.ingest(vec![other, foreign.clone(), foreign]).await.unwrap().new, 3);
    router.shutdown().await;
}

#[tokio::test]
async fn lost_marks_are_rebuilt_from_the_queue() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(config(directory.path()), vec![]);
    router.ingest(vec![incoming(5), incoming(6)]).await.unwrap();
    router.shutdown().await;
    drop(router);
    std::fs::write(directory.path().join("marks"), "00000000\nnonsense").unwrap();
    let router = open(config(directory.path()), vec![]);
    assert_eq!(router.ingest(vec![incoming(6)]).await.unwrap().duplicates, 1);
    assert_eq!(router.ingest(vec![incoming(7)]).await.unwrap().new, 1);
}

#[tokio::test]
async fn a_dead_output_delays_no_other_and_has_its_say_in_the_status() {
    let directory = tempfile::tempdir().unwrap();
    let (store, stored) = MockOutput::new("store", OutputKind::Store, 100);
    let (dead, dead_target) = MockOutput::new("dead", OutputKind::Notification, 1);
    let (hung, hung_target) = MockOutput::new("hung", OutputKind::Notification, 1);
    dead_target.answer(Answer::Fail);
    hung_target.answer(Answer::Hang);
    let router = open(config(directory.path()), vec![store, dead, hung]);
    for index in 0..50 {
        router.ingest(vec![incoming(index)]).await.unwrap();
    }
    until("the store has everything", || stored.delivered() == uuids(0..50)).await;
    let status = router.status();
    assert_eq!(status.outputs[0].lag, 0);
    assert_eq!(status.outputs[1].lag, 50);
    assert!(matches!(status.outputs[1].state, OutputState::Retrying { .. }), "{status:?}");
    assert_eq!(status.outputs[1].last_error.as_deref(), Some("told to fail"));
    assert!(hung_target.delivered().is_empty());
    // Stopping does not wait for the hung one.
    router.shutdown().await;
}

#[tokio::test]
async fn paused_outputs_wait_and_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let (store, stored) = MockOutput::new("store", OutputKind::Store, 100);
    let settings = Config { paused_outputs: vec!["store".into()], ..config(directory.path()) };
    let router = open(settings, vec![store]);
    router.ingest(vec![incoming(0)]).await.unwrap();
    assert_eq!(router.status().outputs[0].state, OutputState::Paused);
    assert!(stored.delivered().is_empty());
    assert_eq!(router.trace(&alert(0).uuid).unwrap().stored_ns, None);
    assert!(router.set_paused("store", false) && !router.set_paused("nobody", false));
    until("it is stored", || stored.delivered().len() == 1).await;
    until("the trace is complete", || router.trace(&alert(0).uuid).unwrap().stored_ns.is_some()).await;
}

#[tokio::test]
async fn subscribers_hear_after_the_store_and_traces_follow_the_hops() {
    let directory = tempfile::tempdir().unwrap();
    let (store, stored) = MockOutput::new("store", OutputKind::Store, 100);
    let router = open(config(directory.path()), vec![store]);
    let mut alerts = router.subscribe();
    let timings = Timings { matched_ns: Some(1), sent_ns: Some(2), received_ns: 3 };
    router.ingest(vec![Incoming { timings, ..incoming(7) }]).await.unwrap();
    let heard = alerts.recv().await.unwrap();
    assert_eq!(*heard, alert(7));
    assert_eq!(stored.delivered(), uuids(7..8));
    let trace = &router.traces_of_container("0123456789ab")[0];
    assert_eq!((trace.matched_ns, trace.sent_ns, trace.received_ns), (Some(1), Some(2), 3));
    assert!(trace.stored_ns >= trace.handed_ns && trace.handed_ns >= Some(trace.queued_ns));
    assert!(trace.queued_ns > trace.received_ns && trace.process == "sh");
    let json = serde_json::to_value(trace).unwrap();
    assert_eq!(json["uuid"], alert(7).uuid.to_string());
}

#[tokio::test]
async fn a_new_notification_begins_with_the_next_alert_and_a_new_store_with_the_oldest() {
    let directory = tempfile::tempdir().unwrap();
    let (hook, first_target) = MockOutput::new("first", OutputKind::Notification, 1);
    first_target.answer(Answer::Fail);
    let router = open(config(directory.path()), vec![hook.clone()]);
    router.ingest(vec![incoming(0)]).await.unwrap();
    router.shutdown().await;
    drop(router);
    let (store, stored) = MockOutput::new("store", OutputKind::Store, 10);
    let (late, late_target) = MockOutput::new("late", OutputKind::Notification, 1);
    first_target.answer(Answer::Take);
    let router = open(config(directory.path()), vec![hook, late, store]);
    router.ingest(vec![incoming(1)]).await.unwrap();
    until("the store has both", || stored.delivered() == uuids(0..2)).await;
    until("the first has both", || first_target.delivered() == uuids(0..2)).await;
    until("the late one has one", || late_target.delivered() == uuids(1..2)).await;
}

#[tokio::test]
async fn positions_begin_after_what_the_store_remembers() {
    let directory = tempfile::tempdir().unwrap();
    let (store, target) = MockOutput::new("store", OutputKind::Store, 10);
    target.set_resume_position(5_000);
    let router = open(config(directory.path()), vec![store]);
    router.ingest(vec![incoming(0)]).await.unwrap();
    assert_eq!(router.status().queue.durable, 5_001);
    until("it is stored", || target.delivered().len() == 1).await;
}

#[tokio::test]
async fn a_full_queue_refuses_and_forgets_nothing_it_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.queue = JournalConfig { segment_bytes: 4_096, bytes_max: 32_768, ..settings.queue };
    let (store, target) = MockOutput::new("store", OutputKind::Store, 100);
    target.answer(Answer::Fail);
    let router = open(settings, vec![store]);
    let mut index = 0;
    let error = loop {
        match router.ingest(vec![incoming(index)]).await {
            Ok(_) => index += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, IngestError::Refused(AppendError::Full { .. })), "{error}");
    target.answer(Answer::Take);
    until("the store has what was accepted", || target.delivered() == uuids(0..index)).await;
    // What was refused is no duplicate when it comes again.
    let accepted = router.ingest(vec![incoming(index)]).await.unwrap();
    assert_eq!((accepted.new, accepted.duplicates), (1, 0));
}

#[tokio::test]
async fn an_alert_over_the_limit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let router = open(config(directory.path()), vec![]);
    let mut huge = incoming(0);
    huge.alert.output = "x".repeat(crate::limits::ALERT_BYTES_MAX);
    let error = router.ingest(vec![huge]).await.unwrap_err();
    assert!(matches!(error, IngestError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn two_outputs_of_one_name_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (one, _) = MockOutput::new("hook", OutputKind::Notification, 1);
    let (two, _) = MockOutput::new("hook", OutputKind::Notification, 1);
    let result = Router::open(config(directory.path()), vec![one, two], &Registry::default());
    assert!(matches!(result, Err(RouterError::DuplicateOutput(name)) if name == "hook"));
}

/// A day of simulated outage: the waits grow to their bound, and `Retry-After` is honoured.
#[tokio::test(start_paused = true)]
async fn waits_grow_to_their_bound() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Config { retry_ms_min: 200, retry_ms_max: 60_000, ..config(directory.path()) };
    let (hook, target) = MockOutput::new("hook", OutputKind::Notification, 1);
    target.answer(Answer::Fail);
    let router = open(settings, vec![hook]);
    router.ingest(vec![incoming(0)]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let calls = target.calls();
    assert!((1_440..3_000).contains(&calls), "{calls} tries in a day");
    target.answer(Answer::AskToWait(Duration::from_secs(600)));
    router.retry_now("hook");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let calls = target.calls();
    tokio::time::sleep(Duration::from_secs(590)).await;
    assert_eq!(target.calls(), calls, "it was asked to wait for 600 s");
    target.answer(Answer::Take);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(target.delivered(), uuids(0..1));
}

#[tokio::test]
async fn an_output_far_behind_reads_the_queue_from_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (hook, target) = MockOutput::new("hook", OutputKind::Notification, 64);
    let settings = Config { paused_outputs: vec!["hook".into()], ..config(directory.path()) };
    let router = open(settings, vec![hook]);
    let count = crate::limits::TAIL_ALERTS_MAX as u64 + 2_000;
    for first in (0..count).step_by(500) {
        let batch = (first..(first + 500).min(count)).map(incoming).collect();
        router.ingest(batch).await.unwrap();
    }
    router.set_paused("hook", false);
    until("everything arrives", || target.delivered().len() as u64 >= count).await;
    assert_eq!(target.delivered(), uuids(0..count));
    assert_eq!(router.status().outputs[0].lag, 0);
}

/// An output with a bug that one alert sets off.
struct Buggy(Arc<MockOutput>, alert::Uuid);

#[async_trait::async_trait]
impl Output for Buggy {
    fn name(&self) -> &str {
        "buggy"
    }

    fn batch_max(&self) -> usize {
        10
    }

    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        assert!(batch.iter().all(|queued| queued.alert.uuid != self.1), "the bug");
        self.0.deliver(batch).await
    }
}

#[tokio::test]
async fn a_panic_of_an_output_costs_one_alert_and_not_the_output() {
    let directory = tempfile::tempdir().unwrap();
    let (inner, target) = MockOutput::new("inner", OutputKind::Notification, 10);
    let router = open(config(directory.path()), vec![Arc::new(Buggy(inner, alert(7).uuid))]);
    router.ingest((0..20).map(incoming).collect()).await.unwrap();
    let expected = [uuids(0..7), uuids(8..20)].concat();
    until("the others arrive", || target.delivered() == expected).await;
    until("it is kept", || router.dead_letters("buggy", 10).len() == 1).await;
}

#[tokio::test]
async fn what_a_slow_subscriber_misses_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::default();
    let router = Router::open(config(directory.path()), vec![], &registry).unwrap();
    let mut alerts = router.subscribe();
    let count = crate::limits::SUBSCRIBER_LAG_MAX as u64 + 3;
    router.ingest((0..count).map(incoming).collect()).await.unwrap();
    assert!(alerts.recv().await.is_err());
    let missed = registry.counter("alert_router_missed_live_alerts_total", "", &[]).value();
    assert_eq!(missed, 3);
}

#[test]
fn failures_name_their_reason() {
    assert_eq!(Failure::Permanent { reason: "a".into() }.to_string(), "a");
}
