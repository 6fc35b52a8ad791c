//! connect over IPv4, IPv6 and unix sockets: both ends.

use std::{
    net::{TcpListener, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
};

use crate::watch::{Everything, Is, Seen, check, skipped};

fn connected(action: impl FnOnce()) -> Option<Seen> {
    if skipped() {
        return None;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    action();
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    Some(watch.wait_for(|seen| seen.name == "connect" && seen.tid == tid))
}

/// A family byte, then the ends: addresses in network order, ports in host order.
fn tuple(family: u8, ends: [(&[u8], u16); 2]) -> Vec<u8> {
    let mut bytes = vec![family];
    for (address, port) in ends {
        bytes.extend(address);
        bytes.extend(port.to_le_bytes());
    }
    bytes
}

#[test]
fn ipv4() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap();
    let mut stream = None;
    let Some(seen) = connected(|| stream = Some(TcpStream::connect(there).unwrap())) else { return };
    let here = stream.unwrap().local_addr().unwrap();
    let local = [127, 0, 0, 1];
    assert_eq!(seen.bytes("tuple"), tuple(2, [(&local, here.port()), (&local, there.port())]));
    assert_eq!(seen.bytes("addr"), [&[2, 127, 0, 0, 1][..], &there.port().to_le_bytes()].concat());
    assert_eq!(seen.number("res"), 0);
}

#[test]
fn ipv6() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        println!("skipped: no IPv6 here");
        return;
    };
    let there = listener.local_addr().unwrap();
    let mut stream = None;
    let Some(seen) = connected(|| stream = Some(TcpStream::connect(there).unwrap())) else { return };
    let here = stream.unwrap().local_addr().unwrap();
    let mut local = [0; 16];
    local[15] = 1;
    assert_eq!(seen.bytes("tuple"), tuple(10, [(&local, here.port()), (&local, there.port())]));
}

#[test]
fn unix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    let Some(seen) = connected(|| drop(UnixStream::connect(&path).unwrap())) else { return };
    let path = [path.to_str().unwrap().as_bytes(), &[0]].concat();
    assert_eq!(seen.bytes("addr"), [&[1], path.as_slice()].concat());
    let bytes = seen.bytes("tuple");
    assert_eq!((bytes[0], &bytes[17..]), (1, path.as_slice()));
    assert!(bytes[1..9] != [0; 8] && bytes[9..17] != [0; 8], "both sockets have an address");
}

#[test]
fn a_refused_connection_has_no_tuple() {
    // Bound and closed again: nobody listens there now.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = [&[2, 127, 0, 0, 1][..], &port.to_le_bytes()].concat();
    check(
        "connect",
        || drop(TcpStream::connect(("127.0.0.1", port)).unwrap_err()),
        &[("res", Is::Number(-111)), ("tuple", Is::Bytes(Vec::new())), ("addr", Is::Bytes(address))],
    );
}

#[test]
fn a_unix_socket_that_is_not_there() {
    check(
        "connect",
        || drop(UnixStream::connect("/nosuch/socket").unwrap_err()),
        &[
            ("res", Is::Number(-2)),
            ("tuple", Is::Bytes(Vec::new())),
            ("addr", Is::Bytes(b"\x01/nosuch/socket\0".to_vec())),
        ],
    );
}
