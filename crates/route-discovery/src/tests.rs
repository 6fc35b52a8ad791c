//! Labels as users have them, and what an evil container may write.

use std::time::Instant;

use tls_gateway::dynamic::{Http, Origin};

use crate::*;

fn item(name: &str, age: u64, labels: &[(&str, &str)]) -> InventoryItem {
    let address = NetworkAddress { ipv4: format!("172.20.0.{age}"), ipv6: String::new() };
    InventoryItem {
        id: format!("{age:064}"),
        name: name.to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        networks: [("traefik_infra_security".to_owned(), address)].into(),
        ports: vec![8080, 9090],
        state: "running".to_owned(),
        created_ns: age,
        ..InventoryItem::default()
    }
}

const LOKI: &[(&str, &str)] = &[
    ("traefik.enable", "true"),
    ("traefik.docker.network", "traefik_infra_security"),
    ("traefik.http.routers.loki.rule", "Host(`loki.lan.example`)"),
    ("traefik.http.routers.loki.entrypoints", "https"),
    ("traefik.http.routers.loki.tls.certresolver", "letsencrypt"),
    ("traefik.http.services.loki.loadbalancer.server.port", "3100"),
    ("traefik.http.middlewares.loki-auth.basicauth.users", "grafana:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"),
    ("traefik.http.routers.loki.middlewares", "loki-auth"),
];

fn discover(items: Vec<InventoryItem>) -> (Vec<Http>, String) {
    let discovery = Discovery::new(Config::default(), vec![2801, 3100]);
    discovery.set_inventory(Inventory { containers: items });
    let (sources, notices) = discovery.sources(Instant::now());
    let labelled = sources.into_iter().filter(|source| matches!(source.origin, Origin::Labels(_)));
    let text = notices.iter().map(|notice| format!("{notice:?}\n")).collect();
    (labelled.map(|source| source.http).collect(), text)
}

fn urls(http: &Http, service: &str) -> Vec<String> {
    let balancer = http.services[service].load_balancer.as_ref().unwrap();
    balancer.servers.iter().map(|server| server.url.clone()).collect()
}

#[test]
fn a_block_written_for_traefik_is_understood() {
    let (found, notices) = discover(vec![item("loki", 2, LOKI)]);
    assert_eq!(notices, "");
    let http = &found[0];
    let router = &http.routers["loki"];
    assert_eq!(router.service, "loki");
    assert_eq!(&*router.middlewares, ["loki-auth"]);
    assert_eq!(router.tls.as_ref().unwrap().cert_resolver, "letsencrypt");
    assert_eq!(urls(http, "loki"), ["http://172.20.0.2:3100"]);
    assert_eq!(http.middlewares["loki-auth"].basic_auth.as_ref().unwrap().users.len(), 1);
}

#[test]
fn names_have_no_case_and_defaults_are_traefiks() {
    let (found, notices) = discover(vec![item(
        "/My_App.1".trim_start_matches('/'),
        3,
        &[
            ("Traefik.Enable", "TRUE"),
            ("traefik.HTTP.Routers.Web.Rule", "Host(`A`)"),
            ("traefik.http.routers.web.TLS", "true"),
            ("traefik.http.middlewares.h.headers.customResponseHeaders.X-Own", "1"),
            ("traefik.http.middlewares.c.compress", "true"),
            ("traefik.http.routers.web.tls.domains[0].main", "a"),
            ("traefik.http.routers.web.tls.domains[0].sans", "b, c"),
            ("unrelated", "x"),
        ],
    )]);
    assert_eq!(notices, "");
    let http = &found[0];
    assert_eq!(http.routers["Web"].service, "My-App-1");
    assert_eq!(urls(http, "My-App-1"), ["http://172.20.0.3:8080"]);
    assert_eq!(http.routers["Web"].tls.as_ref().unwrap().domains[0].sans.len(), 2);
    assert!(http.middlewares["c"].compress.is_some());
    assert_eq!(http.middlewares["h"].headers.as_ref().unwrap().custom_response_headers["X-Own"], "1");
    let (found, _) = discover(vec![item("plain", 4, &[("traefik.enable", "true")])]);
    assert_eq!(found[0].routers["plain"].rule, "Host(`plain`)");
}

#[test]
fn mistakes_are_named_with_the_mend() {
    let check = |change: (&str, &str), expected: &[&str]| {
        let mut labels: Vec<(&str, &str)> =
            LOKI.iter().filter(|(name, _)| *name != change.0).copied().collect();
        labels.push(change);
        let (_, notices) = discover(vec![item("loki", 2, &labels)]);
        for part in expected {
            assert!(notices.contains(part), "{change:?}: {notices:?} lacks {part:?}");
        }
    };
    check(("traefik.http.routers.loki.rul", "x"), &["unknown field", "mend the spelling"]);
    check(("traefik.http.middlewares.x.plugin.y", "z"), &["unknown field"]);
    check(("traefik.docker.network", "nowhere"), &["not on the network", "traefik_infra_security"]);
    check(("traefik.docker.network", "infra_security"), &["Compose puts the project's name in front"]);
    check(("traefik.http.services.loki.loadbalancer.server.port", "x"), &["is no port"]);
    check(("traefik.http.services.loki.loadbalancer.server.url", "http://127.0.0.1:1"), &["refused", "file"]);
    check(("traefik.http.services.other.loadbalancer.server.port", "1"), &["names none", ".service=NAME"]);
    check(("traefik.enable", "yes"), &["neither true nor false"]);
    check(("traefik.http.routers..rule", "x"), &["part of the name is empty"]);
    check(("traefik.http.routers.a@file.rule", "x"), &["has an @"]);
    check(("traefik.foo", "x"), &["unknown label"]);
    check(("traefik.tcp.routers.x.rule", "HostSNI(`*`)"), &["not served"]);
    check(("traefik.http.routers.loki.priority", "high"), &["is no such number"]);
    let mut bare = item("loki", 2, &[("traefik.enable", "true")]);
    bare.ports.clear();
    assert!(discover(vec![bare]).1.contains("port is missing"));
    let (_, notices) = discover(vec![item("loki", 2, LOKI.get(1..).unwrap())]);
    assert!(notices.contains("not enabled"), "{notices}");
}

