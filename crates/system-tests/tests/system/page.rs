//! The page in a real browser against the real program: the browser's side stands in
//! `crates/web-ui/ui/e2e`.

use std::process::Command;

use testkit::{PATIENCE, Setup, await_some, repository_root, require};

use crate::alone;

#[test]
fn the_page_works_in_a_browser() {
    require!(Binary, Bpf, Docker, Chromium);
    let _alone = alone();
    let mut setup = Setup::new();
    setup.auth = true;
    let token =
        setup.command("user").args(["add-token", "browser-test", "--role", "writer"]).output().unwrap();
    assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
    let token = String::from_utf8(token.stdout).unwrap();
    let service = setup.run();
    let code = await_some("the one-time code in the log", PATIENCE, || {
        let log = service.stderr.text();
        Some(log.split_once("one-time code ")?.1.split_whitespace().next()?.to_owned())
    });
    let page = repository_root().join("crates/web-ui/ui");
    let browser = std::env::var("QUAYWATCH_BROWSER").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let done = Command::new("npm")
        .args(["run", "--silent", "e2e"])
        .current_dir(page)
        .env("QUAYWATCH_URL", format!("http://{}", service.setup.ports.web))
        .env("QUAYWATCH_INGEST", format!("http://{}/", service.setup.ports.ingest))
        .env("QUAYWATCH_INGEST_AUTHORIZATION", format!("Bearer {}", token.trim()))
        .env("QUAYWATCH_SETUP_CODE", code)
        .env("QUAYWATCH_USER", "captain")
        .env("QUAYWATCH_PASSWORD", "a password of this test")
        .env("QUAYWATCH_CHROMIUM", browser)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    println!("{text}");
}
