//! Pages by time: the next begins at the time where the last one ended, and leaves out what was
//! already given of that instant. So ties at a page's edge are neither lost nor doubled.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use http_client::{Bytes, Client, HeaderMap, Method, Target};
use serde::Deserialize;

/// Lines of one request: Loki's usual limit.
const PAGE_LINES: usize = 5000;
/// More lines of one instant than this cannot be paged through.
const PAGE_LINES_MAX: usize = 1 << 20;

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Where and as whom to ask.
pub(crate) struct Door {
    /// Sends the requests.
    pub(crate) client: Client,
    /// Scheme, host and port, perhaps a path before `/loki`.
    pub(crate) url: String,
    /// Authorization and tenant.
    pub(crate) headers: HeaderMap,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Nanoseconds since 1970.
    pub(crate) timestamp_ns: i64,
    /// Labels and structured metadata, as a JSON object.
    pub(crate) labels: String,
    /// The line.
    pub(crate) text: String,
}

/// Some lines, in order.
pub(crate) type Page = Vec<Line>;

/// The pages of one query.
pub(crate) struct Pages {
    door: Door,
    query: String,
    start_ns: i64,
    end_ns: i64,
    order: Order,
    page_lines: usize,
    /// Lines of the instant where the last page ended that were given already.
    given: HashMap<(String, String), usize>,
    given_at_ns: Option<i64>,
    is_done: bool,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct Stream {
    stream: serde_json::Map<String, serde_json::Value>,
    values: Vec<Vec<serde_json::Value>>,
}

impl Pages {
    pub(crate) fn new(door: Door, query: &str, start_ns: i64, end_ns: i64, order: Order) -> Self {
        Pages {
            door,
            query: query.to_owned(),
            start_ns,
            end_ns,
            order,
            page_lines: PAGE_LINES,
            given: HashMap::new(),
            given_at_ns: None,
            is_done: false,
        }
    }

