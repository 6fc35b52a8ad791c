//! `quaywatch query`: lines of any number from our own or any other Loki.

use std::{
    io::{BufWriter, IsTerminal as _, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_client::{Client, HeaderMap, HeaderValue};

use super::command::Common;
use crate::query_client::{Door, Format, Order, Pages, Writer};

/// A page of 5,000 long lines is large.
const ANSWER_BYTES_MAX: usize = 512 << 20;
/// One page may take this long.
const ANSWER_MS_MAX: u64 = 300_000;
const HOUR_NS: i64 = 3_600_000_000_000;

/// Print the lines that a LogQL query finds, as many as there are
#[derive(Debug, clap::Args)]
pub(crate) struct Query {
    #[command(flatten)]
    common: Common,
    /// The query: {app="nginx"} |= "error"
    query: String,
    /// From when: RFC 3339, seconds or nanoseconds since 1970, or how long ago (90m, 7d)
    #[arg(long, default_value = "1h", value_name = "TIME")]
    from: String,
    /// Until when, excluded; now when left out
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// At most so many lines
    #[arg(long, value_name = "LINES")]
    limit: Option<u64>,
    /// Newest first
    #[arg(long)]
    newest_first: bool,
    /// A Loki's address; the configured hub when left out
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// User; the password is read from the environment, QUAYWATCH_PASSWORD
    #[arg(long, value_name = "NAME", conflicts_with = "token")]
    user: Option<String>,
    /// Token; also read from the environment, QUAYWATCH_TOKEN
    #[arg(long)]
    token: Option<String>,
    /// Tenant, sent as X-Scope-OrgID
    #[arg(long)]
    tenant: Option<String>,
    /// Form of the output
    #[arg(short, long, default_value = "text")]
    output: Format,
}

impl Query {
    /// 0 when the query was answered, also by no line; 1 when it was not.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let now = i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
        let start_ns = instant(&self.from, now)?;
        let end_ns = self.to.as_deref().map_or(Ok(now), |text| instant(text, now))?;
        if start_ns >= end_ns {
            bail!("--from must be before --to");
        }
        let url = match &self.url {
            Some(url) => url.clone(),
            None => format!("http://{}", self.common.load()?.hub.loki_listen),
        };
        let config = http_client::Config {
            timeout_ms: ANSWER_MS_MAX,
            response_bytes_max: ANSWER_BYTES_MAX,
            ..http_client::Config::default()
        };
        let door = Door { client: Client::new(&config)?, url, headers: self.headers()? };
        let order = if self.newest_first { Order::Backward } else { Order::Forward };
        let pages = Pages::new(door, &self.query, start_ns, end_ns, order);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match runtime.block_on(self.export(pages, start_ns, end_ns)) {
            // Who reads the output has seen enough.
            Err(error)
                if error
                    .downcast_ref::<std::io::Error>()
                    .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) =>
            {
                Ok(ExitCode::SUCCESS)
            }
            other => other.map(|()| ExitCode::SUCCESS),
        }
    }

    async fn export(&self, mut pages: Pages, start_ns: i64, end_ns: i64) -> Result<()> {
        let stdout = std::io::stdout();
        let is_terminal = stdout.is_terminal();
        let mut writer = Writer::new(BufWriter::new(stdout.lock()), self.output, is_terminal)?;
        let shows_progress = !is_terminal && std::io::stderr().is_terminal();
        let (mut count, most) = (0u64, self.limit.unwrap_or(u64::MAX));
        while count < most {
            let Some(page) = pages.next().await? else { break };
            let left = usize::try_from(most - count).unwrap_or(usize::MAX);
            for line in page.iter().take(left) {
                writer.line(line)?;
                count += 1;
            }
            if let Some(last) = page.last().filter(|_| shows_progress) {
                let done = (last.timestamp_ns - start_ns) as f64 / (end_ns - start_ns) as f64;
                let done = if self.newest_first { 1.0 - done } else { done };
                progress(done.clamp(0.0, 1.0), count);
            }
        }
        writer.flush()?;
        if shows_progress {
            progress(1.0, count);
            eprintln!();
        }
        Ok(())
    }

    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        let kept = std::env::var("QUAYWATCH_TOKEN").ok().filter(|_| self.user.is_none());
        let token = self.token.clone().or(kept);
        let authorization = match (&token, &self.user) {
            (Some(token), _) => Some(format!("Bearer {token}")),
            (None, Some(user)) => {
                let password = std::env::var("QUAYWATCH_PASSWORD")
                    .context("--user needs the password in the environment: QUAYWATCH_PASSWORD")?;
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            (None, None) => None,
        };
        if let Some(text) = authorization {
            let mut value = HeaderValue::try_from(text).context("the user or token has odd characters")?;
            value.set_sensitive(true);
            headers.insert("authorization", value);
        }
        if let Some(tenant) = &self.tenant {
            headers.insert("x-scope-orgid", HeaderValue::try_from(tenant).context("the tenant")?);
        }
        Ok(headers)
    }
}

fn progress(done: f64, count: u64) {
    const WIDTH: usize = 30;
    let filled = (done * WIDTH as f64) as usize;
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled.min(WIDTH)));
    eprint!("\r[{bar}] {:3.0} %  {count} lines", done * 100.0);
    let _ = std::io::stderr().flush();
}

/// RFC 3339, a number since 1970 in seconds or nanoseconds, or a duration before now.
fn instant(text: &str, now_ns: i64) -> Result<i64> {
    if text == "now" {
        return Ok(now_ns);
    }
    if let Ok(number) = text.parse::<i64>() {
        // Loki: up to ten digits are seconds.
        return Ok(if text.len() <= 10 { number.saturating_mul(1_000_000_000) } else { number });
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(time.as_nanosecond()).with_context(|| format!("{text} is out of range"));
    }
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    let ago =
        days.map(|days| days.saturating_mul(24 * HOUR_NS)).or_else(|| logql_syntax::parse_go_duration(text));
    match ago {
        Some(ago) => Ok(now_ns.saturating_sub(ago)),
        None => bail!(
            "{text:?} is no time: write 2026-01-31T12:00:00Z, seconds since 1970, or 90m for 90 minutes ago"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let check =
            |text: &str, expected: i64| assert_eq!(instant(text, 8 * 24 * HOUR_NS).unwrap(), expected);
        check("7d", 24 * HOUR_NS);
        check("90m", 8 * 24 * HOUR_NS - HOUR_NS * 3 / 2);
        check("1970-01-01T01:00:00Z", HOUR_NS);
        check("3600", HOUR_NS);
        check("3600000000000", HOUR_NS);
        assert!(instant("soon", 0).unwrap_err().to_string().contains("is no time"));
    }
}
