//! Access as the listeners and the command line use it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Access, AccessError, Denied, Presented, Right, Role, SetupError, limits};

const PASSWORD: &str = "correct horse battery";
const START_MS: u64 = 1_700_000_000_000;

struct Door {
    access: Access,
    clock: Arc<AtomicU64>,
    dir: tempfile::TempDir,
}

fn door() -> Door {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(AtomicU64::new(START_MS));
    let access = open(&dir, &clock);
    Door { access, clock, dir }
}

fn open(dir: &tempfile::TempDir, clock: &Arc<AtomicU64>) -> Access {
    let clock = clock.clone();
    Access::open_with_clock(dir.path(), Box::new(move || clock.load(Ordering::Relaxed))).unwrap()
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

fn by_header(access: &Access, header: &str, right: Right) -> Result<Role, Denied> {
    let presented = Presented { authorization: Some(header), ..Presented::default() };
    access.authorize(&presented, right).map(|identity| identity.role)
}

fn by_session(access: &Access, id: &str) -> Result<String, Denied> {
    let presented = Presented { session: Some(id), ..Presented::default() };
    access.authorize(&presented, Right::Read).map(|identity| identity.name)
}

#[test]
fn roles_allow_what_they_say() {
    let check = |role: Role, expected: [bool; 3]| {
        let found = [Right::Read, Right::Write, Right::Administer].map(|right| role.allows(right));
        assert_eq!(found, expected, "{role}");
    };
    check(Role::Reader, [true, false, false]);
    check(Role::Writer, [false, true, false]);
    check(Role::Admin, [true, true, true]);
}

#[test]
fn basic_bearer_and_url_tokens_are_recognised() {
    let Door { access, dir: _dir, .. } = door();
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    let token = access.add_token("falco", Role::Writer, None).unwrap();
    assert_eq!(by_header(&access, &basic("anna", PASSWORD), Right::Read), Ok(Role::Reader));
    assert_eq!(by_header(&access, &basic("anna", PASSWORD), Right::Write), Err(Denied::Forbidden));
    assert_eq!(by_header(&access, &basic("anna", "wrong password"), Right::Read), Err(Denied::Wrong));
    assert_eq!(by_header(&access, &basic("nobody", PASSWORD), Right::Read), Err(Denied::Wrong));
    assert_eq!(by_header(&access, &format!("Bearer {token}"), Right::Write), Ok(Role::Writer));
    assert_eq!(by_header(&access, &basic("any", &token), Right::Write), Ok(Role::Writer));
    assert_eq!(by_header(&access, "Bearer x", Right::Write), Err(Denied::Wrong));
    assert_eq!(by_header(&access, "nonsense", Right::Write), Err(Denied::Wrong));
    let in_url = Presented { url_token: Some(&token), ..Presented::default() };
    assert_eq!(access.authorize(&in_url, Right::Write).unwrap().name, "falco");
    assert_eq!(access.authorize(&Presented::default(), Right::Read), Err(Denied::Missing));
    assert_eq!(Access::off().authorize(&Presented::default(), Right::Administer).unwrap().name, "anonymous");
}

#[test]
fn changes_by_another_process_are_noticed() {
    let Door { access, clock, dir } = door();
    let command_line = open(&dir, &clock);
    command_line.add_user("anna", Role::Admin, PASSWORD).unwrap();
    assert_eq!(by_header(&access, &basic("anna", PASSWORD), Right::Read), Ok(Role::Admin));
    let token = command_line.add_token("t", Role::Reader, None).unwrap();
    assert_eq!(by_header(&access, &format!("Bearer {token}"), Right::Read), Ok(Role::Reader));
    command_line.remove_token("t").unwrap();
    command_line.set_password("anna", "another good one").unwrap();
    clock.fetch_add(limits::RELOAD_INTERVAL_MS, Ordering::Relaxed);
    assert_eq!(by_header(&access, &format!("Bearer {token}"), Right::Read), Err(Denied::Wrong));
    assert_eq!(by_header(&access, &basic("anna", PASSWORD), Right::Read), Err(Denied::Wrong));
    assert_eq!(by_header(&access, &basic("anna", "another good one"), Right::Read), Ok(Role::Admin));
    let names: Vec<String> = access.users().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["anna"]);
}

