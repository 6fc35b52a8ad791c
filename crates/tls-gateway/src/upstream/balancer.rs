//! Servers that share the load: whose turn it is, who is well, who has this client's cookie.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::{HeaderMap, HeaderValue, Uri, header, uri::Authority};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::Upstream;
use crate::dynamic::{Cookie, HealthCheck, LoadBalancer};

/// One server.
#[derive(Debug)]
pub(crate) struct Target {
    /// As in the configuration, for the log.
    pub(crate) url: Arc<str>,
    pub(crate) scheme: http::uri::Scheme,
    pub(crate) authority: Authority,
    /// Put in front of the path; empty unless `preservePath` asks for it.
    pub(crate) base_path: String,
    weight: i64,
    /// By its health check.
    pub(crate) well: AtomicBool,
    cookie_value: String,
}

impl Target {
    /// Reads a server's URL.
    pub(crate) fn new(url: &str, weight: Option<u32>, preserve_path: bool) -> Result<Target, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url:?} is no URL: {error}"))?;
        let scheme = match uri.scheme_str() {
            Some("http" | "h2c") => http::uri::Scheme::HTTP,
            Some("https") => http::uri::Scheme::HTTPS,
            _ => return Err(format!("{url:?} begins with neither http://, https:// nor h2c://")),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(|| format!("{url:?} names no server"))?.clone();
        let base_path =
            if preserve_path { uri.path().trim_end_matches('/').to_owned() } else { String::new() };
        let digest = Sha256::digest(url.as_bytes());
        Ok(Target {
            url: Arc::from(url),
            scheme,
            authority,
            base_path,
            weight: i64::from(weight.unwrap_or(1)),
            well: AtomicBool::new(true),
            // As in Traefik, the value says nothing about the server.
            cookie_value: digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// Servers that share the load.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) name: Arc<str>,
    pub(crate) targets: Vec<Target>,
    pub(crate) pass_host: bool,
    pub(crate) client: Arc<Upstream>,
    pub(crate) http2: bool,
    pub(crate) health: Option<HealthCheck>,
    sticky: Option<(Cookie, String)>,
    turns: Mutex<Vec<i64>>,
}

impl Balancer {
    pub(crate) fn new(
        name: Arc<str>,
        targets: Vec<Target>,
        settings: &LoadBalancer,
        client: Arc<Upstream>,
        http2: bool,
    ) -> Balancer {
        let cookie = settings.sticky.as_ref().and_then(|sticky| sticky.cookie.clone());
        let sticky = cookie.map(|cookie| {
            let made_up = || {
                let digest = Sha256::digest(name.as_bytes());
                let hex: String = digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
                format!("_{}", hex.get(..5).unwrap_or("sticky"))
            };
            let name = if cookie.name.is_empty() { made_up() } else { cookie.name.clone() };
            (cookie, name)
        });
        Balancer {
            turns: Mutex::new(vec![0; targets.len()]),
            name,
            targets,
            pass_host: settings.pass_host_header,
            client,
            http2,
            health: settings.health_check.clone(),
            sticky,
        }
    }

    /// The server for this request, and whether its cookie is to be set. `tried` are passed over.
    pub(super) fn choose(&self, headers: &HeaderMap, tried: &[usize]) -> Option<(usize, &Target, bool)> {
        if let Some((_, name)) = &self.sticky
            && let Some(value) = cookie_value(headers, name)
            && let Some((index, target)) =
                self.targets.iter().enumerate().find(|(_, target)| target.cookie_value == value)
            && !tried.contains(&index)
            && target.well.load(Ordering::Relaxed)
        {
            return Some((index, target, false));
        }
        if let ([target], []) = (self.targets.as_slice(), tried) {
            return target.well.load(Ordering::Relaxed).then_some((0, target, self.sticky.is_some()));
        }
        let usable =
            |index: usize, target: &Target| target.well.load(Ordering::Relaxed) && !tried.contains(&index);
        let weights = self
            .targets
            .iter()
            .enumerate()
            .map(|(index, target)| if usable(index, target) { target.weight } else { 0 });
        let index = smooth_next(&mut self.turns.lock(), weights)?;
        Some((index, self.targets.get(index)?, self.sticky.is_some()))
    }

    /// The cookie that keeps a client on this server.
    pub(super) fn cookie(&self, target: &Target) -> Option<HeaderValue> {
        let (cookie, name) = self.sticky.as_ref()?;
        let mut text =
            format!("{name}={}; Path={}", target.cookie_value, cookie.path.as_deref().unwrap_or("/"));
        if !cookie.domain.is_empty() {
            text.push_str(&format!("; Domain={}", cookie.domain));
        }
        if cookie.max_age != 0 {
            text.push_str(&format!("; Max-Age={}", cookie.max_age));
        }
        if cookie.http_only {
            text.push_str("; HttpOnly");
        }
        if cookie.secure {
            text.push_str("; Secure");
        }
        if !cookie.same_site.is_empty() {
            text.push_str(&format!("; SameSite={}", cookie.same_site));
        }
        HeaderValue::try_from(text).ok()
    }
}

/// Whose turn it is: nginx's smooth weighted round robin. Weight 0 is passed over.
pub(super) fn smooth_next(turns: &mut [i64], weights: impl Iterator<Item = i64>) -> Option<usize> {
    let mut total = 0_i64;
    let mut best: Option<(usize, i64)> = None;
    for (index, (turn, weight)) in turns.iter_mut().zip(weights).enumerate() {
        if weight <= 0 {
            continue;
        }
        *turn = turn.saturating_add(weight);
        total = total.saturating_add(weight);
        if best.is_none_or(|(_, highest)| *turn > highest) {
            best = Some((index, *turn));
        }
    }
    let (index, _) = best?;
    if let Some(turn) = turns.get_mut(index) {
        *turn = turn.saturating_sub(total);
    }
    Some(index)
}

fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_weights() {
        let mut turns = vec![0; 3];
        let order: Vec<usize> =
            (0..7).map(|_| smooth_next(&mut turns, [5, 1, 1].into_iter()).unwrap()).collect();
        assert_eq!(order, [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(smooth_next(&mut turns, [0, 0, 0].into_iter()), None);
    }
}
