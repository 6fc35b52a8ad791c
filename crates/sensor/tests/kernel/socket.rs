//! socket, bind, listen, accept.

use std::net::{TcpListener, TcpStream};

use crate::{
    arguments,
    watch::{Everything, Is, call, check, skipped},
};

#[test]
fn socket_bind_and_listen() {
    check(
        "socket",
        || assert!(call(libc::SYS_socket, arguments![2, 1 | i64::from(libc::SOCK_CLOEXEC), 6]) >= 0),
        &[("domain", Is::Number(2)), ("proto", Is::Number(6)), ("flags", Is::Number(4096))],
    );
    check(
        "bind",
        || drop(TcpListener::bind("127.0.0.1:0").unwrap()),
        &[("res", Is::Number(0)), ("addr", Is::Bytes(vec![2, 127, 0, 0, 1, 0, 0]))],
    );
    check(
        "listen",
        || assert_eq!(call(libc::SYS_listen, arguments![-1, 5]), -9),
        &[("backlog", Is::Number(5))],
    );
}

#[test]
fn accept_tells_who_came() {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap();
    let client = TcpStream::connect(here).unwrap();
    let (_stream, from) = listener.accept().unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    let seen = watch.wait_for(|seen| seen.name == "accept4" && seen.tid == tid);
    let mut expected = vec![2, 127, 0, 0, 1];
    expected.extend(from.port().to_le_bytes());
    expected.extend([127, 0, 0, 1]);
    expected.extend(here.port().to_le_bytes());
    assert_eq!(seen.bytes("tuple"), expected);
    assert!(seen.number("queuemax") > 0);
}
