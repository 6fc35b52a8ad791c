//! Tests against real servers on the loopback.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, UnixListener},
};

use crate::{Client, Config, ConfigError, Error, Target, TlsConfig};

/// Answers every request on a connection with the same bytes; tells how many it had.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) -> Vec<String> {
    let mut requests = Vec::new();
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return requests,
            Ok(read) => buffer.extend_from_slice(&chunk[..read]),
        }
        let text = String::from_utf8_lossy(&buffer).into_owned();
        // The requests of these tests have bodies that end with a full stop.
        if text.ends_with("\r\n\r\n") && !text.contains("content-length") || text.ends_with('.') {
            requests.push(text);
            buffer.clear();
            stream.write_all(answer).await.unwrap();
        }
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

async fn serve(reply: &'static [u8]) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move { answer(listener.accept().await.unwrap().0, reply).await });
    (url, served)
}

fn client(config: Config) -> Client {
    Client::new(&config).unwrap()
}

async fn get(client: &Client, url: &str) -> Result<crate::Response, Error> {
    client.send(Method::GET, &Target::parse(url).unwrap(), HeaderMap::new(), Bytes::new()).await
}

#[tokio::test]
async fn a_connection_is_used_again_and_the_url_becomes_a_request() {
    let (url, served) = serve(OK).await;
    let client = client(Config::default());
    let target =
        Target::parse(&format!("{}/path?query=1", url.replace("http://", "http://me:word@"))).unwrap();
    for _ in 0..3 {
        let body = Bytes::from_static(b"body.");
        let response = client.send(Method::POST, &target, HeaderMap::new(), body).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (StatusCode::OK, &b"hi"[..]));
    }
    drop(client);
    let requests = served.await.unwrap();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("POST /path?query=1 HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Basic bWU6d29yZA=="), "{}", requests[0]);
}

#[tokio::test]
async fn a_unix_socket_is_a_server_too() {
    let directory = std::env::temp_dir().join(format!("quaywatch-http-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let served = tokio::spawn(async move { answer(listener.accept().await.unwrap().0, OK).await });
    let client = Client::unix(&path, &Config::default());
    assert_eq!(get(&client, "http://hub/sensor/v1").await.unwrap().status, StatusCode::OK);
    drop(client);
    assert!(served.await.unwrap()[0].starts_with("GET /sensor/v1 HTTP/1.1\r\n"));
    std::fs::remove_dir_all(&directory).unwrap();
    let gone = get(&Client::unix(&path, &Config::default()), "http://hub/").await.unwrap_err();
    assert!(matches!(&gone, Error::Connect { .. }) && gone.to_string().starts_with("unix:"), "{gone}");
}

#[tokio::test]
async fn redirects_and_errors_are_answers() {
    let (url, _served) =
        serve(b"HTTP/1.1 302 Found\r\nlocation: http://a/\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n")
            .await;
    let response = get(&client(Config::default()), &url).await.unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert_eq!(response.headers[header::LOCATION], "http://a/");
    assert_eq!(response.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn failures_name_the_server_and_no_secret() {
    let check = async |url: String, config: Config, expected: &str| {
        let url = format!("{}/secret?token=secret", url.replace("http://", "http://u:secret@"));
        let error = get(&client(config), &url).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        assert!(error.starts_with("http://127.0.0.1:"), "{error}");
    };
    let short = || Config { timeout_ms: 50, ..Config::default() };
    check("http://127.0.0.1:1".into(), Config::default(), "connecting failed").await;
    check(serve(b"").await.0, short(), "no answer within 50 ms").await;
    check(serve(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.0, short(), "no answer within")
        .await;
    check(serve(b"nonsense\r\n\r\n").await.0, Config::default(), "the request failed").await;
    let small = Config { response_bytes_max: 1, ..Config::default() };
    check(serve(OK).await.0, small, "longer than 1 bytes").await;
}

/// A certificate authority, a server certificate for 127.0.0.1, and their files.
struct Identity {
    directory: PathBuf,
    ca_file: PathBuf,
    certificate_file: PathBuf,
    key_file: PathBuf,
    server: ServerConfig,
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn identity(name: &str, ask_client: bool) -> Identity {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let directory = std::env::temp_dir().join(format!("quaywatch-tls-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let write = |file: &str, text: String| {
        let path = directory.join(file);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if ask_client {
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Identity {
        ca_file: write("ca.pem", ca.pem()),
        certificate_file: write("certificate.pem", certificate.pem()),
        key_file: write("key.pem", key.serialize_pem()),
        server: builder.with_single_cert(vec![certificate.der().clone()], private).unwrap(),
        directory,
    }
}

async fn ask_over_tls(identity: &Identity, tls: TlsConfig) -> Result<StatusCode, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(identity.server.clone()));
    tokio::spawn(async move {
        if let Ok(stream) = acceptor.accept(listener.accept().await.unwrap().0).await {
            answer(stream, OK).await;
        }
    });
    let client = client(Config { tls, ..Config::default() });
    get(&client, &url).await.map(|response| response.status)
}

#[tokio::test]
async fn tls_trusts_whom_it_is_told_to() {
    let identity = identity("server", false);
    let stranger = ask_over_tls(&identity, TlsConfig::default()).await.unwrap_err();
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    let ca = TlsConfig { ca_file: Some(identity.ca_file.clone()), ..TlsConfig::default() };
    assert_eq!(ask_over_tls(&identity, ca).await.unwrap(), StatusCode::OK);
    let anybody = TlsConfig { check_certificate: false, ..TlsConfig::default() };
    assert_eq!(ask_over_tls(&identity, anybody).await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn mutual_tls_shows_our_certificate() {
    let identity = identity("mutual", true);
    let without = TlsConfig { ca_file: Some(identity.ca_file.clone()), ..TlsConfig::default() };
    assert!(ask_over_tls(&identity, without.clone()).await.is_err());
    let with = TlsConfig {
        certificate_file: Some(identity.certificate_file.clone()),
        key_file: Some(identity.key_file.clone()),
        ..without
    };
    assert_eq!(ask_over_tls(&identity, with).await.unwrap(), StatusCode::OK);
}

#[test]
fn bad_tls_files_are_named() {
    let identity = identity("bad", false);
    let check = |tls: TlsConfig, expected: &str| {
        let error: ConfigError = Client::new(&Config { tls, ..Config::default() }).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    let default = TlsConfig::default;
    check(TlsConfig { ca_file: Some("/nowhere/ca".into()), ..default() }, "reading /nowhere/ca");
    check(TlsConfig { ca_file: Some(identity.key_file.clone()), ..default() }, "no usable certificate");
    check(TlsConfig { key_file: Some(identity.key_file.clone()), ..default() }, "belong together");
}