#[test]
fn files_are_private_and_hold_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let Door { access, dir, .. } = door();
    access.add_user("anna", Role::Admin, PASSWORD).unwrap();
    let token = access.add_token("t", Role::Reader, None).unwrap();
    let session = access.login("anna", PASSWORD, None).unwrap().unwrap();
    for name in ["users.json", "sessions.json"] {
        let path = dir.path().join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        let text = std::fs::read_to_string(&path).unwrap();
        for secret in [PASSWORD, &token, &session.id] {
            assert!(!text.contains(secret), "{name}");
        }
    }
}

#[test]
fn the_one_time_code_makes_one_admin() {
    let Door { access, dir: _dir, .. } = door();
    assert!(access.needs_setup());
    assert!(matches!(access.setup("", "anna", PASSWORD), Err(SetupError::CodeVoid)));
    let code = access.setup_code().unwrap();
    let wrong = access.setup("AAAA-AAAA-AAAA", "anna", PASSWORD);
    assert!(matches!(wrong, Err(SetupError::WrongCode { tries_left: 9 })), "{wrong:?}");
    let short = access.setup(&code, "anna", "short");
    assert!(matches!(short, Err(SetupError::Access(AccessError::PasswordTooShort))), "{short:?}");
    let session = access.setup(&code.to_lowercase(), "anna", PASSWORD).unwrap();
    assert_eq!(session.identity.role, Role::Admin);
    assert_eq!(by_session(&access, &session.id).as_deref(), Ok("anna"));
    assert!(!access.needs_setup());
    assert!(matches!(access.setup(&code, "eve", PASSWORD), Err(SetupError::AlreadyDone)));
    assert_eq!(access.setup_code(), None);
}

#[test]
fn the_one_time_code_dies_of_guesses_and_of_age() {
    let Door { access, clock, dir: _dir } = door();
    let code = access.setup_code().unwrap();
    for _ in 0..limits::SETUP_TRIES_MAX {
        assert!(access.setup("wrong", "eve", PASSWORD).is_err());
    }
    assert!(matches!(access.setup(&code, "anna", PASSWORD), Err(SetupError::CodeVoid)));
    let code = access.setup_code().unwrap();
    clock.fetch_add(limits::SETUP_LIFETIME_MS, Ordering::Relaxed);
    assert!(matches!(access.setup(&code, "anna", PASSWORD), Err(SetupError::CodeVoid)));
}

#[test]
fn sessions_survive_a_restart_and_end() {
    let Door { access, clock, dir } = door();
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    let first = access.login("anna", PASSWORD, None).unwrap().unwrap();
    let second = access.login("anna", PASSWORD, None).unwrap().unwrap();
    let access = open(&dir, &clock);
    assert_eq!(by_session(&access, &first.id).as_deref(), Ok("anna"));
    access.logout(&first.id).unwrap();
    assert_eq!(by_session(&access, &first.id), Err(Denied::Wrong));
    assert_eq!(by_session(&access, &second.id).as_deref(), Ok("anna"));
    clock.fetch_add(limits::SESSION_LIFETIME_S * 1000, Ordering::Relaxed);
    assert_eq!(by_session(&access, &second.id), Err(Denied::Wrong));
    let third = access.login("anna", PASSWORD, None).unwrap().unwrap();
    access.set_password("anna", "another good one").unwrap();
    assert_eq!(by_session(&access, &third.id), Err(Denied::Wrong));
}

#[test]
fn sessions_of_a_user_are_bounded() {
    let Door { access, clock, dir: _dir } = door();
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    let mut ids = Vec::new();
    for _ in 0..=limits::SESSIONS_PER_USER_MAX {
        clock.fetch_add(1_000, Ordering::Relaxed);
        ids.push(access.login("anna", PASSWORD, None).unwrap().unwrap().id);
    }
    assert_eq!(by_session(&access, &ids[0]), Err(Denied::Wrong));
    assert!(by_session(&access, &ids[1]).is_ok());
}