#[test]
fn nobody_takes_the_host_of_another() {
    let thief: &[(&str, &str)] = &[
        ("traefik.enable", "true"),
        ("traefik.http.routers.x.rule", "Host(`loki.lan.example`) && PathPrefix(`/loki/api/v1/push`)"),
        ("traefik.http.routers.x.priority", "1000000"),
    ];
    let (found, notices) = discover(vec![item("thief", 9, thief), item("loki", 2, LOKI)]);
    assert_eq!(found.iter().map(|http| http.routers.len()).sum::<usize>(), 1);
    assert!(notices.contains("belongs to container loki"), "{notices}");
    // Neither by a project's name alone.
    let mut spoof = item("thief", 9, &[thief, &[("com.docker.compose.project", "infra")]].concat());
    spoof.networks =
        [("bridge".to_owned(), NetworkAddress { ipv4: "1.2.3.4".into(), ipv6: String::new() })].into();
    let owner = item("loki", 2, &[LOKI, &[("com.docker.compose.project", "infra")]].concat());
    let (_, notices) = discover(vec![spoof, owner]);
    assert!(notices.contains("belongs to project infra on traefik_infra_security"), "{notices}");
    // A port of ours on the host's network.
    let mut host = item(
        "h",
        3,
        &[("traefik.enable", "true"), ("traefik.http.services.h.loadbalancer.server.port", "3100")],
    );
    host.host_network = true;
    assert!(discover(vec![host]).1.contains("Quaywatch's own"));
}

#[test]
fn replicas_share_the_load_and_the_unwell_are_passed_over() {
    let compose = [("com.docker.compose.project", "p"), ("com.docker.compose.service", "loki")];
    let labels = [LOKI, &compose].concat();
    let mut sick = item("loki-3", 4, &labels);
    sick.health = "unhealthy".to_owned();
    let (found, notices) = discover(vec![item("loki-1", 2, &labels), item("loki-2", 3, &labels), sick]);
    assert_eq!(notices, "");
    assert_eq!(urls(&found[0], "loki"), ["http://172.20.0.2:3100", "http://172.20.0.3:3100"]);
}

#[test]
fn files_are_read_as_traefiks() {
    let text = "
http:
  routers:
    app: {rule: Host(`a.org`), service: app, entryPoints: [https], middlewares: [auth, h@file]}
  services:
    app:
      loadBalancer:
        servers: [{url: http://10.0.0.1:80}, {url: http://10.0.0.2:80, weight: 3}]
        healthCheck: {path: /ready, interval: 10s, timeout: 3}
  middlewares:
    auth: {basicAuth: {users: ['a:$apr1$x$y'], removeHeader: true}}
    h: {headers: {stsSeconds: 10, frameDeny: true, customRequestHeaders: {X-A: b}}}
    r: {rateLimit: {average: 10, period: 1m, sourceCriterion: {ipStrategy: {excludedIPs: [1.2.3.4]}}}}
";
    let (http, notices) = file::parse(text, "file x").unwrap();
    assert!(notices.is_empty());
    let balancer = http.services["app"].load_balancer.as_ref().unwrap();
    assert_eq!(balancer.servers[1].weight, Some(3));
    assert_eq!(balancer.health_check.as_ref().unwrap().interval.0.as_secs(), 10);
    assert!(balancer.pass_host_header);
    let limit = http.middlewares["r"].rate_limit.as_ref().unwrap();
    assert_eq!(limit.source_criterion.as_ref().unwrap().ip_strategy.as_ref().unwrap().excluded_ips.len(), 1);
    let check = |text: &str, place: &str, part: &str| {
        let (at, message) = file::parse(text, "file x").unwrap_err();
        assert!(at.contains(place) && message.contains(part), "{at}: {message}");
    };
    check("http:\n  routers:\n    a: {rul: x}\n", "http.routers.a", "unknown field");
    check("htp: {}\n", "htp", "unknown section");
    check("http:\n  routers:\n    {{ x }}: 1\n", "the file", "templates");
    check("http: [\n", "line", "");
}

#[test]
fn a_changed_file_is_read_again_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    let config = Config { files: vec![folder.path().display().to_string()], ..Config::default() };
    let discovery = Discovery::new(config, Vec::new());
    let routers = || discovery.sources(Instant::now()).0[0].http.routers.len();
    std::fs::write(&path, "http:\n  routers:\n    a: {rule: Host(`a`), service: x}\n").unwrap();
    assert!(discovery.refresh_files());
    assert!(!discovery.refresh_files());
    assert_eq!(routers(), 1);
    std::fs::write(&path, "http: [").unwrap();
    assert!(discovery.refresh_files());
    assert_eq!(routers(), 1);
    assert!(discovery.sources(Instant::now()).1[0].message.len() > 3);
    std::fs::remove_file(&path).unwrap();
    assert!(discovery.refresh_files());
    assert_eq!(routers(), 0);
}
