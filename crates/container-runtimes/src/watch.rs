//! Watchers: one task per socket that follows the runtime's events and answers questions.
//!
//! Order matters: a container's `create` event precedes its first process, so the inspection
//! that it starts usually ends before that process is seen. Events are asked for from some minutes
//! before the listing, so nothing falls between the two, nor while nobody was connected.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    models::{EventMessage, EventMessageTypeEnum},
    query_parameters::{EventsOptions, ListContainersOptions},
};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};

use crate::{
    ContainerId, Directory, HealthState, Runtime, SocketConfig, State,
    inspect::{ImageFacts, from_event, from_inspection},
    limits::{
        ANSWER_TIMEOUT, DISCOVERY_INTERVAL, EVENTS_BACK_S, IMAGES_MAX, INSPECTIONS_MAX, RECONNECT_FIRST,
        RECONNECT_LONGEST, REQUESTS_MAX,
    },
    socket,
};

/// Starts a watcher for every socket that the patterns stand for, now and later.
pub(crate) async fn discover(directory: Directory, patterns: Vec<SocketConfig>) {
    let mut watched = HashSet::new();
    loop {
        for found in socket::expand(&patterns) {
            if watched.insert(found.path.clone()) {
                let (sender, requests) = mpsc::channel(REQUESTS_MAX);
                let path = found.path.to_string_lossy().into_owned();
                let source = directory.add_source(found.runtime, path.clone(), sender);
                let watcher = Watcher {
                    directory: directory.clone(),
                    source,
                    runtime: found.runtime,
                    path,
                    images: Arc::default(),
                    inspections: Arc::new(Semaphore::new(INSPECTIONS_MAX)),
                };
                tokio::spawn(watcher.run(requests));
            }
        }
        directory.set_discovered();
        sleep(DISCOVERY_INTERVAL).await;
    }
}

#[derive(Clone)]
struct Watcher {
    directory: Directory,
    source: usize,
    runtime: Runtime,
    path: String,
    images: Arc<Mutex<HashMap<String, ImageFacts>>>,
    inspections: Arc<Semaphore>,
}

impl Watcher {
    /// Connects, follows, and connects again, for good.
    async fn run(self, mut requests: mpsc::Receiver<ContainerId>) {
        let mut pause = RECONNECT_FIRST;
        loop {
            let state = if Path::new(&self.path).exists() {
                match self.follow(&mut requests).await {
                    Ok(()) => {
                        pause = RECONNECT_FIRST;
                        HealthState::Error("the runtime closed its event stream".to_owned())
                    }
                    Err(error) => HealthState::Error(error.to_string()),
                }
            } else {
                HealthState::Absent
            };
            if state != HealthState::Absent {
                self.directory.metrics().reconnects.increment();
            }
            self.directory.set_health(self.source, state);
            // Nobody will answer these; whoever waits must not wait in vain.
            while let Ok(id) = requests.try_recv() {
                self.directory.answered(&id, false);
            }
            sleep(pause).await;
            pause = (pause * 2).min(RECONNECT_LONGEST);
        }
    }

