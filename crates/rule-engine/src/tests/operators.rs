//! Every operator, on present, missing and multiple values.

use event::Value;
use telemetry::Registry;

use super::source::{Table, rule, rules, text};
use crate::{Config, Engine};

fn event() -> Table {
    let ip = |address: &str| Value::Ip(address.parse().unwrap());
    Table::new("openat")
        .with("proc.name", text("Bash"))
        .with("fd.name", text("/etc/ssh/sshd_config"))
        .with("fd.num", Value::Int(-2))
        .with("user.uid", Value::Uint(4_294_967_295))
        .with("fd.sport", Value::Uint(80))
        .with("evt.is_open_read", Value::Bool(true))
        .with("fd.sip", ip("10.0.0.1"))
        .with("fd.ip", Value::AnyOf(vec![ip("10.0.0.1"), ip("192.168.0.9")]))
        .with("fd.snet", Value::Net("10.0.0.1".parse().unwrap()))
        .with("evt.buffer", Value::Bytes(b"Hello\x00".to_vec().into()))
        .with("proc.aname", Value::AnyOf(vec![text("sh"), text("sshd")]))
        .with("proc.pname", text("bash"))
        .with("fd.types", Value::List(vec![text("file"), text("ipv4")]))
        .with("proc.args", text("aGk="))
        .with("proc.exepath", text("/usr/bin/"))
        .with("proc.cwd", text(""))
}

fn check(condition: &str, expected: bool) {
    let rules = rules(&rule("r", condition));
    let mut engine = Engine::new(rules, Config::default(), &Registry::default()).unwrap();
    for _ in 0..2 {
        let mut matched = false;
        engine.evaluate(&event(), &mut |_| matched = true);
        assert_eq!(matched, expected, "{condition}");
    }
}

#[test]
fn texts_compare() {
    check("proc.name = Bash", true);
    check("proc.name == bash", false);
    check("proc.name != bash", true);
    check("proc.name in (a, Bash)", true);
    check("proc.name in ()", false);
    check("proc.name intersects (Bash)", true);
    check("fd.name contains /ssh/", true);
    check("fd.name contains ''", true);
    check("fd.name icontains SSHD", true);
    check("fd.name startswith /etc", true);
    check("fd.name endswith config", true);
    check("fd.name glob /etc/*_config", true);
    check("fd.name glob /etc/?_config", false);
    check("proc.name iglob b*H", true);
    check("fd.name regex /etc/[a-z]+/.*", true);
    check("fd.name regex /etc", false);
    check("fd.name pmatch (/var, /etc/ssh)", true);
    check("fd.name pmatch (/etc/ss)", false);
    check("fd.name pmatch (/etc/*/sshd_config)", true);
}

#[test]
fn modifiers_count() {
    check("fd.name startswith oneof (/etc, /etc/ssh)", false);
    check("fd.name startswith oneof (/etc, /var)", true);
    check("fd.name startswith anyof (/etc, /etc/ssh)", true);
    check("fd.name startswith allof (/etc, /etc/ssh)", true);
    check("fd.name startswith allof (/etc, /var)", false);
    check("fd.name startswith allof ()", false);
}

#[test]
fn numbers_booleans_and_addresses_compare() {
    check("fd.num < -1", true);
    check("fd.num >= -2", true);
    check("fd.num in (1, -2)", true);
    check("user.uid = -1", true);
    check("evt.num > -1", false);
    check("fd.sport = http", true);
    check("fd.sport = 65616", true);
    check("fd.num != 99999999999999999999", true);
    check("fd.num < 99999999999999999999", true);
    check("fd.num = 99999999999999999999", false);
    check("evt.is_open_read = true", true);
    check("evt.is_open_read in (false)", false);
    check("fd.sip = 10.0.0.1", true);
    check("fd.sip = \"::1\"", false);
    check("fd.sip != \"::1\"", true);
    check("fd.ip = 192.168.0.9", true);
    check("fd.ip in (192.168.0.9)", true);
    check("fd.ip != 192.168.0.9", false);
    check("fd.ip != 1.1.1.1", true);
    check("fd.snet = \"10.0.0.0/8\"", true);
    check("fd.snet in (1.0.0.0/8, 10.0.0.0/8)", true);
    check("evt.buffer bcontains 6c6c6f", true);
    check("evt.buffer bstartswith 48", true);
}

#[test]
fn missing_values_are_false_for_every_operator() {
    check("proc.exe = x", false);
    check("proc.exe != x", false);
    check("not proc.exe = x", true);
    check("proc.exe exists", false);
    check("proc.cwd exists", true);
    check("proc.exe in (x)", false);
    check("proc.name = val(proc.exe)", false);
    check("proc.name != val(proc.exe)", false);
    check("evt.dir = <", true);
    check("evt.dir = >", false);
    check("evt.latency exists", false);
}

#[test]
fn lists_and_ancestors_compare() {
    check("fd.types in (file, ipv4, x)", true);
    check("fd.types in (file)", false);
    check("fd.types intersects (file)", true);
    check("fd.types exists", true);
    check("proc.aname = sshd", true);
    check("proc.aname contains ss", true);
    check("proc.aname in (sh, x)", true);
    check("proc.aname != sshd", true);
    check("proc.aname != sh and proc.aname != sshd", true);
}

#[test]
fn transformers_transform() {
    check("tolower(proc.name) = bash", true);
    check("tolower(proc.name) = val(proc.pname)", true);
    check("proc.pname = tolower(proc.name)", true);
    check("toupper(proc.name) = BASH", true);
    check("b64(proc.args) = hi", true);
    check("b64(proc.name) exists", true);
    check("b64(fd.name) exists", false);
    check("basename(fd.name) = sshd_config", true);
    check("basename(proc.exepath) = \"\"", true);
    check("len(proc.name) = 4", true);
    check("len(fd.types) = 2", true);
    check("join(\"-\", (proc.name, proc.pname)) = Bash-bash", true);
    check("concat(proc.name, \"+\", proc.exe) exists", false);
    check("concat(proc.name, \"+\") = \"Bash+\"", true);
}

#[test]
fn parts_combine() {
    check("proc.name = x or fd.num = -2 and proc.pname = bash", true);
    check("(proc.name = x or fd.num = -2) and proc.pname = x", false);
    check("not (proc.name = x or proc.name startswith y)", true);
    check("evt.type in (open, openat)", true);
    check("evt.type != openat", false);
    check("evt.type startswith open", true);
    check("proc.name startswith a or proc.name startswith B or proc.name startswith Ba", true);
    check("proc.name = a or proc.name in (b, Bash)", true);
}