#[test]
fn wrong_passwords_are_slowed_but_working_clients_are_not() {
    let Door { access, clock, dir: _dir } = door();
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    let token = access.add_token("t", Role::Reader, None).unwrap();
    let try_as = |password: &str| {
        let header = basic("anna", password);
        let peer = Some("192.0.2.1".parse().unwrap());
        let presented = Presented { authorization: Some(&header), peer, ..Presented::default() };
        access.authorize(&presented, Right::Read).map(|_| ())
    };
    try_as(PASSWORD).unwrap();
    for _ in 0..limits::ADDRESS_FAILURES_FREE {
        assert_eq!(try_as("wrong password"), Err(Denied::Wrong));
    }
    assert_eq!(try_as("wrong password"), Err(Denied::Throttled { retry_after_s: 1 }));
    assert_eq!(try_as(PASSWORD), Ok(()), "verified before");
    assert!(by_header(&access, &format!("Bearer {token}"), Right::Read).is_ok());
    clock.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(try_as("wrong password"), Err(Denied::Wrong));
}

#[test]
fn tokens_expire_and_names_are_unique() {
    let Door { access, clock, dir: _dir } = door();
    let hour = std::time::Duration::from_secs(3600);
    let token = format!("Bearer {}", access.add_token("t", Role::Reader, Some(hour)).unwrap());
    assert!(matches!(access.add_token("t", Role::Reader, None), Err(AccessError::TokenExists(_))));
    assert!(by_header(&access, &token, Right::Read).is_ok());
    clock.fetch_add(3_600_000, Ordering::Relaxed);
    assert_eq!(by_header(&access, &token, Right::Read), Err(Denied::Wrong));
    assert!(access.add_token("t", Role::Reader, None).is_ok());
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    assert!(matches!(access.add_user("anna", Role::Reader, PASSWORD), Err(AccessError::UserExists(_))));
    assert!(matches!(access.add_user("a:b", Role::Reader, PASSWORD), Err(AccessError::BadName(_))));
    assert!(matches!(access.remove_user("eve"), Err(AccessError::NoSuchUser(_))));
}

#[test]
fn a_damaged_file_is_named_and_does_not_open_the_door() {
    let Door { access, dir, clock } = door();
    access.add_user("anna", Role::Reader, PASSWORD).unwrap();
    std::fs::write(dir.path().join("users.json"), "nonsense").unwrap();
    clock.fetch_add(limits::RELOAD_INTERVAL_MS, Ordering::Relaxed);
    assert_eq!(by_header(&access, &basic("anna", PASSWORD), Right::Read), Ok(Role::Reader));
    let error = Access::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("users.json is damaged"), "{error}");
}

#[test]
fn logins_refusals_and_changes_are_noted() {
    let Door { access, dir, clock } = door();
    let heard = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    access.on_audit(Box::new(move |event| {
        sink.lock().push(format!("{:?} {} {}", event.action, event.user, event.detail));
    }));
    let check = |expected: &[&str]| assert_eq!(std::mem::take(&mut *heard.lock()), expected);

    access.add_user("ann", Role::Reader, PASSWORD).unwrap();
    check(&["UserAdded ann reader"]);
    // Another process, as the command line is.
    open(&dir, &clock).set_password("ann", "another battery").unwrap();
    clock.fetch_add(limits::RELOAD_INTERVAL_MS, Ordering::Relaxed);
    let session = access.login("ann", "another battery", None).unwrap().unwrap();
    check(&["UserChanged ann password", "Login ann reader"]);
    assert_eq!(by_header(&access, &basic("ann", PASSWORD), Right::Read), Err(Denied::Wrong));
    assert_eq!(by_header(&access, &basic("ann", "another battery"), Right::Write), Err(Denied::Forbidden));
    let refused = [
        "Refused ann the user, password, token or session is wrong or no longer valid",
        "Refused ann your role does not allow this",
    ];
    check(&refused);
    assert_eq!(access.authorize(&Presented::default(), Right::Read), Err(Denied::Missing));
    access.logout(&session.id).unwrap();
    access.remove_user("ann").unwrap();
    check(&["Logout ann ", "UserRemoved ann reader"]);
}
