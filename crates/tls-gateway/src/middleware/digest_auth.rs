//! `digestAuth`: a user and password by digest (RFC 2617, MD5, `qop=auth`).
//!
//! The nonce is a time under a key of this process: no table of nonces, and none lives long.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use access_control::Denied;
use http::{HeaderName, HeaderValue, Request, header};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::{
    Answer, Layer, Next,
    basic_auth::{challenge, pass_user, refuse, user_header, users_file},
    build::Workshop,
};
use crate::{body::Body, dynamic, exchange::Exchange, limits::DIGEST_NONCE_SECONDS_MAX, server::Guards};

pub(super) struct DigestAuth {
    /// Name and `MD5(name:realm:password)` in hex.
    users: HashMap<String, String>,
    realm: String,
    key: [u8; 32],
    guards: Arc<Guards>,
    remove_header: bool,
    user_header: Option<HeaderName>,
}

impl DigestAuth {
    pub(super) fn build(
        settings: &dynamic::DigestAuth,
        shop: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let file = users_file(&settings.users_file, shop)?;
        let realm = if settings.realm.is_empty() { "traefik" } else { settings.realm.as_str() };
        let mut users = HashMap::new();
        let mut problems = Vec::new();
        for line in settings.users.iter().map(String::as_str).chain(file.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts: Vec<&str> = line.split(':').collect();
            match parts.as_slice() {
                [name, of_realm, hash] if hash.len() == 32 && *of_realm == realm => {
                    users.entry((*name).to_owned()).or_insert(hash.to_ascii_lowercase());
                }
                [name, of_realm, hash] if hash.len() == 32 => problems.push(format!(
                    "user {name:?} is of the realm {of_realm:?}, not {realm:?}: make it with `htdigest`"
                )),
                _ => problems.push("a line is not name:realm:hash: make it with `htdigest`".to_owned()),
            }
        }
        if users.is_empty() {
            return Err(format!(
                "digestAuth has no usable user, so nobody could pass: {}",
                problems.join("; ")
            ));
        }
        let layer = DigestAuth {
            users,
            realm: realm.to_owned(),
            key: rand::random(),
            guards: Arc::clone(&shop.resources.guards),
            remove_header: settings.remove_header,
            user_header: user_header(&settings.header_field)?,
        };
        Ok((layer, problems))
    }

    fn nonce(&self, at_s: u64) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(at_s.to_be_bytes()).finalize();
        format!("{at_s:016x}{}", hex(&digest).get(..32).unwrap_or_default())
    }

    fn verify(
        &self,
        authorization: Option<&str>,
        method: &str,
        target: &str,
        now_s: u64,
    ) -> Result<String, Denied> {
        let header = authorization.ok_or(Denied::Missing)?;
        let rest = header.strip_prefix("Digest ").ok_or(Denied::Wrong)?;
        let fields = fields(rest);
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let at_s = field("nonce").get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
        let fresh = now_s.abs_diff(at_s) <= DIGEST_NONCE_SECONDS_MAX
            && same(self.nonce(at_s).as_bytes(), field("nonce").as_bytes());
        if !fresh || field("realm") != self.realm || field("uri") != target || field("qop") != "auth" {
            return Err(Denied::Missing);
        }
        let nobody = "0".repeat(32);
        let known = self.users.get(field("username"));
        let first = known.unwrap_or(&nobody);
        let second = md5_hex(&format!("{method}:{target}"));
        let wanted =
            md5_hex(&format!("{first}:{}:{}:{}:auth:{second}", field("nonce"), field("nc"), field("cnonce")));
        let right = same(wanted.as_bytes(), field("response").to_ascii_lowercase().as_bytes());
        if right && known.is_some() { Ok(field("username").to_owned()) } else { Err(Denied::Wrong) }
    }
}

impl Layer for DigestAuth {
    fn handle<'a>(
        &'a self,
        mut request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let authorization =
                request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
            let wait_ms = self.guards.digest_wait_ms(exchange.client);
            let verdict = if authorization.is_some() && wait_ms > 0 {
                Err(Denied::Throttled { retry_after_s: wait_ms.div_ceil(1000) })
            } else {
                self.verify(authorization, request.method().as_str(), target, now_s)
            };
            let user = match verdict {
                Ok(user) => user,
                Err(denied) => {
                    if denied == Denied::Wrong {
                        self.guards.digest_failed(exchange.client);
                    }
                    let more = format!(
                        ", nonce=\"{}\", qop=\"auth\", algorithm=\"MD5\", opaque=\"quaywatch\"",
                        self.nonce(now_s)
                    );
                    let challenge = challenge("Digest", &self.realm, &more);
                    return refuse(
                        &denied,
                        &challenge.unwrap_or(HeaderValue::from_static("Digest")),
                        exchange,
                    );
                }
            };
            pass_user(&mut request, self.user_header.as_ref(), &user);
            if self.remove_header {
                request.headers_mut().remove(header::AUTHORIZATION);
            }
            exchange.user = Some(user);
            next.run(request, exchange).await
        })
    }

    fn is_guard(&self) -> bool {
        true
    }
}

/// `name="value", other=value`.
fn fields(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.find(',').and_then(|end| after.split_at_checked(end)).unwrap_or((after, "")),
        };
        found.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    found
}

fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0_u8, |sum, (x, y)| std::hint::black_box(sum | (x ^ y)));
    a.len() == b.len() && difference == 0
}