    /// The next lines; none at the end.
    ///
    /// # Errors
    /// What the server or the way to it said.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>> {
        while !self.is_done {
            let answer = self.ask().await?;
            let lines = lines(&answer, self.order)?;
            let is_last = lines.len() < self.page_lines;
            if let Some(page) = self.take(lines, is_last)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// What of an answer is new, and where the next one begins.
    fn take(&mut self, lines: Page, is_last: bool) -> Result<Option<Page>> {
        self.is_done = is_last;
        let Some(edge_ns) = lines.last().map(|line| line.timestamp_ns) else { return Ok(None) };
        if !is_last && lines.first().is_some_and(|first| first.timestamp_ns == edge_ns) {
            // A whole page of one instant: the next one would begin at the same place.
            if self.page_lines >= PAGE_LINES_MAX {
                bail!("more than {PAGE_LINES_MAX} lines have the timestamp {edge_ns}: narrow the selector");
            }
            self.page_lines *= 4;
            return Ok(None);
        }
        let mut given = match self.given_at_ns {
            Some(_) => std::mem::take(&mut self.given),
            None => HashMap::new(),
        };
        let mut at_edge = HashMap::new();
        let mut page = Page::new();
        for line in lines {
            let key = || (line.labels.clone(), line.text.clone());
            if line.timestamp_ns == edge_ns {
                *at_edge.entry(key()).or_insert(0) += 1;
            }
            if Some(line.timestamp_ns) == self.given_at_ns
                && let Some(left) = given.get_mut(&key()).filter(|left| **left > 0)
            {
                *left -= 1;
                continue;
            }
            page.push(line);
        }
        (self.given, self.given_at_ns) = (at_edge, Some(edge_ns));
        match self.order {
            Order::Forward => self.start_ns = edge_ns,
            // The end is excluded.
            Order::Backward => self.end_ns = edge_ns.saturating_add(1),
        }
        Ok((!page.is_empty()).then_some(page))
    }

    async fn ask(&self) -> Result<Bytes> {
        let direction = match self.order {
            Order::Forward => "forward",
            Order::Backward => "backward",
        };
        let url = format!(
            "{}/loki/api/v1/query_range?query={}&start={}&end={}&limit={}&direction={direction}",
            self.door.url.trim_end_matches('/'),
            percent(&self.query),
            self.start_ns,
            self.end_ns,
            self.page_lines
        );
        let target = Target::parse(&url)?;
        let headers = self.door.headers.clone();
        let answer = self.door.client.send(Method::GET, &target, headers, Bytes::new()).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let text = String::from_utf8_lossy(&answer.body);
        let hint = match answer.status.as_u16() {
            401 => "; name a user with --user, or a token with --token",
            403 => "; this user may not read",
            404 => "; is this a Loki?",
            _ => "",
        };
        let told = text.trim().chars().filter(|char| !char.is_control()).take(500).collect::<String>();
        bail!("{} answers {}: {told}{hint}", target.server(), answer.status)
    }
}

/// The lines of an answer in order; of one instant in a fixed order, whatever the server does.
fn lines(answer: &[u8], order: Order) -> Result<Page> {
    let answer: Answer = serde_json::from_slice(answer).context("the answer is not Loki's")?;
    if answer.data.kind != "streams" {
        bail!("a query of numbers ({}) has no lines to export: leave out the aggregation", answer.data.kind);
    }
    let streams: Vec<Stream> =
        serde_json::from_value(answer.data.result).context("the answer is not Loki's")?;
    let mut page = Page::new();
    for stream in streams {
        let labels = serde_json::Value::Object(stream.stream).to_string();
        for value in stream.values {
            let (Some(time), Some(text)) =
                (value.first().and_then(|time| time.as_str()), value.get(1).and_then(|text| text.as_str()))
            else {
                bail!("a value of the answer is not [time, line]");
            };
            let timestamp_ns = time.parse().with_context(|| format!("{time:?} is no time"))?;
            page.push(Line { timestamp_ns, labels: labels.clone(), text: text.to_owned() });
        }
    }
    match order {
        Order::Forward => page.sort_by_key(|line| line.timestamp_ns),
        Order::Backward => page.sort_by_key(|line| std::cmp::Reverse(line.timestamp_ns)),
    }
    Ok(page)
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves `all` as a Loki would with this page size; gives what the pages held.
    fn paged(all: &[(i64, &str)], order: Order, page_lines: usize) -> Vec<(i64, String)> {
        let client = Client::new(&http_client::Config::default()).unwrap();
        let door = Door { client, url: String::new(), headers: HeaderMap::new() };
        let mut pages = Pages::new(door, "", 0, 100, order);
        pages.page_lines = page_lines;
        let mut found = Vec::new();
        while !pages.is_done {
            let mut lines: Page = all
                .iter()
                .filter(|(time, _)| *time >= pages.start_ns && *time < pages.end_ns)
                .map(|(time, text)| Line {
                    timestamp_ns: *time,
                    labels: String::new(),
                    text: (*text).to_owned(),
                })
                .collect();
            if order == Order::Backward {
                lines.reverse();
            }
            lines.truncate(pages.page_lines);
            let is_last = lines.len() < pages.page_lines;
            let page = pages.take(lines, is_last).unwrap().unwrap_or_default();
            found.extend(page.into_iter().map(|line| (line.timestamp_ns, line.text)));
        }
        found
    }

    #[test]
    fn ties_at_the_edge_of_a_page_are_neither_lost_nor_doubled() {
        let all = [(1, "a"), (2, "b"), (2, "c"), (2, "b"), (2, "d"), (3, "e"), (3, "f"), (9, "g")];
        for page_lines in 1..10 {
            for order in [Order::Forward, Order::Backward] {
                let mut found = paged(&all, order, page_lines);
                found.sort();
                let mut expected: Vec<_> =
                    all.iter().map(|(time, text)| (*time, (*text).to_owned())).collect();
                expected.sort();
                assert_eq!(found, expected, "{order:?} by {page_lines}");
            }
        }
    }
}
