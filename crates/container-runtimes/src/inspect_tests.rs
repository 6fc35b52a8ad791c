//! Answers of Docker as recorded, and what is made of them.

use super::*;

const ID: &str = "e8fa3085b84ad38d875c1f4dee5a567fc88b3092caa943500ea820aaba336b91";

fn inspected(json: &str, facts: Option<&ImageFacts>) -> Container {
    from_inspection(ContainerId::new(ID), Runtime::Docker, serde_json::from_str(json).unwrap(), facts)
}

#[test]
fn an_inspection_is_read() {
    let facts = ImageFacts { first_tag: None, repo_digests: vec!["ghcr.io/acme/web@sha256:ab".into()] };
    let found = inspected(
        r#"{"Id":"e8","Created":"2026-11-23T06:33:44.664916963Z","Name":"/shop-web-1","Image":"sha256:e32e",
            "State":{"Status":"running","StartedAt":"2026-11-23T06:33:45Z"},
            "HostConfig":{"Privileged":true,"PidMode":"host","NetworkMode":"default","IpcMode":"private"},
            "Mounts":[{"Type":"bind","Source":"/var/run/docker.sock","Destination":"/var/run/docker.sock",
                       "Mode":"ro","RW":false,"Propagation":"rprivate"}],
            "Config":{"Image":"ghcr.io/acme/web:1.2","Labels":{"com.docker.compose.project":"shop",
                      "com.docker.compose.service":"web","a":"b"},
                      "Healthcheck":{"Test":["CMD-SHELL","curl -f http://localhost/"]}},
            "NetworkSettings":{"Networks":{"b":{"IPAddress":"172.18.0.3"},"a":{"IPAddress":""}}}}"#,
        Some(&facts),
    );
    assert_eq!(found.name.as_deref(), Some("shop-web-1"));
    assert_eq!(found.image_repository.as_deref(), Some("ghcr.io/acme/web"));
    assert_eq!(found.image_tag.as_deref(), Some("1.2"));
    assert_eq!(found.image_digest.as_deref(), Some("sha256:ab"));
    assert_eq!(found.image_id.as_deref(), Some("e32e"));
    assert_eq!(found.label("a"), Some("b"));
    assert_eq!(found.compose_project.as_deref(), Some("shop"));
    assert_eq!(found.compose_service.as_deref(), Some("web"));
    assert_eq!((found.privileged, found.host_pid, found.host_network), (Some(true), Some(true), Some(false)));
    assert_eq!(found.started_ns, Some(1_795_415_625_000_000_000));
    assert_eq!(found.ip.as_deref(), Some("172.18.0.3"));
    assert_eq!(found.healthcheck.as_deref().map(<[_]>::len), Some(2));
    assert_eq!(found.state, State::Running);
    let mount = &found.mounts[0];
    assert_eq!(
        (mount.source.as_str(), mount.writable, mount.propagation.as_str()),
        ("/var/run/docker.sock", false, "rprivate")
    );
}

#[test]
fn a_container_never_started_has_no_start() {
    let found = inspected(r#"{"State":{"Status":"created","StartedAt":"0001-01-01T00:00:00Z"}}"#, None);
    assert_eq!((found.started_ns, found.state), (None, State::Created));
}

#[test]
fn an_image_given_by_id_gets_its_name() {
    let facts = ImageFacts { first_tag: Some("qtest:latest".into()), repo_digests: Vec::new() };
    let json = r#"{"Image":"sha256:e32e5b4a5c24","Config":{"Image":"e32e5b4a5c24"}}"#;
    let found = inspected(json, Some(&facts));
    assert_eq!(found.image.as_deref(), Some("qtest:latest"));
    assert_eq!(found.image_repository.as_deref(), Some("qtest"));
    let found = inspected(json, None);
    assert_eq!((found.image.as_deref(), found.image_repository), (Some("e32e5b4a5c24"), None));
}

#[test]
fn an_event_names_a_container() {
    let attributes = [("name", "box"), ("image", "alpine"), ("team", "red"), ("exitCode", "0")];
    let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let found = from_event(ContainerId::new(ID), Runtime::Docker, attributes);
    assert_eq!(found.name.as_deref(), Some("box"));
    assert_eq!((found.image.as_deref(), found.image_tag.as_deref()), (Some("alpine"), Some("latest")));
    assert_eq!(found.labels.len(), 1);
    assert!(!found.complete);
}
