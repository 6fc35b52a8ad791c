//! Falco's stock rules on the activity that the golden cases were recorded from, live. In real Falco
//! it makes 85 of the 93 rules fire.
//!
//! The rules and the scripts are not ours: they are found through QUAYWATCH_CASES. The scripts run
//! under a throw-away layer over the host's files and in a network of their own (`lab.sh`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use testkit::{Quaywatch, Setup, await_until, repository_root, require};

use crate::alone;

const IMAGE: &str = "quaywatch-test-lab";

/// Rules that this activity cannot fire, each with the reason.
const NEVER: [(&str, &str); 4] = [
    ("Contact K8S API Server From Container", "no address has the name of a Kubernetes service here"),
    ("Detect outbound connections to common miner pool ports", "no address has the name of a pool here"),
    ("Launch Disallowed Container", "asks for a container without an id"),
    ("Network Connection outside Local Subnet", "its list of namespaces is empty"),
];

/// Rules about privileged containers, which not every machine can run.
const PRIVILEGED: [&str; 3] = [
    "Debugfs Launched in Privileged Container",
    "Launch Privileged Container",
    "Mount Launched in Privileged Container",
];

/// The laboratory; gone when this value is.
struct Lab {
    folder: PathBuf,
}

impl Lab {
    fn script() -> PathBuf {
        repository_root().join("crates/system-tests/tests/system/stock_load/lab.sh")
    }

    fn prepare(folder: &Path, load: &Path) -> Lab {
        let lab = Lab { folder: folder.to_owned() };
        let output =
            Command::new("bash").arg(Lab::script()).arg("prepare").args([folder, load]).arg(IMAGE).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        lab
    }

    /// Runs a script to its end; what it prints is its own.
    fn run(&self, script: &str) {
        let mut command = Command::new("bash");
        command.arg(Lab::script()).arg("run").arg(&self.folder).arg(script);
        let output = command.output().unwrap();
        println!("{script}: {}", output.status);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new("bash").arg(Lab::script()).arg("remove").arg(&self.folder).arg(IMAGE).status();
    }
}

/// Names of the rules of a file, and of those of them that are off.
fn rules_of(path: &Path) -> (Vec<String>, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    let (mut names, mut off) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("- rule: ") {
            names.push(name.trim().to_owned());
        } else if line == "  enabled: false" {
            off.extend(names.last().cloned());
        }
    }
    (names, off)
}

/// A configuration with the stock rules, all of them on; their names.
fn with_stock_rules(setup: &mut Setup, rules: &Path) -> BTreeSet<String> {
    let files = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];
    let files: Vec<PathBuf> = files.iter().map(|name| rules.join(name)).collect();
    let (mut names, mut switches) = (BTreeSet::new(), String::new());
    for path in &files {
        let (own, off) = rules_of(path);
        names.extend(own);
        for name in off {
            switches += &format!("- rule: {name}\n  enabled: true\n  override:\n    enabled: replace\n");
        }
    }
    let switches_path = setup.folder().join("enable.yaml");
    fs::write(&switches_path, switches).unwrap();
    let list: String =
        files.iter().chain([&switches_path]).map(|path| format!("    - {}\n", path.display())).collect();
    setup.sensor_config = format!("  rules_files:\n{list}  rules:\n    rule_matching: all\n");
    names
}

fn fired(service: &Quaywatch) -> BTreeSet<String> {
    service.stdout.alerts_from(0).into_iter().map(|alert| alert.rule).collect()
}

