//! Alerts made up for the demo, some of them hostile.

use alert::Alert;
use serde_json::{Value, json};

/// A rule with what its alerts look like.
struct Kind {
    rule: &'static str,
    priority: &'static str,
    tags: &'static [&'static str],
    text: &'static str,
    proc: &'static str,
    cmdline: &'static str,
    parents: &'static [&'static str],
    file: Option<&'static str>,
    weight: u64,
}

const KINDS: &[Kind] = &[
    Kind {
        rule: "Terminal shell in container",
        priority: "Notice",
        tags: &["T1059", "container", "mitre_execution", "shell"],
        text: "A shell was spawned in a container with an attached terminal",
        proc: "sh",
        cmdline: "sh -c ls -la /",
        parents: &["runc", "containerd-shim", "systemd"],
        file: None,
        weight: 40,
    },
    Kind {
        rule: "Write below etc in container",
        priority: "Error",
        tags: &["T1543", "container", "filesystem", "mitre_persistence"],
        text: "A file below /etc was opened for writing",
        proc: "touch",
        cmdline: "touch /etc/cron.d/x",
        parents: &["sh", "node", "containerd-shim", "systemd"],
        file: Some("/etc/cron.d/x"),
        weight: 12,
    },
    Kind {
        rule: "Package manager run in container",
        priority: "Warning",
        tags: &["T1505", "container", "mitre_persistence", "process", "software_mgmt"],
        text: "A package manager was run in a container",
        proc: "apk",
        cmdline: "apk add curl socat nmap",
        parents: &["sh", "entrypoint.sh", "containerd-shim", "systemd"],
        file: None,
        weight: 16,
    },
    Kind {
        rule: "Read sensitive file untrusted",
        priority: "Warning",
        tags: &["T1555", "container", "filesystem", "host", "mitre_credential_access"],
        text: "A sensitive file was opened for reading by a program that usually does not",
        proc: "cat",
        cmdline: "cat /etc/shadow",
        parents: &["bash", "sshd", "systemd"],
        file: Some("/etc/shadow"),
        weight: 10,
    },
    Kind {
        rule: "Drop and execute new binary in container",
        priority: "Critical",
        tags: &["PCI_DSS_11.5.1", "TA0003", "container", "mitre_persistence", "process"],
        text: "A binary that is not part of the image was executed",
        proc: "xmrig",
        cmdline: "xmrig -o pool.example.net:3333 -u 4AdUndXHHZ6cfufTMvppY6JwXNouMBzSkbLYfpAV5Usx",
        parents: &["sh", "java", "containerd-shim", "systemd"],
        file: Some("/tmp/.x/xmrig"),
        weight: 3,
    },
    Kind {
        rule: "Unexpected network tool launched in container",
        priority: "Notice",
        tags: &["T1046", "container", "mitre_discovery", "network", "process"],
        text: "A network tool was launched in a container",
        proc: "nmap",
        cmdline: "nmap -sS 10.0.0.0/24",
        parents: &["bash", "python3", "containerd-shim", "systemd"],
        file: None,
        weight: 8,
    },
    Kind {
        rule: "Clear log activities",
        priority: "Alert",
        tags: &["T1070", "container", "filesystem", "host", "mitre_defense_evasion"],
        text: "A log file was cleared",
        proc: "truncate",
        cmdline: "truncate -s 0 /var/log/auth.log",
        parents: &["bash", "cron", "systemd"],
        file: Some("/var/log/auth.log"),
        weight: 2,
    },
];

const CONTAINERS: &[(&str, &str, &str)] = &[
    ("n8n", "docker.io/n8nio/n8n", "1.70.2"),
    ("nextcloud-app-1", "docker.io/library/nextcloud", "30-apache"),
    ("postgres", "docker.io/library/postgres", "17.2"),
    ("jellyfin", "docker.io/jellyfin/jellyfin", "10.10.3"),
    ("gitea", "docker.io/gitea/gitea", "1.22"),
    ("home-assistant", "ghcr.io/home-assistant/home-assistant", "2026.11"),
];

/// Names an attacker would choose.
const HOSTILE: &[&str] = &[
    "<img src=x onerror=alert(1)>",
    "\u{202e}gpj.exe\u{202c}",
    "\u{1b}[31mred\u{1b}[0m\r\n\u{7}bell\u{200b}",
    "javascript:alert(document.cookie)//",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// A small generator, so that every demo shows the same.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(usize::try_from(self.below(all.len() as u64)).ok()?)
    }
}

/// One alert at this time; about one in 40 is hostile.
pub(crate) fn alert(random: &mut Random, time_ns: i64) -> Option<Alert> {
    let mut ticket = random.below(KINDS.iter().map(|kind| kind.weight).sum());
    let kind = KINDS.iter().find(|kind| {
        let hit = ticket < kind.weight;
        ticket = ticket.saturating_sub(kind.weight);
        hit
    })?;
    let (container, image, tag) = random.of(CONTAINERS)?;
    let on_host = random.below(12) == 0;
    let hostile = (random.below(40) == 0).then(|| random.of(HOSTILE)).flatten();
    let proc = hostile.copied().unwrap_or(kind.proc);
    let cmdline = hostile.map_or(kind.cmdline.to_owned(), |name| format!("{name} {name}"));
    let mut fields = json!({
        "container.id": if on_host { "host" } else { "3f1c9a7be204" },
        "container.name": if on_host { "host" } else { *container },
        "container.image.repository": if on_host { Value::Null } else { (*image).into() },
        "container.image.tag": if on_host { Value::Null } else { (*tag).into() },
        "evt.time": time_ns,
        "evt.type": if kind.file.is_some() { "openat" } else { "execve" },
        "user.name": "root",
        "user.uid": 0,
        "proc.name": proc,
        "proc.exepath": format!("/usr/bin/{proc}"),
        "proc.cmdline": cmdline,
        "proc.pid": 4_000 + random.below(20_000),
        "proc.pname": kind.parents.first(),
        "proc.pcmdline": kind.parents.first().map(|name| format!("{name} -c run")),
        "proc.tty": 34_816,
    });
    let object = fields.as_object_mut()?;
    for (index, name) in kind.parents.iter().enumerate().skip(1) {
        object.insert(format!("proc.aname[{}]", index + 1), (*name).into());
    }
    if let Some(file) = kind.file {
        object.insert("fd.name".to_owned(), file.into());
    }
    let mut line = json!({
        "time": "1970-01-01T00:00:00Z",
        "rule": kind.rule,
        "priority": kind.priority,
        "source": "syscall",
        "hostname": "nas",
        "output": format!("12:00:00.000000000: {} {} (container={container} image={image}:{tag} process={proc} \
            command={cmdline} parent={} user=root)", kind.priority, kind.text, kind.parents.first().unwrap_or(&"")),
        "tags": kind.tags,
    });
    line.as_object_mut()?.insert("output_fields".to_owned(), fields);
    let mut alert = Alert::parse_json(line.to_string().as_bytes(), None).ok()?;
    alert.time_ns = time_ns;
    Some(alert)
}
