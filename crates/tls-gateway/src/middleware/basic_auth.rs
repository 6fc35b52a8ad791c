//! `basicAuth`: a user and password of an htpasswd list.

use std::sync::Arc;

use access_control::{Denied, Htpasswd};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::Body,
    dynamic,
    exchange::{Exchange, plain},
    limits::LIST_FILE_BYTES_MAX,
    request::is_alias_of,
    server::Guards,
};

pub(super) struct BasicAuth {
    users: Arc<Htpasswd>,
    guards: Arc<Guards>,
    challenge: HeaderValue,
    remove_header: bool,
    user_header: Option<HeaderName>,
}

impl BasicAuth {
    pub(super) fn build(
        settings: &dynamic::BasicAuth,
        shop: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let file = users_file(&settings.users_file, shop)?;
        let lines = settings.users.iter().map(String::as_str).chain(file.lines());
        let (users, problems) = Htpasswd::parse(&format!("{:?}/{}", shop.origin, shop.name), lines);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        if users.is_empty() {
            let why = if problems.is_empty() { "it has none".to_owned() } else { problems.join("; ") };
            return Err(format!("basicAuth has no usable user, so nobody could pass: {why}"));
        }
        let layer = BasicAuth {
            users: Arc::new(users),
            guards: Arc::clone(&shop.resources.guards),
            challenge: challenge("Basic", &settings.realm, "")?,
            remove_header: settings.remove_header,
            user_header: user_header(&settings.header_field)?,
        };
        Ok((layer, problems))
    }

    async fn verify(&self, authorization: Option<&str>, exchange: &Exchange) -> Result<String, Denied> {
        if let Some(verdict) = self.users.quick(&self.guards.passwords, authorization) {
            return verdict;
        }
        // Hashing is slow by design: a few at once, on threads that may block.
        let Ok(_permit) = self.guards.hashing().await else {
            return Err(Denied::Throttled { retry_after_s: 1 });
        };
        let (users, guards) = (Arc::clone(&self.users), Arc::clone(&self.guards));
        let (header, client) = (authorization.map(str::to_owned), exchange.client);
        let verify = move || users.verify(&guards.passwords, header.as_deref(), Some(client));
        tokio::task::spawn_blocking(verify).await.unwrap_or(Err(Denied::Wrong))
    }
}

impl Layer for BasicAuth {
    fn handle<'a>(
        &'a self,
        mut request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let authorization = request.headers().get(header::AUTHORIZATION);
            let authorization = authorization.and_then(|value| value.to_str().ok()).map(str::to_owned);
            let user = match self.verify(authorization.as_deref(), exchange).await {
                Ok(user) => user,
                Err(denied) => return refuse(&denied, &self.challenge, exchange),
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

/// `Basic realm="…"`.
pub(super) fn challenge(scheme: &str, realm: &str, more: &str) -> Result<HeaderValue, String> {
    let realm = if realm.is_empty() { "traefik" } else { realm };
    let escaped = realm.replace('\\', "\\\\").replace('"', "\\\"");
    HeaderValue::try_from(format!("{scheme} realm=\"{escaped}\"{more}"))
        .map_err(|_| format!("the realm {realm:?} cannot stand in a header"))
}

/// The header that gets the user's name.
pub(super) fn user_header(name: &str) -> Result<Option<HeaderName>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    HeaderName::from_bytes(name.as_bytes()).map(Some).map_err(|_| format!("{name:?} is no header name"))
}

/// Names the user to the service; whatever the client wrote there, in any spelling, is gone.
pub(super) fn pass_user(request: &mut Request<Body>, header: Option<&HeaderName>, user: &str) {
    let Some(header) = header else { return };
    let spellings: Vec<HeaderName> = request
        .headers()
        .keys()
        .filter(|name| is_alias_of(name.as_str(), header.as_str()))
        .cloned()
        .collect();
    for name in spellings {
        request.headers_mut().remove(name);
    }
    if let Ok(value) = HeaderValue::from_str(user) {
        request.headers_mut().insert(header.clone(), value);
    }
}

/// 401 with the challenge, or 429 with the time to wait.
pub(super) fn refuse(denied: &Denied, challenge: &HeaderValue, exchange: &mut Exchange) -> Response<Body> {
    match denied {
        Denied::Throttled { retry_after_s } => {
            exchange.refused = Some("throttled");
            let mut response = plain(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
            response
        }
        Denied::Forbidden => exchange.refuse(StatusCode::FORBIDDEN, "role"),
        Denied::Missing | Denied::Wrong => {
            exchange.refused =
                Some(if *denied == Denied::Missing { "no_credentials" } else { "wrong_credentials" });
            let mut response = plain(StatusCode::UNAUTHORIZED);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
            response
        }
    }
}

/// The text of a file of users: only the administrator's own words may name one.
pub(super) fn users_file(path: &str, shop: &Workshop<'_>) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    if !shop.is_trusted() {
        return Err(
            "usersFile in a label is refused: a container may not read files of this host; write users"
                .to_owned(),
        );
    }
    let size = std::fs::metadata(path).map_err(|error| format!("{path}: {error}"))?.len();
    if size > LIST_FILE_BYTES_MAX {
        return Err(format!("{path} is larger than {LIST_FILE_BYTES_MAX} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
