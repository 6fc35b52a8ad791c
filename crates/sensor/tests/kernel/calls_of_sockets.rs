//! Sockets and messages: part of the table of `calls.rs`.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsRawFd as _,
        unix::net::{UnixDatagram, UnixStream},
    },
};

use crate::{
    arguments,
    calls::{Case, Notes, buffer, bytes, data, message, number, pieces},
    watch::{Is, call},
};

pub(crate) fn sockets(n: &mut Notes) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap().port();
    let mut client = TcpStream::connect(("127.0.0.1", there)).unwrap();
    let here = client.local_addr().unwrap().port();
    let (mut server, _) = listener.accept().unwrap();
    let (c, s) = (i64::from(client.as_raw_fd()), i64::from(server.as_raw_fd()));
    let tuple = |from: u16, to: u16| {
        let ends = [from, to].map(|port| [&[127, 0, 0, 1][..], &port.to_le_bytes()].concat());
        ("tuple", Is::Bytes([&[2][..], &ends[0], &ends[1]].concat()))
    };
    n.does(
        "sendto",
        libc::SYS_sendto,
        arguments![c, bytes(b"ping"), 4, 0, 0, 0],
        &[data(b"ping"), ("fd", number(c)), ("size", number(4)), tuple(here, there)],
    );
    n.leads_to('4', None);
    n.does(
        "recvfrom",
        libc::SYS_recvfrom,
        arguments![s, buffer(), 100, 0, 0, 0],
        &[data(b"ping"), ("fd", number(s)), ("size", number(100)), tuple(here, there)],
    );
    let hello = message(pieces(&[b"mes", b"sage"]), 2);
    n.does(
        "sendmsg",
        libc::SYS_sendmsg,
        arguments![s, hello, 0],
        &[data(b"message"), ("fd", number(s)), ("size", number(7)), tuple(there, here)],
    );
    let empty = message(pieces(&[b"....", b"......"]), 2);
    n.does(
        "recvmsg",
        libc::SYS_recvmsg,
        arguments![c, empty, 0],
        &[data(b"message"), ("fd", number(c)), ("size", number(7)), tuple(there, here)],
    );
    n.does(
        "setsockopt",
        libc::SYS_setsockopt,
        arguments![c, 1, 2, bytes(&[1, 0, 0, 0]), 4],
        &[
            ("level", number(1)),
            ("optname", number(2)),
            ("val", Is::Bytes(vec![2, 1, 0, 0, 0])),
            ("optlen", number(4)),
        ],
    );
    n.does(
        "getsockopt",
        libc::SYS_getsockopt,
        arguments![c, 1, 4, buffer(), bytes(&[4, 0, 0, 0])],
        &[("level", number(1)), ("optname", number(4)), ("val", Is::Bytes(vec![1, 0, 0, 0, 0, 0, 0, 0, 0]))],
    );
    n.does("shutdown", libc::SYS_shutdown, arguments![c, 2], &[("fd", number(c)), ("how", number(2))]);
    let _ = (client.flush(), server.read(&mut [0; 9]));

    datagrams(n);
    let pair = buffer();
    n.does(
        "socketpair",
        libc::SYS_socketpair,
        arguments![1, 1, 0, pair],
        &[("domain", number(1)), ("type", number(1)), ("proto", number(0))],
    );
    let (one, _other) = UnixStream::pair().unwrap();
    n.does(
        "sendto",
        libc::SYS_sendto,
        arguments![i64::from(one.as_raw_fd()), bytes(b"u"), 1, 0, 0, 0],
        &[data(b"u")],
    );
    n.leads_to('u', None);
    let (odd, _) = UnixDatagram::pair().unwrap();
    n.does(
        "dup",
        libc::SYS_dup,
        arguments![i64::from(odd.as_raw_fd())],
        &[("oldfd", number(i64::from(odd.as_raw_fd())))],
    );
    n.leads_to('u', None);
    n.does("dup", libc::SYS_dup, arguments![i64::from(listener.as_raw_fd())], &[]);
    n.leads_to('4', None);
}

/// Two messages with one call: an event each. Their addresses are part of the tuple.
fn datagrams(n: &mut Notes) {
    let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let port = to.local_addr().unwrap().port();
    let fd = i64::from(from.as_raw_fd());
    let mut address = vec![2, 0];
    address.extend(port.to_be_bytes());
    address.extend([127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let address = bytes(&address);
    let head = |text: &[u8]| [address, 16, pieces(&[text]), 1, 0, 0, 0, 0];
    let both = Box::leak(Box::new([head(b"one"), head(b"three")])).as_ptr() as i64;
    assert_eq!(call(libc::SYS_sendmmsg, arguments![fd, both, 2, 0]), 2);
    for text in [&b"one"[..], b"three"] {
        let size = i64::try_from(text.len()).unwrap();
        let expected = vec![("res", number(size)), ("fd", number(fd)), ("size", number(size)), data(text)];
        n.cases.push(Case { event: "sendmmsg", expected, descriptor: None });
    }
    let fd = i64::from(to.as_raw_fd());
    let head = || [0, 0, pieces(&[b"........"]), 1, 0, 0, 0, 0];
    let both = Box::leak(Box::new([head(), head()])).as_ptr() as i64;
    assert_eq!(call(libc::SYS_recvmmsg, arguments![fd, both, 2, 0x40, 0]), 2);
    for text in [&b"one"[..], b"three"] {
        let size = i64::try_from(text.len()).unwrap();
        let expected = vec![("res", number(size)), ("fd", number(fd)), ("size", number(size)), data(text)];
        n.cases.push(Case { event: "recvmmsg", expected, descriptor: None });
    }
}
