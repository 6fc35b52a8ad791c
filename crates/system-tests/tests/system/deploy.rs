//! The image and the compose file, as they are shipped, on a real engine: what compose would do
//! is done by `docker` commands made from the very same file, and a key that this translation
//! does not know fails the test.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use testkit::{Docker, PATIENCE, RunOptions, await_some, await_until, binary, repository_root, require};

use crate::{alone, image::image_name};

/// A deployment: containers and volumes of one name, removed when dropped.
struct Deployment {
    name: String,
    folder: tempfile::TempDir,
    services: Vec<String>,
    volumes: Vec<String>,
}

#[test]
fn the_compose_file_detects_and_serves() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let mut deployment = Deployment::new();
    deployment.build();
    let compose = deployment.compose();
    for (name, _) in compose["volumes"].as_object().unwrap() {
        deployment.volumes.push(name.clone());
    }
    for (name, service) in compose["services"].as_object().unwrap() {
        deployment.start(name, service);
    }
    for (name, service) in compose["services"].as_object().unwrap() {
        deployment.await_healthy(name, &service["healthcheck"]);
    }
    // No privilege beyond those named, and none at all where it faces the network.
    let hub = deployment.inspect("hub");
    assert_eq!(hub["HostConfig"]["Privileged"], false);
    assert_eq!(hub["HostConfig"]["CapAdd"], Value::Null);
    let sensor = deployment.inspect("sensor");
    assert_eq!(sensor["HostConfig"]["Privileged"], false);
    assert_eq!(sensor["HostConfig"]["NetworkMode"], "none");

    // A user, made where the users are.
    deployment.exec_with_input(
        "hub",
        &["user", "add", "reader", "--role", "reader", "--password-stdin"],
        PASSWORD,
    );

    // Something happens in a container of somebody else.
    let docker = Docker::new("quaywatch-deploy");
    let victim = docker.fresh_name();
    let touched = docker.run(&RunOptions {
        image: image_name(),
        name: Some(victim.clone()),
        command: ["sh", "-c", "touch /etc/quaywatch-deployed"].map(String::from).to_vec(),
        ..RunOptions::default()
    });
    assert_eq!(touched.code, 0, "{}", touched.text);
    let query = format!("{{source=\"syscall\", container_name=\"{victim}\"}}");
    let found = await_some("the alert over HTTPS", PATIENCE, || {
        let answer = deployment.query(&query);
        let lines = answer["data"]["result"].as_array().map_or(0, Vec::len);
        (lines > 0).then_some(answer)
    });
    let line = found["data"]["result"][0]["values"][0][1].as_str().unwrap();
    let alert: Value = serde_json::from_str(line).unwrap();
    assert_eq!(alert["hostname"], fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim());

    // What the volumes keep, a new pair of containers has.
    deployment.stop();
    for (name, service) in compose["services"].as_object().unwrap() {
        deployment.start(name, service);
    }
    let again = await_some("the alert after an upgrade", PATIENCE, || {
        let answer = deployment.query(&query);
        (answer["data"]["result"].as_array().map_or(0, Vec::len) > 0).then_some(answer)
    });
    assert_eq!(again["data"]["result"][0]["values"][0], found["data"]["result"][0]["values"][0]);
}

const PASSWORD: &str = "correct horse battery";

impl Deployment {
    fn new() -> Deployment {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("quaywatch-deploy-{}", std::process::id());
        // Pins of its own, so that a sensor of this machine is left alone.
        let config = format!("sensor:\n  probes:\n    bpffs_dir: /sys/fs/bpf/{name}\n");
        fs::write(folder.path().join("quaywatch.yaml"), config).unwrap();
        Deployment { name, folder, services: Vec::new(), volumes: Vec::new() }
    }

