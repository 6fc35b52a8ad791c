//! A gateway with routes, and a server behind it that remembers what it saw.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    pki_types::PrivateKeyDer,
    server::{ClientHello, ResolvesServerCert},
};
use telemetry::Registry;
use tls_gateway::{
    AccessLog, Config, EntryPoint, EntryPointNames, Gateway, GatewayParts, Guards, Plan, Resources, bind,
    dynamic::{self, Http, Origin, Sourced, TextList},
};

/// What the server behind saw, one text per request.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) plan: Plan,
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) seen: Seen,
    pub(crate) server: SocketAddr,
}

pub(crate) fn config() -> Config {
    Config {
        head_timeout_s: 1,
        body_timeout_s: 1,
        redirect_to_https: false,
        drain_timeout_s: 1,
        ..Config::default()
    }
}

impl World {
    /// Must be called within a runtime with several threads.
    pub(crate) fn start(config: Config) -> World {
        let (server, seen) = server();
        let registry = Registry::default();
        let gateway = Gateway::new(GatewayParts {
            config,
            resolver_of: Box::new(|_| Arc::new(OneCertificate::new())),
            resources: Resources::new(Guards::new(access_control::Access::off())),
            log: AccessLog::off(),
            registry,
        })
        .unwrap();
        let entry = |name: &str, tls| EntryPointNames { name: Arc::from(name), aliases: vec![], tls };
        let plan = Plan {
            sources: vec![Sourced { origin: Origin::File, title: "test".to_owned(), http: routes(server) }],
            internal: vec![],
            services: Default::default(),
            users: Default::default(),
            own_hosts: Default::default(),
            entry_points: vec![entry("http", false), entry("https", true)],
        };
        let notices = gateway.apply(&plan);
        assert!(notices.is_empty(), "{notices:?}");
        let open = |name: &str, tls| {
            let listening = bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let address = listening.address;
            let gateway = gateway.clone();
            let entry = EntryPoint { name: Arc::from(name), tls, listening };
            tokio::spawn(async move { gateway.serve(entry).await });
            address
        };
        let (plain, tls) = (open("http", false), open("https", true));
        World { gateway, plan, plain, tls, seen, server }
    }

    /// Sends bytes and reads until the other end closes or nothing comes for a while.
    pub(crate) fn exchange(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.plain).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn texts(items: &[&str]) -> TextList {
    items.iter().copied().collect()
}

fn routes(server: SocketAddr) -> Http {
    let mut http = Http::default();
    let mut route = |name: &str, rule: &str, middlewares: &[&str]| {
        let router = dynamic::Router {
            entry_points: texts(&["http", "https"]),
            rule: rule.to_owned(),
            middlewares: texts(middlewares),
            service: "app".to_owned(),
            ..dynamic::Router::default()
        };
        http.routers.insert(name.to_owned(), router);
    };
    route("app", "Host(`app.example`)", &[]);
    route("guarded", "Host(`guarded.example`)", &["auth"]);
    route("public", "Host(`api.example`) && PathPrefix(`/public`)", &[]);
    route("api", "Host(`api.example`)", &["auth"]);
    route("strip", "Host(`strip.example`)", &["strip"]);
    route("small", "Host(`small.example`)", &["small"]);
    let server = dynamic::Server { url: format!("http://{server}"), ..dynamic::Server::default() };
    let balancer = dynamic::LoadBalancer { servers: vec![server], ..dynamic::LoadBalancer::default() };
    http.services
        .insert("app".to_owned(), dynamic::Service { load_balancer: Some(balancer), weighted: None });
    let auth = dynamic::BasicAuth {
        users: texts(&["test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"]),
        header_field: "X-Web-User".to_owned(),
        remove_header: true,
        ..dynamic::BasicAuth::default()
    };
    let mut middleware =
        |name: &str, settings: dynamic::Middleware| http.middlewares.insert(name.to_owned(), settings);
    middleware("auth", dynamic::Middleware { basic_auth: Some(auth), ..Default::default() });
    let strip = dynamic::StripPrefix { prefixes: texts(&["/pre"]), force_slash: None };
    middleware("strip", dynamic::Middleware { strip_prefix: Some(strip), ..Default::default() });
    let small = dynamic::Buffering { max_request_body_bytes: 50, ..Default::default() };
    middleware("small", dynamic::Middleware { buffering: Some(small), ..Default::default() });
    http
}

/// A server of one thread per connection: reads whole requests, says `ok`.
fn server() -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let remembered = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let seen = Arc::clone(&remembered);
            std::thread::spawn(move || serve(stream.unwrap(), &seen));
        }
    });
    (address, seen)
}

fn serve(mut stream: TcpStream, seen: &Seen) {
    let mut input = Vec::new();
    loop {
        while let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&input[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let whole = if head.contains("transfer-encoding: chunked") {
                let rest = &input[end + 4..];
                match rest.windows(5).position(|window| window == b"0\r\n\r\n") {
                    Some(at) => end + 4 + at + 5,
                    None => break,
                }
            } else {
                end + 4 + length.unwrap_or(0)
            };
            if input.len() < whole {
                break;
            }
            let request: Vec<u8> = input.drain(..whole).collect();
            seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n").is_err() {
                return;
            }
        }
        let mut piece = [0; 65536];
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => input.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
}

#[derive(Debug)]
struct OneCertificate(Arc<rustls::sign::CertifiedKey>);

impl OneCertificate {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["app.example".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let key = rustls::crypto::ring::sign::any_ecdsa_type(&key).unwrap();
        OneCertificate(Arc::new(rustls::sign::CertifiedKey::new(vec![cert.der().clone()], key)))
    }
}

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
