//! What is promised beside the corpus: changes under load, redirects, tunnels, speed of routing.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tls_gateway::{Config, dynamic};

use crate::world::{World, config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_configuration_costs_no_request() {
    let mut world = World::start(config());
    let stop = Arc::new(AtomicBool::new(false));
    let good = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (stop, good, address) = (Arc::clone(&stop), Arc::clone(&good), world.plain);
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    stream.write_all(b"GET / HTTP/1.1\r\nHost: app.example\r\n\r\n").unwrap();
                    let mut answer = Vec::new();
                    while !answer.ends_with(b"ok\n") {
                        let mut piece = [0; 4096];
                        let count = stream.read(&mut piece).unwrap();
                        assert!(count > 0, "cut off after {answer:?}");
                        answer.extend_from_slice(&piece[..count]);
                    }
                    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
                    good.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..50 {
        let http = &mut world.plan.sources[0].http;
        let mut more = http.routers["app"].clone();
        more.rule = format!("Host(`round{round}.example`)");
        http.routers.insert(format!("round{round}"), more);
        assert!(world.gateway.apply(&world.plan).is_empty());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("no request failed");
    }
    assert!(good.load(Ordering::Relaxed) > 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_routers_are_made_and_searched_quickly() {
    let mut world = World::start(config());
    let http = &mut world.plan.sources[0].http;
    let model = http.routers["app"].clone();
    for index in 0..1000 {
        let rule = format!("Host(`h{index}.example`) && PathPrefix(`/`)");
        http.routers.insert(format!("r{index}"), dynamic::Router { rule, ..model.clone() });
    }
    let begin = Instant::now();
    assert!(world.gateway.apply(&world.plan).is_empty());
    println!("1000 routers: {:?}", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(2));
    let answer = world.exchange(b"GET / HTTP/1.1\r\nHost: h999.example\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_leads_to_https_but_where_it_is_asked_for() {
    let world = World::start(Config { redirect_to_https: true, https_port: 8443, ..config() });
    let answer = world.exchange(b"GET /a?b HTTP/1.1\r\nHost: other.example:80\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 301"), "{answer}");
    assert!(answer.contains("location: https://other.example:8443/a?b"), "{answer}");
    let answer = world.exchange(
        b"POST /a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    let answer = world.exchange(b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_passes_bytes_both_ways() {
    let mut world = World::start(config());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n").unwrap();
        let mut piece = [0; 100];
        while let Ok(count) = stream.read(&mut piece) {
            if count == 0 || stream.write_all(&piece[..count]).is_err() {
                return;
            }
        }
    });
    let service = world.plan.sources[0].http.services.get_mut("app").unwrap();
    service.load_balancer.as_mut().unwrap().servers[0].url = format!("http://{address}");
    assert!(world.gateway.apply(&world.plan).is_empty());
    let mut stream = TcpStream::connect(world.plain).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
        .write_all(
            b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        )
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    // Bytes that would be no HTTP at all, longer than the watchdog of heads waits.
    for message in [&b"\n\n\0\xff#"[..], b"again\n"] {
        std::thread::sleep(Duration::from_millis(700));
        stream.write_all(message).unwrap();
        let mut echo = vec![0; message.len()];
        stream.read_exact(&mut echo).unwrap();
        assert_eq!(echo, message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_is_passed_over() {
    let mut world = World::start(config());
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let service = world.plan.sources[0].http.services.get_mut("app").unwrap();
    let servers = &mut service.load_balancer.as_mut().unwrap().servers;
    servers.insert(0, dynamic::Server { url: format!("http://{gone}"), ..dynamic::Server::default() });
    assert!(world.gateway.apply(&world.plan).is_empty());
    for _ in 0..6 {
        let answer = world.exchange(
            b"POST / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let service = world.plan.sources[0].http.services.get_mut("app").unwrap();
    service.load_balancer.as_mut().unwrap().servers.truncate(1);
    world.gateway.apply(&world.plan);
    let answer = world.exchange(b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert_ne!(gone, world.server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_wrong_passwords_are_slowed() {
    let world = World::start(config());
    let request = |user: &str| {
        format!(
            "GET / HTTP/1.1\r\nHost: guarded.example\r\nConnection: close\r\nAuthorization: Basic {user}\r\n\r\n"
        )
    };
    let answers: Vec<String> =
        (0..100).map(|_| world.exchange(request("dGVzdDp3cm9uZw==").as_bytes())).collect();
    let looked_at = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 401")).count();
    assert!((1..=10).contains(&looked_at), "{looked_at}");
    assert!(answers[99].contains("retry-after: "), "{}", answers[99]);
}