    /// One connection: until the event stream ends, or the first answer that is an error.
    async fn follow(&self, requests: &mut mpsc::Receiver<ContainerId>) -> Result<(), Error> {
        let docker = Docker::connect_with_unix(&self.path, ANSWER_TIMEOUT.as_secs(), API_DEFAULT_VERSION)?;
        let docker = docker.negotiate_version().await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let options = EventsOptions {
            since: Some(now.as_secs().saturating_sub(EVENTS_BACK_S).to_string()),
            filters: Some(HashMap::from([("type".to_owned(), vec!["container".to_owned()])])),
            ..EventsOptions::default()
        };
        let mut events = std::pin::pin!(docker.events(Some(options)));
        let mut listed = std::pin::pin!(self.list(&docker));
        let mut listing = true;
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.take_event(&docker, event?),
                    None => return Ok(()),
                },
                // Polled beside the events, which only start to flow when first polled.
                result = &mut listed, if listing => {
                    result?;
                    listing = false;
                    self.directory.set_health(self.source, HealthState::Connected);
                }
                request = requests.recv(), if !listing => match request {
                    Some(id) => self.inspect_soon(&docker, id),
                    None => return Ok(()),
                },
            }
        }
    }

    /// Inspects all containers there are.
    async fn list(&self, docker: &Docker) -> Result<(), Error> {
        let options = ListContainersOptions { all: true, ..ListContainersOptions::default() };
        let found = docker.list_containers(Some(options)).await?;
        let ids: Vec<_> =
            found.iter().filter_map(|found| Some(ContainerId::new(found.id.as_deref()?))).collect();
        self.directory.keep_only(self.source, &ids.iter().cloned().collect());
        for id in ids {
            self.directory.asking(&id);
            self.inspect(docker, &id).await;
        }
        Ok(())
    }

    fn take_event(&self, docker: &Docker, event: EventMessage) {
        let is_container = matches!(event.typ, None | Some(EventMessageTypeEnum::CONTAINER));
        let Some(actor) = event.actor.filter(|_| is_container) else { return };
        let Some(id) = actor.id.map(|id| ContainerId::new(&id)) else { return };
        let action = event.action.unwrap_or_default();
        match action.as_str() {
            "create" => {
                let attributes = actor.attributes.unwrap_or_default();
                self.directory.store(from_event(id.clone(), self.runtime, attributes), self.source);
                self.inspect_asked(docker, id);
            }
            // The start time and the address are known from here on.
            "start" | "rename" | "update" | "restart" | "connect" => self.inspect_asked(docker, id),
            "die" | "died" => self.directory.change(&id, |container| container.state = State::Exited),
            "destroy" | "remove" => self.directory.remove(&id),
            _ => {}
        }
    }

    fn inspect_asked(&self, docker: &Docker, id: ContainerId) {
        self.directory.asking(&id);
        self.inspect_soon(docker, id);
    }

    fn inspect_soon(&self, docker: &Docker, id: ContainerId) {
        let (watcher, docker) = (self.clone(), docker.clone());
        tokio::spawn(async move { watcher.inspect(&docker, &id).await });
    }

    /// Asks for one container and reports the answer, whatever it is.
    async fn inspect(&self, docker: &Docker, id: &ContainerId) {
        let metrics = self.directory.metrics();
        let permit = self.inspections.acquire().await;
        let result = timeout(ANSWER_TIMEOUT, docker.inspect_container(id.full(), None)).await;
        let unknown = match result {
            Ok(Ok(found)) => {
                let image = match found.image.as_deref() {
                    Some(image) => self.image(docker, image).await,
                    None => None,
                };
                metrics.inspected.increment();
                self.directory
                    .store(from_inspection(id.clone(), self.runtime, found, image.as_ref()), self.source);
                false
            }
            Ok(Err(Error::DockerResponseServerError { status_code: 404, .. })) => {
                metrics.not_found.increment();
                true
            }
            Ok(Err(error)) => {
                metrics.failed.increment();
                tracing::debug!(%id, %error, "container could not be inspected");
                false
            }
            Err(_) => {
                metrics.failed.increment();
                false
            }
        };
        drop(permit);
        self.directory.answered(id, unknown);
    }

    /// Tags and digests of an image, asked for once.
    async fn image(&self, docker: &Docker, image: &str) -> Option<ImageFacts> {
        if let Some(facts) = self.images.lock().get(image) {
            return Some(facts.clone());
        }
        let found = timeout(ANSWER_TIMEOUT, docker.inspect_image(image)).await.ok()?.ok()?;
        let facts = ImageFacts::from(found);
        let mut images = self.images.lock();
        if images.len() >= IMAGES_MAX {
            images.clear();
        }
        images.insert(image.to_owned(), facts.clone());
        Some(facts)
    }
}
