//! Listening sockets: handed over by whoever started us, or bound here.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

/// A socket that listens, not yet known to the runtime.
#[derive(Debug)]
pub struct Listening {
    /// The socket.
    pub listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Binds an address. Where there is no IPv6, `[::]` means `0.0.0.0`.
///
/// # Errors
/// As the system says: no right to the port, or somebody else has it.
pub fn bind(address: SocketAddr) -> io::Result<Listening> {
    let listener = match TcpListener::bind(address) {
        Err(error) if address.ip().is_unspecified() && address.is_ipv6() && has_no_ipv6(&error) => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port()))?
        }
        other => other?,
    };
    Listening::new(listener)
}

impl Listening {
    /// Takes a socket that listens already.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(listener: TcpListener) -> io::Result<Listening> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Listening { listener, address })
    }
}

fn has_no_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own.
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}
