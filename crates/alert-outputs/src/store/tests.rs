//! The store output against a store that can be broken.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use alert::Uuid;
use alert_router::{
    Output as _, Queued,
    testing::{Answer, Target, alert, compliance},
};
use log_record::{Batch, LogWriter, WriteError};
use parking_lot::Mutex;

use super::*;

/// Keeps batches in memory as a store would on disk: all or nothing, with the mark.
#[derive(Default)]
struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    answer: Answer,
    batches: Vec<Batch>,
    marks: HashMap<String, u64>,
}

impl LogWriter for Memory {
    fn append<'a>(
        &'a self,
        batch: Batch,
    ) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async move {
            let answer = self.0.lock().answer;
            match answer {
                Answer::Fail | Answer::AskToWait(_) => {
                    return Err(WriteError::DiskFull { free_bytes: 1, reserve_bytes: 2 });
                }
                Answer::Hang => std::future::pending().await,
                Answer::TakeAfter(wait) => tokio::time::sleep(wait).await,
                Answer::Take => {}
            }
            let mut state = self.0.lock();
            if let Some(mark) = &batch.mark {
                state.marks.insert(mark.writer.clone(), mark.position);
            }
            state.batches.push(batch);
            Ok(())
        })
    }

    fn mark(&self, writer: &str) -> Option<u64> {
        self.0.lock().marks.get(writer).copied()
    }
}

impl Target for Memory {
    fn answer(&self, answer: Answer) {
        self.0.lock().answer = answer;
    }

    fn poison(&self, _: Uuid) -> bool {
        false
    }

    fn delivered(&self) -> Vec<Uuid> {
        let state = self.0.lock();
        let streams = state.batches.iter().flat_map(|batch| &batch.streams);
        let entries = streams.flat_map(|stream| &stream.entries);
        entries.map(|entry| entry.metadata[0].1.parse().unwrap()).collect()
    }
}

#[tokio::test]
async fn it_passes_the_compliance_harness() {
    let store = Arc::new(Memory::default());
    let make =
        || Arc::new(StoreOutput::new(&Config::default(), store.clone())) as Arc<dyn alert_router::Output>;
    compliance(make, &*store).await;
}

#[tokio::test]
async fn what_is_at_or_below_the_mark_is_not_stored_again() {
    let store = Arc::new(Memory::default());
    let output = StoreOutput::new(&Config::default(), store.clone());
    let queued = |position| Queued { position, alert: Arc::new(alert(position)) };
    output.deliver(&[queued(1), queued(2)]).await.unwrap();
    assert_eq!(output.resume_position(), Some(2));
    output.deliver(&[queued(1), queued(2), queued(3)]).await.unwrap();
    output.deliver(&[queued(3)]).await.unwrap();
    let expected: Vec<Uuid> = (1..=3).map(|index| alert(index).uuid).collect();
    assert_eq!(store.delivered(), expected);
}

#[tokio::test]
async fn one_stream_per_set_of_labels() {
    let store = Arc::new(Memory::default());
    let output = StoreOutput::new(&Config::default(), store.clone());
    let mut other = alert(2);
    other.rule = "Other".into();
    let alerts = [alert(1), other, alert(3)];
    let batch: Vec<Queued> =
        (1..).zip(alerts).map(|(position, alert)| Queued { position, alert: Arc::new(alert) }).collect();
    output.deliver(&batch).await.unwrap();
    let state = store.0.lock();
    let batch = &state.batches[0];
    assert_eq!((batch.tenant.as_str(), batch.mark.as_ref().unwrap().position), ("fake", 3));
    let sizes: Vec<usize> = batch.streams.iter().map(|stream| stream.entries.len()).collect();
    assert_eq!(sizes, [2, 1]);
    let entry = &batch.streams[0].entries[0];
    assert_eq!((entry.timestamp_ns, &entry.line), (alert(1).time_ns, &alert(1).to_json_line()));
}

#[test]
fn labels_are_falcosidekicks_and_ours() {
    assert_eq!(
        format!("{:?}", labels(&alert(0))),
        r#"{container_image_repository="docker.io/library/nginx", container_name="web", hostname="nas", priority="Notice", proc_name="sh", rule="Terminal shell in container", source="syscall", tags="T1059,container,mitre_execution"}"#
    );
    let mut bare = alert(0);
    bare.output_fields.clear();
    bare.tags.clear();
    bare.hostname.clear();
    bare.output_fields.insert("k8s.ns.name".into(), "default".into());
    bare.output_fields.insert("container.name".into(), 7.into());
    bare.output_fields.insert("proc.name".into(), "é".repeat(600).into());
    let found = labels(&bare);
    assert_eq!(
        found.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["k8s_ns_name", "priority", "proc_name", "rule", "source"]
    );
    assert_eq!(found.get("proc_name").map(str::len), Some(1_024));
}

#[test]
fn metadata_holds_the_rest_within_bounds() {
    let mut alert = alert(0);
    alert.output_fields.insert("proc.aname[2]".into(), "init".into());
    alert.output_fields.insert("evt.time".into(), 5.into());
    alert.output_fields.insert("json".into(), serde_json::json!({"a": 1}));
    alert.output_fields.insert("empty".into(), "".into());
    let found = metadata(&alert);
    let expected = [
        ("uuid", alert.uuid.to_string()),
        ("detected_level", "info".into()),
        ("container_id", "0123456789ab".into()),
        ("proc_pid", "100".into()),
        ("user_name", "root".into()),
        ("proc_cmdline", "sh -c '<id>'".into()),
        ("proc_aname2", "init".into()),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    for index in 0..1_000 {
        alert.output_fields.insert(format!("field.{index}"), "x".repeat(5_000).into());
    }
    let found = metadata(&alert);
    assert!(found.len() <= crate::limits::METADATA_ENTRIES_MAX);
    assert!(found.iter().map(|(_, value)| value.len()).sum::<usize>() <= crate::limits::METADATA_BYTES_MAX);
}
