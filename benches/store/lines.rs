//! Alerts as Falco writes them, about 1.1 kB each, over 24 hours: 20 rules, 16 containers, a few
//! values that differ on every line, and one needle.

use std::collections::HashMap;

use log_record::{Batch, Entry, Labels, StreamEntries};

/// 2026-01-01T00:00:00Z.
pub(crate) const START_NS: i64 = 1_767_225_600_000_000_000;
pub(crate) const HOUR_NS: i64 = 3_600_000_000_000;
/// In one line only.
pub(crate) const NEEDLE: &str = "zq7d31f09ab45c6e82";

const RULES: [(&str, &str, &str); 20] = [
    ("Terminal shell in container", "Notice", "A shell with a terminal was started in a container"),
    (
        "Read sensitive file untrusted",
        "Warning",
        "A sensitive file was opened by a program that is not trusted",
    ),
    (
        "Read sensitive file trusted after startup",
        "Warning",
        "A sensitive file was opened long after startup",
    ),
    (
        "Directory traversal monitored file read",
        "Warning",
        "A monitored file was read by way of dots in its path",
    ),
    ("Run shell untrusted", "Notice", "A shell was started by a program that is not trusted"),
    ("System user interactive", "Informational", "A system user ran a command by hand"),
    ("Contact API server from container", "Notice", "A container connected to the API server of the cluster"),
    (
        "Netcat with a shell in container",
        "Warning",
        "Netcat runs in a container in a way that allows remote commands",
    ),
    ("Search private keys or passwords", "Warning", "Something looked for private keys or passwords"),
    ("Clear log activities", "Warning", "A log file was emptied"),
    ("Remove bulk data from disk", "Warning", "Much data was removed from a disk at once"),
    ("Create symlink over sensitive files", "Warning", "A symbolic link was made over a sensitive file"),
    ("Packet socket created in container", "Notice", "A packet socket was made in a container"),
    ("Redirect stdout to network connection", "Notice", "Standard output was tied to a network connection"),
    ("Kernel module injection detected", "Critical", "A kernel module was loaded from a container"),
    ("Ptrace attached to process", "Warning", "A process attached to another one"),
    ("Drop and execute new binary in container", "Critical", "A binary that is not in the image was run"),
    ("Fileless execution", "Critical", "A program was run from memory only"),
    ("Package management process in container", "Error", "A package manager was started in a container"),
    ("Write below etc", "Error", "A file below /etc was opened for writing"),
];
const CONTAINERS: [(&str, &str, &str); 16] = [
    ("nzbget", "lscr.io/linuxserver/nzbget", "v24.3"),
    ("plex", "plexinc/pms-docker", "1.41.0"),
    ("sonarr", "lscr.io/linuxserver/sonarr", "4.0.9"),
    ("radarr", "lscr.io/linuxserver/radarr", "5.11.0"),
    ("postgres", "postgres", "16.4-alpine"),
    ("redis", "redis", "7.4-alpine"),
    ("nginx", "nginx", "1.27.1"),
    ("traefik", "traefik", "v3.1.2"),
    ("grafana", "grafana/grafana", "11.2.0"),
    ("prometheus", "prom/prometheus", "v2.54.1"),
    ("homeassistant", "ghcr.io/home-assistant/home-assistant", "2024.9"),
    ("nextcloud", "nextcloud", "29-apache"),
    ("vaultwarden", "vaultwarden/server", "1.32.0"),
    ("gitea", "gitea/gitea", "1.22.2"),
    ("jellyfin", "jellyfin/jellyfin", "10.9.10"),
    ("adguard", "adguard/adguardhome", "v0.107.52"),
];
const PROCESSES: [(&str, &str, &str); 10] = [
    ("bash", "/bin/bash", "bash -l"),
    ("sh", "/bin/sh", "sh -c /healthcheck.sh"),
    ("apk", "/sbin/apk", "apk add --no-cache curl"),
    ("apt-get", "/usr/bin/apt-get", "apt-get update -qq"),
    ("curl", "/usr/bin/curl", "curl -fsSL http://127.0.0.1:8080/health"),
    ("python3", "/usr/bin/python3", "python3 /app/main.py --reload"),
    ("cat", "/bin/cat", "cat /etc/shadow"),
    ("nginx", "/usr/sbin/nginx", "nginx -g daemon off;"),
    ("node", "/usr/local/bin/node", "node /srv/index.js"),
    ("postgres", "/usr/local/bin/postgres", "postgres -D /var/lib/postgresql/data"),
];
const FILES: [&str; 6] = [
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/passwd",
    "/var/log/auth.log",
    "/root/.ssh/authorized_keys",
    "/etc/crontab",
];
const PRIORITIES: [&str; 6] = ["Critical", "Error", "Warning", "Notice", "Informational", "Debug"];
const USERS: [(&str, u32); 5] =
    [("root", 0), ("abc", 911), ("www-data", 33), ("postgres", 70), ("nobody", 65534)];

/// Makes one writer's lines: every `writers`-th of all.
pub(crate) struct Generator {
    random: u64,
    next: usize,
    writers: usize,
    count: usize,
    labels: HashMap<(usize, usize), Labels>,
}