#[test]
fn the_recorded_activity_fires_the_stock_rules() {
    require!(Binary, Bpf, Docker);
    let Some(cases) = std::env::var_os("QUAYWATCH_CASES") else {
        println!("skipped: QUAYWATCH_CASES is not set");
        return;
    };
    let _alone = alone();
    let cases = PathBuf::from(cases).join("falco");
    let mut setup = Setup::new();
    let names = with_stock_rules(&mut setup, &cases.join("rules"));
    assert_eq!(names.len(), 93);
    let lab = Lab::prepare(&setup.folder().join("lab"), &cases.join("load"));
    let service = setup.run();
    // The sensor watches when a marker of the first script's kind arrives.
    await_until("the sensor to see", Duration::from_secs(30), || {
        drop(fs::read("/etc/shadow"));
        let _ = Command::new("cat").arg("/etc/shadow").output();
        !fired(&service).is_empty()
    });
    for script in ["detect.lab.sh", "net.lab.sh", "privileged.lab.sh"] {
        lab.run(script);
    }
    let expected: BTreeSet<String> = names
        .iter()
        .filter(|name| !NEVER.iter().any(|(never, _)| never == name))
        .filter(|name| !PRIVILEGED.contains(&name.as_str()))
        .cloned()
        .collect();
    // What the last container did may still be on its way.
    await_until("the alerts of the last script", Duration::from_secs(60), || {
        expected.is_subset(&fired(&service))
    });
    let all = fired(&service);
    println!("{} of {} rules fired", names.intersection(&all).count(), names.len());
    if !PRIVILEGED.iter().all(|name| all.contains(*name)) {
        println!("not checked: this machine runs no privileged containers");
    }
}

/// What an alert says, but when: two sensors see one event some microseconds apart.
fn said(service: &Quaywatch) -> BTreeMap<String, usize> {
    let mut said = BTreeMap::new();
    for alert in service.stdout.alerts_from(0) {
        let field = |name: &str| alert.field_text(name).unwrap_or_default();
        if field("container.name") != "qw-filter" {
            continue;
        }
        let fields = ["evt.type", "proc.cmdline", "proc.pname", "user.uid", "fd.name"].map(field);
        *said.entry(format!("{}: {}", alert.rule, fields.join(" | "))).or_default() += 1;
    }
    said
}

#[test]
fn the_kernel_filter_costs_no_alert() {
    require!(Binary, Bpf, Docker);
    let Some(cases) = std::env::var_os("QUAYWATCH_CASES") else {
        println!("skipped: QUAYWATCH_CASES is not set");
        return;
    };
    let _alone = alone();
    let cases = PathBuf::from(cases).join("falco");
    let mut filtered = Setup::new();
    with_stock_rules(&mut filtered, &cases.join("rules"));
    let mut unfiltered = Setup::new();
    with_stock_rules(&mut unfiltered, &cases.join("rules"));
    // Every occurrence from every process of the host: room for what is not read at once.
    unfiltered.probes_config = "    kernel_filter: false\n    ring_bytes: 268435456\n".to_owned();
    let lab = Lab::prepare(&filtered.folder().join("lab"), &cases.join("load"));
    let (filtered, unfiltered) = (filtered.run(), unfiltered.run());
    for service in [&filtered, &unfiltered] {
        await_until("the sensor to see", Duration::from_secs(30), || {
            let _ = Command::new("cat").arg("/etc/shadow").output();
            !fired(service).is_empty()
        });
    }
    lab.run("filter.lab.sh");
    // The last thing the script does is seen by both, and nothing comes behind it.
    let last = |service: &Quaywatch| {
        service.stdout.alerts_from(0).iter().any(|alert| {
            alert.rule == "BPF Program Not Profiled"
                && alert.field_text("container.name").as_deref() == Some("qw-filter")
        })
    };
    await_until("the end of the script", Duration::from_secs(120), || last(&filtered) && last(&unfiltered));
    let (with, without) = (said(&filtered), said(&unfiltered));
    assert!(with.len() > 15, "{with:#?}");
    let differs = |a: &BTreeMap<String, usize>, b: &BTreeMap<String, usize>| {
        a.iter()
            .filter(|(key, count)| b.get(*key) != Some(count))
            .map(|(key, _)| key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(with, without, "{:#?} {:#?}", differs(&with, &without), differs(&without, &with));
}
