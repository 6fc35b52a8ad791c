//! `tail` over a real socket.

use std::time::Duration;

use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::server;

/// A server on a port of its own.
async fn listen() -> (axum::Router, String) {
    let router = server::router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    (router, address)
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(address: &str, parameters: &str) -> Result<Socket, u16> {
    use tungstenite::client::IntoClientRequest as _;
    let mut request = format!("ws://{address}/loki/api/v1/tail?{parameters}").into_client_request().unwrap();
    request.headers_mut().insert("x-scope-orgid", HeaderValue::from_static("t"));
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn push(router: &axum::Router, lines: &[&str]) {
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap();
    let values: Vec<Value> =
        lines.iter().zip(0i64..).map(|(line, index)| json!([(now + index).to_string(), line])).collect();
    let body = json!({"streams": [{"stream": {"app": "a"}, "values": values}]}).to_string();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    let (status, text) = server::ask(router, "POST", "/loki/api/v1/push", headers, body.into_bytes()).await;
    assert_eq!(status, 204, "{text}");
}

/// Lines of all frames until there are that many.
async fn lines(socket: &mut Socket, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        let message = tokio::time::timeout(Duration::from_secs(30), socket.next()).await;
        if let Message::Text(text) = message.expect("no frame").expect("closed").unwrap() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            for stream in frame["streams"].as_array().unwrap() {
                assert_eq!(stream["stream"]["app"], "a");
                for value in stream["values"].as_array().unwrap() {
                    found.push(value[1].as_str().unwrap().to_owned());
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn old_lines_come_first_then_new_ones_each_once() {
    let (router, address) = listen().await;
    push(&router, &["one", "two", "other"]).await;
    let mut socket = connect(&address, "query=%7Bapp%3D%22a%22%7D%20%7C~%20%22o%22&limit=2").await.unwrap();
    assert_eq!(lines(&mut socket, 2).await, ["two", "other"]);
    push(&router, &["four", "nine", "zero"]).await;
    assert_eq!(lines(&mut socket, 2).await, ["four", "zero"]);
    push(&router, &["foo"]).await;
    assert_eq!(lines(&mut socket, 1).await, ["foo"]);
}

#[tokio::test]
async fn what_cannot_be_tailed_is_refused_before_the_upgrade() {
    let (_, address) = listen().await;
    for parameters in [
        "",
        "query=%7Bapp",
        "query=rate(%7Bapp%3D%22a%22%7D%5B1m%5D)",
        "query=%7Bapp%3D%22a%22%7D&delay_for=6",
        "query=%7Bapp%3D%22a%22%7D&limit=0",
    ] {
        assert_eq!(connect(&address, parameters).await.err(), Some(400), "{parameters}");
    }
}

#[tokio::test]
async fn idle_tails_are_bounded_and_their_places_come_back() {
    let (_, address) = listen().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(connect(&address, "query=%7Bapp%3D%22a%22%7D").await.unwrap());
    }
    for _ in 0..20 {
        assert_eq!(connect(&address, "query=%7Bapp%3D%22a%22%7D").await.err(), Some(429));
    }
    drop(open);
    let again = async {
        loop {
            match connect(&address, "query=%7Bapp%3D%22a%22%7D").await {
                Ok(socket) => return socket,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let socket = tokio::time::timeout(Duration::from_secs(30), again).await;
    assert!(socket.is_ok(), "a closed tail kept its place");
}
