//! Listening sockets that outlive the process behind them. The supervisor binds them (or gets
//! them from systemd) and hands them to every hub it starts, by the LISTEN_FDS convention: while
//! a hub restarts, connections wait in the kernel instead of being refused.
//!
//! Knows addresses and file descriptors; what is spoken on them is the hub's affair.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
};

use command_fds::{CommandFdExt as _, FdMapping};
use listenfd::ListenFd;
use tokio::process::Command;

/// The first file descriptor of the convention: after the three standard ones.
const FIRST_FD: i32 = 3;
/// A hub has a handful of listeners; what hands over more is no friend.
const LISTENERS_MAX: usize = 32;
/// Connections that may wait while no process accepts them. The kernel lowers it to
/// `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A listener that is wanted: its name in LISTEN_FDNAMES and its address.
pub(crate) type Wanted = (&'static str, SocketAddr);

/// Listening sockets by name.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    named: Vec<(String, TcpListener)>,
}

impl Listeners {
    /// Takes what the parent process left open. Called once, before any thread is started.
    pub(crate) fn inherited() -> Listeners {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut found = ListenFd::from_env();
        let mut named = Vec::new();
        for index in 0..found.len().min(LISTENERS_MAX) {
            let name = names.next().unwrap_or_default().to_owned();
            match found.take_tcp_listener(index) {
                Ok(Some(listener)) => named.push((name, listener)),
                Ok(None) => {}
                Err(error) => tracing::warn!(name, %error, "a socket that was handed on is not used"),
            }
        }
        Listeners { named }
    }

    /// Binds what is wanted and not held yet. What cannot be bound is left to the hub, which says
    /// why, and to the next call.
    pub(crate) fn bind_missing(&mut self, wanted: &[Wanted]) {
        for (name, address) in wanted {
            if self.position(name, *address).is_some() {
                continue;
            }
            match bind(*address) {
                Ok(listener) => self.named.push(((*name).to_owned(), listener)),
                Err(error) => tracing::debug!(name, %address, %error, "not bound by the supervisor"),
            }
        }
    }

    /// The socket of that name and address, inherited or bound now.
    ///
    /// # Errors
    /// Another process has the address, or this one may not bind it.
    pub(crate) fn take(&mut self, name: &str, address: SocketAddr) -> io::Result<TcpListener> {
        match self.position(name, address) {
            Some(position) => Ok(self.named.swap_remove(position).1),
            None => bind(address),
        }
    }

    /// Lets `command` start with all these sockets.
    ///
    /// # Errors
    /// This process is out of file descriptors.
    pub(crate) fn hand_to(&self, command: &mut Command) -> io::Result<()> {
        let mut mappings = Vec::with_capacity(self.named.len());
        for ((_, listener), child_fd) in self.named.iter().zip(FIRST_FD..) {
            let parent_fd = OwnedFd::from(listener.try_clone()?);
            mappings.push(FdMapping { parent_fd, child_fd });
        }
        let names: Vec<&str> = self.named.iter().map(|(name, _)| name.as_str()).collect();
        // LISTEN_PID is left out: it is not known before the child runs, and the child has no
        // other parent that could have meant somebody else.
        command.env("LISTEN_FDS", names.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
        command.fd_mappings(mappings).map_err(io::Error::other)?;
        Ok(())
    }

    /// By address, since systemd gives all sockets of a unit one name; by name where the port was
    /// left to the kernel. A configuration that changed meanwhile wants another address: the old
    /// socket is not used.
    fn position(&self, name: &str, address: SocketAddr) -> Option<usize> {
        self.named.iter().position(|(held, listener)| {
            let at = listener.local_addr().ok();
            if address.port() == 0 {
                return held == name && at.is_some_and(|at| at.ip() == address.ip());
            }
            at == Some(address)
        })
    }
}

/// Binds with the long queue of a socket whose process may be away for a moment.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_taken_by_name_and_address() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut listeners = Listeners::default();
        listeners.bind_missing(&[("page", any)]);
        let bound = listeners.named[0].1.local_addr().unwrap();
        listeners.bind_missing(&[("page", bound)]);
        assert_eq!(listeners.named.len(), 1, "bound twice");
        assert_eq!(listeners.take("page", bound).unwrap().local_addr().unwrap(), bound);
        // Taken and open: nothing else can have it, whatever its name.
        listeners.bind_missing(&[("page", bound)]);
        let held = listeners.take("page", bound).unwrap();
        assert!(listeners.take("loki", bound).is_err());
        drop(held);
    }
}