impl Generator {
    pub(crate) fn new(writer: usize, writers: usize, count: usize) -> Self {
        Generator { random: 42 + writer as u64, next: writer, writers, count, labels: HashMap::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.random >> 33) as usize * bound) >> 31
    }

    /// A batch as a client sends it, and the bytes of its lines.
    pub(crate) fn batch(&mut self, lines: usize) -> (Batch, usize) {
        let mut streams: HashMap<(usize, usize), Vec<Entry>> = HashMap::new();
        let mut bytes = 0;
        for _ in 0..lines {
            let (key, entry) = self.entry();
            bytes += entry.line.len();
            streams.entry(key).or_default().push(entry);
        }
        let streams = streams.into_iter().map(|((rule, priority), entries)| {
            let labels = self.labels.entry((rule, priority)).or_insert_with(|| {
                let (rule, priority) = (RULES[rule].0, PRIORITIES[priority]);
                Labels::new([
                    ("hostname", "node-1"),
                    ("priority", priority),
                    ("rule", rule),
                    ("source", "syscall"),
                ])
            });
            StreamEntries { labels: labels.clone(), entries }
        });
        (Batch { tenant: "fake".to_owned(), streams: streams.collect(), mark: None }, bytes)
    }

    fn entry(&mut self) -> ((usize, usize), Entry) {
        let step = 24 * HOUR_NS / (self.count as i64 + 1);
        let timestamp_ns = START_NS + self.next as i64 * step + self.below(step.max(1) as usize) as i64;
        let is_needle = self.next == self.count * 618 / 1000;
        self.next += self.writers;
        let rule = self.below(20).min(self.below(20) + 4).min(19);
        let own = PRIORITIES.iter().position(|name| *name == RULES[rule].1).unwrap_or(0);
        let priority = if self.below(100) < 15 { self.below(6) } else { own };
        let (container, process, user) = (self.below(16).min(self.below(20)), self.below(10), self.below(5));
        let line = self.line(timestamp_ns, rule, priority, container, process, user, is_needle);
        ((rule, priority), Entry { timestamp_ns, line, metadata: Vec::new() })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one line")]
    fn line(
        &mut self,
        timestamp_ns: i64,
        rule: usize,
        priority: usize,
        container: usize,
        process: usize,
        user: usize,
        is_needle: bool,
    ) -> String {
        let (rule, _, message) = RULES[rule];
        let priority = PRIORITIES[priority];
        let (name, image, tag) = CONTAINERS[container];
        let id = format!("{:012x}", (container as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16);
        let (process_name, path, command) = PROCESSES[process];
        let parent = PROCESSES[self.below(10)].0;
        let (user, uid) = USERS[user];
        let pid = 2 + self.below(4_194_302);
        let mut command = command.to_owned();
        if self.below(100) < 35 {
            command.push_str(&format!(" #{}", self.below(100_000)));
        }
        if is_needle {
            command.push_str(&format!(" --token={NEEDLE}"));
        }
        let (kind, fields, text) = self.subject(pid);
        let seconds = (timestamp_ns - START_NS) / 1_000_000_000;
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let nanos = timestamp_ns % 1_000_000_000;
        format!(
            r#"{{"hostname":"node-1","output":"{clock}.{nanos:09}: {priority} {message} | {text}evt_type={kind} user={user} user_uid={uid} user_loginuid=-1 process={process_name} proc_exepath={path} parent={parent} command={command} terminal=0 container_id={id} container_name={name} container_image_repository={image} container_image_tag={tag} k8s_pod_name=<NA> k8s_ns_name=<NA>","output_fields":{{"container.id":"{id}","container.image.repository":"{image}","container.image.tag":"{tag}","container.name":"{name}",{fields}"evt.time":{timestamp_ns},"evt.type":"{kind}","k8s.ns.name":null,"k8s.pod.name":null,"proc.cmdline":"{command}","proc.exepath":"{path}","proc.name":"{process_name}","proc.pid":{pid},"proc.pname":"{parent}","proc.tty":0,"user.loginuid":-1,"user.name":"{user}","user.uid":{uid}}},"priority":"{priority}","rule":"{rule}","source":"syscall","tags":["container","maturity_stable","mitre_execution","T1059"],"time":"2026-01-01T{clock}.{nanos:09}Z"}}"#
        )
    }

    /// What the event was about: its type, JSON fields, text.
    fn subject(&mut self, pid: usize) -> (&'static str, String, String) {
        match self.below(3) {
            0 => {
                let (port, peer) = (32_768 + self.below(28_000), [443, 6443, 4444, 8080][self.below(4)]);
                let connection = format!(
                    "10.0.{}.{}:{port}->10.96.0.{}:{peer}",
                    self.below(4),
                    self.below(256),
                    self.below(256)
                );
                let fields = format!(r#""fd.lport":{port},"fd.name":"{connection}","fd.rport":{peer},"#);
                ("connect", fields, format!("connection={connection} lport={port} rport={peer} "))
            }
            1 => {
                let environment = format!("/proc/{pid}/environ");
                let file = if self.below(10) < 3 { &environment } else { FILES[self.below(6)] };
                ("openat", format!(r#""fd.name":"{file}","#), format!("file={file} "))
            }
            _ => ("execve", r#""evt.arg.flags":"EXE_WRITABLE","#.to_owned(), String::new()),
        }
    }
}
