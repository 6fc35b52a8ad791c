//! Alerts that others send: Falco's shape, a token in the URL, and what is refused.

use std::process::Command;

use testkit::{PATIENCE, Quaywatch, Setup, request, require};

use crate::alone;

/// What Falco's `http_output` sends, in our own words.
const FALCO_ALERT: &str = r#"{"hostname":"harbour","output":"08:15:30.123456789: Notice A rope was cut (user=mate user_uid=1000 process=knife parent=sh container_id=0123456789ab)","output_fields":{"container.id":"0123456789ab","container.name":"ropes","evt.time":1764144930123456789,"k8s.ns.name":null,"proc.name":"knife","proc.pname":"sh","user.name":"mate","user.uid":1000},"priority":"Notice","rule":"Rope cut in harbour","source":"syscall","tags":["container","mitre_impact","process"],"time":"TIME"}"#;

/// The sample with the present time: stores take no line from long ago.
pub(crate) fn falco_alert() -> String {
    let now = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"]).output().unwrap();
    FALCO_ALERT.replace("TIME", String::from_utf8(now.stdout).unwrap().trim())
}

#[test]
fn an_alert_of_falcos_shape_is_found_by_logql() {
    require!(Binary);
    let _alone = alone();
    let mut hub = Setup::new().spawn("hub");
    hub.await_ready();
    let alert = falco_alert();
    let sent = request(
        "POST",
        hub.setup.ports.ingest,
        "/",
        &[("content-type", "application/json")],
        alert.as_bytes(),
    );
    let sent = sent.unwrap();
    assert_eq!(sent.status, 200, "{}", sent.text());
    let lines = hub.logql().await_lines("{rule=\"Rope cut in harbour\"}", 1, PATIENCE);
    assert_eq!(lines.len(), 1);
    let stored = lines[0].alert();
    assert_eq!(stored.hostname, "harbour");
    assert_eq!(stored.field_text("proc.name").as_deref(), Some("knife"));
    assert_eq!(stored.field_text("evt.time").as_deref(), Some("1764144930123456789"));
    assert!(!stored.uuid.is_nil());
    refuses_what_is_no_alert(&hub);
}

fn refuses_what_is_no_alert(hub: &Quaywatch) {
    let before = hub.logql().lines("{source=~\".+\"}").len();
    for bad in [
        "no JSON",
        "",
        "42",
        r#"{"rule":"Half an alert"}"#,
        &falco_alert().replace("Notice\",\"rule\"", "Loud\",\"rule\""),
        &falco_alert()[..200],
        &format!("[{},{{\"rule\":\"Half an alert\"}}]", falco_alert()),
    ] {
        let sent = request("POST", hub.setup.ports.ingest, "/", &[], bad.as_bytes()).unwrap();
        assert_eq!(sent.status, 400, "{bad}: {}", sent.text());
        assert!(sent.text().len() > 10, "{bad}: no sentence that says why");
    }
    // What is accepted after it is stored after it, and nothing of the bad ones before it.
    let sent = request("POST", hub.setup.ports.ingest, "/", &[], falco_alert().as_bytes()).unwrap();
    assert_eq!(sent.status, 200);
    let after = hub.logql().await_lines("{source=~\".+\"}", before + 1, PATIENCE);
    assert_eq!(after.len(), before + 1, "{after:?}");
}

#[test]
fn a_token_may_stand_in_the_url() {
    require!(Binary);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    let token = setup.command("user").args(["add-token", "falco", "--role", "writer"]).output().unwrap();
    assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
    let token = String::from_utf8(token.stdout).unwrap();
    let token = token.split_whitespace().last().unwrap_or_default();
    let mut hub = setup.spawn("hub");
    hub.await_ready();
    let post = |target: &str| {
        let sent = request("POST", hub.setup.ports.ingest, target, &[], falco_alert().as_bytes()).unwrap();
        (sent.status, sent.text())
    };
    let (status, why) = post("/");
    assert_eq!(status, 401, "{why}");
    let (status, why) = post("/?token=guessed");
    assert_eq!(status, 401, "{why}");
    let (status, why) = post(&format!("/?token={token}"));
    assert_eq!(status, 200, "{why}");
    // A writer may push and not ask.
    let asked = hub.logql().get("/loki/api/v1/labels", &[]).unwrap();
    assert_eq!(asked.status, 401, "{}", asked.text());
}
