//! The eleven matchers.

use http::{HeaderName, Method};
use regex::{Regex, RegexBuilder};

use super::{RequestView, RuleError, view::query_values};
use crate::{address::AddressRange, limits::REGEX_BYTES_MAX};

#[derive(Debug, Clone)]
pub(super) enum Matcher {
    Host(String),
    /// `*.example.org`: one label in front of this, which begins with its dot.
    HostBelow(String),
    HostAny,
    HostRegexp(Regex),
    Path(String),
    PathPrefix(String),
    PathRegexp(Regex),
    Method(Method),
    Header(HeaderName, String),
    HeaderRegexp(HeaderName, Regex),
    Query(String, String),
    QueryRegexp(String, Regex),
    ClientIp(AddressRange),
}

/// Name, least and most values.
const MATCHERS: &[(&str, usize, usize)] = &[
    ("ClientIP", 1, 1),
    ("Header", 2, 2),
    ("HeaderRegexp", 2, 2),
    ("Host", 1, 1),
    ("HostRegexp", 1, 1),
    ("Method", 1, 1),
    ("Path", 1, 1),
    ("PathPrefix", 1, 1),
    ("PathRegexp", 1, 1),
    ("Query", 1, 2),
    ("QueryRegexp", 1, 2),
];

impl Matcher {
    pub(super) fn new(at: usize, given: &str, values: &[String]) -> Result<Matcher, RuleError> {
        let wrong = |message: String, help: String| RuleError::new(at, message, help);
        let Some((name, least, most)) = MATCHERS.iter().find(|(name, ..)| spelled(given, name)) else {
            return Err(unknown(at, given));
        };
        if values.len() < *least || values.len() > *most {
            return Err(wrong_count(at, name, values, *least));
        }
        let first = values.first().map_or("", String::as_str);
        let second = values.get(1).map_or("", String::as_str);
        if first.is_empty() {
            return Err(wrong(format!("{name} has an empty value"), format!("write {name}(`value`)")));
        }
        Ok(match *name {
            "ClientIP" => Matcher::ClientIp(AddressRange::parse(first).ok_or_else(|| {
                wrong(format!("{first:?} is no address"), "write ClientIP(`192.168.1.0/24`)".to_owned())
            })?),
            "Header" => Matcher::Header(header(at, first)?, second.to_owned()),
            "HeaderRegexp" => Matcher::HeaderRegexp(header(at, first)?, regex(at, second)?),
            "Host" => host(at, first)?,
            "HostRegexp" => {
                ascii(at, name, first)?;
                no_braces(at, name, first)?;
                // Host names are compared in lower case.
                Matcher::HostRegexp(regex_with(at, first, true)?)
            }
            "Method" => {
                let method = Method::from_bytes(first.to_ascii_uppercase().as_bytes());
                let help = "write Method(`POST`)".to_owned();
                Matcher::Method(method.map_err(|_| wrong(format!("{first:?} is no method"), help))?)
            }
            "Path" => Matcher::Path(path(at, name, first)?),
            "PathPrefix" => Matcher::PathPrefix(path(at, name, first)?),
            "PathRegexp" => {
                no_braces(at, name, first)?;
                Matcher::PathRegexp(regex(at, first)?)
            }
            "QueryRegexp" if values.len() == 2 => Matcher::QueryRegexp(first.to_owned(), regex(at, second)?),
            _ => {
                if values.len() == 1 && first.contains('=') {
                    let (key, value) = first.split_once('=').unwrap_or((first, ""));
                    let help = format!("name and value stand apart since v3: {name}(`{key}`, `{value}`)");
                    return Err(wrong(format!("{name} with {first:?} is older syntax"), help));
                }
                Matcher::Query(first.to_owned(), second.to_owned())
            }
        })
    }

    pub(super) fn exact_host(&self) -> Option<&str> {
        match self {
            Matcher::Host(host) => Some(host),
            _ => None,
        }
    }

    pub(super) fn matches(&self, request: &RequestView<'_>) -> bool {
        match self {
            Matcher::Host(host) => request.host == host,
            Matcher::HostBelow(parent) => request
                .host
                .strip_suffix(parent.as_str())
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
            Matcher::HostAny => true,
            Matcher::HostRegexp(regex) => regex.is_match(request.host),
            Matcher::Path(path) => request.path == path,
            Matcher::PathPrefix(prefix) => request.path.starts_with(prefix.as_str()),
            Matcher::PathRegexp(regex) => regex.is_match(request.path),
            Matcher::Method(method) => request.method == method,
            Matcher::Header(name, wanted) => {
                request.headers.get_all(name).iter().any(|value| value.as_bytes() == wanted.as_bytes())
            }
            Matcher::HeaderRegexp(name, regex) => request
                .headers
                .get_all(name)
                .iter()
                .any(|value| value.to_str().is_ok_and(|value| regex.is_match(value))),
            Matcher::Query(key, wanted) => query_values(request.query, key).any(|value| value == *wanted),
            Matcher::QueryRegexp(key, regex) => {
                query_values(request.query, key).any(|value| regex.is_match(&value))
            }
            Matcher::ClientIp(range) => range.contains(request.peer),
        }
    }
}

