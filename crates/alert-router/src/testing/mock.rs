//! An output whose answers a test decides.

use std::{collections::HashMap, sync::Arc, time::Duration};

use alert::Uuid;
use async_trait::async_trait;
use parking_lot::Mutex;

use super::compliance::{Answer, Target};
use crate::output::{DeliveryError, Failure, Output, OutputKind, Queued};

/// Records what is delivered, and answers as it is told.
pub struct MockOutput {
    name: String,
    kind: OutputKind,
    batch_max: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answer: Answer,
    poison: Option<Uuid>,
    delivered: Vec<Uuid>,
    calls: usize,
    resume_position: Option<u64>,
}

/// The other side of a [`MockOutput`].
#[derive(Clone)]
pub struct MockTarget(Arc<Mutex<State>>);

impl MockOutput {
    /// An output and its other side.
    pub fn new(name: &str, kind: OutputKind, batch_max: usize) -> (Arc<MockOutput>, MockTarget) {
        let state = Arc::new(Mutex::new(State::default()));
        let output = MockOutput { name: name.to_owned(), kind, batch_max, state: state.clone() };
        (Arc::new(output), MockTarget(state))
    }
}

impl MockTarget {
    /// How often something was delivered or tried.
    pub fn calls(&self) -> usize {
        self.0.lock().calls
    }

    /// What the output says it knows already.
    pub fn set_resume_position(&self, position: u64) {
        self.0.lock().resume_position = Some(position);
    }

    /// How often each alert arrived.
    pub fn counts(&self) -> HashMap<Uuid, usize> {
        let mut counts = HashMap::new();
        for uuid in &self.0.lock().delivered {
            *counts.entry(*uuid).or_default() += 1;
        }
        counts
    }
}

impl Target for MockTarget {
    fn answer(&self, answer: Answer) {
        self.0.lock().answer = answer;
    }

    fn poison(&self, uuid: Uuid) -> bool {
        self.0.lock().poison = Some(uuid);
        true
    }

    fn delivered(&self) -> Vec<Uuid> {
        self.0.lock().delivered.clone()
    }
}

#[async_trait]
impl Output for MockOutput {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> OutputKind {
        self.kind
    }

    fn batch_max(&self) -> usize {
        self.batch_max
    }

    fn resume_position(&self) -> Option<u64> {
        self.state.lock().resume_position
    }

    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        let answer = {
            let mut state = self.state.lock();
            state.calls += 1;
            state.answer
        };
        match answer {
            Answer::Take => {}
            Answer::Fail => return Err(DeliveryError::retryable("told to fail")),
            Answer::Hang => std::future::pending().await,
            Answer::TakeAfter(wait) => tokio::time::sleep(wait).await,
            Answer::AskToWait(after) => {
                let reason = "told to ask".to_owned();
                return Err(DeliveryError::All(Failure::Retryable { reason, after: Some(after) }));
            }
        }
        let mut state = self.state.lock();
        if batch.iter().any(|queued| Some(queued.alert.uuid) == state.poison) {
            return Err(DeliveryError::permanent("told to refuse this alert"));
        }
        state.delivered.extend(batch.iter().map(|queued| queued.alert.uuid));
        Ok(())
    }
}

impl Default for Answer {
    fn default() -> Self {
        Answer::TakeAfter(Duration::ZERO)
    }
}
