//! Against the Docker daemon of this machine; skipped with a word where there is none.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use container_runtimes::{Config, ContainerId, Directory, HealthState, Runtime, SocketConfig, State};
use telemetry::Registry;

const SOCKET: &str = "/var/run/docker.sock";
const BUSYBOX: &str = "/bin/busybox";
const IMAGE: &str = "quaywatch-runtimes-test:1";

fn docker(arguments: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(arguments).output().ok()?;
    if !output.status.success() {
        println!("docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// An image of busybox alone, made here: no registry is needed.
fn make_image() -> Option<()> {
    let root = std::env::temp_dir().join(format!("runtimes-test-{}", std::process::id()));
    std::fs::create_dir_all(root.join("bin")).ok()?;
    std::fs::copy(BUSYBOX, root.join("bin/busybox")).ok()?;
    let archive = root.join("image.tar");
    let made = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&root).arg("bin").status().ok()?;
    let imported = made.success().then(|| docker(&["import", archive.to_str()?, IMAGE])).flatten();
    std::fs::remove_dir_all(&root).ok()?;
    imported.map(|_| ())
}

/// Waits until `condition` holds; the daemon's events arrive when they arrive.
fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not come true");
        std::thread::yield_now();
    }
}

fn id_of(name: &str) -> Option<ContainerId> {
    docker(&["inspect", "--format", "{{.Id}}", name]).map(|id| ContainerId::new(&id))
}

#[test]
fn containers_have_names_images_and_labels() {
    if docker(&["version"]).is_none() || make_image().is_none() {
        println!("skipped: no Docker daemon, or no static {BUSYBOX}");
        return;
    }
    let unique = std::process::id();
    let (early, late, brief) =
        (format!("early-{unique}"), format!("late-{unique}"), format!("brief-{unique}"));
    let run = |name: &str, command: &[&str]| {
        let mut arguments = vec!["run", "--network", "none", "--label", "team=red", "--name", name];
        arguments.extend(command);
        docker(&arguments).unwrap()
    };
    run(&early, &["-d", IMAGE, "/bin/busybox", "sleep", "600"]);

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let registry = Registry::default();
    let sockets = vec![
        SocketConfig { path: SOCKET.into(), runtime: Runtime::Docker },
        SocketConfig { path: "/nonexistent/podman.sock".into(), runtime: Runtime::Podman },
    ];
    let guard = runtime.enter();
    let directory = Directory::watch(&Config { sockets, ..Config::default() }, &registry);
    drop(guard);
    // Asked for before the daemon has said anything.
    let found = directory.wait_for(&id_of(&early).unwrap(), Duration::from_secs(60));
    assert_eq!(found.unwrap().name.as_deref(), Some(early.as_str()));
    until("the daemon's connection", || {
        let states: Vec<_> = directory.health().into_iter().map(|health| health.state).collect();
        states == [HealthState::Connected, HealthState::Absent]
    });

    // One that ran before the watcher did: known from the listing.
    let found = directory.lookup(&id_of(&early).unwrap()).unwrap();
    assert_eq!(found.name.as_deref(), Some(early.as_str()));
    assert_eq!(found.image.as_deref(), Some(IMAGE));
    assert_eq!(found.image_repository.as_deref(), Some("quaywatch-runtimes-test"));
    assert_eq!(found.label("team"), Some("red"));
    assert_eq!((found.state, found.privileged), (State::Running, Some(false)));
    assert!(found.started_ns.is_some());

    // One that starts later, asked for at once.
    run(&late, &["-d", IMAGE, "/bin/busybox", "sleep", "600"]);
    let found = directory.wait_for(&id_of(&late).unwrap(), Duration::from_secs(60)).unwrap();
    assert_eq!(found.name.as_deref(), Some(late.as_str()));

    // One that is dead and removed before anyone asks.
    run(&brief, &["--rm", IMAGE, "/bin/busybox", "true"]);
    let mut found = None;
    until("the dead container's name", || {
        found = directory.snapshot().into_iter().find(|found| found.name.as_deref() == Some(brief.as_str()));
        found.as_ref().is_some_and(|found| found.state == State::Removed)
    });
    let id = found.map(|found| found.id.clone()).unwrap();
    let found = directory.wait_for(&id, Duration::from_secs(60)).unwrap();
    assert_eq!(found.image.as_deref(), Some(IMAGE));
    assert_eq!(found.label("team"), Some("red"));

    // A rename is followed, and an id that nobody knows is not waited for.
    let renamed = format!("renamed-{unique}");
    docker(&["rename", &late, &renamed]).unwrap();
    let id = id_of(&renamed).unwrap();
    until("the new name", || {
        directory.lookup(&id).is_some_and(|found| found.name.as_deref() == Some(renamed.as_str()))
    });
    assert!(directory.wait_for(&ContainerId::new(&"0".repeat(64)), Duration::from_secs(60)).is_none());

    docker(&["rm", "-f", &early, &renamed]).unwrap();
    docker(&["rmi", IMAGE]).unwrap();
}
