//! The door: our own API over TLS, and a container labelled for Traefik, asked as a user would,
//! with curl.

use std::process::Command;

use testkit::{Docker, PATIENCE, Quaywatch, RunOptions, Setup, await_some, await_until, require};

use crate::{alone, image::image_name};

/// A network of Docker's, removed when dropped.
struct Network(String);

impl Network {
    fn new(name: &str) -> Self {
        let made = Command::new("docker").args(["network", "create", name]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Network(name.to_owned())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["network", "rm", &self.0]).output();
    }
}

/// curl's view: status and body.
fn curl(service: &Quaywatch, host: &str, target: &str, more: &[&str]) -> (String, String) {
    let address = service.setup.ports.https;
    let ca = service.setup.folder().join("ca.pem");
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--globoff",
        "--write-out",
        "\n%{http_code}",
    ]);
    command.arg("--cacert").arg(&ca);
    command.arg("--resolve").arg(format!("{host}:{}:{}", address.port(), address.ip()));
    command.args(more).arg(format!("https://{host}:{}{target}", address.port()));
    let done = command.output().expect("curl");
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    let (body, status) = String::from_utf8_lossy(&done.stdout)
        .rsplit_once('\n')
        .map(|(body, status)| (body.to_owned(), status.to_owned()))
        .unwrap_or_else(|| panic!("curl said {text}"));
    if status == "000" {
        return (status, text);
    }
    (status, body)
}

/// A running service whose authority curl trusts.
fn start(setup: Setup) -> Quaywatch {
    let service = setup.run();
    let shown = service.setup.command("ca").arg("show").output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    service.setup.write("ca.pem", &String::from_utf8_lossy(&shown.stdout));
    service
}

fn add_user(service: &Quaywatch, name: &str, role: &str) {
    use std::io::Write as _;
    let mut child = service
        .setup
        .command("user")
        .args(["add", name, "--role", role])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery\n").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_queries_over_tls_and_never_pushes() {
    require!(Binary, Bpf);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    setup.gateway_config = "  certificates:\n    names: [loki.lan.example]\n".to_owned();
    let service = start(setup);
    add_user(&service, "reader", "reader");
    let selector = "query={job=\"quaywatch\",source=\"access\"}";
    let query = "/loki/api/v1/query_range";
    let reader = ["--user", "reader:correct horse battery", "--get", "--data-urlencode", selector];
    for host in ["loki.lan.example", "localhost", "quaywatch.local"] {
        let (status, body) = curl(&service, host, query, &reader);
        assert_eq!(status, "200", "{host}: {body}");
    }
    let (status, _) = curl(&service, "localhost", query, &[]);
    assert_eq!(status, "401");
    let push = ["--user", "reader:correct horse battery", "--json", "{\"streams\":[]}"];
    let (status, body) = curl(&service, "loki.lan.example", "/loki/api/v1/push", &push);
    assert_eq!(status, "403", "{body}");
    let (status, _) = curl(&service, "other.example", "/", &["--insecure"]);
    assert_eq!(status, "404");
    // Who asked stands beside what was detected.
    await_until("the access log", PATIENCE, || {
        let (_, body) = curl(&service, "localhost", query, &reader);
        body.contains("\\\"DownstreamStatus\\\":403")
            && body.contains("\\\"RouterName\\\":\\\"loki@internal\\\"")
    });
    let (_, page) = curl(&service, "localhost", "/", &[]);
    assert!(page.contains("<html"), "{page}");
}

#[test]
fn a_hundred_wrong_passwords_get_ten_answers() {
    require!(Binary, Bpf);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    let service = start(setup);
    add_user(&service, "reader", "reader");
    let statuses: Vec<String> = (0..100)
        .map(|n| {
            curl(&service, "localhost", "/loki/api/v1/labels", &["--user", &format!("reader:wrong{n}")]).0
        })
        .collect();
    let looked_at = statuses.iter().filter(|status| *status == "401").count();
    let slowed = statuses.iter().filter(|status| *status == "429").count();
    assert!(looked_at <= 12 && looked_at + slowed == 100, "{statuses:?}");
}

#[test]
fn a_label_block_written_for_traefik_routes_to_its_container() {
    require!(Binary, Bpf, Docker);
    let _alone = alone();
    let docker = Docker::new("quay-gateway");
    let network = Network::new(&docker.fresh_name());
    let service = start(Setup::new());
    let hash = "grafana:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/";
    let labels = [
        "traefik.enable=true".to_owned(),
        format!("traefik.docker.network={}", network.0),
        "traefik.http.routers.loki.rule=Host(`loki.lan.example`)".to_owned(),
        "traefik.http.routers.loki.entrypoints=https".to_owned(),
        "traefik.http.routers.loki.tls.certresolver=letsencrypt".to_owned(),
        "traefik.http.services.loki.loadbalancer.server.port=3100".to_owned(),
        format!("traefik.http.middlewares.loki-auth.basicauth.users={hash}"),
        "traefik.http.routers.loki.middlewares=loki-auth".to_owned(),
    ];
    let run = |labels: &[String]| {
        let mut options = vec!["--network".to_owned(), network.0.clone()];
        options.extend(labels.iter().flat_map(|label| ["--label".to_owned(), label.clone()]));
        let command = [
            "sh",
            "-c",
            "mkdir -p /srv && echo from-the-container >/srv/index.html && exec busybox httpd -f -p 3100 -h /srv",
        ];
        docker.start(&RunOptions {
            image: image_name(),
            options,
            command: command.map(str::to_owned).to_vec(),
            ..RunOptions::default()
        })
    };
    let owner = run(&labels);
    let user = ["--user", "grafana:test"];
    await_some("the route", PATIENCE, || {
        let (status, body) = curl(&service, "loki.lan.example", "/", &user);
        (status == "200" && body.contains("from-the-container")).then_some(())
    });
    assert_eq!(curl(&service, "loki.lan.example", "/", &[]).0, "401");
    assert_eq!(curl(&service, "loki.lan.example", "/", &["--user", "grafana:wrong"]).0, "401");
    let health = service.health();
    assert!(health.contains("letsencrypt") && health.contains("loki@docker"), "{health}");
    // A second container wants the same host, more urgently.
    let mut thief = labels[..2].to_vec();
    thief.push("traefik.http.routers.x.rule=Host(`loki.lan.example`) && PathPrefix(`/`)".to_owned());
    thief.push("traefik.http.routers.x.priority=99999".to_owned());
    thief.push("traefik.http.services.x.loadbalancer.server.port=3100".to_owned());
    let _thief = run(&thief);
    await_until("the conflict to be named", PATIENCE, || service.health().contains("was there first"));
    assert_eq!(curl(&service, "loki.lan.example", "/", &[]).0, "401");
    drop(owner);
}