/// Traefik takes a matcher's name as it is, in lower case, in upper case, and with only its first
/// letter in upper case.
fn spelled(given: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    given == name
        || given == lower
        || given == name.to_ascii_uppercase()
        || (given.get(..1) == name.get(..1) && given.get(1..) == lower.get(1..))
}

fn unknown(at: usize, given: &str) -> RuleError {
    let older = [
        ("headers", "Header(`name`, `value`)"),
        ("headersregexp", "HeaderRegexp(`name`, `pattern`)"),
        ("hostheader", "Host(`name`)"),
        ("hostsni", "Host(`name`), for HTTP routers"),
        ("pathprefixstrip", "PathPrefix(`/path`) and a stripPrefix middleware"),
        ("pathstrip", "Path(`/path`) and a stripPrefix middleware"),
    ];
    let lower = given.to_ascii_lowercase();
    if let Some((_, instead)) = older.iter().find(|(name, _)| *name == lower) {
        return RuleError::new(at, format!("{given} is older syntax"), format!("write {instead}"));
    }
    if let Some((name, ..)) = MATCHERS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(given)) {
        return RuleError::new(at, format!("unknown matcher {given}"), format!("it is spelled {name}"));
    }
    let names: Vec<&str> = MATCHERS.iter().map(|(name, ..)| *name).collect();
    RuleError::new(at, format!("unknown matcher {given}"), format!("use one of {}", names.join(", ")))
}

fn wrong_count(at: usize, name: &str, values: &[String], least: usize) -> RuleError {
    let count = values.len();
    if count > least && least == 1 {
        let each: Vec<String> = values.iter().map(|value| format!("{name}(`{value}`)")).collect();
        let help = format!("one value each since v3: {}", each.join(" || "));
        return RuleError::new(at, format!("{name} with {count} values is older syntax"), help);
    }
    let example = if least == 2 { "`name`, `value`" } else { "`value`" };
    RuleError::new(at, format!("{name} has {count} values"), format!("write {name}({example})"))
}

fn host(at: usize, given: &str) -> Result<Matcher, RuleError> {
    ascii(at, "Host", given)?;
    no_braces(at, "Host", given)?;
    let host = given.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    if host == "*" {
        return Ok(Matcher::HostAny);
    }
    if let Some(parent) = host.strip_prefix('*')
        && parent.starts_with('.')
        && !parent.contains('*')
    {
        return Ok(Matcher::HostBelow(parent.to_owned()));
    }
    if host.contains(['/', '*', ' ', '?', '#', '@']) {
        let help = "a host is a name alone, without scheme, port or path: Host(`example.org`)";
        return Err(RuleError::new(at, format!("{given:?} is no host name"), help));
    }
    Ok(Matcher::Host(host.to_owned()))
}

fn ascii(at: usize, name: &str, given: &str) -> Result<(), RuleError> {
    if given.is_ascii() {
        return Ok(());
    }
    let help = "write an international name in its ASCII form (xn--…)";
    Err(RuleError::new(at, format!("{given:?} is not ASCII, which {name} needs"), help))
}

/// `{name:pattern}` was the syntax of v2; in v3 it would silently match nothing.
fn no_braces(at: usize, name: &str, given: &str) -> Result<(), RuleError> {
    let group = given.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(group, _)| group);
    let looks_old = group.is_some_and(|group| {
        group.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
            && group
                .split(':')
                .next()
                .is_some_and(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    });
    if !looks_old || given.contains("\\p{") || given.contains("\\P{") || given.contains("\\x{") {
        return Ok(());
    }
    let kind = if name.starts_with("Host") {
        "HostRegexp(`^[a-z]+\\.example\\.org$`)"
    } else {
        "PathRegexp(`^/api/[0-9]+$`)"
    };
    let help = format!("{{name:pattern}} ended with v2: write a plain regular expression, such as {kind}");
    Err(RuleError::new(at, format!("{given:?} is older syntax"), help))
}

fn path(at: usize, name: &str, given: &str) -> Result<String, RuleError> {
    if !given.starts_with('/') {
        let help = format!("write {name}(`/{given}`)");
        return Err(RuleError::new(at, format!("the path {given:?} does not begin with /"), help));
    }
    no_braces(at, name, given)?;
    Ok(given.to_owned())
}

fn header(at: usize, name: &str) -> Result<HeaderName, RuleError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        RuleError::new(at, format!("{name:?} is no header name"), "write Header(`name`, `value`)")
    })
}

fn regex(at: usize, pattern: &str) -> Result<Regex, RuleError> {
    regex_with(at, pattern, false)
}

fn regex_with(at: usize, pattern: &str, ignore_case: bool) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(REGEX_BYTES_MAX).build().map_err(
        |error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            RuleError::new(
                at,
                format!("the pattern {pattern:?} cannot be read: {reason}"),
                "RE2 syntax is understood",
            )
        },
    )
}