    /// The image, from the shipped Dockerfile and a context with what it may see.
    fn build(&self) {
        let context = self.folder.path().join("context");
        for file in ["deploy/Dockerfile", "deploy/empty/README"] {
            let target = context.join(file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(repository_root().join(file), target).unwrap();
        }
        fs::create_dir_all(context.join("target/release")).unwrap();
        fs::copy(binary().unwrap(), context.join("target/release/quaywatch")).unwrap();
        let built = Command::new("docker")
            .env("DOCKER_BUILDKIT", "0")
            .args(["build", "-q", "-t", &self.name, "-f"])
            .arg(context.join("deploy/Dockerfile"))
            .arg(&context)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }

    /// The compose file with the one for old engines laid over it: BPF cannot be had everywhere.
    fn compose(&self) -> Value {
        let read = |file: &str| -> Value {
            let text = fs::read_to_string(repository_root().join("deploy").join(file)).unwrap();
            serde_saphyr::from_str(&text).unwrap()
        };
        let mut compose = read("compose.yaml");
        let over = read("compose.old-engine.yaml");
        compose["services"]["sensor"]["cap_add"] = over["services"]["sensor"]["cap_add"].clone();
        compose
    }

    fn start(&mut self, service: &str, about: &Value) {
        let mut docker = Command::new("docker");
        docker.args(["run", "--detach", "--name", &self.container(service)]);
        let config = self.folder.path().join("quaywatch.yaml");
        docker.arg("-v").arg(format!("{}:/etc/quaywatch/quaywatch.yaml:ro", config.display()));
        if is_dynamic(&binary().unwrap()) {
            for folder in ["/lib", "/lib64", "/usr/lib"] {
                docker.args(["-v", &format!("{folder}:{folder}:ro")]);
            }
        }
        let (mut options, mut command) = (Vec::<String>::new(), Vec::new());
        for (key, value) in about.as_object().unwrap() {
            let text = || value.as_str().unwrap_or_else(|| panic!("{service}.{key}")).to_owned();
            let list = || value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned());
            match key.as_str() {
                // Compose's own affair; health is asked for below.
                "image" | "restart" | "healthcheck" => {}
                "command" => command.extend(list()),
                "pid" => options.extend(["--pid".into(), text()]),
                "uts" => options.extend(["--uts".into(), text()]),
                "cgroup" => options.extend(["--cgroupns".into(), text()]),
                "network_mode" => options.extend(["--network".into(), text()]),
                "user" => options.extend(["--user".into(), text()]),
                "read_only" if value == true => options.push("--read-only".into()),
                "cap_drop" => options.extend(list().flat_map(|item| ["--cap-drop".into(), item])),
                "cap_add" => options.extend(list().flat_map(|item| ["--cap-add".into(), item])),
                "security_opt" => options.extend(list().flat_map(|item| ["--security-opt".into(), item])),
                // The same ports inside; outside those that are free.
                "ports" => options.extend(list().flat_map(|item| {
                    let (_, inside) = item.split_once(':').unwrap();
                    ["-p".into(), format!("127.0.0.1:0:{inside}")]
                })),
                "volumes" => options.extend(list().flat_map(|item| {
                    let path = item.starts_with('/');
                    ["-v".into(), if path { item } else { format!("{}-{item}", self.name) }]
                })),
                other => panic!("compose.yaml: services.{service}.{other} is not translated by this test"),
            }
        }
        let started = docker.args(&options).arg(&self.name).args(&command).output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        self.services.push(service.to_owned());
    }

    /// By the very command the engine would use.
    fn await_healthy(&self, service: &str, healthcheck: &Value) {
        let test: Vec<&str> =
            healthcheck["test"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let (way, command) = test.split_first().unwrap();
        assert_eq!(*way, "CMD");
        await_until(&format!("{service} to be healthy:\n{}", self.log(service)), PATIENCE, || {
            let asked =
                Command::new("docker").arg("exec").arg(self.container(service)).args(command).output();
            asked.is_ok_and(|answer| answer.status.success())
        });
    }

    /// As a user would: with the certificate of the local authority, by the published port.
    fn query(&self, query: &str) -> Value {
        let ca = self.exec_with_input("hub", &["ca", "show"], "");
        let file = self.folder.path().join("ca.pem");
        fs::write(&file, ca).unwrap();
        let port = Command::new("docker").args(["port", &self.container("hub"), "443/tcp"]).output().unwrap();
        let port = String::from_utf8(port.stdout).unwrap();
        let Some((_, port)) = port.lines().next().and_then(|line| line.rsplit_once(':')) else {
            return Value::Null;
        };
        let answer = Command::new("curl")
            .args(["-sS", "--max-time", "10", "-G", "--user", &format!("reader:{PASSWORD}"), "--cacert"])
            .arg(&file)
            .args(["--data-urlencode", &format!("query={query}")])
            .arg(format!("https://localhost:{port}/loki/api/v1/query_range"))
            .output()
            .unwrap();
        serde_json::from_slice(&answer.stdout).unwrap_or(Value::Null)
    }

    fn exec_with_input(&self, service: &str, arguments: &[&str], input: &str) -> String {
        let file = self.folder.path().join("input");
        fs::write(&file, input).unwrap();
        let output = Command::new("docker")
            .args(["exec", "-i", &self.container(service), "/quaywatch"])
            .args(arguments)
            .stdin(fs::File::open(file).unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn inspect(&self, service: &str) -> Value {
        let output = Command::new("docker").args(["inspect", &self.container(service)]).output().unwrap();
        let mut all: Value = serde_json::from_slice(&output.stdout).unwrap();
        all[0].take()
    }

    fn log(&self, service: &str) -> String {
        let output = Command::new("docker").args(["logs", &self.container(service)]).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn container(&self, service: &str) -> String {
        format!("{}-{service}", self.name)
    }

    fn stop(&mut self) {
        for service in std::mem::take(&mut self.services) {
            let _ = Command::new("docker").args(["rm", "-f", &self.container(&service)]).output();
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for service in &self.services {
                eprintln!("the log of {service}:\n{}", self.log(service));
            }
        }
        self.stop();
        for volume in &self.volumes {
            let _ = Command::new("docker")
                .args(["volume", "rm", "-f", &format!("{}-{volume}", self.name)])
                .output();
        }
        let _ = Command::new("docker").args(["rmi", "-f", &self.name]).output();
        let _ = fs::remove_dir_all(Path::new("/sys/fs/bpf").join(&self.name));
    }
}

/// Whether a program needs an interpreter, which an empty image has not: a debug build.
fn is_dynamic(program: &Path) -> bool {
    let bytes = fs::read(program).unwrap();
    bytes.iter().take(4096).copied().collect::<Vec<u8>>().windows(8).any(|window| window == b"ld-linux")
}
