//! Files in the form of Traefik's dynamic configuration, read again when they change.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tls_gateway::{Notice, Severity, dynamic::Http};

use crate::{
    decode::decode,
    limits::{FILE_BYTES_MAX, FILES_MAX},
    node::Node,
};

/// What files said when they were last read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    stamps: BTreeMap<PathBuf, Option<(SystemTime, u64)>>,
    good: BTreeMap<PathBuf, Http>,
    notices: Vec<Notice>,
}

impl Files {
    /// Reads again what has changed; whether anything had. A file with an error keeps what it said
    /// before.
    pub(crate) fn refresh(&mut self, places: &[String]) -> bool {
        let paths = expand(places);
        let stamp = |path: &PathBuf| {
            let facts = fs::metadata(path).ok()?;
            Some((facts.modified().ok()?, facts.len()))
        };
        let stamps: BTreeMap<PathBuf, _> = paths.iter().map(|path| (path.clone(), stamp(path))).collect();
        if stamps == self.stamps {
            return false;
        }
        self.good.retain(|path, _| stamps.contains_key(path));
        self.notices.clear();
        for path in stamps.keys() {
            match read(path) {
                Ok((http, mut notices)) => {
                    self.good.insert(path.clone(), http);
                    self.notices.append(&mut notices);
                }
                Err((place, message)) => {
                    let help = "mend the file; what it said before stays in force";
                    self.notices.push(Notice::new(Severity::Error, &title(path), &place, &message, help));
                }
            }
        }
        self.stamps = stamps;
        true
    }

    /// All files as one configuration, and what is wrong with them.
    pub(crate) fn merged(&self) -> (Http, Vec<Notice>) {
        let mut all = Http::default();
        let mut notices = self.notices.clone();
        for (path, http) in &self.good {
            let mut twice = |name: &str| {
                let help = "the file whose name comes first counts";
                notices.push(Notice::new(
                    Severity::Error,
                    &title(path),
                    name,
                    "defined in another file already",
                    help,
                ));
            };
            put(&mut all.routers, &http.routers, &mut twice);
            put(&mut all.services, &http.services, &mut twice);
            put(&mut all.middlewares, &http.middlewares, &mut twice);
            put(&mut all.servers_transports, &http.servers_transports, &mut twice);
        }
        (all, notices)
    }
}

fn put<T: Clone>(into: &mut BTreeMap<String, T>, from: &BTreeMap<String, T>, twice: &mut impl FnMut(&str)) {
    for (name, value) in from {
        if into.contains_key(name) {
            twice(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
}

fn title(path: &Path) -> String {
    format!("file {}", path.display())
}

fn expand(places: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in places {
        let path = PathBuf::from(place);
        if path.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            let is_yaml = |path: &PathBuf| path.extension().is_some_and(|it| it == "yaml" || it == "yml");
            let mut inside: Vec<PathBuf> = entries.filter(is_yaml).collect();
            inside.sort();
            found.extend(inside);
        } else {
            found.push(path);
        }
    }
    found.truncate(FILES_MAX);
    found
}

fn read(path: &Path) -> Result<(Http, Vec<Notice>), (String, String)> {
    let whole = |message: String| ("the file".to_owned(), message);
    let size = fs::metadata(path).map_err(|error| whole(error.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(whole(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    let text = fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
    parse(&text, &title(path))
}

/// Reads the text of a file.
pub(crate) fn parse(text: &str, title: &str) -> Result<(Http, Vec<Notice>), (String, String)> {
    let blank = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if blank {
        return Ok((Http::default(), Vec::new()));
    }
    if text.contains("{{") {
        let message = "Go templates are not expanded: write the values themselves";
        return Err(("the file".to_owned(), message.to_owned()));
    }
    let value: serde_json::Value = serde_saphyr::from_str(text).map_err(|error| {
        let text = error.to_string();
        let place =
            error.location().map_or_else(|| "the file".to_owned(), |at| format!("line {}", at.line()));
        (place, text.lines().next().unwrap_or_default().to_owned())
    })?;
    let mut root = Node::from_value(value);
    let mut notices = Vec::new();
    for (section, help) in [
        ("tcp", "only HTTP is routed"),
        ("udp", "only HTTP is routed"),
        ("tls", "give certificates in gateway.certificates.files; TLS is Mozilla's intermediate profile"),
    ] {
        if root.take(section).is_some() {
            let message = "this section is not used";
            notices.push(Notice::new(Severity::Warning, title, section, message, help));
        }
    }
    let http = root.take("http").unwrap_or_else(Node::empty);
    if let Node::Map(rest) = root
        && let Some((_, (name, _))) = rest.into_iter().next()
    {
        let message = "an unknown section; the dynamic configuration has http";
        return Err((name, message.to_owned()));
    }
    let http = decode(http).map_err(|(place, message)| (format!("http.{place}"), message))?;
    Ok((http, notices))
}
