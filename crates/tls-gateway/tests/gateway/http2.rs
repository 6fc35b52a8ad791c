//! HTTP/2, frame by frame: what a client can do to it.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::world::{World, config};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// `GET https://<host>/` from the static table, and further literal headers.
fn head(host: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut out = vec![0x82, 0x87, 0x84, 0x41, host.len() as u8];
    out.extend(host.as_bytes());
    for (name, value) in more {
        out.extend([0, name.len() as u8]);
        out.extend(name.as_bytes());
        out.push(value.len() as u8);
        out.extend(value.as_bytes());
    }
    out
}

async fn connect(world: &World) -> TlsStream<TcpStream> {
    #[derive(Debug)]
    struct Anybody(Arc<rustls::crypto::CryptoProvider>);
    impl rustls::client::danger::ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &[rustls::pki_types::CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: rustls::pki_types::UnixTime,
        ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
            Ok(rustls::client::danger::ServerCertVerified::assertion())
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }
        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &rustls::pki_types::CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
        }
        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    config.dangerous().set_certificate_verifier(Arc::new(Anybody(provider)));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(world.tls).await.unwrap();
    let name = ServerName::try_from("app.example").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Kinds of frames until the connection ends, or until one of this kind came.
async fn frames_until(stream: &mut TlsStream<TcpStream>, wanted: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    let read = async {
        loop {
            let mut head = [0; 9];
            if stream.read_exact(&mut head).await.is_err() {
                return;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            if stream.read_exact(&mut payload).await.is_err() {
                return;
            }
            found.push((head[3], payload));
            if wanted.contains(&head[3]) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(15), read).await.expect("an answer or the end");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_request_is_answered() {
    let world = World::start(config());
    let mut stream = connect(&world).await;
    stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &head("app.example", &[]))).await.unwrap();
    let frames = frames_until(&mut stream, &[HEADERS]).await;
    // 0x88: `:status 200` of the static table.
    assert_eq!(frames.last().unwrap().1[0], 0x88, "{frames:?}");
    assert!(world.seen.lock().unwrap()[0].contains("x-forwarded-proto: https"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_end_the_connection() {
    let world = World::start(config());
    // Rapid reset, CVE-2023-44487.
    let mut stream = connect(&world).await;
    let mut flood = Vec::new();
    for index in 0..2_000_u32 {
        flood.extend(frame(HEADERS, END_STREAM | END_HEADERS, index * 2 + 1, &head("app.example", &[])));
        flood.extend(frame(RST_STREAM, 0, index * 2 + 1, &8_u32.to_be_bytes()));
    }
    let _ = stream.write_all(&flood).await;
    let frames = frames_until(&mut stream, &[GOAWAY]).await;
    assert!(frames.is_empty() || frames.iter().any(|(kind, _)| *kind == GOAWAY), "{frames:?}");
    // Continuations without end.
    let mut stream = connect(&world).await;
    let _ = stream.write_all(&frame(HEADERS, END_STREAM, 1, &head("app.example", &[]))).await;
    let field = head("x", &[("x-a", &"b".repeat(100))])[6..].repeat(100);
    for _ in 0..200 {
        if stream.write_all(&frame(CONTINUATION, 0, 1, &field)).await.is_err() {
            break;
        }
    }
    let frames = frames_until(&mut stream, &[GOAWAY]).await;
    assert!(frames.iter().all(|(kind, _)| *kind != HEADERS), "{frames:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_of_http1_have_no_meaning_here() {
    let world = World::start(config());
    for (name, value) in [
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("upgrade", "h2c"),
        ("host", "guarded.example"),
    ] {
        let mut stream = connect(&world).await;
        let request = head("app.example", &[(name, value)]);
        stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request)).await.unwrap();
        let frames = frames_until(&mut stream, &[HEADERS, RST_STREAM, GOAWAY]).await;
        let answered = frames.iter().find(|(kind, _)| *kind == HEADERS);
        // Reset, or refused: 0x8c is `:status 400`.
        assert!(answered.is_none_or(|(_, payload)| payload[0] == 0x8c), "{name}: {frames:?}");
        assert!(world.seen.lock().unwrap().is_empty(), "{name}");
        if answered.is_none() {
            assert!(
                frames.iter().any(|(kind, _)| matches!(*kind, RST_STREAM | GOAWAY)),
                "{name}: {frames:?}"
            );
        }
    }
}
